//! What the TOML parser complains about, one complaint for each mistake.
//!
//! A single slip makes the parser stumble several times: on the rest of the
//! line, or all through an array that was never closed. The first stumble of a
//! line or construct is the one that helps.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::de::DeTable;
use toml_parser::ParseError;

use super::duplicate::{duplicate_key, repeated_table};
use super::outline::{Outline, outline};
use crate::diagnostic::{Code, Diagnostic, SourceId, Span};

/// More are never listed; a file with so many is no TOML at all.
const MOST: usize = 50;

/// A parser's error: where and what.
pub(super) type Error = (Range<usize>, String);

/// The first errors of a text that has more than `most`, so that nothing of it
/// can be recovered; parsing it would take memory for every one of them.
///
/// The text must not nest too deep, which its outline says.
pub(super) fn hopeless(text: &str, most: usize) -> Option<Vec<Error>> {
    let tokens = toml_parser::Source::new(text).lex().into_vec();
    let mut count = 0;
    let mut errors: Vec<Error> = Vec::new();
    let mut sink = |error: ParseError| {
        count += 1;
        if let (true, Some(span)) = (count <= most, error.unexpected()) {
            errors.push((span.start()..span.end(), error.description().to_owned()));
        }
    };
    toml_parser::parser::parse_document(&tokens, &mut (), &mut sink);
    (count > most).then_some(errors)
}

/// Turns a parser's errors into diagnostics; `table` is what it could recover.
///
/// `offset` is where the text begins in its file.
pub(super) fn diagnostics(
    source: SourceId,
    offset: usize,
    text: &str,
    table: &DeTable<'_>,
    mut errors: Vec<Error>,
) -> Vec<Diagnostic> {
    let outline = outline(text);
    errors.extend(behind_broken_headers(text, &outline, &errors));
    errors.sort_by_key(|(range, _)| (range.start, range.end));
    let mut diagnostics = Vec::new();
    let mut judged_up_to = 0;
    let mut repeated = 0..0;
    for (range, message) in errors {
        let (start, end) = (range.start.min(text.len()), range.end.min(text.len()));
        if start < judged_up_to {
            continue;
        }
        let is_duplicate = message == "duplicate key";
        if repeated.contains(&start) && (is_duplicate || message.starts_with("cannot extend")) {
            // Its table is written twice, so of course its keys are.
            continue;
        }
        let construct = outline.construct_at(start);
        judged_up_to = construct.map_or(0, |found| found.range.end + 1).max(line_end(text, start));
        if unclosed(text, &outline, start).is_some() {
            // The parser looks for the bracket up to the next header.
            judged_up_to = outline.header_after(start).unwrap_or(text.len()).max(judged_up_to);
        }
        diagnostics.push(if is_duplicate {
            repeated = repeated_table(text, &outline, &(start..end)).unwrap_or(repeated);
            duplicate_key(source, text, table, &outline, start..end)
        } else {
            syntax(source, text, &outline, Span::new(source, start..end.max(start)), &message)
        });
        if diagnostics.len() == MOST {
            break;
        }
    }
    if diagnostics.is_empty() {
        let span = Span::new(source, 0..0);
        diagnostics.push(syntax(source, text, &outline, span, "the parser gives no place"));
    }
    for label in diagnostics.iter_mut().flat_map(|found: &mut Diagnostic| &mut found.labels) {
        let range = label.span.range();
        label.span = Span::new(source, range.start + offset..range.end + offset);
    }
    diagnostics
}

/// The errors in the tables of headers that are broken. The parser passes over
/// all that stands between such a header and the next one.
fn behind_broken_headers(text: &str, outline: &Outline, errors: &[Error]) -> Vec<Error> {
    let lines: BTreeSet<usize> =
        errors.iter().map(|(range, _)| line_start(text, range.start)).collect();
    let mut found = Vec::new();
    for line in lines {
        let indent = text[line..].len() - text[line..].trim_start_matches([' ', '\t']).len();
        let header = line + indent;
        if outline.headers_before(header + 1).last() != Some(&header) {
            continue;
        }
        let start = line_end(text, header).min(text.len());
        let end = outline.header_after(header).unwrap_or(text.len()).max(start);
        let (_, errors) = DeTable::parse_recoverable(&text[start..end]);
        found.extend(errors.iter().filter_map(|error| {
            let range = error.span()?;
            Some((range.start + start..range.end + start, error.message().to_owned()))
        }));
    }
    found
}

fn syntax(
    source: SourceId,
    text: &str,
    outline: &Outline,
    span: Span,
    message: &str,
) -> Diagnostic {
    let new = |what: &str| Diagnostic::new(Code::Syntax, format!("this is not TOML: {what}"));
    if let Some(bracket) = unclosed(text, outline, span.range().start) {
        let what = match text.as_bytes().get(bracket) {
            Some(b'{') => "an inline table is never closed",
            _ => "an array is never closed",
        };
        return new(what)
            .label(Span::new(source, bracket..bracket + 1), "opened here")
            .label(span, "noticed here");
    }
    let (what, expected) = match message.split_once(", expected ") {
        Some((what, expected)) => (what, Some(expected)),
        None => (message, None),
    };
    match expected {
        _ if what == "string values must be quoted" => match text.get(span.range()) {
            None | Some("") => new("a value is missing").label(span, "nothing here"),
            Some(_) => new(what).label(span, "write it in quotes"),
        },
        Some("nothing") => new(what).label(span, "nothing is expected here"),
        Some(expected) => new(what).label(span, format!("expected {expected}")),
        None => new(what).label(span, "here"),
    }
}

/// The bracket that an error comes from, because nothing closes it.
fn unclosed(text: &str, outline: &Outline, position: usize) -> Option<usize> {
    let construct = outline.construct_at(position).map(|found| found.range.start);
    let from = construct.unwrap_or_else(|| line_start(text, position));
    outline.unclosed_in(from..position.max(from))
}

/// Where the line of a position begins.
pub(super) fn line_start(text: &str, position: usize) -> usize {
    let before = &text.as_bytes()[..position.min(text.len())];
    before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
}

/// Where the next line begins.
fn line_end(text: &str, position: usize) -> usize {
    let behind = &text.as_bytes()[position.min(text.len())..];
    behind.iter().position(|byte| *byte == b'\n').map_or(text.len(), |at| position + at) + 1
}
