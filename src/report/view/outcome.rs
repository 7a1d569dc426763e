//! What became of a plan, processor by processor.

use std::collections::HashMap;

use serde::Serialize;

use super::gather;
use crate::model::Location;
use crate::plan::{
    Action, CallEffect, CallId, Change, Deviation, Failure, Fate, Operation, Outcome, Plan,
    ProcessorOutcome, Reason,
};
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

/// What is told of a processor: all but its name and the call's number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::report) struct Told {
    pub fated: Fated,
    /// The operation that failed.
    pub operation: Option<Operation>,
    /// One sentence, or one for each thing that moved.
    pub reasons: Vec<String>,
    pub help: Option<String>,
}

/// Puts a fate into words.
pub(in crate::report) fn told(fate: &Fate) -> Told {
    let told = |operation, reasons, help: Option<&str>| Told {
        fated: Fated::of(fate),
        operation,
        reasons,
        help: help.map(str::to_owned),
    };
    match fate {
        Fate::Done => told(None, Vec::new(), None),
        Fate::NotTried(reason) => told(None, vec![words::reason(reason)], words::help(reason)),
        Fate::Failed(Failure { call, reason }) => {
            let operation = call.as_ref().map(|(_, operation)| *operation);
            told(operation, vec![words::reason(reason)], words::help(reason))
        }
        Fate::Moved(found) => {
            let found = found.iter().map(|one| words::deviation(one, Verb::IsNow));
            told(None, found.collect(), None)
        }
    }
}

/// What became of one processor, beside what was planned for it.
#[derive(Debug)]
pub(in crate::report) struct ProcessorResult<'a> {
    pub name: &'a str,
    pub actions: &'a [Action],
    pub source: Option<&'a Location>,
    /// The calls that took effect, fallback calls included, in order.
    pub made: Vec<Operation>,
    pub told: Told,
    pub notes: Vec<String>,
    /// The call that failed.
    pub call: Option<&'a CallId>,
    /// Why it failed or was not tried.
    pub reason: Option<&'a Reason>,
    /// What was found otherwise than it should be.
    pub deviations: &'a [Deviation],
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
    outcome.processors.iter().map(move |processor| {
        let ProcessorOutcome { name, fate, notes } = processor;
        let change = changes.get(name.as_str());
        let (call, reason) = match fate {
            Fate::Failed(Failure { call, reason }) => {
                (call.as_ref().map(|(id, _)| id), Some(reason))
            }
            Fate::NotTried(reason) => (None, Some(reason)),
            Fate::Done | Fate::Moved(_) => (None, None),
        };
        ProcessorResult {
            name,
            actions: change.map_or(&[][..], |change| &change.actions),
            source: change.and_then(|change| change.source.as_ref()),
            made: made.remove(name.as_str()).unwrap_or_default(),
            told: told(fate),
            notes: notes.iter().map(|note| words::note(note, name)).collect(),
            call,
            reason,
            deviations: match (fate, reason) {
                (Fate::Moved(found), _) | (_, Some(Reason::Deviates(found))) => found,
                _ => &[],
            },
        }
    })
}

/// The results with those gathered that share everything but their names. The
/// gravest come last, next to the summary and the prompt.
pub(in crate::report) fn groups<'a>(
    outcome: &'a Outcome,
    plan: &'a Plan,
) -> Vec<Vec<ProcessorResult<'a>>> {
    let mut groups = gather(results(outcome, plan), |result| {
        Some((result.told.clone(), result.made.clone(), result.notes.clone()))
    });
    groups.sort_by_key(|group| group.first().map(|result| result.told.fated));
    groups
}
