//! The gate before every delete: just before it is sent, the processor is read
//! again and must be what the plan expects, and what is being brought back must
//! not have failed anywhere.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::{Ended, Purpose, Run};
use crate::apply::deviation::{movements, same_definition};
use crate::apply::observe::{Blind, Observed, WithTags, observe, observe_tags};
use crate::apply::poll::Patience;
use crate::apply::schedule::Held;
use crate::model::{Attribute, Definition, TagKnowledge};
use crate::plan::{Answer, Deviation, Operation, Reason};

/// How old a reading may be when the delete is sent.
const FRESH: Duration = Duration::from_millis(800);
/// How long readings that took longer are made again.
const READING_LIMIT: Duration = Duration::from_mins(2);

/// Whether a delete may still begin; shut for good once something failed to come
/// back.
#[derive(Clone, Debug)]
pub(in crate::apply) struct Gate {
    shut: Arc<AtomicBool>,
    turns: Arc<Semaphore>,
}

/// How many deletes may be at the gate at once: as many as the quotas let read
/// within the time that a reading may take.
const AT_THE_GATE: usize = 2;

impl Gate {
    pub(in crate::apply) fn new() -> Gate {
        Gate { shut: Arc::default(), turns: Arc::new(Semaphore::new(AT_THE_GATE)) }
    }

    pub(in crate::apply) fn shut(&self) {
        self.shut.store(true, Ordering::SeqCst);
    }

    pub(in crate::apply) fn is_shut(&self) -> bool {
        self.shut.load(Ordering::SeqCst)
    }

    /// Waits for a turn, which lasts until the reading before a delete is judged.
    async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        self.turns.clone().acquire_owned().await.ok()
    }
}

impl Run<'_> {
    /// Lets a delete through, or says why not. Everything else passes.
    pub(super) async fn pass_gate(&mut self) -> Option<Ended> {
        if self.operation() != Operation::DeleteStreamProcessor {
            return None;
        }
        match self.job.purpose {
            Purpose::Planned => self.pass_planned().await,
            Purpose::Restore { withdrawn, .. } => self.pass_withdrawn(withdrawn).await,
        }
    }

    /// What is withdrawn was created in this run; anything else that is there is
    /// somebody else's.
    async fn pass_withdrawn(&mut self, withdrawn: Option<&Definition>) -> Option<Ended> {
        loop {
            let reading = observe(&self.tools.reader, self.name(), WithTags::No);
            match self.tools.read(self.job.stake, reading).await {
                Ok(Observed::Present(live))
                    if withdrawn.is_some_and(|own| !same_definition(own, &live.definition)) =>
                {
                    return Some(self.failed(Reason::Contradicted, self.effect()));
                }
                Ok(_) => return None,
                Err(blind) if blind.may_pass() && !self.patience.is_over() => {
                    self.patience.pause(self.permit, &self.tools.stop).await;
                }
                Err(blind) => {
                    return Some(self.failed(Reason::Unread(blind.answer), self.effect()));
                }
            }
        }
    }

    async fn pass_planned(&mut self) -> Option<Ended> {
        // Readings that queue for their pace together are all old when they come.
        let _turn = self.tools.gate.turn().await;
        let patience = Patience::new(READING_LIMIT);
        let mut arn: Option<String> = None;
        loop {
            if self.tools.gate.is_shut() {
                let held = match self.tools.stop.is_set() {
                    true => Held::Stopped,
                    false => Held::GateShut,
                };
                return Some(self.held_or_unknown(held));
            }
            let began = Instant::now();
            let reading = self.look(arn.as_deref());
            let observed = match self.tools.read(self.job.stake, reading).await {
                Ok(observed) => observed,
                Err(blind) => {
                    return Some(self.held_or_unknown(Held::Unread(Reason::Unread(blind.answer))));
                }
            };
            if let Err(reason) = self.check_disk() {
                return Some(self.held_or_unknown(Held::Unread(reason)));
            }
            let moved = self.moved(&observed);
            if !moved.is_empty() {
                return Some(self.held_or_unknown(Held::Moved(moved)));
            }
            if began.elapsed() <= FRESH && !self.tools.gate.is_shut() && !self.tools.stop.is_set() {
                return None;
            }
            if self.tools.stop.is_set() {
                return Some(self.held_or_unknown(Held::Stopped));
            }
            if patience.is_over() {
                let message = "each reading was old before all of it had come";
                let unread = Reason::Unread(Answer::new(message, None));
                return Some(self.held_or_unknown(Held::Unread(unread)));
            }
            if let Observed::Present(live) = observed {
                arn = Some(live.arn);
            }
        }
    }

    /// Reads what is there, with its tags; both at once where the ARN is known.
    async fn look(&self, arn: Option<&str>) -> Result<Observed, Blind> {
        let (reader, name) = (&self.tools.reader, self.name());
        let Some(arn) = arn else { return observe(reader, name, WithTags::Yes).await };
        let described = observe(reader, name, WithTags::No);
        let (observed, tags) = tokio::join!(described, observe_tags(reader, name, arn));
        match (observed?, tags?) {
            (Observed::Present(mut live), Some(tags)) => {
                live.definition.set_tags(&tags, TagKnowledge::Confirmed);
                Ok(Observed::Present(live))
            }
            _ => Ok(Observed::Gone),
        }
    }

    /// Whether all that brings the processor back is still on the disk.
    fn check_disk(&self) -> Result<(), Reason> {
        let lost = |path: &Path, error: io::Error| Reason::Unrecorded {
            path: path.display().to_string(),
            error: error.to_string(),
        };
        if let Some(journal) = &self.tools.journal {
            journal.check().map_err(|error| lost(journal.path(), error))?;
        }
        let recovery = self.tools.recoveries.get(self.name());
        recovery.map_or(Ok(()), |recovery| {
            recovery.check().map_err(|error| lost(&recovery.file, error))
        })
    }

    /// What is no longer as the plan expects it. A run state that this run has
    /// changed itself is no movement.
    fn moved(&self, observed: &Observed) -> Vec<Deviation> {
        let stopped = self.job.earlier.stopped;
        let mut moved = movements(self.job.subject.expect.as_ref(), observed);
        moved.retain(|deviation| match deviation {
            Deviation::Attribute(difference) => {
                !stopped || difference.attribute != Attribute::DesiredStatus
            }
            Deviation::Exists | Deviation::Missing | Deviation::StatusMessage(_) => true,
        });
        moved
    }

    /// A delete that was never sent is held back; one whose answer was lost is
    /// not sent again, and what it did is not known.
    fn held_or_unknown(&self, held: Held) -> Ended {
        match self.may_hold() {
            true => self.held_back(held),
            false => self.out_of_time(),
        }
    }
}
