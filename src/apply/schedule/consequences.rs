//! What does not happen any more once something went wrong: the calls that are
//! dropped, everything that depends on them, and the call from whose list a group
//! is put back.

use super::ready::Kind;
use super::{CallState, Cause, GroupState, Schedule};
use crate::plan::{CallEffect, Operation, Reason};

impl Schedule {
    /// Shuts the gate: no further delete begins, nor what leads to one.
    pub(super) fn shut_gate(&mut self, why: Cause) {
        self.gate_shut = true;
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
            self.ready.remove(Kind::Call(self.prepared.calls[call].operation), call);
            self.waves.forget(call);
            self.touched.insert(self.prepared.calls[call].subject);
            calls.extend(self.consequences(call, &why));
        }
    }

    pub(super) fn group_failed(&mut self, call: usize, why: &Cause) {
        let group = self.prepared.group_of(call);
        if let GroupState::ToRollBack(_) = self.groups[group] {
            // Later calls were dropped while this one was under way. Since it did
            // not go well either, there is less to put back, or nothing.
            self.groups[group] = GroupState::Open;
        }
        let calls = self.consequences(call, why);
        self.drop_calls(calls);
    }

    /// What a call that will not take effect any more drags along: the rest of
    /// its group, and what waits for either. Decides how the group is put back.
    fn consequences(&mut self, call: usize, why: &Cause) -> Vec<(usize, Cause)> {
        let group = self.prepared.group_of(call);
        if self.groups[group] == GroupState::Open {
            self.groups[group] = match self.listing_call(group, call) {
                Some(listing) => GroupState::ToRollBack(listing),
                None => GroupState::Stuck,
            };
        }
        let members = &self.prepared.groups[group];
        let mut dropped: Vec<usize> = members.calls.clone();
        dropped.extend(&self.after_call[call]);
        for &subject in &members.subjects {
            let unfinished = self.prepared.subjects[subject]
                .calls
                .iter()
                .any(|call| self.calls[*call] != CallState::Done);
            if unfinished || self.groups[group] != GroupState::Stuck {
                dropped.extend(&self.after_subject[subject]);
            }
        }
        dropped.retain(|call| self.calls[*call] == CallState::Waiting);
        self.look_at_group(group);
        dropped.into_iter().map(|call| (call, why.clone())).collect()
    }

    /// Which call's list puts a group back; `None` when nothing was done to it.
    fn listing_call(&self, group: usize, failed: usize) -> Option<usize> {
        if !self.has_begun(group) {
            return None;
        }
        let calls = &self.prepared.groups[group].calls;
        let lists = |call: usize| !self.prepared.calls[call].fallback.is_empty();
        let call = match &self.calls[failed] {
            // A stop or a delete that may have taken effect is put back like one
            // that did: a creation finds what is still there, and a start what
            // still runs.
            CallState::Failed(failure) if failure.effect != CallEffect::None => {
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

    /// Why nothing more is deleted after a call that failed.
    pub(super) fn deletes_held(&self, operation: Operation, subject: usize) -> Cause {
        let name = self.prepared.subjects[subject].name.clone();
        Cause::Trouble(Reason::DeletesHeld { operation, name })
    }
}
