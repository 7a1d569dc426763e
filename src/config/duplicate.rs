//! Where a key that is written twice was first written.
//!
//! The parser says where the second one is. The first is found by its path: the
//! header above, the dotted parts in front, the key. Inside an inline table,
//! where no line says the path, it is the last such key before.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::outline::Outline;
use super::syntax::line_start;
use crate::diagnostic::{Code, Diagnostic, SourceId, Span};

/// Two labels for a key that is written twice, if the first can be found.
///
/// `table` is what the parser recovered; it holds the first of two keys, but the
/// second of two headers.
pub(super) fn duplicate_key(
    source: SourceId,
    text: &str,
    table: &DeTable<'_>,
    outline: &Outline,
    second: Range<usize>,
) -> Diagnostic {
    let name = text.get(second.clone()).unwrap_or_default();
    let first = first(text, table, outline, second.clone());
    let diagnostic = Diagnostic::new(Code::DuplicateKey, format!("`{name}` is written twice"))
        .label(Span::new(source, second.clone()), "written again here");
    match first.filter(|first| first.start < second.start) {
        Some(first) => diagnostic.label(Span::new(source, first), "first written here"),
        None => diagnostic,
    }
    .help("a key stands once in its table, and a table's header once in its file")
}

fn first(
    text: &str,
    table: &DeTable<'_>,
    outline: &Outline,
    second: Range<usize>,
) -> Option<Range<usize>> {
    let line = line_start(text, second.start);
    let before = text.get(line..second.start)?.trim_start();
    let key = text.get(second.clone())?;
    if before.starts_with('[') {
        let path = header(text, line);
        let same = outline.headers_before(line).iter().find(|at| header(text, **at) == path)?;
        let end = text[*same..].find(['\n', '#']).map_or(text.len(), |length| same + length);
        return Some(*same..same + text[*same..end].trim_end().len());
    }
    if outline.construct_at(second.start).is_some() || before.contains(['=', '{']) {
        let mut last = None;
        last_key(table, key.trim_matches(['"', '\'']), second.start, &mut last);
        return last;
    }
    let mut path = outline.headers_before(line).last().map_or(Vec::new(), |at| header(text, *at));
    path.extend(path_of(&format!("{before}{key} = 0")));
    key_at(table, &path)
}

/// The header written twice that a key is in, and where what it heads ends: the
/// table's own keys and the tables below it.
pub(super) fn repeated_table(
    text: &str,
    outline: &Outline,
    second: &Range<usize>,
) -> Option<Range<usize>> {
    let line = line_start(text, second.start);
    text.get(line..second.start)?.trim_start().starts_with('[').then_some(())?;
    let path = header(text, line);
    let mut end = line;
    loop {
        end = outline.header_after(end.max(second.end)).unwrap_or(text.len());
        if end == text.len() || !header(text, end).starts_with(&path) {
            return Some(second.end..end);
        }
    }
}

/// The path of the header at a position.
fn header(text: &str, at: usize) -> Vec<String> {
    path_of(text.get(at..).and_then(|rest| rest.lines().next()).unwrap_or_default())
}

/// The path that a line of TOML gives: that of its header or of its key.
fn path_of(line: &str) -> Vec<String> {
    let (table, _) = DeTable::parse_recoverable(line);
    let mut path = Vec::new();
    let mut table = table.get_ref();
    while let Some((key, value)) = table.iter().next() {
        path.push(key.get_ref().clone().into_owned());
        match inner_table(value.get_ref()) {
            Some(inner) => table = inner,
            None => break,
        }
    }
    path
}

/// The table that a path leads through: of an array of tables, the last.
fn inner_table<'a, 'i>(value: &'a DeValue<'i>) -> Option<&'a DeTable<'i>> {
    match value {
        DeValue::Table(table) => Some(table),
        DeValue::Array(items) => items.last().and_then(|item| inner_table(item.get_ref())),
        _ => None,
    }
}

/// Where the key at a path is written.
fn key_at(table: &DeTable<'_>, path: &[String]) -> Option<Range<usize>> {
    let (first, rest) = path.split_first()?;
    let (key, value) = table.get_key_value(first.as_str())?;
    if rest.is_empty() {
        return Some(key.span());
    }
    key_at(inner_table(value.get_ref())?, rest)
}

/// The last key of a name before a position, wherever it is.
fn last_key(table: &DeTable<'_>, name: &str, before: usize, last: &mut Option<Range<usize>>) {
    for (key, value) in table {
        let span = key.span();
        let later = last.as_ref().is_none_or(|found| found.start < span.start);
        if key.get_ref() == name && span.start < before && later {
            *last = Some(span);
        }
        last_key_within(value.get_ref(), name, before, last);
    }
}

fn last_key_within(
    value: &DeValue<'_>,
    name: &str,
    before: usize,
    last: &mut Option<Range<usize>>,
) {
    match value {
        DeValue::Table(table) => last_key(table, name, before, last),
        DeValue::Array(items) => {
            for item in items {
                last_key_within(item.get_ref(), name, before, last);
            }
        }
        _ => {}
    }
}
