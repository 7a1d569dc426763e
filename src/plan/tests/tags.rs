//! Tags: which are set, which are removed, and which are left alone because they
//! are protected or not known.

use serde_json::json;

use super::world::camera;
use crate::model::{TagKnowledge, TagPolicy, TagScope, Tags};
use crate::plan::{Narrowing, RefusalCode, tags_in_question};

#[test]
fn declared_tags_are_set_and_others_left_alone() {
    let arn = "arn:aws:rekognition:us-east-1:111122223333:streamprocessor/a";
    let world = camera()
        .declare("a", "tags.team", json!("b"))
        .declare("a", "tags.new", json!("1"))
        .move_live("a", "tags.other", json!("x"));
    assert_eq!(
        world.calls(),
        [("TagResource", json!({"ResourceArn": arn, "Tags": {"team": "b", "new": "1"}}))]
    );
}

#[test]
fn exclusive_tags_are_removed_but_for_the_protected_ones() {
    let arn = "arn:aws:rekognition:us-east-1:111122223333:streamprocessor/a";
    let mut world = camera()
        .move_live("a", "tags.other", json!("x"))
        .move_live("a", "tags.aws:cloudformation:stack-id", json!("x"))
        .move_live("a", "tags.rekon:stack", json!("x"))
        .move_live("a", "tags.cost:center", json!("x"));
    world.desired.tag_policy = TagPolicy::new(TagScope::Exclusive, ["cost:*"]);
    assert_eq!(
        world.calls(),
        [("UntagResource", json!({"ResourceArn": arn, "TagKeys": ["other"]}))]
    );
}

#[test]
fn unknown_tags_are_never_changed() {
    let mut world = camera().declare("a", "tags.new", json!("1"));
    let live = &mut world.live.processors.get_mut("a").unwrap().definition;
    live.set_tags(&Tags::new(), TagKnowledge::Unknown);
    assert_eq!(world.calls(), []);
    assert_eq!(world.plan().diagnostics[0].code, "tags-unknown");
    assert_eq!(tags_in_question(&world.desired, &Narrowing::default(), &world.live).len(), 1);
    let replaced = world.declare("a", "role_arn", json!("arn:aws:iam::111122223333:role/S"));
    assert_eq!(replaced.refusal(), RefusalCode::TagsUnknown);
}

#[test]
fn hinted_tags_are_confirmed_only_where_they_would_cause_a_write() {
    let mut world = camera();
    world.live.processors.get_mut("a").unwrap().definition.tags = TagKnowledge::Hinted;
    assert!(tags_in_question(&world.desired, &Narrowing::default(), &world.live).is_empty());
    let world = world.declare("a", "tags.team", json!("b"));
    assert_eq!(tags_in_question(&world.desired, &Narrowing::default(), &world.live).len(), 1);
}
