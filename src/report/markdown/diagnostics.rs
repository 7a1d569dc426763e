//! Why there is no result, as a comment: what is wrong in the files, or with the world.

use super::page::Page;
use super::{LeftOut, begin, complaints};
use crate::desired::Stack;
use crate::diagnostic::{Record, Severity};
use crate::report::review::Subject;
use crate::report::values::count;

/// Draws complaints, in place of what they prevented.
pub(super) fn diagnostics(
    mut page: Page,
    of: Subject,
    stack: Option<&Stack>,
    records: &[Record],
) -> String {
    let what = match (of, stack.is_some()) {
        (Subject::Plan, true) => "No plan for",
        (Subject::Plan, false) => "No plan",
        (Subject::Drift, true) => "No look for drift of",
        (Subject::Drift, false) => "No look for drift",
        (Subject::Outcome, true) => "Nothing was applied to",
        (Subject::Outcome, false) => "Nothing was applied",
    };
    begin(&mut page, of, stack, what, &counts(records));
    let (told, untold) = complaints("What is wrong", records.iter(), page.room());
    page.push(&told);
    let mut left_out = LeftOut::default();
    left_out.note(untold, "complaint");
    page.finish(&left_out.told())
}

fn counts(records: &[Record]) -> String {
    let number = |severity| records.iter().filter(|record| record.severity == severity).count();
    let parts = [
        (number(Severity::Error), "error"),
        (number(Severity::Warning), "warning"),
        (number(Severity::Note), "note"),
    ];
    let parts = parts.into_iter().filter(|(number, _)| *number > 0);
    let parts: Vec<String> = parts.map(|(number, noun)| count(number, noun)).collect();
    match parts.is_empty() {
        true => "**Nothing is wrong.**\n\n".to_owned(),
        false => format!("**{}.**\n\n", parts.join(", ")),
    }
}
