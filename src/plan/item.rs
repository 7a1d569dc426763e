//! One declared processor beside its live one: what there is to do.

use std::borrow::Cow;

use super::Effect;
use super::effect::effect;
use crate::desired::{Declaration, Desired};
use crate::diff::{Difference, differences, target};
use crate::model::{
    Attribute, Fact, Live, Processor, ProcessorName, RunState, TagKnowledge, attributes,
};
use serde_json::Value;

/// What is to be done about one declared processor.
pub(super) struct Item<'a> {
    pub name: &'a ProcessorName,
    pub declaration: &'a Declaration,
    pub live: Option<Counterpart<'a>>,
    /// What it is to be; of a replacement or creation, what to create.
    pub after: Cow<'a, Processor>,
    pub differences: Vec<Difference>,
    pub work: Work,
    /// A KMS alias on one side and a key on the other were taken for equal.
    pub kms_key_unclear: bool,
}

/// The live side of an item.
#[derive(Clone, Copy)]
pub(super) struct Counterpart<'a> {
    pub processor: &'a Processor,
    pub fact: &'a Fact,
}

/// The kind of work, by what it does to the live processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Work {
    /// Delete and create again, because something fixed at creation differs.
    Replace,
    /// It does not exist.
    Create,
    /// Everything that differs changes in place.
    Modify,
    /// Nothing differs.
    Nothing,
}

impl<'a> Item<'a> {
    /// Compares a declaration with what lives under its name.
    pub(super) fn new(
        name: &'a ProcessorName,
        declaration: &'a Declaration,
        desired: &Desired,
        live: &'a Live,
    ) -> Item<'a> {
        let counterpart = live
            .inventory
            .get(name)
            .zip(live.facts.get(name))
            .map(|(processor, fact)| Counterpart { processor, fact });
        let Some(counterpart) = counterpart else {
            return Item::creation(name, declaration);
        };
        let target = target(
            &declaration.processor,
            &declaration.lifecycle.ignore_changes,
            &desired.tag_policy,
            counterpart.processor,
            counterpart.fact.tags,
        );
        let differences = differences(counterpart.processor, &target.after);
        let kind = counterpart.processor.kind();
        let replaces =
            |difference: &Difference| effect(kind, &difference.attribute) == Effect::Replace;
        let work = if differences.iter().any(replaces) {
            Work::Replace
        } else if differences.is_empty() {
            Work::Nothing
        } else {
            Work::Modify
        };
        let kms_key_unclear = target.kms_key_unclear;
        let after = match work {
            Work::Replace => Cow::Owned(target.into_replacement()),
            // Where nothing differs, it is the live one.
            Work::Nothing => Cow::Borrowed(counterpart.processor),
            Work::Create | Work::Modify => Cow::Owned(target.after),
        };
        Item {
            name,
            declaration,
            live: Some(counterpart),
            after,
            differences,
            work,
            kms_key_unclear,
        }
    }

    fn creation(name: &'a ProcessorName, declaration: &'a Declaration) -> Item<'a> {
        let after = Cow::Borrowed(&declaration.processor);
        let differences = attributes(&declaration.processor)
            .into_iter()
            .map(|(attribute, after)| Difference { attribute, before: Value::Null, after })
            .collect();
        Item {
            name,
            declaration,
            live: None,
            after,
            differences,
            work: Work::Create,
            kms_key_unclear: false,
        }
    }

    /// What an attribute's difference leads to.
    pub(super) fn effect(&self, attribute: &Attribute) -> Effect {
        match self.live {
            None => Effect::Create,
            Some(live) => effect(live.processor.kind(), attribute),
        }
    }

    /// Whether the live processor is a face search processor that runs.
    pub(super) fn runs(&self) -> bool {
        self.live.is_some_and(|live| live.processor.run_state == Some(RunState::Running))
    }

    /// Whether it is to run in the end.
    pub(super) fn shall_run(&self) -> bool {
        self.after.run_state == Some(RunState::Running)
    }

    /// Whether the live tags are known at all.
    pub(super) fn tags_are_known(&self) -> bool {
        self.live.is_none_or(|live| live.fact.tags != TagKnowledge::Unknown)
    }
}
