//! What there is to say of a plan and of what became of it, made once as plain
//! data: entries and rows, results and their reasons, groups of what is alike.
//!
//! A format only decides where things stand and how they look. Texts are as they
//! came; each format makes them harmless at its own edge.

mod area;
mod drift;
mod outcome;
mod plan;
mod regions;
mod remarks;
mod rows;
mod summary;

use std::collections::HashMap;
use std::hash::Hash;

use super::palette::Meaning;

pub(super) use area::{Corners, corners};
pub(super) use drift::{
    DRIFT_INCOMPLETE, DriftEntry, DriftRow, category, drift_entries, drift_resolved, drift_summary,
    drift_verdict,
};
pub(super) use outcome::{
    Applied, Counts, Fated, ProcessorResult, applied, failure, fated, groups, interrupted,
    outcome_summary, outcome_verdict, results,
};
pub(super) use plan::{Entry, Member, entries, in_full};
pub(super) use regions::{Fate, Side, Zones, area, covered, fates, named, zones};
pub(super) use remarks::{Level, Place, Remark, Rule, remarks};
pub(super) use rows::{Below, Row};
pub(super) use summary::{INCOMPLETE, actions, cost, nothing, outside, refusal, refused};

/// A text with what it means to the reader.
pub(super) type Said = (Meaning, String);

/// From how many on what is alike is shown once.
const CROWD: usize = 3;

/// Gathers what has the same key, if there is enough of it. What stays single comes
/// first, in its own order.
pub(super) fn gather<T, K: Eq + Hash>(
    items: impl Iterator<Item = T>,
    key: impl Fn(&T) -> K,
) -> Vec<Vec<T>> {
    let mut groups: Vec<Vec<(usize, T)>> = Vec::new();
    let mut places: HashMap<K, usize> = HashMap::new();
    for (at, item) in items.enumerate() {
        let place = *places.entry(key(&item)).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push((at, item)),
            None => groups.push(vec![(at, item)]),
        }
    }
    let (crowds, few): (Vec<_>, Vec<_>) =
        groups.into_iter().partition(|group| group.len() >= CROWD);
    let mut few: Vec<(usize, T)> = few.into_iter().flatten().collect();
    few.sort_by_key(|(at, _)| *at);
    let few = few.into_iter().map(|(_, item)| vec![item]);
    let crowds = crowds.into_iter().map(|group| group.into_iter().map(|(_, item)| item).collect());
    few.chain(crowds).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_alike_are_gathered_behind_what_stays_single() {
        let key = |word: &&str| word.chars().next();
        assert_eq!(
            gather(["a1", "c1", "b1", "a2", "c2", "b2", "a3", "b3"].into_iter(), key),
            [vec!["c1"], vec!["c2"], vec!["a1", "a2", "a3"], vec!["b1", "b2", "b3"]]
        );
    }
}
