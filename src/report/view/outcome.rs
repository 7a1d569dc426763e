//! What became of a plan, processor by processor.

use std::collections::HashMap;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::{Said, gather};
use crate::diff::Difference;
use crate::model::{Dialect, Location, Value};
use crate::plan::{
    Action, CallEffect, CallId, CallTally, Change, Deviation, Failure, Fate, Operation, Outcome,
    Plan, ProcessorOutcome, Reason,
};
use crate::report::palette::Meaning;
use crate::report::words::{self, Verb};

/// How far a plan was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::report) enum Applied {
    /// Everything is done.
    All,
    /// Something was written, or may have been, and something is not done.
    Part,
    /// Nothing was written.
    Nothing,
}

/// How far a plan was applied; one without changes is applied at once.
pub(in crate::report) fn applied(outcome: &Outcome) -> Applied {
    if outcome.processors.iter().all(|processor| processor.fate == Fate::Done) {
        Applied::All
    } else if outcome.wrote() {
        Applied::Part
    } else {
        Applied::Nothing
    }
}

/// How a processor's part ended; the gravest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::report) enum Fated {
    Done,
    NotTried,
    Moved,
    Failed,
}

impl Fated {
    pub(in crate::report) fn of(fate: &Fate) -> Fated {
        match fate {
            Fate::Done => Fated::Done,
            Fate::NotTried(_) => Fated::NotTried,
            Fate::Moved(_) => Fated::Moved,
            Fate::Failed(_) => Fated::Failed,
        }
    }
}

/// How many processors met each fate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(in crate::report) struct Counts {
    pub done: usize,
    pub failed: usize,
    pub not_tried: usize,
    pub moved: usize,
}

impl Counts {
    pub(in crate::report) fn of(outcome: &Outcome) -> Counts {
        let count = |fated| {
            let fates = outcome.processors.iter().map(|processor| Fated::of(&processor.fate));
            fates.filter(|fate| *fate == fated).count()
        };
        Counts {
            done: count(Fated::Done),
            failed: count(Fated::Failed),
            not_tried: count(Fated::NotTried),
            moved: count(Fated::Moved),
        }
    }
}

/// What became of one processor, beside what was planned for it. Its JSON is
/// that of the outcome's document.
#[derive(Debug, Serialize)]
pub(in crate::report) struct ProcessorResult<'a> {
    pub name: &'a str,
    pub actions: &'a [Action],
    #[serde(skip)]
    pub source: Option<&'a Location>,
    #[serde(rename = "result")]
    pub fated: Fated,
    /// The calls that took effect, fallback calls included, in order.
    pub made: Vec<Operation>,
    /// The call that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<&'a CallId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// What kind of reason it failed or was not tried for; stable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<&'static str>,
    /// The reason in words, which may change from version to version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<&'a str>,
    /// What moved, or was found otherwise than planned.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<FoundDifference>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Something that is otherwise than it should be, both sides in the TOML's shape
/// and null for absent. The empty path is the processor itself: true where it
/// exists. `status_message` is no attribute, but the service's word on what is
/// wrong.
#[derive(Debug, Serialize)]
pub(in crate::report) struct FoundDifference {
    path: String,
    expected: Json,
    found: Json,
    #[serde(skip)]
    told: String,
}

impl<'a> ProcessorResult<'a> {
    /// What a fate alone says of a processor.
    pub(in crate::report) fn of(name: &'a str, fate: &'a Fate) -> ProcessorResult<'a> {
        let (call, reason) = match fate {
            Fate::Failed(Failure { call, reason }) => (call.as_ref(), Some(reason)),
            Fate::NotTried(reason) => (None, Some(reason)),
            Fate::Done | Fate::Moved(_) => (None, None),
        };
        let differences = match (fate, reason) {
            (Fate::Moved(found), _) | (_, Some(Reason::Deviates(found))) => found.as_slice(),
            _ => &[],
        };
        ProcessorResult {
            name,
            actions: &[],
            source: None,
            fated: Fated::of(fate),
            made: Vec::new(),
            call: call.map(|(id, _)| id),
            operation: call.map(|(_, operation)| *operation),
            reason_code: reason.map(words::code),
            reason: reason.map(words::reason),
            help: reason.and_then(words::help),
            differences: differences.iter().map(FoundDifference::of).collect(),
            notes: Vec::new(),
        }
    }

    /// Why it ended so, a sentence each: the reason, or all that moved.
    pub(in crate::report) fn reasons(&self) -> Vec<&str> {
        match &self.reason {
            Some(reason) => vec![reason],
            None => self.differences.iter().map(|difference| difference.told.as_str()).collect(),
        }
    }
}

impl FoundDifference {
    fn of(deviation: &Deviation) -> FoundDifference {
        let (path, expected, found) = match deviation {
            Deviation::Exists => (String::new(), json!(false), json!(true)),
            Deviation::Missing => (String::new(), json!(true), json!(false)),
            Deviation::StatusMessage(message) => {
                ("status_message".to_owned(), Json::Null, json!(message))
            }
            Deviation::Attribute(Difference { attribute, before, after }) => {
                let value = |side: &Option<Value>| {
                    side.as_ref().map_or(Json::Null, |value| value.to_json(Dialect::Toml))
                };
                (attribute.to_string(), value(after), value(before))
            }
        };
        FoundDifference { path, expected, found, told: words::deviation(deviation, Verb::IsNow) }
    }
}

/// Each processor's result, in the plan's order.
pub(in crate::report) fn results<'a>(
    outcome: &'a Outcome,
    plan: &'a Plan,
) -> impl Iterator<Item = ProcessorResult<'a>> {
    let changes: HashMap<&str, &Change> =
        plan.changes.iter().map(|change| (change.name.as_str(), change)).collect();
    let mut made: HashMap<&str, Vec<Operation>> = HashMap::new();
    for call in outcome.calls.iter().filter(|call| call.effect == CallEffect::Taken) {
        made.entry(call.processor.as_str()).or_default().push(call.operation);
    }
    outcome.processors.iter().map(move |ProcessorOutcome { name, fate, notes }| {
        let change = changes.get(name.as_str());
        ProcessorResult {
            actions: change.map_or(&[][..], |change| &change.actions),
            source: change.and_then(|change| change.source.as_ref()),
            made: made.remove(name.as_str()).unwrap_or_default(),
            notes: notes.iter().map(|note| words::note(note, name)).collect(),
            ..ProcessorResult::of(name, fate)
        }
    })
}

/// The results with those gathered that share everything but their names. The
/// gravest come last, next to the summary and the prompt.
pub(in crate::report) fn groups<'a>(
    outcome: &'a Outcome,
    plan: &'a Plan,
) -> Vec<Vec<ProcessorResult<'a>>> {
    // All but the names, and the numbers of the calls that failed.
    let mut groups = gather(results(outcome, plan), |result| {
        let ProcessorResult { fated, made, operation, help, notes, .. } = result;
        let reasons = result.reasons().join("\n");
        (*fated, made.clone(), *operation, reasons, *help, notes.clone())
    });
    groups.sort_by_key(|group| group.first().map(|result| result.fated));
    groups
}

/// What the run comes to.
pub(in crate::report) fn outcome_verdict(outcome: &Outcome) -> Said {
    let (meaning, words) = match applied(outcome) {
        Applied::All if outcome.processors.is_empty() => (Meaning::Good, "Nothing to do."),
        Applied::All => (Meaning::Good, "Applied:"),
        Applied::Part => (Meaning::Error, "Applied in part:"),
        Applied::Nothing => (Meaning::Error, "Nothing was applied:"),
    };
    (meaning, words.to_owned())
}

/// How many processors met which fate, and what all of it took.
pub(in crate::report) fn outcome_summary(outcome: &Outcome) -> (Vec<Said>, String) {
    let Counts { done, failed, not_tried, moved } = Counts::of(outcome);
    let fates = [
        (done, "done", Meaning::Good),
        (failed, "failed", Meaning::Error),
        (not_tried, "not tried", Meaning::Warning),
        (moved, "moved", Meaning::Warning),
    ];
    let fates = fates.into_iter().filter(|(number, ..)| *number > 0);
    let fates = fates.map(|(number, word, meaning)| (meaning, format!("{number} {word}")));
    let CallTally { made, reads, retried, throttled } = outcome.tally;
    let number_of =
        |number: u64, what| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    let mut cost = vec![number_of(made, "write"), number_of(reads, "read")];
    cost.extend((retried > 0).then(|| format!("{retried} retried")));
    cost.extend((throttled > 0).then(|| format!("{throttled} throttled")));
    cost.push(elapsed(outcome.elapsed));
    (fates.collect(), cost.join(", "))
}

/// A time that was measured.
fn elapsed(time: Duration) -> String {
    match time.as_secs() {
        0..60 => format!("{:.1} s", time.as_secs_f64()),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

/// How a processor's part ended, in a few words.
pub(in crate::report) fn fated(fated: Fated, operation: Option<Operation>) -> String {
    match fated {
        Fated::Done => "done".to_owned(),
        Fated::Failed => failure(operation),
        Fated::NotTried => "not tried".to_owned(),
        Fated::Moved => "moved since the plan: nothing was done".to_owned(),
    }
}

/// What failed.
pub(in crate::report) fn failure(operation: Option<Operation>) -> String {
    operation.map_or("failed".to_owned(), |operation| format!("{} failed", operation.as_str()))
}

/// The signal that ended the run early, and what that means.
pub(in crate::report) fn interrupted(outcome: &Outcome) -> Option<(String, &'static str)> {
    let signal = outcome.interrupted?;
    let is_gone = outcome.removed.iter().any(|removed| !removed.planned);
    let text = if outcome.broken_off {
        "what was under way was broken off, and no new delete was begun."
    } else if is_gone {
        "not all that was under way could be finished, and no new delete was begun."
    } else {
        "what was under way was finished, and no new delete was begun."
    };
    Some((format!("Interrupted by {}: ", signal.as_str()), text))
}
