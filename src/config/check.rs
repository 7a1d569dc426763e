//! Holds a raw tree against the description of the tables.
//!
//! All mistakes come at once, each at its own place. What cannot be used is
//! marked as such, and so is what a mistake seems to stand in for, so that
//! nothing which follows from it is reported again.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use toml::de::DeValue;

use super::suggest::{closest, did_you_mean, list};
use super::tables::{ATTRIBUTES, FILE, Key, Shape, Table as Description};
use super::tree::{Node, Raw, Table};
use crate::diagnostic::{Code, Diagnostic, Span};

/// Checks the tables of a file.
pub(super) fn check(text: &str, root: &mut Table, diagnostics: &mut Vec<Diagnostic>) {
    let mut checker = Checker { text, diagnostics };
    for (name, node) in checker.keys(root, &FILE) {
        let meant = closest(&name, FILE.names());
        checker.diagnostics.push(unknown_at_top(&name, &node, meant));
        if let Some(meant) = meant {
            root.excuse(meant, node.key);
        }
    }
}

/// A key or table that stands at the top and should not.
fn unknown_at_top(name: &str, node: &Node, meant: Option<&str>) -> Diagnostic {
    let tables = list(&FILE.names());
    if matches!(node.value, Raw::Table(_) | Raw::Array(_)) || meant.is_some() {
        return Diagnostic::new(Code::UnknownTable, format!("there is no table `{name}`"))
            .label(node.key, "unknown table")
            .help(did_you_mean(meant).unwrap_or_else(|| format!("the tables are {tables}")));
    }
    let in_stack = FILE.key("stack").is_some_and(
        |stack| matches!(&stack.shape, Shape::Table(table) if table.key(name).is_some()),
    );
    let help = if in_stack {
        "it belongs under `[stack]`".to_owned()
    } else if ATTRIBUTES.iter().any(|key| key.name == name) {
        "it belongs under `[defaults]`, `[template.NAME]` or `[processor.NAME]`".to_owned()
    } else {
        format!("at the top stand the tables {tables}")
    };
    Diagnostic::new(Code::UnknownKey, format!("`{name}` belongs to no table"))
        .label(node.key, "unknown key")
        .help(help)
}

/// What a value is called in a complaint: by its key, or by its array's.
#[derive(Clone, Copy)]
enum Subject<'a> {
    Key(&'a str),
    Item(&'a str),
}

impl Subject<'_> {
    fn name(&self) -> &str {
        let (Subject::Key(name) | Subject::Item(name)) = self;
        name
    }

    /// How the value is written rightly.
    fn with(&self, value: &str) -> String {
        match self {
            Subject::Key(name) => format!("`{name} = {value}`"),
            Subject::Item(_) => format!("`{value}`"),
        }
    }
}

struct Checker<'a> {
    text: &'a str,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl<'a> Checker<'a> {
    /// How a value is written, quotes and escapes included.
    fn written(&self, span: Span) -> &'a str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// Checks the keys of a table that are known; takes the others out.
    fn keys(&mut self, table: &mut Table, description: &Description) -> Vec<(Box<str>, Node)> {
        for (name, node) in table.iter_mut() {
            if let Some(key) = description.key(name) {
                self.value(Subject::Key(name), node, &key.shape);
            }
        }
        table.take_out(|name, _| description.key(name).is_none())
    }

    /// Checks the keys of a table, and guesses which the unknown ones mean.
    fn table(&mut self, table: &mut Table, description: &Description) {
        for (name, node) in self.keys(table, description) {
            let span = node.key;
            let keys = description.names();
            let deeper = DEEPER.iter().find_map(|path| below(path, &keys, &name));
            let meant = match deeper {
                Some(path) => path.split('.').next(),
                None => closest(&name, keys.iter().copied()),
            };
            let help = match (deeper, meant) {
                (Some(path), _) => format!("it belongs deeper: `{path}`"),
                (None, Some(meant)) => format!("did you mean `{meant}`?"),
                (None, None) => format!("the keys here are {}", list(&keys)),
            };
            self.diagnostics.push(
                Diagnostic::new(
                    Code::UnknownKey,
                    format!("{} has no key `{name}`", description.noun),
                )
                .label(span, "unknown key")
                .help(help),
            );
            table.doubtful = true;
            if let Some(meant) = meant {
                table.excuse(meant, span);
            }
        }
    }

    /// Checks a value; one that is of no use is marked so.
    fn value(&mut self, subject: Subject<'_>, node: &mut Node, shape: &Shape) {
        if let Err(diagnostic) = self.judge(subject, node, shape) {
            self.diagnostics.extend(diagnostic);
            node.value = Raw::Unusable;
        }
    }

    /// Checks a value and what is in it. It is of no use if that is an error,
    /// for which there is something to say, or what is in it said it.
    fn judge(
        &mut self,
        subject: Subject<'_>,
        node: &mut Node,
        shape: &Shape,
    ) -> Result<(), Option<Diagnostic>> {
        let (name, span) = (subject.name(), node.span);
        match (&mut node.value, shape) {
            (Raw::Integer(_, Some(_)), Shape::Count)
            | (Raw::Integer(..) | Raw::Float(_), Shape::Number)
            | (Raw::Boolean(_), Shape::Flag) => {}
            (Raw::Integer(_, None), Shape::Count) => {
                return Err(Some(
                    Diagnostic::new(Code::OutOfRange, format!("`{name}` is out of range"))
                        .label(span, "not a count")
                        .help("a whole number from 0"),
                ));
            }
            // What counts is how it is written: an escape makes it plain text.
            (Raw::String(text), Shape::Text | Shape::Word(_) | Shape::Names)
                if text.contains("${") && self.written(span).contains("${") =>
            {
                return Err(Some(reserved(span)));
            }
            (Raw::String(_), Shape::Text | Shape::Names) | (_, Shape::Any) => {}
            (Raw::String(text) | Raw::Datetime(text), Shape::Date) if is_date(text) => {}
            (Raw::String(text), Shape::Word(words)) => {
                if !words.contains(&&**text) {
                    let help = did_you_mean(closest(text, words.iter().copied()))
                        .unwrap_or_else(|| format!("it is one of {}", list(words)));
                    return Err(Some(
                        Diagnostic::new(Code::UnknownWord, format!("`{name}` cannot be `{text}`"))
                            .label(span, "unknown word")
                            .help(help),
                    ));
                }
            }
            (Raw::Array(items), Shape::List(item)) => self.items(name, items, item),
            (Raw::Array(items), Shape::Names) => self.items(name, items, &Shape::Text),
            (Raw::Array(items), Shape::Point) => {
                let [x, y] = items.as_mut_slice() else {
                    return Err(Some(
                        Diagnostic::new(Code::WrongType, "a point has two coordinates")
                            .label(span, format!("this has {}", items.len()))
                            .help("write it as `[x, y]`, in fractions of the frame"),
                    ));
                };
                self.value(Subject::Key("x"), x, &Shape::Number);
                self.value(Subject::Key("y"), y, &Shape::Number);
                if x.is_unusable() || y.is_unusable() {
                    return Err(None);
                }
            }
            (Raw::Table(table), Shape::Table(inner)) => self.table(table, inner),
            (Raw::Table(table), Shape::Named(inner)) => self.named(name, table, inner),
            (Raw::Table(table), Shape::Texts) => {
                for (name, node) in table.iter_mut() {
                    self.value(Subject::Key(name), node, &Shape::Text);
                }
            }
            _ => return Err(Some(self.wrong_type(subject, node, shape))),
        }
        Ok(())
    }

    /// Checks the items of an array. Items of one wrong type are one mistake.
    fn items(&mut self, name: &str, items: &mut [Node], shape: &Shape) {
        let mut wrong: Vec<&str> = Vec::new();
        for item in items {
            let word = item.value.word();
            if wrong.contains(&word) {
                item.value = Raw::Unusable;
                continue;
            }
            self.value(Subject::Item(name), item, shape);
            let last = self.diagnostics.last().map(|last| last.code);
            if item.is_unusable() && last == Some(Code::WrongType) && word != "array" {
                wrong.push(word);
            }
        }
    }

    /// Checks tables under names of the user's choice.
    fn named(&mut self, kind: &str, named: &mut Table, description: &Description) {
        let keys = description.names();
        let mut meant = Vec::new();
        let mut beginnings = BTreeSet::new();
        for (name, node) in named.iter_mut() {
            let Raw::Table(table) = &mut node.value else {
                let wrong = self.wrong_type(Subject::Key(name), node, &Shape::Texts);
                self.diagnostics.push(wrong);
                node.value = Raw::Unusable;
                continue;
            };
            for (key, inner) in
                table.take_out(|key, inner| dotted_name(key, inner, &keys).is_some())
            {
                let Some((rest, inner)) = dotted_name(&key, &inner, &keys) else { continue };
                let full = format!("{name}.{rest}");
                let mut inner = Node { key: node.key.to(inner.key), ..inner.clone() };
                self.diagnostics.push(
                    Diagnostic::new(Code::UnquotedDot, format!("the {kind} `{full}` needs quotes"))
                        .label(inner.key, "a dot outside quotes nests tables")
                        .help(format!("write `[{kind}.\"{full}\"]`")),
                );
                // What is in it is judged as if the name had been quoted.
                if let Raw::Table(table) = &mut inner.value {
                    self.table(table, description);
                }
                beginnings.insert(name.to_owned());
                meant.push((full, inner));
            }
            self.table(table, description);
        }
        // A table with nothing else in it is only the beginning of the names.
        named.take_out(|name, node| {
            node.table().is_some_and(Table::is_empty) && beginnings.contains(name)
        });
        for (name, node) in meant {
            if named.get(&name).is_none() {
                named.push(name.into(), node);
            }
        }
    }

    /// Says that a value is of the wrong type, and how to write it rightly.
    fn wrong_type(&self, subject: Subject<'_>, node: &Node, shape: &Shape) -> Diagnostic {
        let (expected, found) = (expected(shape), describe(&node.value));
        let what = match subject {
            Subject::Key(name) => format!("`{name}`"),
            Subject::Item(name) => format!("an item of `{name}`"),
        };
        let message = format!("{what} must be {expected}, not {found}");
        let mut diagnostic =
            Diagnostic::new(Code::WrongType, message).label(node.span, format!("this is {found}"));
        let written = self.written(node.span);
        diagnostic.help = match (&node.value, shape) {
            (_, Shape::Point) => {
                Some("write it as `[[x, y], [x, y], [x, y]]`, in fractions of the frame".to_owned())
            }
            (Raw::Integer(..), Shape::Text | Shape::Word(_)) => {
                let quoted = subject.with(&format!("\"{written}\""));
                Some(format!("write it in quotes: {quoted}"))
            }
            (Raw::String(text), _) if is_plainly(text, shape) => {
                Some(format!("write it without quotes: {}", subject.with(text)))
            }
            (Raw::String(_), Shape::Flag) => Some("write `true` or `false`".to_owned()),
            (Raw::String(_), Shape::List(_)) if !written.contains('\n') => {
                let list = subject.with(&format!("[{written}]"));
                Some(format!("write it in brackets: {list}"))
            }
            (Raw::Table(_), Shape::List(_)) => {
                Some(format!("write it in brackets: {}", subject.with("[{ ... }]")))
            }
            (Raw::Array(_), Shape::Named(_)) => {
                Some(format!("each has a table of its own: `[{}.NAME]`", subject.name()))
            }
            _ => None,
        };
        diagnostic
    }
}

fn reserved(span: Span) -> Diagnostic {
    Diagnostic::new(Code::ReservedSyntax, "`${` has no meaning yet")
        .label(span, "`${` is reserved")
        .help(
            "rekon fills nothing in: write the value itself\n\
             the text `${` is written `\\u0024{`, between double quotes",
        )
}

/// The dotted paths of the keys below a processor's that lead to one name only,
/// for guesses at where a misplaced key belongs.
static DEEPER: LazyLock<Vec<String>> = LazyLock::new(|| {
    let paths: Vec<String> =
        ATTRIBUTES.iter().flat_map(Key::paths).filter(|path| path.contains('.')).collect();
    let last = |path: &str| path.rsplit('.').next().map(str::to_owned);
    let alike = |path: &str| paths.iter().filter(|other| last(other) == last(path)).count();
    paths.iter().filter(|path| alike(path) == 1).cloned().collect()
});

/// The part of a known path that leads from a table with these keys to a name.
fn below<'a>(path: &'a str, keys: &[&str], name: &str) -> Option<&'a str> {
    if path.rsplit('.').next() != Some(name) {
        return None;
    }
    let starts = std::iter::once(0).chain(path.match_indices('.').map(|(at, _)| at + 1));
    let mut rests = starts.map(|at| &path[at..]).filter(|rest| rest.contains('.'));
    rests.find(|rest| rest.split('.').next().is_some_and(|first| keys.contains(&first)))
}

/// The rest of a named table's name and the table, if a key of what seems to be
/// the table is in truth a part of its name: `door` in `[processor.front.door]`.
///
/// Such a key is unknown, resembles no known one, and holds a table that is
/// empty or has the keys of a named table.
fn dotted_name<'a>(key: &str, node: &'a Node, keys: &[&str]) -> Option<(String, &'a Node)> {
    let table = node.table().filter(|_| !keys.contains(&key))?;
    let fits = table.iter().any(|(key, _)| keys.contains(&key));
    if fits || (table.is_empty() && closest(key, keys.iter().copied()).is_none()) {
        return Some((key.to_owned(), node));
    }
    let (inner, below) = table.iter().next().filter(|_| table.len() == 1)?;
    let (rest, found) = dotted_name(inner, below, keys)?;
    Some((format!("{key}.{rest}"), found))
}

/// Whether a text is a day.
fn is_date(text: &str) -> bool {
    text.parse::<jiff::civil::Date>().is_ok()
}

/// What a value has to be, with its article.
fn expected(shape: &Shape) -> &'static str {
    match shape {
        Shape::Text | Shape::Word(_) => "a string",
        Shape::Date => "a date such as 2026-12-31",
        Shape::Any => "a value",
        Shape::Count => "an integer",
        Shape::Number => "a number",
        Shape::Flag => "a boolean",
        Shape::List(_) => "an array",
        Shape::Names => "a string or an array of strings",
        Shape::Point => "a list of points `[x, y]`",
        Shape::Table(_) | Shape::Named(_) | Shape::Texts => "a table",
    }
}

/// A value's type, with its article.
fn describe(value: &Raw) -> String {
    let word = value.word();
    let article = if word.starts_with(['a', 'i']) { "an" } else { "a" };
    format!("{article} {word}")
}

/// Whether a text without its quotes would be what is expected.
fn is_plainly(text: &str, shape: &Shape) -> bool {
    const LONGEST: usize = 40;
    // What a line break or a comment begins would not be a part of the value.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte);
    if text.len() > LONGEST || !text.bytes().all(plain) {
        return false;
    }
    let Ok(value) = DeValue::parse(text) else { return false };
    match (value.get_ref(), shape) {
        (DeValue::Boolean(_), Shape::Flag) | (DeValue::Integer(_), Shape::Number) => true,
        (DeValue::Integer(number), Shape::Count) => !number.as_str().starts_with('-'),
        (DeValue::Float(number), Shape::Number) => {
            number.as_str().parse().is_ok_and(f64::is_finite)
        }
        _ => false,
    }
}
