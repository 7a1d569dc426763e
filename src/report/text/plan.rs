//! A plan as text: what would happen, in the order in which it matters.

use super::INDENT;
use super::entry::entry;
use crate::plan::{Plan, Refusal};
use crate::report::layout::{Line, flow, help, paragraph};
use crate::report::palette::Meaning;
use crate::report::{Settings, diagnostics, escape, view};

/// Draws a plan: its changes, the summary line, and below it what the user must
/// not overlook, the gravest last.
pub fn plan(plan: &Plan, settings: Settings) -> String {
    let mut out = String::new();
    if !settings.is_quiet() {
        for one in view::entries(plan, settings.detail) {
            entry(&mut out, &one, settings);
            out.push('\n');
        }
    }
    summary(&mut out, plan, settings);
    if !plan.diagnostics.is_empty() {
        out.push('\n');
        out.push_str(&diagnostics::records(&plan.diagnostics, settings));
    }
    if !plan.complete {
        out.push('\n');
        let lead = Line::new(settings).push(Meaning::Error, "Incomplete: ");
        paragraph(&mut out, &lead, INDENT, view::INCOMPLETE, settings);
    }
    if !plan.refusals.is_empty() {
        out.push('\n');
        refusals(&mut out, &plan.refusals, settings);
    }
    out
}

/// Draws what the plan does not touch, and the line that sums it up.
fn summary(out: &mut String, plan: &Plan, settings: Settings) {
    let summary = &plan.summary;
    if !settings.is_quiet() {
        for text in view::outside(summary) {
            paragraph(out, &Line::new(settings), INDENT, &text, settings);
        }
    }
    if plan.changes.is_empty() {
        let ((meaning, verdict), about) = view::nothing(plan);
        let line = Line::new(settings).push(meaning, &verdict);
        line.push(Meaning::Plain, &format!(" {about}")).finish(out);
        return;
    }
    let mut pieces = vec![Line::new(settings).push(Meaning::Strong, "Plan:")];
    for (meaning, text) in view::actions(summary) {
        pieces.push(Line::new(settings).push(meaning, &text).push(Meaning::Plain, ","));
    }
    for text in [format!("{} unchanged", summary.unchanged), view::cost(&summary.calls)] {
        pieces.push(Line::new(settings).push(Meaning::Plain, &format!("{text}.")));
    }
    flow(out, &pieces, " ", 6, settings);
}

/// Draws all refusals, and at the end that nothing will be done.
fn refusals(out: &mut String, refusals: &[Refusal], settings: Settings) {
    for refusal in refusals {
        let lead = Line::new(settings)
            .push(Meaning::Error, &format!("refused[{}]", refusal.code.as_str()))
            .push(Meaning::Plain, ": ");
        paragraph(out, &lead, INDENT, &escape(&view::refusal(refusal)), settings);
        help(out, INDENT, refusal.help.as_deref(), settings);
    }
    let lead = Line::new(settings).push(Meaning::Error, "Refused: ");
    paragraph(out, &lead, INDENT, &view::refused(refusals.len()), settings);
}

#[cfg(test)]
mod extremes;
#[cfg(test)]
mod tests;
