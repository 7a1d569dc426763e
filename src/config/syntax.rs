//! What the TOML parser complains about, one complaint for each mistake.
//!
//! A single slip makes the parser stumble several times: on the rest of the
//! line, or all through an array that was never closed. The first stumble of a
//! line or construct is the one that helps.

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::outline::{Outline, outline};
use crate::diagnostic::{Code, Diagnostic, SourceId, Span};

/// More are never listed; a file with so many is no TOML at all.
const MOST: usize = 50;

/// Turns a parser's errors into diagnostics; `table` is what it could recover.
pub(super) fn diagnostics(
    source: SourceId,
    text: &str,
    table: &DeTable<'_>,
    errors: &[toml::de::Error],
) -> Vec<Diagnostic> {
    let outline = outline(text);
    let mut places: Vec<(usize, usize, &str)> = errors
        .iter()
        .filter_map(|error| {
            let range = error.span()?;
            Some((range.start.min(text.len()), range.end.min(text.len()), error.message()))
        })
        .collect();
    places.sort_by_key(|(start, end, _)| (*start, *end));
    let mut diagnostics = Vec::new();
    let mut judged_up_to = 0;
    for (start, end, message) in places {
        if start < judged_up_to {
            continue;
        }
        let line_end = text[start..].find('\n').map_or(text.len(), |length| start + length + 1);
        let construct = outline.construct_at(start);
        judged_up_to =
            construct.map_or(0, |found| found.range.end + 1).max(line_end).max(start + 1);
        let span = Span::new(source, start..end.max(start));
        diagnostics.push(if message == "duplicate key" {
            duplicate_key(source, text, table, &outline, start..end)
        } else {
            syntax(source, &outline, span, message)
        });
        if diagnostics.len() == MOST {
            break;
        }
    }
    if diagnostics.is_empty() {
        let span = Span::new(source, 0..0);
        let message = errors.first().map_or("the text is not TOML", toml::de::Error::message);
        diagnostics.push(syntax(source, &outline, span, message));
    }
    diagnostics
}

fn syntax(source: SourceId, outline: &Outline, span: Span, message: &str) -> Diagnostic {
    let (what, expected) = match message.split_once(", expected ") {
        Some((what, expected)) => (what, Some(expected)),
        None => (message, None),
    };
    let unclosed = outline.construct_at(span.range().start).filter(|found| !found.closed);
    let diagnostic = Diagnostic::new(Code::Syntax, format!("this is not TOML: {what}"));
    match (unclosed, expected) {
        (Some(construct), _) => {
            let bracket = construct.range.start..construct.range.start + 1;
            diagnostic
                .label(Span::new(source, bracket), "opened here and never closed")
                .label(span, "noticed here")
        }
        (None, Some("nothing")) => diagnostic.label(span, "nothing is expected here"),
        (None, Some(expected)) => diagnostic.label(span, format!("expected {expected}")),
        (None, None) => diagnostic.label(span, "here"),
    }
}

/// Two labels for a key that is written twice, if the first can be found.
fn duplicate_key(
    source: SourceId,
    text: &str,
    table: &DeTable<'_>,
    outline: &Outline,
    second: std::ops::Range<usize>,
) -> Diagnostic {
    let first = first_of_key(text, table, outline, second.clone());
    let name = &text[second.clone()];
    let diagnostic = Diagnostic::new(Code::DuplicateKey, format!("`{name}` is written twice"))
        .label(Span::new(source, second), "written again here");
    match first {
        Some(first) => diagnostic.label(Span::new(source, first), "first written here"),
        None => diagnostic,
    }
    .help("a key stands once in its table, and a table's header once in its file")
}

/// Finds the first place of a duplicate key: by its path where a line says it,
/// otherwise, inside an inline table, as the last such key before it.
fn first_of_key(
    text: &str,
    table: &DeTable<'_>,
    outline: &Outline,
    second: std::ops::Range<usize>,
) -> Option<std::ops::Range<usize>> {
    let line_start = text[..second.start].rfind('\n').map_or(0, |at| at + 1);
    let before = text[line_start..second.start].trim_start();
    let mut path = if before.starts_with('[') {
        Vec::new()
    } else {
        outline.header_before(line_start).map(|at| header_path(&text[at..])).unwrap_or_default()
    };
    let in_header = before.starts_with('[');
    let prefix = before.trim_start_matches('[').trim_end().trim_end_matches('.');
    let plain = outline.construct_at(second.start).is_none() && !prefix.contains(['=', '{']);
    let found = if plain {
        path.extend(key_path(prefix));
        path.extend(key_path(&text[second.clone()]));
        key_at(table, &path)
    } else {
        let name = key_path(&text[second.clone()]).pop()?;
        let mut last = None;
        last_key(table, &name, second.start, &mut last);
        last
    };
    // A header that is repeated takes the first one's place in what is
    // recovered, so that only the text still knows it.
    found.filter(|first| first.start < second.start).or_else(|| {
        let header = in_header.then(|| text[line_start..].lines().next()).flatten()?;
        let at = text.lines().scan(0, |at, line| {
            let here = *at;
            *at += line.len() + 1;
            Some((here, line))
        });
        let (at, line) = at.into_iter().find(|(_, line)| {
            line.trim_start().starts_with('[') && header_path(line) == header_path(header)
        })?;
        let name = second.start - line_start;
        (at < line_start).then(|| {
            let start = at + name.min(line.len());
            start..(start + second.len()).min(at + line.len())
        })
    })
}

/// A header's path.
fn header_path(text: &str) -> Vec<String> {
    let line = text.lines().next().unwrap_or_default().trim();
    let inner = line.trim_start_matches('[');
    inner.rfind(']').map(|end| key_path(inner[..end].trim_end_matches(']'))).unwrap_or_default()
}

/// A dotted key's parts.
fn key_path(text: &str) -> Vec<String> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let probe = format!("{text} = 0");
    let (table, errors) = DeTable::parse_recoverable(&probe);
    let mut path = Vec::new();
    let mut table = table.get_ref();
    while let (true, Some((key, value))) = (errors.is_empty(), table.iter().next()) {
        path.push(key.get_ref().clone().into_owned());
        match value.get_ref() {
            DeValue::Table(inner) => table = inner,
            _ => break,
        }
    }
    path
}

/// Where the key at a path is written.
fn key_at(table: &DeTable<'_>, path: &[String]) -> Option<std::ops::Range<usize>> {
    let (first, rest) = path.split_first()?;
    let (key, value): (&Spanned<DeString<'_>>, _) = table.get_key_value(first.as_str())?;
    if rest.is_empty() {
        return Some(key.span());
    }
    match value.get_ref() {
        DeValue::Table(inner) => key_at(inner, rest),
        DeValue::Array(items) => match items.iter().next_back()?.get_ref() {
            DeValue::Table(inner) => key_at(inner, rest),
            _ => None,
        },
        _ => None,
    }
}

/// The last key of a name before a position, wherever it is.
fn last_key(
    table: &DeTable<'_>,
    name: &str,
    before: usize,
    last: &mut Option<std::ops::Range<usize>>,
) {
    for (key, value) in table {
        let span = key.span();
        let later = last.as_ref().is_none_or(|found| found.start < span.start);
        if key.get_ref() == name && span.start < before && later {
            *last = Some(span);
        }
        last_key_of_value(value.get_ref(), name, before, last);
    }
}

fn last_key_of_value(
    value: &DeValue<'_>,
    name: &str,
    before: usize,
    last: &mut Option<std::ops::Range<usize>>,
) {
    match value {
        DeValue::Table(table) => last_key(table, name, before, last),
        DeValue::Array(items) => {
            for item in items {
                last_key_of_value(item.get_ref(), name, before, last);
            }
        }
        _ => {}
    }
}
