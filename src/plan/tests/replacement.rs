//! Replacements: what forces one, what it keeps, what puts the old processor back
//! where it fails, and what refuses it.

use serde_json::{Value, json};

use super::world::{CONFIDENCE, World, camera, face_search, video};
use crate::desired::Guard;
use crate::model::Path;
use crate::plan::{Action, Effect, RefusalCode};

#[test]
fn a_replacement_keeps_running_and_carries_what_puts_it_back() {
    let world = World::new(&[("a", face_search("a", "running"))])
        .declare("a", "settings.face_search.collection_id", json!("guests"))
        .declare("a", "desired_status", Value::Null)
        .move_live("a", "tags.aws:x", json!("1"))
        .move_live("a", "tags.kept", json!("1"));
    let plan = world.plan();
    let operations: Vec<&str> = plan.calls.iter().map(|call| call.operation.as_str()).collect();
    assert_eq!(
        operations,
        [
            "StopStreamProcessor",
            "DeleteStreamProcessor",
            "CreateStreamProcessor",
            "StartStreamProcessor"
        ]
    );
    assert_eq!(plan.calls[2].request["Settings"]["FaceSearch"]["CollectionId"], "guests");
    assert_eq!(plan.calls[2].request["Tags"], json!({"kept": "1"}));
    for (at, call) in plan.calls.iter().enumerate().skip(1) {
        assert_eq!(call.after, [plan.calls[at - 1].id.clone()]);
    }
    let fallback = |at: usize| -> Vec<&str> {
        plan.calls[at].on_failure.iter().flatten().map(|call| call.operation.as_str()).collect()
    };
    assert_eq!(fallback(0), Vec::<&str>::new());
    assert_eq!(fallback(1), ["StartStreamProcessor"]);
    assert_eq!(fallback(2), ["CreateStreamProcessor", "StartStreamProcessor"]);
    assert_eq!(
        fallback(3),
        [
            "StopStreamProcessor",
            "DeleteStreamProcessor",
            "CreateStreamProcessor",
            "StartStreamProcessor"
        ]
    );
    let old = &plan.calls[2].on_failure.as_ref().unwrap()[0].request;
    assert_eq!(old["Settings"]["FaceSearch"]["CollectionId"], "staff");
    assert_eq!(plan.changes[0].actions, [Action::Replace]);
}

#[test]
fn every_immutable_attribute_forces_a_replacement() {
    let label = |path: &str, value: Value| camera().declare("a", path, value);
    let face = |path: &str, value: Value| {
        World::new(&[("a", face_search("a", "stopped"))]).declare("a", path, value)
    };
    let worlds = [
        label("role_arn", json!("arn:aws:iam::111122223333:role/S")),
        label("input.kinesis_video_stream.arn", json!(video("z"))),
        label("output.s3_destination.bucket", json!("other")),
        label("output.s3_destination.key_prefix", Value::Null),
        label("notification_channel.sns_topic_arn", json!("arn:aws:sns:us-east-1:1:t")),
        label("kms_key_id", json!("k")),
        face("settings.face_search.face_match_threshold", json!(95)),
        face("regions_of_interest", json!([{"polygon": [[0, 0], [1, 0], [1, 1]]}])),
    ];
    for world in worlds {
        let plan = world.plan();
        assert_eq!(plan.changes[0].actions, [Action::Replace]);
        assert_eq!(plan.changes[0].attributes[0].effect, Effect::Replace);
    }
}

#[test]
fn the_default_guard_and_prevent_destroy_refuse_a_replacement() {
    let replaced = || camera().declare("a", "kms_key_id", json!("k"));
    let mut guarded = replaced();
    guarded.desired.guard = Guard::default();
    assert_eq!(guarded.refusal(), RefusalCode::GuardReplacements);
    assert_eq!(guarded.plan().calls.len(), 2, "the plan is still whole");
    let mut protected = replaced();
    protected.desired.processors.get_mut("a").unwrap().lifecycle.prevent_destroy = true;
    assert_eq!(protected.refusal(), RefusalCode::PreventDestroy);
}

#[test]
fn ignored_attributes_keep_their_live_value_also_over_a_replacement() {
    let mut world = camera().move_live("a", CONFIDENCE, json!(70)).move_live(
        "a",
        "tags.team",
        json!("changed"),
    );
    world.desired.processors.get_mut("a").unwrap().lifecycle.ignore_changes =
        vec![Path::parse("settings"), Path::parse("tags.team")];
    assert_eq!(world.calls(), []);
    let calls = world.declare("a", "kms_key_id", json!("k")).calls();
    assert_eq!(calls[1].1["Settings"]["ConnectedHome"]["MinConfidence"], 70);
    assert_eq!(calls[1].1["Tags"], json!({"team": "changed"}));
}
