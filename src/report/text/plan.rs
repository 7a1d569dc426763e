//! A plan as text: what would happen, in the order in which it matters.

use super::{entry, refusals, summary};
use crate::plan::Plan;
use crate::report::Settings;
use crate::report::diagnostics;
use crate::report::layout::{Line, paragraph};
use crate::report::palette::Meaning;
use crate::report::view::{self, CallIndex, Entry};

/// Draws a plan: its changes, the summary line, and below it what the user must
/// not overlook, the gravest last.
pub fn plan(plan: &Plan, settings: Settings) -> String {
    let mut out = String::new();
    let calls = CallIndex::new(plan);
    if !settings.is_quiet() {
        for entry in view::entries(plan, &calls) {
            match entry {
                Entry::One(change) => entry::one(&mut out, change, &calls, &plan.stack, settings),
                Entry::Many(changes) => entry::many(&mut out, &changes, &calls, settings),
            }
            out.push('\n');
        }
    }
    summary::summary(&mut out, plan, settings);
    if !plan.diagnostics.is_empty() {
        out.push('\n');
        out.push_str(&diagnostics::records(&plan.diagnostics, settings));
    }
    if !plan.complete {
        out.push('\n');
        let lead = Line::new(settings).push(Meaning::Error, "Incomplete: ");
        let text = "part of the live state could not be read. What is not shown here may differ \
                    too, so this plan cannot be applied.";
        paragraph(&mut out, &lead, 4, text, settings);
    }
    if !plan.refusals.is_empty() {
        out.push('\n');
        refusals::refusals(&mut out, &plan.refusals, settings);
    }
    out
}

#[cfg(test)]
mod extremes;
#[cfg(test)]
mod tests;
