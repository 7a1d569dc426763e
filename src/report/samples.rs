//! Values that the tests of several formats share.

pub(super) mod reviews;

use std::collections::BTreeMap;
use std::sync::Arc;

use allocation_counter::AllocationInfo;
use serde_json::{Value as Json, json};

use super::{Detail, Settings};
use crate::desired::Stack;
use crate::model::{Attribute, Definition, Dialect, Location, Value};
use crate::plan::{
    Action, AttributeChange, Call, CallEffect, CallOutcome, Calls, Change, Effect, FORMAT_VERSION,
    FallbackCall, Operation, Origin, Plan, Role, Summary,
};

pub(super) fn at(width: usize) -> Settings {
    Settings { width: Some(width), ..Settings::default() }
}

pub(super) fn verbose() -> Settings {
    Settings { detail: Detail::Verbose, ..Settings::default() }
}

/// Asserts that ten times as much to draw takes about ten times the work, counted in allocations. Tables grow by doubling,
/// which leaves less than a factor of two to chance; work that grows with the square takes a hundred times as much.
pub(super) fn assert_in_proportion(small: AllocationInfo, ten_times: AllocationInfo) {
    assert!(ten_times.count_total < small.count_total * 20, "{small:?} {ten_times:?}");
    assert!(ten_times.bytes_total < small.bytes_total * 20, "{small:?} {ten_times:?}");
}

pub(super) fn stack() -> Stack {
    Stack {
        name: "doorbells".into(),
        account_id: "111122223333".into(),
        region: "us-east-1".into(),
    }
}

pub(super) fn place(file: &str, line: usize) -> Option<Location> {
    Some(Location { file: Arc::from(file), line, column: 1 })
}

/// A value of an attribute, from the TOML's shape as JSON; `None` for null.
pub(super) fn value(attribute: &Attribute, json: &Json) -> Option<Value> {
    let read = || Value::from_json(json, attribute.shape().value, Dialect::Toml, "");
    (!json.is_null()).then(|| read().expect("the sample is a value"))
}

pub(super) fn attribute(path: &str, before: Json, after: Json) -> AttributeChange {
    let attribute: Attribute = path.parse().expect("the path of an attribute");
    AttributeChange {
        before: value(&attribute, &before),
        after: value(&attribute, &after),
        attribute,
        effect: Effect::InPlace,
        origin: Origin::Unknown,
        source: None,
    }
}

pub(super) fn forced(path: &str, before: Json, after: Json) -> AttributeChange {
    AttributeChange { effect: Effect::Replace, ..attribute(path, before, after) }
}

pub(super) fn definition(json: &Json) -> Definition {
    Definition::from_json(json, Dialect::Toml).expect("the sample is a definition")
}

/// A planned call that took effect.
pub(super) fn taken(id: &str, processor: &str, operation: Operation) -> CallOutcome {
    CallOutcome {
        id: id.into(),
        processor: processor.into(),
        operation,
        role: Role::Planned,
        effect: CallEffect::Taken,
        settled: true,
    }
}

pub(super) fn doorbell() -> Json {
    json!({
        "role_arn": "arn:aws:iam::111122223333:role/RekognitionStreams",
        "input": {"kinesis_video_stream": {"arn": stream("front-door")}},
        "output": {"s3_destination": {"bucket": "doorbell-results", "key_prefix": "front-door/"}},
        "settings": {"connected_home": {"labels": ["PERSON", "PET"], "min_confidence": 80}},
        "notification_channel": {
            "sns_topic_arn": "arn:aws:sns:us-east-1:111122223333:AmazonRekognitionDoorbells"
        },
        "data_sharing_preference": {"opt_in": true},
        "regions_of_interest": [
            {"bounding_box": {"left": 0, "top": 0, "width": 0.25, "height": 0.5}},
            {"polygon": [[0, 1], [0.1, 0.55], [0.9, 0.55], [1, 1]]},
        ],
        "tags": {"team": "home-security"},
    })
}

pub(super) fn stream(name: &str) -> String {
    format!("arn:aws:kinesisvideo:us-east-1:111122223333:stream/{name}/1574421418636")
}

/// Builds a plan change by change, numbering the calls.
pub(super) struct PlanBuilder(Plan);

impl PlanBuilder {
    pub(super) fn new() -> PlanBuilder {
        PlanBuilder(Plan {
            format_version: FORMAT_VERSION.into(),
            rekon_version: "0.1.0".into(),
            stack: stack(),
            fingerprint: "sha256:00".into(),
            complete: true,
            summary: Summary { unchanged: 3, ..Summary::default() },
            undeclared: Vec::new(),
            zones: BTreeMap::new(),
            made: None,
            base: None,
            changed_since: None,
            unreviewed: Vec::new(),
            restores: false,
            changes: Vec::new(),
            calls: Vec::new(),
            refusals: Vec::new(),
            diagnostics: Vec::new(),
        })
    }

    pub(super) fn change(
        mut self,
        name: &str,
        actions: &[Action],
        source: Option<Location>,
        attributes: Vec<AttributeChange>,
        operations: &[Operation],
    ) -> PlanBuilder {
        let Plan { changes, calls, summary, .. } = &mut self.0;
        let mut ids: Vec<String> = Vec::new();
        for operation in operations {
            let id = format!("c{}", calls.len() + 1);
            calls.push(Call {
                id: id.clone(),
                processor: name.into(),
                operation: *operation,
                group: String::new(),
                after_verified: Vec::new(),
                after: ids.last().cloned().into_iter().collect(),
                request: json!({"Name": name}),
                on_failure: (actions.contains(&Action::Replace)
                    && *operation == Operation::CreateStreamProcessor)
                    .then(|| {
                        vec![FallbackCall {
                            processor: name.into(),
                            operation: *operation,
                            request: json!({"Name": name}),
                        }]
                    }),
            });
            ids.push(id);
        }
        for action in actions {
            *match action {
                Action::Delete => &mut summary.delete,
                Action::Replace => &mut summary.replace,
                Action::Create => &mut summary.create,
                Action::Update => &mut summary.update,
                Action::Adopt => &mut summary.adopt,
                Action::Record => &mut summary.record,
                Action::Start => &mut summary.start,
                Action::Stop => &mut summary.stop,
            } += 1;
        }
        let mut result = definition(&doorbell());
        for AttributeChange { attribute, after, .. } in &attributes {
            result.set(attribute.clone(), after.clone());
        }
        changes.push(Change {
            name: name.into(),
            actions: actions.to_vec(),
            fingerprint: "sha256:00".into(),
            source,
            frame: None,
            moved_from: None,
            attributes,
            expect: (!actions.contains(&Action::Create)).then(|| definition(&doorbell())),
            result: (!actions.contains(&Action::Delete)).then_some(result),
            group: String::new(),
            calls: ids,
        });
        self
    }

    /// Changes the plan by hand.
    pub(super) fn with(mut self, edit: impl FnOnce(&mut Plan)) -> PlanBuilder {
        edit(&mut self.0);
        self
    }

    pub(super) fn build(mut self) -> Plan {
        let mut by_operation = BTreeMap::new();
        for call in &self.0.calls {
            *by_operation.entry(call.operation).or_default() += 1;
        }
        let total = self.0.calls.len();
        #[expect(clippy::cast_precision_loss, reason = "tests hold few calls")]
        let seconds = total as f64 / 20.0;
        self.0.summary.calls = Calls { total, by_operation, seconds };
        self.0
    }
}

/// The plan of the sample that the format was designed by.
pub(super) fn sample() -> Plan {
    let role = |name: &str| json!(format!("arn:aws:iam::111122223333:role/{name}"));
    let plan = PlanBuilder::new()
        .change(
            "garage",
            &[Action::Replace],
            place("cameras/garage.toml", 3),
            vec![AttributeChange {
                effect: Effect::Replace,
                source: place("cameras/garage.toml", 5),
                ..attribute("role_arn", role("OldRole"), role("RekognitionStreams"))
            }],
            &[Operation::DeleteStreamProcessor, Operation::CreateStreamProcessor],
        )
        .change(
            "front-door",
            &[Action::Update],
            place("rekon.toml", 24),
            vec![
                attribute(
                    "settings.connected_home.labels",
                    json!(["PERSON", "PET"]),
                    json!(["PACKAGE", "PERSON"]),
                ),
                attribute("data_sharing_preference.opt_in", json!(true), Json::Null),
                attribute(
                    "regions_of_interest",
                    doorbell()["regions_of_interest"].clone(),
                    Json::Null,
                ),
            ],
            &[Operation::UpdateStreamProcessor],
        )
        .change(
            "shed",
            &[Action::Create],
            place("cameras/shed.toml", 1),
            model_attributes("shed"),
            &[Operation::CreateStreamProcessor],
        );
    fleet(plan, 412).build()
}

/// Adds processors that all change in the same way.
pub(super) fn fleet(mut plan: PlanBuilder, size: usize) -> PlanBuilder {
    for number in 0..size {
        plan = plan.change(
            &format!("camera-{number:05}"),
            &[Action::Update],
            place("cameras/fleet.toml", number + 1),
            vec![attribute("settings.connected_home.min_confidence", json!(50), json!(60))],
            &[Operation::UpdateStreamProcessor],
        );
    }
    plan
}

/// Every attribute of a definition that is to be created.
pub(super) fn model_attributes(name: &str) -> Vec<AttributeChange> {
    let mut json = doorbell();
    json["input"]["kinesis_video_stream"]["arn"] = json!(stream(name));
    let definition = definition(&json);
    let attributes = definition.iter().map(|(attribute, value)| AttributeChange {
        attribute: attribute.clone(),
        before: None,
        after: Some(value.clone()),
        effect: Effect::Create,
        origin: Origin::Unknown,
        source: None,
    });
    attributes.collect()
}
