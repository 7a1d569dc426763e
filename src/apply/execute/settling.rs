//! Waiting, once a call took effect, for what it implies: a stop until the
//! processor is stopped, a delete until it is gone, a start until it runs.
//! Whatever else a call does holds as soon as it is accepted.

use std::time::Duration;

use super::{Ended, Run, UNSEEN_LIMIT, is_at_rest};
use crate::apply::judge::Effect;
use crate::apply::look::Seen;
use crate::apply::schedule::End;
use crate::apply::settle::{Cut, Patience, Settled, wait_until};
use crate::model::Status;
use crate::plan::Operation;

/// How long a failure from before a start may still show.
const STALE_FAILURE_LIMIT: Duration = Duration::from_secs(3);
/// How long a start may not show at all.
const UNSTARTED_LIMIT: Duration = Duration::from_secs(30);

impl Run<'_> {
    /// The call took effect: waits for what it implies.
    pub(super) async fn settle(&mut self, seen: Option<Seen>) -> Ended {
        match self.operation() {
            Operation::StopStreamProcessor => self.settle_stop().await,
            Operation::DeleteStreamProcessor => self.settle_delete(seen).await,
            Operation::StartStreamProcessor => self.settle_start().await,
            Operation::CreateStreamProcessor
            | Operation::UpdateStreamProcessor
            | Operation::TagResource
            | Operation::UntagResource => Ended { end: End::Done, made: !self.others, seen: None },
        }
    }

    async fn settle_stop(&mut self) -> Ended {
        let name = self.name().to_owned();
        let stopped = wait_until(self.tools, self.slot, &name, Cut::AtOnce, |seen| match seen {
            Seen::Gone => Some(seen.clone()),
            Seen::Present(described) => is_at_rest(&described.fact.status).then(|| seen.clone()),
        });
        match stopped.await {
            Settled::Came(Seen::Gone) => {
                self.failed("it was deleted meanwhile".to_owned(), None, Effect::Taken)
            }
            Settled::Came(seen) | Settled::Cut(seen) => self.done(seen),
            Settled::Late(seen) => self.late(&seen, Effect::Taken),
            Settled::Blind(blind) => self.failed(blind.reason, blind.help, Effect::Taken),
        }
    }

    async fn settle_delete(&mut self, seen: Option<Seen>) -> Ended {
        if seen == Some(Seen::Gone) {
            return self.done(Seen::Gone);
        }
        let cut = Cut::After(self.job.weight);
        let name = self.name().to_owned();
        let gone = wait_until(self.tools, self.slot, &name, cut, |seen| {
            (*seen == Seen::Gone).then_some(())
        });
        match gone.await {
            Settled::Came(()) => self.done(Seen::Gone),
            Settled::Late(seen) | Settled::Cut(seen) => {
                let reason = format!("the delete was accepted, but it is still {}", seen.status());
                self.failed(reason, None, Effect::Taken)
            }
            Settled::Blind(blind) => self.failed(blind.reason, blind.help, Effect::Taken),
        }
    }

    async fn settle_start(&mut self) -> Ended {
        let began = Patience::new(self.tools.settle_timeout);
        let name = self.name().to_owned();
        let started = wait_until(self.tools, self.slot, &name, Cut::AtOnce, |seen| {
            let over = |limit| began.elapsed() >= limit;
            match seen {
                Seen::Gone => over(UNSEEN_LIMIT).then(|| seen.clone()),
                Seen::Present(described) => match described.fact.status {
                    Status::Running => Some(seen.clone()),
                    Status::Failed => over(STALE_FAILURE_LIMIT).then(|| seen.clone()),
                    Status::Stopped => over(UNSTARTED_LIMIT).then(|| seen.clone()),
                    _ => None,
                },
            }
        });
        let help = "Mend what the service names, then start it: plan and apply again";
        match started.await {
            Settled::Came(Seen::Present(described)) => match described.fact.status {
                Status::Running => self.done(Seen::Present(described)),
                ref status => {
                    let message =
                        described.fact.status_message.as_deref().unwrap_or("no reason given");
                    let reason = format!("started, but it is {}: {message}", status.as_str());
                    self.failed(reason, Some(help.to_owned()), Effect::Taken)
                }
            },
            Settled::Came(Seen::Gone) => {
                self.failed("started, but it does not exist".to_owned(), None, Effect::Taken)
            }
            Settled::Cut(seen) => self.done(seen),
            Settled::Late(seen) => self.late(&seen, Effect::Taken),
            Settled::Blind(blind) => self.failed(blind.reason, blind.help, Effect::Taken),
        }
    }
}
