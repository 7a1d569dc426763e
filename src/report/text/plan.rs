//! A plan as text: what would happen, in the order in which it matters.

use super::entry::entry;
use super::{INDENT, picture};
use crate::diagnostic::{Record, Severity};
use crate::plan::{Plan, Refusal};
use crate::report::layout::{Line, flow, grid, help, paragraph};
use crate::report::palette::Meaning;
use crate::report::picture::{Canvas, Scene};
use crate::report::values::count;
use crate::report::{Settings, diagnostics, escape, view};

/// How many changes of regions are drawn, unless nothing is to be summarised.
const MOST_PICTURES: usize = 3;

/// Draws a plan: its changes, the summary line, and below it what the user must
/// not overlook, the gravest last. When asked to be quiet, only what is wrong.
pub fn plan(plan: &Plan, settings: Settings) -> String {
    let mut out = String::new();
    if !settings.is_quiet() {
        entries(&mut out, plan, settings);
        summary(&mut out, plan, settings);
    }
    let told = |record: &&Record| !settings.is_quiet() || record.severity != Severity::Note;
    let told: Vec<Record> = plan.diagnostics.iter().filter(told).cloned().collect();
    if !told.is_empty() {
        part(&mut out);
        out.push_str(&diagnostics::records(&told, settings));
    }
    if !plan.complete {
        part(&mut out);
        let lead = Line::new(settings).push(Meaning::Error, "Incomplete: ");
        paragraph(&mut out, &lead, INDENT, view::INCOMPLETE, settings);
    }
    if !plan.refusals.is_empty() {
        part(&mut out);
        refusals(&mut out, &plan.refusals, settings);
    }
    out
}

/// Draws the changes, and the regions of the first that change some: of a fleet, nobody
/// wants hundreds of pictures at once.
fn entries(out: &mut String, plan: &Plan, settings: Settings) {
    let can_draw = picture::columns(settings).is_some();
    let most = if settings.is_verbose() { usize::MAX } else { MOST_PICTURES };
    let mut edits = 0;
    for one in view::entries(plan, settings.detail) {
        let scene = one.regions.filter(|_| can_draw).and_then(|[before, after]| {
            edits += 1;
            let canvas = Canvas::default();
            (edits <= most).then(|| Scene::of_change("", before, after, &plan.zones, canvas))
        });
        entry(out, &one, scene.as_ref(), settings);
        out.push('\n');
    }
    if edits > most {
        let more = count(edits - most, "more change");
        let text = format!(
            "Not drawn here: {more} of regions. --verbose draws all, and `rekon render --plan` \
             writes pictures."
        );
        paragraph(out, &Line::new(settings), INDENT, &text, settings);
    }
}

/// Leaves a line empty below what stands there.
fn part(out: &mut String) {
    if !out.is_empty() {
        out.push('\n');
    }
}

/// Draws what the plan does not touch, and the line that sums it up.
fn summary(out: &mut String, plan: &Plan, settings: Settings) {
    let summary = &plan.summary;
    for (text, names) in view::outside(plan, settings.detail) {
        paragraph(out, &Line::new(settings), INDENT, &escape(&text), settings);
        grid(out, INDENT, &names, settings);
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
