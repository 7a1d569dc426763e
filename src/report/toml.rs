//! A definition as canonical TOML: one spelling for each, that loads again.
//!
//! Keys stand in a fixed order and are written as the design's example writes
//! them, a region of interest to a line, so that two definitions can be compared
//! line by line.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::escape::{escape, is_unsafe};
use super::layout::width;
use crate::desired::Stack;
use crate::model::{
    Attribute, BoundingBox, Definition, Float32, Kind, RegionOfInterest, TagPolicy, Value,
};

/// How long a line of tags may become before each tag gets its own.
const LONGEST_TAGS: usize = 100;

/// Values by attribute: all that a processor has, or what one layer gives it.
pub(crate) type Values<'a> = BTreeMap<&'a Attribute, &'a Value>;

/// How a table of which there is a part is written.
#[derive(Clone, Copy, PartialEq)]
enum Tables {
    /// Always as a table, so that two definitions can be compared line by line.
    Inline,
    /// As people write it: a single key with dots.
    Dotted,
}

/// Writes a processor as a `[processor.<name>]` table.
///
/// Tags that no file may declare, AWS's own and rekon's marks, are comments, so
/// that the table can be loaded again.
pub fn processor(name: &str, definition: &Definition) -> String {
    let mut out = format!("{}\n", header(name));
    let values = definition.iter().collect();
    lines(&mut out, &values, Some(definition.kind()), Tables::Inline);
    out
}

/// Writes what a layer gives, a line for each key; what belongs to no file is
/// not to be among it.
pub(crate) fn layer(values: &Values<'_>) -> String {
    let mut out = String::new();
    lines(&mut out, values, None, Tables::Dotted);
    out
}

/// Writes a text as comments, whatever it holds.
pub(crate) fn comment(text: &str) -> String {
    text.lines().map(|line| format!("# {}", escape(line)).trim_end().to_owned() + "\n").collect()
}

/// Writes values in the order of the documentation. Of a whole processor's `kind`
/// there are always an output and settings, whatever is known of them.
fn lines(out: &mut String, values: &Values<'_>, kind: Option<Kind>, tables: Tables) {
    use Attribute::{
        CollectionId, DataSharing, DesiredStatus, FaceMatchThreshold, Input, KmsKeyId, Labels,
        MinConfidence, NotificationChannel, OutputBucket, OutputDataStream, OutputKeyPrefix,
        RegionsOfInterest, RoleArn,
    };
    for attribute in [RoleArn, Input, OutputDataStream] {
        line(out, values, &attribute);
    }
    let mut table = |path: &str, members: &[Attribute], always: bool| {
        let given = members.iter().filter(|member| values.contains_key(member));
        match (given.clone().next(), given.count()) {
            (None, _) if !always => {}
            (Some(only), 1) if tables == Tables::Dotted => line(out, values, only),
            _ => inline_table(out, values, path, members),
        }
    };
    let is = |of| kind == Some(of);
    let no_output = kind.is_some() && !values.contains_key(&OutputDataStream);
    table("output.s3_destination", &[OutputBucket, OutputKeyPrefix], no_output);
    table("settings.face_search", &[CollectionId, FaceMatchThreshold], is(Kind::FaceSearch));
    table("settings.connected_home", &[Labels, MinConfidence], is(Kind::LabelDetection));
    for attribute in [NotificationChannel, KmsKeyId, DataSharing] {
        line(out, values, &attribute);
    }
    if let Some(Value::Regions(regions)) = values.get(&RegionsOfInterest)
        && !regions.is_empty()
    {
        out.push_str("regions_of_interest = [\n");
        for one in regions.iter() {
            let _ = writeln!(out, "  {},", region(one));
        }
        out.push_str("]\n");
    } else {
        line(out, values, &RegionsOfInterest);
    }
    line(out, values, &DesiredStatus);
    tags(out, values);
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
pub(crate) fn assignment(attribute: &Attribute, value: &Value) -> String {
    let path: Vec<String> = attribute.segments().map(key).collect();
    format!("{} = {}", path.join("."), inline(value))
}

/// The header of a processor's table, without a line break.
pub(crate) fn header(name: &str) -> String {
    format!("[processor.{}]", key(name))
}

fn line(out: &mut String, values: &Values<'_>, attribute: &Attribute) {
    if let Some(value) = values.get(attribute) {
        let _ = writeln!(out, "{}", assignment(attribute, value));
    }
}

/// Writes a table as an inline one, under its dotted path.
fn inline_table(out: &mut String, values: &Values<'_>, path: &str, members: &[Attribute]) {
    let pairs = members.iter().filter_map(|attribute| {
        let name = attribute.segments().last()?;
        Some(format!("{} = {}", key(name), inline(values.get(attribute)?)))
    });
    let _ = writeln!(out, "{path} = {}", braces(pairs));
}

/// Writes the tags: in one line if it is not too long, else one to a line.
fn tags(out: &mut String, values: &Values<'_>) {
    let tags =
        values.iter().filter_map(|(attribute, value)| Some((attribute.tag()?, value.as_text()?)));
    let (reserved, own): (Vec<_>, Vec<_>) = tags.partition(|(tag, _)| TagPolicy::is_reserved(tag));
    let pair = |(tag, value): &(&str, &str)| format!("{} = {}", key(tag), string(value));
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

/// Writes a value on one line.
pub(crate) fn inline(value: &Value) -> String {
    match value {
        Value::Text(text) => string(text),
        Value::Number(number) => number.to_string(),
        Value::Flag(flag) => flag.to_string(),
        Value::Labels(labels) => list(labels.iter().map(|label| string(label))),
        Value::Regions(regions) => list(regions.iter().map(region)),
        Value::RunState(state) => string(state.as_str()),
    }
}

/// Writes a region as an item of a list.
pub(crate) fn region(region: &RegionOfInterest) -> String {
    let key = match region {
        RegionOfInterest::BoundingBox(_) => "bounding_box",
        RegionOfInterest::Polygon(_) => "polygon",
    };
    braces(std::iter::once(format!("{key} = {}", shape(region))))
}

/// Writes a coordinate. It is a fraction of the frame, so that a whole one has a point.
pub(crate) fn fraction(number: Float32) -> String {
    format!("{:?}", number.to_shortest_f64())
}

/// Writes a region without its key. The sides of a box stand as the documentation names
/// them.
pub(crate) fn shape(region: &RegionOfInterest) -> String {
    match region {
        RegionOfInterest::BoundingBox(BoundingBox { left, top, width, height }) => {
            let sides = [("left", left), ("top", top), ("width", width), ("height", height)];
            let sides = sides.map(|(name, side)| format!("{name} = {}", fraction(*side)));
            braces(sides.into_iter())
        }
        RegionOfInterest::Polygon(polygon) => {
            let points = polygon.points().iter();
            let points = points.map(|point| list([point.x, point.y].map(fraction).into_iter()));
            list(points)
        }
    }
}

pub(crate) fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

fn braces(pairs: impl Iterator<Item = String>) -> String {
    let pairs: Vec<String> = pairs.collect();
    if pairs.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", pairs.join(", ")) }
}

/// A key, quoted when it has to be.
pub(crate) fn key(text: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if !text.is_empty() && text.bytes().all(bare) { text.to_owned() } else { string(text) }
}

/// A basic string. What TOML would let stand but a reader could not see is
/// written as its code point too, and so is the dollar sign of `${`, which is
/// reserved where it is written plainly.
pub(crate) fn string(text: &str) -> String {
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
