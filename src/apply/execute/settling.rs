//! Waiting, once a call took effect, for what it implies: a stop until the
//! processor is stopped, a delete until it is gone, a start until it runs.
//! Whatever else a call does holds as soon as it is accepted.

use std::time::Duration;

use tokio::time::Instant;

use super::{Ended, Run, UNSEEN_LIMIT};
use crate::apply::observe::Observed;
use crate::apply::poll::{Cut, Patience, Settled, wait_until};
use crate::model::Status;
use crate::plan::{CallEffect, Operation, Reason};

/// How long a failure from before a start may still show.
const STALE_FAILURE_LIMIT: Duration = Duration::from_secs(3);
/// How long a start may not show at all.
const UNSTARTED_LIMIT: Duration = Duration::from_secs(30);

impl Run<'_> {
    /// The call took effect: waits for what it implies.
    pub(super) async fn settle(&mut self, observed: Option<Observed>) -> Ended {
        match self.operation() {
            Operation::StopStreamProcessor => self.settle_stop().await,
            Operation::DeleteStreamProcessor => self.settle_delete(observed).await,
            Operation::StartStreamProcessor => self.settle_start().await,
            Operation::CreateStreamProcessor
            | Operation::UpdateStreamProcessor
            | Operation::TagResource
            | Operation::UntagResource => self.done(None),
        }
    }

    async fn settle_stop(&mut self) -> Ended {
        let name = self.name().to_owned();
        let until = (self.cut(), Patience::new(self.limit()));
        let stopped = wait_until(self.tools, self.permit, &name, until, |observed| {
            let over = match observed {
                Observed::Gone => true,
                Observed::Present(live) => live.status.is_at_rest(),
            };
            over.then(|| observed.clone())
        });
        match stopped.await {
            Settled::Came(Observed::Gone) => self.failed(Reason::Vanished, CallEffect::Taken),
            Settled::Came(observed) | Settled::Cut(observed) => self.done(Some(observed)),
            Settled::Late(observed) => self.late(&observed, CallEffect::Taken),
            Settled::Blind(blind) => self.failed(Reason::Unread(blind.answer), CallEffect::Taken),
        }
    }

    async fn settle_delete(&mut self, observed: Option<Observed>) -> Ended {
        if observed == Some(Observed::Gone) {
            return self.done(observed);
        }
        let until = (Cut::After(self.job.stake), Patience::new(self.limit()));
        let name = self.name().to_owned();
        let gone = wait_until(self.tools, self.permit, &name, until, |observed| {
            (*observed == Observed::Gone).then_some(())
        });
        match gone.await {
            Settled::Came(()) => self.done(Some(Observed::Gone)),
            Settled::Late(observed) | Settled::Cut(observed) => {
                let status = observed.status().to_owned();
                self.failed(Reason::StillThere { status }, CallEffect::Taken)
            }
            Settled::Blind(blind) => self.failed(Reason::Unread(blind.answer), CallEffect::Taken),
        }
    }

    async fn settle_start(&mut self) -> Ended {
        let began = Instant::now();
        let until = (self.cut(), Patience::new(self.limit()));
        let name = self.name().to_owned();
        let started = wait_until(self.tools, self.permit, &name, until, |observed| {
            let over = |limit| began.elapsed() >= limit;
            let settled = match observed {
                Observed::Gone => over(UNSEEN_LIMIT),
                Observed::Present(live) => match live.status {
                    Status::Running => true,
                    Status::Failed => over(STALE_FAILURE_LIMIT),
                    Status::Stopped => over(UNSTARTED_LIMIT),
                    _ => false,
                },
            };
            settled.then(|| observed.clone())
        });
        match started.await {
            Settled::Came(Observed::Present(live)) if live.status == Status::Running => {
                self.done(Some(Observed::Present(live)))
            }
            Settled::Came(Observed::Present(live)) => {
                let (status, message) = (live.status.as_str().to_owned(), live.status_message);
                self.failed(Reason::NotRunning { status, message }, CallEffect::Taken)
            }
            Settled::Came(Observed::Gone) => self.failed(Reason::Vanished, CallEffect::Taken),
            Settled::Cut(observed) => self.done(Some(observed)),
            // On its way up counts as running.
            Settled::Late(Observed::Present(live)) if live.status == Status::Starting => {
                self.done(Some(Observed::Present(live)))
            }
            Settled::Late(observed) => self.late(&observed, CallEffect::Taken),
            Settled::Blind(blind) => self.failed(Reason::Unread(blind.answer), CallEffect::Taken),
        }
    }
}
