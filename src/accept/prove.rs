//! That the new texts say what lives where they should, and nothing else anew.

use super::convert::{Refusal, Wanted};
use crate::desired::{Declaration, Desired};
use crate::diff;
use crate::model::ProcessorName;
use crate::plan::Plan;

/// Proves that a plan made of the texts changes nothing of what is wanted.
pub(super) fn said(plan: &Plan, wanted: &Wanted) -> Result<(), Refusal> {
    for change in &plan.changes {
        let name = ProcessorName::new(&change.name).ok();
        let values = name.and_then(|name| wanted.get_key_value(&name));
        let Some((name, values)) = values else { continue };
        let other = change.attributes.iter().find(|one| values.contains_key(&one.attribute));
        if let Some(other) = other {
            let attribute = &other.attribute;
            return Err(Refusal::Unproved(format!(
                "no edit was found after which the files say of {name} what lives: {attribute}"
            )));
        }
    }
    Ok(())
}

/// Proves that the texts differ in meaning in nothing but that.
pub(super) fn nothing_else(
    before: &Desired,
    after: &Desired,
    wanted: &Wanted,
) -> Result<(), Refusal> {
    let Desired {
        stack,
        guard,
        tag_policy,
        ownership,
        hand_overs,
        zones,
        processors,
        drift_ignores,
    } = before;
    let same = *stack == after.stack
        && *guard == after.guard
        && *tag_policy == after.tag_policy
        && *ownership == after.ownership
        && *drift_ignores == after.drift_ignores
        && zones.keys().eq(after.zones.keys())
        && processors.keys().eq(after.processors.keys())
        && hand_overs.removed.len() == after.hand_overs.removed.len()
        && hand_overs.moved.len() == after.hand_overs.moved.len();
    if !same {
        return Err(Refusal::Unproved("the files would say more than what lives".to_owned()));
    }
    for ((name, before), after) in processors.iter().zip(after.processors.values()) {
        let Declaration { definition, lifecycle, frame, span: _, places: _ } = before;
        let values = wanted.get(name);
        let other = diff::differences(definition, &after.definition)
            .into_iter()
            .find(|one| values.is_none_or(|values| !values.contains_key(&one.attribute)));
        let beside = (lifecycle, frame) != (&after.lifecycle, &after.frame);
        if other.is_some() || beside {
            let what = other
                .map_or_else(|| "lifecycle or frame".to_owned(), |one| one.attribute.to_string());
            return Err(Refusal::Unproved(format!(
                "the files would say something else of {name} besides: {what}"
            )));
        }
    }
    Ok(())
}
