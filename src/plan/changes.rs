//! From items to the changes of a plan: what is done, why, and what comes of it.

use std::collections::BTreeMap;

use super::applied::origin;
use super::calls::Part;
use super::item::{Item, Work};
use super::{Action, AttributeChange, Change, Effect, Origin};
use crate::desired::{Desired, Zone};
use crate::diagnostic::{Sources, Span};
use crate::diff::Difference;
use crate::model::{Attribute, RegionOfInterest, Regions, RunState};

/// The changes of the chosen items, in their order. Fingerprints are still to
/// come, since they cover the calls.
pub(super) fn changes(
    items: &[Item<'_>],
    chosen: impl IntoIterator<Item = usize>,
    mut parts: BTreeMap<usize, Part>,
    desired: &Desired,
    sources: &Sources,
) -> Vec<Change> {
    let changing = chosen.into_iter().filter(|index| items[*index].work.changes());
    changing
        .map(|index| {
            let item = &items[index];
            let Part { group, calls } = parts.remove(&index).unwrap_or_default();
            Change {
                name: item.name.to_string(),
                actions: actions(item),
                fingerprint: String::new(),
                source: item.declaration.map(|declaration| sources.locate_entry(declaration.span)),
                frame: item.declaration.and_then(|declaration| declaration.frame.clone()),
                moved_from: None,
                attributes: item
                    .differences
                    .iter()
                    .map(|difference| attribute_change(item, difference, desired, sources))
                    .collect(),
                expect: item.before().cloned(),
                result: (item.work != Work::Delete).then(|| item.after.clone().into_owned()),
                group,
                calls,
            }
        })
        .collect()
}

fn actions(item: &Item<'_>) -> Vec<Action> {
    let updates = |difference: &Difference| difference.attribute != Attribute::DesiredStatus;
    let mut actions = Vec::new();
    match item.work {
        Work::Delete => return vec![Action::Delete],
        Work::Replace => actions.push(Action::Replace),
        Work::Create => actions.push(Action::Create),
        Work::Modify if item.differences.iter().any(updates) => actions.push(Action::Update),
        Work::Modify | Work::Nothing | Work::Leave => {}
    }
    if item.is_adopted() {
        actions.push(Action::Adopt);
    }
    match (item.runs(), item.shall_run()) {
        (false, true) => actions.push(Action::Start),
        // Label detection has no run state, so a change of kind is no stop.
        (true, false) if item.after.run_state() == Some(RunState::Stopped) => {
            actions.push(Action::Stop);
        }
        _ => {}
    }
    if actions.is_empty() && item.work.changes() {
        actions.push(Action::Record);
    }
    actions
}

fn attribute_change(
    item: &Item<'_>,
    difference: &Difference,
    desired: &Desired,
    sources: &Sources,
) -> AttributeChange {
    let Difference { attribute, before, after } = difference;
    let effect = match item.before() {
        None => Effect::Create,
        Some(_) if item.work == Work::Delete => Effect::Delete,
        // The run state of a processor that changes its kind goes with it.
        Some(live) if attribute.replaces(live.kind()) && *attribute != Attribute::DesiredStatus => {
            Effect::Replace
        }
        Some(_) => Effect::InPlace,
    };
    let place = item.declaration.and_then(|declaration| declaration.place(attribute));
    let span = edited_zone(difference, &desired.zones).or(place.map(|place| place.span));
    AttributeChange {
        attribute: attribute.clone(),
        before: before.clone(),
        after: after.clone(),
        effect,
        origin: match item.work {
            Work::Delete => Origin::Config,
            _ => origin(difference, item.applied(), desired),
        },
        source: span.filter(|_| after.is_some()).map(|span| sources.locate(span)),
    }
}

/// Where the zone is written whose edit the difference is due to: all that comes is its
/// shape, for as many regions that go and were no zone's. Of a list that was edited, what
/// goes is often a zone that is still there.
fn edited_zone(difference: &Difference, zones: &BTreeMap<String, Zone>) -> Option<Span> {
    let before = difference.before.as_ref()?.as_regions()?;
    let after = difference.after.as_ref()?.as_regions()?;
    let (gone, come) = (missing(before, after), missing(after, before));
    let zone_of = |region: &RegionOfInterest| zones.values().find(|zone| zone.shape == *region);
    let zone = zone_of(come.first()?)?;
    let is_edit = come.iter().all(|region| **region == zone.shape)
        && gone.len() == come.len()
        && gone.into_iter().all(|region| zone_of(region).is_none());
    is_edit.then_some(zone.span)
}

/// The regions that the others lack, each as often as it is there more often.
fn missing<'a>(regions: &'a Regions, others: &Regions) -> Vec<&'a RegionOfInterest> {
    let mut others: Vec<&RegionOfInterest> = others.iter().collect();
    let lacks = |region: &&RegionOfInterest| {
        let found = others.iter().position(|other| other == region);
        found.map(|at| others.swap_remove(at)).is_none()
    };
    regions.iter().filter(lacks).collect()
}
