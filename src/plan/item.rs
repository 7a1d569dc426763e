//! One processor, declared, live or both: what there is to do about it.

use std::borrow::Cow;

use jiff::civil::Date;

use super::Origin;
use super::applied::{Applied, Base, origin, real};
use super::ownership::{self, Owner};
use crate::desired::{Declaration, Desired, Destination, DriftIgnore, Marks, OnDrift};
use crate::diff::{self, Difference, Target, target};
use crate::model::{Attribute, Definition, LiveProcessor, ProcessorName, RunState, TagKnowledge};

/// What is to be done about one processor.
pub(super) struct Item<'a> {
    pub name: &'a ProcessorName,
    pub declaration: Option<&'a Declaration>,
    pub live: Option<&'a LiveProcessor>,
    /// Whose the live processor is.
    pub owner: Owner,
    /// What the files said before, where that is known.
    pub base: Option<Base<'a>>,
    /// What it is to be; of a replacement or creation, what to create.
    pub after: Cow<'a, Definition>,
    /// What differs, the marks apart.
    pub differences: Vec<Difference>,
    /// What differs in rekon's own tags.
    pub marks: Vec<Difference>,
    /// What differs and stays as it lives, because the plan is to leave it.
    pub held: Vec<Difference>,
    /// What the files changed about the whole of it is left for another plan: that it is to
    /// go, to have another name, or to be adopted.
    pub waits: bool,
    pub work: Work,
    /// A KMS alias on one side and a key on the other were taken for equal.
    pub kms_key_unclear: bool,
}

/// The kind of work, by what it does to the live processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Work {
    /// Delete for good: no file declares it any more.
    Delete,
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

    /// Whether a delete is part of it.
    pub(super) fn destroys(self) -> bool {
        matches!(self, Work::Delete | Work::Replace)
    }
}

/// Which differences a plan closes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Intent {
    /// What to do about what the service changed.
    pub on_drift: OnDrift,
    /// Whether what the files changed waits.
    pub leaves_config: bool,
    /// Whether what is known is left as it is.
    pub ignores: bool,
    /// The day, which ends what is to be left until then.
    pub today: Option<Date>,
}

impl Intent {
    /// The entry that has a difference left as it lives, because it is known.
    pub(super) fn ignored<'d>(
        self,
        name: &ProcessorName,
        difference: &Difference,
        desired: &'d Desired,
    ) -> Option<&'d DriftIgnore> {
        let Difference { attribute, before, after: _ } = difference;
        let live = real(attribute, before);
        let known = desired.drift_ignores.iter().filter(|_| self.ignores);
        known.filter(|one| !one.is_over(self.today)).find(|one| one.covers(name, attribute, live))
    }

    /// Whether a difference of this origin is left as it lives.
    fn holds(self, origin: Origin) -> bool {
        match origin {
            Origin::Drift => self.on_drift == OnDrift::Keep,
            // The value that was applied is known by its digest alone, so that it cannot
            // be put back, and the file's is not to be applied.
            Origin::Both => self.on_drift == OnDrift::Keep || self.leaves_config,
            Origin::Config | Origin::Unknown => self.leaves_config,
        }
    }
}

impl<'a> Item<'a> {
    /// Compares a declaration with what lives under its name.
    pub(super) fn declared(
        name: &'a ProcessorName,
        declaration: &'a Declaration,
        live: Option<&'a LiveProcessor>,
        desired: &Desired,
        base: Option<&'a Desired>,
        intent: Intent,
    ) -> Item<'a> {
        let Some(live) = live else { return Item::creation(name, declaration, desired, base) };
        let before = &live.definition;
        let owner = Owner::of(live, desired);
        let base = base.map(|base| Base::of(name, &live.arn, base));
        let applied = Applied::new(&owner, base.as_ref());
        let mut target = target(
            &declaration.definition,
            &declaration.lifecycle.ignore_changes,
            &desired.tag_policy,
            owner.record(),
            before,
        );
        let mut differences = diff::differences(before, &target.after);
        let held: Vec<Difference> = differences
            .iter()
            .filter(|difference| {
                intent.holds(origin(difference, applied, desired))
                    || intent.ignored(name, difference, desired).is_some()
            })
            .cloned()
            .collect();
        if !held.is_empty() {
            let attributes = held.iter().map(|held| held.attribute.clone()).collect();
            target.hold(before, &attributes);
            differences = diff::differences(before, &target.after);
        }
        let kind = before.kind();
        let replaces = differences.iter().any(|difference| difference.attribute.replaces(kind));
        let kms_key_unclear = target.kms_key_unclear;
        if replaces {
            // What is created is in the files' spelling, and so is its record.
            target = Target::new(target.into_replacement());
        }
        // What is put back is as it was recorded.
        let waits = intent.leaves_config && owner.is_adoptable(desired);
        let leaves_marks = intent.leaves_config || owner.takes_no_marks(desired);
        let record = (!leaves_marks).then(|| {
            let attributes: Vec<_> = held.iter().map(|held| held.attribute.clone()).collect();
            ownership::record(&live.arn, owner.record(), &target, &attributes, declaration, desired)
        });
        let mut after = match record.is_none() && differences.is_empty() {
            false => Cow::Owned(target.after),
            true => Cow::Borrowed(before),
        };
        let mut marks = Vec::new();
        if let Some(record) = &record {
            marks = ownership::mark(after.to_mut(), before, record, desired);
        }
        let work = match (replaces, differences.is_empty() && marks.is_empty()) {
            (true, _) => Work::Replace,
            (false, false) => Work::Modify,
            // Where nothing differs, it is the live one.
            (false, true) => {
                after = Cow::Borrowed(before);
                Work::Nothing
            }
        };
        let (declaration, live) = (Some(declaration), Some(live));
        Item {
            name,
            declaration,
            live,
            owner,
            base,
            after,
            differences,
            marks,
            held,
            waits,
            work,
            kms_key_unclear,
        }
    }

    /// A processor that no file declares.
    pub(super) fn undeclared(
        name: &'a ProcessorName,
        live: &'a LiveProcessor,
        desired: &Desired,
    ) -> Item<'a> {
        let owner = Owner::of(live, desired);
        let before = &live.definition;
        let hand_overs = &desired.hand_overs;
        let elsewhere =
            hand_overs.moved(name).is_some_and(|moved| matches!(moved.to, Destination::Stack(_)));
        let released = hand_overs.removed(name).is_some_and(|removed| !removed.destroy);
        let (mut differences, mut marks) = (Vec::new(), Vec::new());
        let mut after = Cow::Borrowed(before);
        let work = match &owner {
            Owner::Own(_) if elsewhere => Work::Leave,
            Owner::Own(_) if released => {
                after.to_mut().retain(|attribute| !ownership::is_mark(attribute));
                marks = diff::differences(before, &after);
                Work::Modify
            }
            Owner::Own(Some(_)) => {
                let attributes = before.iter().filter(|(one, _)| !ownership::is_mark(one));
                differences.extend(attributes.map(|(attribute, value)| Difference {
                    attribute: attribute.clone(),
                    before: Some(value.clone()),
                    after: None,
                }));
                Work::Delete
            }
            _ => Work::Leave,
        };
        Item {
            name,
            declaration: None,
            live: Some(live),
            owner,
            base: None,
            after,
            differences,
            marks,
            held: Vec::new(),
            waits: false,
            work,
            kms_key_unclear: false,
        }
    }

    fn creation(
        name: &'a ProcessorName,
        declaration: &'a Declaration,
        desired: &Desired,
        base: Option<&'a Desired>,
    ) -> Item<'a> {
        // What comes back brings its marks, of which nobody is to decide.
        let attributes = declaration.definition.iter();
        let attributes = attributes.filter(|(attribute, _)| !ownership::is_mark(attribute));
        let differences = attributes.map(|(attribute, value)| Difference {
            attribute: attribute.clone(),
            before: None,
            after: Some(value.clone()),
        });
        let differences = differences.collect();
        let mut after = Cow::Borrowed(&declaration.definition);
        let arn = desired.stack.arn(name);
        if desired.ownership.marks != Marks::None {
            let target = Target::new(declaration.definition.clone());
            let record = ownership::record(&arn, None, &target, &[], declaration, desired);
            ownership::mark(after.to_mut(), &declaration.definition, &record, desired);
        }
        Item {
            name,
            declaration: Some(declaration),
            live: None,
            owner: Owner::Nobody,
            base: base.map(|base| Base::of(name, &arn, base)),
            after,
            differences,
            marks: Vec::new(),
            held: Vec::new(),
            waits: false,
            work: Work::Create,
            kms_key_unclear: false,
        }
    }

    /// What is known of what was applied.
    pub(super) fn applied(&self) -> Applied<'_> {
        Applied::new(&self.owner, self.base.as_ref())
    }

    /// The same processor, of which nothing is done.
    pub(super) fn waiting(self) -> Item<'a> {
        let (differences, marks) = (Vec::new(), Vec::new());
        Item { differences, marks, waits: true, work: Work::Nothing, ..self }
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

    /// Whether what lives under a declared name becomes this stack's.
    pub(super) fn is_adopted(&self) -> bool {
        self.live.is_some()
            && self.declaration.is_some()
            && matches!(self.owner, Owner::Nobody | Owner::Other(_))
            && !self.marks.is_empty()
    }

    /// What of the live definition is planned against, in the order of reports: attributes,
    /// then marks.
    pub(super) fn tag_differences(&self) -> impl Iterator<Item = &Difference> {
        self.differences.iter().chain(&self.marks)
    }

    /// Whether any tag differs, a mark included.
    pub(super) fn changes_tags(&self) -> bool {
        !self.marks.is_empty()
            || self
                .differences
                .iter()
                .any(|difference| matches!(difference.attribute, Attribute::Tag(_)))
    }
}
