//! The one way out: pacing, retries and counting for every request.

use std::future::Future;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::jitter::Jitter;
use super::pace::{Pace, Pacer};
use super::tally::Tally;
use super::{Api, Class, Error};

/// Attempts at a read before its failure counts; about half a minute of waits
/// beside the time that the attempts themselves take.
const ATTEMPTS: u32 = 8;
/// Attempts when no request of this connection has ever been answered: a wrong
/// endpoint should not keep the user waiting.
const FIRST_CONTACT_ATTEMPTS: u32 = 3;
/// Attempts while the service has been found to be gone.
const OUTAGE_ATTEMPTS: u32 = 1;
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// How long an operation may be throttled, without one answer in between,
/// before its calls fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// For what the run cannot do without.
    Long,
    /// For what the run can do without.
    Short,
}

impl Patience {
    fn limit(self) -> Duration {
        match self {
            Patience::Long => Duration::from_mins(15),
            Patience::Short => Duration::from_secs(30),
        }
    }
}

/// What every reader and writer of a connection sends through.
#[derive(Debug)]
pub(super) struct Gate {
    pacer: Pacer,
    pub(super) tally: Tally,
    jitter: Jitter,
    health: Mutex<Health>,
}

/// Whether the service has been answering.
#[derive(Debug, Default)]
struct Health {
    answered_at: Option<Instant>,
    /// A call used up its attempts, and nothing was answered since it began.
    outage: bool,
}

impl Gate {
    pub(super) fn new(pace: Pace, seed: u64) -> Gate {
        Gate {
            pacer: Pacer::new(pace),
            tally: Tally::default(),
            jitter: Jitter::new(seed),
            health: Mutex::default(),
        }
    }

    /// Sends a read until it is answered, retrying what is worth it.
    pub(super) async fn read<T, F>(
        &self,
        api: Api,
        patience: Patience,
        send: impl Fn() -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let began = Instant::now();
        let mut failures = 0;
        loop {
            let error = match self.pass(api, patience, &send).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if !error.class().is_retryable() || error.class() == Class::Throttled {
                return Err(error);
            }
            failures += 1;
            if failures >= self.attempts(error.class()) {
                self.gave_up(began);
                return Err(error);
            }
            sleep(self.backoff(failures - 1)).await;
            self.tally.retried();
        }
    }

    /// Sends a request, again and again only while it is throttled.
    async fn pass<T, F>(
        &self,
        api: Api,
        patience: Patience,
        send: impl Fn() -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let passed = self.pass_unless(api, patience, std::future::pending(), send).await;
        passed.expect("what is never held back passes")
    }

    /// Sends a request, again and again only while it is throttled, unless it
    /// is held back: `None` when `hold` ended before a request was under way.
    pub(super) async fn pass_unless<T, F>(
        &self,
        api: Api,
        patience: Patience,
        hold: impl Future<Output = ()>,
        send: impl Fn() -> F,
    ) -> Option<Result<T, Error>>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let mut hold = std::pin::pin!(hold);
        let began = Instant::now();
        let mut throttled = 0;
        loop {
            let leave = tokio::select! {
                biased;
                () = &mut hold => return None,
                leave = self.pacer.leave(api) => leave,
            };
            // Boxed, because the SDK's futures are large and deeply nested.
            let answer = Box::pin(send()).await;
            let error = match answer {
                Ok(answer) => {
                    leave.answered();
                    self.answered();
                    return Some(Ok(answer));
                }
                Err(error) => error,
            };
            if error.class() != Class::Throttled {
                if error.status().is_some_and(|status| status < 500) {
                    leave.answered();
                    self.answered();
                }
                return Some(Err(error));
            }
            self.tally.throttled();
            self.answered();
            leave.throttled();
            if leave.stalled().min(began.elapsed()) >= patience.limit() {
                return Some(Err(error));
            }
            tokio::select! {
                biased;
                () = &mut hold => return None,
                () = sleep(self.backoff(throttled)) => {}
            }
            throttled += 1;
            self.tally.retried();
        }
    }

    /// How long to wait before another attempt.
    pub(super) fn backoff(&self, failures: u32) -> Duration {
        self.jitter.backoff(failures, FIRST_WAIT, LONGEST_WAIT)
    }

    /// How often a failure of this class may happen to one call.
    pub(super) fn attempts(&self, class: Class) -> u32 {
        let health = self.health();
        if health.outage {
            OUTAGE_ATTEMPTS
        } else if class == Class::Unreachable && health.answered_at.is_none() {
            FIRST_CONTACT_ATTEMPTS
        } else {
            ATTEMPTS
        }
    }

    /// A call that began then used up its attempts. When nothing at all was
    /// answered meanwhile, the others need not wait as long to learn the same.
    pub(super) fn gave_up(&self, began: Instant) {
        let mut health = self.health();
        health.outage = health.answered_at.is_none_or(|answered_at| answered_at < began);
    }

    fn answered(&self) {
        *self.health() = Health { answered_at: Some(Instant::now()), outage: false };
    }

    fn health(&self) -> std::sync::MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::plan::CallTally;

    const API: Api = Api::DescribeStreamProcessor;

    fn gate() -> Gate {
        Gate::new(Pace::Quota(super::super::Rate::FULL), 1)
    }

    /// Fails with the class for so many calls, then answers.
    async fn run(gate: &Gate, class: Class, times: u32) -> (Result<(), Error>, u32) {
        let calls = AtomicU32::new(0);
        let result = gate
            .read(API, Patience::Long, || async {
                if calls.fetch_add(1, Ordering::Relaxed) < times {
                    Err(Error::local(API, None, class, "x"))
                } else {
                    Ok(())
                }
            })
            .await;
        (result, calls.into_inner())
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_recovers_is_waited_for_and_counted() {
        let gate = gate();
        assert_eq!(run(&gate, Class::Unavailable, 7).await, (Ok(()), 8));
        assert_eq!(gate.tally.count(), CallTally { made: 0, retried: 7, throttled: 0 });
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_end_within_two_minutes() {
        let gate = gate();
        let began = Instant::now();
        let (result, calls) = run(&gate, Class::Unavailable, u32::MAX).await;
        assert!(result.is_err());
        assert_eq!(calls, ATTEMPTS);
        assert!(began.elapsed() < Duration::from_mins(2));
        // The next one learns faster, until something is answered again.
        assert_eq!(run(&gate, Class::Unavailable, u32::MAX).await.1, OUTAGE_ATTEMPTS);
        assert!(run(&gate, Class::Unavailable, 0).await.0.is_ok());
        assert_eq!(run(&gate, Class::Unavailable, u32::MAX).await.1, ATTEMPTS);
    }

    #[tokio::test(start_paused = true)]
    async fn throttling_is_waited_out_and_never_uses_up_attempts() {
        let gate = gate();
        assert_eq!(run(&gate, Class::Throttled, 30).await, (Ok(()), 31));
        assert_eq!(gate.tally.count(), CallTally { made: 0, retried: 30, throttled: 30 });
        let began = Instant::now();
        assert!(run(&gate, Class::Throttled, u32::MAX).await.0.is_err());
        assert!(began.elapsed() >= Duration::from_mins(15));
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_succeed_later_is_sent_once() {
        for class in [Class::Denied, Class::Invalid, Class::NotFound, Class::CredentialsExpired] {
            assert_eq!(run(&gate(), class, u32::MAX).await.1, 1, "{class:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_wrong_endpoint_is_told_within_seconds() {
        let began = Instant::now();
        assert!(run(&gate(), Class::Unreachable, u32::MAX).await.0.is_err());
        assert!(began.elapsed() < Duration::from_secs(3));
    }
}
