//! What was applied before: the third side of a difference. The record on a processor
//! tells it, or else earlier files do.

use super::Origin;
use super::ownership::{Owner, noted};
use crate::desired::Desired;
use crate::diff::{Difference, Target};
use crate::model::{
    Attribute, Default, Definition, KmsComparison, ProcessorName, Record, Recorded, TagScope,
    Value, compare_kms_keys,
};

/// What is known of what was applied to a processor.
#[derive(Clone, Copy)]
pub(super) enum Applied<'a> {
    /// Nothing.
    Unknown,
    /// What its record says.
    Record(&'a Record),
    /// What earlier files said.
    Base(&'a Base<'a>),
}

/// What earlier files said of a processor.
pub(super) enum Base<'a> {
    /// They did not declare it.
    Undeclared,
    /// This definition, of which this would have been the record.
    Declared { record: Record, definition: &'a Definition },
}

impl<'a> Base<'a> {
    /// Takes what the files said of this name.
    pub(super) fn of(name: &ProcessorName, arn: &str, base: &'a Desired) -> Base<'a> {
        let Some(declaration) = base.processors.get(name) else { return Base::Undeclared };
        let definition = &declaration.definition;
        let target = Target::new(definition.clone());
        let record = noted(arn, None, &target, &[], declaration, &base.tag_policy);
        Base::Declared { record, definition }
    }
}

impl<'a> Applied<'a> {
    /// What was applied last is what the record says, if it says anything.
    pub(super) fn new(owner: &'a Owner, base: Option<&'a Base<'a>>) -> Applied<'a> {
        match (owner.record().filter(|record| record.tells_attributes()), base) {
            (Some(record), _) => Applied::Record(record),
            (None, Some(base)) => Applied::Base(base),
            (None, None) => Applied::Unknown,
        }
    }
}

/// Which side of a difference moved since something was applied.
pub(super) fn origin(difference: &Difference, applied: Applied<'_>, desired: &Desired) -> Origin {
    let Difference { attribute, before, after } = difference;
    let record = match applied {
        Applied::Unknown => return Origin::Unknown,
        Applied::Record(record) | Applied::Base(Base::Declared { record, .. }) => record,
        // What the files declare now, they did not manage.
        Applied::Base(Base::Undeclared) => return Origin::Config,
    };
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
