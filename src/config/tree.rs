//! What a file says, as it says it: every value with the places of its key and
//! of itself, and of no type but TOML's.

use std::collections::HashMap;

use crate::diagnostic::Span;

/// A value and where it is written.
#[derive(Clone, Debug)]
pub struct Node {
    /// The key, or the value itself for an item of an array.
    pub key: Span,
    /// The value; for a table with a header, the header.
    pub span: Span,
    /// What is written there.
    pub value: Raw,
    pub(super) form: Form,
}

/// A value of TOML.
#[derive(Clone, Debug)]
pub enum Raw {
    /// A mistake was found here and has been reported, so that nothing which
    /// follows from it should be.
    Unusable,
    /// In quotes of any kind.
    String(Box<str>),
    /// The nearest double, and the count, if it is one.
    Integer(f64, Option<u64>),
    /// A number with a point or an exponent.
    Float(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// A date or time, as it is written.
    Datetime(Box<str>),
    /// Values in brackets.
    Array(Vec<Node>),
    /// A table, however it is written.
    Table(Table),
}

/// How a value came to be, which says what may still be added to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// It is written out, and finished.
    Value,
    /// A table around one that has a header.
    Around,
    /// A table around a dotted key.
    Dotted,
    /// A table with a header, or an array of such tables.
    Header,
}

/// The keys of a table with their values, in the order they are written.
#[derive(Clone, Debug, Default)]
pub struct Table {
    entries: Vec<(Box<str>, Node)>,
    /// Where each key is, once there are many.
    #[expect(clippy::box_collection, reason = "few tables have one, and all make room for it")]
    index: Option<Box<HashMap<Box<str>, usize>>>,
    /// Whether there was a key that is unknown, which may have meant any other.
    pub doubtful: bool,
}

impl Node {
    /// A value that is written out.
    pub(super) fn new(key: Span, span: Span, value: Raw) -> Node {
        Node { key, span, value, form: Form::Value }
    }

    /// Whether it stands in one piece: no table or array that headers or dotted keys make.
    pub fn is_written_out(&self) -> bool {
        self.form == Form::Value
    }

    /// Whether something was written, but nothing that can be used.
    pub fn is_unusable(&self) -> bool {
        matches!(self.value, Raw::Unusable)
    }

    /// The characters of a string.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Raw::String(text) => Some(text),
            _ => None,
        }
    }

    /// A day: a date of TOML, or its text in quotes.
    pub fn date(&self) -> Option<jiff::civil::Date> {
        match &self.value {
            Raw::String(text) | Raw::Datetime(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// A number; integers are numbers too.
    pub fn number(&self) -> Option<f64> {
        match self.value {
            Raw::Integer(number, _) | Raw::Float(number) => Some(number),
            _ => None,
        }
    }

    /// A whole number from 0.
    pub fn count(&self) -> Option<u64> {
        match self.value {
            Raw::Integer(_, count) => count,
            _ => None,
        }
    }

    /// True or false.
    pub fn flag(&self) -> Option<bool> {
        match self.value {
            Raw::Boolean(flag) => Some(flag),
            _ => None,
        }
    }

    /// The items of an array.
    pub fn items(&self) -> Option<&[Node]> {
        match &self.value {
            Raw::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The items of an array, or the value as the only one.
    pub fn listed(&self) -> &[Node] {
        match &self.value {
            Raw::Array(items) => items,
            Raw::Unusable => &[],
            _ => std::slice::from_ref(self),
        }
    }

    /// The keys of a table.
    pub fn table(&self) -> Option<&Table> {
        match &self.value {
            Raw::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The table, or the last one of an array of tables.
    pub(super) fn innermost(&mut self) -> Option<&mut Table> {
        match &mut self.value {
            Raw::Table(table) => Some(table),
            Raw::Array(items) if self.form == Form::Header => items.last_mut()?.innermost(),
            _ => None,
        }
    }
}

impl Raw {
    /// The type in a word.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Raw::Unusable => "nothing",
            Raw::String(_) => "string",
            Raw::Integer(..) => "integer",
            Raw::Float(_) => "float",
            Raw::Boolean(_) => "boolean",
            Raw::Datetime(_) => "date or time",
            Raw::Array(_) => "array",
            Raw::Table(_) => "table",
        }
    }
}

impl Table {
    /// A table with more keys than this has an index.
    const MANY: usize = 16;

    /// What is written at a key, usable or not.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.position(key).map(|at| &self.entries[at].1)
    }

    /// The keys with what is written at them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.entries.iter().map(|(key, node)| (&**key, node))
    }

    /// How many keys it has.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has no key.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn position(&self, key: &str) -> Option<usize> {
        match &self.index {
            Some(index) => index.get(key).copied(),
            None => self.entries.iter().position(|(name, _)| **name == *key),
        }
    }

    pub(super) fn at_mut(&mut self, at: usize) -> &mut Node {
        &mut self.entries[at].1
    }

    /// Adds a key that is not there yet; gives its position.
    pub(super) fn push(&mut self, key: Box<str>, node: Node) -> usize {
        let at = self.entries.len();
        if let Some(index) = &mut self.index {
            index.insert(key.clone(), at);
        } else if at == Self::MANY {
            let known = self.entries.iter().map(|(name, _)| name).chain([&key]);
            self.index = Some(Box::new(known.cloned().zip(0..).collect()));
        }
        if at == 0 {
            // Most tables have one key, and a vector would make room for four.
            self.entries.reserve_exact(1);
        }
        self.entries.push((key, node));
        at
    }

    /// Takes out the keys for which this holds.
    pub(super) fn take_out(
        &mut self,
        mut is_meant: impl FnMut(&str, &Node) -> bool,
    ) -> Vec<(Box<str>, Node)> {
        if !self.iter().any(|(key, node)| is_meant(key, node)) {
            return Vec::new();
        }
        self.index = None;
        let entries = std::mem::take(&mut self.entries).into_iter();
        let (out, kept): (Vec<_>, Vec<_>) = entries.partition(|(key, node)| is_meant(key, node));
        for (key, node) in kept {
            self.push(key, node);
        }
        out
    }

    /// The keys with what is written at them.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Node)> {
        self.entries.iter_mut().map(|(key, node)| (&**key, node))
    }

    /// Notes that a mistake elsewhere stands in for a key.
    pub(super) fn excuse(&mut self, key: &str, span: Span) {
        if self.position(key).is_none() {
            self.push(key.into(), Node::new(span, span, Raw::Unusable));
        }
    }
}
