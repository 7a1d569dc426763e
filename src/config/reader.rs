//! Walks a parsed document into raw values, key by key.
//!
//! serde would stop at the first mistake of a table; this goes on, so that all
//! of them are reported at once, each at its own place.

use toml::Spanned;
use toml::de::{DeArray, DeString, DeTable, DeValue};

use super::value::{At, Reported, Slot};
use super::words::{closest, list};
use crate::diagnostic::{Code, Diagnostic, SourceId, Span};

/// A value of a document with its key's name.
pub(super) struct Entry<'a, 'i> {
    /// The key, or the array's key for one of its items.
    pub(super) name: &'a str,
    pub(super) value: &'a Spanned<DeValue<'i>>,
    /// Whether the value is an item of an array.
    pub(super) item: bool,
}

impl Entry<'_, '_> {
    /// What the value is called in a complaint.
    fn subject(&self) -> String {
        if self.item { format!("an item of `{}`", self.name) } else { format!("`{}`", self.name) }
    }

    /// How the value is written rightly.
    fn written_as(&self, value: &str) -> String {
        if self.item { format!("`{value}`") } else { format!("`{} = {value}`", self.name) }
    }
}

/// Something that a TOML value can be read as.
pub(super) trait Read: Sized {
    /// What the value has to be, with its article.
    const EXPECTED: &'static str;

    /// Reads the value, or reports why it cannot be read.
    fn read(entry: &Entry<'_, '_>, reader: &mut Reader<'_>) -> Result<Self, Reported>;
}

/// A table with a fixed set of keys.
pub(super) trait Table: Default {
    /// How messages name it.
    const NOUN: &'static str;

    /// Its keys.
    fn keys() -> Vec<&'static str>;

    /// Takes a key's value; false if there is no such key.
    fn accept(
        &mut self,
        key: &Spanned<DeString<'_>>,
        value: &Spanned<DeValue<'_>>,
        reader: &mut Reader<'_>,
    ) -> bool;

    /// Notes that a mistake stands in for a key, so that it is not missed.
    fn report(&mut self, key: &str, span: Span);

    /// Notes a key that is none of the table's, which may have meant any of them.
    fn doubt(&mut self);
}

/// Where the reading is, and what it has found to complain about.
pub(super) struct Reader<'a> {
    source: SourceId,
    /// The text that is read, or the part of it.
    text: &'a str,
    /// What to add to positions, for a part of a text.
    offset: usize,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        source: SourceId,
        text: &'a str,
        offset: usize,
        diagnostics: &'a mut Vec<Diagnostic>,
    ) -> Reader<'a> {
        Reader { source, text, offset, diagnostics }
    }

    /// How something is written, quotes and escapes included.
    pub(super) fn written<T>(&self, spanned: &Spanned<T>) -> &'a str {
        self.text.get(spanned.span()).unwrap_or_default()
    }

    /// A span of the whole text.
    pub(super) fn span<T>(&self, spanned: &Spanned<T>) -> Span {
        let range = spanned.span();
        Span::new(self.source, range.start + self.offset..range.end + self.offset)
    }

    /// Reports a mistake that makes a value unusable.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) -> Reported {
        self.diagnostics.push(diagnostic);
        Reported
    }

    /// Reads a key's value into a slot.
    pub(super) fn slot<T: Read>(
        &mut self,
        key: &Spanned<DeString<'_>>,
        value: &Spanned<DeValue<'_>>,
    ) -> Slot<T> {
        let name = key.get_ref();
        let read = T::read(&Entry { name, value, item: false }, self);
        Slot(Some(At { key: self.span(key), span: self.span(value), value: read }))
    }

    /// Reads an item of an array.
    pub(super) fn item<T: Read>(&mut self, name: &str, value: &Spanned<DeValue<'_>>) -> At<T> {
        let read = T::read(&Entry { name, value, item: true }, self);
        let span = self.span(value);
        At { key: span, span, value: read }
    }

    /// Reads the items of an array. Items of one wrong type are one mistake.
    pub(super) fn items<T: Read>(&mut self, name: &str, items: &DeArray<'_>) -> Vec<At<T>> {
        let mut wrong: Vec<&str> = Vec::new();
        let mut read = Vec::with_capacity(items.len());
        for item in items {
            let kind = item.get_ref().type_str();
            if wrong.contains(&kind) {
                let span = self.span(item);
                read.push(At { key: span, span, value: Err(Reported) });
                continue;
            }
            let at = self.item(name, item);
            if at.value.is_err()
                && self.diagnostics.last().is_some_and(|found| {
                    let place = found.labels.first().map(|label| label.span);
                    found.code == Code::WrongType && place == Some(at.span) && kind != "array"
                })
            {
                wrong.push(kind);
            }
            read.push(at);
        }
        read
    }

    /// Reports a value of the wrong type.
    pub(super) fn wrong_type<T: Read>(&mut self, entry: &Entry<'_, '_>) -> Reported {
        self.wrong_type_with(
            entry,
            T::EXPECTED,
            hint(entry, self.written(entry.value), T::EXPECTED),
        )
    }

    /// Reports a value of the wrong type with help of its own.
    pub(super) fn wrong_type_with(
        &mut self,
        entry: &Entry<'_, '_>,
        expected: &str,
        help: Option<String>,
    ) -> Reported {
        let found = describe(entry.value.get_ref());
        let span = self.span(entry.value);
        let mut diagnostic = Diagnostic::new(
            Code::WrongType,
            format!("{} must be {expected}, not {found}", entry.subject()),
        )
        .label(span, format!("this is {found}"));
        diagnostic.help = help;
        self.report(diagnostic)
    }

    /// Reads a table's keys.
    pub(super) fn table<T: Table + Read>(&mut self, entry: &Entry<'_, '_>) -> Result<T, Reported> {
        match entry.value.get_ref() {
            DeValue::Table(table) => self.keys(table, |_| false),
            _ => Err(self.wrong_type::<T>(entry)),
        }
    }

    /// Reads the keys of a table, but for those to be skipped.
    pub(super) fn keys<T: Table>(
        &mut self,
        table: &DeTable<'_>,
        skip: impl Fn(&str) -> bool,
    ) -> Result<T, Reported> {
        let mut result = T::default();
        for (key, value) in table {
            if !skip(key.get_ref()) && !result.accept(key, value, self) {
                self.unknown_key(&mut result, key);
            }
        }
        Ok(result)
    }

    /// Reports a key that a table has not, and guesses which was meant.
    fn unknown_key<T: Table>(&mut self, table: &mut T, key: &Spanned<DeString<'_>>) {
        let span = self.span(key);
        let name = key.get_ref();
        let keys = T::keys();
        table.doubt();
        let diagnostic =
            Diagnostic::new(Code::UnknownKey, format!("{} has no key `{name}`", T::NOUN))
                .label(span, "unknown key");
        let nested = super::raw::PATHS.iter().find_map(|path| below(path, &keys, name));
        let diagnostic = if let Some(path) = nested {
            table.report(path.split('.').next().unwrap_or_default(), span);
            diagnostic.help(format!("it belongs deeper: `{path}`"))
        } else if let Some(meant) = closest(name, keys.iter().copied()) {
            table.report(meant, span);
            diagnostic.help(format!("did you mean `{meant}`?"))
        } else {
            diagnostic.help(format!("the keys here are {}", list(&keys)))
        };
        self.report(diagnostic);
    }
}

/// The part of a known path that leads from a table with these keys to a name.
fn below<'a>(path: &'a str, keys: &[&str], name: &str) -> Option<&'a str> {
    if path.rsplit('.').next() != Some(name) {
        return None;
    }
    let starts = std::iter::once(0).chain(path.match_indices('.').map(|(at, _)| at + 1));
    let mut rests = starts.map(|at| &path[at..]).filter(|rest| rest.contains('.'));
    rests.find(|rest| rest.split('.').next().is_some_and(|first| keys.contains(&first)))
}

/// A value's type, with its article.
fn describe(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}

/// How to write a value of the wrong type rightly, where that is plain.
fn hint(entry: &Entry<'_, '_>, written: &str, expected: &str) -> Option<String> {
    let name = entry.name;
    match (entry.value.get_ref(), expected) {
        (DeValue::Integer(_), "a string") => {
            Some(format!("write it in quotes: {}", entry.written_as(&format!("\"{written}\""))))
        }
        (DeValue::String(text), _) if is_plainly(text, expected) => {
            Some(format!("write it without quotes: {}", entry.written_as(text)))
        }
        (DeValue::String(_), "a boolean") => Some("write `true` or `false`".to_owned()),
        (DeValue::String(_), "an array") if !written.contains('\n') => {
            Some(format!("write it in brackets: {}", entry.written_as(&format!("[{written}]"))))
        }
        (DeValue::Table(_), "an array") => {
            Some(format!("write it in brackets: {}", entry.written_as("[{ ... }]")))
        }
        (DeValue::Array(_), "a table") if ["template", "zone", "processor"].contains(&name) => {
            Some(format!("each has a table of its own: `[{name}.NAME]`"))
        }
        _ => None,
    }
}

/// Whether a text without its quotes would be what is expected.
fn is_plainly(text: &str, expected: &str) -> bool {
    const LONGEST: usize = 40;
    // What a line break or a comment begins would not be a part of the value.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte);
    if text.len() > LONGEST || !text.bytes().all(plain) {
        return false;
    }
    let Ok(value) = DeValue::parse(text) else { return false };
    match value.get_ref() {
        DeValue::Boolean(_) => expected == "a boolean",
        DeValue::Integer(number) => {
            expected == "a number" || expected == "an integer" && !number.as_str().starts_with('-')
        }
        DeValue::Float(number) => {
            expected == "a number" && number.as_str().parse().is_ok_and(f64::is_finite)
        }
        _ => false,
    }
}
