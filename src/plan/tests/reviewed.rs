//! What of a plan was agreed to, where changes hang together.

use serde_json::json;

use super::world::{CONFIDENCE, World, label_detection, swap, video};
use crate::plan::{Divergence, Plan, Reviewed, plan_reviewed};

/// Plans what of a world's plan was agreed to.
fn reviewed(world: &World, agreed: Plan) -> Plan {
    let World { desired, sources, live, options } = world;
    let reviewed = Reviewed::Plan(Box::new(agreed));
    plan_reviewed(desired, sources, &[], live, options, &reviewed)
}

fn left(plan: &Plan) -> Vec<(&str, Divergence)> {
    let Plan { changes, refusals, unreviewed, .. } = plan;
    assert_eq!((changes.len(), refusals.len()), (0, 0), "{changes:?} {refusals:?}");
    unreviewed.iter().map(|one| (one.name.as_str(), one.reason)).collect()
}

#[test]
fn of_a_swap_all_is_done_as_reviewed_or_nothing() {
    let world = swap(&["a", "b"]);
    let agreed = world.plan();
    assert_eq!(reviewed(&world, agreed.clone()).fingerprint, agreed.fingerprint);
    let world = world.declare("b", "role_arn", json!("arn:aws:iam::111122223333:role/Other"));
    let plan = reviewed(&world, agreed);
    assert_eq!(left(&plan), [("a", Divergence::Dependent), ("b", Divergence::Different)]);
}

#[test]
fn who_takes_a_stream_waits_for_the_review_of_who_lets_it_go() {
    let both = [("a", label_detection("a")), ("b", label_detection("b"))];
    let world = World::new(&both)
        .declare("a", "input.kinesis_video_stream.arn", json!(video("b")))
        .declare("b", "input.kinesis_video_stream.arn", json!(video("c")));
    let agreed = world.plan();
    let world = world.declare("b", CONFIDENCE, json!(42));
    let plan = reviewed(&world, agreed);
    assert_eq!(left(&plan), [("a", Divergence::Dependent), ("b", Divergence::Different)]);
}
