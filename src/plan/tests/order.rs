//! The order of calls across processors: swaps of streams, streams that somebody
//! else holds, and the replacement that goes first.

use std::collections::BTreeSet;

use serde_json::json;

use super::world::{World, face_search, label_detection, swap, video};
use crate::plan::{Narrowing, RefusalCode};

#[test]
fn a_swap_deletes_all_before_it_creates_any_and_undoes_all() {
    for names in [&["a", "b"][..], &["a", "b", "c"]] {
        let plan = swap(names).plan();
        assert_eq!(plan.refusals, []);
        let operations: Vec<&str> = plan.calls.iter().map(|call| call.operation.as_str()).collect();
        let (deletes, creates) = operations.split_at(names.len());
        assert!(deletes.iter().all(|operation| *operation == "DeleteStreamProcessor"));
        assert!(creates.iter().all(|operation| *operation == "CreateStreamProcessor"));
        let undo = plan.calls.last().unwrap().on_failure.as_ref().unwrap();
        assert_eq!(undo.len(), 2 * names.len() - 1, "withdraw the new, restore the old");
    }
}

#[test]
fn no_delete_of_a_swap_comes_before_all_stops() {
    let mut world =
        World::new(&[("a", face_search("a", "running")), ("b", face_search("b", "running"))]);
    world = world.declare("a", "input.kinesis_video_stream.arn", json!(video("b"))).declare(
        "b",
        "input.kinesis_video_stream.arn",
        json!(video("a")),
    );
    let plan = world.plan();
    let operations: Vec<&str> = plan.calls.iter().map(|call| call.operation.as_str()).collect();
    assert_eq!(operations[..2], ["StopStreamProcessor"; 2]);
    assert_eq!(operations[2..4], ["DeleteStreamProcessor"; 2]);
}

#[test]
fn a_swap_that_is_cut_through_names_what_to_add() {
    let mut world = swap(&["a", "b"]);
    world.options.narrowing =
        Narrowing::new(&world.desired, &["a".into()], &[], &[], None).unwrap();
    assert_eq!(world.refusal(), RefusalCode::SwapCut);
    assert!(world.plan().refusals[0].help.as_ref().unwrap().contains("--only b"));
    let mut three = swap(&["a", "b", "c"]);
    three.options.narrowing =
        Narrowing::new(&three.desired, &["a".into()], &[], &[], None).unwrap();
    assert!(three.plan().refusals[0].help.as_ref().unwrap().contains("--only b --only c"));
    world.options.narrowing = Narrowing::new(&world.desired, &[], &[], &[], Some(1)).unwrap();
    assert_eq!(world.refusal(), RefusalCode::SwapCut);
}

#[test]
fn a_held_stream_names_its_holder() {
    let world = World::new(&[("a", label_detection("a")), ("b", label_detection("b"))]);
    let world = world.declare("a", "input.kinesis_video_stream.arn", json!(video("b")));
    assert_eq!(world.refusal(), RefusalCode::StreamHeld);
    assert!(world.plan().refusals[0].message.contains("b holds"));
    let created = World::new(&[("a", label_detection("b")), ("b", label_detection("b"))]);
    assert_eq!(created.remove_live("a").refusal(), RefusalCode::StreamHeld);
}

#[test]
fn replacements_wait_for_each_other_only_where_a_stream_passes() {
    let processors: Vec<_> = ["a", "b", "c"].map(|name| (name, label_detection(name))).into();
    let mut world = World::new(&processors);
    for name in ["a", "b"] {
        world = world.declare(name, "kms_key_id", json!("k"));
    }
    world = world.declare("a", "input.kinesis_video_stream.arn", json!(video("new")));
    world = world.declare("c", "input.kinesis_video_stream.arn", json!(video("a")));
    let plan = world.plan();
    let first = |name: &str| plan.calls.iter().find(|call| call.processor == name).unwrap();
    assert!(first("a").after_verified.is_empty() && first("b").after_verified.is_empty());
    assert_eq!(first("c").after_verified, ["a"]);
    let groups: BTreeSet<&String> = plan.changes.iter().map(|change| &change.group).collect();
    assert_eq!(groups.len(), 3);
}
