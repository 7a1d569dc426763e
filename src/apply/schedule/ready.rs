//! The calls and verifications that may begin, and which of them is next.

use std::collections::{BTreeMap, BTreeSet};

use super::Step;
use crate::plan::Operation;

/// What shares a pace. Verifications come first, since others may wait for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Verification,
    Call(Operation),
}

/// What may begin, by kind. Within one, calls of groups that something was done to
/// come first, then what the plan lists first.
#[derive(Debug, Default)]
pub(super) struct Ready(BTreeMap<Kind, BTreeSet<(bool, usize)>>);

impl Ready {
    pub(super) fn insert(&mut self, kind: Kind, position: usize, has_begun: bool) {
        self.0.entry(kind).or_default().insert((!has_begun, position));
    }

    pub(super) fn remove(&mut self, kind: Kind, position: usize) {
        if let Some(waiting) = self.0.get_mut(&kind) {
            waiting.remove(&(true, position));
            waiting.remove(&(false, position));
        }
    }

    /// Takes the next step: of the kind of which the fewest are under way. Each has a
    /// pace of its own, and those that wait for theirs would else keep all the
    /// others from beginning.
    pub(super) fn pop(&mut self, under_way: impl Fn(Kind) -> usize) -> Option<Step> {
        let waiting = self.0.iter().filter(|(_, waiting)| !waiting.is_empty());
        let kind = *waiting.min_by_key(|(kind, _)| (under_way(**kind), **kind))?.0;
        let (_, position) = self.0.get_mut(&kind)?.pop_first()?;
        Some(match kind {
            Kind::Verification => Step::Verify(position),
            Kind::Call(_) => Step::Call(position),
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.values().all(BTreeSet::is_empty)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Step> {
        self.0.iter().flat_map(|(kind, waiting)| {
            waiting.iter().map(|(_, position)| match kind {
                Kind::Verification => Step::Verify(*position),
                Kind::Call(_) => Step::Call(*position),
            })
        })
    }
}
