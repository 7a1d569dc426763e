//! Worlds that match but for one thing, and the one plan that closes the gap.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::desired::{Declaration, Desired, Guard, Lifecycle, Stack};
use crate::diagnostic::{Sources, Span};
use crate::model::{
    Attribute, Fact, Live, ProcessorName, ReadProblem, Status, TagKnowledge, TagPolicy, TagScope,
    from_json, set,
};

/// A world in which files and service agree.
struct World {
    desired: Desired,
    sources: Sources,
    live: Live,
    options: Options,
}

const ACCOUNT: &str = "111122223333";

fn label_detection(name: &str) -> Value {
    json!({
        "role_arn": "arn:aws:iam::111122223333:role/R",
        "input": {"kinesis_video_stream": {"arn": video(name)}},
        "output": {"s3_destination": {"bucket": "results", "key_prefix": "a/"}},
        "settings": {"connected_home": {"labels": ["PACKAGE", "PERSON"], "min_confidence": 80.1}},
        "regions_of_interest": [
            {"bounding_box": {"left": 0, "top": 0, "width": 0.25, "height": 0.5}},
            {"polygon": [[0, 0], [1, 0], [1, 1]]},
        ],
        "tags": {"team": "a"},
    })
}

fn face_search(name: &str, state: &str) -> Value {
    json!({
        "role_arn": "arn:aws:iam::111122223333:role/R",
        "input": {"kinesis_video_stream": {"arn": video(name)}},
        "output": {"kinesis_data_stream": {"arn": data(name)}},
        "settings": {"face_search": {"collection_id": "staff", "face_match_threshold": 90}},
        "desired_status": state,
    })
}

fn video(name: &str) -> String {
    format!("arn:aws:kinesisvideo:us-east-1:{ACCOUNT}:stream/{name}/1")
}

fn data(name: &str) -> String {
    format!("arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/{name}")
}

fn name(text: &str) -> ProcessorName {
    ProcessorName::new(text).unwrap()
}

impl World {
    fn new(processors: &[(&str, Value)]) -> World {
        let mut sources = Sources::default();
        let file = sources.add("rekon.toml", "[processor.x]\n");
        let mut world = World {
            desired: Desired {
                stack: Stack {
                    name: "test".into(),
                    account_id: ACCOUNT.into(),
                    region: "us-east-1".into(),
                },
                guard: Guard { max_replacements: None, ..Guard::default() },
                tag_policy: TagPolicy::default(),
                processors: BTreeMap::new(),
            },
            sources,
            live: Live {
                account_id: ACCOUNT.into(),
                region: "us-east-1".into(),
                ..Live::default()
            },
            options: Options::default(),
        };
        for (text, definition) in processors {
            let processor = from_json(definition).unwrap();
            let status = match processor.run_state {
                Some(crate::model::RunState::Running) => Status::Running,
                _ => Status::Stopped,
            };
            world.live.inventory.insert(name(text), processor.clone());
            world.live.facts.insert(
                name(text),
                Fact {
                    arn: format!("arn:aws:rekognition:us-east-1:{ACCOUNT}:streamprocessor/{text}"),
                    status,
                    status_message: None,
                    tags: TagKnowledge::Confirmed,
                },
            );
            world.desired.processors.insert(
                name(text),
                Declaration {
                    processor,
                    lifecycle: Lifecycle::default(),
                    span: Span::new(file, 11..12),
                    attribute_spans: BTreeMap::new(),
                },
            );
        }
        world
    }

    /// Changes an attribute in the files.
    fn declare(mut self, text: &str, path: &str, value: Value) -> World {
        let declaration = self.desired.processors.get_mut(text).unwrap();
        let mut definition = crate::model::to_json(&declaration.processor);
        set(&mut definition, &path.parse::<Attribute>().unwrap(), value);
        declaration.processor = from_json(&definition).unwrap();
        self
    }

    /// Changes an attribute in the service.
    fn move_live(mut self, text: &str, path: &str, value: Value) -> World {
        let processor = self.live.inventory.get_mut(text).unwrap();
        let mut definition = crate::model::to_json(processor);
        set(&mut definition, &path.parse::<Attribute>().unwrap(), value);
        *processor = from_json(&definition).unwrap();
        self
    }

    fn remove_live(mut self, text: &str) -> World {
        self.live.inventory.remove(text);
        self.live.facts.remove(text);
        self
    }

    fn plan(&self) -> Plan {
        plan(&self.desired, &self.sources, &[], &self.live, &self.options)
    }

    /// The plan's calls as (operation, request).
    fn calls(&self) -> Vec<(&'static str, Value)> {
        let plan = self.plan();
        assert_eq!(plan.refusals, []);
        plan.calls.into_iter().map(|call| (call.operation.as_str(), call.request)).collect()
    }

    fn refusal(&self) -> String {
        let mut refusals = self.plan().refusals;
        assert_eq!(refusals.len(), 1, "{refusals:?}");
        refusals.remove(0).code
    }
}

fn camera() -> World {
    World::new(&[("a", label_detection("a"))])
}

fn update(members: Value) -> Vec<(&'static str, Value)> {
    let mut request = json!({"Name": "a"});
    for (member, value) in members.as_object().unwrap() {
        request[member] = value.clone();
    }
    vec![("UpdateStreamProcessor", request)]
}

const LABELS: &str = "settings.connected_home.labels";
const CONFIDENCE: &str = "settings.connected_home.min_confidence";

#[test]
fn a_world_that_matches_needs_no_call() {
    let world = World::new(&[("a", label_detection("a")), ("b", face_search("b", "running"))]);
    let plan = world.plan();
    assert_eq!((plan.calls.len(), plan.changes.len(), plan.summary.unchanged), (0, 0, 2));
    assert_eq!(serde_json::to_string(&plan.summary.calls.seconds).unwrap(), "0.0");
}

#[test]
fn each_member_of_an_update_has_its_one_minimal_request() {
    assert_eq!(
        camera().declare("a", LABELS, json!(["PET"])).calls(),
        update(json!({"SettingsForUpdate": {"ConnectedHomeForUpdate": {"Labels": ["PET"]}}}))
    );
    assert_eq!(
        camera().declare("a", CONFIDENCE, json!(60.5)).calls(),
        update(json!({"SettingsForUpdate": {"ConnectedHomeForUpdate": {"MinConfidence": 60.5}}}))
    );
    assert_eq!(
        camera().declare("a", CONFIDENCE, Value::Null).calls(),
        update(json!({"ParametersToDelete": ["ConnectedHomeMinConfidence"]}))
    );
    let one = json!([{"bounding_box": {"left": 0, "top": 0, "width": 0.25, "height": 0.5}}]);
    assert_eq!(
        camera().declare("a", "regions_of_interest", one).calls(),
        update(json!({"RegionsOfInterestForUpdate": [
            {"BoundingBox": {"Left": 0, "Top": 0, "Width": 0.25, "Height": 0.5}}
        ]}))
    );
    assert_eq!(
        camera().declare("a", "regions_of_interest", Value::Null).calls(),
        update(json!({"ParametersToDelete": ["RegionsOfInterest"]}))
    );
    assert_eq!(
        camera().declare("a", "data_sharing_preference.opt_in", json!(true)).calls(),
        update(json!({"DataSharingPreferenceForUpdate": {"OptIn": true}}))
    );
}

#[test]
fn several_changes_share_one_update() {
    let world = camera()
        .declare("a", LABELS, json!(["PET"]))
        .declare("a", CONFIDENCE, Value::Null)
        .declare("a", "regions_of_interest", Value::Null)
        .declare("a", "data_sharing_preference.opt_in", json!(true));
    assert_eq!(
        world.calls(),
        update(json!({
            "SettingsForUpdate": {"ConnectedHomeForUpdate": {"Labels": ["PET"]}},
            "ParametersToDelete": ["ConnectedHomeMinConfidence", "RegionsOfInterest"],
            "DataSharingPreferenceForUpdate": {"OptIn": true},
        }))
    );
}

#[test]
fn what_means_the_same_is_no_difference() {
    let rotated = json!([
        {"polygon": [[1, 1], [1, 0], [0, 0]]},
        {"bounding_box": {"left": 0, "top": 0, "width": 0.25, "height": 0.5}},
    ]);
    let same = [
        camera().declare("a", "regions_of_interest", rotated),
        camera().move_live("a", CONFIDENCE, json!(80.099_998_474_121_1)),
        camera().move_live("a", "data_sharing_preference.opt_in", json!(false)),
        camera().declare("a", CONFIDENCE, Value::Null).move_live("a", CONFIDENCE, json!(50)),
        camera().declare("a", CONFIDENCE, Value::Null).move_live("a", CONFIDENCE, Value::Null),
        camera().move_live("a", "kms_key_id", json!("arn:aws:kms:us-east-1:1:key/k")).declare(
            "a",
            "kms_key_id",
            json!("k"),
        ),
        camera().move_live("a", "tags.other", json!("x")),
    ];
    for world in same {
        assert_eq!(world.calls(), []);
    }
}

#[test]
fn a_written_default_confidence_must_be_there() {
    let world =
        camera().declare("a", CONFIDENCE, json!(50)).move_live("a", CONFIDENCE, Value::Null);
    assert_eq!(
        world.calls(),
        update(json!({"SettingsForUpdate": {"ConnectedHomeForUpdate": {"MinConfidence": 50}}}))
    );
}

#[test]
fn an_alias_against_a_key_is_a_warning_and_never_a_difference() {
    let world = camera().declare("a", "kms_key_id", json!("alias/x")).move_live(
        "a",
        "kms_key_id",
        json!("arn:aws:kms:us-east-1:1:key/k"),
    );
    let plan = world.plan();
    assert_eq!(plan.calls, []);
    assert_eq!(plan.diagnostics[0].code, "kms-key-unclear");
}

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
    world.desired.tag_policy =
        TagPolicy { scope: TagScope::Exclusive, ignore: vec!["cost:*".into()] };
    assert_eq!(
        world.calls(),
        [("UntagResource", json!({"ResourceArn": arn, "TagKeys": ["other"]}))]
    );
}

#[test]
fn unknown_tags_are_never_changed() {
    let mut world = camera().declare("a", "tags.new", json!("1"));
    world.live.inventory.get_mut("a").unwrap().tags.clear();
    world.live.facts.get_mut("a").unwrap().tags = TagKnowledge::Unknown;
    assert_eq!(world.calls(), []);
    assert_eq!(world.plan().diagnostics[0].code, "tags-unknown");
    assert_eq!(tags_in_question(&world.desired, &world.live).len(), 1);
    let replaced = world.declare("a", "role_arn", json!("arn:aws:iam::111122223333:role/S"));
    assert_eq!(replaced.refusal(), "tags-unknown");
}

#[test]
fn hinted_tags_are_confirmed_only_where_they_would_cause_a_write() {
    let mut world = camera();
    world.live.facts.get_mut("a").unwrap().tags = TagKnowledge::Hinted;
    assert!(tags_in_question(&world.desired, &world.live).is_empty());
    let world = world.declare("a", "tags.team", json!("b"));
    assert_eq!(tags_in_question(&world.desired, &world.live).len(), 1);
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
    assert_eq!(guarded.refusal(), "guard-replacements");
    assert_eq!(guarded.plan().calls.len(), 2, "the plan is still whole");
    let mut protected = replaced();
    protected.desired.processors.get_mut("a").unwrap().lifecycle.prevent_destroy = true;
    assert_eq!(protected.refusal(), "prevent-destroy");
}

#[test]
fn ignored_attributes_keep_their_live_value_also_over_a_replacement() {
    let mut world = camera().move_live("a", CONFIDENCE, json!(70)).move_live(
        "a",
        "tags.team",
        json!("changed"),
    );
    world.desired.processors.get_mut("a").unwrap().lifecycle.ignore_changes =
        vec![Attribute::split_path("settings"), Attribute::split_path("tags.team")];
    assert_eq!(world.calls(), []);
    let calls = world.declare("a", "kms_key_id", json!("k")).calls();
    assert_eq!(calls[1].1["Settings"]["ConnectedHome"]["MinConfidence"], 70);
    assert_eq!(calls[1].1["Tags"], json!({"team": "changed"}));
}

#[test]
fn a_missing_processor_is_created_and_started() {
    let world = World::new(&[("a", face_search("a", "running"))]).remove_live("a");
    let plan = world.plan();
    assert_eq!(plan.changes[0].actions, [Action::Create, Action::Start]);
    assert_eq!(plan.changes[0].expect, None);
    assert_eq!(plan.calls[1].after, ["c1"]);
}

fn swap(names: &[&str]) -> World {
    let processors: Vec<_> = names.iter().map(|name| (*name, label_detection(name))).collect();
    let mut world = World::new(&processors);
    for (at, text) in names.iter().enumerate() {
        let other = names[(at + 1) % names.len()];
        world = world.declare(text, "input.kinesis_video_stream.arn", json!(video(other)));
    }
    world
}

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
    assert_eq!(world.refusal(), "swap-cut");
    assert!(world.plan().refusals[0].help.as_ref().unwrap().contains("--only b"));
    let mut three = swap(&["a", "b", "c"]);
    three.options.narrowing =
        Narrowing::new(&three.desired, &["a".into()], &[], &[], None).unwrap();
    assert!(three.plan().refusals[0].help.as_ref().unwrap().contains("--only b --only c"));
    world.options.narrowing = Narrowing::new(&world.desired, &[], &[], &[], Some(1)).unwrap();
    assert_eq!(world.refusal(), "swap-cut");
}

#[test]
fn a_held_stream_names_its_holder() {
    let world = World::new(&[("a", label_detection("a")), ("b", label_detection("b"))]);
    let world = world.declare("a", "input.kinesis_video_stream.arn", json!(video("b")));
    assert_eq!(world.refusal(), "stream-held");
    assert!(world.plan().refusals[0].message.contains("b holds"));
    let created = World::new(&[("a", label_detection("b")), ("b", label_detection("b"))]);
    assert_eq!(created.remove_live("a").refusal(), "stream-held");
}

#[test]
fn the_first_replacement_goes_alone() {
    let processors: Vec<_> = ["a", "b", "c"].map(|name| (name, label_detection(name))).into();
    let mut world = World::new(&processors);
    for name in ["a", "b", "c"] {
        world = world.declare(name, "kms_key_id", json!("k"));
    }
    let plan = world.plan();
    let first_last = plan.changes[0].calls.last().unwrap();
    for change in &plan.changes[1..] {
        let first = plan.calls.iter().find(|call| call.id == change.calls[0]).unwrap();
        assert_eq!(&first.after, std::slice::from_ref(first_last));
    }
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
