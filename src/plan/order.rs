//! Who has to let go of a stream before whom.
//!
//! The service allows one processor per Kinesis video stream and per Kinesis
//! data stream in an account and region, so what releases a stream comes before
//! what takes it.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::DiGraph;

use super::item::{Item, Work};
use crate::desired::{Destination, HandOvers};
use crate::model::{Live, ProcessorName};

/// Creations and replacements in an order that lets each find its streams free.
pub(super) struct Order {
    pub groups: Vec<Group>,
    pub held: Vec<HeldStream>,
}

/// Processors that only work out together: one, or several that exchange
/// streams in a circle.
pub(super) struct Group {
    /// Indices of items, ascending.
    pub members: Vec<usize>,
    /// Indices into the order's groups that come before this one.
    pub after: BTreeSet<usize>,
}

/// A stream that its holder will not have released.
pub(super) struct HeldStream {
    /// The item that wants it.
    pub item: usize,
    pub stream: String,
    pub holder: ProcessorName,
    /// What narrowing leaves out of the plan: the holder, which would release it,
    /// and all that has to make way for the holder in turn. Empty when the holder
    /// keeps the stream.
    pub left_out: BTreeSet<ProcessorName>,
}

/// Orders the chosen creations and replacements.
///
/// `items` are all that is declared or live; `chosen` those that the plan covers.
pub(super) fn order(
    items: &[Item<'_>],
    chosen: &BTreeSet<usize>,
    live: &Live,
    hand_overs: &HandOvers,
) -> Order {
    let holders: BTreeMap<&str, &ProcessorName> = live
        .processors
        .iter()
        .flat_map(|(name, live)| live.definition.exclusive_streams().map(move |arn| (arn, name)))
        .collect();
    let by_name: BTreeMap<&ProcessorName, usize> =
        items.iter().enumerate().map(|(index, item)| (item.name, index)).collect();
    let releases = |index: usize, stream: &str| {
        items[index].work == Work::Delete
            || items[index].work == Work::Replace
                && items[index].after.exclusive_streams().all(|kept| kept != stream)
    };

    // Which item would let go of a stream that is held.
    let releaser = |stream: &str| {
        let holder = by_name.get(*holders.get(stream)?)?;
        releases(*holder, stream).then_some(*holder)
    };

    let mut held = Vec::new();
    let mut waits: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for &index in chosen {
        let item = &items[index];
        if !matches!(item.work, Work::Create | Work::Replace | Work::Delete) {
            continue;
        }
        let before = waits.entry(index).or_default();
        if item.work == Work::Delete {
            continue;
        }
        for stream in item.after.exclusive_streams() {
            let Some(&holder) = holders.get(stream).filter(|holder| **holder != item.name) else {
                continue;
            };
            let releasing = releaser(stream);
            match &releasing {
                Some(other) if chosen.contains(other) => {
                    before.insert(*other);
                }
                _ => held.push(HeldStream {
                    item: index,
                    stream: stream.to_owned(),
                    holder: holder.clone(),
                    left_out: releasing
                        .map(|other| left_out(items, chosen, releaser, other))
                        .unwrap_or_default(),
                }),
            }
        }
    }
    // A processor under its old name and under its new one go together.
    for (old, new) in renamed(hand_overs, |name| by_name.get(name).copied(), items) {
        if let (true, true) = (waits.contains_key(&old), waits.contains_key(&new)) {
            waits.entry(old).or_default().insert(new);
            waits.entry(new).or_default().insert(old);
        }
    }
    Order { groups: groups(&waits), held }
}

/// The items that are one processor under its old name and under its new one.
fn renamed<'a>(
    hand_overs: &'a HandOvers,
    find: impl Fn(&ProcessorName) -> Option<usize> + 'a,
    items: &'a [Item<'_>],
) -> impl Iterator<Item = (usize, usize)> + 'a {
    hand_overs.moved.iter().filter_map(move |moved| {
        let Destination::Name(to) = &moved.to else { return None };
        let (old, new) = (find(&moved.from)?, find(to)?);
        let goes = items[old].work == Work::Delete && items[new].work == Work::Create;
        goes.then_some((old, new))
    })
}

/// The items that narrowing leaves out and that have to go before `first` can
/// let go of its stream, itself included.
fn left_out(
    items: &[Item<'_>],
    chosen: &BTreeSet<usize>,
    releaser: impl Fn(&str) -> Option<usize>,
    first: usize,
) -> BTreeSet<ProcessorName> {
    let mut names = BTreeSet::new();
    let mut open = vec![first];
    while let Some(index) = open.pop() {
        if !chosen.contains(&index) && names.insert(items[index].name.clone()) {
            open.extend(items[index].after.exclusive_streams().filter_map(&releaser));
        }
    }
    names
}

/// Gathers circles into groups and sorts the groups: dependencies first, and
/// the lowest item first among those that are free to go.
fn groups(waits: &BTreeMap<usize, BTreeSet<usize>>) -> Vec<Group> {
    let mut graph = DiGraph::<usize, ()>::new();
    let nodes: BTreeMap<usize, _> =
        waits.keys().map(|index| (*index, graph.add_node(*index))).collect();
    for (index, before) in waits {
        for other in before {
            graph.add_edge(nodes[index], nodes[other], ());
        }
    }
    let mut circles: Vec<Vec<usize>> = kosaraju_scc(&graph)
        .into_iter()
        .map(|circle| {
            let mut members: Vec<usize> = circle.into_iter().map(|node| graph[node]).collect();
            members.sort_unstable();
            members
        })
        .collect();
    circles.sort();

    let circle_of: BTreeMap<usize, usize> = circles
        .iter()
        .enumerate()
        .flat_map(|(at, members)| members.iter().map(move |member| (*member, at)))
        .collect();
    let needs: Vec<BTreeSet<usize>> = circles
        .iter()
        .enumerate()
        .map(|(at, members)| {
            members
                .iter()
                .flat_map(|member| &waits[member])
                .map(|other| circle_of[other])
                .filter(|other| *other != at)
                .collect()
        })
        .collect();

    // Kahn's algorithm over the circles, which cannot wait for each other in a circle.
    let mut missing: Vec<usize> = needs.iter().map(BTreeSet::len).collect();
    let mut unlocks: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, needed) in needs.iter().enumerate() {
        for other in needed {
            unlocks.entry(*other).or_default().push(at);
        }
    }
    let mut free: BTreeSet<usize> = (0..circles.len()).filter(|at| missing[*at] == 0).collect();
    let mut position = BTreeMap::new();
    let mut sorted = Vec::with_capacity(circles.len());
    while let Some(at) = free.pop_first() {
        position.insert(at, sorted.len());
        sorted.push(Group {
            members: circles[at].clone(),
            after: needs[at].iter().map(|other| position[other]).collect(),
        });
        for next in unlocks.get(&at).into_iter().flatten() {
            missing[*next] -= 1;
            if missing[*next] == 0 {
                free.insert(*next);
            }
        }
    }
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(waits: &[(usize, &[usize])]) -> Vec<(Vec<usize>, Vec<usize>)> {
        let waits = waits
            .iter()
            .map(|(index, before)| (*index, before.iter().copied().collect()))
            .collect();
        groups(&waits)
            .into_iter()
            .map(|group| (group.members, group.after.into_iter().collect()))
            .collect()
    }

    #[test]
    fn what_releases_comes_before_what_takes() {
        assert_eq!(
            sorted(&[(0, &[1]), (1, &[2]), (2, &[])]),
            [(vec![2], vec![]), (vec![1], vec![0]), (vec![0], vec![1])]
        );
    }

    #[test]
    fn a_circle_is_one_group_and_the_rest_waits_for_it() {
        assert_eq!(
            sorted(&[(0, &[3]), (1, &[2]), (2, &[4]), (3, &[]), (4, &[1]), (5, &[4])]),
            [(vec![1, 2, 4], vec![]), (vec![3], vec![]), (vec![0], vec![1]), (vec![5], vec![0])]
        );
    }

    #[test]
    fn a_long_chain_does_not_recurse() {
        let chain: Vec<(usize, Vec<usize>)> = (0..20_000)
            .map(|index| (index, if index == 0 { vec![] } else { vec![index - 1] }))
            .collect();
        let waits: BTreeMap<usize, BTreeSet<usize>> = chain
            .into_iter()
            .map(|(index, before)| (index, before.into_iter().collect()))
            .collect();
        assert_eq!(groups(&waits).len(), 20_000);
    }
}
