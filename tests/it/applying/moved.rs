//! What moved since it was planned is left alone.

use rekon::apply::ApplyError;
use rekon::emulator::Options;
use rekon::model::{Attribute, Value};
use rekon::plan::{Deviation, Fate, Plan, Reason, Trouble};
use serde_json::json;

use super::world::{World, camera, camera_toml, fate};

const HOME: &str = "team = \"home\"";
const PERSON: &str = "\"PERSON\"";

/// A plan that was made for another state than the world's: `moved` was changed
/// in between.
async fn stale(moved: &str, member: &str, value: serde_json::Value) -> (World, Plan) {
    let planned = World::full(Options::default()).await;
    let plan = planned.plan().await;
    let mut world = World::full(Options::default()).await;
    let mut snapshot = world.emulator.snapshot();
    let processors = snapshot["processors"].as_array_mut().unwrap();
    let one = processors.iter_mut().find(|one| one["Name"] == moved).unwrap();
    *one.pointer_mut(member).unwrap() = value;
    world = rebuilt(world, snapshot["processors"].as_array().unwrap()).await;
    (world, plan)
}

async fn rebuilt(world: World, processors: &[serde_json::Value]) -> World {
    let text = std::fs::read_to_string(world.folder.path().join("rekon.toml")).unwrap();
    let rebuilt = World::new(processors, &[], Options::default()).await;
    std::fs::write(rebuilt.folder.path().join("rekon.toml"), text).unwrap();
    rebuilt
}

#[tokio::test(start_paused = true)]
async fn what_moved_is_skipped_and_the_rest_goes_on() {
    let role = json!("arn:aws:iam::111122223333:role/Emergency");
    let (world, plan) = stale("porch", "/RoleArn", role).await;
    let outcome = world.apply(&plan).await;
    let Fate::Moved(deviations) = fate(&outcome, "porch") else { panic!("{outcome:#?}") };
    let [Deviation::Attribute(role)] = &deviations[..] else { panic!("{deviations:?}") };
    assert_eq!(role.attribute, Attribute::RoleArn);
    assert_eq!(role.before, Some(Value::text("arn:aws:iam::111122223333:role/Emergency")));
    assert_eq!(fate(&outcome, "yard"), &Fate::Done);
    assert!(!world.writes().iter().any(|write| write.ends_with(" porch")));
}

#[tokio::test(start_paused = true)]
async fn a_swap_is_skipped_whole() {
    for moved in ["east", "west"] {
        let (world, plan) = stale(moved, "/Output/S3Destination/Bucket", json!("other")).await;
        let outcome = world.apply(&plan).await;
        let other = if moved == "east" { "west" } else { "east" };
        assert!(matches!(fate(&outcome, moved), Fate::Moved(_)));
        let depends = Reason::DependsOn { name: moved.into(), trouble: Trouble::Moved };
        assert_eq!(fate(&outcome, other), &Fate::NotTried(depends));
        let swapped = |write: &String| write.ends_with(" east") || write.ends_with(" west");
        assert!(!world.writes().iter().any(swapped));
    }
}

#[tokio::test(start_paused = true)]
async fn tags_that_moved_count_where_they_would_be_lost_or_changed() {
    for name in ["garage", "yard"] {
        let (world, plan) = stale(name, "/Tags/team", json!("elsewhere")).await;
        let outcome = world.apply(&plan).await;
        assert!(matches!(fate(&outcome, name), Fate::Moved(_)), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_face_search_that_was_stopped_or_started_moved() {
    let (world, plan) = stale("dock", "/Status", json!("RUNNING")).await;
    let outcome = world.apply(&plan).await;
    assert!(matches!(fate(&outcome, "dock"), Fate::Moved(_)));
}

#[tokio::test(start_paused = true)]
async fn the_status_of_label_detection_is_no_movement() {
    let (world, plan) = stale("porch", "/Status", json!("FAILED")).await;
    assert_eq!(fate(&world.apply(&plan).await, "porch"), &Fate::Done);
}

#[tokio::test(start_paused = true)]
async fn when_everything_moved_nothing_is_written() {
    let toml = [camera_toml("a", "a", "Other", PERSON, HOME)];
    let planned = World::new(&[camera("a", "a")], &toml, Options::default()).await;
    let plan = planned.plan().await;
    let world = World::new(&[], &toml, Options::default()).await;
    let outcome = world.apply(&plan).await;
    assert_eq!(fate(&outcome, "a"), &Fate::Moved(vec![Deviation::Missing]));
    assert_eq!(world.write_requests(), 0);
    assert!(!world.folder.path().join(".rekon").exists(), "nothing was to be recovered");
}

#[tokio::test(start_paused = true)]
async fn a_plan_for_elsewhere_or_half_read_or_newer_never_begins() {
    let world = World::full(Options::default()).await;
    let plan = world.plan().await;
    let changed = |change: &dyn Fn(&mut Plan)| {
        let mut plan = plan.clone();
        change(&mut plan);
        plan
    };
    let wrong = [
        changed(&|plan| plan.complete = false),
        changed(&|plan| plan.format_version = "2.0".into()),
        changed(&|plan| plan.stack.account_id = "444455556666".into()),
        changed(&|plan| plan.stack.region = "us-west-2".into()),
        changed(&|plan| plan.calls[0].request["Name"] = json!("another")),
        changed(&|plan| plan.calls[0].request = json!(["another"])),
        changed(&|plan| plan.calls[0].after = vec!["c99".into()]),
        changed(&|plan| {
            plan.calls.remove(0);
        }),
    ];
    for plan in wrong {
        let (_stopper, stop) = rekon::apply::stopper();
        let result: Result<_, ApplyError> = world.apply_with(&plan, stop, &|_| {}).await;
        assert!(result.is_err(), "{result:#?}");
    }
    assert_eq!(world.write_requests(), 0);
}
