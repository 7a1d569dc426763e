//! Marks, the record and what follows from them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use super::world::*;
use crate::desired::{Desired, Destination, Marks, Moved, OnDrift, Removed};
use crate::diagnostic::Code;
use crate::model::{Attribute, ProcessorName, TagKnowledge, Tags, Value as AttributeValue};
use crate::plan::{Action, Category, Operation, Origin, Plan, RefusalCode};

/// A world whose stack leaves marks; nothing has them yet.
fn marked(processors: &[(&str, Value)]) -> World {
    let mut world = World::new(processors);
    world.desired.ownership.marks = Marks::Recorded;
    world
}

fn name(text: &str) -> ProcessorName {
    ProcessorName::new(text).unwrap()
}

/// Makes the service what the plan says.
fn carry_out(world: &mut World) -> Plan {
    let plan = world.plan();
    assert_eq!(plan.refusals, []);
    for change in &plan.changes {
        match (&change.result, world.live.processors.get_mut(change.name.as_str())) {
            (Some(result), Some(live)) => live.definition = result.clone(),
            (Some(result), None) => world.put_live(&change.name, result.clone()),
            (None, _) => drop(world.live.processors.remove(change.name.as_str())),
        }
    }
    plan
}

fn actions(plan: &Plan) -> Vec<(&str, &[Action])> {
    plan.changes.iter().map(|change| (change.name.as_str(), &*change.actions)).collect()
}

fn operations(plan: &Plan) -> Vec<&str> {
    plan.calls.iter().map(|call| call.operation.as_str()).collect()
}

/// One processor that was applied, so that nothing is to be done.
fn settled(definition: Value) -> World {
    let mut world = marked(&[("a", definition)]);
    carry_out(&mut world);
    assert_eq!(actions(&world.plan()), []);
    world
}

fn undeclare(world: &mut World, text: &str) {
    world.desired.processors.remove(text).unwrap();
}

fn set_tag(world: &mut World, key: &str, value: Option<&str>) {
    let live = world.live.processors.get_mut("a").unwrap();
    live.definition.set(Attribute::Tag(key.into()), value.map(AttributeValue::text));
}

#[test]
fn what_lives_under_a_declared_name_is_adopted_with_one_call() {
    let mut world = marked(&[("a", label_detection("a")), ("b", face_search("b", "running"))]);
    let plan = carry_out(&mut world);
    assert_eq!(actions(&plan), [("a", &[Action::Adopt][..]), ("b", &[Action::Adopt])]);
    assert_eq!(operations(&plan), ["TagResource", "TagResource"]);
    assert_eq!(plan.summary.adopt, 2);
    assert!(plan.changes.iter().all(|change| change.attributes.is_empty()));
    let tags = &plan.calls[0].request["Tags"];
    assert_eq!(tags["rekon:stack"], "test");
    assert!(tags["rekon:applied"].as_str().unwrap().len() < 256);
    assert!(plan.diagnostics.iter().any(|record| record.code == Code::Adopts.as_str()));
    assert_eq!(actions(&world.plan()), []);
}

#[test]
fn what_is_created_is_born_with_the_marks() {
    let mut world = marked(&[("a", label_detection("a"))]).remove_live("a");
    let plan = carry_out(&mut world);
    assert_eq!(operations(&plan), ["CreateStreamProcessor"]);
    assert_eq!(plan.calls[0].request["Tags"]["rekon:stack"], "test");
    assert_eq!(actions(&world.plan()), []);
}

#[test]
fn an_update_and_its_record_are_two_calls_and_a_change_of_tags_one() {
    let world = settled(label_detection("a")).declare("a", CONFIDENCE, json!(60));
    let plan = world.plan();
    assert_eq!(operations(&plan), ["UpdateStreamProcessor", "TagResource"]);
    assert_eq!(actions(&plan), [("a", &[Action::Update][..])]);
    let retagged = settled(label_detection("a")).declare("a", "tags.team", json!("b"));
    assert_eq!(operations(&retagged.plan()), ["TagResource"]);
}

#[test]
fn a_start_is_recorded_after_it() {
    let world =
        settled(face_search("a", "stopped")).declare("a", "desired_status", json!("running"));
    assert_eq!(operations(&world.plan()), ["StartStreamProcessor", "TagResource"]);
}

#[test]
fn marks_without_attributes_spare_the_call_after_an_update() {
    let mut world = marked(&[("a", label_detection("a"))]);
    world.desired.ownership.marks = Marks::Bound;
    carry_out(&mut world);
    let mut world = world.declare("a", CONFIDENCE, json!(60));
    let plan = carry_out(&mut world);
    assert_eq!(operations(&plan), ["UpdateStreamProcessor"]);
    assert_eq!(plan.changes[0].attributes[0].origin, Origin::Unknown);
    undeclare(&mut world, "a");
    assert_eq!(operations(&world.plan()), ["DeleteStreamProcessor"]);
}

#[test]
fn without_ownership_nothing_is_marked_and_nothing_pruned() {
    let mut world = settled(label_detection("a"));
    world.desired.ownership.marks = Marks::None;
    undeclare(&mut world, "a");
    let plan = world.plan();
    assert_eq!((actions(&plan), plan.summary.undeclared), (vec![], 1));
}

/// Three values of an attribute of a kind, two of which may be absence.
fn values(attribute: &Attribute) -> Option<[Value; 3]> {
    let region = |width: f64| json!([{"bounding_box": {"left": 0, "top": 0, "width": width, "height": 0.5}}]);
    Some(match attribute {
        Attribute::RoleArn => {
            ["R", "S", "T"].map(|role| json!(format!("arn:aws:iam::111122223333:role/{role}")))
        }
        Attribute::Input => ["a", "x", "y"].map(|stream| json!(video(stream))),
        Attribute::OutputBucket => ["results", "others", "thirds"].map(|bucket| json!(bucket)),
        Attribute::OutputKeyPrefix => [json!("a/"), json!("b/"), Value::Null],
        Attribute::OutputDataStream => ["a", "x", "y"]
            .map(|stream| json!(format!("arn:aws:kinesis:us-east-1:111122223333:stream/{stream}"))),
        Attribute::NotificationChannel => [Value::Null, json!("topic"), json!("other")],
        Attribute::KmsKeyId => [Value::Null, json!("1234"), json!("5678")],
        Attribute::Labels => [json!(["PACKAGE", "PERSON"]), json!(["PET"]), json!(["PERSON"])],
        Attribute::MinConfidence => [json!(80.1), json!(60), Value::Null],
        Attribute::CollectionId => ["staff", "guests", "owners"].map(|id| json!(id)),
        Attribute::FaceMatchThreshold => [json!(90), json!(95), json!(99.5)],
        Attribute::RegionsOfInterest => [region(0.25), region(0.5), Value::Null],
        // It has but two values.
        Attribute::DataSharing => return None,
        Attribute::DesiredStatus => return None,
        Attribute::Tag(_) => [json!("a"), json!("b"), Value::Null],
    })
}

fn every_attribute() -> Vec<(Attribute, Value)> {
    let tag = Attribute::Tag("team".into());
    let fixed = Attribute::FIXED.iter().cloned().chain([tag]);
    let kinds = |attribute: &Attribute| match attribute.shape().kind {
        Some(crate::model::Kind::FaceSearch) => face_search("a", "running"),
        _ => label_detection("a"),
    };
    fixed.map(|attribute| (attribute.clone(), kinds(&attribute))).collect()
}

/// A world in which one value was recorded, one lives and one is declared.
fn three_sides(base: &Value, path: &str, [recorded, live, declared]: [&Value; 3]) -> World {
    let mut world = marked(&[("a", base.clone())]).declare("a", path, recorded.clone()).move_live(
        "a",
        path,
        recorded.clone(),
    );
    carry_out(&mut world);
    world.move_live("a", path, live.clone()).declare("a", path, declared.clone())
}

#[test]
fn every_combination_of_recorded_live_and_declared_has_its_origin_and_its_calls() {
    let mut seen = BTreeSet::new();
    for (attribute, base) in every_attribute() {
        let Some(values) = values(&attribute) else { continue };
        let path = attribute.to_string();
        let kind = world_kind(&base);
        for [r, l, d] in (0..27).map(|at| [at / 9, at / 3 % 3, at % 3]) {
            let told = format!(
                "{path}: recorded {}, live {}, declared {}",
                values[r], values[l], values[d]
            );
            let world = three_sides(&base, &path, [&values[r], &values[l], &values[d]]);
            let plan = world.plan();
            let expected = match (r == l, r == d, l == d) {
                (_, _, true) => None,
                (true, ..) => Some(Origin::Config),
                (_, true, _) => Some(Origin::Drift),
                _ => Some(Origin::Both),
            };
            // A tag that the files never declared, and do not declare, is somebody else's.
            let strangers = attribute.tag().is_some() && values[r].is_null();
            let expected = match expected {
                Some(_) if strangers && values[d].is_null() => None,
                Some(_) if strangers => Some(Origin::Config),
                other => other,
            };
            let origins: Vec<Origin> = plan
                .changes
                .iter()
                .flat_map(|change| &change.attributes)
                .map(|one| one.origin)
                .collect();
            assert_eq!(origins, Vec::from_iter(expected), "{told}");
            let replaces = attribute.replaces(kind);
            let all: BTreeSet<Operation> = plan.calls.iter().map(|call| call.operation).collect();
            let what = match (expected, replaces) {
                // Nothing differs: at most the record is behind.
                (None, _) if r == d || strangers && values[d].is_null() => {
                    assert_eq!(all, BTreeSet::new(), "{told}");
                    "nothing"
                }
                (None, _) => {
                    assert_eq!(actions(&plan), [("a", &[Action::Record][..])], "{told}");
                    assert_eq!(all, BTreeSet::from([Operation::TagResource]), "{told}");
                    "record"
                }
                (Some(_), true) => {
                    assert!(all.contains(&Operation::CreateStreamProcessor), "{told}");
                    assert!(!all.contains(&Operation::TagResource), "{told}");
                    "replace"
                }
                (Some(_), false) if attribute.tag().is_some() => {
                    assert!(!all.contains(&Operation::UpdateStreamProcessor), "{told}");
                    assert!(all.contains(&Operation::TagResource) || r == d, "{told}: {all:?}");
                    "tags"
                }
                (Some(_), false) => {
                    assert!(all.contains(&Operation::UpdateStreamProcessor), "{told}");
                    // Where the service is put back, the record is right already.
                    assert_eq!(all.contains(&Operation::TagResource), r != d, "{told}");
                    "update"
                }
            };
            seen.insert((expected.map(|origin| format!("{origin:?}")), what));
            let mut world = world;
            world.desired.guard.max_replacements = None;
            carry_out(&mut world);
            assert_eq!(actions(&world.plan()), [], "{told}: a second plan is empty");
        }
    }
    assert_eq!(seen.len(), 2 + 3 * 3, "{seen:?}");
}

fn world_kind(definition: &Value) -> crate::model::Kind {
    match definition["settings"]["face_search"].is_null() {
        true => crate::model::Kind::LabelDetection,
        false => crate::model::Kind::FaceSearch,
    }
}

#[test]
fn a_flag_and_a_run_state_have_an_origin_too() {
    let sharing = "data_sharing_preference.opt_in";
    for (base, path, on, off) in [
        (label_detection("a"), sharing, json!(true), Value::Null),
        (face_search("a", "running"), "desired_status", json!("running"), json!("stopped")),
    ] {
        for (sides, origin) in [
            ([&on, &on, &off], Origin::Config),
            ([&off, &off, &on], Origin::Config),
            ([&on, &off, &on], Origin::Drift),
            ([&off, &on, &off], Origin::Drift),
        ] {
            let plan = three_sides(&base, path, sides).plan();
            assert_eq!(plan.changes[0].attributes[0].origin, origin, "{path}: {sides:?}");
        }
        let behind = three_sides(&base, path, [&on, &off, &off]).plan();
        assert_eq!(actions(&behind), [("a", &[Action::Record][..])], "{path}");
    }
    // What was not managed, and is now, is a change of the file.
    let mut world = settled(face_search("a", "running"));
    world = world.declare("a", "desired_status", Value::Null);
    carry_out(&mut world);
    let world = world.move_live("a", "desired_status", json!("stopped"));
    assert_eq!(actions(&world.plan()), [], "it is not managed");
    let world = world.declare("a", "desired_status", json!("running"));
    assert_eq!(world.plan().changes[0].attributes[0].origin, Origin::Config);
}

#[test]
fn spellings_that_mean_what_was_recorded_are_no_drift() {
    let arn = "arn:aws:kms:us-east-1:111122223333:key/1234";
    for (declared, shown) in
        [("1234", arn), ("alias/a", "arn:aws:kms:us-east-1:111122223333:alias/a")]
    {
        let mut world = marked(&[("a", label_detection("a"))])
            .declare("a", "kms_key_id", json!(declared))
            .remove_live("a");
        carry_out(&mut world);
        // The service shows it in another spelling than it was created with.
        let world = world.move_live("a", "kms_key_id", json!(shown));
        assert_eq!(actions(&world.plan()), [], "{declared}");
        let other = world.declare(
            "a",
            "kms_key_id",
            json!(declared.replace("1234", "5678").replace("/a", "/b")),
        );
        assert_eq!(other.plan().changes[0].attributes[0].origin, Origin::Config, "{declared}");
    }
    let mut world = marked(&[("a", label_detection("a"))])
        .declare("a", CONFIDENCE, Value::Null)
        .remove_live("a");
    carry_out(&mut world);
    let world = world.move_live("a", CONFIDENCE, json!(50));
    assert_eq!(actions(&world.plan()), [], "the service shows its default");
    let world = world.declare("a", CONFIDENCE, json!(70));
    assert_eq!(world.plan().changes[0].attributes[0].origin, Origin::Config);
}

#[test]
fn what_is_replaced_is_recorded_as_it_is_created() {
    // The files' spelling is created where the live one means the same, as far as is known.
    let mut world = marked(&[("a", label_detection("a"))])
        .move_live("a", "kms_key_id", json!("alias/a"))
        .declare("a", "kms_key_id", json!("1234"))
        .move_live("a", CONFIDENCE, json!(50))
        .declare("a", CONFIDENCE, Value::Null)
        .declare("a", "role_arn", json!("arn:aws:iam::111122223333:role/Other"));
    let plan = carry_out(&mut world);
    assert_eq!(actions(&plan), [("a", &[Action::Replace, Action::Adopt][..])]);
    assert_eq!(actions(&world.plan()), [], "as it was created");
    let arn = "arn:aws:kms:us-east-1:111122223333:key/1234";
    let world =
        world.move_live("a", "kms_key_id", json!(arn)).move_live("a", CONFIDENCE, json!(50));
    assert_eq!(actions(&world.plan()), [], "as the service may show it");
}

#[test]
fn a_tag_that_rekon_set_goes_with_its_line_and_no_other() {
    let mut world = settled(label_detection("a"));
    set_tag(&mut world, "site", Some("north"));
    let mut world = world.declare("a", "tags", Value::Null);
    let plan = carry_out(&mut world);
    assert_eq!(operations(&plan), ["UntagResource", "TagResource"]);
    assert_eq!(plan.calls[0].request["TagKeys"], json!(["team"]));
    assert_eq!(actions(&world.plan()), []);
}

#[test]
fn what_is_no_longer_declared_is_deleted_if_the_record_binds_it() {
    let mut world = settled(face_search("a", "running"));
    undeclare(&mut world, "a");
    let plan = world.plan();
    assert_eq!(actions(&plan), [("a", &[Action::Delete][..])]);
    assert_eq!(operations(&plan), ["StopStreamProcessor", "DeleteStreamProcessor"]);
    let undo: Vec<_> =
        plan.calls[1].on_failure.iter().flatten().map(|call| call.operation).collect();
    assert_eq!(undo, [Operation::StartStreamProcessor]);
    assert_eq!((plan.summary.delete, plan.summary.undeclared), (1, 0));
    assert!(plan.changes[0].attributes.iter().all(|one| one.after.is_none()));
    assert_eq!(plan.changes[0].result, None);

    let live = world.live.processors["a"].clone();
    // A copy of all tags proves nothing, nor does the mark without a record.
    for (key, value) in [("rekon:applied", None), ("rekon:applied", Some("2:what:ever"))] {
        set_tag(&mut world, key, value);
        let plan = world.plan();
        assert_eq!((actions(&plan), plan.summary.undeclared), (vec![], 1));
        assert!(plan.diagnostics.iter().any(|record| record.code == Code::UnboundMark.as_str()));
        world.live.processors.insert(name("a"), live.clone());
    }
    world.live.processors.get_mut("a").unwrap().arn.push('2');
    assert_eq!(actions(&world.plan()), []);
    world.live.processors.insert(name("a"), live.clone());
    world
        .live
        .processors
        .get_mut("a")
        .unwrap()
        .definition
        .set_tags(&Tags::new(), TagKnowledge::Unknown);
    assert_eq!(actions(&world.plan()), []);
}

#[test]
fn the_guard_counts_deletes() {
    let names: Vec<String> = (0..6).map(|at| format!("c{at}")).collect();
    let fleet: Vec<_> = names.iter().map(|name| (name.as_str(), label_detection(name))).collect();
    let mut world = marked(&fleet);
    carry_out(&mut world);
    names.iter().for_each(|name| undeclare(&mut world, name));
    assert_eq!(world.refusal(), RefusalCode::GuardDeletes);
    world.options.allowances.deletes = Some(6);
    assert_eq!(world.plan().refusals, []);
}

#[test]
fn protection_outlives_its_table() {
    let mut world = marked(&[("a", label_detection("a"))]);
    let protect = |world: &mut World, on| {
        world.desired.processors.get_mut("a").unwrap().lifecycle.prevent_destroy = on;
    };
    protect(&mut world, true);
    carry_out(&mut world);
    let declaration = world.desired.processors["a"].clone();
    undeclare(&mut world, "a");
    assert_eq!(world.refusal(), RefusalCode::PreventDestroy);
    world.desired.processors.insert(name("a"), declaration);
    protect(&mut world, false);
    assert_eq!(actions(&carry_out(&mut world)), [("a", &[Action::Record][..])]);
    undeclare(&mut world, "a");
    assert_eq!(actions(&world.plan()), [("a", &[Action::Delete][..])]);
}

#[test]
fn another_stacks_is_refused_unless_it_is_handed_over() {
    let mut world = settled(label_detection("a"));
    world.desired.stack.name = "other".into();
    assert_eq!(world.refusal(), RefusalCode::OwnedByAnother);
    let mut undeclared = settled(label_detection("a"));
    undeclared.desired.stack.name = "other".into();
    undeclare(&mut undeclared, "a");
    let plan = undeclared.plan();
    assert_eq!(
        (actions(&plan), plan.summary.undeclared, plan.summary.other_stacks),
        (vec![], 0, 1)
    );

    world.desired.ownership.accepts_from.insert("test".into());
    let plan = carry_out(&mut world);
    assert_eq!(actions(&plan), [("a", &[Action::Adopt][..])]);
    assert_eq!(actions(&world.plan()), []);

    let mut giving = settled(label_detection("a"));
    undeclare(&mut giving, "a");
    let to = Destination::Stack("other".into());
    let span = crate::diagnostic::Span::new(giving.file(), 0..1);
    giving.desired.hand_overs.moved.push(Moved { from: name("a"), to, span });
    assert_eq!(actions(&giving.plan()), []);
}

#[test]
fn what_is_removed_without_being_destroyed_loses_the_marks_alone() {
    let mut world = settled(label_detection("a"));
    undeclare(&mut world, "a");
    let names = globset::Glob::new("a*").unwrap().compile_matcher();
    let span = crate::diagnostic::Span::new(world.file(), 0..1);
    world.desired.hand_overs.removed.push(Removed { names, destroy: false, span });
    let plan = carry_out(&mut world);
    assert_eq!(actions(&plan), [("a", &[Action::Record][..])]);
    assert_eq!(operations(&plan), ["UntagResource"]);
    let plan = world.plan();
    assert_eq!((actions(&plan), plan.summary.undeclared), (vec![], 1));
}

#[test]
fn a_new_name_takes_the_place_of_the_old_one_in_one_group() {
    let mut world = settled(face_search("a", "running"));
    let declaration = world.desired.processors.remove("a").unwrap();
    world.desired.processors.insert(name("b"), declaration);
    let to = Destination::Name(name("b"));
    let span = crate::diagnostic::Span::new(world.file(), 0..1);
    world.desired.hand_overs.moved.push(Moved { from: name("a"), to, span });
    let plan = carry_out(&mut world);
    assert_eq!(plan.changes[0].group, plan.changes[1].group);
    assert_eq!(
        operations(&plan),
        [
            "StopStreamProcessor",
            "DeleteStreamProcessor",
            "CreateStreamProcessor",
            "StartStreamProcessor"
        ]
    );
    let undo = plan.calls[2].on_failure.iter().flatten();
    let undo: Vec<_> = undo.map(|call| (call.processor.as_str(), call.operation)).collect();
    let back = [Operation::CreateStreamProcessor, Operation::StartStreamProcessor];
    assert_eq!(undo, back.map(|operation| ("a", operation)));
    assert_eq!(actions(&world.plan()), []);
}

#[test]
fn drift_is_reverted_kept_or_refused() {
    let drifted = || settled(label_detection("a")).move_live("a", CONFIDENCE, json!(60));
    let mut world = drifted();
    world.desired.ownership.on_drift = OnDrift::Refuse;
    assert_eq!(world.refusal(), RefusalCode::Drift);
    world.options.on_drift = Some(OnDrift::Keep);
    let plan = carry_out(&mut world);
    assert_eq!(actions(&plan), []);
    assert!(plan.diagnostics.iter().any(|record| record.code == Code::LeftAlone.as_str()));
    world.options.on_drift = Some(OnDrift::Revert);
    assert_eq!(operations(&world.plan()), ["UpdateStreamProcessor"]);

    // What the file changed is applied beside it, and what was kept is still drift.
    let mut world = drifted().declare("a", LABELS, json!(["PET"]));
    world.options.on_drift = Some(OnDrift::Keep);
    let plan = carry_out(&mut world);
    assert_eq!(operations(&plan), ["UpdateStreamProcessor", "TagResource"]);
    assert_eq!(plan.changes[0].attributes.len(), 1);
    assert_eq!(actions(&world.plan()), []);
    world.options.on_drift = None;
    let plan = world.plan();
    assert_eq!(plan.changes[0].attributes[0].origin, Origin::Drift);
}

#[test]
fn without_config_only_what_drifted_is_put_back() {
    let mut world = settled(label_detection("a"))
        .move_live("a", CONFIDENCE, json!(60))
        .declare("a", LABELS, json!(["PET"]))
        .move_live("a", "tags.team", json!("x"))
        .declare("a", "tags.team", json!("y"));
    world.options.leaves_config = true;
    let plan = carry_out(&mut world);
    let paths: Vec<String> =
        plan.changes[0].attributes.iter().map(|one| one.attribute.to_string()).collect();
    assert_eq!(paths, [CONFIDENCE]);
    assert_eq!(operations(&plan), ["UpdateStreamProcessor"], "the record is right already");
    world.options.leaves_config = false;
    let origins: Vec<Origin> =
        world.plan().changes[0].attributes.iter().map(|one| one.origin).collect();
    assert_eq!(origins, [Origin::Config, Origin::Both], "what waits is still pending");
}

/// A world without marks in which these files were applied.
fn unmarked(definition: Value) -> (World, Arc<Desired>) {
    let world = World::new(&[("a", definition)]);
    let base = Arc::new(world.desired.clone());
    (world, base)
}

#[test]
fn earlier_files_tell_the_origin_where_no_record_does() {
    let (world, base) = unmarked(label_detection("a"));
    let (unmoved, moved) = (json!(80.1), json!(70));
    for (declared, live, origin) in [
        (&moved, &unmoved, Origin::Config),
        (&unmoved, &moved, Origin::Drift),
        (&json!(65), &moved, Origin::Both),
    ] {
        let world = world.clone().declare("a", CONFIDENCE, declared.clone());
        let mut world = world.move_live("a", CONFIDENCE, live.clone());
        let unknown = world.plan();
        assert_eq!(unknown.changes[0].attributes[0].origin, Origin::Unknown);
        world.options.base = Some(Arc::clone(&base));
        let plan = world.plan();
        assert_eq!(plan.changes[0].attributes[0].origin, origin);
        // Who moved decides nothing about what is done.
        assert_eq!((&plan.fingerprint, &plan.calls), (&unknown.fingerprint, &unknown.calls));
        world.options.on_drift = Some(OnDrift::Keep);
        assert_eq!(world.plan().changes.is_empty(), origin != Origin::Config);
    }
}

#[test]
fn what_earlier_files_did_not_declare_is_the_files_doing() {
    let (world, base) = unmarked(label_detection("a"));
    let mut world = world.move_live("a", CONFIDENCE, json!(70));
    world.options.base = Some(Arc::new(Desired { processors: BTreeMap::new(), ..(*base).clone() }));
    assert_eq!(world.plan().changes[0].attributes[0].origin, Origin::Config);
}

#[test]
fn a_record_is_believed_before_earlier_files() {
    let world = settled(label_detection("a"));
    let mut base = world.desired.clone();
    let declared = base.processors.get_mut("a").unwrap();
    declared.definition.set(CONFIDENCE.parse().unwrap(), None);
    let mut world = world.move_live("a", CONFIDENCE, json!(70));
    world.options.base = Some(Arc::new(base));
    assert_eq!(world.plan().changes[0].attributes[0].origin, Origin::Drift);
}

#[test]
fn without_config_nothing_is_deleted_let_go_renamed_or_adopted() {
    let left_alone = |world: &World| {
        let plan = world.plan();
        assert_eq!((actions(&plan), operations(&plan)), (vec![], vec![]));
        let told = plan.diagnostics.iter().find(|one| one.code == Code::LeftAlone.as_str());
        told.map(|told| told.message.clone()).unwrap_or_default()
    };
    let without = |mut world: World| {
        world.options.leaves_config = true;
        world
    };
    let mut gone = without(settled(label_detection("a")));
    undeclare(&mut gone, "a");
    assert!(left_alone(&gone).contains("a (its table)"), "{}", left_alone(&gone));

    let span = crate::diagnostic::Span::new(gone.file(), 0..1);
    let names = globset::Glob::new("a").unwrap().compile_matcher();
    gone.desired.hand_overs.removed.push(Removed { names, destroy: false, span });
    assert!(left_alone(&gone).contains("a (its table)"));

    let mut renamed = without(settled(label_detection("a")));
    let declaration = renamed.desired.processors.remove("a").unwrap();
    renamed.desired.processors.insert(name("b"), declaration);
    let to = Destination::Name(name("b"));
    renamed.desired.hand_overs.moved.push(Moved { from: name("a"), to, span });
    assert!(left_alone(&renamed).contains("a (its table)"));
    let found = renamed.drift();
    let found: Vec<_> =
        found.findings.iter().map(|one| (one.name.as_str(), one.category)).collect();
    assert_eq!(found, [("a", Category::Pending), ("b", Category::Pending)]);

    left_alone(&without(marked(&[("a", label_detection("a"))])));
    let protected = without(settled(label_detection("a")));
    let mut protected = protected;
    protected.desired.processors.get_mut("a").unwrap().lifecycle.prevent_destroy = true;
    left_alone(&protected);
}
