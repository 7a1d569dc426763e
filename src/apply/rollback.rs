//! Putting a group's old processors back.

use std::time::Duration;

use super::deviation::movements;
use super::evidence::{Evidence, evidence};
use super::execute::{Already, Earlier, Ended, Job, Purpose, Tools, UNSEEN_LIMIT, execute};
use super::observe::{Blind, Observed, WithTags, observe};
use super::permit::Permit;
use super::poll::Patience;
use super::prepare::Prepared;
use super::schedule::{End, brings_back};
use super::stop::Stake;
use crate::plan::Operation;

/// How long reads may lag behind what was done.
const LAG_LIMIT: Duration = Duration::from_secs(10);

/// What a rollback did and what it left.
#[derive(Debug)]
pub(super) struct RolledBack {
    /// The calls in their order, each with its processor.
    pub(super) calls: Vec<(usize, Operation, Ended)>,
    /// What is there of each processor in the end.
    pub(super) found: Vec<(usize, Result<Observed, Blind>)>,
}

impl RolledBack {
    /// The first step that did not bring back what it should.
    pub(super) fn failed(&self) -> Option<(usize, Operation)> {
        let failed = self
            .calls
            .iter()
            .find(|(_, operation, ended)| brings_back(*operation) && ended.end != End::Done);
        failed.map(|(subject, operation, _)| (*subject, *operation))
    }
}

/// Makes the calls that a failed one lists, in their order. One that fails does
/// not keep those of other processors from being made: each brings back what it
/// can. But what could not be created is not started either.
pub(super) async fn roll_back(
    tools: &Tools,
    permit: &mut Permit,
    prepared: &Prepared,
    failed: usize,
) -> RolledBack {
    let group = prepared.group_of(failed);
    let mut calls: Vec<(usize, Operation, Ended)> = Vec::new();
    for step in &prepared.calls[failed].fallback {
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
        let reading = evidence(&tools.reader, &step.request, None);
        let before = tools.read(Stake::Owed, reading).await;
        let stopping = step.request.operation() == Operation::StopStreamProcessor;
        let already = match before {
            Ok(Evidence::Not(Observed::Present(_)) | Evidence::Contradicts(_)) => Already::NotSo,
            Ok(Evidence::Not(Observed::Gone)) if !stopping => Already::NotSo,
            // What does not show may have been so, and so may what cannot be read.
            _ => Already::Perhaps,
        };
        let withdrawing = step.request.operation() == Operation::DeleteStreamProcessor;
        let job = Job {
            id: &prepared.calls[failed].id,
            request: &step.request,
            subject,
            purpose: Purpose::Restore { withdrawn: subject.result.as_ref(), already },
            stake: Stake::Owed,
            earlier: Earlier {
                stopped: done_before(Operation::StopStreamProcessor),
                deleted: done_before(Operation::DeleteStreamProcessor),
                // What is withdrawn was created in this run.
                created: withdrawing || done_before(Operation::CreateStreamProcessor),
                released: true,
            },
            unsettled: None,
        };
        let ended = execute(tools, permit, &job).await;
        calls.push((step.subject, step.request.operation(), ended));
    }
    let mut found = Vec::new();
    for &subject in &prepared.groups[group].subjects {
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
        found.push((subject, find(tools, permit, prepared, (subject, patience)).await));
    }
    RolledBack { calls, found }
}

/// Reads what is there of a processor, until it is what was there before
/// anything began or may be believed not to be.
async fn find(
    tools: &Tools,
    permit: &mut Permit,
    prepared: &Prepared,
    (subject, unseen): (usize, Duration),
) -> Result<Observed, Blind> {
    let subject = &prepared.subjects[subject];
    let Some(expect) = &subject.expect else { return Ok(Observed::Gone) };
    let other = unseen.min(LAG_LIMIT);
    let mut patience = Patience::new(unseen);
    loop {
        let reading = observe(&tools.reader, &subject.name, WithTags::Yes);
        let observed = tools.read(Stake::Owed, reading).await?;
        let over = match observed {
            Observed::Gone => patience.elapsed() >= unseen,
            Observed::Present(_) => patience.elapsed() >= other,
        };
        let same = movements(Some(expect), &observed).is_empty();
        if same || over || tools.stop.is_over(Stake::Owed) {
            return Ok(observed);
        }
        patience.pause(permit, &tools.stop).await;
    }
}
