//! What happened, as the schedule is told: a processor is ruled out, a call
//! ended, a processor was verified, a unit is put back, the run ends early. Each
//! notes where that leaves what it is about and lets begin what waited for it.

use super::{CallState, Cause, Early, End, Schedule, SubjectState, UnitState};
use crate::apply::judge::Failure;
use crate::plan::{Fate, Operation};

impl Schedule {
    /// Takes a processor, and all that depends on it, out before anything began.
    pub(in crate::apply) fn rule_out(&mut self, subject: usize, fate: Fate) {
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

    /// A call ended.
    pub(in crate::apply) fn call_ended(&mut self, call: usize, end: End) {
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
    pub(in crate::apply) fn verified(&mut self, subject: usize, result: Result<(), Failure>) {
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
    pub(in crate::apply) fn undone(&mut self, unit: usize) {
        self.running -= 1;
        if let UnitState::Undoing(call) = self.units[unit] {
            self.units[unit] = UnitState::Undone(call);
        }
        self.touched.extend(&self.prepared.units[unit].subjects);
    }

    /// The run ends early: nothing begins any more but what brings units that
    /// are past their deletes to an end.
    pub(in crate::apply) fn end_early(&mut self, early: Early) {
        let dropped: Vec<(usize, Cause)> = (0..self.calls.len())
            .filter(|call| self.calls[*call] == CallState::Waiting && !self.must_finish(*call))
            .map(|call| (call, Cause::Ended(early)))
            .collect();
        self.drop_calls(dropped);
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
}
