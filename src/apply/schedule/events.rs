//! What happened, as the schedule is told: a processor is ruled out, a call
//! ended, a processor was verified, a group is put back, the run ends early. Each
//! notes where that leaves what it is about and lets begin what waited for it.

use super::{
    CallFailure, CallState, Cause, Early, End, GroupState, Held, Schedule, Step, SubjectState,
};
use crate::plan::{Fate, Operation, Reason, Trouble};

impl Schedule {
    /// Takes a processor, and all that depends on it, out before anything began.
    pub(in crate::apply) fn rule_out(&mut self, subject: usize, fate: Fate) {
        let trouble = match fate {
            Fate::Moved(_) => Trouble::Moved,
            _ => Trouble::Unworkable,
        };
        let why = self.depends_on(subject, trouble);
        self.subjects[subject] = SubjectState::Ruled(fate);
        self.touched.insert(subject);
        let group = &self.prepared.groups[self.prepared.subjects[subject].group];
        let calls = group.calls.iter().map(|call| (*call, why.clone())).collect();
        self.drop_calls(calls);
        self.open_wave();
    }

    /// A call ended.
    pub(in crate::apply) fn call_ended(&mut self, call: usize, end: End) {
        self.forget(Step::Call(call));
        let subject = self.prepared.calls[call].subject;
        let operation = self.prepared.calls[call].operation;
        self.touched.insert(subject);
        match end {
            End::Done => {
                self.calls[call] = CallState::Done;
                let waiting = std::mem::take(&mut self.after_call[call]);
                self.unblock(waiting);
            }
            End::Failed(failure) => self.call_failed(call, failure),
            End::HeldBack(held) => {
                let why = match held {
                    Held::Stopped => Cause::Ended(Early::Stopped),
                    Held::GateShut => self.deletes_held(operation, subject),
                    Held::Moved(deviations) => {
                        self.subjects[subject] = SubjectState::Ruled(Fate::Moved(deviations));
                        self.depends_on(subject, Trouble::Moved)
                    }
                    Held::Unread(reason) => Cause::Trouble(reason),
                };
                self.calls[call] = CallState::Dropped(why.clone());
                self.group_failed(call, &why);
            }
        }
        self.look_at_group(self.prepared.subjects[subject].group);
        self.open_wave();
    }

    fn call_failed(&mut self, call: usize, failure: CallFailure) {
        let why = Cause::Trouble(self.failure_of(call));
        self.calls[call] = CallState::Failed(failure);
        self.group_failed(call, &why);
        let planned = &self.prepared.calls[call];
        if brings_back(planned.operation) {
            self.shut_gate(self.deletes_held(planned.operation, planned.subject));
        }
    }

    /// A processor was read again.
    pub(in crate::apply) fn verified(&mut self, subject: usize, result: Result<(), Reason>) {
        self.forget(Step::Verify(subject));
        self.touched.insert(subject);
        match result {
            Ok(()) => {
                self.subjects[subject] = SubjectState::Verified;
                let waiting = std::mem::take(&mut self.after_subject[subject]);
                self.unblock(waiting);
            }
            Err(reason) => {
                self.subjects[subject] = SubjectState::Wrong(reason);
                let why = self.depends_on(subject, Trouble::NotAsPlanned);
                let waiting = self.after_subject[subject].iter();
                self.drop_calls(waiting.map(|call| (*call, why.clone())).collect());
            }
        }
        self.open_wave();
    }

    /// A group's old processors are back, as far as they could be. `failed` is the
    /// first step that did not bring back what it should.
    pub(in crate::apply) fn rolled_back(
        &mut self,
        group: usize,
        failed: Option<(usize, Operation)>,
    ) {
        if let GroupState::RollingBack(call) = self.groups[group] {
            self.forget(Step::Rollback { group, call });
            self.groups[group] = GroupState::RolledBack(call);
        }
        self.touched.extend(&self.prepared.groups[group].subjects);
        if let Some((subject, operation)) = failed {
            self.shut_gate(self.deletes_held(operation, subject));
        }
        self.open_wave();
    }

    /// The run ends early: nothing begins any more but what brings groups that
    /// are past their deletes to an end.
    pub(in crate::apply) fn end_early(&mut self, early: Early) {
        let dropped: Vec<(usize, Cause)> = (0..self.calls.len())
            .filter(|call| self.calls[*call] == CallState::Waiting && !self.must_finish(*call))
            .map(|call| (call, Cause::Ended(early)))
            .collect();
        self.drop_calls(dropped);
        self.shut_gate(Cause::Ended(early));
    }

    fn unblock(&mut self, calls: Vec<usize>) {
        for call in calls {
            self.blockers[call] -= 1;
            if self.blockers[call] == 0 && self.calls[call] == CallState::Waiting {
                self.admit(call);
            }
        }
    }

    fn depends_on(&self, subject: usize, trouble: Trouble) -> Cause {
        let name = self.prepared.subjects[subject].name.clone();
        Cause::Trouble(Reason::DependsOn { name, trouble })
    }

    fn forget(&mut self, step: Step) {
        if let Some(at) = self.running.iter().position(|running| *running == step) {
            self.running.swap_remove(at);
        }
    }
}

/// Whether a call makes a camera see.
pub(in crate::apply) fn brings_back(operation: Operation) -> bool {
    matches!(operation, Operation::CreateStreamProcessor | Operation::StartStreamProcessor)
}
