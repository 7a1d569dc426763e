//! The values that are no tables with fixed keys: strings, numbers, lists, maps.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::reader::{Entry, Read, Reader, Table};
use super::value::{At, Reported};
use super::words::{closest, did_you_mean, list};
use crate::diagnostic::{Code, Diagnostic, Span};

/// An array, item by item.
pub type List<T> = Vec<At<T>>;

/// Tables or values under names of the user's choice.
pub type Map<T> = BTreeMap<String, At<T>>;

/// What a template or processor extends: a name, or a list of names.
#[derive(Clone, Debug, Default)]
pub struct Extends(pub List<String>);

/// A corner of a polygon: `[x, y]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

impl Read for String {
    const EXPECTED: &'static str = "a string";

    fn read(entry: &Entry<'_, '_>, reader: &mut Reader<'_>) -> Result<String, Reported> {
        let DeValue::String(text) = entry.value.get_ref() else {
            return Err(reader.wrong_type::<String>(entry));
        };
        // What counts is how it is written: an escape makes it plain text.
        if reader.written(entry.value).contains("${") {
            let span = reader.span(entry.value);
            return Err(reader.report(
                Diagnostic::new(Code::ReservedSyntax, "`${` has no meaning yet")
                    .label(span, "`${` is reserved")
                    .help(
                        "rekon fills nothing in: write the value itself\n\
                         the text `${` is written `\\u0024{`, between double quotes",
                    ),
            ));
        }
        Ok(text.clone().into_owned())
    }
}

impl Read for bool {
    const EXPECTED: &'static str = "a boolean";

    fn read(entry: &Entry<'_, '_>, reader: &mut Reader<'_>) -> Result<bool, Reported> {
        match entry.value.get_ref() {
            DeValue::Boolean(value) => Ok(*value),
            _ => Err(reader.wrong_type::<bool>(entry)),
        }
    }
}

impl Read for f64 {
    const EXPECTED: &'static str = "a number";

    /// Integers are numbers too; `nan`, `inf` and what is too large for a
    /// double are read, and judged with all the other numbers.
    fn read(entry: &Entry<'_, '_>, reader: &mut Reader<'_>) -> Result<f64, Reported> {
        let number = match entry.value.get_ref() {
            DeValue::Float(number) => number.as_str().parse().ok(),
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().parse().ok(),
            #[expect(clippy::cast_precision_loss, reason = "the nearest double is meant")]
            DeValue::Integer(number) => {
                u128::from_str_radix(number.as_str(), number.radix()).ok().map(|whole| whole as f64)
            }
            _ => None,
        };
        number.ok_or_else(|| reader.wrong_type::<f64>(entry))
    }
}

impl Read for u64 {
    const EXPECTED: &'static str = "an integer";

    fn read(entry: &Entry<'_, '_>, reader: &mut Reader<'_>) -> Result<u64, Reported> {
        let DeValue::Integer(number) = entry.value.get_ref() else {
            return Err(reader.wrong_type::<u64>(entry));
        };
        u64::from_str_radix(number.as_str(), number.radix()).map_err(|_| {
            let span = reader.span(entry.value);
            reader.report(
                Diagnostic::new(Code::OutOfRange, format!("`{}` is out of range", entry.name))
                    .label(span, "not a count")
                    .help("a whole number from 0"),
            )
        })
    }
}

impl<T: Read> Read for List<T> {
    const EXPECTED: &'static str = "an array";

    fn read(entry: &Entry<'_, '_>, reader: &mut Reader<'_>) -> Result<List<T>, Reported> {
        match entry.value.get_ref() {
            DeValue::Array(items) => Ok(reader.items(entry.name, items)),
            _ => Err(reader.wrong_type::<List<T>>(entry)),
        }
    }
}

impl Read for Extends {
    const EXPECTED: &'static str = "a string or an array of strings";

    fn read(entry: &Entry<'_, '_>, reader: &mut Reader<'_>) -> Result<Extends, Reported> {
        match entry.value.get_ref() {
            DeValue::String(_) => Ok(Extends(vec![reader.item(entry.name, entry.value)])),
            DeValue::Array(_) => List::read(entry, reader).map(Extends),
            _ => Err(reader.wrong_type::<Extends>(entry)),
        }
    }
}

impl Read for Point {
    const EXPECTED: &'static str = "a list of points `[x, y]`";

    fn read(entry: &Entry<'_, '_>, reader: &mut Reader<'_>) -> Result<Point, Reported> {
        match entry.value.get_ref() {
            DeValue::Array(items) if items.len() == 2 => {
                let x = f64::read(&Entry { name: "x", value: &items[0], item: false }, reader);
                let y = f64::read(&Entry { name: "y", value: &items[1], item: false }, reader);
                Ok(Point { x: x?, y: y? })
            }
            DeValue::Array(items) => {
                let span = reader.span(entry.value);
                Err(reader.report(
                    Diagnostic::new(Code::WrongType, "a point has two coordinates")
                        .label(span, format!("this has {}", items.len()))
                        .help("write it as `[x, y]`, in fractions of the frame"),
                ))
            }
            _ => {
                let help = "write it as `[[x, y], [x, y], [x, y]]`, in fractions of the frame";
                Err(reader.wrong_type_with(entry, Point::EXPECTED, Some(help.to_owned())))
            }
        }
    }
}

impl Read for Map<String> {
    const EXPECTED: &'static str = "a table";

    fn read(entry: &Entry<'_, '_>, reader: &mut Reader<'_>) -> Result<Self, Reported> {
        match entry.value.get_ref() {
            DeValue::Table(table) => Ok(table
                .iter()
                .filter_map(|(key, value)| {
                    let at = reader.slot(key, value).0?;
                    Some((key.get_ref().clone().into_owned(), at))
                })
                .collect()),
            _ => Err(reader.wrong_type::<Self>(entry)),
        }
    }
}

impl<T: Table + Read> Read for Map<T> {
    const EXPECTED: &'static str = "a table";

    fn read(entry: &Entry<'_, '_>, reader: &mut Reader<'_>) -> Result<Self, Reported> {
        let DeValue::Table(table) = entry.value.get_ref() else {
            return Err(reader.wrong_type::<Self>(entry));
        };
        let keys = T::keys();
        let mut map = Map::new();
        for (name, value) in table {
            let DeValue::Table(inner) = value.get_ref() else {
                let at = reader.slot(name, value).0;
                map.extend(at.map(|at| (name.get_ref().clone().into_owned(), at)));
                continue;
            };
            let dotted: Vec<_> = inner
                .iter()
                .filter_map(|(key, value)| dotted_name(key, value, &keys).map(|rest| (key, rest)))
                .collect();
            for (_, Dotted { rest, last, value, table }) in &dotted {
                let kind = entry.name;
                let full = format!("{}.{rest}", name.get_ref());
                let span = reader.span(name).to(reader.span(*last));
                let diagnostic =
                    Diagnostic::new(Code::UnquotedDot, format!("the {kind} `{full}` needs quotes"))
                        .label(span, "a dot outside quotes nests tables")
                        .help(format!("write `[{kind}.\"{full}\"]`"));
                reader.report(diagnostic);
                // What is in it is judged as if the name had been quoted.
                let value = At {
                    key: span,
                    span: reader.span(*value),
                    value: reader.keys(table, |_| false),
                };
                map.entry(full).or_insert(value);
            }
            if !dotted.is_empty() && dotted.len() == inner.len() {
                continue;
            }
            let at = At {
                key: reader.span(name),
                span: reader.span(value),
                value: reader
                    .keys(inner, |key| dotted.iter().any(|(dotted, _)| dotted.get_ref() == key)),
            };
            map.insert(name.get_ref().clone().into_owned(), at);
        }
        Ok(map)
    }
}

/// A named table whose name has a dot outside quotes.
struct Dotted<'a, 'i> {
    /// What follows the first dot.
    rest: String,
    /// The last key of the name.
    last: &'a Spanned<DeString<'i>>,
    value: &'a Spanned<DeValue<'i>>,
    table: &'a DeTable<'i>,
}

/// The table that is meant, if a key of a named table is in truth a part of its name: `door` in
/// `[processor.front.door]`.
///
/// Such a key is unknown, resembles no known one, and holds a table that is
/// empty or has the keys of a named table.
fn dotted_name<'a, 'i>(
    key: &'a Spanned<DeString<'i>>,
    value: &'a Spanned<DeValue<'i>>,
    keys: &[&'static str],
) -> Option<Dotted<'a, 'i>> {
    let name: &str = key.get_ref();
    let DeValue::Table(table) = value.get_ref() else { return None };
    if keys.contains(&name) {
        return None;
    }
    let fits =
        |table: &DeTable<'_>| table.iter().any(|(key, _)| keys.contains(&key.get_ref().as_ref()));
    if fits(table) || (table.is_empty() && closest(name, keys.iter().copied()).is_none()) {
        return Some(Dotted { rest: name.to_owned(), last: key, value, table });
    }
    let (inner, value) = table.iter().next().filter(|_| table.len() == 1)?;
    let found = dotted_name(inner, value, keys)?;
    Some(Dotted { rest: format!("{name}.{}", found.rest), ..found })
}

impl Reader<'_> {
    /// Reports a word that an attribute does not take.
    pub(super) fn unknown_word(
        &mut self,
        entry: &Entry<'_, '_>,
        text: &str,
        words: &[&str],
    ) -> Reported {
        let span = self.span(entry.value);
        let help = did_you_mean(closest(text, words.iter().copied()))
            .unwrap_or_else(|| format!("it is one of {}", list(words)));
        self.report(
            Diagnostic::new(Code::UnknownWord, format!("`{}` cannot be `{text}`", entry.name))
                .label(span, "unknown word")
                .help(help),
        )
    }
}

impl Span {
    /// From the start of one span to the end of another.
    fn to(self, end: Span) -> Span {
        Span { end: end.end.max(self.end), ..self }
    }
}

impl JsonSchema for Extends {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Extends".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": "string" },
                { "type": "array", "items": { "type": "string" } },
            ]
        })
    }
}

impl JsonSchema for Point {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Point".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A corner: `[x, y]` in fractions of the frame from its upper left corner, 0 to 1.",
            "type": "array",
            "items": { "type": "number" },
            "minItems": 2,
            "maxItems": 2,
        })
    }
}
