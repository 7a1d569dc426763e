//! What the TOML parser complains about, one complaint for each mistake.
//!
//! A single slip makes the parser stumble several times: on the rest of the
//! line, or all through an array that was never closed. The first stumble of a
//! line or construct is the one that helps.

use toml_parser::Expected;

use super::read::Fault;
use super::suggest::shorten;
use super::tokens::Outline;
use crate::diagnostic::{Code, Diagnostic, Span};

/// Turns the faults of a text, sorted by place, into diagnostics.
pub(super) fn diagnostics(text: &str, outline: &Outline, faults: &[Fault]) -> Vec<Diagnostic> {
    /// More are never listed; a file with so many is no TOML at all.
    const MOST: usize = 50;
    let mut diagnostics = Vec::new();
    let mut judged_up_to = 0;
    for (at, fault) in faults.iter().enumerate() {
        let start = fault.span.range().start;
        if start < judged_up_to {
            continue;
        }
        let construct = outline.construct_at(start);
        judged_up_to = construct.map_or(0, |found| found.end + 1).max(line_end(text, start));
        if unclosed(text, outline, start).is_some() {
            // The parser looks for the bracket up to the next header.
            judged_up_to = outline.header_after(start).unwrap_or(text.len()).max(judged_up_to);
        }
        // A key that is broken may only seem to be written twice.
        let mut same = faults[at..].iter().take_while(|it| it.span.range().start < judged_up_to);
        diagnostics.push(match same.find(|it| !it.is_repetition()) {
            Some(broken) => syntax(text, outline, broken),
            None => repetition(text, fault),
        });
        if diagnostics.len() == MOST {
            break;
        }
    }
    diagnostics
}

fn repetition(text: &str, fault: &Fault) -> Diagnostic {
    let name = text.get(fault.span.range()).unwrap_or_default();
    let diagnostic = Diagnostic::new(Code::DuplicateKey, format!("`{name}` is written twice"))
        .label(fault.span, "written again here")
        .help("a key stands once in its table, and a table's header once in its file");
    match fault.first {
        Some(first) => diagnostic.label(first, "first written here"),
        None => diagnostic,
    }
}

fn syntax(text: &str, outline: &Outline, fault: &Fault) -> Diagnostic {
    let Fault { span, what, expected, first } = fault;
    if let Some(meant) = meant(text, fault) {
        return meant;
    }
    let new = |what: &str| Diagnostic::new(Code::Syntax, format!("this is not TOML: {what}"));
    if let Some(bracket) = unclosed(text, outline, span.range().start) {
        let what = match text.as_bytes().get(bracket) {
            Some(b'{') => "an inline table is never closed",
            _ => "an array is never closed",
        };
        return new(what)
            .label(Span::new(span.source, bracket..bracket + 1), "opened here")
            .label(*span, "noticed here");
    }
    match expected {
        _ if what == "string values must be quoted" => match text.get(span.range()) {
            None | Some("") => new("a value is missing").label(*span, "nothing here"),
            Some(_) => new(what).label(*span, "write it in quotes"),
        },
        Some([]) => new(what).label(*span, "nothing is expected here"),
        Some(words) => {
            let words: Vec<String> = words.iter().map(expectation).collect();
            new(what).label(*span, format!("expected {}", words.join(", ")))
        }
        None => match first {
            Some(first) => new(what).label(*span, "here").label(*first, "first written here"),
            None => new(what).label(*span, "here"),
        },
    }
}

/// What was probably meant, where others than TOML write it so.
fn meant(text: &str, fault: &Fault) -> Option<Diagnostic> {
    let range = fault.span.range();
    let start = line_start(text, range.start);
    let line = text.get(start..)?.lines().next()?;
    let new = |what: &str| Diagnostic::new(Code::Syntax, format!("this is not TOML: {what}"));
    if text.get(range.clone()) == Some(":") && fault.what.contains("unquoted key") {
        let (key, value) = line.split_once(':')?;
        let (key, value) = (key.trim(), value.trim());
        return Some(
            new("`:` stands where `=` has to")
                .label(fault.span, "write `=`")
                .help(format!("write `{key} = {}`", shorten(value))),
        );
    }
    if fault.what.contains("leading zero") {
        let digits = |at: &usize| text.as_bytes().get(*at).is_some_and(u8::is_ascii_digit);
        let end = (range.start..).find(|at| !digits(at))?;
        let number = text.get(range.start..end)?;
        let key = line.split('=').next().unwrap_or_default().trim();
        let fits = !key.contains(['{', '[', ',']);
        let shown =
            if fits { format!("`{key} = \"{number}\"`") } else { format!("`\"{number}\"`") };
        return Some(
            new("a number does not begin with 0")
                .label(Span::new(fault.span.source, range.start..end), "write it in quotes")
                .help(format!("as text it keeps its zero: {shown}")),
        );
    }
    None
}

fn expectation(expected: &Expected) -> String {
    match expected {
        Expected::Literal("\n") => "newline".to_owned(),
        Expected::Literal("`") => "'`'".to_owned(),
        Expected::Literal(text) => format!("`{text}`"),
        Expected::Description(text) => (*text).to_owned(),
        _ => "something else".to_owned(),
    }
}

/// The bracket that an error comes from, because nothing closes it.
fn unclosed(text: &str, outline: &Outline, position: usize) -> Option<usize> {
    let construct = outline.construct_at(position).map(|found| found.start);
    let from = construct.unwrap_or_else(|| line_start(text, position));
    outline.unclosed_in(from..position.max(from))
}

/// Where the line of a position begins.
fn line_start(text: &str, position: usize) -> usize {
    let before = &text.as_bytes()[..position.min(text.len())];
    before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
}

/// Where the next line begins.
fn line_end(text: &str, position: usize) -> usize {
    let behind = &text.as_bytes()[position.min(text.len())..];
    behind.iter().position(|byte| *byte == b'\n').map_or(text.len(), |at| position + at) + 1
}
