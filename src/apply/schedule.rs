//! Which step may begin next: the executor's only memory, and no more.
//!
//! A state machine: what happened goes in, the next steps come out. It knows
//! nothing of the service, of time or of tasks, so that every order in which
//! calls can end is a unit test.

mod consequences;
mod events;
mod fates;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::judge::{Effect, Failure};
use super::prepare::Prepared;
use crate::plan::{Fate, Operation};

/// Something that may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Make a call.
    Call(usize),
    /// Read a processor again and compare it with the plan.
    Verify(usize),
    /// Make the calls that put a unit's old processors back, as this call lists
    /// them.
    Undo { unit: usize, call: usize },
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum End {
    /// It took effect and settled.
    Done,
    Failed(Failure),
    /// It did not begin after all, because the run was asked to stop.
    HeldBack,
}

/// Where a call is.
#[derive(Clone, Debug, PartialEq)]
enum CallState {
    Waiting,
    Running,
    Done,
    Failed(Failure),
    /// It will not be made.
    Dropped(Cause),
}

/// Why a call will not be made.
#[derive(Clone, Debug, PartialEq)]
enum Cause {
    /// The run ended early.
    Ended(Early),
    /// Something else went wrong, said here.
    Trouble(String),
}

/// What ended a run early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Early {
    /// Somebody asked to stop.
    Stopped,
    /// A mistake in rekon itself.
    Broken,
}

/// Where a processor is.
#[derive(Clone, Debug, PartialEq)]
enum SubjectState {
    Open,
    Verifying,
    Verified,
    Wrong(Failure),
    /// Decided before anything began.
    Ruled(Fate),
}

/// Where a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum UnitState {
    /// Nothing failed so far.
    Open,
    /// Something failed and there is nothing to put back.
    Stuck,
    /// To be put back as this call lists it, when nothing of it is under way.
    ToUndo(usize),
    Undoing(usize),
    Undone(usize),
}

/// The state of a whole run.
#[derive(Debug)]
pub(super) struct Schedule {
    prepared: Arc<Prepared>,
    calls: Vec<CallState>,
    subjects: Vec<SubjectState>,
    units: Vec<UnitState>,
    /// How many things each call still waits for.
    blockers: Vec<usize>,
    /// The calls that wait for a call to be done.
    after_call: Vec<Vec<usize>>,
    /// The calls that wait for a processor to be verified.
    after_subject: Vec<Vec<usize>>,
    /// Calls that may begin; those of units that nothing was done to come last.
    ready: BTreeSet<(bool, usize)>,
    /// Verifications and undoings that may begin, which come before any call.
    urgent: VecDeque<Step>,
    running: usize,
    /// Processors whose fate may have been decided since last asked.
    touched: BTreeSet<usize>,
}

impl Schedule {
    pub(super) fn new(prepared: Arc<Prepared>) -> Schedule {
        let count = prepared.calls.len();
        let mut schedule = Schedule {
            calls: vec![CallState::Waiting; count],
            subjects: vec![SubjectState::Open; prepared.subjects.len()],
            units: vec![UnitState::Open; prepared.units.len()],
            blockers: vec![0; count],
            after_call: vec![Vec::new(); count],
            after_subject: vec![Vec::new(); prepared.subjects.len()],
            ready: BTreeSet::new(),
            urgent: VecDeque::new(),
            running: 0,
            touched: BTreeSet::new(),
            prepared,
        };
        schedule.connect();
        schedule
    }

    /// Notes what each call waits for.
    fn connect(&mut self) {
        let prepared = self.prepared.clone();
        for (index, subject) in prepared.subjects.iter().enumerate() {
            if subject.calls.is_empty() {
                self.subjects[index] = SubjectState::Verified;
                self.touched.insert(index);
            }
            for (at, &call) in subject.calls.iter().enumerate() {
                let previous = at.checked_sub(1).map(|before| subject.calls[before]);
                let after: BTreeSet<usize> =
                    prepared.calls[call].after.iter().copied().chain(previous).collect();
                self.blockers[call] = after.len();
                for earlier in after {
                    let other = prepared.calls[earlier].subject;
                    let last = prepared.subjects[other].calls.last() == Some(&earlier);
                    let elsewhere = prepared.subjects[other].unit != subject.unit;
                    if at == 0 && last && elsewhere {
                        self.after_subject[other].push(call);
                    } else {
                        self.after_call[earlier].push(call);
                    }
                }
                if self.blockers[call] == 0 {
                    self.ready.insert((true, call));
                }
            }
        }
    }

    /// The next step that may begin, if one may.
    pub(super) fn next(&mut self) -> Option<Step> {
        let step = match self.urgent.pop_front() {
            Some(step) => step,
            None => Step::Call(self.ready.pop_first()?.1),
        };
        match step {
            Step::Call(call) => self.calls[call] = CallState::Running,
            Step::Verify(_) => {}
            Step::Undo { unit, call } => self.units[unit] = UnitState::Undoing(call),
        }
        self.running += 1;
        Some(step)
    }

    /// Whether a step could begin now.
    pub(super) fn has_next(&self) -> bool {
        !self.urgent.is_empty() || !self.ready.is_empty()
    }

    /// Whether steps are under way.
    pub(super) fn is_running(&self) -> bool {
        self.running > 0
    }

    /// Whether a call has to be made even though the run was asked to stop,
    /// because what it puts back is deleted already.
    pub(super) fn must_finish(&self, call: usize) -> bool {
        let subject = &self.prepared.subjects[self.prepared.calls[call].subject];
        self.is_past_deletes(subject.unit)
    }

    /// The units that are being put back, or would have been next.
    pub(super) fn units_to_undo(&self) -> impl Iterator<Item = usize> {
        self.units.iter().enumerate().filter_map(|(unit, state)| match state {
            UnitState::ToUndo(_) | UnitState::Undoing(_) => Some(unit),
            UnitState::Open | UnitState::Stuck | UnitState::Undone(_) => None,
        })
    }

    /// The operation and the processor of a call, in words.
    fn told(&self, call: usize) -> String {
        let call = &self.prepared.calls[call];
        let name = &self.prepared.subjects[call.subject].name;
        format!("{} of {name}", call.operation.as_str())
    }

    fn unit_of(&self, call: usize) -> usize {
        self.prepared.subjects[self.prepared.calls[call].subject].unit
    }

    /// Whether anything was done to a unit, or may have been.
    fn has_begun(&self, unit: usize) -> bool {
        self.prepared.units[unit].calls.iter().any(|call| match &self.calls[*call] {
            CallState::Running | CallState::Done => true,
            CallState::Failed(failure) => failure.effect != Effect::None,
            CallState::Waiting | CallState::Dropped(_) => false,
        })
    }

    /// Whether something of a unit is deleted, or about to be, and nothing of it
    /// remains to be deleted.
    fn is_past_deletes(&self, unit: usize) -> bool {
        let mut deletes = self.prepared.units[unit].calls.iter().filter(|call| {
            self.prepared.calls[**call].operation == Operation::DeleteStreamProcessor
        });
        let mut any = false;
        deletes.all(|call| {
            any = true;
            matches!(self.calls[*call], CallState::Running | CallState::Done)
        }) && any
    }

    /// Lets a unit's verifications or its undoing begin when they may.
    fn look_at_unit(&mut self, unit: usize) {
        let members = &self.prepared.units[unit];
        match self.units[unit] {
            UnitState::Open | UnitState::Stuck => {
                // Members of an open unit are verified together: until the last
                // call is made, all of it may still be put back.
                let whole = self.units[unit] == UnitState::Stuck
                    || members.calls.iter().all(|call| self.calls[*call] == CallState::Done);
                for &subject in &members.subjects {
                    let own = &self.prepared.subjects[subject].calls;
                    let done = own.iter().all(|call| self.calls[*call] == CallState::Done);
                    if whole && done && self.subjects[subject] == SubjectState::Open {
                        self.subjects[subject] = SubjectState::Verifying;
                        self.urgent.push_back(Step::Verify(subject));
                    }
                }
            }
            UnitState::ToUndo(call) => {
                let idle = members.calls.iter().all(|call| self.calls[*call] != CallState::Running);
                let step = Step::Undo { unit, call };
                if idle && !self.urgent.contains(&step) {
                    self.urgent.push_front(step);
                }
            }
            UnitState::Undoing(_) | UnitState::Undone(_) => {}
        }
    }
}
