//! The attributes of a change, a row each.

use super::Said;
use crate::desired::Stack;
use crate::model::{Attribute, Regions, Value};
use crate::plan::{Action, AttributeChange, Change, Effect, Origin};
use crate::report::Detail;
use crate::report::palette::Meaning;
use crate::report::values::{self, Sign};

/// One attribute, or all tags of a definition that comes or goes.
#[derive(Debug)]
pub(in crate::report) struct Row {
    pub path: String,
    /// Absent where a definition comes or goes: it has one side.
    pub before: Option<String>,
    pub after: String,
    /// What is said behind the values.
    pub notes: Vec<Said>,
    /// What follows below the values, a line each.
    pub below: Vec<Said>,
}

/// The attributes that change in place or force a replacement.
pub(super) fn changed(change: &Change, detail: Detail) -> Vec<Row> {
    let rows = change.attributes.iter().map(|one| {
        let AttributeChange { attribute, before, after, .. } = one;
        let (before, after) = values::pair(attribute, before.as_ref(), after.as_ref());
        Row {
            path: attribute.to_string(),
            before: Some(before),
            after,
            notes: notes(one, detail),
            below: regions(one, detail),
        }
    });
    rows.collect()
}

fn notes(one: &AttributeChange, detail: Detail) -> Vec<Said> {
    let AttributeChange { attribute, before, after, effect, origin, source } = one;
    let difference = values::difference(attribute, before.as_ref(), after.as_ref());
    let moved = match origin {
        Origin::Drift => Some("(the service changed)"),
        Origin::Both => Some("(file and service changed)"),
        Origin::Config | Origin::Unknown => None,
    };
    let place = source.as_ref().map(|source| format!("({source})"));
    let cause = match (effect, place) {
        (Effect::Replace, Some(place)) => {
            Some((Meaning::Replace, format!("forces replacement {place}")))
        }
        (Effect::Replace, None) => Some((Meaning::Replace, "forces replacement".to_owned())),
        (_, place) => {
            place.filter(|_| detail == Detail::Verbose).map(|place| (Meaning::Faint, place))
        }
    };
    let difference = difference.map(|text| (Meaning::Faint, format!("({text})")));
    let moved = moved.map(|text| (Meaning::Note, text.to_owned()));
    [difference, moved, cause].into_iter().flatten().collect()
}

/// The attributes of a definition that comes or goes, one value each. Of one that
/// goes only the stream is told, unless nothing is to be summarised.
pub(super) fn listed(change: &Change, stack: &Stack, action: Action, detail: Detail) -> Vec<Row> {
    let all = detail == Detail::Verbose || action != Action::Delete;
    let shown = change.attributes.iter().filter(|one| all || one.attribute == Attribute::Input);
    let mut rows = Vec::new();
    let mut tags = Vec::new();
    for one in shown {
        let value = one.after.as_ref().or(one.before.as_ref());
        let shown = match detail {
            Detail::Verbose => values::text(&one.attribute, value),
            Detail::Normal | Detail::Quiet => values::alone(&one.attribute, value, stack),
        };
        match one.attribute.tag() {
            Some(key) => tags.push(format!("{key} = {shown}")),
            None => rows.push(single(one.attribute.to_string(), shown, regions(one, detail))),
        }
    }
    if !tags.is_empty() {
        rows.push(single("tags".to_owned(), tags.join(", "), Vec::new()));
    }
    rows
}

fn single(path: String, value: String, below: Vec<Said>) -> Row {
    Row { path, before: None, after: value, notes: Vec::new(), below }
}

/// Every region in words, where nothing is to be summarised.
fn regions(one: &AttributeChange, detail: Detail) -> Vec<Said> {
    if one.attribute != Attribute::RegionsOfInterest || detail != Detail::Verbose {
        return Vec::new();
    }
    let none = Regions::default();
    let side = |value: &'_ Option<Value>| value.as_ref().and_then(Value::as_regions).cloned();
    let (before, after) = (side(&one.before), side(&one.after));
    let changes =
        values::region_changes(before.as_ref().unwrap_or(&none), after.as_ref().unwrap_or(&none));
    let lines = changes.into_iter().map(|(sign, region)| {
        let text = values::region(region);
        match sign {
            Sign::Removed => (Meaning::Before, format!("− {text}")),
            Sign::Added => (Meaning::After, format!("+ {text}")),
            Sign::Kept => (Meaning::Plain, format!("  {text}")),
        }
    });
    lines.collect()
}
