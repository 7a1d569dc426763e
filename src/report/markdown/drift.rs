//! What drift found, as a comment.

use std::fmt::Write as _;

use super::page::{Page, Part};
use super::text::{code, first_of};
use super::{LeftOut, begin, complaints, place, provenance};
use crate::plan::{Category, Drift, Made};
use crate::report::review::Subject;
use crate::report::view::{self, DriftEntry, DriftRow};

/// How many names of what is alike are told.
const MOST_NAMES: usize = 20;

/// Draws the counts, the findings by category, the gravest first, and what else there is
/// to say.
pub(super) fn drift(mut page: Page, drift: &Drift, made: Option<&Made>) -> String {
    let mut left_out = LeftOut::default();
    begin(&mut page, Subject::Drift, Some(&drift.stack), "Drift of", &verdict(drift));
    page.end_with(format!("{}\n", provenance(made, &drift.rekon_version)));
    let entries = view::drift_entries(drift);
    for category in Category::ALL {
        let mut part = Part::new(page.room(), head(category));
        for entry in entries.iter().filter(|entry| entry.category == category) {
            let mut text = String::new();
            table_rows(&mut text, entry);
            if !part.add(&text) {
                left_out.note(entry.names.len(), kind(category));
            }
        }
        page.push(&part.finish());
    }
    let mut part = Part::new(page.room(), "### Resolved\n\n".to_owned());
    for (names, text) in view::drift_resolved(drift) {
        if !part.add(&format!("- {}: {}\n", some(&names), code(&text))) {
            left_out.note(names.len(), "resolved finding");
        }
    }
    page.push(&part.finish());
    let records = drift.diagnostics.iter();
    let (told, untold) = complaints("What else there is to say", records, page.room());
    left_out.note(untold, "remark");
    page.push(&told);
    page.finish(&left_out.told())
}

fn verdict(drift: &Drift) -> String {
    let (_, verdict) = view::drift_verdict(drift);
    let said = view::drift_summary(drift);
    let said: Vec<&str> = said.iter().map(|(_, text)| text.as_str()).collect();
    let mut out = format!("**{verdict}** {}.{}\n\n", said.join(", "), place(&drift.stack));
    if !drift.complete {
        let _ = writeln!(out, "> **Incomplete:** {}\n", view::DRIFT_INCOMPLETE);
    }
    out
}

fn head(category: Category) -> String {
    let title = title(view::category(category));
    format!("### {title}\n\n| processor | attribute | what | more |\n|--|--|--|--|\n")
}

/// A finding, to be counted.
fn kind(category: Category) -> &'static str {
    match category {
        Category::Changed => "change",
        Category::Missing => "missing processor",
        Category::Failed => "failed processor",
        Category::Undeclared => "undeclared processor",
        Category::Unknown => "difference",
        Category::Pending => "pending change",
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

/// A category at the head of its table.
fn title(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
