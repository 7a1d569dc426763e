//! Counting what a plan does.

use std::collections::BTreeMap;

use super::{Action, Call, Calls, Change, Operation, Summary};

/// What the plan does not do, and how often.
pub(super) struct Rest {
    pub unchanged: usize,
    pub undeclared: usize,
    pub left_out: usize,
}

/// Counts actions and calls.
pub(super) fn summary(changes: &[Change], calls: &[Call], rest: Rest) -> Summary {
    let count = |action| changes.iter().filter(|change| change.actions.contains(&action)).count();
    let mut by_operation: BTreeMap<Operation, usize> = BTreeMap::new();
    for call in calls {
        *by_operation.entry(call.operation).or_default() += 1;
    }
    let Rest { unchanged, undeclared, left_out } = rest;
    Summary {
        create: count(Action::Create),
        update: count(Action::Update),
        replace: count(Action::Replace),
        delete: count(Action::Delete),
        adopt: count(Action::Adopt),
        record: count(Action::Record),
        start: count(Action::Start),
        stop: count(Action::Stop),
        unchanged,
        undeclared,
        left_out,
        calls: Calls { total: calls.len(), seconds: seconds(&by_operation), by_operation },
    }
}

/// The time that the slowest operation's quota makes the calls take; operations
/// have quotas of their own and run side by side. Rounded up to a tenth.
fn seconds(by_operation: &BTreeMap<Operation, usize>) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a fleet has at most 10,000 processors")]
    let slowest = by_operation
        .iter()
        .map(|(operation, count)| *count as f64 / operation.default_quota())
        .fold(0.0, f64::max);
    // Adding zero turns a negative zero into a plain one.
    (slowest * 10.0 - 1e-9).ceil().max(0.0) / 10.0 + 0.0
}
