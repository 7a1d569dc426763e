//! Members of JSON by their dotted paths: found, put, and those that nobody knows.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::{Attribute, Type};

/// The JSON is no definition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path} {reason}")]
pub struct Unreadable {
    /// Where in the JSON, like `Settings.ConnectedHome.Labels[2]`.
    pub path: String,
    /// What is wrong there.
    pub reason: String,
}

impl Unreadable {
    /// What is wrong at a path.
    pub fn new(path: impl Into<String>, reason: impl Into<String>) -> Unreadable {
        Unreadable { path: path.into(), reason: reason.into() }
    }
}

/// The members of the wire's JSON that no attribute has, by their dotted paths.
/// `beside` are those of the root that are known for something else.
pub fn unknown_members(json: &Json, beside: &[&str]) -> Vec<String> {
    const REGION: [&str; 6] = [
        "BoundingBox.Left",
        "BoundingBox.Top",
        "BoundingBox.Width",
        "BoundingBox.Height",
        "Polygon.X",
        "Polygon.Y",
    ];
    let mut known: BTreeSet<Vec<&str>> = beside.iter().map(|name| vec![*name]).collect();
    for shape in Attribute::FIXED.iter().map(Attribute::shape) {
        let place: Vec<&str> = shape.wire.split('.').collect();
        if shape.value == Type::Regions {
            let inner = REGION.iter().map(|inner| inner.split('.'));
            known.extend(inner.map(|inner| place.iter().copied().chain(inner).collect()));
        }
        known.insert(place);
    }
    let mut unknown = Vec::new();
    gather_unknown(json, &mut Vec::new(), &known, &mut unknown);
    unknown.sort();
    unknown.dedup();
    unknown
}

fn gather_unknown<'a>(
    json: &'a Json,
    path: &mut Vec<&'a str>,
    known: &BTreeSet<Vec<&'a str>>,
    unknown: &mut Vec<String>,
) {
    match json {
        Json::Object(members) => {
            for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
                path.push(name);
                let leads_on = known.range(path.clone()..).next();
                match leads_on.filter(|longer| longer.starts_with(path)) {
                    None => unknown.push(path.join(".")),
                    // Below a leaf that is an object, like the tags, keys are open.
                    Some(leaf) if leaf.len() == path.len() && value.is_object() => {}
                    Some(_) => gather_unknown(value, path, known, unknown),
                }
                path.pop();
            }
        }
        Json::Array(items) => {
            items.iter().for_each(|item| gather_unknown(item, path, known, unknown));
        }
        _ => {}
    }
}

/// Finds what stands at a dotted path; null counts as absent.
pub fn lookup<'a>(json: &'a Json, path: &str) -> Result<Option<&'a Json>, Unreadable> {
    let mut found = json;
    let mut end = 0;
    for name in path.split('.') {
        let Json::Object(members) = found else {
            let path = if end == 0 { "the value" } else { &path[..end - 1] };
            return Err(Unreadable::new(path, "must be an object"));
        };
        match members.get(name) {
            None | Some(Json::Null) => return Ok(None),
            Some(member) => found = member,
        }
        end += name.len() + 1;
    }
    Ok(Some(found))
}

/// Puts a value at a dotted path, with the objects that lead there.
pub fn insert(root: &mut Map<String, Json>, path: &str, value: Json) {
    match path.split_once('.') {
        None => drop(root.insert(path.to_owned(), value)),
        Some((first, rest)) => {
            let child = root.entry(first).or_insert_with(|| json!({}));
            if let Json::Object(child) = child {
                insert(child, rest, value);
            }
        }
    }
}
