//! The fingerprint: equal for plans that would do the same.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Call, Change};
use crate::desired::Stack;

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
    digest(stack, json!(by_name))
}

/// Fingerprints what would be done to one processor.
pub(super) fn change(
    stack: &Stack,
    change: &Change,
    calls: &[Call],
    positions: &Positions<'_>,
) -> String {
    digest(stack, json!({ &change.name: essence(change, calls, positions) }))
}

/// What would be done to a processor, without anything that only explains it.
///
/// Calls name those they wait for by processor and operation, so that the
/// numbering of calls plays no part.
fn essence(change: &Change, calls: &[Call], positions: &Positions<'_>) -> Value {
    let attributes: Vec<Value> = change
        .attributes
        .iter()
        .map(|attribute| {
            json!([attribute.path, attribute.before, attribute.after, attribute.effect])
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

fn digest(stack: &Stack, changes: Value) -> String {
    let document = json!({
        "account_id": stack.account_id,
        "changes": changes,
        "region": stack.region,
        "stack": stack.name,
    });
    let mut text = String::new();
    write_sorted(&document, &mut text);
    let mut fingerprint = String::from("sha256:");
    for byte in Sha256::digest(text.as_bytes()) {
        write!(fingerprint, "{byte:02x}").expect("writing to a string cannot fail");
    }
    fingerprint
}

/// Compact JSON with sorted keys, whatever order the map type keeps.
fn write_sorted(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let sorted: BTreeMap<&String, &Value> = map.iter().collect();
            out.push('{');
            for (at, (key, value)) in sorted.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                out.push_str(&Value::String(key.clone()).to_string());
                out.push(':');
                write_sorted(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_sorted(item, out);
            }
            out.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            out.push_str(&value.to_string());
        }
    }
}
