//! What runs took away comes back from their trace, exactly.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rekon::apply::{self, RecoveryRoot, Restoration, RunState, Traces};
use rekon::desired::Stack;
use rekon::emulator::{Options, Settle};
use rekon::live;
use rekon::plan::{self, Plan};
use serde_json::{Value, json};

use super::wire::{Rule, Wire};
use super::world::{World, all_done, camera, camera_toml, face, face_toml, names, with_faults};

const HOME: &str = "team = \"home\"";

/// What the runs in a world left.
fn traces(world: &World) -> Traces {
    apply::traces(&RecoveryRoot::Beside(world.folder.path().to_owned()))
}

/// A world in which a camera was deleted and could not be created again, and the
/// journal that says so.
async fn robbed() -> (World, PathBuf) {
    let script = "CreateStreamProcessor=error:LimitExceededException:full";
    let toml = [camera_toml("b", "b", "Other", "\"PERSON\"", HOME)];
    let world = World::new(&[camera("b", "b")], &toml, with_faults(&[script])).await;
    let plan = world.plan().await;
    assert!(!all_done(&world.apply(&plan).await));
    let journal = traces(&world).open.remove(0).path;
    (world, journal)
}

/// What the service holds, by name: definition, tags, and whether it runs.
pub(super) fn essence(snapshot: &Value, name: &str) -> Option<Value> {
    let processors = snapshot["processors"].as_array().unwrap();
    let found = processors.iter().find(|processor| processor["Name"] == name)?;
    let mut kept = found.as_object().unwrap().clone();
    let face = found["Settings"].get("FaceSearch").is_some();
    let runs = face && matches!(found["Status"].as_str(), Some("RUNNING" | "STARTING"));
    for moving in ["CreationTimestamp", "LastUpdateTimestamp", "StatusMessage", "Status"] {
        kept.remove(moving);
    }
    kept.retain(|_, value| *value != json!([]) && *value != json!({}));
    kept.insert("runs".into(), json!(runs));
    Some(shortened(&Value::Object(kept)))
}

/// The same JSON with whole numbers as integers: 90 and 90.0 are one number.
fn shortened(json: &Value) -> Value {
    let text = json.to_string();
    serde_json::from_str(&text.replace(".0,", ",").replace(".0}", "}")).unwrap()
}

/// Plans what the runs of a world owe, as `rekon restore` does.
async fn plan_restoration(traced: &World, healthy: &World) -> Plan {
    let runs = traces(traced).open;
    let (desired, _, first) = healthy.read().await;
    let Restoration { desired, sources, unknown } =
        apply::restoration(&desired.stack, &runs, &[], &first);
    assert!(unknown.is_empty());
    let reader = healthy.connection.reader();
    let live = live::read(&reader, &desired, &plan::Narrowing::default(), &|_| {}).await.unwrap();
    plan::plan(&desired, &sources, &[], &live, &plan::Options::default())
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_put_back_is_owed_and_restored_exactly() {
    let script = "CreateStreamProcessor=error:LimitExceededException:full";
    let settle = Settle::all(Duration::from_secs(1));
    let world = World::new(
        &[face("a", "RUNNING"), camera("b", "b")],
        &[face_toml("a", "guests", ""), camera_toml("b", "b", "Other", "\"PERSON\"", HOME)],
        Options { settle, ..with_faults(&[script]) },
    )
    .await;
    let plan = world.plan().await;
    let outcome = world.apply(&plan).await;
    world.check(&plan, &outcome).await;
    let [lost] = &outcome.removed[..] else { panic!("{outcome:#?}") };
    let runs = traces(&world).open;
    let [run] = &runs[..] else { panic!("{runs:#?}") };
    assert_eq!(run.state, RunState::Finished);
    assert_eq!(run.owed.len(), 1);
    assert_eq!(run.owed[0].name, lost.name);

    let healthy = world.in_peace().await;
    let plan = plan_restoration(&world, &healthy).await;
    assert!(plan.refusals.is_empty(), "{plan:#?}");
    let restored = healthy.apply(&plan).await;
    assert!(all_done(&restored), "{restored:#?}");
    let (before, after) = (&world.before, healthy.emulator.snapshot());
    for name in names(before) {
        assert_eq!(essence(&after, &name), essence(before, &name), "{name}");
    }
    apply::note_restored(&runs, &names(before)).unwrap();
    assert!(traces(&world).open.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_run_that_died_anywhere_owes_what_it_took_away() {
    let live = [face("a", "RUNNING"), camera("b", "b")];
    let toml = [face_toml("a", "guests", ""), camera_toml("b", "b", "Other", "\"PERSON\"", HOME)];
    let mut owed = 0;
    for tenths in 0..60 {
        let settle = Settle::all(Duration::from_millis(700));
        let world = World::new(&live, &toml, Options { settle, ..Options::default() }).await;
        let plan = world.plan().await;
        let (_stopper, stop) = apply::stopper();
        let died = Duration::from_millis(100 * tenths);
        let ended = tokio::time::timeout(died, world.apply_with(&plan, stop, &|_| {})).await;
        if ended.is_ok() {
            assert!(traces(&world).open.is_empty(), "at {died:?}");
            continue;
        }
        let healthy = world.in_peace().await;
        let plan = plan_restoration(&world, &healthy).await;
        owed += plan.changes.len();
        assert!(plan.refusals.is_empty(), "{plan:#?}");
        let restored = healthy.apply(&plan).await;
        assert!(all_done(&restored), "{restored:#?}");
        let after = healthy.emulator.snapshot();
        for name in ["a", "b"] {
            // It is as it was, or as the run had made it, but with all it had.
            let is = essence(&after, name).unwrap_or_else(|| panic!("{name} is lost at {died:?}"));
            let was = essence(&world.before, name).unwrap();
            for member in ["Tags", "runs", "Input", "Output"] {
                assert_eq!(is.get(member), was.get(member), "{name} at {died:?}");
            }
        }
    }
    assert!(owed > 10, "{owed}");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_died_before_it_took_anything_is_told_until_somebody_knows() {
    for continued in [false, true] {
        let toml = [camera_toml("b", "b", "Streams", "\"PET\"", HOME)];
        let world = World::new(&[camera("b", "b")], &toml, Options::default()).await;
        let plan = world.plan().await;
        let dead: Rule = Arc::new(|operation, _| match operation {
            "UpdateStreamProcessor" => Wire::IsDead,
            _ => Wire::Passes,
        });
        let world = world.over(dead).await;
        let dying = tokio::time::timeout(Duration::from_secs(5), world.apply(&plan));
        assert!(dying.await.is_err());
        // What was under way goes with the run, when its turn comes.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let runs = traces(&world).open;
        assert_eq!(runs.len(), 1);
        assert_eq!(runs[0].state, RunState::Unfinished);
        assert!(runs[0].owed.is_empty(), "{runs:#?}");
        if continued {
            let world = world.over(Arc::new(|_, _| Wire::Passes)).await;
            assert!(all_done(&world.apply(&plan).await));
            assert!(traces(&world).open.is_empty());
        } else {
            apply::note_restored(&runs, &[].into()).unwrap();
            assert!(traces(&world).open.is_empty());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_was_cut_short_takes_note_of_what_is_back() {
    let (world, journal) = robbed().await;
    let text = std::fs::read_to_string(&journal).unwrap();
    let closed = text.trim_end().rfind('\n').unwrap();
    std::fs::write(&journal, &text[..closed + 10]).unwrap();
    let runs = traces(&world).open;
    assert_eq!(runs[0].state, RunState::Unfinished);
    assert_eq!(runs[0].owed.len(), 1);
    apply::note_restored(&runs, &["b".to_owned()].into()).unwrap();
    assert!(traces(&world).open.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_was_deleted_last_comes_back_as_it_was_then() {
    let toml = |role| [camera_toml("b", "b", role, "\"PERSON\"", HOME)];
    let world = World::new(&[camera("b", "b")], &toml("Other"), Options::default()).await;
    let no_creates: Rule = Arc::new(|operation, _| match operation {
        "CreateStreamProcessor" => Wire::IsDead,
        _ => Wire::Passes,
    });
    let all: Rule = Arc::new(|_, _| Wire::Passes);
    let die = async |world: World, plan: &Plan| {
        let world = world.over(no_creates.clone()).await;
        let dying = tokio::time::timeout(Duration::from_secs(60), world.apply(plan));
        assert!(dying.await.is_err());
        tokio::time::sleep(Duration::from_secs(1)).await;
        world.over(all.clone()).await
    };
    let plan = world.plan().await;
    let world = die(world, &plan).await;
    // An ordinary run makes it anew, and the next one deletes that.
    let plan = world.plan().await;
    assert!(all_done(&world.apply(&plan).await));
    let other = world.neighbour(&toml("Third")).await;
    let then = world.emulator.snapshot();
    let plan = other.plan().await;
    let world = die(world, &plan).await;
    assert!(world.names().is_empty());

    let plan = plan_restoration(&world, &world).await;
    assert!(all_done(&world.apply(&plan).await));
    assert_eq!(essence(&world.emulator.snapshot(), "b"), essence(&then, "b"));
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_cannot_be_read_is_told() {
    let (world, journal) = robbed().await;
    let text = std::fs::read(&journal).unwrap();
    assert!(traces(&world).unreadable.is_empty());

    // A line that is no text leaves the others as they are.
    std::fs::write(&journal, [&text[..], b"\xff\xfe\n"].concat()).unwrap();
    assert_eq!(traces(&world).open[0].owed.len(), 1);
    let begun = text.iter().position(|byte| *byte == b'\n').unwrap();
    let other_format = String::from_utf8(text.clone()).unwrap().replacen("1.0", "2.0", 1);
    let other_name = String::from_utf8(text.clone()).unwrap();
    let other_name = other_name.replace(r#""name":"b""#, r#""name":"b b""#);
    assert_ne!(other_name.as_bytes(), text);
    let damaged =
        [&text[begun + 1..], b"garbage\n", other_format.as_bytes(), other_name.as_bytes()];
    for damaged in damaged {
        std::fs::write(&journal, damaged).unwrap();
        assert!(traces(&world).open.is_empty());
        assert_eq!(traces(&world).unreadable.len(), 1);
    }
    // Nothing was sent before the first lines were whole on the disk.
    std::fs::write(&journal, &text[..begun]).unwrap();
    assert!(traces(&world).unreadable.is_empty());
    let folder = journal.parent().unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    assert!(traces(&world).unreadable.is_empty());
    std::fs::write(folder, "").unwrap();
    assert_eq!(traces(&world).unreadable.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn runs_of_one_second_are_told_in_their_order_and_of_their_own_service() {
    let script = "CreateStreamProcessor=error:LimitExceededException:full";
    let live: Vec<_> = (0..12).map(|n| camera(&format!("c{n}"), &format!("c{n}"))).collect();
    let world = World::new(&live, &[], with_faults(&[script])).await;
    for n in 0..12 {
        let name = format!("c{n}");
        let toml = camera_toml(&name, &name, "Other", "\"PERSON\"", HOME);
        world.declare(&[toml]);
        let plan = world.plan().await;
        assert!(!all_done(&world.apply(&plan).await));
    }
    let runs = traces(&world).open;
    let told: Vec<String> = runs.iter().map(|run| run.owed[0].name.clone()).collect();
    assert_eq!(told, (0..12).map(|n| format!("c{n}")).collect::<Vec<_>>());
    let (desired, ..) = world.read().await;
    assert!(runs.iter().all(|run| run.is_about(&desired.stack) && run.service.is_none()));
    let elsewhere = Stack { region: "eu-west-1".into(), ..desired.stack };
    assert!(!runs.iter().any(|run| run.is_about(&elsewhere)));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_went_well_owes_nothing_and_its_folder_is_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::full(Options::default()).await;
    let plan = world.plan().await;
    assert!(all_done(&world.apply(&plan).await));
    assert!(traces(&world).open.is_empty());
    let folder = world.folder.path().join(".rekon/runs");
    let mode = std::fs::metadata(&folder).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let journal = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(journal).unwrap();
    let sent = text.lines().filter(|line| line.contains("\"event\":\"sending\"")).count();
    assert_eq!(sent, plan.calls.len());
}
