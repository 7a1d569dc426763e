//! Keeping account of what was done, for the outcome.

use std::collections::BTreeMap;

use super::execute::Ended;
use super::judge::Effect;
use super::look::Seen;
use super::prepare::Prepared;
use super::recovery::Recovery;
use super::schedule::End;
use super::undo::{Found, Undone};
use crate::model::RunState;
use crate::plan::{Fate, Operation, ProcessorOutcome, Removed};

/// What was done to each processor, by position in the plan.
#[derive(Debug)]
pub(super) struct Ledger(Vec<Entry>);

#[derive(Clone, Debug, Default)]
struct Entry {
    made: Vec<Operation>,
    notes: Vec<String>,
    /// It was deleted, or may have been, and is not known to be back.
    gone: bool,
    stopped: Stopped,
}

/// Whether a run stopped a processor and did not start it again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stopped {
    #[default]
    No,
    Perhaps,
    Yes,
}

impl Ledger {
    pub(super) fn new(subjects: usize) -> Ledger {
        Ledger(vec![Entry::default(); subjects])
    }

    /// A call begins. If nothing more is heard of it, it may have taken effect.
    pub(super) fn begins(&mut self, subject: usize, operation: Operation) {
        match operation {
            Operation::DeleteStreamProcessor => self.0[subject].gone = true,
            Operation::StopStreamProcessor => self.0[subject].stopped = Stopped::Perhaps,
            Operation::StartStreamProcessor if self.0[subject].stopped == Stopped::Yes => {
                self.0[subject].stopped = Stopped::Perhaps;
            }
            _ => {}
        }
    }

    /// A call ended.
    pub(super) fn ended(&mut self, subject: usize, operation: Operation, ended: &Ended) {
        let entry = &mut self.0[subject];
        if ended.made {
            entry.made.push(operation);
        }
        match (operation, &ended.end) {
            (Operation::DeleteStreamProcessor, End::Done) => entry.gone = true,
            (Operation::DeleteStreamProcessor, End::HeldBack) => entry.gone = false,
            (Operation::DeleteStreamProcessor, End::Failed(failure)) => {
                entry.gone = failure.effect != Effect::None;
            }
            (Operation::CreateStreamProcessor, End::Done) => entry.gone = false,
            (Operation::StopStreamProcessor, End::Done) => entry.stopped = Stopped::Yes,
            (Operation::StopStreamProcessor, End::HeldBack) => entry.stopped = Stopped::No,
            (Operation::StopStreamProcessor, End::Failed(failure)) => {
                entry.stopped = match failure.effect {
                    Effect::None => Stopped::No,
                    Effect::Unknown => Stopped::Perhaps,
                    Effect::Taken => Stopped::Yes,
                };
            }
            (Operation::StartStreamProcessor, End::Done) => entry.stopped = Stopped::No,
            (Operation::StartStreamProcessor, End::Failed(failure))
                if failure.effect == Effect::None
                    && entry.made.contains(&Operation::StopStreamProcessor) =>
            {
                entry.stopped = Stopped::Yes;
            }
            _ => {}
        }
        if let Some(Seen::Present(_)) = ended.seen {
            entry.gone = false;
        }
    }

    /// A unit was put back, as far as possible.
    pub(super) fn undone(&mut self, prepared: &Prepared, undone: &Undone) {
        for (subject, operation, ended) in &undone.calls {
            self.ended(*subject, *operation, ended);
            if let End::Failed(failure) = &ended.end {
                let name = &prepared.subjects[*subject].name;
                self.0[*subject].notes.push(format!(
                    "{} of {name}, to put the old definition back, failed: {}",
                    operation.as_str(),
                    failure.reason
                ));
            }
        }
        for (subject, found) in &undone.found {
            let made = |wanted: Operation| {
                undone.calls.iter().any(|(of, operation, ended)| {
                    of == subject && *operation == wanted && ended.made
                })
            };
            let entry = &mut self.0[*subject];
            match found {
                Found::Old { lost_tags } => {
                    let back = if made(Operation::CreateStreamProcessor) {
                        Some("its old definition is in place again")
                    } else if entry.gone {
                        Some("its old definition is still in place")
                    } else if made(Operation::StartStreamProcessor) {
                        Some("it was started again")
                    } else {
                        None
                    };
                    entry.notes.extend(back.map(str::to_owned));
                    entry.gone = false;
                    entry.stopped = Stopped::No;
                    if !lost_tags.is_empty() && entry.was_recreated() {
                        let keys: Vec<&str> = lost_tags.keys().map(String::as_str).collect();
                        entry.notes.push(format!(
                            "tags that only AWS can set were lost: {}",
                            keys.join(", ")
                        ));
                    }
                }
                Found::Other(deviations) => {
                    entry.gone = false;
                    entry.notes.push(format!(
                        "it is there, but not as it was before: {}",
                        deviations.join("; ")
                    ));
                }
                Found::Gone if prepared.subjects[*subject].expect.is_none() => {}
                Found::Gone => {
                    entry.gone = true;
                    entry.notes.push("its old definition could not be put back".to_owned());
                }
                Found::Unreadable(blind) => entry.notes.push(format!(
                    "whether its old definition is in place could not be read: {}",
                    blind.reason
                )),
            }
        }
    }

    /// The undoing of a unit was broken off.
    pub(super) fn undoing_broken_off(&mut self, prepared: &Prepared, unit: usize) {
        for &subject in &prepared.units[unit].subjects {
            let entry = &mut self.0[subject];
            if !entry.made.is_empty() || entry.gone {
                entry.notes.push("putting it back into its old state was broken off".to_owned());
            }
        }
    }

    /// Adds something that the user should know.
    pub(super) fn note(&mut self, subject: usize, note: String) {
        self.0[subject].notes.push(note);
    }

    /// What became of each processor, and what is deleted and not back.
    pub(super) fn close(
        self,
        prepared: &Prepared,
        fate: impl Fn(usize) -> Fate,
        recovery: &BTreeMap<usize, Recovery>,
    ) -> (Vec<ProcessorOutcome>, Vec<Removed>) {
        let mut removed = Vec::new();
        let mut processors = Vec::new();
        for (index, entry) in self.0.into_iter().enumerate() {
            let fate = fate(index);
            let subject = &prepared.subjects[index];
            let ran = subject.expect.as_ref().and_then(|old| old.run_state);
            let Entry { made, mut notes, gone, stopped } = entry;
            let name = &subject.name;
            if ran == Some(RunState::Running) && !gone && fate != Fate::Done {
                // Where the files leave the run state alone, planning again
                // would find nothing wrong.
                let now = match stopped {
                    Stopped::No => None,
                    Stopped::Perhaps => Some("may be stopped now"),
                    Stopped::Yes => Some("is stopped now"),
                };
                notes.extend(now.map(|now| {
                    format!("it ran before and {now}; desired_status = \"running\" starts it")
                }));
            }
            if let Some(recovery) = recovery.get(&index).filter(|_| gone) {
                removed.push(Removed {
                    name: name.clone(),
                    recovery_file: recovery.file.display().to_string(),
                    restore: recovery.restore.clone(),
                });
            }
            processors.push(ProcessorOutcome { name: name.clone(), fate, made, notes });
        }
        (processors, removed)
    }
}

impl Entry {
    fn was_recreated(&self) -> bool {
        self.made.contains(&Operation::CreateStreamProcessor)
    }
}
