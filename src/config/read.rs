//! From a text's tokens to the raw tree.
//!
//! The parser tells what it meets, a piece at a time; here the pieces become
//! tables by TOML's rules about what may be added to what. A text that is no
//! TOML gives what can be made of it.

use std::borrow::Cow;
use std::ops::Range;

use toml_parser::decoder::{Encoding, ScalarKind};
use toml_parser::parser::{EventReceiver, ValidateWhitespace, parse_document};
use toml_parser::{ErrorSink, Expected, ParseError, Raw as Written, Source, Span as Place};

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

/// Reads a text that is cut into parts before headers. Only one part's tokens
/// are kept at a time, since they take several times the room of the text.
pub(super) fn read(source: SourceId, text: &str, parts: &[Range<usize>]) -> (Table, Vec<Fault>) {
    /// A text with more faults is no TOML at all.
    const MOST: usize = 1000;
    let mut builder = Builder::new(source);
    let mut faults = Vec::new();
    for part in parts {
        (builder.text, builder.offset) = (text.get(part.clone()).unwrap_or_default(), part.start);
        let mut sink = |error: ParseError| {
            if faults.len() < MOST {
                let place = error.unexpected().unwrap_or_default();
                faults.push(Fault {
                    span: Span::new(source, place.start() + part.start..place.end() + part.start),
                    what: error.description().to_owned().into(),
                    expected: error.expected(),
                    first: None,
                });
            }
        };
        let source = Source::new(builder.text);
        let tokens = source.lex().into_vec();
        parse_document(&tokens, &mut ValidateWhitespace::new(&mut builder, source), &mut sink);
        builder.faults.truncate(MOST);
    }
    faults.append(&mut builder.faults);
    faults.sort_by_key(|fault| fault.span);
    (builder.root, faults)
}

/// What has been made of the pieces so far.
struct Builder<'t> {
    source: SourceId,
    /// The part that is read, and where it begins.
    text: &'t str,
    offset: usize,
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
    fn new(source: SourceId) -> Builder<'t> {
        Builder {
            source,
            text: "",
            offset: 0,
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

    fn span(&self, place: Place) -> Span {
        Span::new(self.source, place.start() + self.offset..place.end() + self.offset)
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
        let mut path = std::mem::take(&mut self.keys);
        let Some(Key { name, span: key }) = path.pop() else { return };
        let table = match (self.open.last_mut(), &mut self.aside) {
            (Some(Open { value: Raw::Table(table), .. }), _) | (_, Some(table)) => table,
            _ => follow(&mut self.root, &self.way),
        };
        let added =
            descend(table, &path, Form::Dotted).and_then(|(table, _)| match table.get(&name) {
                Some(first) => Err(Fault::repetition(key, first)),
                None => Ok(table.push(name, Node::new(key, span, value))),
            });
        if self.repeated.is_none() {
            self.faults.extend(added.err());
        }
    }

    /// Turns to the table of a header that ends here.
    fn turn(&mut self, heading: Heading, end: Place) {
        let path = std::mem::take(&mut self.keys);
        let (Some(start), Some((last, around))) = (self.header.take(), path.split_last()) else {
            return;
        };
        let names: Vec<Box<str>> = path.iter().map(|key| key.name.clone()).collect();
        self.repeated = self.repeated.take().filter(|repeated| names.starts_with(repeated));
        self.aside = None;
        let header = self.span(start.append(end));
        match descend(&mut self.root, around, Form::Around) {
            Ok((table, way)) => {
                let (at, fault) = begin(table, last, heading, header);
                let is_table = table.at_mut(at).innermost().is_some();
                self.way = way;
                self.way.push(at);
                self.aside = (!is_table).then(Table::default);
                if let Some(fault) = fault {
                    self.faults.push(fault);
                    self.repeated.get_or_insert(names);
                }
            }
            Err(fault) => {
                self.faults.push(fault);
                self.aside = Some(Table::default());
            }
        }
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

/// The table at the end of a path, with its way; tables that lack are made.
fn descend<'n>(
    mut table: &'n mut Table,
    path: &[Key],
    form: Form,
) -> Result<(&'n mut Table, Vec<usize>), Fault> {
    let mut way = Vec::new();
    for Key { name, span } in path {
        let at = table.position(name).unwrap_or_else(|| {
            let value = Raw::Table(Table::default());
            table.push(name.clone(), Node { key: *span, span: *span, value, form })
        });
        way.push(at);
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
    Ok((table, way))
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
                Raw::Datetime
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
