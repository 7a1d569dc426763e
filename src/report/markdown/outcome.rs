//! What became of a plan, as a comment: what is lost first, then what is not as planned.

use super::page::{Page, Part};
use super::text::{code, first_of};
use super::{LeftOut, alert, begin, refusals};
use crate::plan::{Outcome, Plan, Removed};
use crate::report::review::Subject;
use crate::report::values::count;
use crate::report::view::{self, Fated, ProcessorResult};
use crate::report::words;

/// How many names are told of what is alike.
const MOST_NAMES: usize = 20;

/// Draws an outcome.
pub(super) fn outcome(mut page: Page, outcome: &Outcome, plan: &Plan) -> String {
    let mut left_out = LeftOut::default();
    let verdict = verdict(outcome, plan);
    begin(&mut page, Subject::Outcome, Some(&plan.stack), "Applied to", &verdict);
    let (fingerprint, version) = (code(&plan.fingerprint), code(&plan.rekon_version));
    page.end_with(format!("By rekon {version}. Fingerprint of the plan: {fingerprint}.\n"));
    gone(&mut page, outcome, &mut left_out);
    if let Some((lead, text)) = view::interrupted(outcome) {
        page.push(&alert(&format!("**{}** {text}", lead.trim_end())));
    }
    let (told, untold) = refusals(&plan.refusals, page.room());
    left_out.note(untold, "refusal");
    page.push(&told);
    let mut groups = view::groups(outcome, plan);
    groups.sort_by_key(|group| group.first().map(|one| std::cmp::Reverse(one.fated)));
    results(&mut page, &groups, &mut left_out);
    let deleted: Vec<&str> = outcome
        .removed
        .iter()
        .filter(|removed| removed.planned)
        .map(|removed| removed.name.as_str())
        .collect();
    if !deleted.is_empty() {
        let names = first_of(&deleted, MOST_NAMES);
        if !page.push(&format!("**Deleted, as planned:** {names}.\n\n")) {
            left_out.note(deleted.len(), "deletion");
        }
    }
    page.finish(&left_out.told())
}

/// How much of it is done, and what forbade the rest.
fn verdict(outcome: &Outcome, plan: &Plan) -> String {
    let (_, verdict) = view::outcome_verdict(outcome);
    let mut out = format!("**{verdict}**");
    if !outcome.processors.is_empty() {
        let (fates, cost) = view::outcome_summary(outcome);
        let fates: Vec<String> = fates.into_iter().map(|(_, text)| text).collect();
        out.push_str(&format!(" {}. {cost}.", fates.join(", ")));
    }
    out.push_str("\n\n");
    if !plan.complete {
        out.push_str(&alert("**Incomplete:** not all that lives could be read."));
    }
    if !plan.refusals.is_empty() {
        let reasons = count(plan.refusals.len(), "reason");
        out.push_str(&alert(&format!(
            "**Refused:** nothing of the plan was applied, for {reasons}."
        )));
    }
    out
}

/// What was deleted and is not back, each with the command that restores it.
fn gone(page: &mut Page, outcome: &Outcome, left_out: &mut LeftOut) {
    let head = "> [!CAUTION]\n> **Removed and not recreated:**\n>\n";
    let mut part = Part::new(page.room(), head.to_owned());
    for Removed { name, restore, .. } in outcome.removed.iter().filter(|one| !one.planned) {
        if !part.add(&format!("> - {}: restore it with {}\n", code(name), code(restore))) {
            left_out.note(1, "removed processor");
        }
    }
    page.push(&part.finish());
}

/// What became of processors, the gravest first; those that are as planned by name alone.
fn results(page: &mut Page, groups: &[Vec<ProcessorResult<'_>>], left_out: &mut LeftOut) {
    let head = "| processor | result | why | calls that took effect |\n|--|--|--|--|\n";
    let mut part = Part::new(page.room(), head.to_owned());
    for group in groups {
        let Some(first) = group.first() else { continue };
        let names: Vec<&str> = group.iter().map(|one| one.name).collect();
        let number = match names.len() {
            1 => String::new(),
            many => format!("{}: ", count(many, "processor")),
        };
        let said = first.reasons().into_iter().chain(first.notes.iter().map(String::as_str));
        let said: Vec<String> = said.chain(first.help).map(code).collect();
        let row = format!(
            "| {number}{} | {} | {} | {} |\n",
            first_of(&names, MOST_NAMES),
            view::fated(first.fated, first.operation),
            said.join("; "),
            words::operations(&first.made)
        );
        if !part.add(&row) {
            left_out.note(names.len(), kind(first.fated));
        }
    }
    page.push(&part.finish());
}

fn kind(fated: Fated) -> &'static str {
    match fated {
        Fated::Done => "finished processor",
        Fated::NotTried => "untried processor",
        Fated::Moved => "moved processor",
        Fated::Failed => "failed processor",
    }
}
