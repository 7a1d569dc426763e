//! A definition as canonical TOML: one spelling for each, that loads again.
//!
//! Keys stand in a fixed order and are written as the design's example writes
//! them, a region of interest to a line, so that two definitions can be compared
//! line by line.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::escape::is_unsafe;
use super::layout::width;
use crate::desired::Stack;
use crate::model::{self, Attribute, Processor, TagPolicy};

/// A definition by attribute, as plans and [`model::attributes`] hold it.
pub(super) type Attributes = BTreeMap<Attribute, Value>;

/// How long a line of tags may become before each tag gets its own.
const LONGEST_TAGS: usize = 100;

/// Writes a processor as a `[processor.<name>]` table.
///
/// Tags that no file may declare, AWS's own and rekon's marks, are comments, so
/// that the table can be loaded again.
pub fn processor(name: &str, processor: &Processor) -> String {
    table(name, &model::attributes(processor))
}

/// Writes a stack's identity as a `[stack]` table.
pub fn stack(stack: &Stack) -> String {
    let Stack { name, account_id, region } = stack;
    format!(
        "[stack]\nname = {}\naccount_id = {}\nregion = {}\n",
        string(name),
        string(account_id),
        string(region)
    )
}

/// One attribute as the line that declares it, without a line break.
pub(super) fn assignment(attribute: &Attribute, value: &Value) -> String {
    let path: Vec<String> = attribute.segments().into_iter().map(key).collect();
    format!("{} = {}", path.join("."), inline(value, numbers_of(attribute)))
}

/// The header of a processor's table, without a line break.
pub(super) fn header(name: &str) -> String {
    format!("[processor.{}]", key(name))
}

/// Writes the attributes of one processor as its table.
pub(super) fn table(name: &str, attributes: &Attributes) -> String {
    let mut out = format!("{}\n", header(name));
    let line = |out: &mut String, attribute: Attribute| {
        if let Some(value) = attributes.get(&attribute) {
            out.push_str(&assignment(&attribute, value));
            out.push('\n');
        }
    };
    line(&mut out, Attribute::RoleArn);
    line(&mut out, Attribute::Input);
    if attributes.contains_key(&Attribute::OutputDataStream) {
        line(&mut out, Attribute::OutputDataStream);
    } else {
        let members = [Attribute::OutputBucket, Attribute::OutputKeyPrefix];
        group(&mut out, attributes, "output.s3_destination", &members);
    }
    let face_search = [Attribute::CollectionId, Attribute::FaceMatchThreshold];
    if face_search.iter().any(|attribute| attributes.contains_key(attribute)) {
        group(&mut out, attributes, "settings.face_search", &face_search);
    } else {
        let members = [Attribute::Labels, Attribute::MinConfidence];
        group(&mut out, attributes, "settings.connected_home", &members);
    }
    line(&mut out, Attribute::NotificationChannel);
    line(&mut out, Attribute::KmsKeyId);
    line(&mut out, Attribute::DataSharing);
    regions(&mut out, attributes.get(&Attribute::RegionsOfInterest));
    line(&mut out, Attribute::DesiredStatus);
    tags(&mut out, attributes);
    out
}

/// Writes a table as an inline one, under its dotted path.
fn group(out: &mut String, attributes: &Attributes, path: &str, members: &[Attribute]) {
    let pairs = members.iter().filter_map(|attribute| {
        let value = attributes.get(attribute)?;
        let name = key(attribute.segments().last().copied()?);
        Some(format!("{name} = {}", inline(value, numbers_of(attribute))))
    });
    let _ = writeln!(out, "{path} = {}", braces(pairs));
}

/// Writes the regions of interest, one to a line.
fn regions(out: &mut String, value: Option<&Value>) {
    let Some(Value::Array(regions)) = value else { return };
    out.push_str("regions_of_interest = [\n");
    for region in regions {
        let _ = writeln!(out, "  {},", inline(region, Numbers::Fractions));
    }
    out.push_str("]\n");
}

/// Writes the tags: in one line if it is not too long, else one to a line.
fn tags(out: &mut String, attributes: &Attributes) {
    let tags = attributes.iter().filter_map(|(attribute, value)| match attribute {
        Attribute::Tag(tag) => Some((tag, value)),
        _ => None,
    });
    let (reserved, own): (Vec<_>, Vec<_>) = tags.partition(|(tag, _)| TagPolicy::is_reserved(tag));
    let pair = |(tag, value): &(&String, &Value)| {
        format!("{} = {}", key(tag), inline(value, Numbers::Plain))
    };
    let joined = format!("tags = {}", braces(own.iter().map(pair)));
    if own.is_empty() {
        // No tags are declared by leaving them out.
    } else if width(&joined) <= LONGEST_TAGS {
        let _ = writeln!(out, "{joined}");
    } else {
        for tag in &own {
            let _ = writeln!(out, "tags.{}", pair(tag));
        }
    }
    for tag in &reserved {
        let _ = writeln!(out, "# tags.{}", pair(tag));
    }
}

/// How whole numbers are written.
#[derive(Clone, Copy)]
enum Numbers {
    /// `80`.
    Plain,
    /// `1.0`: coordinates, which are fractions of the frame.
    Fractions,
}

fn numbers_of(attribute: &Attribute) -> Numbers {
    match attribute {
        Attribute::RegionsOfInterest => Numbers::Fractions,
        _ => Numbers::Plain,
    }
}

/// Writes a value on one line. Members of a region's box keep the order in
/// which the documentation names them.
fn inline(value: &Value, numbers: Numbers) -> String {
    match value {
        Value::Null => "{}".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => match (number.as_f64(), numbers) {
            (Some(fraction), Numbers::Fractions) => format!("{fraction:?}"),
            _ => number.to_string(),
        },
        Value::String(text) => string(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| inline(item, numbers)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) => {
            const BOX: [&str; 4] = ["left", "top", "width", "height"];
            let place = |name: &str| BOX.iter().position(|known| *known == name);
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            members.sort_by_key(|(name, _)| (place(name), *name));
            braces(
                members
                    .iter()
                    .map(|(name, value)| format!("{} = {}", key(name), inline(value, numbers))),
            )
        }
    }
}

fn braces(pairs: impl Iterator<Item = String>) -> String {
    let pairs: Vec<String> = pairs.collect();
    if pairs.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", pairs.join(", ")) }
}

/// A key, quoted when it has to be.
fn key(text: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if !text.is_empty() && text.bytes().all(bare) { text.to_owned() } else { string(text) }
}

/// A basic string. What TOML would let stand but a reader could not see is
/// written as its code point too, and so is the dollar sign of `${`, which is
/// reserved where it is written plainly.
fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        match character {
            '$' if rest.as_str().starts_with('{') => out.push_str("\\u0024"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            _ if is_unsafe(character) && u32::from(character) > 0xffff => {
                let _ = write!(out, "\\U{:08X}", u32::from(character));
            }
            _ if is_unsafe(character) => {
                let _ = write!(out, "\\u{:04X}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests;
