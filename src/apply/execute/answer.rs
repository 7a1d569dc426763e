//! What an answer that is no success means: whether the call took effect all the
//! same, whether it is worth another attempt, and when it has failed. An answer is
//! never believed alone where a read can tell, since a lost answer, a name not yet
//! free and a listing that lags all look alike.

use std::time::Duration;

use tokio::time::Instant;

use super::{Already, Credit, Ended, OWED_PATIENCE, Purpose, Run, UNSEEN_LIMIT, answer};
use crate::apply::deviation::same_definition;
use crate::apply::evidence::{Evidence, evidence};
use crate::apply::observe::{Blind, Observed};
use crate::apply::poll::Patience;
use crate::apply::stop::Stake;
use crate::apply::{Awaited, Event};
use crate::aws::{Class, Error, Failure, Next};
use crate::model::Status;
use crate::plan::{Answer, CallEffect, Operation, Reason, Sent, Waited};

/// How long to wait between late attempts at what is owed.
const OWED_WAIT: Duration = Duration::from_secs(10);
/// How long a name or a stream may be taken where nothing was deleted for it.
const TAKEN_LIMIT: Duration = Duration::from_secs(30);
/// How long a face search may still show as running before a delete that comes
/// after its stop.
const RUNNING_LIMIT: Duration = Duration::from_secs(15);
/// How long a delete may take effect after its answer was lost: longer than the
/// service's slowest answers.
const SLOW_DELETE: Duration = Duration::from_secs(90);
/// How long a delete of which no answer ever comes is sent again: some times.
const LOST_DELETES: Duration = Duration::from_mins(10);

impl Run<'_> {
    /// Decides what a failed attempt means.
    pub(super) async fn judge(&mut self, failure: Failure) -> Next<Ended> {
        match failure.error.class() {
            Class::Unavailable => {
                self.sent = Sent::Unanswered;
                match self.operation() {
                    Operation::DeleteStreamProcessor => self.lost_delete(failure.error).await,
                    _ => self.lost(failure).await,
                }
            }
            Class::Unreachable | Class::Throttled => match self.retry_after(&failure) {
                Some(wait) => Next::Again(wait),
                None => Next::End(self.failed_of(&failure.error, self.effect())),
            },
            Class::InUse => self.busy(failure.error).await,
            Class::NotFound => self.missing(failure.error),
            _ if self.sent == Sent::Unanswered => self.lost(failure).await,
            _ => Next::End(self.failed_of(&failure.error, CallEffect::None)),
        }
    }

    /// How long to wait before another attempt, if one is worth it: what is owed
    /// is tried for long.
    fn retry_after(&self, failure: &Failure) -> Option<Duration> {
        let lasting = failure.error.class().is_retryable();
        match self.job.stake {
            Stake::Owed if lasting && !self.patience.is_over() => {
                Some(failure.retry_after.unwrap_or(OWED_WAIT))
            }
            Stake::Owed | Stake::Free => failure.retry_after,
        }
    }

    /// Reads whether the call took effect.
    async fn evidence(&self) -> Result<Evidence, Blind> {
        let result = self.job.subject.result.as_ref();
        let reading = evidence(&self.tools.reader, self.job.request, result);
        self.tools.read(self.job.stake, reading).await
    }

    /// It took effect; whose doing that is may be in doubt.
    async fn took(&mut self, observed: Observed) -> Next<Ended> {
        self.credit = self.credit_now();
        Next::End(self.settle(Some(observed)).await)
    }

    /// Whose doing it is that it is so, although no answer says so.
    fn credit_now(&self) -> Credit {
        match (self.sent, self.job.purpose) {
            (Sent::Never | Sent::Refused, _) => Credit::Others,
            (_, Purpose::Restore { already: Already::Perhaps, .. }) => Credit::Unclear,
            _ => Credit::Own,
        }
    }

    fn contradicted(&self, observed: Observed) -> Next<Ended> {
        let mut ended = self.failed(Reason::Contradicted, self.effect());
        ended.observed = Some(observed);
        Next::End(ended)
    }

    /// No answer came, or one that tells nothing: reads whether the call took
    /// effect after all.
    async fn lost(&mut self, failure: Failure) -> Next<Ended> {
        match self.evidence().await {
            // It may be there and not show yet: only an accepted delete is one.
            Ok(Evidence::Took(Observed::Gone)) if self.may_be_unseen() => {
                Next::Again(self.patience.step())
            }
            Ok(Evidence::Took(observed)) => self.took(observed).await,
            Ok(Evidence::Contradicts(observed)) if !self.is_stale(&observed) => {
                self.contradicted(observed)
            }
            found => match (self.retry_after(&failure), found) {
                (Some(wait), _) => Next::Again(wait),
                // What was created may take its time to show, and what is gone by now may
                // have been written to.
                (None, Ok(Evidence::Not(Observed::Gone))) => {
                    Next::End(self.failed_of(&failure.error, self.effect()))
                }
                (None, Ok(_)) if self.operation() == Operation::CreateStreamProcessor => {
                    Next::End(self.failed_of(&failure.error, self.effect()))
                }
                (None, Ok(_)) => Next::End(self.failed_of(&failure.error, CallEffect::None)),
                (None, Err(Blind { answer: unread, .. })) => {
                    let answer = answer(&failure.error);
                    let answer = Answer { unread: Some(unread.message), ..answer };
                    Next::End(self.failed(Reason::Answer(answer), CallEffect::Unknown))
                }
            },
        }
    }

    /// A delete whose answer was lost may take effect long after. It is followed
    /// by reading for longer than that, and sent again only then.
    async fn lost_delete(&mut self, error: Error) -> Next<Ended> {
        let mut patience = Patience::new(SLOW_DELETE);
        loop {
            match self.evidence().await {
                Ok(Evidence::Took(_)) if self.may_be_unseen() => {}
                Ok(Evidence::Took(observed)) => return self.took(observed).await,
                Ok(Evidence::Not(_) | Evidence::Contradicts(_)) if patience.is_over() => {
                    return match self.patience.elapsed() < LOST_DELETES.max(self.limit()) {
                        true => Next::Again(Duration::ZERO),
                        false => Next::End(self.failed_of(&error, self.effect())),
                    };
                }
                Ok(Evidence::Not(_) | Evidence::Contradicts(_)) => {}
                Err(Blind { answer: unread, .. }) if patience.is_over() => {
                    let answer = Answer { unread: Some(unread.message), ..answer(&error) };
                    return Next::End(self.failed(Reason::Answer(answer), CallEffect::Unknown));
                }
                Err(_) => {}
            }
            if self.tools.stop.is_abort() {
                return Next::End(self.out_of_time());
            }
            patience.pause(self.permit, &self.tools.stop).await;
        }
    }

    /// The service says that the processor, its name or its stream is in use.
    async fn busy(&mut self, error: Error) -> Next<Ended> {
        let observed = match self.evidence().await {
            Ok(Evidence::Took(observed)) => return self.took(observed).await,
            Ok(Evidence::Contradicts(observed)) if !self.is_stale(&observed) => {
                return self.contradicted(observed);
            }
            Ok(Evidence::Not(observed) | Evidence::Contradicts(observed)) => observed,
            Err(_) if self.job.stake == Stake::Owed && !self.patience.is_over() => {
                return Next::Again(self.patience.step());
            }
            Err(blind) => {
                return Next::End(self.failed(Reason::Unread(blind.answer), self.effect()));
            }
        };
        let (waited, limit) = self.busy_limit(&error, &observed);
        if waited >= limit {
            let waited = Waited { seconds: waited.as_secs(), status: observed.status().to_owned() };
            let answer = Answer { waited: Some(waited), ..answer(&error) };
            return Next::End(self.failed(Reason::Answer(answer), self.effect()));
        }
        self.tools.tell(Event::Waiting {
            processor: self.name().to_owned(),
            awaited: observed.awaited(Awaited::Release),
        });
        Next::Again(self.patience.step())
    }

    /// How long the call has been in vain, and how long it may be.
    fn busy_limit(&mut self, error: &Error, observed: &Observed) -> (Duration, Duration) {
        let waited = self.patience.elapsed();
        let settle = self.tools.settle_timeout;
        let running = matches!(observed, Observed::Present(live) if live.status == Status::Running);
        match self.operation() {
            Operation::CreateStreamProcessor
                if !self.job.earlier.released && self.sent != Sent::Unanswered =>
            {
                (waited, TAKEN_LIMIT.min(settle))
            }
            // A name may stay unusable for long after a delete. A stream that does
            // is held by somebody else, or by what an earlier attempt made: then
            // the old definition, which may have another, is the better hope.
            Operation::CreateStreamProcessor
                if *observed == Observed::Gone
                    && !is_about_name(error)
                    && self.job.purpose == Purpose::Planned =>
            {
                let since = self.stream_taken.get_or_insert_with(Instant::now);
                (since.elapsed(), UNSEEN_LIMIT)
            }
            Operation::DeleteStreamProcessor if running => (waited, RUNNING_LIMIT.min(settle)),
            _ if self.job.stake == Stake::Owed => (waited, OWED_PATIENCE),
            _ => (waited, settle),
        }
    }

    /// The service says that there is no such processor.
    fn missing(&mut self, error: Error) -> Next<Ended> {
        match self.operation() {
            _ if self.may_be_unseen() => Next::Again(self.patience.step()),
            Operation::DeleteStreamProcessor => {
                self.credit = self.credit_now();
                Next::End(self.done(Some(Observed::Gone)))
            }
            // An earlier attempt may have been in time.
            _ => Next::End(self.failed_of(&error, self.effect())),
        }
    }

    /// Whether the processor was created so lately that it may not show yet.
    fn may_be_unseen(&self) -> bool {
        self.job.earlier.created && self.patience.elapsed() < UNSEEN_LIMIT
    }

    /// Whether what shows is what was deleted before.
    fn is_stale(&self, observed: &Observed) -> bool {
        let deleted = match self.job.purpose {
            Purpose::Planned => self.job.subject.expect.as_ref(),
            Purpose::Restore { withdrawn, .. } => withdrawn,
        };
        match (observed, deleted.filter(|_| self.job.earlier.deleted)) {
            (Observed::Present(live), Some(deleted)) => same_definition(deleted, &live.definition),
            _ => false,
        }
    }
}

/// Whether the service says that it is the name which is taken.
fn is_about_name(error: &Error) -> bool {
    error.message().to_ascii_lowercase().contains("name")
}
