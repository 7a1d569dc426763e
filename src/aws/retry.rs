//! Every request's way out: at its pace, again where that is worth it, counted.

use std::collections::BTreeMap;
use std::future::{Future, pending};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::operation::{Limits, Service};
use super::rate_limit::{RateLimit, RateLimiter};
use super::{Class, Error, Operation};
use crate::plan::CallTally;

/// Attempts at a call before its failure counts; about half a minute of waits
/// beside the time that the attempts themselves take.
const ATTEMPTS: u32 = 8;
/// Attempts to connect to a service that was never heard of: a wrong endpoint
/// should not keep the user waiting.
const CONNECT_ATTEMPTS: u32 = 3;
/// Attempts while the service has been found to be gone.
const OUTAGE_ATTEMPTS: u32 = 1;
/// What a read may take where the service was never heard of. Who is calling, and
/// what there is, are found out not to be told in less than half a minute.
const CONTACT_ATTEMPT: Duration = Duration::from_secs(6);
const CONTACT_TROUBLE: Duration = Duration::from_secs(7);
/// How long the failure of a read, after another one, speaks for all of its operation:
/// a fleet is not asked for one by one while the service is gone, or asks to slow down
/// for ever. One alone may be due to what it is about.
const ECHO: Duration = Duration::from_secs(3);
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
#[derive(Clone, Debug, PartialEq)]
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
        /// What the attempt failed of, in a line that may quote a stranger.
        why: String,
    },
}

/// One attempt at a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    /// Which one it is of this call, from 1.
    pub(super) number: u32,
    /// How long it may take.
    pub(super) limit: Duration,
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
    /// Attempts by operation.
    sent: BTreeMap<Operation, u64>,
    /// Spreads waits, so that callers do not return in step.
    random: fastrand::Rng,
    contacts: BTreeMap<Service, Contact>,
    /// The reads that were given up without any answer in between.
    given_up: BTreeMap<Operation, GivenUp>,
}

#[derive(Debug)]
struct GivenUp {
    times: u32,
    last: Instant,
    error: Error,
}

/// What is known of one of the services: each may have an endpoint of its own.
#[derive(Clone, Copy, Debug, Default)]
struct Contact {
    /// Something came that only the service can have sent.
    heard: bool,
    /// When it last answered other than with a failure of its own.
    answered_at: Option<Instant>,
    /// A call used up its attempts, and nothing was answered since it began.
    outage: bool,
}

impl Retry {
    /// The same numbers from `random` make the same waits.
    pub(super) fn new(limit: RateLimit, random: fastrand::Rng) -> Retry {
        let state = State {
            tally: CallTally::default(),
            sent: BTreeMap::new(),
            random,
            contacts: BTreeMap::new(),
            given_up: BTreeMap::new(),
        };
        Retry { limiter: RateLimiter::new(limit), state: Mutex::new(state) }
    }

    /// How many requests were sent so far.
    pub(super) fn tally(&self) -> CallTally {
        self.state().tally
    }

    /// How many requests were sent so far, each attempt counted, by operation.
    pub(super) fn sent(&self) -> BTreeMap<Operation, u64> {
        self.state().sent.clone()
    }

    /// Sends a request until it is answered, held back, or its caller ends it.
    pub(super) async fn send<T, C: Caller, F>(
        &self,
        operation: Operation,
        caller: &mut C,
        attempt: impl Fn(Attempt) -> F,
    ) -> Sent<T, C::End>
    where
        F: Future<Output = Result<T, Error>>,
    {
        if let Some(error) = self.echo(operation)
            && let Next::End(end) = caller.decide(Failure { error, retry_after: None }).await
        {
            return Sent::Ended(end);
        }
        let mut began = Instant::now();
        let mut trouble_began = None;
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
            let sent_at = Instant::now();
            if attempts == 0 {
                began = sent_at;
            }
            self.count(operation, attempts);
            attempts += 1;
            let limits = self.limits(operation);
            let this = Attempt { number: attempts, limit: limits.attempt };
            // Boxed, because the SDK's futures are large and deeply nested.
            let answer = tokio::select! {
                biased;
                answer = Box::pin(attempt(this)) => answer,
                () = caller.cut() => {
                    let message = "the answer was not waited for any longer";
                    Err(Error::new(operation, Class::Unavailable, message))
                }
            };
            let error = match answer {
                Ok(answer) => {
                    permit.answered();
                    self.answered(operation);
                    return Sent::Answered(answer);
                }
                Err(error) => error,
            };
            self.state().contact(operation).heard |= error.is_from_service();
            if error.class() == Class::Throttled {
                let throttled = permit.throttled();
                let times = self.throttled(operation);
                caller.notice(Notice::Throttled { operation, times, rate: permit.rate() });
                if throttled < limits.throttling {
                    wait = self.state().wait(throttles);
                    throttles += 1;
                    continue;
                }
                self.state().give_up(&error);
            } else if error.is_from_service() && error.status().is_some_and(|status| status < 500) {
                permit.answered();
                self.answered(operation);
            }
            throttles = 0;
            failures += u32::from(error.class().is_retryable());
            let trouble = trouble_began.get_or_insert(sent_at).elapsed();
            let retry_after = self.retry_after(&error, failures, trouble, began);
            match caller.decide(Failure { error, retry_after }).await {
                Next::Again(after) => wait = after,
                Next::End(end) => return Sent::Ended(end),
            }
        }
    }

    /// How long to wait after so many failures of a call that began then, and for
    /// so long, if another attempt is worth it.
    fn retry_after(
        &self,
        error: &Error,
        failures: u32,
        trouble: Duration,
        began: Instant,
    ) -> Option<Duration> {
        let (class, operation) = (error.class(), error.operation());
        if !matches!(class, Class::Unavailable | Class::Unreachable) {
            return None;
        }
        let limit = self.limits(operation).trouble;
        let mut state = self.state();
        let contact = *state.contact(operation);
        let attempts = match class {
            _ if contact.outage => OUTAGE_ATTEMPTS,
            Class::Unreachable if !contact.heard => CONNECT_ATTEMPTS,
            _ => ATTEMPTS,
        };
        let wait = state.wait(failures - 1);
        if failures < attempts && trouble + wait <= limit {
            return Some(wait);
        }
        // When nothing at all was answered meanwhile, the other calls need not wait as
        // long to learn the same.
        let outage = contact.answered_at.is_none_or(|answered_at| answered_at <= began);
        state.contact(operation).outage = outage;
        if outage {
            state.give_up(error);
        }
        None
    }

    /// What a call may take now.
    fn limits(&self, operation: Operation) -> Limits {
        let limits = operation.limits();
        let is_read = !matches!(operation, Operation::Write(_));
        if !is_read || self.state().contact(operation).heard {
            return limits;
        }
        Limits {
            attempt: limits.attempt.min(CONTACT_ATTEMPT),
            trouble: limits.trouble.min(CONTACT_TROUBLE),
            ..limits
        }
    }

    /// The failure of a read that need not be made, because those like it were given
    /// up, the last one a moment ago.
    fn echo(&self, operation: Operation) -> Option<Error> {
        let state = self.state();
        let given_up = state.given_up.get(&operation)?;
        let speaks = given_up.times > 1 && given_up.last.elapsed() < ECHO;
        speaks.then(|| given_up.error.clone().about(None))
    }

    fn answered(&self, operation: Operation) {
        let mut state = self.state();
        state.contact(operation).answered();
        state.given_up.remove(&operation);
    }

    fn throttled(&self, operation: Operation) -> u64 {
        let mut state = self.state();
        state.contact(operation).answered();
        state.tally.throttled += 1;
        state.tally.throttled
    }

    /// Counts an attempt that is about to be made.
    fn count(&self, operation: Operation, before: u32) {
        let mut state = self.state();
        *state.sent.entry(operation).or_default() += 1;
        let tally = &mut state.tally;
        match operation {
            _ if before > 0 => tally.retried += 1,
            Operation::Write(_) => tally.made += 1,
            _ => tally.reads += 1,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Contact {
    fn answered(&mut self) {
        *self = Contact { heard: true, answered_at: Some(Instant::now()), outage: false };
    }
}

impl State {
    fn contact(&mut self, operation: Operation) -> &mut Contact {
        self.contacts.entry(operation.service()).or_default()
    }

    /// Lets the failure of a read speak for those that are like it.
    fn give_up(&mut self, error: &Error) {
        if !matches!(error.operation(), Operation::Write(_)) {
            let times = self.given_up.get(&error.operation()).map_or(1, |it| it.times + 1);
            let given_up = GivenUp { times, last: Instant::now(), error: error.clone() };
            self.given_up.insert(error.operation(), given_up);
        }
    }

    /// A wait that doubles each time up to the longest, of which between a half
    /// and all is waited.
    fn wait(&mut self, before: u32) -> Duration {
        let doubled = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(before));
        doubled.min(LONGEST_WAIT).mul_f64(0.5 + self.random.f64() / 2.0)
    }
}

#[cfg(test)]
mod tests;
