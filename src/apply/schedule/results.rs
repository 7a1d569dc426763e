//! What became of each processor, as far as the schedule knows.

use super::{CallState, Cause, Early, GroupState, Schedule, SubjectState};
use crate::plan::{During, Failure, Fate, Reason};

impl Schedule {
    /// The processors whose fate was decided since this was last asked.
    pub(in crate::apply) fn newly_decided(&mut self) -> Vec<usize> {
        let touched = std::mem::take(&mut self.touched);
        touched.into_iter().filter(|subject| self.is_decided(*subject)).collect()
    }

    /// Whether a processor is not ruled out, nor anything that it is worked on with.
    pub(in crate::apply) fn may_begin(&self, subject: usize) -> bool {
        self.groups[self.prepared.subjects[subject].group] == GroupState::Open
    }

    /// Whether nothing more happens to a processor.
    fn is_decided(&self, subject: usize) -> bool {
        let own = &self.prepared.subjects[subject];
        match self.subjects[subject] {
            SubjectState::Verified | SubjectState::Wrong(_) => return true,
            SubjectState::Verifying => return false,
            SubjectState::Ruled(_) | SubjectState::Open => {}
        }
        let under_way = |call: &usize| matches!(self.calls[*call], CallState::Running);
        let over = |call: &usize| {
            matches!(self.calls[*call], CallState::Failed(_) | CallState::Dropped(_))
        };
        match self.groups[own.group] {
            GroupState::RolledBack(_) => true,
            GroupState::Stuck => own.calls.iter().any(over) && !own.calls.iter().any(under_way),
            GroupState::Open | GroupState::ToRollBack(_) | GroupState::RollingBack(_) => false,
        }
    }

    /// What became of a processor. Whatever is still open counts as broken off.
    pub(in crate::apply) fn fate(&self, subject: usize) -> Fate {
        let own = &self.prepared.subjects[subject];
        match &self.subjects[subject] {
            SubjectState::Ruled(fate) => return fate.clone(),
            SubjectState::Verified => return Fate::Done,
            SubjectState::Wrong(reason) => return failed(reason.clone()),
            SubjectState::Verifying => return failed(Reason::BrokenOff(During::Verification)),
            SubjectState::Open => {}
        }
        let operation = |call: usize| self.prepared.calls[call].operation;
        for &call in &own.calls {
            match &self.calls[call] {
                CallState::Failed(failure) => {
                    return Fate::Failed(Failure {
                        call: Some((self.prepared.calls[call].id.clone(), operation(call))),
                        reason: failure.reason.clone(),
                    });
                }
                CallState::Running => {
                    return failed(Reason::BrokenOff(During::Call(operation(call))));
                }
                CallState::Waiting | CallState::Done | CallState::Dropped(_) => {}
            }
        }
        let last = own.calls.iter().rfind(|call| self.calls[**call] == CallState::Done);
        let last = last.map(|call| operation(*call));
        let dropped = own.calls.iter().find_map(|call| match &self.calls[*call] {
            CallState::Dropped(cause) => Some((Some(operation(*call)), cause.clone())),
            _ => None,
        });
        // Where all of its calls were made, they are undone for another's sake.
        let dropped = dropped.or_else(|| Some((None, self.trouble(own.group)?)));
        let Some((before, cause)) = dropped else {
            return match last {
                None => Fate::NotTried(Reason::NoTurn),
                Some(last) => failed(Reason::BrokenOff(During::After(last))),
            };
        };
        let reason = match cause {
            Cause::Trouble(why) => why,
            Cause::Ended(Early::Stopped) => Reason::Stopped { after: last, before },
            Cause::Ended(Early::Broken) => Reason::Mistake { after: last, before },
        };
        match last {
            None => Fate::NotTried(reason),
            // What was not sent did not fail.
            Some(_) => failed(reason),
        }
    }

    /// Why a group is put back.
    fn trouble(&self, group: usize) -> Option<Cause> {
        if let GroupState::Open | GroupState::Stuck = self.groups[group] {
            return None;
        }
        self.prepared.groups[group].calls.iter().find_map(|call| match &self.calls[*call] {
            CallState::Failed(_) => Some(Cause::Trouble(self.failure_of(*call))),
            CallState::Dropped(cause) => Some(cause.clone()),
            CallState::Waiting | CallState::Running | CallState::Done => None,
        })
    }
}

/// A failure of which no call is the cause.
fn failed(reason: Reason) -> Fate {
    Fate::Failed(Failure { call: None, reason })
}
