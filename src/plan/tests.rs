//! Worlds that match but for one thing, and the one plan that closes the gap.
//! Here is what holds of a plan as a whole, with creations, starts and stops;
//! updates, tags, replacements and the order of calls have a file each.

mod order;
mod replacement;
mod tags;
mod update;
mod world;

use serde_json::{Value, json};

use self::world::{CONFIDENCE, LABELS, World, camera, face_search, label_detection, swap};
use super::*;
use crate::diagnostic::{Sources, Span};
use crate::model::{ReadProblem, Status};

#[test]
fn a_world_that_matches_needs_no_call() {
    let world = World::new(&[("a", label_detection("a")), ("b", face_search("b", "running"))]);
    let plan = world.plan();
    assert_eq!((plan.calls.len(), plan.changes.len(), plan.summary.unchanged), (0, 0, 2));
    assert_eq!(serde_json::to_string(&plan.summary.calls.seconds).unwrap(), "0.0");
}

#[test]
fn desired_status_starts_and_stops_face_search() {
    let world = |declared: &str, live: &str| {
        World::new(&[("a", face_search("a", live))]).declare("a", "desired_status", json!(declared))
    };
    let name = json!({"Name": "a"});
    assert_eq!(world("running", "stopped").calls(), [("StartStreamProcessor", name.clone())]);
    assert_eq!(world("stopped", "running").calls(), [("StopStreamProcessor", name)]);
    assert_eq!(world("stopped", "running").plan().changes[0].actions, [Action::Stop]);
    let unmanaged = World::new(&[("a", face_search("a", "running"))]).declare(
        "a",
        "desired_status",
        Value::Null,
    );
    assert_eq!(unmanaged.calls(), []);
}

#[test]
fn a_missing_processor_is_created_and_started() {
    let world = World::new(&[("a", face_search("a", "running"))]).remove_live("a");
    let plan = world.plan();
    assert_eq!(plan.changes[0].actions, [Action::Create, Action::Start]);
    assert_eq!(plan.changes[0].expect, None);
    assert_eq!(plan.calls[1].after, ["c1"]);
}

#[test]
fn a_processor_that_failed_is_noted_with_the_services_words() {
    let mut world = camera();
    let fact = world.live.facts.get_mut("a").unwrap();
    fact.status = Status::Failed;
    fact.status_message = Some("Access denied to Role".into());
    let plan = world.plan();
    assert_eq!((plan.calls.len(), plan.diagnostics.len()), (0, 1));
    assert_eq!(plan.diagnostics[0].code, "processor-failed");
    assert!(plan.diagnostics[0].message.contains("Access denied to Role"));
}

#[test]
fn what_could_not_be_read_is_not_taken_for_missing() {
    let mut world = camera().remove_live("a");
    let names = Some(["a".to_owned()].into());
    world.live.problems = vec![ReadProblem { names, reason: "denied".into() }];
    let plan = world.plan();
    assert_eq!((plan.calls.len(), plan.complete), (0, false));
    assert_eq!(plan.diagnostics[0].code, "incomplete-read");
    assert!(plan.diagnostics[0].message.contains("denied"));
    world.live.problems[0].names = None;
    assert_eq!(world.plan().calls, []);
}

#[test]
fn the_fingerprint_moves_with_what_would_be_done_and_with_nothing_else() {
    let base = camera().declare("a", LABELS, json!(["PET"]));
    let mut moved = camera().declare("a", LABELS, json!(["PET"]));
    let mut sources = Sources::default();
    let file = sources.add("other.toml", "# comment\n\n[processor.x]\n");
    moved.sources = sources;
    moved.desired.processors.get_mut("a").unwrap().span = Span::new(file, 22..23);
    assert_eq!(base.plan().fingerprint, moved.plan().fingerprint);
    let others = [
        camera().declare("a", LABELS, json!(["ALL"])),
        camera().declare("a", LABELS, json!(["PET"])).declare("a", CONFIDENCE, json!(1)),
        camera().declare("a", LABELS, json!(["PET"])).move_live("a", LABELS, json!(["ALL"])),
    ];
    for other in others {
        assert_ne!(base.plan().fingerprint, other.plan().fingerprint);
    }
}

#[test]
fn a_plan_survives_being_saved() {
    let plan = swap(&["a", "b", "c"]).plan();
    let text = serde_json::to_string(&plan).unwrap();
    let saved: Plan = serde_json::from_str(&text).unwrap();
    assert_eq!(saved, plan);
    assert!(saved.is_intact());
}

#[test]
fn a_plan_that_was_changed_by_hand_is_not_intact() {
    let whole = swap(&["a", "b"]).plan();
    let tamper: [fn(&mut Plan); 5] = [
        |plan| plan.calls[0].request = json!({"Name": "other"}),
        |plan| plan.calls[3].on_failure = Some(vec![]),
        |plan| drop(plan.calls.pop()),
        |plan| plan.changes[0].actions = vec![Action::Update],
        |plan| plan.stack.account_id = "999999999999".into(),
    ];
    for change in tamper {
        let mut plan = whole.clone();
        change(&mut plan);
        assert!(!plan.is_intact());
    }
    let mut extra = whole.clone();
    extra.calls.push(Call { id: "c9".into(), ..whole.calls[0].clone() });
    assert!(!extra.is_intact());
}

#[test]
fn a_restriction_that_matches_nothing_is_an_error() {
    let desired = camera().desired;
    let none = Vec::new;
    let narrowings = [
        Narrowing::new(&desired, &["z*".into()], &none(), &none(), None),
        Narrowing::new(&desired, &none(), &["z*".into()], &none(), None),
        Narrowing::new(&desired, &none(), &none(), &["team=z".into()], None),
    ];
    for narrowing in narrowings {
        assert!(matches!(narrowing, Err(NarrowingError::NoMatch { .. })));
    }
    assert!(Narrowing::new(&desired, &["a*".into()], &none(), &["team=a".into()], None).is_ok());
}
