//! What a read did not reach, by accident or by intent, and whether that matters.

use std::collections::BTreeSet;

use super::item::{Item, Work};
use crate::desired::{Desired, Marks};
use crate::model::{Live, ReadProblem, STACK_TAG, TagKnowledge};

/// The names that were not read.
pub(super) enum Unread<'a> {
    Names(BTreeSet<&'a str>),
    /// Not even which names there are.
    Unknown,
}

impl<'a> Unread<'a> {
    pub(super) fn new(live: &'a Live) -> Unread<'a> {
        let mut names: BTreeSet<&str> = live.skipped.iter().map(String::as_str).collect();
        for problem in &live.problems {
            match &problem.names {
                Some(some) => names.extend(some.iter().map(String::as_str)),
                None => return Unread::Unknown,
            }
        }
        Unread::Names(names)
    }

    /// Whether an item may be planned: what could not be read is neither right
    /// nor wrong, and least of all missing.
    pub(super) fn leaves(&self, item: &Item<'_>) -> bool {
        match self {
            Unread::Names(names) => !names.contains(item.name.as_str()),
            Unread::Unknown => item.live.is_some(),
        }
    }

    /// The processors that no file declares and that could not be read.
    pub(super) fn undeclared(&self, desired: &Desired, live: &Live) -> Vec<&'a str> {
        match self {
            Unread::Names(names) => {
                let foreign = |name: &&&str| {
                    !desired.processors.contains_key(**name)
                        && !live.skipped.contains(**name)
                        && !live.processors.contains_key(**name)
                };
                names.iter().filter(foreign).copied().collect()
            }
            Unread::Unknown => Vec::new(),
        }
    }
}

/// Whether a processor that no file declares may carry this stack's mark.
fn may_be_own(name: &str, desired: &Desired, live: &Live) -> bool {
    if let Some(read) = live.processors.get(name) {
        return read.definition.tags == TagKnowledge::Unknown;
    }
    let Some(believed) = &live.believed else { return true };
    let marked = believed.get(name).and_then(|tags| tags.get(STACK_TAG));
    marked.is_some_and(|stack| *stack == desired.stack.name)
}

/// Whether a problem leaves the plan incomplete.
///
/// A processor that no file declares matters while it may be this stack's, which would be
/// to be deleted, or while a stream is taken that it may hold.
pub(super) fn matters(
    problem: &ReadProblem,
    desired: &Desired,
    live: &Live,
    items: &[Item<'_>],
) -> bool {
    let Some(names) = &problem.names else { return true };
    if names.iter().any(|name| desired.processors.contains_key(name.as_str())) {
        return true;
    }
    if desired.ownership.marks != Marks::None
        && names.iter().any(|name| may_be_own(name, desired, live))
    {
        return true;
    }
    let held: BTreeSet<&str> =
        live.processors.values().flat_map(|live| live.definition.exclusive_streams()).collect();
    items
        .iter()
        .filter(|item| matches!(item.work, Work::Create | Work::Replace))
        .any(|item| item.after.exclusive_streams().any(|stream| !held.contains(stream)))
}
