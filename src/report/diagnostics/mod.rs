//! What is wrong in a user's files, drawn for people.
//!
//! The drawing is miette's: code, message, the source line with labels, help.
//! What it draws on is not the files but excerpts of them, a few lines cut to
//! the terminal with everything harmful spelled out, so that neither a huge file
//! nor a hostile one shows. This folder is the only user of miette.

mod excerpt;
mod miette;
mod records;
mod selection;

pub use records::records;

use self::selection::{Selection, others, place};
use crate::diagnostic::{Diagnostic, Severity, Sources};
use crate::report::Settings;
use crate::report::layout::Line;
use crate::report::palette::Meaning;
use crate::report::values::count;

/// The columns that are drawn between an underline's middle and its label.
const LABEL_LEAD: usize = 4;

/// Draws diagnostics in the order given, and a line that counts them.
///
/// Of many that are alike the first is drawn, and beyond the most that are to be told
/// they are counted by code; the time grows with their number and not with the size of
/// the files. No diagnostics draw nothing.
pub fn draw(diagnostics: &[Diagnostic], sources: &Sources, settings: Settings) -> String {
    let mut out = String::new();
    let pencil = self::miette::Pencil::new(settings);
    let selection = Selection::new(diagnostics, settings);
    for group in &selection.groups {
        pencil.draw(&mut out, group.0, sources);
        others(&mut out, group, |other| place(other, sources), settings);
        out.push('\n');
    }
    selection.count_rest(&mut out, settings);
    let severities = diagnostics.iter().map(Diagnostic::severity);
    counts(&mut out, severities, settings);
    out
}

/// Draws `2 errors, 1 warning`; nothing if there is nothing to count.
fn counts(out: &mut String, severities: impl Iterator<Item = Severity>, settings: Settings) {
    let (mut errors, mut warnings, mut notes) = (0, 0, 0);
    for severity in severities {
        match severity {
            Severity::Error => errors += 1,
            Severity::Warning => warnings += 1,
            Severity::Note => notes += 1,
        }
    }
    let parts = [
        (errors, "error", Meaning::Error),
        (warnings, "warning", Meaning::Warning),
        (notes, "note", Meaning::Note),
    ];
    let mut line = Line::new(settings);
    for (number, word, meaning) in parts.into_iter().filter(|(number, ..)| *number > 0) {
        if line.width() > 0 {
            line = line.push(Meaning::Plain, ", ");
        }
        line = line.push(meaning, &count(number, word));
    }
    if line.width() > 0 {
        line.finish(out);
    }
}

#[cfg(test)]
mod tests;
