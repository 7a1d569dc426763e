//! Putting a unit's old processors back.

use super::execute::{Ended, Job, Tools, UNSEEN_LIMIT, execute};
use super::judge::{Evidence, evidence};
use super::look::{Blind, Seen, look_with_tags};
use super::prepare::Prepared;
use super::schedule::End;
use super::slot::Slot;
use super::target::{Target, movements};
use crate::model::Tags;
use crate::plan::Operation;

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
/// not keep the others from being made: each brings back what it can.
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
        let done_before = |operation: Operation| {
            calls.iter().any(|(subject, done, ended)| {
                *subject == step.subject && *done == operation && ended.end == End::Done
            })
        };
        let withdrawn = match &subject.target {
            Target::Holds(target) => Some(&**target),
            Target::Gone => None,
        };
        let before = evidence(&tools.reader, &step.request, None).await;
        let job = Job {
            request: &step.request,
            target: None,
            stale: withdrawn.filter(|_| done_before(Operation::DeleteStreamProcessor)),
            was_so: matches!(before, Ok(Evidence::Took(_))),
            may_hold: false,
            must_finish: true,
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
        let created = calls.iter().any(|(of, operation, ended)| {
            *of == subject
                && *operation == Operation::CreateStreamProcessor
                && ended.end == End::Done
        });
        found.push((subject, find(tools, slot, prepared, subject, created).await));
    }
    Undone { calls, found }
}

/// Compares what is there with what was there before anything began. What was
/// created just now may take its time to show.
async fn find(
    tools: &Tools,
    slot: &mut Slot,
    prepared: &Prepared,
    subject: usize,
    created: bool,
) -> Found {
    let subject = &prepared.subjects[subject];
    let Some(expect) = &subject.expect else { return Found::Gone };
    // AWS's own tags cannot be set by anyone else.
    let (lost_tags, tags) =
        expect.tags.clone().into_iter().partition(|(key, _)| key.starts_with("aws:"));
    let mut expect = expect.clone();
    expect.tags = tags;
    let mut patience = super::settle::Patience::new(std::time::Duration::from_secs(10));
    loop {
        let seen = match look_with_tags(&tools.reader, &subject.name).await {
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
            Seen::Gone if created => patience.elapsed() >= UNSEEN_LIMIT,
            _ => patience.is_over(),
        };
        if over {
            return match seen {
                Seen::Gone => Found::Gone,
                Seen::Present(_) => Found::Other(movements),
            };
        }
        patience.pause(slot, &tools.stop).await;
    }
}
