//! Counting what a plan does.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Action, Call, Calls, Change, Operation, Pace, Summary, estimate};

/// What the plan does not do, and how often.
pub(super) struct Rest {
    pub unchanged: usize,
    pub undeclared: usize,
    pub other_stacks: usize,
    pub skipped: usize,
    pub left_out: usize,
}

/// Counts actions and calls.
pub(super) fn summary(changes: &[Change], calls: &[Call], rest: Rest, pace: Pace) -> Summary {
    let count = |action| changes.iter().filter(|change| change.actions.contains(&action)).count();
    let mut by_operation: BTreeMap<Operation, usize> = BTreeMap::new();
    for call in calls {
        *by_operation.entry(call.operation).or_default() += 1;
    }
    let Rest { unchanged, undeclared, other_stacks, skipped, left_out } = rest;
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
        other_stacks,
        skipped,
        left_out,
        calls: Calls {
            total: calls.len(),
            seconds: seconds(estimate::duration(changes, calls, pace)),
            by_operation,
        },
    }
}

/// Rounded up to a tenth.
fn seconds(duration: Duration) -> f64 {
    let tenths = duration.as_millis().div_ceil(100);
    #[expect(clippy::cast_precision_loss, reason = "no plan takes that long")]
    let tenths = tenths as f64;
    tenths / 10.0
}
