//! What drift found, as text.

use super::INDENT;
use crate::plan::{Category, Drift};
use crate::report::layout::{Break, Line, flow, grid, heading, paragraph, wrap};
use crate::report::palette::Meaning;
use crate::report::values::first_and_last;
use crate::report::view::{self, DriftEntry, DriftRow};
use crate::report::{Settings, diagnostics, escape};

/// How many names of a crowd are shown, unless all are asked for.
const MOST_NAMES: usize = 4;

/// Draws the findings, the gravest first, and the line that sums them up.
pub fn drift(drift: &Drift, settings: Settings) -> String {
    let mut out = String::new();
    if !settings.is_quiet() {
        for one in view::drift_entries(drift) {
            entry(&mut out, &one, settings);
            out.push('\n');
        }
        for (names, text) in view::drift_resolved(drift) {
            resolved(&mut out, &names, &text, settings);
            out.push('\n');
        }
    }
    let (meaning, verdict) = view::drift_verdict(drift);
    if !settings.is_quiet() || meaning != Meaning::Good {
        let mut pieces = vec![Line::new(settings).push(meaning, verdict)];
        let said = view::drift_summary(drift);
        let last = said.len().saturating_sub(1);
        pieces.extend(said.into_iter().enumerate().map(|(at, (meaning, text))| {
            let end = if at == last { "." } else { "," };
            Line::new(settings).push(meaning, &text).push(Meaning::Plain, end)
        }));
        flow(&mut out, &pieces, " ", 6, settings);
    }
    if !drift.diagnostics.is_empty() {
        out.push('\n');
        out.push_str(&diagnostics::records(&drift.diagnostics, settings));
    }
    if !drift.complete {
        let lead = Line::new(settings).push(Meaning::Error, "Incomplete: ");
        out.push('\n');
        paragraph(&mut out, &lead, INDENT, view::DRIFT_INCOMPLETE, settings);
    }
    out
}

fn entry(out: &mut String, entry: &DriftEntry<'_>, settings: Settings) {
    let (mark, meaning) = mark(entry.category);
    let crowd = entry.names.len() > 1;
    let name = match crowd {
        true => format!("{} processors", entry.names.len()),
        false => escape(entry.names[0]).into_owned(),
    };
    let left = Line::new(settings)
        .push(meaning, mark)
        .push(Meaning::Plain, " ")
        .push(Meaning::Strong, &name);
    let mut right = vec![Line::new(settings).push(meaning, view::category(entry.category))];
    right.extend(
        entry.source.map(|place| Line::new(settings).push(Meaning::Faint, &place.to_string())),
    );
    heading(out, left, &right, settings);
    // Each is named where something is wrong with it.
    let summed = matches!(entry.category, Category::Pending | Category::Unknown);
    if crowd && summed && !settings.is_verbose() {
        let hint = if entry.names.len() > MOST_NAMES { "   (--verbose lists all)" } else { "" };
        let names = first_and_last(&entry.names, MOST_NAMES);
        below(out, Meaning::Strong, &format!("{names}{hint}"), settings);
    } else if crowd {
        grid(out, INDENT, &entry.names, settings);
    }
    if let Some(message) = entry.message {
        below(out, Meaning::Plain, message, settings);
    }
    let widest = entry.rows.iter().map(|row| row.path.chars().count()).max().unwrap_or(0);
    for DriftRow { path, text, note } in &entry.rows {
        let line = Line::new(settings).pad_to(INDENT).push(Meaning::Plain, path);
        let line = line.pad_to(INDENT + widest + 4).push(meaning, text);
        match settings.limit().is_some_and(|limit| line.width() > limit) {
            false => line.finish(out),
            true => {
                Line::new(settings).pad_to(INDENT).push(Meaning::Plain, path).finish(out);
                below(out, meaning, &format!("    {text}"), settings);
            }
        }
        if let Some(note) = note {
            below(out, Meaning::Faint, note, settings);
        }
    }
    for text in [&entry.who, &entry.standing].into_iter().flatten() {
        below(out, Meaning::Faint, text, settings);
    }
}

fn resolved(out: &mut String, names: &[&str], text: &str, settings: Settings) {
    let name = match names {
        [name] => escape(name).into_owned(),
        _ => format!("{} processors", names.len()),
    };
    let left = Line::new(settings)
        .push(Meaning::Good, "✓")
        .push(Meaning::Plain, " ")
        .push(Meaning::Strong, &name);
    heading(out, left, &[Line::new(settings).push(Meaning::Good, text)], settings);
    if names.len() > 1 {
        below(out, Meaning::Plain, &first_and_last(names, MOST_NAMES), settings);
    }
}

fn below(out: &mut String, meaning: Meaning, text: &str, settings: Settings) {
    let limit = settings.limit().map(|limit| limit.saturating_sub(INDENT));
    for line in wrap(text, limit, Break::Words) {
        Line::new(settings).pad_to(INDENT).push(meaning, &line).finish(out);
    }
}

fn mark(category: Category) -> (&'static str, Meaning) {
    match category {
        Category::Changed => ("~", Meaning::Warning),
        Category::Missing => ("-", Meaning::Error),
        Category::Failed => ("✗", Meaning::Error),
        Category::Undeclared => ("?", Meaning::Plain),
        Category::Unknown => ("≠", Meaning::Warning),
        Category::Pending => ("·", Meaning::Note),
    }
}
