//! Replacements in waves: 1 group, then 2, then 4, up to the parallelism.
//!
//! They begin when everything that destroys nothing is done, but for what itself
//! waits for a replacement. A wave begins when every group of the one before is
//! verified. A group that was skipped before anything of it was deleted does not
//! count, so that a wave of nothing else makes the next one no larger; one that
//! lost something and was not verified ends the waves.

use std::collections::BTreeSet;

use super::ready::Kind;
use super::{CallState, Cause, GroupState, Schedule, Step, SubjectState};
use crate::plan::{Reason, Trouble};

/// Which groups may destroy something now.
#[derive(Debug)]
pub(super) struct Waves {
    /// How many groups a wave may have.
    size: usize,
    most: usize,
    /// A group of the wave that is under way was verified.
    proven: bool,
    /// The groups of the wave that is under way.
    open: BTreeSet<usize>,
    /// Calls that would be ready if their group's turn had come.
    held: BTreeSet<usize>,
}

impl Waves {
    pub(super) fn new(parallelism: usize) -> Waves {
        let most = parallelism.max(1);
        Waves { size: 1, most, proven: false, open: BTreeSet::new(), held: BTreeSet::new() }
    }

    /// A call will not be made.
    pub(super) fn forget(&mut self, call: usize) {
        self.held.remove(&call);
    }
}

impl Schedule {
    /// Lets a call begin that waits for nothing any more, when its group's turn
    /// has come.
    pub(super) fn admit(&mut self, call: usize) {
        let group = self.prepared.group_of(call);
        if self.prepared.groups[group].destroys && !self.waves.open.contains(&group) {
            self.waves.held.insert(call);
        } else {
            let operation = self.prepared.calls[call].operation;
            self.ready.insert(Kind::Call(operation), call, self.has_begun(group));
        }
    }

    /// Closes groups that have ended, and opens the next wave when it may begin.
    pub(super) fn open_wave(&mut self) {
        for group in self.waves.open.clone() {
            if !self.has_ended(group) {
                continue;
            }
            self.waves.open.remove(&group);
            match self.unverified(group) {
                None => self.waves.proven = true,
                Some(name) if self.has_deleted(group) => {
                    let trouble = Trouble::NotAsPlanned;
                    let why = Cause::Trouble(Reason::DependsOn { name, trouble });
                    self.end_waves(&why);
                }
                Some(_) => {}
            }
        }
        if !self.waves.open.is_empty() || self.waves.held.is_empty() || self.is_harmless_busy() {
            return;
        }
        if std::mem::take(&mut self.waves.proven) {
            self.waves.size = self.waves.size.saturating_mul(2).min(self.waves.most);
        }
        let mut groups = BTreeSet::new();
        let mut next = Vec::new();
        for &call in &self.waves.held {
            let group = self.prepared.group_of(call);
            if groups.len() < self.waves.size || groups.contains(&group) {
                groups.insert(group);
                next.push(call);
            }
        }
        self.waves.open = groups;
        for call in next {
            self.waves.held.remove(&call);
            self.admit(call);
        }
    }

    /// Whether something that destroys nothing is under way or could begin.
    fn is_harmless_busy(&self) -> bool {
        let harmless = |group: usize| !self.prepared.groups[group].destroys;
        let of_step = |step: &Step| match *step {
            Step::Call(call) => self.prepared.group_of(call),
            Step::Verify(subject) => self.prepared.subjects[subject].group,
            Step::Rollback { group, .. } => group,
        };
        self.ready.iter().any(|step| harmless(of_step(&step)))
            || self.rollbacks.iter().chain(&self.running).any(|step| harmless(of_step(step)))
    }

    /// Whether nothing more happens to a group.
    fn has_ended(&self, group: usize) -> bool {
        let members = &self.prepared.groups[group];
        match self.groups[group] {
            GroupState::RolledBack(_) => true,
            GroupState::ToRollBack(_) | GroupState::RollingBack(_) => false,
            GroupState::Open | GroupState::Stuck => {
                let at_rest = |call: &usize| {
                    !matches!(self.calls[*call], CallState::Waiting | CallState::Running)
                };
                members.calls.iter().all(at_rest)
                    && members.subjects.iter().all(|subject| {
                        let done = self.prepared.subjects[*subject]
                            .calls
                            .iter()
                            .all(|call| self.calls[*call] == CallState::Done);
                        let open = [SubjectState::Open, SubjectState::Verifying];
                        !done || !open.contains(&self.subjects[*subject])
                    })
            }
        }
    }

    /// A processor of a group that was not found as planned.
    fn unverified(&self, group: usize) -> Option<String> {
        let subjects = self.prepared.groups[group].subjects.iter();
        let mut wrong =
            subjects.filter(|subject| self.subjects[**subject] != SubjectState::Verified);
        Some(self.prepared.subjects[*wrong.next()?].name.clone())
    }

    /// No further group is replaced.
    fn end_waves(&mut self, why: &Cause) {
        let open = self.waves.open.clone();
        let later = (0..self.calls.len()).filter(|call| {
            let group = self.prepared.group_of(*call);
            self.prepared.groups[group].destroys
                && !open.contains(&group)
                && self.calls[*call] == CallState::Waiting
        });
        let later = later.map(|call| (call, why.clone())).collect();
        self.drop_calls(later);
    }
}
