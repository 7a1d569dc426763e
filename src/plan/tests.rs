//! Worlds that match but for one thing, and the one plan that closes the gap.
//! Here is what holds of a plan as a whole, with creations, starts and stops;
//! updates, tags, replacements and the order of calls have a file each.

mod order;
mod ownership;
mod replacement;
mod reviewed;
mod tags;
mod update;
mod world;

use serde_json::{Value, json};

use self::world::{CONFIDENCE, LABELS, World, camera, face_search, label_detection, swap};
use super::document::digest;
use super::*;
use crate::desired::Zone;
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
    let live = world.live.processors.get_mut("a").unwrap();
    live.status = Status::Failed;
    live.status_message = Some("Access denied to Role".into());
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

fn saved(plan: &Plan) -> Value {
    serde_json::to_value(Document::new(plan)).unwrap()
}

#[test]
fn a_plan_survives_being_saved() {
    let plan = swap(&["a", "b", "c"]).plan();
    let (read, seal) = Plan::parse(&saved(&plan).to_string()).unwrap();
    assert_eq!((read, seal), (plan, Seal::Intact));
}

#[test]
fn a_plan_that_was_changed_anywhere_is_refused() {
    let plan = swap(&["a", "b"]).declare("a", "tags.team", json!("b")).plan();
    let whole = saved(&plan);
    let mut leaves = Vec::new();
    pointers(&whole, &mut String::new(), &mut leaves);
    assert!(leaves.len() > 200, "{}", leaves.len());
    for pointer in leaves {
        let mut edited = whole.clone();
        let leaf = edited.pointer_mut(&pointer).unwrap();
        *leaf = match leaf {
            Value::Bool(flag) => json!(!*flag),
            Value::Array(items) if items.is_empty() => json!(["x"]),
            Value::String(_) => json!("x"),
            _ => json!(7),
        };
        let read = Plan::parse(&edited.to_string());
        assert!(read.is_err(), "{pointer} was edited unnoticed");
    }
    let mut extra = whole.clone();
    extra["changes"][0]["novelty"] = json!(1);
    assert!(matches!(Plan::parse(&extra.to_string()), Err(DocumentError::Edited)));
    for emptied in ["changes", "calls", "refusals", "diagnostics"] {
        let mut edited = whole.clone();
        edited[emptied] = json!([]);
        let changed = edited != whole;
        assert_eq!(Plan::parse(&edited.to_string()).is_err(), changed, "{emptied}");
    }
    // What a reader sees first is not what would count.
    let whole = whole.to_string();
    let doubled = whole.replacen(r#""complete":true"#, r#""complete":false,"complete":true"#, 1);
    assert_ne!(doubled, whole);
    assert!(matches!(Plan::parse(&doubled), Err(DocumentError::NoJson(_))));
}

#[test]
fn a_plan_of_an_older_version_can_be_shown() {
    let plan = camera().declare("a", LABELS, json!(["PET"])).plan();
    let mut older = saved(&plan);
    older.as_object_mut().unwrap().remove("digest");
    for change in older["changes"].as_array_mut().unwrap() {
        change.as_object_mut().unwrap().retain(|key, _| !matches!(&**key, "group" | "result"));
    }
    for call in older["calls"].as_array_mut().unwrap() {
        call.as_object_mut().unwrap().remove("group");
    }
    for count in ["undeclared", "left_out"] {
        older["summary"].as_object_mut().unwrap().remove(count);
    }
    let (read, seal) = Plan::parse(&older.to_string()).unwrap();
    assert_eq!((read.calls.len(), seal), (1, Seal::Missing));
}

#[test]
fn a_plan_of_an_older_version_says_what_it_leads_to() {
    let plan = camera().declare("a", LABELS, json!(["PET"])).plan();
    let mut older = saved(&plan);
    older.as_object_mut().unwrap().remove("digest");
    let change = older["changes"][0].as_object_mut().unwrap();
    change.remove("result");
    change.insert("expect".to_owned(), Value::Null);
    let error = Plan::parse(&older.to_string()).unwrap_err();
    assert_eq!(error.to_string(), "this is no plan: role_arn is missing");
}

/// Where every value that holds no others stands.
fn pointers(json: &Value, at: &mut String, found: &mut Vec<String>) {
    let length = at.len();
    let mut below = |name: &str, inner: &Value, found: &mut Vec<String>| {
        at.push('/');
        at.push_str(&name.replace('~', "~0").replace('/', "~1"));
        pointers(inner, at, found);
        at.truncate(length);
    };
    match json {
        Value::Object(members) if !members.is_empty() => {
            members.iter().for_each(|(name, inner)| below(name, inner, found));
        }
        Value::Array(items) if !items.is_empty() => {
            items.iter().enumerate().for_each(|(at, inner)| below(&at.to_string(), inner, found));
        }
        _ => found.push(at.clone()),
    }
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

#[test]
fn what_no_file_declares_is_named_and_refused_only_where_that_is_asked_for() {
    let mut world = World::new(&[("a", label_detection("a"))]);
    let lived = World::new(&[("z", label_detection("z")), ("m", label_detection("m"))]).live;
    world.live.processors.extend(lived.processors);
    let unread = ReadProblem { names: Some(["n".to_owned()].into()), reason: "no".into() };
    world.live.problems.push(unread);
    let plan = world.plan();
    assert_eq!((plan.summary.undeclared, plan.refusals.len()), (3, 0));
    assert_eq!(plan.undeclared, ["m", "n", "z"]);
    world.options.undeclared = Undeclared::Denied;
    assert_eq!(world.refusal(), RefusalCode::Undeclared);
    assert_eq!(camera().plan().undeclared, Vec::<String>::new());
    let none = World { options: world.options, ..camera() };
    assert_eq!(none.plan().refusals, []);
}

#[test]
fn a_plan_names_the_zones_that_its_regions_have_and_no_others() {
    let polygon = json!({"polygon": [[0, 0], [1, 0], [1, 1]]});
    let mut world = camera().declare("a", "regions_of_interest", json!([polygon]));
    let zone = |json: &Value| serde_json::from_value(json.clone()).unwrap();
    let elsewhere = json!({"polygon": [[0, 0], [1, 0], [0, 1]]});
    let span = world.desired.processors["a"].span;
    world.desired.zones = [("path", &polygon), ("roof", &elsewhere)]
        .map(|(name, json)| (name.into(), Zone { shape: zone(json), span }))
        .into();
    let plan = world.plan();
    assert_eq!(plan.zones.keys().collect::<Vec<_>>(), ["path"]);
    let (read, _) = Plan::parse(&serde_json::to_string(&Document::new(&plan)).unwrap()).unwrap();
    assert_eq!(read.zones, plan.zones);
}

#[test]
fn a_sealed_plan_of_before_these_names_is_still_whole() {
    let world = camera().declare("a", "regions_of_interest", Value::Null);
    let mut older = serde_json::to_value(world.plan()).unwrap();
    older.as_object_mut().unwrap().remove("undeclared");
    older["summary"]["undeclared"] = json!(300);
    older["digest"] = json!(digest(&older));
    let (read, seal) = Plan::parse(&older.to_string()).unwrap();
    assert_eq!((seal, read.summary.undeclared, read.restores), (Seal::Intact, 300, false));
    assert!(read.undeclared.is_empty() && read.zones.is_empty());
}
