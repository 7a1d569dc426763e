use serde_json::{Value, json};

use super::*;
use crate::apply::prepare::prepare;
use crate::plan::Plan;

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
                "expect": definition(), "calls": [],
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

    fn schedule(self) -> Schedule {
        let plan: Plan = serde_json::from_value(json!({
            "format_version": "1.0", "rekon_version": "0", "fingerprint": "", "complete": true,
            "stack": {"name": "s", "account_id": "1", "region": "r"},
            "summary": {"create": 0, "update": 0, "replace": 0, "delete": 0, "adopt": 0,
                "record": 0, "start": 0, "stop": 0, "unchanged": 0,
                "calls": {"total": 0, "by_operation": {}, "seconds": 0}},
            "changes": self.changes, "calls": self.calls, "refusals": [], "diagnostics": [],
        }))
        .unwrap();
        Schedule::new(Arc::new(prepare(&plan).unwrap()))
    }
}

fn steps(schedule: &mut Schedule) -> Vec<Step> {
    std::iter::from_fn(|| schedule.next()).collect()
}

fn failure(effect: Effect) -> End {
    End::Failed(Failure { reason: "denied".into(), help: None, effect })
}

/// Ends the only step that may begin, which must be this call.
fn done(schedule: &mut Schedule, call: usize) {
    assert_eq!(steps(schedule), [Step::Call(call)]);
    schedule.call_ended(call, End::Done);
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
fn the_next_replacement_waits_until_the_first_is_verified() {
    let mut draft = Draft::new();
    draft.replace("a", &[]);
    draft.replace("b", &[3]);
    let mut schedule = draft.schedule();
    for call in 0..4 {
        done(&mut schedule, call);
    }
    assert_eq!(steps(&mut schedule), [Step::Verify(0)]);
    schedule.verified(0, Ok(()));
    assert_eq!(steps(&mut schedule), [Step::Call(4)]);
}

#[test]
fn a_first_replacement_that_is_not_as_planned_keeps_the_others_from_beginning() {
    let mut draft = Draft::new();
    draft.replace("a", &[]);
    draft.replace("b", &[3]);
    let mut schedule = draft.schedule();
    for call in 0..4 {
        done(&mut schedule, call);
    }
    steps(&mut schedule);
    schedule.verified(0, Err(Failure::known("labels differ")));
    assert_eq!(steps(&mut schedule), []);
    let Fate::NotTried { reason } = schedule.fate(1) else { panic!() };
    assert_eq!(reason, "a, which it depends on, is not as planned");
}

#[test]
fn a_failed_creation_is_undone_and_holds_every_other_delete() {
    let mut draft = Draft::new();
    draft.replace("a", &[]);
    draft.replace("b", &[]);
    draft.call("c", "UpdateStreamProcessor", &[], &[]);
    let mut schedule = draft.schedule();
    assert_eq!(steps(&mut schedule), [Step::Call(0), Step::Call(4), Step::Call(8)]);
    schedule.call_ended(0, End::Done);
    done(&mut schedule, 1);
    assert_eq!(steps(&mut schedule), [Step::Call(2)]);
    schedule.call_ended(2, failure(Effect::None));
    // The stop of b is under way: it is put back as soon as it has ended.
    assert_eq!(steps(&mut schedule), [Step::Undo { unit: 0, call: 2 }]);
    schedule.call_ended(4, End::Done);
    assert_eq!(steps(&mut schedule), [Step::Undo { unit: 1, call: 5 }]);
    schedule.undone(0);
    schedule.undone(1);
    assert!(matches!(schedule.fate(0), Fate::Failed { .. }));
    let Fate::Failed { reason, .. } = schedule.fate(1) else { panic!() };
    assert_eq!(reason, "no delete begins after CreateStreamProcessor of a failed");
    schedule.call_ended(8, End::Done);
    assert_eq!(steps(&mut schedule), [Step::Verify(2)], "updates go on");
}

#[test]
fn a_delete_that_may_have_happened_is_undone_like_one_that_did() {
    for (effect, call) in [(Effect::None, 1), (Effect::Unknown, 2), (Effect::Taken, 2)] {
        let mut draft = Draft::new();
        draft.replace("a", &[]);
        let mut schedule = draft.schedule();
        done(&mut schedule, 0);
        assert_eq!(steps(&mut schedule), [Step::Call(1)]);
        schedule.call_ended(1, failure(effect));
        assert_eq!(steps(&mut schedule), [Step::Undo { unit: 0, call }], "{effect:?}");
    }
}

#[test]
fn a_stop_that_failed_leaves_nothing_to_undo() {
    let mut draft = Draft::new();
    draft.replace("a", &[]);
    let mut schedule = draft.schedule();
    assert_eq!(steps(&mut schedule), [Step::Call(0)]);
    schedule.call_ended(0, failure(Effect::None));
    assert_eq!(steps(&mut schedule), []);
    assert_eq!(schedule.newly_decided(), [0_usize]);
}

#[test]
fn members_of_a_swap_are_undone_together_and_verified_together() {
    let swap = || {
        let mut draft = Draft::new();
        let (a, b) = (("CreateStreamProcessor", "a"), ("CreateStreamProcessor", "b"));
        draft.call("a", "DeleteStreamProcessor", &[], &[]);
        draft.call("b", "DeleteStreamProcessor", &[0], &[a]);
        draft.call("a", "CreateStreamProcessor", &[1], &[a, b]);
        draft.call("b", "CreateStreamProcessor", &[2], &[("DeleteStreamProcessor", "a"), a, b]);
        draft.schedule()
    };
    let mut schedule = swap();
    for call in 0..3 {
        done(&mut schedule, call);
    }
    assert_eq!(steps(&mut schedule), [Step::Call(3)], "a is not verified before b is made");
    schedule.call_ended(3, End::Done);
    assert_eq!(steps(&mut schedule), [Step::Verify(0), Step::Verify(1)]);

    let mut schedule = swap();
    for call in 0..3 {
        done(&mut schedule, call);
    }
    steps(&mut schedule);
    schedule.call_ended(3, failure(Effect::None));
    assert_eq!(steps(&mut schedule), [Step::Undo { unit: 0, call: 3 }]);
    schedule.undone(0);
    assert_eq!(schedule.newly_decided(), [0_usize, 1]);
    let Fate::Failed { reason, .. } = schedule.fate(0) else { panic!() };
    assert_eq!(reason, "CreateStreamProcessor of b failed");
}

#[test]
fn a_start_that_fails_does_not_keep_another_from_starting() {
    let mut draft = Draft::new();
    let (a, b) = (("CreateStreamProcessor", "a"), ("CreateStreamProcessor", "b"));
    draft.call("a", "DeleteStreamProcessor", &[], &[]);
    draft.call("b", "DeleteStreamProcessor", &[0], &[a]);
    draft.call("a", "CreateStreamProcessor", &[1], &[a, b]);
    draft.call("b", "CreateStreamProcessor", &[2], &[a, b]);
    draft.call("a", "StartStreamProcessor", &[3], &[]);
    draft.call("b", "StartStreamProcessor", &[3], &[]);
    let mut schedule = draft.schedule();
    for call in 0..4 {
        done(&mut schedule, call);
    }
    assert_eq!(schedule.next(), Some(Step::Call(4)));
    schedule.call_ended(4, failure(Effect::Taken));
    assert_eq!(schedule.newly_decided(), [0_usize]);
    assert_eq!(schedule.next(), Some(Step::Call(5)));
    schedule.call_ended(5, End::Done);
    assert_eq!(steps(&mut schedule), [Step::Verify(1)]);
}

#[test]
fn ruling_one_out_rules_out_its_whole_swap_and_what_follows() {
    let mut draft = Draft::new();
    let a = ("CreateStreamProcessor", "a");
    draft.call("a", "DeleteStreamProcessor", &[], &[]);
    draft.call("b", "DeleteStreamProcessor", &[0], &[a]);
    draft.call("b", "CreateStreamProcessor", &[1], &[a]);
    draft.call("a", "CreateStreamProcessor", &[2], &[a]);
    draft.call("c", "CreateStreamProcessor", &[2, 3], &[]);
    draft.call("d", "UpdateStreamProcessor", &[], &[]);
    let mut schedule = draft.schedule();
    schedule.rule_out(1, Fate::Moved { differences: vec![] });
    assert_eq!(steps(&mut schedule), [Step::Call(5)]);
    assert!(!schedule.may_begin(0));
    for subject in [0, 2] {
        let Fate::NotTried { reason } = schedule.fate(subject) else { panic!("{subject}") };
        assert_eq!(reason, "b, which it depends on, moved since it was planned");
    }
}

#[test]
fn an_interrupted_replacement_is_finished_only_past_its_deletes() {
    for begun in 0..4 {
        let mut draft = Draft::new();
        draft.replace("a", &[]);
        let mut schedule = draft.schedule();
        for call in 0..begun {
            done(&mut schedule, call);
        }
        assert_eq!(steps(&mut schedule), [Step::Call(begun)]);
        schedule.end_early(Early::Stopped);
        schedule.call_ended(begun, End::Done);
        let next = steps(&mut schedule);
        match begun {
            0 => assert_eq!(next, [Step::Undo { unit: 0, call: 1 }]),
            3 => assert_eq!(next, [Step::Verify(0)]),
            _ => assert_eq!(next, [Step::Call(begun + 1)]),
        }
    }
}

#[test]
fn an_interrupt_keeps_new_work_from_beginning() {
    let mut draft = Draft::new();
    draft.call("a", "UpdateStreamProcessor", &[], &[]);
    draft.call("b", "UpdateStreamProcessor", &[], &[]);
    let mut schedule = draft.schedule();
    assert_eq!(schedule.next(), Some(Step::Call(0)));
    schedule.end_early(Early::Stopped);
    assert_eq!(schedule.next(), None);
    schedule.call_ended(0, End::Done);
    assert_eq!(schedule.next(), Some(Step::Verify(0)), "what was done is still checked");
    schedule.verified(0, Ok(()));
    assert_eq!(schedule.fate(0), Fate::Done);
    let Fate::NotTried { reason } = schedule.fate(1) else { panic!() };
    assert_eq!(reason, "the run was stopped before UpdateStreamProcessor");
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

/// A failure of which no call is the cause.
fn told(schedule: &Schedule, subject: usize) -> String {
    match schedule.fate(subject) {
        Fate::Failed { call: None, operation: None, reason, .. } => reason,
        fate => panic!("{fate:?}"),
    }
}

#[test]
fn a_stopped_run_names_the_next_call_and_blames_none() {
    let mut draft = Draft::new();
    draft.replace("a", &[]);
    draft.replace("b", &[]);
    let mut schedule = draft.schedule();
    assert_eq!(steps(&mut schedule), [Step::Call(0), Step::Call(4)]);
    schedule.end_early(Early::Stopped);
    schedule.call_ended(0, End::Done);
    schedule.call_ended(4, End::HeldBack);
    assert_eq!(steps(&mut schedule), [Step::Undo { unit: 0, call: 1 }], "b was not touched");
    schedule.undone(0);
    assert_eq!(
        told(&schedule, 0),
        "the run was stopped after StopStreamProcessor and before DeleteStreamProcessor"
    );
    let Fate::NotTried { reason } = schedule.fate(1) else { panic!() };
    assert_eq!(reason, "the run was stopped before StopStreamProcessor");
}

#[test]
fn who_shares_a_swap_with_a_failure_is_not_told_to_have_failed() {
    let mut draft = Draft::new();
    let [a, b] = ["a", "b"].map(|name| ("StartStreamProcessor", name));
    let [old_a, old_b] = ["a", "b"].map(|name| ("CreateStreamProcessor", name));
    draft.call("a", "StopStreamProcessor", &[], &[]);
    draft.call("b", "StopStreamProcessor", &[0], &[a]);
    draft.call("c", "DeleteStreamProcessor", &[1], &[a, b]);
    draft.call("a", "DeleteStreamProcessor", &[2], &[("CreateStreamProcessor", "c"), a, b]);
    draft.call("b", "DeleteStreamProcessor", &[3], &[old_a, a, b]);
    draft.call("a", "CreateStreamProcessor", &[4], &[old_a, old_b, a, b]);
    let mut schedule = draft.schedule();
    done(&mut schedule, 0);
    assert_eq!(steps(&mut schedule), [Step::Call(1)]);
    schedule.call_ended(1, failure(Effect::None));
    assert_eq!(steps(&mut schedule), [Step::Undo { unit: 0, call: 1 }]);
    schedule.undone(0);
    assert_eq!(told(&schedule, 0), "StopStreamProcessor of b failed");
    assert!(matches!(
        schedule.fate(1),
        Fate::Failed { operation: Some(Operation::StopStreamProcessor), .. }
    ));
    let Fate::NotTried { reason } = schedule.fate(2) else { panic!() };
    assert_eq!(reason, "StopStreamProcessor of b failed");
}

#[test]
fn a_call_that_fails_after_the_run_was_stopped_decides_what_is_put_back() {
    for (effect, undo) in [(Effect::None, None), (Effect::Unknown, Some(1))] {
        let mut draft = Draft::new();
        draft.replace("a", &[]);
        let mut schedule = draft.schedule();
        assert_eq!(steps(&mut schedule), [Step::Call(0)]);
        schedule.end_early(Early::Stopped);
        schedule.call_ended(0, failure(effect));
        let expected: Vec<Step> =
            undo.map(|call| Step::Undo { unit: 0, call }).into_iter().collect();
        assert_eq!(steps(&mut schedule), expected, "{effect:?}");
    }
}

#[test]
fn what_is_broken_off_is_told_with_what_was_under_way() {
    let mut draft = Draft::new();
    draft.replace("a", &[]);
    draft.call("b", "UpdateStreamProcessor", &[], &[]);
    let mut schedule = draft.schedule();
    assert_eq!(steps(&mut schedule), [Step::Call(0), Step::Call(4)]);
    schedule.call_ended(0, End::Done);
    schedule.call_ended(4, End::Done);
    assert_eq!(steps(&mut schedule), [Step::Verify(1), Step::Call(1)]);
    schedule.end_early(Early::Stopped);
    let unknown = "what became of it is unknown";
    assert_eq!(told(&schedule, 0), format!("broken off during DeleteStreamProcessor; {unknown}"));
    assert_eq!(told(&schedule, 1), format!("broken off during its verification; {unknown}"));
}
