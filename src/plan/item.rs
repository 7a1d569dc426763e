//! One processor, declared, live or both: what there is to do about it.

use std::borrow::Cow;

use crate::desired::{Declaration, Desired};
use crate::diff::{Difference, differences, target};
use crate::model::{Attribute, Definition, LiveProcessor, ProcessorName, RunState, TagKnowledge};

/// What is to be done about one processor.
pub(super) struct Item<'a> {
    pub name: &'a ProcessorName,
    pub declaration: Option<&'a Declaration>,
    pub live: Option<&'a LiveProcessor>,
    /// What it is to be; of a replacement or creation, what to create.
    pub after: Cow<'a, Definition>,
    pub differences: Vec<Difference>,
    pub work: Work,
    /// A KMS alias on one side and a key on the other were taken for equal.
    pub kms_key_unclear: bool,
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
    /// No file declares it, and it is somebody else's.
    Leave,
}

impl Work {
    /// Whether anything is done at all.
    pub(super) fn changes(self) -> bool {
        !matches!(self, Work::Nothing | Work::Leave)
    }
}

impl<'a> Item<'a> {
    /// Compares a declaration with what lives under its name.
    pub(super) fn declared(
        name: &'a ProcessorName,
        declaration: &'a Declaration,
        live: Option<&'a LiveProcessor>,
        desired: &Desired,
    ) -> Item<'a> {
        let Some(live) = live else { return Item::creation(name, declaration) };
        let target = target(
            &declaration.definition,
            &declaration.lifecycle.ignore_changes,
            &desired.tag_policy,
            &live.definition,
        );
        let differences = differences(&live.definition, &target.after);
        let kind = live.definition.kind();
        let work = if differences.iter().any(|difference| difference.attribute.replaces(kind)) {
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
            Work::Nothing | Work::Leave => Cow::Borrowed(&live.definition),
            Work::Create | Work::Modify => Cow::Owned(target.after),
        };
        let declaration = Some(declaration);
        Item { name, declaration, live: Some(live), after, differences, work, kms_key_unclear }
    }

    /// A processor that no file declares.
    pub(super) fn undeclared(name: &'a ProcessorName, live: &'a LiveProcessor) -> Item<'a> {
        Item {
            name,
            declaration: None,
            live: Some(live),
            after: Cow::Borrowed(&live.definition),
            differences: Vec::new(),
            work: Work::Leave,
            kms_key_unclear: false,
        }
    }

    fn creation(name: &'a ProcessorName, declaration: &'a Declaration) -> Item<'a> {
        let attributes = declaration.definition.iter();
        let differences = attributes.map(|(attribute, value)| Difference {
            attribute: attribute.clone(),
            before: None,
            after: Some(value.clone()),
        });
        Item {
            name,
            declaration: Some(declaration),
            live: None,
            after: Cow::Borrowed(&declaration.definition),
            differences: differences.collect(),
            work: Work::Create,
            kms_key_unclear: false,
        }
    }

    /// The live definition.
    pub(super) fn before(&self) -> Option<&'a Definition> {
        self.live.map(|live| &live.definition)
    }

    /// Whether the live processor is a face search processor that runs.
    pub(super) fn runs(&self) -> bool {
        self.before().is_some_and(|before| before.run_state() == Some(RunState::Running))
    }

    /// Whether it is to run in the end.
    pub(super) fn shall_run(&self) -> bool {
        self.after.run_state() == Some(RunState::Running)
    }

    /// Whether the live tags are known at all.
    pub(super) fn tags_are_known(&self) -> bool {
        self.before().is_none_or(|before| before.tags != TagKnowledge::Unknown)
    }

    /// Whether any tag differs.
    pub(super) fn changes_tags(&self) -> bool {
        self.differences.iter().any(|difference| matches!(difference.attribute, Attribute::Tag(_)))
    }
}
