//! The fingerprint: equal for plans that would do the same.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::document::digest;
use super::{AttributeChange, Call, Change};
use crate::desired::Stack;
use crate::model::Dialect;

/// Where each call stands in a plan.
pub(super) type Positions<'a> = BTreeMap<&'a str, usize>;

/// Indexes calls by id.
pub(super) fn positions(calls: &[Call]) -> Positions<'_> {
    calls.iter().enumerate().map(|(at, call)| (call.id.as_str(), at)).collect()
}

/// Fingerprints a plan: SHA-256 over compact, key-sorted JSON of the stack and
/// of what would be done to each processor, by name.
///
/// Nothing else moves it: no time, file, line, comment, format, origin or version.
pub(super) fn plan(stack: &Stack, changes: &[Change], calls: &[Call]) -> String {
    let positions = positions(calls);
    let by_name: BTreeMap<&str, Value> = changes
        .iter()
        .map(|change| (change.name.as_str(), essence(change, calls, &positions)))
        .collect();
    of(stack, json!(by_name))
}

/// Fingerprints what would be done to one processor.
pub(super) fn change(
    stack: &Stack,
    change: &Change,
    calls: &[Call],
    positions: &Positions<'_>,
) -> String {
    of(stack, json!({ &change.name: essence(change, calls, positions) }))
}

/// What would be done to a processor, without anything that only explains it.
///
/// Calls name those they wait for by processor and operation, so that the
/// numbering of calls plays no part.
fn essence(change: &Change, calls: &[Call], positions: &Positions<'_>) -> Value {
    let attributes: Vec<Value> = change
        .attributes
        .iter()
        .map(|change| {
            let AttributeChange { attribute, before, after, effect, origin: _, source: _ } = change;
            let json = |side: &Option<crate::model::Value>| {
                side.as_ref().map(|value| value.to_json(Dialect::Toml))
            };
            json!([attribute.to_string(), json(before), json(after), effect])
        })
        .collect();
    let calls: Vec<Value> = change
        .calls
        .iter()
        .filter_map(|id| positions.get(id.as_str()))
        .map(|at| {
            let call = &calls[*at];
            let after: Vec<Value> = call
                .after
                .iter()
                .filter_map(|id| positions.get(id.as_str()))
                .map(|at| json!([calls[*at].processor, calls[*at].operation]))
                .collect();
            json!([call.operation, call.request, after, call.on_failure])
        })
        .collect();
    json!({"actions": change.actions, "attributes": attributes, "calls": calls})
}

fn of(stack: &Stack, changes: Value) -> String {
    digest(&json!({
        "account_id": stack.account_id,
        "changes": changes,
        "region": stack.region,
        "stack": stack.name,
    }))
}
