//! What drift found, as Markdown: for a comment on a pull request, an issue, or the
//! summary of a scheduled run.
//!
//! Whatever a file, the service or a trail said stands in code, where a renderer looks for
//! no mentions, links, references or HTML; what could end the code or its cell is spelt as
//! a character reference.

use std::fmt::Write as _;

use super::text::code;
use crate::diagnostic::{Record, Severity};
use crate::plan::Drift;
use crate::report::values::{self, count};
use crate::report::view::{self, DriftEntry, DriftRow, gather};

/// How many names of what is alike are told.
const MOST_NAMES: usize = 20;
/// How many places are told of complaints that are alike.
const MOST_PLACES: usize = 3;
/// How long the tables may be: a comment on GitHub has 65,536 characters.
const MOST_BYTES: usize = 50_000;

/// Draws the counts, the findings by category, the gravest first, and what else there is
/// to say.
pub(super) fn drift(drift: &Drift) -> String {
    let stack = &drift.stack;
    let mut out = format!("## Drift of {}\n\n", code(&stack.name));
    let (_, verdict) = view::drift_verdict(drift);
    let said = view::drift_summary(drift);
    let said: Vec<&str> = said.iter().map(|(_, text)| text.as_str()).collect();
    let _ = writeln!(
        out,
        "**{verdict}** {}. Account {}, {}.",
        said.join(", "),
        code(&stack.account_id),
        code(&stack.region)
    );
    if !drift.complete {
        let _ = writeln!(out, "\n> **Incomplete:** {}", view::DRIFT_INCOMPLETE);
    }
    let mut category = None;
    let mut untold = 0;
    for entry in view::drift_entries(drift) {
        let mut text = String::new();
        if category != Some(entry.category) {
            let _ = writeln!(text, "\n### {}\n", title(view::category(entry.category)));
            text.push_str("| processor | attribute | what | more |\n|--|--|--|--|\n");
        }
        table_rows(&mut text, &entry);
        if out.len() + text.len() > MOST_BYTES {
            untold += entry.names.len();
            continue;
        }
        category = Some(entry.category);
        out.push_str(&text);
    }
    if untold > 0 {
        let _ = writeln!(out, "\nAnd {} more.", count(untold, "finding"));
    }
    let resolved = view::drift_resolved(drift).into_iter();
    let resolved = resolved.map(|(names, text)| format!("{}: {}", some(&names), code(&text)));
    list(&mut out, "Resolved", resolved);
    let complaints = gather(drift.diagnostics.iter(), |one| (&one.code, &one.message));
    let complaints = complaints.iter().filter_map(|alike| {
        let one = alike.first()?;
        let severity = match one.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let place = |one: &&Record| {
            one.labels.first().map(|label| format!("{}:{}", label.file, label.line))
        };
        let places: Vec<String> = alike.iter().filter_map(place).collect();
        let at = match places.is_empty() {
            true => String::new(),
            false => format!(" at {}", first_of(&places, MOST_PLACES)),
        };
        Some(format!("{severity} {}{at}: {}", code(&one.code), code(&one.message)))
    });
    list(&mut out, "What else there is to say", complaints);
    out
}

/// A list of its own, as far as there is room.
fn list(out: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let mut untold = 0;
    for (at, line) in lines.enumerate() {
        if out.len() + line.len() > MOST_BYTES + MOST_BYTES / 5 {
            untold += 1;
            continue;
        }
        if at == 0 {
            let _ = writeln!(out, "\n### {title}\n");
        }
        let _ = writeln!(out, "- {line}");
    }
    if untold > 0 {
        let _ = writeln!(out, "\nAnd {untold} more.");
    }
}

fn table_rows(out: &mut String, entry: &DriftEntry<'_>) {
    let names = some(&entry.names);
    let place = entry.source.map(|place| format!("declared at {}", code(&place.to_string())));
    let about = [entry.message, entry.who.as_deref(), entry.standing.as_deref()];
    let about: Vec<String> = about.into_iter().flatten().map(code).chain(place).collect();
    let mut row = |names: &str, path: &str, text: &str, more: &[String]| {
        let _ = writeln!(out, "| {names} | {path} | {text} | {} |", more.join("; "));
    };
    if entry.rows.is_empty() {
        row(&names, "", "", &about);
    }
    for (at, DriftRow { path, text, note }) in entry.rows.iter().enumerate() {
        let note = note.as_deref().map(code);
        match at {
            0 => {
                let more: Vec<String> = note.into_iter().chain(about.iter().cloned()).collect();
                row(&names, &code(path), &code(text), &more);
            }
            _ => row("", &code(path), &code(text), note.as_slice()),
        }
    }
}

/// Some names, and how many there are.
fn some(names: &[&str]) -> String {
    let shown = first_of(names, MOST_NAMES);
    match names.len() > MOST_NAMES {
        true => format!("{} processors: {shown}", names.len()),
        false => shown,
    }
}

/// The first of some texts from elsewhere, and how many more there are.
fn first_of(texts: &[impl AsRef<str>], most: usize) -> String {
    let shown: Vec<String> = texts.iter().map(|text| code(text.as_ref())).collect();
    values::first_of(shown.iter().map(String::as_str), most)
}

/// A category at the head of its table.
fn title(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
