//! Which step may begin next: the executor's only memory, and no more.
//!
//! A state machine: what happened goes in, the next steps come out. It knows
//! nothing of the service, of time or of tasks, so that every order in which
//! calls can end is a unit test. What destroys comes last and carefully: see
//! `waves`. Once something failed to come back, or the run was asked to stop, the
//! gate before every delete is shut for good.

mod consequences;
mod events;
mod ready;
mod results;
#[cfg(test)]
mod tests;
mod waves;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::prepare::Prepared;
use crate::plan::{CallEffect, Deviation, Fate, Operation, Reason};
use ready::{Kind, Ready};
use waves::Waves;

pub(super) use events::brings_back;

/// Something that may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Make a call.
    Call(usize),
    /// Read a processor again and compare it with the plan.
    Verify(usize),
    /// Make the calls that put a group's old processors back, as this call lists
    /// them.
    Rollback { group: usize, call: usize },
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum End {
    /// It took effect and settled.
    Done,
    Failed(CallFailure),
    /// It was not sent after all.
    HeldBack(Held),
}

/// Why a call failed, and how sure it is that nothing came of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CallFailure {
    pub(super) reason: Reason,
    pub(super) effect: CallEffect,
}

/// Why a call was not sent.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Held {
    /// The run was asked to stop.
    Stopped,
    /// A delete, after something failed to come back.
    GateShut,
    /// A delete, of what is no longer as the plan expects it.
    Moved(Vec<Deviation>),
    /// A delete, of what could not be read just before it.
    Unread(Reason),
}

/// Where a call is.
#[derive(Clone, Debug, PartialEq)]
enum CallState {
    Waiting,
    Running,
    Done,
    Failed(CallFailure),
    /// It will not be made.
    Dropped(Cause),
}

/// Why a call will not be made.
#[derive(Clone, Debug, PartialEq)]
enum Cause {
    /// The run ended early.
    Ended(Early),
    /// Something else went wrong, said here.
    Trouble(Reason),
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
    Wrong(Reason),
    /// It is not worked on, or not any more.
    Ruled(Fate),
}

/// Where a group is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GroupState {
    /// Nothing failed so far.
    Open,
    /// Something failed and there is nothing to put back.
    Stuck,
    /// To be put back as this call lists it, when nothing of it is under way.
    ToRollBack(usize),
    RollingBack(usize),
    RolledBack(usize),
}

/// The state of a whole run.
#[derive(Debug)]
pub(super) struct Schedule {
    prepared: Arc<Prepared>,
    calls: Vec<CallState>,
    subjects: Vec<SubjectState>,
    groups: Vec<GroupState>,
    /// How many things each call still waits for.
    blockers: Vec<usize>,
    /// The calls that wait for a call to be done.
    after_call: Vec<Vec<usize>>,
    /// The calls that wait for a processor to be verified.
    after_subject: Vec<Vec<usize>>,
    ready: Ready,
    /// Rollbacks that may begin, which come before anything else.
    rollbacks: VecDeque<Step>,
    running: Vec<Step>,
    waves: Waves,
    /// No delete begins any more.
    gate_shut: bool,
    /// Processors whose fate may have been decided since last asked.
    touched: BTreeSet<usize>,
}

impl Schedule {
    /// A run in which up to `parallelism` groups are replaced at once.
    pub(super) fn new(prepared: Arc<Prepared>, parallelism: usize) -> Schedule {
        let count = prepared.calls.len();
        let mut schedule = Schedule {
            calls: vec![CallState::Waiting; count],
            subjects: vec![SubjectState::Open; prepared.subjects.len()],
            groups: vec![GroupState::Open; prepared.groups.len()],
            blockers: vec![0; count],
            after_call: vec![Vec::new(); count],
            after_subject: vec![Vec::new(); prepared.subjects.len()],
            ready: Ready::default(),
            rollbacks: VecDeque::new(),
            running: Vec::new(),
            waves: Waves::new(parallelism),
            gate_shut: false,
            touched: BTreeSet::new(),
            prepared,
        };
        schedule.connect();
        schedule.open_wave();
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
                let planned = &prepared.calls[call];
                let after: BTreeSet<usize> =
                    planned.after.iter().copied().chain(previous).collect();
                self.blockers[call] = after.len() + planned.after_verified.len();
                after.into_iter().for_each(|earlier| self.after_call[earlier].push(call));
                planned.after_verified.iter().for_each(|on| self.after_subject[*on].push(call));
            }
        }
        let free = (0..self.calls.len()).filter(|call| self.blockers[*call] == 0);
        free.collect::<Vec<_>>().into_iter().for_each(|call| self.admit(call));
    }

    /// The next step that may begin, if one may.
    pub(super) fn next(&mut self) -> Option<Step> {
        let step = match self.rollbacks.pop_front() {
            Some(step) => step,
            None => {
                let (running, prepared) = (&self.running, &self.prepared);
                let is_of = |kind, step: &Step| kind_of(prepared, step) == Some(kind);
                self.ready.pop(|kind| running.iter().filter(|step| is_of(kind, step)).count())?
            }
        };
        match step {
            Step::Call(call) => self.calls[call] = CallState::Running,
            Step::Verify(_) => {}
            Step::Rollback { group, call } => self.groups[group] = GroupState::RollingBack(call),
        }
        self.running.push(step);
        Some(step)
    }

    /// Whether a step could begin now.
    pub(super) fn has_next(&self) -> bool {
        !self.rollbacks.is_empty() || !self.ready.is_empty()
    }

    /// Whether steps are under way.
    pub(super) fn is_running(&self) -> bool {
        !self.running.is_empty()
    }

    /// Whether no delete may begin any more.
    pub(super) fn is_gate_shut(&self) -> bool {
        self.gate_shut
    }

    /// Whether a call has to be made even though the run was asked to stop,
    /// because what it puts back is deleted already.
    pub(super) fn must_finish(&self, call: usize) -> bool {
        self.is_past_deletes(self.prepared.group_of(call))
    }

    /// The groups that are being put back, or would have been next.
    pub(super) fn groups_to_roll_back(&self) -> impl Iterator<Item = usize> {
        self.groups.iter().enumerate().filter_map(|(group, state)| match state {
            GroupState::ToRollBack(_) | GroupState::RollingBack(_) => Some(group),
            GroupState::Open | GroupState::Stuck | GroupState::RolledBack(_) => None,
        })
    }

    /// Why something does not happen after a call that failed.
    fn failure_of(&self, call: usize) -> Reason {
        let call = &self.prepared.calls[call];
        let name = self.prepared.subjects[call.subject].name.clone();
        Reason::CallFailed { operation: call.operation, name }
    }

    /// Whether anything was done to a group, or may have been.
    fn has_begun(&self, group: usize) -> bool {
        self.prepared.groups[group].calls.iter().any(|call| match &self.calls[*call] {
            CallState::Running | CallState::Done => true,
            CallState::Failed(failure) => failure.effect != CallEffect::None,
            CallState::Waiting | CallState::Dropped(_) => false,
        })
    }

    /// Whether something of a group is deleted, or may be.
    fn has_deleted(&self, group: usize) -> bool {
        let mut deletes = self.deletes(group);
        deletes.any(|call| match &self.calls[call] {
            CallState::Running | CallState::Done => true,
            CallState::Failed(failure) => failure.effect != CallEffect::None,
            CallState::Waiting | CallState::Dropped(_) => false,
        })
    }

    /// Whether something of a group is deleted, or about to be, and nothing of it
    /// remains to be deleted.
    fn is_past_deletes(&self, group: usize) -> bool {
        let through =
            |call: usize| matches!(self.calls[call], CallState::Running | CallState::Done);
        self.prepared.groups[group].destroys && self.deletes(group).all(through)
    }

    fn deletes(&self, group: usize) -> impl Iterator<Item = usize> {
        let calls = self.prepared.groups[group].calls.iter().copied();
        calls
            .filter(|call| self.prepared.calls[*call].operation == Operation::DeleteStreamProcessor)
    }

    /// Lets a group's verifications or its rollback begin when they may.
    fn look_at_group(&mut self, group: usize) {
        let members = &self.prepared.groups[group];
        match self.groups[group] {
            GroupState::Open | GroupState::Stuck => {
                // Members of an open group are verified together: until the last
                // call is made, all of it may still be put back.
                let whole = self.groups[group] == GroupState::Stuck
                    || members.calls.iter().all(|call| self.calls[*call] == CallState::Done);
                for &subject in &members.subjects {
                    let own = &self.prepared.subjects[subject].calls;
                    let done = own.iter().all(|call| self.calls[*call] == CallState::Done);
                    if whole && done && self.subjects[subject] == SubjectState::Open {
                        self.subjects[subject] = SubjectState::Verifying;
                        self.ready.insert(Kind::Verification, subject, true);
                    }
                }
            }
            GroupState::ToRollBack(call) => {
                let idle = members.calls.iter().all(|call| self.calls[*call] != CallState::Running);
                let step = Step::Rollback { group, call };
                if idle && !self.rollbacks.contains(&step) {
                    self.rollbacks.push_back(step);
                }
            }
            GroupState::RollingBack(_) | GroupState::RolledBack(_) => {}
        }
    }
}

/// What a step shares its pace with; a rollback waits for none.
fn kind_of(prepared: &Prepared, step: &Step) -> Option<Kind> {
    match *step {
        Step::Call(call) => Some(Kind::Call(prepared.calls[call].operation)),
        Step::Verify(_) => Some(Kind::Verification),
        Step::Rollback { .. } => None,
    }
}
