//! Attribute by attribute comparison of two definitions.

use serde_json::{Value, json};

use super::target::settle_equivalents;
use crate::model::{Attribute, Processor, attributes};

/// One attribute that two definitions disagree about.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    pub attribute: Attribute,
    /// In the TOML's shape; null means absent.
    pub before: Value,
    /// In the TOML's shape; null means absent.
    pub after: Value,
}

/// Every attribute that differs, in the order of reports.
pub fn differences(before: &Processor, after: &Processor) -> Vec<Difference> {
    if before == after {
        return Vec::new();
    }
    let (mut old, mut new) = (attributes(before), attributes(after));
    // Data sharing is off where it is absent, and a flip reads better in full.
    for side in [&mut old, &mut new] {
        side.entry(Attribute::DataSharing).or_insert(json!(false));
    }
    let mut names: Vec<Attribute> = old.keys().chain(new.keys()).cloned().collect();
    names.sort();
    names.dedup();
    names
        .into_iter()
        .filter_map(|attribute| {
            let before = old.remove(&attribute).unwrap_or(Value::Null);
            let after = new.remove(&attribute).unwrap_or(Value::Null);
            (before != after).then_some(Difference { attribute, before, after })
        })
        .collect()
}

/// What the service holds otherwise than it was asked to.
///
/// Spellings that the service may choose by itself are no difference: a default
/// confidence shown or left out, a KMS key echoed as its ARN.
pub fn unlike(expected: &Processor, live: &Processor) -> Vec<Difference> {
    let mut expected = expected.clone();
    settle_equivalents(&mut expected, live);
    differences(live, &expected)
}
