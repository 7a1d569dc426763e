//! Orders in which calls can end, and what may begin after each. Here are the
//! plan that a test drafts and runs in which all goes well; failures and
//! interrupts have a file each.

mod failure;
mod interrupt;
mod waves;

use serde_json::{Value, json};

use super::*;
use crate::apply::prepare::prepare;
use crate::plan::{During, Plan, Trouble};

/// A plan's JSON: changes and calls in the shorthand of the tests.
struct Draft {
    changes: Vec<Value>,
    calls: Vec<Value>,
}

fn definition() -> Value {
    json!({
        "role_arn": "r", "input": {"kinesis_video_stream": {"arn": "v"}},
        "output": {"s3_destination": {"bucket": "b"}},
        "settings": {"connected_home": {"labels": ["PET"]}},
    })
}

fn request(operation: &str, name: &str) -> Value {
    match operation {
        "CreateStreamProcessor" => json!({
            "Name": name, "RoleArn": "r", "Input": {"KinesisVideoStream": {"Arn": "v"}},
            "Output": {"S3Destination": {"Bucket": "b"}},
            "Settings": {"ConnectedHome": {"Labels": ["PET"]}},
        }),
        _ => json!({"Name": name}),
    }
}

impl Draft {
    fn new() -> Draft {
        Draft { changes: Vec::new(), calls: Vec::new() }
    }

    /// Adds a call; its id is its position. `undo` lists operations of processors.
    fn call(&mut self, name: &str, operation: &str, after: &[usize], undo: &[(&str, &str)]) {
        let id = format!("c{}", self.calls.len());
        let known = self.changes.iter().position(|change| change["name"] == name);
        let known = known.unwrap_or_else(|| {
            self.changes.push(json!({
                "name": name, "actions": ["replace"], "fingerprint": "", "attributes": [],
                "expect": definition(), "result": definition(), "group": name, "calls": [],
            }));
            self.changes.len() - 1
        });
        self.changes[known]["calls"].as_array_mut().unwrap().push(json!(id));
        let after: Vec<String> = after.iter().map(|call| format!("c{call}")).collect();
        let undo = undo.iter().map(|(operation, name)| {
            json!({"processor": name, "operation": operation, "request": request(operation, name)})
        });
        self.calls.push(json!({
            "id": id, "processor": name, "operation": operation, "after": after,
            "request": request(operation, name), "on_failure": undo.collect::<Vec<_>>(),
        }));
    }

    /// Adds a stop, a delete, a creation and a start, each after the one before.
    fn replace(&mut self, name: &str, after: &[usize]) -> usize {
        let first = self.calls.len();
        let restart = ("StartStreamProcessor", name);
        let recreate = ("CreateStreamProcessor", name);
        self.call(name, "StopStreamProcessor", after, &[]);
        self.call(name, "DeleteStreamProcessor", &[first], &[restart]);
        self.call(name, "CreateStreamProcessor", &[first + 1], &[recreate, restart]);
        self.call(name, "StartStreamProcessor", &[first + 2], &[]);
        first
    }

    /// Joins the processors that a fallback names together.
    fn groups(&mut self) {
        for call in self.calls.clone() {
            let own = self.group(&call["processor"]);
            for step in call["on_failure"].as_array().unwrap() {
                let other = self.group(&step["processor"]);
                for change in self.changes.iter_mut().filter(|change| change["group"] == other) {
                    change["group"] = own.clone();
                }
            }
        }
    }

    fn group(&self, name: &Value) -> Value {
        self.changes.iter().find(|change| change["name"] == *name).unwrap()["group"].clone()
    }

    fn schedule(self) -> Schedule {
        self.schedule_of(8)
    }

    fn schedule_of(mut self, parallelism: usize) -> Schedule {
        self.groups();
        let plan: Plan = serde_json::from_value(json!({
            "format_version": "1.0", "rekon_version": "0", "fingerprint": "", "complete": true,
            "stack": {"name": "s", "account_id": "1", "region": "r"},
            "summary": {"create": 0, "update": 0, "replace": 0, "delete": 0, "adopt": 0,
                "record": 0, "start": 0, "stop": 0, "unchanged": 0,
                "calls": {"total": 0, "by_operation": {}, "seconds": 0}},
            "changes": self.changes, "calls": self.calls, "refusals": [], "diagnostics": [],
        }))
        .unwrap();
        Schedule::new(Arc::new(prepare(&plan).unwrap()), parallelism)
    }
}

fn steps(schedule: &mut Schedule) -> Vec<Step> {
    std::iter::from_fn(|| schedule.next()).collect()
}

fn failure(effect: CallEffect) -> End {
    End::Failed(CallFailure { reason: Reason::answer("denied", None), effect })
}

/// Ends the only step that may begin, which must be this call.
fn done(schedule: &mut Schedule, call: usize) {
    assert_eq!(steps(schedule), [Step::Call(call)]);
    schedule.call_ended(call, End::Done);
}

/// Why a processor failed without a call of its own that did.
fn failed(schedule: &Schedule, subject: usize) -> Reason {
    match schedule.fate(subject) {
        Fate::Failed(crate::plan::Failure { call: None, reason }) => reason,
        fate => panic!("{fate:?}"),
    }
}

/// Why a processor was not tried.
fn not_tried(schedule: &Schedule, subject: usize) -> Reason {
    match schedule.fate(subject) {
        Fate::NotTried(reason) => reason,
        fate => panic!("{fate:?}"),
    }
}

fn depends_on(name: &str, trouble: Trouble) -> Reason {
    Reason::DependsOn { name: name.into(), trouble }
}

fn call_failed(operation: Operation, name: &str) -> Reason {
    Reason::CallFailed { operation, name: name.into() }
}

#[test]
fn calls_of_one_processor_come_in_order_and_then_it_is_verified() {
    let mut draft = Draft::new();
    draft.replace("a", &[]);
    let mut schedule = draft.schedule();
    for call in 0..4 {
        done(&mut schedule, call);
    }
    assert_eq!(steps(&mut schedule), [Step::Verify(0)]);
    assert!(schedule.newly_decided().is_empty());
    schedule.verified(0, Ok(()));
    assert_eq!(schedule.newly_decided(), [0_usize]);
    assert_eq!(schedule.fate(0), Fate::Done);
    assert!(!schedule.has_next() && !schedule.is_running());
}

#[test]
fn what_was_begun_is_finished_before_more_begins() {
    let mut draft = Draft::new();
    for name in ["a", "b", "c"] {
        let first = draft.calls.len();
        draft.call(name, "UpdateStreamProcessor", &[], &[]);
        draft.call(name, "StartStreamProcessor", &[first], &[]);
    }
    let mut schedule = draft.schedule();
    assert_eq!(schedule.next(), Some(Step::Call(0)));
    schedule.call_ended(0, End::Done);
    assert_eq!(schedule.next(), Some(Step::Call(1)));
    schedule.call_ended(1, End::Done);
    assert_eq!(schedule.next(), Some(Step::Verify(0)));
    assert_eq!(schedule.next(), Some(Step::Call(2)));
}
