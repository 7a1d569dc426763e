//! From items to the changes of a plan: what is done, why, and what comes of it.

use std::collections::BTreeMap;

use super::calls::Part;
use super::item::{Item, Work};
use super::ownership::origin;
use super::{Action, AttributeChange, Change, Effect, Origin};
use crate::desired::Desired;
use crate::diagnostic::Sources;
use crate::diff::Difference;
use crate::model::{Attribute, RunState};

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
    AttributeChange {
        attribute: attribute.clone(),
        before: before.clone(),
        after: after.clone(),
        effect,
        origin: match item.work {
            Work::Delete => Origin::Config,
            _ => origin(difference, item.owner.record(), desired),
        },
        source: place.filter(|_| after.is_some()).map(|place| sources.locate(place.span)),
    }
}
