//! Putting a unit's old processors back.

use std::time::Duration;

use super::execute::{Ended, Job, Tools, UNSEEN_LIMIT, execute};
use super::judge::{Evidence, evidence};
use super::look::{Blind, Seen, look_with_tags};
use super::prepare::Prepared;
use super::schedule::End;
use super::settle::Patience;
use super::slot::Slot;
use super::stop::Weight;
use super::target::{Target, movements};
use crate::model::Tags;
use crate::plan::Operation;

/// How long reads may lag behind what was done.
const LAG_LIMIT: Duration = Duration::from_secs(10);

/// What an undoing did and what it left.
#[derive(Debug)]
pub(super) struct Undone {
    /// The calls in their order, each with its processor.
    pub(super) calls: Vec<(usize, Operation, Ended)>,
    /// What is there of each processor in the end.
    pub(super) found: Vec<(usize, Found)>,
}

/// What is there of a processor after an undoing.
#[derive(Debug)]
pub(super) enum Found {
    /// The old definition.
    Old {
        lost_tags: Tags,
    },
    /// Something else, by what distinguishes it from the old definition.
    Other(Vec<String>),
    Gone,
    Unreadable(Blind),
}

/// Makes the calls that a failed one lists, in their order. One that fails does
/// not keep those of other processors from being made: each brings back what it
/// can. But what could not be created is not started either.
pub(super) async fn undo(
    tools: &Tools,
    slot: &mut Slot,
    prepared: &Prepared,
    unit: usize,
    failed: usize,
) -> Undone {
    let mut calls: Vec<(usize, Operation, Ended)> = Vec::new();
    for step in &prepared.calls[failed].undo {
        let subject = &prepared.subjects[step.subject];
        let ended_as = |operation: Operation, as_expected: fn(&End) -> bool| {
            calls.iter().any(|(subject, done, ended)| {
                *subject == step.subject && *done == operation && as_expected(&ended.end)
            })
        };
        let done_before = |operation| ended_as(operation, |end| *end == End::Done);
        if ended_as(Operation::CreateStreamProcessor, |end| *end != End::Done) {
            continue;
        }
        let withdrawn = match &subject.target {
            Target::Holds(target) => Some(&**target),
            Target::Gone => None,
        };
        let reading = evidence(&tools.reader, &step.request, None);
        let before = tools.read(Weight::Grave, reading).await;
        let job = Job {
            request: &step.request,
            target: None,
            stale: withdrawn.filter(|_| done_before(Operation::DeleteStreamProcessor)),
            was_so: matches!(before, Ok(Evidence::Took(_))),
            may_hold: false,
            weight: Weight::Grave,
            follows_delete: true,
            // What is withdrawn was created in this run.
            just_created: step.request.operation() == Operation::DeleteStreamProcessor
                || done_before(Operation::CreateStreamProcessor),
            unsettled: None,
        };
        let ended = execute(tools, slot, &job).await;
        calls.push((step.subject, step.request.operation(), ended));
    }
    let mut found = Vec::new();
    for &subject in &prepared.units[unit].subjects {
        let creation = calls.iter().find_map(|(of, operation, ended)| {
            let is_one = *of == subject && *operation == Operation::CreateStreamProcessor;
            is_one.then_some(ended.end == End::Done)
        });
        let patience = match creation {
            // What was created just now may take its time to show.
            Some(true) => UNSEEN_LIMIT,
            // There is nothing to wait for.
            Some(false) => Duration::ZERO,
            None => LAG_LIMIT,
        };
        found.push((subject, find(tools, slot, prepared, subject, patience).await));
    }
    Undone { calls, found }
}

/// Compares what is there with what was there before anything began. `patience`
/// is how long it may take to show at all.
async fn find(
    tools: &Tools,
    slot: &mut Slot,
    prepared: &Prepared,
    subject: usize,
    patience: Duration,
) -> Found {
    let subject = &prepared.subjects[subject];
    let Some(expect) = &subject.expect else { return Found::Gone };
    // AWS's own tags cannot be set by anyone else.
    let (lost_tags, tags) =
        expect.tags.clone().into_iter().partition(|(key, _)| key.starts_with("aws:"));
    let mut expect = expect.clone();
    expect.tags = tags;
    let (unseen, other) = (patience, patience.min(LAG_LIMIT));
    let mut patience = Patience::new(unseen);
    loop {
        let looking = look_with_tags(&tools.reader, &subject.name);
        let seen = match tools.read(Weight::Grave, looking).await {
            Ok(Seen::Present(mut described)) => {
                described.processor.tags.retain(|key, _| !key.starts_with("aws:"));
                Seen::Present(described)
            }
            Ok(Seen::Gone) => Seen::Gone,
            Err(blind) => return Found::Unreadable(blind),
        };
        let movements = movements(Some(&expect), &seen);
        if movements.is_empty() {
            return Found::Old { lost_tags };
        }
        let over = match seen {
            Seen::Gone => patience.elapsed() >= unseen,
            Seen::Present(_) => patience.elapsed() >= other,
        };
        if over || tools.stop.is_over(Weight::Grave) {
            return match seen {
                Seen::Gone => Found::Gone,
                Seen::Present(_) => Found::Other(movements),
            };
        }
        patience.pause(slot, &tools.stop).await;
    }
}
