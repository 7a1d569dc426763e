//! Attribute by attribute comparison of two definitions.

use std::cmp::Ordering;

use super::target::settle_equivalents;
use crate::model::{Attribute, Default, Definition, Value};

/// One attribute that two definitions disagree about; `None` is absent.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// What differs.
    pub attribute: Attribute,
    /// What is; `None`: nothing.
    pub before: Option<Value>,
    /// What should be; `None`: nothing.
    pub after: Option<Value>,
}

/// Every attribute that differs, in the order of reports.
pub fn differences(before: &Definition, after: &Definition) -> Vec<Difference> {
    let (mut old, mut new) = (before.iter().peekable(), after.iter().peekable());
    let mut differences = Vec::new();
    loop {
        let side = match (old.peek(), new.peek()) {
            (None, None) => return differences,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((one, _)), Some((other, _))) => one.cmp(other),
        };
        let before = if side.is_le() { old.next() } else { None };
        let after = if side.is_ge() { new.next() } else { None };
        let Some((attribute, _)) = before.or(after) else { return differences };
        let (before, after) = (before.map(|(_, value)| value), after.map(|(_, value)| value));
        if before != after {
            // A flag that is absent is false, and a flip reads better in full.
            let shown = |value: Option<&Value>| match (value, attribute.shape().default) {
                (None, Default::Empty) if matches!(before.or(after), Some(Value::Flag(_))) => {
                    Some(Value::Flag(false))
                }
                (value, _) => value.cloned(),
            };
            differences.push(Difference {
                attribute: attribute.clone(),
                before: shown(before),
                after: shown(after),
            });
        }
    }
}

/// What the service holds otherwise than it was asked to.
///
/// Spellings that the service may choose by itself are no difference: a default
/// confidence shown or left out, a KMS key echoed as its ARN.
pub fn unlike(expected: &Definition, live: &Definition) -> Vec<Difference> {
    let mut expected = expected.clone();
    let _ = settle_equivalents(&mut expected, live);
    differences(live, &expected)
}
