//! Which step may begin next: the executor's only memory, and no more.
//!
//! A state machine: what happened goes in, the next steps come out. It knows
//! nothing of the service, of time or of tasks, so that every order in which
//! calls can end is a unit test.

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

    /// Takes a processor, and all that depends on it, out before anything began.
    pub(super) fn rule_out(&mut self, subject: usize, fate: Fate) {
        let because = match fate {
            Fate::Moved { .. } => "moved since it was planned",
            _ => "cannot be worked on",
        };
        let name = &self.prepared.subjects[subject].name;
        let why = Cause::Trouble(format!("{name}, which it depends on, {because}"));
        self.subjects[subject] = SubjectState::Ruled(fate);
        self.touched.insert(subject);
        let unit = &self.prepared.units[self.prepared.subjects[subject].unit];
        let calls = unit.calls.iter().map(|call| (*call, why.clone())).collect();
        self.drop_calls(calls);
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

    /// A call ended.
    pub(super) fn call_ended(&mut self, call: usize, end: End) {
        self.running -= 1;
        let subject = self.prepared.calls[call].subject;
        self.touched.insert(subject);
        match end {
            End::Done => {
                self.calls[call] = CallState::Done;
                let waiting = std::mem::take(&mut self.after_call[call]);
                self.unblock(waiting);
            }
            End::Failed(failure) => {
                let why = Cause::Trouble(format!("{} failed", self.told(call)));
                self.calls[call] = CallState::Failed(failure);
                self.unit_failed(call, &why);
                if self.prepared.calls[call].operation == Operation::CreateStreamProcessor
                    && self.prepared.has(subject, Operation::DeleteStreamProcessor)
                {
                    self.hold_deletes(call);
                }
            }
            End::HeldBack => {
                let why = Cause::Ended(Early::Stopped);
                self.calls[call] = CallState::Dropped(why.clone());
                self.unit_failed(call, &why);
            }
        }
        self.look_at_unit(self.prepared.subjects[subject].unit);
    }

    /// A processor was read again.
    pub(super) fn verified(&mut self, subject: usize, result: Result<(), Failure>) {
        self.running -= 1;
        self.touched.insert(subject);
        match result {
            Ok(()) => {
                self.subjects[subject] = SubjectState::Verified;
                let waiting = std::mem::take(&mut self.after_subject[subject]);
                self.unblock(waiting);
            }
            Err(failure) => {
                self.subjects[subject] = SubjectState::Wrong(failure);
                let why = Cause::Trouble(format!(
                    "{}, which it depends on, is not as planned",
                    self.prepared.subjects[subject].name
                ));
                self.drop_calls(self.dependents_of_subject(subject, &why));
            }
        }
    }

    /// A unit's old processors are back, as far as they could be.
    pub(super) fn undone(&mut self, unit: usize) {
        self.running -= 1;
        if let UnitState::Undoing(call) = self.units[unit] {
            self.units[unit] = UnitState::Undone(call);
        }
        self.touched.extend(&self.prepared.units[unit].subjects);
    }

    /// The run ends early: nothing begins any more but what brings units that
    /// are past their deletes to an end.
    pub(super) fn end_early(&mut self, early: Early) {
        let dropped: Vec<(usize, Cause)> = (0..self.calls.len())
            .filter(|call| self.calls[*call] == CallState::Waiting && !self.must_finish(*call))
            .map(|call| (call, Cause::Ended(early)))
            .collect();
        self.drop_calls(dropped);
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

    fn unblock(&mut self, calls: Vec<usize>) {
        for call in calls {
            self.blockers[call] -= 1;
            if self.blockers[call] == 0 && self.calls[call] == CallState::Waiting {
                let fresh = !self.has_begun(self.unit_of(call));
                self.ready.insert((fresh, call));
            }
        }
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

    /// After a failed creation no further delete begins, nor what leads to one.
    fn hold_deletes(&mut self, created: usize) {
        let why = format!("no delete begins after {} failed", self.told(created));
        let why = Cause::Trouble(why);
        let held: Vec<(usize, Cause)> = (0..self.calls.len())
            .filter(|call| {
                self.calls[*call] == CallState::Waiting
                    && self.prepared.calls[*call].operation == Operation::DeleteStreamProcessor
            })
            .map(|call| (call, why.clone()))
            .collect();
        self.drop_calls(held);
    }

    /// Drops calls that still wait, with everything that depends on them.
    fn drop_calls(&mut self, mut calls: Vec<(usize, Cause)>) {
        while let Some((call, why)) = calls.pop() {
            if self.calls[call] != CallState::Waiting {
                continue;
            }
            self.calls[call] = CallState::Dropped(why.clone());
            self.ready.remove(&(true, call));
            self.ready.remove(&(false, call));
            self.touched.insert(self.prepared.calls[call].subject);
            calls.extend(self.consequences(call, &why));
        }
    }

    fn unit_failed(&mut self, call: usize, why: &Cause) {
        let unit = self.unit_of(call);
        if let UnitState::ToUndo(_) = self.units[unit] {
            // Later calls were dropped while this one was under way. Since it did
            // not go well either, there is less to put back, or nothing.
            self.units[unit] = UnitState::Open;
        }
        let calls = self.consequences(call, why);
        self.drop_calls(calls);
    }

    /// What a call that will not take effect any more drags along: the rest of
    /// its unit, and what waits for either. Decides how the unit is put back.
    fn consequences(&mut self, call: usize, why: &Cause) -> Vec<(usize, Cause)> {
        let unit = self.unit_of(call);
        let mut dropped = Vec::new();
        if self.units[unit] == UnitState::Open {
            self.units[unit] = match self.undoing_call(unit, call) {
                Some(undo) => UnitState::ToUndo(undo),
                None => UnitState::Stuck,
            };
        }
        let members = &self.prepared.units[unit];
        // A start that failed is nobody else's trouble: the others are started.
        let alone = self.units[unit] == UnitState::Stuck
            && self.prepared.calls[call].operation == Operation::StartStreamProcessor;
        if !alone {
            dropped.extend(members.calls.iter().map(|sibling| (*sibling, why.clone())));
        }
        dropped.extend(self.after_call[call].iter().map(|later| (*later, why.clone())));
        for &subject in &members.subjects {
            let unfinished = self.prepared.subjects[subject]
                .calls
                .iter()
                .any(|call| self.calls[*call] != CallState::Done);
            if unfinished || self.units[unit] != UnitState::Stuck {
                dropped.extend(self.dependents_of_subject(subject, why));
            }
        }
        dropped.retain(|(call, _)| self.calls[*call] == CallState::Waiting);
        self.look_at_unit(unit);
        dropped
    }

    /// Which call's list puts a unit back; `None` when nothing was done to it.
    fn undoing_call(&self, unit: usize, failed: usize) -> Option<usize> {
        if !self.has_begun(unit) {
            return None;
        }
        let calls = &self.prepared.units[unit].calls;
        let lists = |call: usize| !self.prepared.calls[call].undo.is_empty();
        let call = match &self.calls[failed] {
            // A stop or a delete that may have taken effect is put back like one
            // that did: a creation finds what is still there, and a start what
            // still runs.
            CallState::Failed(failure) if failure.effect != Effect::None => {
                let operation = self.prepared.calls[failed].operation;
                let removes = matches!(
                    operation,
                    Operation::StopStreamProcessor | Operation::DeleteStreamProcessor
                );
                let next = calls.iter().copied().find(|call| {
                    removes && lists(*call) && self.prepared.calls[*call].after.contains(&failed)
                });
                next.unwrap_or(failed)
            }
            CallState::Failed(_) => failed,
            // A call was dropped: what has happened is all before the first one
            // that was not made.
            _ => calls.iter().copied().find(|call| {
                matches!(self.calls[*call], CallState::Waiting | CallState::Dropped(_))
            })?,
        };
        lists(call).then_some(call)
    }

    fn dependents_of_subject(&self, subject: usize, why: &Cause) -> Vec<(usize, Cause)> {
        self.after_subject[subject].iter().map(|call| (*call, why.clone())).collect()
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
