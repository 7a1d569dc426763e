//! What became of each processor, as far as the schedule knows.

use super::{CallState, Schedule, SubjectState, UnitState};
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
            SubjectState::Open | SubjectState::Verifying => {}
        }
        let touched = own.calls.iter().any(|call| {
            matches!(self.calls[*call], CallState::Done | CallState::Running | CallState::Failed(_))
        });
        let own_failure = own.calls.iter().find_map(|call| match &self.calls[*call] {
            CallState::Failed(failure) => Some((*call, failure.clone())),
            _ => None,
        });
        if let Some((call, failure)) = own_failure {
            return failed(Some(&self.prepared.calls[call]), failure);
        }
        let dropped = own.calls.iter().find_map(|call| match &self.calls[*call] {
            CallState::Dropped(why) => Some((*call, why.clone())),
            _ => None,
        });
        match (dropped, self.units[own.unit]) {
            (Some((_, reason)), _) if !touched => Fate::NotTried { reason },
            (Some((call, reason)), _) => {
                failed(Some(&self.prepared.calls[call]), Failure::known(reason))
            }
            (
                None,
                UnitState::ToUndo(call) | UnitState::Undoing(call) | UnitState::Undone(call),
            ) => {
                // All of its calls were made, and undone for another's sake.
                let reason = match &self.calls[call] {
                    CallState::Dropped(why) => why.clone(),
                    _ => format!("{} failed", self.told(call)),
                };
                failed(Some(&self.prepared.calls[call]), Failure::known(reason))
            }
            (None, _) if touched => failed(
                None,
                Failure::known("broken off while under way; what became of it is unknown"),
            ),
            (None, _) => Fate::NotTried { reason: "the run ended before its turn".to_owned() },
        }
    }
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
