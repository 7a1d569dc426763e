//! What became of a plan, as a page.

use std::collections::BTreeSet;

use super::page::{Count, Message, Page, PlainLine, page};
use super::plan::{Details, capital, kind};
use super::pool::{Node, Pool};
use super::{Frames, made, root, said};
use crate::plan::{Action, Outcome, Plan, Removed};
use crate::report::palette::Meaning;
use crate::report::view::{self, Counts, Fated, ProcessorResult, Said};
use crate::report::words;

/// Draws what became of a plan.
pub(super) fn outcome(outcome: &Outcome, plan: &Plan, frames: &Frames) -> String {
    let mut groups = view::groups(outcome, plan);
    // The page begins with what the terminal ends with.
    groups.reverse();
    let mut pool = Pool::default();
    let mut details = Details::new(plan, frames);
    let nodes: Vec<Node> = groups.iter().map(|one| entry(&mut pool, one, &mut details)).collect();
    let pictures = details.pictures.finish(&mut pool);
    page(&Page {
        kind: "Outcome",
        stack: Some(&plan.stack),
        verdict: verdict(outcome),
        counts: counts(&Counts::of(outcome)),
        messages: messages(outcome),
        outside: Vec::new(),
        facts: facts(outcome, plan),
        lines: groups.iter().map(|group| plain(group)).collect(),
        data: root(pool, "result", &nodes, Some(pictures)),
    })
}

fn verdict(outcome: &Outcome) -> (Meaning, String) {
    let (meaning, verdict) = view::outcome_verdict(outcome);
    let (fates, _) = view::outcome_summary(outcome);
    let fates: Vec<&str> = fates.iter().map(|(_, text)| text.as_str()).collect();
    match fates.is_empty() {
        true => (meaning, verdict),
        false => (meaning, format!("{verdict} {}.", fates.join(", "))),
    }
}

fn counts(counts: &Counts) -> Vec<Count> {
    let Counts { done, failed, not_tried, moved } = *counts;
    [
        (Fated::Failed, failed),
        (Fated::Moved, moved),
        (Fated::NotTried, not_tried),
        (Fated::Done, done),
    ]
    .map(|(fated, number)| Count { kind: mark(fated), number, word: word(fated) })
    .into()
}

/// The word by which the page knows a fate.
fn mark(fated: Fated) -> &'static str {
    match fated {
        Fated::Done => "done",
        Fated::NotTried => "not-tried",
        Fated::Moved => "moved",
        Fated::Failed => "failed",
    }
}

fn word(fated: Fated) -> &'static str {
    match fated {
        Fated::Done => "done",
        Fated::NotTried => "not tried",
        Fated::Moved => "moved since the plan",
        Fated::Failed => "failed",
    }
}

/// What is gone, and how it comes back, before all else.
fn messages(outcome: &Outcome) -> Vec<Message> {
    let gone = outcome.removed.iter().filter(|one| !one.planned);
    let gone = gone.map(|one| {
        let Removed { name, recovery_file, restore, planned: _ } = one;
        let text = format!("{name} is gone: its definition is in {recovery_file}.");
        let command = Some(restore.clone());
        Message { command, ..Message::new(Meaning::Error, "Removed and not recreated", text) }
    });
    let interrupted = view::interrupted(outcome)
        .map(|(lead, text)| Message::new(Meaning::Warning, "Interrupted", format!("{lead}{text}")));
    let deleted = outcome.removed.iter().filter(|one| one.planned);
    let deleted = deleted.map(|one| Message {
        command: Some(one.restore.clone()),
        ..Message::new(
            Meaning::Plain,
            "Deleted as planned",
            format!("{} comes back with:", one.name),
        )
    });
    gone.chain(interrupted).chain(deleted).collect()
}

fn facts(outcome: &Outcome, plan: &Plan) -> Vec<(&'static str, String)> {
    let (_, cost) = view::outcome_summary(outcome);
    let mut facts = vec![("Cost", cost), ("Planned", view::cost(&plan.summary.calls))];
    facts.extend(made(plan.made.as_ref()));
    facts.push(("Fingerprint", plan.fingerprint.clone()));
    facts.push(("rekon", plan.rekon_version.clone()));
    facts
}

fn what(result: &ProcessorResult<'_>) -> String {
    view::fated(result.fated, result.operation)
}

fn plain<'a>(group: &[ProcessorResult<'a>]) -> PlainLine<'a> {
    let first = group.first();
    PlainLine {
        what: first.map(what).unwrap_or_default(),
        destroys: first.is_some_and(|one| one.fated != Fated::Done),
        names: group.iter().map(|one| one.name).collect(),
        details: first
            .into_iter()
            .flat_map(|one| one.reasons().into_iter().map(str::to_owned))
            .collect(),
    }
}

/// One processor's result, or that of several who share it.
fn entry(pool: &mut Pool, group: &[ProcessorResult<'_>], details: &mut Details<'_>) -> Node {
    let mut notes: Vec<Said> = Vec::new();
    let mut kinds = BTreeSet::new();
    if let Some(first) = group.first() {
        let ProcessorResult { made, help, notes: more, .. } = first;
        kinds.insert(mark(first.fated));
        let reasons = first.reasons().into_iter().chain(more.iter().map(String::as_str));
        notes.extend(reasons.map(|text| (Meaning::Strong, capital(text))));
        notes.extend(help.map(|text| (Meaning::Help, format!("Help: {text}"))));
        if !made.is_empty() {
            notes.push((Meaning::Faint, format!("Made: {}.", words::operations(made))));
        }
    }
    let actions: BTreeSet<Action> =
        group.iter().flat_map(|one| one.actions.iter().copied()).collect();
    kinds.extend(actions.into_iter().map(kind));
    let members: Vec<Node> = group
        .iter()
        .map(|one| {
            let planned: Vec<&str> = one.actions.iter().copied().map(kind).collect();
            let became = (!planned.is_empty())
                .then(|| pool.text(&format!("Planned: {}.", planned.join(", "))));
            details.member(pool, one.name, became)
        })
        .collect();
    let fated = group.first().map_or(Fated::Done, |one| one.fated);
    let null = pool.maybe(None);
    let node = [
        ("kind", pool.text(mark(fated))),
        ("kinds", pool.texts(kinds)),
        ("destroys", pool.text(if fated == Fated::Done { "" } else { "true" })),
        ("what", pool.text(&group.first().map(what).unwrap_or_default())),
        ("rows", pool.list(&[])),
        ("notes", said(pool, &notes)),
        ("keep", null),
        ("members", pool.list(&members)),
    ];
    pool.object(node)
}
