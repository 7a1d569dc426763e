//! The world that every test begins with, in which files and service agree: the
//! definitions in it, what makes the two differ, and the plan that follows.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::desired::{Declaration, Desired, Guard, HandOvers, Lifecycle, Marks, Ownership, Stack};
use crate::diagnostic::{SourceId, Sources, Span};
use crate::model::{
    Definition, Dialect, Live, LiveProcessor, ProcessorName, RunState, Status, TagPolicy, insert,
};
use crate::plan::{Drift, DriftOptions, Options, Plan, RefusalCode, drift, plan};

const ACCOUNT: &str = "111122223333";
pub(super) const LABELS: &str = "settings.connected_home.labels";
pub(super) const CONFIDENCE: &str = "settings.connected_home.min_confidence";

/// A world in which files and service agree.
#[derive(Clone)]
pub(super) struct World {
    pub(super) desired: Desired,
    pub(super) sources: Sources,
    pub(super) live: Live,
    pub(super) options: Options,
}

pub(super) fn label_detection(name: &str) -> Value {
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

pub(super) fn face_search(name: &str, state: &str) -> Value {
    json!({
        "role_arn": "arn:aws:iam::111122223333:role/R",
        "input": {"kinesis_video_stream": {"arn": video(name)}},
        "output": {"kinesis_data_stream": {"arn": data(name)}},
        "settings": {"face_search": {"collection_id": "staff", "face_match_threshold": 90}},
        "desired_status": state,
    })
}

pub(super) fn video(name: &str) -> String {
    format!("arn:aws:kinesisvideo:us-east-1:{ACCOUNT}:stream/{name}/1")
}

fn data(name: &str) -> String {
    format!("arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/{name}")
}

/// Reads a definition in the shape of the TOML; no tags are no tags.
fn read(json: &Value) -> Definition {
    let mut json = json.clone();
    json.as_object_mut().unwrap().entry("tags").or_insert(json!({}));
    Definition::from_json(&json, Dialect::Toml).unwrap()
}

/// Sets what stands at a path, or takes it away with the tables around it.
fn change(definition: &mut Definition, path: &str, value: Value) {
    let mut json = definition.to_json(Dialect::Toml);
    let root = json.as_object_mut().unwrap();
    if value.is_null() {
        remove(root, path);
    } else {
        insert(root, path, value);
    }
    *definition = read(&json);
}

fn remove(table: &mut Map<String, Value>, path: &str) {
    match path.split_once('.') {
        None => drop(table.remove(path)),
        Some((first, rest)) => {
            let Some(child) = table.get_mut(first).and_then(Value::as_object_mut) else { return };
            remove(child, rest);
            if child.is_empty() {
                table.remove(first);
            }
        }
    }
}

fn name(text: &str) -> ProcessorName {
    ProcessorName::new(text).unwrap()
}

impl World {
    pub(super) fn new(processors: &[(&str, Value)]) -> World {
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
                ownership: Ownership { marks: Marks::None, ..Ownership::default() },
                hand_overs: HandOvers::default(),
                drift_ignores: Vec::new(),
                zones: BTreeMap::new(),
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
            let definition = read(definition);
            let status = match definition.run_state() {
                Some(RunState::Running) => Status::Running,
                _ => Status::Stopped,
            };
            world.live.processors.insert(
                name(text),
                LiveProcessor {
                    definition: definition.clone(),
                    arn: format!("arn:aws:rekognition:us-east-1:{ACCOUNT}:streamprocessor/{text}"),
                    status,
                    status_message: None,
                    unknown: Vec::new(),
                },
            );
            world.desired.processors.insert(
                name(text),
                Declaration {
                    definition,
                    lifecycle: Lifecycle::default(),
                    frame: None,
                    span: Span::new(file, 11..12),
                    places: BTreeMap::new(),
                },
            );
        }
        world
    }

    /// Changes an attribute in the files.
    pub(super) fn declare(mut self, text: &str, path: &str, value: Value) -> World {
        change(&mut self.desired.processors.get_mut(text).unwrap().definition, path, value);
        self
    }

    /// Changes an attribute in the service.
    pub(super) fn move_live(mut self, text: &str, path: &str, value: Value) -> World {
        change(&mut self.live.processors.get_mut(text).unwrap().definition, path, value);
        self
    }

    pub(super) fn remove_live(mut self, text: &str) -> World {
        self.live.processors.remove(text);
        self
    }

    /// Puts a processor into the service.
    pub(super) fn put_live(&mut self, text: &str, definition: Definition) {
        let live = LiveProcessor {
            definition,
            arn: format!("arn:aws:rekognition:us-east-1:{ACCOUNT}:streamprocessor/{text}"),
            status: Status::Stopped,
            status_message: None,
            unknown: Vec::new(),
        };
        self.live.processors.insert(name(text), live);
    }

    /// The project's one file.
    pub(super) fn file(&self) -> SourceId {
        self.sources.iter().next().map(|(source, _)| source).unwrap()
    }

    pub(super) fn plan(&self) -> Plan {
        plan(&self.desired, &self.sources, &[], &self.live, &self.options)
    }

    pub(super) fn drift(&self) -> Drift {
        let options = DriftOptions::default();
        drift(&self.desired, &self.sources, &[], &self.live, &options)
    }

    /// The plan's calls as (operation, request).
    pub(super) fn calls(&self) -> Vec<(&'static str, Value)> {
        let plan = self.plan();
        assert_eq!(plan.refusals, []);
        plan.calls.into_iter().map(|call| (call.operation.as_str(), call.request)).collect()
    }

    pub(super) fn refusal(&self) -> RefusalCode {
        let mut refusals = self.plan().refusals;
        assert_eq!(refusals.len(), 1, "{refusals:?}");
        refusals.remove(0).code
    }
}

pub(super) fn camera() -> World {
    World::new(&[("a", label_detection("a"))])
}

pub(super) fn swap(names: &[&str]) -> World {
    let processors: Vec<_> = names.iter().map(|name| (*name, label_detection(name))).collect();
    let mut world = World::new(&processors);
    for (at, text) in names.iter().enumerate() {
        let other = names[(at + 1) % names.len()];
        world = world.declare(text, "input.kinesis_video_stream.arn", json!(video(other)));
    }
    world
}
