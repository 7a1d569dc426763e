//! Which processors a change of the files concerns, so that a plan may look at them alone.

use std::collections::BTreeSet;

use crate::desired::{Declaration, Desired, DriftIgnore, Moved, Removed};
use crate::model::{Live, ProcessorName};

/// The processors that are to be looked at.
#[derive(Clone, Debug)]
pub enum ChangedSince {
    /// Each of them: the files change what decides about all, as this says.
    Everything(&'static str),
    /// Those that are declared otherwise than before, or handed over.
    Some {
        /// Declared otherwise, newly, or no longer.
        names: BTreeSet<ProcessorName>,
        /// Entries that are new or gone.
        removed: Vec<Removed>,
        /// Likewise.
        ignores: Vec<DriftIgnore>,
    },
}

impl ChangedSince {
    /// Compares two projects by what they mean.
    pub fn between(base: &Desired, desired: &Desired) -> ChangedSince {
        let Desired {
            stack,
            tag_policy,
            ownership,
            hand_overs,
            drift_ignores,
            processors,
            // What a plan may do is asked of the plan alone.
            guard: _,
            // What regions mean is in the definitions.
            zones: _,
        } = desired;
        if base.stack != *stack {
            return ChangedSince::Everything("[stack] is of another name, account or region");
        }
        if base.tag_policy != *tag_policy {
            return ChangedSince::Everything("other tags are managed");
        }
        if base.ownership != *ownership {
            return ChangedSince::Everything("ownership is told otherwise");
        }
        let same = |one: &Declaration, other: &Declaration| {
            (&one.definition, &one.lifecycle) == (&other.definition, &other.lifecycle)
        };
        let edited = processors.iter().filter(|(name, declaration)| {
            base.processors.get(*name).is_none_or(|before| !same(before, declaration))
        });
        let mut names: BTreeSet<ProcessorName> = edited.map(|(name, _)| name.clone()).collect();
        let gone = base.processors.keys().filter(|name| !processors.contains_key(*name));
        names.extend(gone.cloned());
        let pair = |moved: &Moved| (moved.from.clone(), moved.to.clone());
        let moves = differing(&base.hand_overs.moved, &hand_overs.moved, |a, b| pair(a) == pair(b));
        names.extend(moves.map(|moved| moved.from.clone()));
        let takes = |name: &ProcessorName| {
            let streams = |desired: &Desired| -> Option<Vec<String>> {
                let definition = &desired.processors.get(name)?.definition;
                Some(definition.exclusive_streams().map(str::to_owned).collect())
            };
            let (before, after) = (streams(base), streams(desired));
            before.is_some() && after.is_some() && before != after
        };
        if names.iter().any(takes) {
            // Taking it from whoever holds it, unseen, would end in a camera put back.
            return ChangedSince::Everything("a processor gets another stream, which any may hold");
        }
        let removed = differing(&base.hand_overs.removed, &hand_overs.removed, PartialEq::eq);
        let ignores = differing(&base.drift_ignores, drift_ignores, PartialEq::eq);
        ChangedSince::Some {
            names,
            removed: removed.cloned().collect(),
            ignores: ignores.cloned().collect(),
        }
    }

    /// Whether a processor is to be looked at.
    pub fn concerns(&self, name: &ProcessorName) -> bool {
        match self {
            ChangedSince::Everything(_) => true,
            ChangedSince::Some { names, removed, ignores } => {
                names.contains(name)
                    || removed.iter().any(|one| one.names.is_match(name.as_str()))
                    || ignores.iter().any(|one| one.processors.is_match(name.as_str()))
            }
        }
    }

    /// Takes what does not concern it out of what was read, as if nobody had looked.
    pub fn narrow(&self, live: &mut Live) {
        let left = live.processors.extract_if(.., |name, _| !self.concerns(name));
        live.skipped.extend(left.map(|(name, _)| name.to_string()));
    }
}

/// What only one of two lists has.
fn differing<'a, T>(
    before: &'a [T],
    after: &'a [T],
    same: impl Fn(&T, &T) -> bool + Copy + 'a,
) -> impl Iterator<Item = &'a T> {
    let only = move |these: &'a [T], others: &'a [T]| {
        these.iter().filter(move |one| !others.iter().any(|other| same(one, other)))
    };
    only(before, after).chain(only(after, before))
}
