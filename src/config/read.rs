//! From a text's tokens to the raw tree.
//!
//! The parser tells what it meets, a piece at a time; here the pieces become
//! tables by TOML's rules about what may be added to what. A text that is no
//! TOML gives what can be made of it.

use std::borrow::Cow;

use toml_parser::decoder::{Encoding, ScalarKind};
use toml_parser::lexer::Token;
use toml_parser::parser::{EventReceiver, ValidateWhitespace, parse_document};
use toml_parser::{ErrorSink, Expected, ParseError, Raw as Written, Source, Span as Place};

use super::tokens::Outline;
use super::tree::{Form, Node, Raw, Table};
use crate::diagnostic::{SourceId, Span};

/// Something that is not as TOML wants it.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) span: Span,
    pub(super) what: Cow<'static, str>,
    pub(super) expected: Option<&'static [Expected]>,
    /// For a key that is written again or added to: where it stands first.
    pub(super) first: Option<Span>,
}

impl Fault {
    const REPEATED: &str = "duplicate key";

    /// Whether a key or table is written twice.
    pub(super) fn is_repetition(&self) -> bool {
        self.what == Fault::REPEATED
    }

    fn repetition(span: Span, first: &Node) -> Fault {
        Fault { span, what: Fault::REPEATED.into(), expected: None, first: Some(place(first)) }
    }
}

/// Where a key is, or the whole header of a table that has one.
fn place(node: &Node) -> Span {
    if node.form == Form::Header { node.span } else { node.key }
}

/// What was made of a text.
pub(super) struct Reading {
    pub(super) root: Table,
    pub(super) outline: Outline,
    /// Sorted by their places.
    pub(super) faults: Vec<Fault>,
}

/// Reads a text, or as much of it as does not nest too deep.
///
/// Only some of the tokens are kept at a time, since they take several times the
/// room of the text.
pub(super) fn read(source: SourceId, text: &str) -> Reading {
    /// How many tokens are parsed at once, give or take a line.
    const MANY: usize = 16 * 1024;
    let mut outline = Outline::default();
    let mut builder = Builder::new(source, text);
    let mut faults = Vec::new();
    let mut tokens = Vec::with_capacity(MANY);
    for token in Source::new(text).lex() {
        if tokens.len() >= MANY && outline.is_between_lines() {
            builder.parse(&tokens, &mut faults);
            tokens.clear();
        }
        outline.add(&token);
        tokens.push(token);
        if outline.too_deep.is_some() {
            tokens.clear();
            break;
        }
    }
    builder.parse(&tokens, &mut faults);
    faults.append(&mut builder.faults);
    faults.sort_by_key(|fault| fault.span);
    Reading { root: builder.root, outline, faults }
}

/// What has been made of the pieces so far.
struct Builder<'t> {
    source: SourceId,
    text: &'t str,
    root: Table,
    /// The way from the root to the table of the last header, by positions.
    way: Vec<usize>,
    /// Stands in for that table if the header is broken or its name is taken.
    aside: Option<Table>,
    /// The parts of the key that is being read, which may be that of a header.
    keys: Vec<Key>,
    header: Option<Place>,
    /// Whether a dot asks for another part of the key.
    dotted: bool,
    /// The arrays and inline tables around the place.
    open: Vec<Open>,
    /// The last header that is written twice; of course the keys below are too.
    repeated: Option<Vec<Box<str>>>,
    faults: Vec<Fault>,
}

struct Key {
    name: Box<str>,
    span: Span,
}

/// An array or inline table whose end has not come, with its own key.
struct Open {
    keys: Vec<Key>,
    start: Place,
    value: Raw,
}

/// What a header heads.
#[derive(Clone, Copy)]
enum Heading {
    Table,
    Item,
}

impl<'t> Builder<'t> {
    fn new(source: SourceId, text: &'t str) -> Builder<'t> {
        Builder {
            source,
            text,
            root: Table::default(),
            way: Vec::new(),
            aside: None,
            keys: Vec::new(),
            header: None,
            dotted: false,
            open: Vec::new(),
            repeated: None,
            faults: Vec::new(),
        }
    }

    /// Parses some lines.
    fn parse(&mut self, tokens: &[Token], faults: &mut Vec<Fault>) {
        /// A text with more faults is no TOML at all.
        const MOST: usize = 1000;
        let source = self.source;
        let mut sink = |error: ParseError| {
            if faults.len() < MOST {
                let place = error.unexpected().unwrap_or_default();
                faults.push(Fault {
                    span: Span::new(source, place.start()..place.end()),
                    what: error.description().to_owned().into(),
                    expected: error.expected(),
                    first: None,
                });
            }
        };
        let text = Source::new(self.text);
        parse_document(tokens, &mut ValidateWhitespace::new(self, text), &mut sink);
        self.faults.truncate(MOST);
    }

    fn span(&self, place: Place) -> Span {
        Span::new(self.source, place.start()..place.end())
    }

    fn written(&self, place: Place, encoding: Option<Encoding>) -> Written<'t> {
        let text = self.text.get(place.start()..place.end()).unwrap_or_default();
        Written::new_unchecked(text, encoding, place)
    }

    /// Puts a value where it belongs: into what is open around it, or into the
    /// table of the last header.
    fn put(&mut self, place: Place, value: Raw) {
        let span = self.span(place);
        if let Some(Open { value: Raw::Array(items), .. }) = self.open.last_mut() {
            items.push(Node::new(span, span, value));
            return;
        }
        let Some(Key { name, span: key }) = self.keys.pop() else { return };
        let table = match (self.open.last_mut(), &mut self.aside) {
            (Some(Open { value: Raw::Table(table), .. }), _) | (_, Some(table)) => table,
            _ => follow(&mut self.root, &self.way),
        };
        let table = descend(table, &self.keys, Form::Dotted, |_| {});
        let added = table.and_then(|table| match table.get(&name) {
            Some(first) => Err(Fault::repetition(key, first)),
            None => Ok(table.push(name, Node::new(key, span, value))),
        });
        if self.repeated.is_none() {
            self.faults.extend(added.err());
        }
        self.keys.clear();
    }

    /// Turns to the table of a header that ends here.
    fn turn(&mut self, heading: Heading, end: Place) {
        let (Some(start), Some((last, around))) = (self.header.take(), self.keys.split_last())
        else {
            return;
        };
        let names = || self.keys.iter().map(|key| &key.name);
        let is_below = |path: &Vec<Box<str>>| names().take(path.len()).eq(path);
        self.repeated = self.repeated.take().filter(is_below);
        self.aside = None;
        self.way.clear();
        let header = self.span(start.append(end));
        match descend(&mut self.root, around, Form::Around, |at| self.way.push(at)) {
            Ok(table) => {
                let (at, fault) = begin(table, last, heading, header);
                self.way.push(at);
                if table.at_mut(at).innermost().is_none() {
                    self.aside = Some(Table::default());
                }
                if let Some(fault) = fault {
                    self.faults.push(fault);
                    self.repeated.get_or_insert_with(|| names().cloned().collect());
                }
            }
            Err(fault) => {
                self.faults.push(fault);
                self.aside = Some(Table::default());
            }
        }
        self.keys.clear();
    }

    /// Ends what is open.
    fn close(&mut self, end: Place) {
        if let Some(Open { keys, start, value }) = self.open.pop() {
            self.keys = keys;
            self.put(start.append(end), value);
        }
    }
}

/// Begins a table at a header: where it is, and whether its name is taken.
fn begin(table: &mut Table, key: &Key, heading: Heading, span: Span) -> (usize, Option<Fault>) {
    let new = |key: Span, value: Raw| Node { key, span, value, form: Form::Header };
    let item = || new(span, Raw::Table(Table::default()));
    let Some(at) = table.position(&key.name) else {
        let value = match heading {
            Heading::Table => Raw::Table(Table::default()),
            Heading::Item => Raw::Array(vec![item()]),
        };
        return (table.push(key.name.clone(), new(key.span, value)), None);
    };
    let node = table.at_mut(at);
    match (&mut node.value, node.form, heading) {
        (Raw::Table(_), Form::Around, Heading::Table) => {
            (node.key, node.span, node.form) = (key.span, span, Form::Header);
        }
        (Raw::Array(items), Form::Header, Heading::Item) => items.push(item()),
        _ => return (at, Some(Fault::repetition(key.span, node))),
    }
    (at, None)
}

/// The table at the end of a path, told its way; tables that lack are made.
fn descend<'n>(
    mut table: &'n mut Table,
    path: &[Key],
    form: Form,
    mut step: impl FnMut(usize),
) -> Result<&'n mut Table, Fault> {
    for Key { name, span } in path {
        let at = table.position(name).unwrap_or_else(|| {
            let value = Raw::Table(Table::default());
            table.push(name.clone(), Node { key: *span, span: *span, value, form })
        });
        step(at);
        let node = table.at_mut(at);
        match (&node.value, node.form) {
            (Raw::Table(_), Form::Around | Form::Dotted) if form == Form::Dotted => {
                node.form = form
            }
            (Raw::Table(_) | Raw::Array(_), Form::Header) if form == Form::Dotted => {
                return Err(Fault::repetition(*span, node));
            }
            (Raw::Table(_), Form::Value) => return Err(extension(*span, node, "inline table")),
            (Raw::Table(_), _) | (Raw::Array(_), Form::Header) => {}
            (value, _) => return Err(extension(*span, node, value.word())),
        }
        table = node.innermost().expect("only tables and arrays of them are left");
    }
    Ok(table)
}

fn extension(span: Span, node: &Node, what: &str) -> Fault {
    let what = format!("cannot extend value of type {what} with a dotted key");
    Fault { span, what: what.into(), expected: None, first: Some(place(node)) }
}

/// The table at the end of a way that was gone before.
fn follow<'n>(mut table: &'n mut Table, way: &[usize]) -> &'n mut Table {
    for at in way {
        table = table.at_mut(*at).innermost().expect("the way leads through tables");
    }
    table
}

impl EventReceiver for Builder<'_> {
    fn std_table_open(&mut self, place: Place, _: &mut dyn ErrorSink) {
        self.keys.clear();
        self.header = Some(place);
    }

    fn std_table_close(&mut self, place: Place, _: &mut dyn ErrorSink) {
        self.turn(Heading::Table, place);
    }

    fn array_table_open(&mut self, place: Place, _: &mut dyn ErrorSink) {
        self.keys.clear();
        self.header = Some(place);
    }

    fn array_table_close(&mut self, place: Place, _: &mut dyn ErrorSink) {
        self.turn(Heading::Item, place);
    }

    fn inline_table_open(&mut self, start: Place, _: &mut dyn ErrorSink) -> bool {
        let keys = std::mem::take(&mut self.keys);
        self.open.push(Open { keys, start, value: Raw::Table(Table::default()) });
        true
    }

    fn inline_table_close(&mut self, place: Place, _: &mut dyn ErrorSink) {
        self.close(place);
    }

    fn array_open(&mut self, start: Place, _: &mut dyn ErrorSink) -> bool {
        let keys = std::mem::take(&mut self.keys);
        self.open.push(Open { keys, start, value: Raw::Array(Vec::new()) });
        true
    }

    fn array_close(&mut self, place: Place, _: &mut dyn ErrorSink) {
        self.close(place);
    }

    fn simple_key(&mut self, place: Place, encoding: Option<Encoding>, sink: &mut dyn ErrorSink) {
        if !std::mem::take(&mut self.dotted) {
            self.keys.clear();
        }
        let mut name = Cow::Borrowed("");
        self.written(place, encoding).decode_key(&mut name, sink);
        self.keys.push(Key { name: name.into(), span: self.span(place) });
    }

    fn key_sep(&mut self, _: Place, _: &mut dyn ErrorSink) {
        self.dotted = true;
    }

    fn scalar(&mut self, place: Place, encoding: Option<Encoding>, sink: &mut dyn ErrorSink) {
        let mut text = Cow::Borrowed("");
        let value = match self.written(place, encoding).decode_scalar(&mut text, sink) {
            ScalarKind::String => Raw::String(text.into()),
            ScalarKind::Boolean(flag) => Raw::Boolean(flag),
            ScalarKind::DateTime => {
                if let Err(error) = text.parse::<toml::value::Datetime>() {
                    sink.report_error(ParseError::new(error.to_string()).with_unexpected(place));
                }
                Raw::Datetime(text.into())
            }
            ScalarKind::Float => Raw::Float(text.parse().unwrap_or(f64::NAN)),
            ScalarKind::Integer(radix) => {
                #[expect(clippy::cast_precision_loss, reason = "the nearest double is meant")]
                let number = match radix.value() {
                    10 => text.parse().ok(),
                    radix => u128::from_str_radix(&text, radix).ok().map(|whole| whole as f64),
                };
                let count = u64::from_str_radix(&text, radix.value()).ok();
                Raw::Integer(number.unwrap_or(f64::INFINITY), count)
            }
        };
        self.put(place, value);
    }

    fn newline(&mut self, _: Place, _: &mut dyn ErrorSink) {
        if self.header.take().is_some() {
            // Nothing closes it, and nobody knows what its keys belong to.
            self.aside = Some(Table::default());
        }
    }
}

#[cfg(test)]
mod tests {
    use toml::Value;

    use super::*;
    use crate::diagnostic::Sources;

    fn reading(text: &str) -> Reading {
        read(Sources::default().add("rekon.toml", text), text)
    }

    /// Whether a tree says what the toml crate takes a text to say.
    fn is_same(raw: &Raw, value: &Value) -> bool {
        match (raw, value) {
            (Raw::String(one), Value::String(other)) => **one == **other,
            (Raw::Integer(one, _), Value::Integer(other)) => *one == *other as f64,
            (Raw::Float(one), Value::Float(other)) => one == other,
            (Raw::Boolean(one), Value::Boolean(other)) => one == other,
            (Raw::Datetime(text), Value::Datetime(other)) => text.parse().ok() == Some(*other),
            (Raw::Array(items), Value::Array(others)) => {
                let pairs = items.iter().zip(others);
                items.len() == others.len()
                    && pairs.into_iter().all(|(one, other)| is_same(&one.value, other))
            }
            (Raw::Table(table), Value::Table(other)) => is_same_table(table, other),
            _ => false,
        }
    }

    fn is_same_table(table: &Table, other: &toml::Table) -> bool {
        table.len() == other.len()
            && other
                .iter()
                .all(|(key, value)| table.get(key).is_some_and(|node| is_same(&node.value, value)))
    }

    #[test]
    fn a_text_becomes_the_tables_that_toml_means() {
        let many: String = (0..40).map(|at| format!("k{at} = {at}\n")).collect();
        for text in [
            "a = 1\nb.c = 'x'\nb.d.e = \"\\u0024\"\n[f]\ng = true\n",
            "[a.b.c]\nx = 1\n[a]\ny = 2\n[a.b]\nz = 3\n",
            "[[a]]\nx = 1\n[[a]]\n[a.b]\ny = 1979-05-27\n[[a.c]]\n[[a.c]]\nz = 0xFF\n",
            "a = [1, [2.5, -3], { b = [], c.d = {}, c.e = '''\nx''' }]\n",
            "[a]\nb.c = 1\n[a.d]\nb = 1\n[a.b.e]\n",
            &many,
        ] {
            let found = reading(text);
            assert!(found.faults.is_empty(), "{text}\n{:?}", found.faults);
            assert!(is_same_table(&found.root, &toml::from_str(text).unwrap()), "{text}");
        }
    }

    #[test]
    fn what_is_written_again_or_added_to_knows_where_it_stands_first() {
        for text in [
            "a = 1\na = 2",
            "a.b = 1\na.b.c = 2",
            "a = {}\na.b = 1",
            "[a]\n[a]",
            "[a]\nb = 1\n[a.b]",
            "a.b = 1\n[a]",
            "[[a]]\n[a]",
            "a = []\n[[a]]",
            "[a.b]\n[a]\nb.c = 1",
            "x = { a = 1, a = 2 }",
            "x = { a = {}, a.b = 2 }",
        ] {
            assert!(toml::from_str::<toml::Table>(text).is_err(), "{text}");
            let faults = reading(text).faults;
            let [Fault { span, first: Some(first), .. }] = faults.as_slice() else {
                panic!("{text}\n{faults:?}");
            };
            assert!(first.start < span.start, "{text}");
        }
    }
}
