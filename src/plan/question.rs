//! Whose tags have to be read for certain before a plan can be believed.

use std::collections::BTreeSet;

use super::item::{Item, Work};
use crate::desired::Desired;
use crate::model::{Live, ProcessorName, TagKnowledge, TagScope};

/// Whether the files say anything about a processor's tags.
pub(super) fn manages_tags(item: &Item<'_>, desired: &Desired) -> bool {
    let policy = &desired.tag_policy;
    item.declaration.is_some_and(|declaration| {
        policy.scope == TagScope::Exclusive
            || declaration.definition.tags().any(|(key, _)| !policy.protects(key))
    })
}

/// The processors whose tags are in question.
///
/// The Resource Groups Tagging API may lag and may not cover every processor:
/// it is believed where it agrees with the files. Where believing it would cause
/// a write, or a replacement that has to carry the tags over, the authority
/// (ListTagsForResource) is asked.
pub fn tags_in_question(desired: &Desired, live: &Live) -> BTreeSet<ProcessorName> {
    let known = |name| live.processors.get(name);
    desired
        .processors
        .iter()
        .map(|(name, declaration)| Item::declared(name, declaration, known(name), desired))
        .filter(|item| match item.before().map(|before| before.tags) {
            None | Some(TagKnowledge::Confirmed) => false,
            Some(TagKnowledge::Unknown) => {
                item.work == Work::Replace || manages_tags(item, desired)
            }
            Some(TagKnowledge::Hinted) => item.work == Work::Replace || item.changes_tags(),
        })
        .map(|item| item.name.clone())
        .collect()
}
