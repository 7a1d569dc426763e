//! Whose tags have to be read for certain before a plan can be believed.

use std::collections::BTreeSet;

use super::Narrowing;
use super::item::{Intent, Item, Work};
use super::ownership::Owner;
use crate::desired::{Desired, Marks};
use crate::model::{Live, LiveProcessor, ProcessorName, TagKnowledge, TagScope};

/// Whether the files say anything about a processor's tags.
pub(super) fn manages_tags(item: &Item<'_>, desired: &Desired) -> bool {
    let policy = &desired.tag_policy;
    item.declaration.is_some_and(|declaration| {
        desired.ownership.marks != Marks::None
            || policy.scope == TagScope::Exclusive
            || declaration.definition.tags().any(|(key, _)| !policy.protects(key))
    })
}

/// The processors that a plan covers and whose tags are in question.
///
/// The Resource Groups Tagging API may lag and may not cover every processor:
/// it is believed where it agrees with the files. Where believing it would cause
/// a write, or a replacement that has to carry the tags over, the authority
/// (ListTagsForResource) is asked.
pub fn tags_in_question(
    desired: &Desired,
    narrowing: &Narrowing,
    live: &Live,
) -> BTreeSet<ProcessorName> {
    let asked = live.processors.iter();
    asked
        .filter(|(name, live)| is_in_question(desired, narrowing, name, live))
        .map(|(name, _)| name.clone())
        .collect()
}

/// Whether the tags of this processor are in question.
pub fn is_in_question(
    desired: &Desired,
    narrowing: &Narrowing,
    name: &ProcessorName,
    live: &LiveProcessor,
) -> bool {
    let knowledge = live.definition.tags;
    let Some(declaration) = desired.processors.get(name) else {
        let item = Item::undeclared(name, live, desired);
        return narrowing.covers_undeclared(name, live)
            && match knowledge {
                TagKnowledge::Confirmed => false,
                // It may be this stack's, and to be deleted.
                TagKnowledge::Unknown => item.owner == Owner::Unknown,
                TagKnowledge::Hinted => item.work.changes(),
            };
    };
    if !narrowing.covers(name, declaration) {
        return false;
    }
    let item = Item::declared(name, declaration, Some(live), desired, None, Intent::default());
    let stranger = matches!(item.owner, Owner::Other(_));
    match knowledge {
        TagKnowledge::Confirmed => false,
        TagKnowledge::Unknown => item.work == Work::Replace || manages_tags(&item, desired),
        TagKnowledge::Hinted => item.work == Work::Replace || item.changes_tags() || stranger,
    }
}
