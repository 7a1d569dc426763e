//! Keeping account of what was done, for the outcome.

use super::deviation::movements;
use super::execute::Ended;
use super::observe::{Blind, Observed};
use super::prepare::Prepared;
use super::recovery::Recoveries;
use super::rollback::RolledBack;
use super::schedule::{End, Step};
use crate::model::{RunState, TagKnowledge};
use crate::plan::{
    CallEffect, CallOutcome, Fate, Note, Operation, ProcessorOutcome, Removed, Role,
};

/// What was done to each processor, by position in the plan.
#[derive(Debug)]
pub(super) struct Ledger {
    entries: Vec<Entry>,
    calls: Vec<CallOutcome>,
}

#[derive(Clone, Debug, Default)]
struct Entry {
    notes: Vec<Note>,
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

/// A call as it is named to the ledger.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entered {
    /// The planned call, or the one whose fallback it is.
    pub(super) call: usize,
    pub(super) subject: usize,
    pub(super) operation: Operation,
    pub(super) role: Role,
}

impl Ledger {
    pub(super) fn new(subjects: usize) -> Ledger {
        Ledger { entries: vec![Entry::default(); subjects], calls: Vec::new() }
    }

    /// A step begins. If nothing more is heard of it, it may have taken effect.
    pub(super) fn begins(&mut self, prepared: &Prepared, step: Step) {
        let planned = |call: usize| Entered {
            call,
            subject: prepared.calls[call].subject,
            operation: prepared.calls[call].operation,
            role: Role::Planned,
        };
        match step {
            Step::Call(call) => self.begin(prepared, planned(call)),
            Step::Verify(_) => {}
            Step::Rollback { call, .. } => {
                for step in &prepared.calls[call].fallback {
                    let operation = step.request.operation();
                    let role = Role::Fallback;
                    self.begin(prepared, Entered { call, subject: step.subject, operation, role });
                }
            }
        }
    }

    fn begin(&mut self, prepared: &Prepared, entered: Entered) {
        let entry = &mut self.entries[entered.subject];
        match entered.operation {
            Operation::DeleteStreamProcessor => entry.gone = true,
            Operation::StopStreamProcessor => entry.stopped = Stopped::Perhaps,
            Operation::StartStreamProcessor if entry.stopped == Stopped::Yes => {
                entry.stopped = Stopped::Perhaps;
            }
            _ => {}
        }
        self.calls.push(CallOutcome {
            id: prepared.calls[entered.call].id.clone(),
            processor: prepared.subjects[entered.subject].name.clone(),
            operation: entered.operation,
            role: entered.role,
            effect: CallEffect::Unknown,
            settled: false,
        });
    }

    /// A call ended.
    pub(super) fn ended(&mut self, prepared: &Prepared, entered: Entered, ended: &Ended) {
        let Entered { call, subject, operation, role } = entered;
        let (id, name) = (&prepared.calls[call].id, &prepared.subjects[subject].name);
        let own = self.calls.iter_mut().rfind(|known| {
            (&known.id, &known.processor, known.operation, known.role)
                == (id, name, operation, role)
        });
        if let Some(own) = own {
            own.effect = ended.effect();
            own.settled = ended.end == End::Done;
        }
        let effect = ended.effect();
        let entry = &mut self.entries[subject];
        match operation {
            Operation::DeleteStreamProcessor => entry.gone = effect != CallEffect::None,
            Operation::CreateStreamProcessor if ended.end == End::Done => entry.gone = false,
            Operation::StopStreamProcessor => {
                entry.stopped = match effect {
                    CallEffect::None => Stopped::No,
                    CallEffect::Unknown => Stopped::Perhaps,
                    CallEffect::Taken | CallEffect::Others => Stopped::Yes,
                };
            }
            Operation::StartStreamProcessor if ended.end == End::Done => {
                entry.stopped = Stopped::No;
            }
            Operation::StartStreamProcessor
                if effect == CallEffect::None && entry.stopped == Stopped::Perhaps =>
            {
                entry.stopped = Stopped::Yes;
            }
            _ => {}
        }
        if let Some(Observed::Present(_)) = ended.observed {
            entry.gone = false;
        }
        if ended.end == End::Done && effect == CallEffect::Others && role == Role::Planned {
            entry.notes.push(Note::NotNeeded(operation));
        }
    }

    /// A fallback call was not made after all.
    pub(super) fn not_made(&mut self, prepared: &Prepared, entered: Entered) {
        let (id, name) =
            (&prepared.calls[entered.call].id, &prepared.subjects[entered.subject].name);
        self.calls.retain(|known| {
            known.role != Role::Fallback
                || (&known.id, &known.processor, known.operation) != (id, name, entered.operation)
        });
    }

    /// A group was put back, as far as possible.
    pub(super) fn rolled_back(&mut self, prepared: &Prepared, call: usize, back: &RolledBack) {
        for step in &prepared.calls[call].fallback {
            let entered = Entered {
                call,
                subject: step.subject,
                operation: step.request.operation(),
                role: Role::Fallback,
            };
            let made = back.calls.iter().find(|(subject, operation, _)| {
                (*subject, *operation) == (step.subject, entered.operation)
            });
            let Some((_, operation, ended)) = made else {
                self.not_made(prepared, entered);
                continue;
            };
            self.ended(prepared, entered, ended);
            if let End::Failed(failure) = &ended.end {
                let (operation, reason) = (*operation, failure.reason.clone());
                self.note(step.subject, Note::FallbackFailed { operation, reason });
            }
        }
        for (subject, found) in &back.found {
            self.found(prepared, *subject, back, found);
        }
    }

    /// What is there of a processor after a rollback.
    fn found(
        &mut self,
        prepared: &Prepared,
        subject: usize,
        back: &RolledBack,
        found: &Result<Observed, Blind>,
    ) {
        let Some(expect) = &prepared.subjects[subject].expect else { return };
        let made = |wanted: Operation| {
            back.calls.iter().any(|(of, operation, ended)| {
                (*of, *operation, ended.effect()) == (subject, wanted, CallEffect::Taken)
            })
        };
        let recreated = made(Operation::CreateStreamProcessor);
        let entry = &mut self.entries[subject];
        let observed = match found {
            Ok(observed) => observed,
            Err(blind) => {
                entry.notes.push(Note::RestorationUnread(blind.answer.clone()));
                return;
            }
        };
        if *observed == Observed::Gone {
            entry.gone = true;
            entry.notes.push(Note::NotRestored);
            return;
        }
        // AWS's own tags cannot be set by anyone else.
        let (mut old, mut now) = (expect.clone(), observed.clone());
        let own = |key: &str| !key.starts_with("aws:");
        old.retain(|attribute| attribute.tag().is_none_or(own));
        if let Observed::Present(live) = &mut now {
            live.definition.retain(|attribute| attribute.tag().is_none_or(own));
        }
        let deviations = movements(Some(&old), &now);
        let was_gone = std::mem::take(&mut entry.gone);
        if !deviations.is_empty() {
            entry.notes.push(Note::Altered(deviations));
            return;
        }
        entry.stopped = Stopped::No;
        if recreated {
            entry.notes.push(Note::Restored);
            let lost: Vec<String> = expect
                .tags()
                .filter(|(key, _)| !own(key) && expect.tags != TagKnowledge::Unknown)
                .map(|(key, _)| key.to_owned())
                .collect();
            if !lost.is_empty() {
                entry.notes.push(Note::TagsLost(lost));
            }
        } else if was_gone {
            entry.notes.push(Note::Kept);
        } else if made(Operation::StartStreamProcessor) {
            entry.notes.push(Note::StartedAgain);
        }
    }

    /// Putting a group back was broken off.
    pub(super) fn rollback_broken_off(&mut self, prepared: &Prepared, group: usize) {
        for &subject in &prepared.groups[group].subjects {
            let name = &prepared.subjects[subject].name;
            let touched = self
                .calls
                .iter()
                .any(|call| call.processor == *name && call.effect != CallEffect::None);
            if touched || self.entries[subject].gone {
                self.note(subject, Note::RestorationBrokenOff);
            }
        }
    }

    /// Adds something that the user should know.
    pub(super) fn note(&mut self, subject: usize, note: Note) {
        self.entries[subject].notes.push(note);
    }

    /// What became of each processor and call, and what is deleted and not back.
    pub(super) fn close(
        self,
        prepared: &Prepared,
        fate: impl Fn(usize) -> Fate,
        recoveries: &Recoveries,
    ) -> Closed {
        let mut closed = Closed { processors: Vec::new(), calls: self.calls, removed: Vec::new() };
        for (index, entry) in self.entries.into_iter().enumerate() {
            let fate = fate(index);
            let subject = &prepared.subjects[index];
            let ran = subject.expect.as_ref().and_then(|old| old.run_state());
            let Entry { mut notes, gone, stopped } = entry;
            if ran == Some(RunState::Running)
                && !gone
                && fate != Fate::Done
                && stopped != Stopped::No
            {
                // Where the files leave the run state alone, planning again
                // would find nothing wrong.
                notes.push(Note::Stopped { certain: stopped == Stopped::Yes });
            }
            if let Some(recovery) = recoveries.get(&subject.name).filter(|_| gone) {
                closed.removed.push(Removed {
                    name: subject.name.clone(),
                    recovery_file: recovery.file.display().to_string(),
                    restore: recovery.restore.clone(),
                    planned: subject.result.is_none(),
                });
            }
            closed.processors.push(ProcessorOutcome { name: subject.name.clone(), fate, notes });
        }
        closed
    }
}

/// The closed account.
pub(super) struct Closed {
    pub(super) processors: Vec<ProcessorOutcome>,
    pub(super) calls: Vec<CallOutcome>,
    pub(super) removed: Vec<Removed>,
}
