//! Whose a live processor is, which side of a difference moved, and what rekon leaves on
//! a processor to know that later.

use crate::desired::{Declaration, Desired, Marks};
use crate::diff::{Difference, Target};
use crate::model::{
    Attribute, Default, Definition, KmsComparison, LiveProcessor, RECORD_TAG, Record, Recorded,
    STACK_TAG, TagKnowledge, TagScope, Value, compare_kms_keys,
};

use super::Origin;

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

/// Which side of a difference moved since the record was written.
pub(super) fn origin(
    difference: &Difference,
    record: Option<&Record>,
    desired: &Desired,
) -> Origin {
    let Difference { attribute, before, after } = difference;
    let Some(record) = record else { return Origin::Unknown };
    let recorded = match record.recorded(attribute) {
        Recorded::Unknown => return Origin::Unknown,
        // The file did not manage it, and now it does.
        Recorded::Unmanaged => return Origin::Config,
        // Of a tag that rekon did not set, the same is true; but where every key is
        // managed, absent is what it was.
        Recorded::Absent
            if attribute.tag().is_some() && desired.tag_policy.scope == TagScope::Declared =>
        {
            return Origin::Config;
        }
        recorded => recorded,
    };
    let by = |same: fn(Recorded, &Attribute, Option<&Value>) -> bool| {
        let stayed = |side: &Option<Value>| same(recorded, attribute, real(attribute, side));
        match (stayed(before), stayed(after)) {
            (true, false) => Some(Origin::Config),
            (false, true) => Some(Origin::Drift),
            (false, false) => Some(Origin::Both),
            (true, true) => None,
        }
    };
    // Two spellings may both mean what was recorded; then the letters decide.
    by(means).or_else(|| by(Recorded::is)).unwrap_or(Origin::Unknown)
}

/// A value as a definition has it: a difference writes out a flag that is absent.
pub(super) fn real<'a>(attribute: &Attribute, side: &'a Option<Value>) -> Option<&'a Value> {
    side.as_ref().filter(|value| attribute.shape().default != Default::Empty || !value.is_empty())
}

/// Whether a value means what is recorded, however the service spells it.
fn means(recorded: Recorded, attribute: &Attribute, value: Option<&Value>) -> bool {
    if recorded.is(attribute, value) {
        return true;
    }
    match (attribute.shape().default, value) {
        (Default::Shown(number), None) => recorded.is(attribute, Some(&Value::Number(number))),
        (Default::Shown(number), Some(value)) if *value == Value::Number(number) => {
            recorded.is(attribute, None)
        }
        (_, Some(Value::Text(key))) if *attribute == Attribute::KmsKeyId => {
            // The ARN ends in what may have been written alone.
            let tail = key.rsplit_once(':').map_or(&**key, |(_, tail)| tail);
            [tail, tail.trim_start_matches("key/")].into_iter().any(|short| {
                compare_kms_keys(short, key) == KmsComparison::Same
                    && recorded.is(attribute, Some(&Value::text(short)))
            })
        }
        _ => false,
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
    let mut record = Record::new(arn, declaration.lifecycle.prevent_destroy);
    if desired.ownership.marks != Marks::Recorded {
        return record;
    }
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
        if ignored(&attribute) || desired.tag_policy.protects(key) {
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
    record.settled()
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
