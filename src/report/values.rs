//! Values in words: how an attribute's JSON reads in a sentence or a column.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Charset, escape};
use crate::desired::Stack;

/// How one attribute's value reads, escaped; null reads `none`.
pub(super) fn text(path: &str, value: &Value) -> String {
    match (path, value) {
        ("data_sharing_preference.opt_in", Value::Null) => "false".to_owned(),
        ("desired_status", Value::Null) => "not managed".to_owned(),
        ("regions_of_interest", Value::Array(regions)) if !regions.is_empty() => {
            count(regions.len(), "region")
        }
        ("regions_of_interest", Value::Array(_)) | (_, Value::Null) => "none".to_owned(),
        (_, Value::String(text)) => word(text),
        (_, Value::Array(items)) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        _ => plain(value),
    }
}

/// Both sides of a change, escaped, without the part of two ARNs that they share.
pub fn pair(path: &str, before: &Value, after: &Value) -> (String, String) {
    if let (Value::String(one), Value::String(other)) = (before, after)
        && let (Some((scope, short)), Some((other_scope, other_short))) = (arn(one), arn(other))
        && scope == other_scope
    {
        return (word(short), word(other_short));
    }
    (text(path, before), text(path, after))
}

/// A value that stands by itself, without what an ARN shares with its stack.
pub(super) fn alone(path: &str, value: &Value, stack: &Stack) -> String {
    if let Value::String(whole) = value
        && let Some((scope, short)) = arn(whole)
        && let [_, "aws", _, region, account] = scope.split(':').collect::<Vec<_>>()[..]
        && account == stack.account_id
        && (region.is_empty() || region == stack.region)
    {
        return word(short);
    }
    text(path, value)
}

/// What the two sides of a change do not say: what came and what went.
pub(super) fn difference(
    path: &str,
    before: &Value,
    after: &Value,
    charset: Charset,
) -> Option<String> {
    let minus = charset.minus();
    match path {
        "settings.connected_home.labels" => {
            let labels = |value: &Value| -> BTreeSet<String> {
                value.as_array().into_iter().flatten().map(plain).collect()
            };
            let (before, after) = (labels(before), labels(after));
            let came = after.difference(&before).map(|label| format!("+{label}"));
            let went = before.difference(&after).map(|label| format!("{minus}{label}"));
            let parts: Vec<String> = came.chain(went).collect();
            (!parts.is_empty() && !before.is_empty() && !after.is_empty()).then(|| parts.join(" "))
        }
        "settings.connected_home.min_confidence" if after.is_null() => {
            Some("the service's default, 50, applies".to_owned())
        }
        "regions_of_interest" => {
            let (mut came, mut went) = (0, 0);
            for (sign, _) in region_changes(before, after) {
                match sign {
                    Sign::Added => came += 1,
                    Sign::Removed => went += 1,
                    Sign::Kept => {}
                }
            }
            match (before.is_array() && after.is_array(), came, went) {
                (false, _, _) | (_, 0, 0) => None,
                (_, came, went) if came == went => Some(format!("{came} changed")),
                (_, came, 0) => Some(format!("+{came}")),
                (_, 0, went) => Some(format!("{minus}{went}")),
                (_, came, went) => Some(format!("+{came} {minus}{went}")),
            }
        }
        _ => None,
    }
}

/// What becomes of a region of interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sign {
    Removed,
    Added,
    Kept,
}

/// Every region of both sides, each in words: what goes, what comes, what stays.
pub(super) fn region_changes(before: &Value, after: &Value) -> Vec<(Sign, String)> {
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for value in before.as_array().into_iter().flatten() {
        counts.entry(region(value)).or_default().0 += 1;
    }
    for value in after.as_array().into_iter().flatten() {
        counts.entry(region(value)).or_default().1 += 1;
    }
    let mut changes = Vec::new();
    for (text, (before, after)) in counts {
        let mut add = |sign, times| changes.extend(vec![(sign, text.clone()); times]);
        add(Sign::Removed, before.saturating_sub(after));
        add(Sign::Added, after.saturating_sub(before));
        add(Sign::Kept, before.min(after));
    }
    changes.sort();
    changes
}

/// A region of interest in words.
fn region(value: &Value) -> String {
    let number = |value: Option<&Value>| value.map_or_else(|| "?".to_owned(), plain);
    if let Some(bounds) = value.get("bounding_box") {
        let side = |name| number(bounds.get(name));
        return format!(
            "box at ({}, {}), {} wide, {} high",
            side("left"),
            side("top"),
            side("width"),
            side("height")
        );
    }
    let Some(Value::Array(points)) = value.get("polygon") else { return plain(value) };
    let points =
        points.iter().map(|point| format!("({}, {})", number(point.get(0)), number(point.get(1))));
    format!("polygon {}", points.collect::<Vec<_>>().join(" "))
}

/// A count and its noun, in the plural unless it is one.
pub(super) fn count(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// Splits an ARN behind its account.
fn arn(text: &str) -> Option<(&str, &str)> {
    let colons = text.match_indices(':').nth(4)?.0;
    text.starts_with("arn:").then(|| (&text[..colons], &text[colons + 1..]))
}

/// Text as it stands, or in quotes when it would be taken for something else.
fn word(text: &str) -> String {
    let ambiguous = text.is_empty()
        || text.starts_with([' ', '"'])
        || text.ends_with(' ')
        || text.contains("→")
        || matches!(text, "none" | "not managed");
    if ambiguous { format!("\"{}\"", escape(text)) } else { escape(text).into_owned() }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => word(text),
        other => escape(&other.to_string()).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn arns_lose_what_both_sides_share_and_only_that() {
        let one = json!("arn:aws:iam::111122223333:role/Old");
        let other = json!("arn:aws:iam::111122223333:role/New");
        let foreign = json!("arn:aws:iam::444455556666:role/New");
        assert_eq!(pair("role_arn", &one, &other), ("role/Old".into(), "role/New".into()));
        assert_eq!(pair("role_arn", &one, &foreign).1, "arn:aws:iam::444455556666:role/New");
        assert_eq!(pair("role_arn", &one, &Value::Null).1, "none");
    }

    #[test]
    fn a_value_that_could_be_taken_for_something_else_is_quoted() {
        for (value, shown) in [("", "\"\""), ("none", "\"none\""), (" a", "\" a\""), ("a b", "a b")]
        {
            assert_eq!(text("tags.x", &json!(value)), shown);
        }
        assert_eq!(text("tags.x", &Value::Null), "none");
        assert_eq!(text("tags.x", &json!("\u{1b}]0;x\u{7}")), "\\u{1b}]0;x\\u{7}");
    }

    #[test]
    fn regions_are_counted_by_what_came_and_went() {
        let region = |left: f64| json!({"bounding_box": {"left": left, "top": 0, "width": 0.5, "height": 0.5}});
        let note = |before: &[f64], after: &[f64]| {
            let list =
                |lefts: &[f64]| json!(lefts.iter().map(|left| region(*left)).collect::<Vec<_>>());
            difference("regions_of_interest", &list(before), &list(after), Charset::Unicode)
        };
        assert_eq!(note(&[0.1, 0.2], &[0.1, 0.3]).as_deref(), Some("1 changed"));
        assert_eq!(note(&[0.1, 0.2], &[0.1]).as_deref(), Some("−1"));
        assert_eq!(note(&[0.1], &[0.2, 0.3]).as_deref(), Some("+2 −1"));
        assert_eq!(note(&[0.1, 0.1], &[0.1]).as_deref(), Some("−1"));
        assert_eq!(text("regions_of_interest", &json!([region(0.1)])), "1 region");
    }
}
