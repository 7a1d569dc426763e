//! Whose a live processor is, and what rekon leaves on a processor to know that later.

use crate::desired::{Declaration, Desired, Marks};
use crate::diff::{Difference, Target};
use crate::model::{
    Attribute, Definition, LiveProcessor, RECORD_TAG, Record, Recorded, STACK_TAG, TagKnowledge,
    TagPolicy, Value,
};

/// Whose a live processor is, as far as its tags say.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Owner {
    /// The stack leaves no marks, so that nothing is anybody's.
    Unmarked,
    /// Nobody has read its tags.
    Unknown,
    /// Nobody's.
    Nobody,
    /// This stack's. Without a record that binds it, the mark may be a copy.
    Own(Option<Record>),
    /// Another stack's, by name.
    Other(String),
}

impl Owner {
    /// Reads the marks.
    pub(super) fn of(live: &LiveProcessor, desired: &Desired) -> Owner {
        let definition = &live.definition;
        if desired.ownership.marks == Marks::None {
            return Owner::Unmarked;
        }
        if definition.tags == TagKnowledge::Unknown {
            return Owner::Unknown;
        }
        let mark = |key: &str| definition.text(&Attribute::Tag(key.into()));
        match mark(STACK_TAG) {
            None => Owner::Nobody,
            Some(stack) if stack == desired.stack.name => {
                let record = mark(RECORD_TAG).and_then(Record::parse);
                Owner::Own(record.filter(|record| record.binds(&live.arn)))
            }
            Some(stack) => Owner::Other(stack.to_owned()),
        }
    }

    /// The record that binds it to this stack.
    pub(super) fn record(&self) -> Option<&Record> {
        match self {
            Owner::Own(record) => record.as_ref(),
            _ => None,
        }
    }

    /// Whether declaring it makes it this stack's.
    pub(super) fn is_adoptable(&self, desired: &Desired) -> bool {
        self.record().is_none() && !self.takes_no_marks(desired)
    }

    /// Whether it is left as it is: nobody knows whose it is, or it is another stack's.
    pub(super) fn takes_no_marks(&self, desired: &Desired) -> bool {
        match self {
            Owner::Unmarked | Owner::Unknown => true,
            Owner::Nobody | Owner::Own(_) => false,
            Owner::Other(stack) => !desired.ownership.accepts_from.contains(stack),
        }
    }
}

/// The record that a processor is to have once it is as `target` says. What `held` says
/// stays as it was recorded: it is known to differ.
pub(super) fn record(
    arn: &str,
    old: Option<&Record>,
    target: &Target,
    held: &[Attribute],
    declaration: &Declaration,
    desired: &Desired,
) -> Record {
    match desired.ownership.marks {
        Marks::Recorded => {
            noted(arn, old, target, held, declaration, &desired.tag_policy).settled()
        }
        Marks::Bound | Marks::None => Record::new(arn, declaration.lifecycle.prevent_destroy),
    }
}

/// All that there is to record, however long that is.
pub(super) fn noted(
    arn: &str,
    old: Option<&Record>,
    target: &Target,
    held: &[Attribute],
    declaration: &Declaration,
    tag_policy: &TagPolicy,
) -> Record {
    let mut record = Record::new(arn, declaration.lifecycle.prevent_destroy);
    record.begin();
    let after = &target.after;
    let ignored = |attribute: &Attribute| {
        declaration.lifecycle.ignore_changes.iter().any(|path| path.covers(attribute))
    };
    for attribute in Attribute::FIXED {
        let declared = declaration.definition.get(attribute);
        let unmanaged =
            ignored(attribute) || *attribute == Attribute::DesiredStatus && declared.is_none();
        if unmanaged {
            // What a processor of this kind never has is not worth a letter.
            if attribute.shape().kind.is_none_or(|kind| kind == after.kind()) {
                record.keep(attribute, Recorded::Unmanaged);
            }
        } else if let (true, Some(old)) = (held.contains(attribute), old) {
            record.keep(attribute, old.recorded(attribute));
        } else {
            let spelled = target.spelled.iter().find(|(spelled, _)| spelled == attribute);
            let value = after.get(attribute);
            let known = old.map(|old| old.recorded(attribute)).filter(|known| {
                known.is(attribute, value)
                    || spelled.is_some_and(|(_, value)| known.is(attribute, value.as_ref()))
            });
            match known {
                Some(known) => record.keep(attribute, known),
                None => record.note(attribute, value),
            }
        }
    }
    for (key, value) in declaration.definition.tags() {
        let attribute = Attribute::Tag(key.into());
        if ignored(&attribute) || tag_policy.protects(key) {
            continue;
        }
        match old.filter(|_| held.contains(&attribute)) {
            Some(old) => record.keep(&attribute, old.recorded(&attribute)),
            None => record.note(&attribute, Some(&Value::text(value))),
        }
    }
    // A tag that was taken out of the files and is held is still rekon's to remember.
    if let Some(old) = old {
        for attribute in held.iter().filter(|attribute| attribute.tag().is_some()) {
            record.keep(attribute, old.recorded(attribute));
        }
    }
    record
}

/// Puts the marks on what a processor is to be; gives what differs in them from `before`.
pub(super) fn mark(
    after: &mut Definition,
    before: &Definition,
    record: &Record,
    desired: &Desired,
) -> Vec<Difference> {
    let marks = [(STACK_TAG, desired.stack.name.clone()), (RECORD_TAG, record.to_string())];
    let mut differences = Vec::new();
    for (key, value) in marks {
        let (attribute, value) = (Attribute::Tag(key.into()), Value::text(&value));
        if before.get(&attribute) != Some(&value) {
            differences.push(Difference {
                attribute: attribute.clone(),
                before: before.get(&attribute).cloned(),
                after: Some(value.clone()),
            });
        }
        after.put(attribute, value);
    }
    differences
}

/// Whether a tag is one of rekon's marks.
pub(super) fn is_mark(attribute: &Attribute) -> bool {
    attribute.tag().is_some_and(|key| key.starts_with("rekon:"))
}
