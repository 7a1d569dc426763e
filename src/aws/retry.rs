//! Every request's way out: at its pace, again where that is worth it, counted.

use std::future::{Future, pending};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::rate_limit::{RateLimit, RateLimiter};
use super::{Class, Error, Operation};
use crate::plan::CallTally;

/// Attempts at a call before its failure counts; about half a minute of waits
/// beside the time that the attempts themselves take.
const ATTEMPTS: u32 = 8;
/// Attempts when no request of this connection has ever been answered: a wrong
/// endpoint should not keep the user waiting.
const FIRST_CONTACT_ATTEMPTS: u32 = 3;
/// Attempts while the service has been found to be gone.
const OUTAGE_ATTEMPTS: u32 = 1;
/// How long after the first attempt at a read another one is worth it. With the last
/// attempt's own time, and the one attempt of the next read, less than two minutes.
const READ_PATIENCE: Duration = Duration::from_secs(75);
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// Whoever makes a call: it decides what a failed attempt means, and may hold
/// the next one back.
///
/// Throttling is waited out and asks nobody, since it took no effect.
pub trait Caller: Send + Sync {
    /// What ends a call that was not answered with a success.
    type End: Send;

    /// Ends when no attempt may begin any more.
    fn hold(&self) -> impl Future<Output = ()> + Send {
        pending()
    }

    /// Ends when an attempt that begins now is not to be waited for any longer.
    fn cut(&self) -> impl Future<Output = ()> + Send {
        pending()
    }

    /// Asked when it is the call's turn, just before each attempt. What it gives
    /// ends the call without one.
    fn ready(&mut self) -> impl Future<Output = Option<Self::End>> + Send {
        async { None }
    }

    /// Decides what to do about an attempt that failed.
    fn decide(&mut self, failure: Failure) -> impl Future<Output = Next<Self::End>> + Send;

    /// Hears of what happens meanwhile, when it happens.
    fn notice(&self, notice: Notice);
}

/// An attempt that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What the service, or the way to it, said last.
    pub error: Error,
    /// How long to wait before another attempt; `None`: it cannot be expected to
    /// fare better, or enough of them were made.
    pub retry_after: Option<Duration>,
}

/// What to do after a failed attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next<E> {
    /// Try again after this long.
    Again(Duration),
    /// The call took effect all the same, or has failed.
    End(E),
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent<T, E> {
    /// The service said yes.
    Answered(T),
    /// It was held back before an attempt, the first or a further one, began.
    Held,
    /// Its caller ended it.
    Ended(E),
}

/// What happens to a call before it ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Notice {
    /// The service asked to slow down.
    Throttled {
        /// What is called.
        operation: Operation,
        /// How often it did so far, whatever the operation.
        times: u64,
        /// Requests per second to this operation now; `None` is no limit.
        rate: Option<f64>,
    },
    /// An attempt at a read failed, and another one is made after the wait.
    Retrying {
        /// What is called.
        operation: Operation,
        /// How long it waits before it is sent again.
        wait: Duration,
    },
}

/// What every reader and writer of a connection sends through.
#[derive(Debug)]
pub(super) struct Retry {
    limiter: RateLimiter,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    tally: CallTally,
    /// Spreads waits, so that callers do not return in step.
    random: fastrand::Rng,
    answered_at: Option<Instant>,
    /// A call used up its attempts, and nothing was answered since it began.
    outage: bool,
}

impl Retry {
    /// The same numbers from `random` make the same waits.
    pub(super) fn new(limit: RateLimit, random: fastrand::Rng) -> Retry {
        let state = State { tally: CallTally::default(), random, answered_at: None, outage: false };
        Retry { limiter: RateLimiter::new(limit), state: Mutex::new(state) }
    }

    /// How many requests were sent so far.
    pub(super) fn tally(&self) -> CallTally {
        self.state().tally
    }

    /// Sends a request until it is answered, held back, or its caller ends it.
    pub(super) async fn send<T, C: Caller, F>(
        &self,
        operation: Operation,
        caller: &mut C,
        attempt: impl Fn() -> F,
    ) -> Sent<T, C::End>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let mut began = Instant::now();
        let (mut attempts, mut failures, mut throttles) = (0, 0, 0);
        let mut wait = Duration::ZERO;
        loop {
            let turn = async {
                if !wait.is_zero() {
                    sleep(wait).await;
                }
                self.limiter.acquire(operation).await
            };
            let permit = tokio::select! {
                biased;
                () = caller.hold() => return Sent::Held,
                permit = turn => permit,
            };
            if let Some(end) = caller.ready().await {
                return Sent::Ended(end);
            }
            if attempts == 0 {
                began = Instant::now();
            }
            self.count(operation, attempts);
            attempts += 1;
            // Boxed, because the SDK's futures are large and deeply nested.
            let answer = tokio::select! {
                biased;
                answer = Box::pin(attempt()) => answer,
                () = caller.cut() => {
                    let message = "the answer was not waited for any longer";
                    Err(Error::new(operation, Class::Unavailable, message))
                }
            };
            let error = match answer {
                Ok(answer) => {
                    permit.answered();
                    self.answered();
                    return Sent::Answered(answer);
                }
                Err(error) => error,
            };
            if error.class() == Class::Throttled {
                permit.throttled();
                let times = self.throttled();
                caller.notice(Notice::Throttled { operation, times, rate: permit.rate() });
                if permit.stalled().min(began.elapsed()) < patience(operation) {
                    wait = self.state().wait(throttles);
                    throttles += 1;
                    continue;
                }
            } else if error.status().is_some_and(|status| status < 500) {
                permit.answered();
                self.answered();
            }
            throttles = 0;
            failures += u32::from(error.class().is_retryable());
            let retry_after = self.retry_after(operation, error.class(), failures, began);
            match caller.decide(Failure { error, retry_after }).await {
                Next::Again(after) => wait = after,
                Next::End(end) => return Sent::Ended(end),
            }
        }
    }

    /// How long to wait after so many failures of a call that began then, if
    /// another attempt is worth it.
    fn retry_after(
        &self,
        operation: Operation,
        class: Class,
        failures: u32,
        began: Instant,
    ) -> Option<Duration> {
        let mut state = self.state();
        let attempts = match class {
            Class::Unavailable | Class::Unreachable if state.outage => OUTAGE_ATTEMPTS,
            Class::Unreachable if state.answered_at.is_none() => FIRST_CONTACT_ATTEMPTS,
            Class::Unavailable | Class::Unreachable => ATTEMPTS,
            _ => return None,
        };
        let in_time = matches!(operation, Operation::Write(_)) || began.elapsed() < READ_PATIENCE;
        if failures < attempts && in_time {
            return Some(state.wait(failures - 1));
        }
        // When nothing at all was answered meanwhile, the other calls need not
        // wait as long to learn the same.
        state.outage = state.answered_at.is_none_or(|answered_at| answered_at < began);
        None
    }

    fn answered(&self) {
        let mut state = self.state();
        (state.answered_at, state.outage) = (Some(Instant::now()), false);
    }

    fn throttled(&self) -> u64 {
        self.answered();
        let mut state = self.state();
        state.tally.throttled += 1;
        state.tally.throttled
    }

    /// Counts an attempt that is about to be made.
    fn count(&self, operation: Operation, before: u32) {
        let tally = &mut self.state().tally;
        tally.retried += u64::from(before > 0);
        tally.made += u64::from(before == 0 && matches!(operation, Operation::Write(_)));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// A wait that doubles each time up to the longest, of which between a half
    /// and all is waited.
    fn wait(&mut self, before: u32) -> Duration {
        let doubled = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(before));
        doubled.min(LONGEST_WAIT).mul_f64(0.5 + self.random.f64() / 2.0)
    }
}

/// How long an operation may be throttled, without one answer in between, before
/// its calls fail. A run can do without hints of tags.
fn patience(operation: Operation) -> Duration {
    match operation {
        Operation::GetResources => Duration::from_secs(30),
        Operation::Write(_) => Duration::from_mins(15),
        _ => READ_PATIENCE,
    }
}

#[cfg(test)]
mod tests;
