//! What became of a plan: the honest report, the gravest last.

use std::time::Duration;

use super::fates;
use crate::plan::{CallTally, Outcome, Plan, Removed};
use crate::report::layout::{Line, flow, paragraph};
use crate::report::palette::Meaning;
use crate::report::view::{self, Applied, Counts};
use crate::report::{Settings, escape};

const INDENT: usize = 4;

/// Draws an outcome: each processor that did not end as planned, what is gone
/// and how to bring it back, and a summary line.
pub fn outcome(outcome: &Outcome, plan: &Plan, settings: Settings) -> String {
    let mut out = String::new();
    fates::fates(&mut out, outcome, plan, settings);
    if !outcome.removed.is_empty() {
        removed(&mut out, &outcome.removed, settings);
        out.push('\n');
    }
    if let Some(signal) = outcome.interrupted {
        let lead =
            Line::new(settings).push(Meaning::Warning, &format!("Interrupted by {signal}: "));
        let text = if outcome.broken_off {
            "what was under way was broken off, and no new delete was begun."
        } else if !outcome.removed.is_empty() {
            "not all that was under way could be finished, and no new delete was begun."
        } else {
            "what was under way was finished, and no new delete was begun."
        };
        paragraph(&mut out, &lead, INDENT, text, settings);
    }
    summary(&mut out, outcome, settings);
    out
}

/// Says what was deleted and is not back, with the command that restores it.
fn removed(out: &mut String, removed: &[Removed], settings: Settings) {
    Line::new(settings).push(Meaning::Error, "Removed and not recreated:").finish(out);
    for Removed { name, recovery_file, restore } in removed {
        Line::new(settings)
            .pad_to(INDENT)
            .push(Meaning::Strong, &escape(name))
            .push(Meaning::Plain, "   its definition is in ")
            .push(Meaning::Plain, &escape(recovery_file))
            .finish(out);
        // Never wrapped: it is there to be copied.
        Line::new(settings)
            .pad_to(2 * INDENT)
            .push(Meaning::Help, "restore it with: ")
            .push(Meaning::Strong, &escape(restore))
            .finish(out);
    }
}

fn summary(out: &mut String, outcome: &Outcome, settings: Settings) {
    let Counts { done, failed, not_tried, moved } = view::counts(outcome);
    let CallTally { made, retried, throttled } = outcome.tally;
    let applied = view::applied(outcome);
    let (meaning, words) = match applied {
        Applied::All if outcome.processors.is_empty() => {
            Line::new(settings).push(Meaning::Good, "Nothing to do.").finish(out);
            return;
        }
        Applied::All => (Meaning::Good, "Applied:"),
        Applied::Part => (Meaning::Error, "Applied in part:"),
        Applied::Nothing => (Meaning::Error, "Nothing was applied:"),
    };
    let mut pieces = vec![Line::new(settings).push(meaning, words)];
    let fates = [
        (done, "done", Meaning::Good),
        (failed, "failed", Meaning::Error),
        (not_tried, "not tried", Meaning::Warning),
        (moved, "moved", Meaning::Warning),
    ];
    let mut fates = fates.into_iter().filter(|(number, ..)| *number > 0).peekable();
    while let Some((number, word, meaning)) = fates.next() {
        let end = if fates.peek().is_some() { "," } else { "." };
        let piece = Line::new(settings).push(meaning, &format!("{number} {word}"));
        pieces.push(piece.push(Meaning::Plain, end));
    }
    let mut cost = vec![if made == 1 { "1 API call".into() } else { format!("{made} API calls") }];
    cost.extend((retried > 0).then(|| format!("{retried} retried")));
    cost.extend((throttled > 0).then(|| format!("{throttled} throttled")));
    cost.push(elapsed(outcome.elapsed));
    pieces.push(Line::new(settings).push(Meaning::Plain, &format!("{}.", cost.join(", "))));
    flow(out, &pieces, " ", INDENT, settings);
    if applied != Applied::All {
        Line::new(settings).push(Meaning::Faint, "A new plan shows what remains.").finish(out);
    }
}

/// A time that was measured.
fn elapsed(time: Duration) -> String {
    match time.as_secs() {
        0..60 => format!("{:.1} s", time.as_secs_f64()),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests;
