//! What an answer that is no success means, or that none came: whether the call
//! took effect all the same, whether it is worth another attempt, and when it
//! has failed. An answer is never believed alone where a read can tell, since a
//! lost answer, a name not yet free and a listing that lags all look alike.

use std::time::Duration;

use tokio::time::Instant;

use super::{Ended, Run, UNSEEN_LIMIT};
use crate::apply::Event;
use crate::apply::judge::{Effect, Evidence};
use crate::apply::look::{Blind, Seen};
use crate::apply::schedule::End;
use crate::apply::target::same_definition;
use crate::aws::{Class, Error, Failure, Next};
use crate::model::Status;
use crate::plan::Operation;

/// How long a name or a stream may be taken where nothing was deleted for it.
const TAKEN_LIMIT: Duration = Duration::from_secs(30);
/// How long a face search may still show as running before a delete that comes
/// after its stop.
const RUNNING_LIMIT: Duration = Duration::from_secs(15);

impl Run<'_> {
    /// Decides what an answer that is no success means, or that none came.
    pub(super) async fn judge(&mut self, failure: Failure) -> Next<Ended> {
        let Failure { error, retry_after } = failure;
        match error.class() {
            Class::Unavailable => {
                self.doubt = true;
                self.read_and_judge(error, retry_after).await
            }
            Class::Unreachable => match retry_after {
                Some(wait) => Next::Again(wait),
                None => {
                    let effect = if self.doubt { Effect::Unknown } else { Effect::None };
                    Next::End(self.failed_of(&error, effect))
                }
            },
            Class::InUse => self.busy(error).await,
            Class::NotFound => self.missing(error).await,
            _ if self.doubt => self.read_and_judge(error, None).await,
            _ => Next::End(self.failed_of(&error, Effect::None)),
        }
    }

    /// Reads whether the call took effect after all.
    async fn read_and_judge(&mut self, error: Error, retry_after: Option<Duration>) -> Next<Ended> {
        match self.evidence().await {
            // It may be there and not show yet: only an accepted delete is one.
            Ok(Evidence::Took(Seen::Gone)) if self.may_be_unseen() => {
                Next::Again(self.patience.next_wait())
            }
            Ok(Evidence::Took(seen)) => {
                self.others = self.job.was_so;
                Next::End(self.settle(Some(seen)).await)
            }
            Ok(Evidence::Contradicts(seen)) if !self.is_stale(&seen) => {
                Next::End(self.contradicted(seen))
            }
            unclear => match (retry_after, unclear) {
                (Some(wait), _) => Next::Again(wait),
                (None, Err(Blind { reason, .. })) => {
                    let reason = format!(
                        "{}; whether it took effect could not be read: {reason}",
                        error.reason()
                    );
                    Next::End(self.failed(reason, error.help(), Effect::Unknown))
                }
                (None, Ok(_)) => Next::End(self.failed_of(&error, Effect::None)),
            },
        }
    }

    /// The service says that the processor, its name or its stream is in use.
    async fn busy(&mut self, error: Error) -> Next<Ended> {
        let seen = match self.evidence().await {
            Ok(Evidence::Took(seen)) => {
                self.others = !self.doubt || self.job.was_so;
                return Next::End(self.settle(Some(seen)).await);
            }
            Ok(Evidence::Contradicts(seen)) if !self.is_stale(&seen) => {
                return Next::End(self.contradicted(seen));
            }
            Ok(Evidence::Not(seen) | Evidence::Contradicts(seen)) => seen,
            Err(Blind { reason, help, .. }) => {
                let effect = if self.doubt { Effect::Unknown } else { Effect::None };
                return Next::End(self.failed(reason, help, effect));
            }
        };
        let running = matches!(&seen, Seen::Present(described)
            if described.fact.status == Status::Running);
        let mut waited = self.patience.elapsed();
        let limit = match self.operation() {
            Operation::CreateStreamProcessor if !self.job.follows_delete && !self.doubt => {
                TAKEN_LIMIT
            }
            // A name may stay unusable for long after a delete. A stream that
            // does is held by somebody else, or by what an earlier attempt made.
            Operation::CreateStreamProcessor if seen == Seen::Gone && !is_about_name(&error) => {
                waited = self.stream_taken.get_or_insert_with(Instant::now).elapsed();
                if self.doubt { UNSEEN_LIMIT } else { TAKEN_LIMIT }
            }
            Operation::DeleteStreamProcessor if running => RUNNING_LIMIT,
            _ => self.tools.settle_timeout,
        };
        if waited >= limit.min(self.tools.settle_timeout) {
            let effect = if self.doubt { Effect::Unknown } else { Effect::None };
            let mut failure = self.failed_of(&error, effect);
            if let End::Failed(failure) = &mut failure.end {
                let seconds = waited.as_secs();
                failure.reason =
                    format!("{} (for {seconds} s; it is {})", failure.reason, seen.status());
            }
            return Next::End(failure);
        }
        self.tools.tell(Event::Waiting {
            processor: self.name().to_owned(),
            status: seen.status().to_owned(),
        });
        Next::Again(self.patience.next_wait())
    }

    /// The service says that there is no such processor.
    async fn missing(&mut self, error: Error) -> Next<Ended> {
        match self.operation() {
            _ if self.may_be_unseen() => Next::Again(self.patience.next_wait()),
            Operation::DeleteStreamProcessor => {
                let made = self.doubt && !self.job.was_so;
                Next::End(Ended { end: End::Done, made, seen: Some(Seen::Gone) })
            }
            _ => Next::End(self.failed_of(&error, Effect::None)),
        }
    }

    /// Whether the processor was created so lately that it may not show yet.
    fn may_be_unseen(&self) -> bool {
        self.job.just_created && self.patience.elapsed() < UNSEEN_LIMIT
    }

    /// Whether what shows is what was deleted before.
    fn is_stale(&self, seen: &Seen) -> bool {
        match (seen, self.job.stale) {
            (Seen::Present(described), Some(stale)) => same_definition(stale, &described.processor),
            _ => false,
        }
    }
}

/// Whether the service says that it is the name which is taken.
fn is_about_name(error: &Error) -> bool {
    error.message().to_ascii_lowercase().contains("name")
}
