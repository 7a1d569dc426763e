//! What became of a plan: the honest report, the gravest last.

use super::INDENT;
use crate::plan::{Fate, Outcome, Plan, Removed};
use crate::report::layout::{Line, flow, grid, heading, help, paragraph};
use crate::report::palette::Meaning;
use crate::report::values::{count, first_of};
use crate::report::view::{self, Applied, Fated, ProcessorResult};
use crate::report::{Settings, escape, words};

/// How many names of processors without trouble are told.
const MOST_NAMES: usize = 10;

/// Draws an outcome: each processor that did not end as planned, what is gone
/// and how to bring it back, and a summary line.
pub fn outcome(outcome: &Outcome, plan: &Plan, settings: Settings) -> String {
    let mut out = String::new();
    let plain = |group: &Vec<ProcessorResult<'_>>| {
        group.iter().all(|one| one.fated == Fated::Done && one.notes.is_empty())
    };
    let (done, rest): (Vec<_>, Vec<_>) = view::groups(outcome, plan).into_iter().partition(plain);
    if !settings.is_quiet() {
        let done: Vec<ProcessorResult<'_>> = done.into_iter().flatten().collect();
        all_done(&mut out, &done, outcome, settings);
    }
    for group in rest {
        results(&mut out, &group, settings);
        out.push('\n');
    }
    let gone = removed(outcome, settings);
    if !gone.is_empty() {
        out.push_str(&gone);
        out.push('\n');
    }
    deleted(&mut out, outcome, settings);
    if let Some((lead, text)) = view::interrupted(outcome) {
        let lead = Line::new(settings).push(Meaning::Warning, &lead);
        paragraph(&mut out, &lead, INDENT, text, settings);
    }
    summary(&mut out, outcome, settings);
    out
}

/// Draws one line for a processor that has just ended.
pub fn event(name: &str, fate: &Fate, settings: Settings) -> String {
    let result = ProcessorResult::of(name, fate);
    let reasons = result.reasons().join("; ");
    let text = match result.fated {
        Fated::Done => String::new(),
        Fated::Failed => format!(": {}: {reasons}", view::failure(result.operation)),
        Fated::NotTried => format!(": not tried: {reasons}"),
        Fated::Moved => format!(": moved, nothing was done: {reasons}"),
    };
    let mut out = String::new();
    title(result.fated, name, settings).push(Meaning::Plain, &text).finish(&mut out);
    out
}

/// Draws what was deleted and is not back, with the command that restores it;
/// empty if nothing was.
pub fn removed(outcome: &Outcome, settings: Settings) -> String {
    let mut out = String::new();
    let gone = || outcome.removed.iter().filter(|removed| !removed.planned);
    if gone().next().is_none() {
        return out;
    }
    Line::new(settings).push(Meaning::Error, "Removed and not recreated:").finish(&mut out);
    for Removed { name, recovery_file, restore, planned: _ } in gone() {
        let line = Line::new(settings).pad_to(INDENT).push(Meaning::Strong, name);
        let file = format!("   its definition is in {recovery_file}");
        line.push(Meaning::Plain, &file).finish(&mut out);
        // Never wrapped: it is there to be copied.
        let line = Line::new(settings).pad_to(2 * INDENT).push(Meaning::Help, "restore it with: ");
        line.push(Meaning::Strong, restore).finish(&mut out);
    }
    out
}

/// Draws what was deleted for good, and how one of it comes back.
fn deleted(out: &mut String, outcome: &Outcome, settings: Settings) {
    let deleted: Vec<&Removed> = outcome.removed.iter().filter(|one| one.planned).collect();
    let (Some(first), false) = (deleted.first(), settings.is_quiet()) else { return };
    let names: Vec<&str> = deleted.iter().map(|one| one.name.as_str()).collect();
    Line::new(settings).push(Meaning::Strong, "Deleted, as planned:").finish(out);
    grid(out, INDENT, &names, settings);
    let lead =
        if deleted.len() == 1 { "it comes back with: " } else { "the first comes back with: " };
    let line = Line::new(settings).pad_to(INDENT).push(Meaning::Help, lead);
    line.push(Meaning::Plain, &first.restore).finish(out);
    out.push('\n');
}

/// Draws the processors that ended as planned, as far as that is worth knowing.
fn all_done(out: &mut String, done: &[ProcessorResult<'_>], outcome: &Outcome, settings: Settings) {
    if done.is_empty() {
        return;
    }
    if settings.is_verbose() {
        for one in done {
            let made = Line::new(settings).push(Meaning::Faint, &words::operations(&one.made));
            heading(out, title(Fated::Done, one.name, settings), &[made], settings);
        }
    } else if done.len() < outcome.processors.len() {
        // When all is done the summary line says so; else the reader wants to
        // know which are.
        let lead = title(Fated::Done, "done", settings).push(Meaning::Plain, ": ");
        let names = first_of(done.iter().map(|one| one.name), MOST_NAMES);
        paragraph(out, &lead, 2, &escape(&names), settings);
    } else {
        return;
    }
    out.push('\n');
}

/// Draws one processor's result, or that of several who share it.
fn results(out: &mut String, group: &[ProcessorResult<'_>], settings: Settings) {
    let [first, others @ ..] = group else { return };
    let ProcessorResult { name, source, fated, made, operation, help: advice, notes, .. } = first;
    let crowd = !others.is_empty();
    let left = if crowd { count(group.len(), "processor") } else { (*name).to_owned() };
    let what = view::fated(*fated, *operation);
    let place = source.filter(|_| !crowd).map_or_else(String::new, ToString::to_string);
    let right = [
        Line::new(settings).push(mark(*fated).1, &what),
        Line::new(settings).push(Meaning::Faint, &place),
    ];
    heading(out, title(*fated, &left, settings), &right, settings);
    let indented = Line::new(settings).pad_to(INDENT);
    for text in first.reasons().into_iter().chain(notes.iter().map(String::as_str)) {
        paragraph(out, &indented, INDENT + 2, &escape(text), settings);
    }
    if !made.is_empty() {
        let lead = indented.clone().push(Meaning::Faint, "made: ");
        paragraph(out, &lead, INDENT + 6, &words::operations(made), settings);
    }
    help(out, INDENT, *advice, settings);
    if crowd && (settings.is_verbose() || matches!(fated, Fated::Failed | Fated::Moved)) {
        let names: Vec<&str> = group.iter().map(|one| one.name).collect();
        paragraph(out, &indented, INDENT, &escape(&names.join(", ")), settings);
    } else if crowd {
        indented.push(Meaning::Faint, "(--verbose lists them)").finish(out);
    }
}

fn title(fated: Fated, text: &str, settings: Settings) -> Line {
    let (symbol, meaning) = mark(fated);
    let line = Line::new(settings).push(meaning, symbol).push(Meaning::Plain, " ");
    line.push(Meaning::Strong, text)
}

fn mark(fated: Fated) -> (&'static str, Meaning) {
    match fated {
        Fated::Done => ("✓", Meaning::Good),
        Fated::Failed => ("✗", Meaning::Error),
        Fated::NotTried => ("·", Meaning::Warning),
        Fated::Moved => ("≠", Meaning::Warning),
    }
}

fn summary(out: &mut String, outcome: &Outcome, settings: Settings) {
    let applied = view::applied(outcome);
    if settings.is_quiet() && applied == Applied::All {
        return;
    }
    let (meaning, words) = view::outcome_verdict(outcome);
    let mut pieces = vec![Line::new(settings).push(meaning, &words)];
    if outcome.processors.is_empty() {
        flow(out, &pieces, " ", INDENT, settings);
        return;
    }
    let (fates, cost) = view::outcome_summary(outcome);
    let mut fates = fates.into_iter().peekable();
    while let Some((meaning, text)) = fates.next() {
        let end = if fates.peek().is_some() { "," } else { "." };
        pieces.push(Line::new(settings).push(meaning, &text).push(Meaning::Plain, end));
    }
    pieces.push(Line::new(settings).push(Meaning::Plain, &format!("{cost}.")));
    flow(out, &pieces, " ", INDENT, settings);
    if applied != Applied::All {
        Line::new(settings).push(Meaning::Faint, "A new plan shows what remains.").finish(out);
    }
}

#[cfg(test)]
mod tests;
