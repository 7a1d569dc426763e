//! What an incomplete read did not reach, and whether that matters.

use std::collections::BTreeSet;

use super::item::{Item, Work};
use crate::desired::Desired;
use crate::model::{Live, ReadProblem};

/// The names that could not be read.
pub(super) enum Unread<'a> {
    Names(BTreeSet<&'a str>),
    /// Not even which names there are.
    Unknown,
}

impl<'a> Unread<'a> {
    pub(super) fn new(live: &'a Live) -> Unread<'a> {
        let mut names = BTreeSet::new();
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
                        && !live.processors.contains_key(**name)
                };
                names.iter().filter(foreign).copied().collect()
            }
            Unread::Unknown => Vec::new(),
        }
    }
}

/// Whether a problem leaves the plan incomplete.
///
/// A processor that no file declares is left alone, whatever it is: it matters
/// only while a stream is taken that it may hold.
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
    let held: BTreeSet<&str> =
        live.processors.values().flat_map(|live| live.definition.exclusive_streams()).collect();
    items
        .iter()
        .filter(|item| matches!(item.work, Work::Create | Work::Replace))
        .any(|item| item.after.exclusive_streams().any(|stream| !held.contains(stream)))
}
