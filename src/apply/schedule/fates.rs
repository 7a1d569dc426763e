//! What became of each processor, as far as the schedule knows.

use super::{CallState, Cause, Early, Schedule, SubjectState, UnitState};
use crate::apply::judge::Failure;
use crate::plan::Fate;

impl Schedule {
    /// The processors whose fate was decided since this was last asked.
    pub(in crate::apply) fn newly_decided(&mut self) -> Vec<usize> {
        let touched = std::mem::take(&mut self.touched);
        touched.into_iter().filter(|subject| self.is_decided(*subject)).collect()
    }

    /// Whether a processor is not ruled out, nor anything that it is worked on with.
    pub(in crate::apply) fn may_begin(&self, subject: usize) -> bool {
        self.units[self.prepared.subjects[subject].unit] == UnitState::Open
    }

    /// Whether nothing more happens to a processor.
    fn is_decided(&self, subject: usize) -> bool {
        match self.subjects[subject] {
            SubjectState::Ruled(_) | SubjectState::Verified | SubjectState::Wrong(_) => true,
            SubjectState::Verifying => false,
            SubjectState::Open => {
                let own = &self.prepared.subjects[subject];
                let over = |call: &usize| {
                    matches!(self.calls[*call], CallState::Failed(_) | CallState::Dropped(_))
                };
                match self.units[own.unit] {
                    UnitState::Undone(_) => true,
                    UnitState::Stuck => {
                        let under_way =
                            |call: &usize| matches!(self.calls[*call], CallState::Running);
                        own.calls.iter().any(over) && !own.calls.iter().any(under_way)
                    }
                    UnitState::Open | UnitState::ToUndo(_) | UnitState::Undoing(_) => false,
                }
            }
        }
    }

    /// What became of a processor. Whatever is still open counts as broken off.
    pub(in crate::apply) fn fate(&self, subject: usize) -> Fate {
        let own = &self.prepared.subjects[subject];
        match &self.subjects[subject] {
            SubjectState::Ruled(fate) => return fate.clone(),
            SubjectState::Verified => return Fate::Done,
            SubjectState::Wrong(failure) => return failed(None, failure.clone()),
            SubjectState::Verifying => return broken_off("its verification"),
            SubjectState::Open => {}
        }
        for call in &own.calls {
            match &self.calls[*call] {
                CallState::Failed(failure) => {
                    return failed(Some(&self.prepared.calls[*call]), failure.clone());
                }
                CallState::Running => return broken_off(self.operation(*call)),
                CallState::Waiting | CallState::Done | CallState::Dropped(_) => {}
            }
        }
        let last = own.calls.iter().rfind(|call| self.calls[**call] == CallState::Done);
        let next = own.calls.iter().find_map(|call| match &self.calls[*call] {
            CallState::Dropped(cause) => Some((Some(*call), cause.clone())),
            _ => None,
        });
        // Where all of its calls were made, they are undone for another's sake.
        let next = next.or_else(|| Some((None, self.trouble(own.unit)?)));
        let Some((next, cause)) = next else {
            return match last {
                None => Fate::NotTried { reason: "the run ended before its turn".to_owned() },
                Some(last) => broken_off(&format!("what follows {}", self.operation(*last))),
            };
        };
        let reason = match cause {
            Cause::Trouble(why) => why,
            Cause::Ended(early) => {
                let after = last.map(|call| format!("after {}", self.operation(*call)));
                let before = next.map(|call| format!("before {}", self.operation(call)));
                let place: Vec<String> = after.into_iter().chain(before).collect();
                format!("{} {}", early.told(), place.join(" and "))
            }
        };
        match last {
            None => Fate::NotTried { reason },
            // What was not sent did not fail.
            Some(_) => failed(None, Failure::known(reason)),
        }
    }

    fn operation(&self, call: usize) -> &'static str {
        self.prepared.calls[call].operation.as_str()
    }

    /// Why a unit is put back.
    fn trouble(&self, unit: usize) -> Option<Cause> {
        if let UnitState::Open | UnitState::Stuck = self.units[unit] {
            return None;
        }
        self.prepared.units[unit].calls.iter().find_map(|call| match &self.calls[*call] {
            CallState::Failed(_) => Some(Cause::Trouble(format!("{} failed", self.told(*call)))),
            CallState::Dropped(cause) => Some(cause.clone()),
            CallState::Waiting | CallState::Running | CallState::Done => None,
        })
    }
}

impl Early {
    fn told(self) -> &'static str {
        match self {
            Early::Stopped => "the run was stopped",
            Early::Broken => "the run was ended by a mistake in rekon",
        }
    }
}

/// The fate of a processor that was left where it was.
fn broken_off(during: &str) -> Fate {
    let reason = format!("broken off during {during}; what became of it is unknown");
    failed(None, Failure::known(reason))
}

fn failed(call: Option<&crate::apply::prepare::PreparedCall>, failure: Failure) -> Fate {
    let Failure { reason, help, effect: _ } = failure;
    Fate::Failed {
        call: call.map(|call| call.id.clone()),
        operation: call.map(|call| call.operation),
        reason,
        help,
    }
}
