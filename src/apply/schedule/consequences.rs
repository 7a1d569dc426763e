//! What does not happen any more once something went wrong: the calls that are
//! dropped, everything that depends on them, and the call from whose list a unit
//! is put back.

use super::{CallState, Cause, Schedule, UnitState};
use crate::apply::judge::Effect;
use crate::plan::Operation;

impl Schedule {
    /// After a failed creation no further delete begins, nor what leads to one.
    pub(super) fn hold_deletes(&mut self, created: usize) {
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
    pub(super) fn drop_calls(&mut self, mut calls: Vec<(usize, Cause)>) {
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

    pub(super) fn unit_failed(&mut self, call: usize, why: &Cause) {
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

    pub(super) fn dependents_of_subject(&self, subject: usize, why: &Cause) -> Vec<(usize, Cause)> {
        self.after_subject[subject].iter().map(|call| (*call, why.clone())).collect()
    }
}
