//! Diagnostics without their source, as saved plans carry them.

use super::selection::{Selection, others};
use crate::diagnostic::{Record, RecordLabel, Severity};
use crate::report::escape::escape_lines;
use crate::report::layout::{Line, paragraph};
use crate::report::palette::Meaning;
use crate::report::{Settings, escape};

/// Draws records, one after another: severity, code, message, places, help; as many
/// and as few as [`draw`](super::draw) does.
pub fn records(records: &[Record], settings: Settings) -> String {
    let mut out = String::new();
    let selection = Selection::new(records, settings);
    for group in &selection.groups {
        one(&mut out, group.0, settings);
        others(&mut out, group, |other| other.labels.first().map(place), settings);
    }
    selection.count_rest(&mut out, settings);
    out
}

fn one(out: &mut String, record: &Record, settings: Settings) {
    let Record { code, severity, message, help, labels } = record;
    let lead = Line::new(settings)
        .push(meaning(*severity), &format!("{}[{}]", word(*severity), escape(code)))
        .push(Meaning::Plain, ": ");
    let first = labels.first().map(|label| format!(" ({})", place(label))).unwrap_or_default();
    paragraph(out, &lead, 4, &format!("{}{first}", escape(message)), settings);
    // The first label's place stands behind the message, which says the same.
    for label in labels.iter().skip(1) {
        let lead = Line::new(settings).pad_to(4);
        let text = format!("{}: {}", place(label), escape(&label.message));
        paragraph(out, &lead, 6, &text, settings);
    }
    if let Some(help) = help {
        let lead = Line::new(settings).pad_to(4).push(Meaning::Help, "help: ");
        paragraph(out, &lead, 10, &escape_lines(help), settings);
    }
}

fn place(label: &RecordLabel) -> String {
    format!("{}:{}:{}", escape(&label.file), label.line, label.column)
}

/// The word for a severity.
pub(super) fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// The colour of a severity.
pub(super) fn meaning(severity: Severity) -> Meaning {
    match severity {
        Severity::Error => Meaning::Error,
        Severity::Warning => Meaning::Warning,
        Severity::Note => Meaning::Note,
    }
}
