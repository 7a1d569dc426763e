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
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::time::sleep_until;

    use super::super::Rate;
    use super::*;
    use crate::plan;

    const DESCRIBE: Operation = Operation::DescribeStreamProcessor;
    const DELETE: Operation = Operation::Write(plan::Operation::DeleteStreamProcessor);

    fn retry() -> Retry {
        Retry::new(RateLimit::Quota(Rate::FULL), fastrand::Rng::with_seed(1))
    }

    /// Tries again as long as that is worth it, and stops when told to.
    #[derive(Default)]
    struct Patient {
        /// Takes a failed attempt for one that took effect.
        took_effect: bool,
        hold_at: Option<Instant>,
        cut_after: Option<Duration>,
        notices: Mutex<Vec<(Instant, Notice)>>,
    }

    async fn at(time: Option<Instant>) {
        match time {
            Some(time) => sleep_until(time).await,
            None => pending().await,
        }
    }

    impl Caller for Patient {
        type End = Result<(), Error>;

        async fn hold(&self) {
            at(self.hold_at).await;
        }

        async fn cut(&self) {
            at(self.cut_after.map(|wait| Instant::now() + wait)).await;
        }

        async fn decide(&mut self, failure: Failure) -> Next<Result<(), Error>> {
            match failure.retry_after {
                _ if self.took_effect => Next::End(Ok(())),
                Some(wait) => Next::Again(wait),
                None => Next::End(Err(failure.error)),
            }
        }

        fn notice(&self, notice: Notice) {
            self.notices.lock().unwrap().push((Instant::now(), notice));
        }
    }

    type Outcome = Sent<(), Result<(), Error>>;

    const ANSWERED: Outcome = Sent::Answered(());

    /// Fails with the class for so many attempts, then answers. Says how many
    /// attempts there were.
    async fn send(
        retry: &Retry,
        operation: Operation,
        caller: &mut Patient,
        failing: (Class, u32),
    ) -> (Outcome, u32) {
        let (class, times) = failing;
        let attempts = AtomicU32::new(0);
        let attempt = async || {
            if attempts.fetch_add(1, Ordering::Relaxed) < times {
                Err(Error::new(operation, class, "x"))
            } else {
                Ok(())
            }
        };
        (retry.send(operation, caller, attempt).await, attempts.load(Ordering::Relaxed))
    }

    async fn read(retry: &Retry, class: Class, times: u32) -> (Outcome, u32) {
        send(retry, DESCRIBE, &mut Patient::default(), (class, times)).await
    }

    fn failed(outcome: &Outcome) -> bool {
        matches!(outcome, Sent::Ended(Err(_)))
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_recovers_is_waited_for_and_counted() {
        let retry = retry();
        assert_eq!(read(&retry, Class::Unavailable, 7).await, (ANSWERED, 8));
        assert_eq!(retry.tally(), CallTally { made: 0, retried: 7, throttled: 0 });
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_end_within_two_minutes() {
        let retry = retry();
        let began = Instant::now();
        let (outcome, attempts) = read(&retry, Class::Unavailable, u32::MAX).await;
        assert!(failed(&outcome));
        assert_eq!(attempts, ATTEMPTS);
        assert!(began.elapsed() < Duration::from_mins(2));
        // The next one learns faster, until something is answered again.
        assert_eq!(read(&retry, Class::Unavailable, u32::MAX).await.1, OUTAGE_ATTEMPTS);
        assert_eq!(read(&retry, Class::Unavailable, 0).await.0, ANSWERED);
        assert_eq!(read(&retry, Class::Unavailable, u32::MAX).await.1, ATTEMPTS);
    }

    #[tokio::test(start_paused = true)]
    async fn throttling_is_waited_out_and_never_uses_up_attempts() {
        let retry = retry();
        let sent = send(&retry, DELETE, &mut Patient::default(), (Class::Throttled, 30)).await;
        assert_eq!(sent, (ANSWERED, 31));
        assert_eq!(retry.tally(), CallTally { made: 1, retried: 30, throttled: 30 });
    }

    #[tokio::test(start_paused = true)]
    async fn a_read_that_cannot_succeed_ends_within_two_minutes_whatever_the_answer() {
        const SLOW: Duration = Duration::from_secs(20);
        for class in [Class::Throttled, Class::Unavailable] {
            for takes in [Duration::ZERO, SLOW] {
                let began = Instant::now();
                let attempt = async || {
                    tokio::time::sleep(takes).await;
                    Err::<(), _>(Error::new(DESCRIBE, class, "x"))
                };
                let outcome = retry().send(DESCRIBE, &mut Patient::default(), attempt).await;
                assert!(failed(&outcome));
                assert!(began.elapsed() <= Duration::from_mins(2), "{class:?} {takes:?}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_waits_longer_for_its_turn() {
        let began = Instant::now();
        let mut caller = Patient::default();
        let sent = send(&retry(), DELETE, &mut caller, (Class::Throttled, u32::MAX)).await;
        assert!(failed(&sent.0));
        assert!(began.elapsed() >= Duration::from_mins(15));
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_succeed_later_is_sent_once() {
        for class in [Class::Denied, Class::Invalid, Class::NotFound, Class::CredentialsExpired] {
            assert_eq!(read(&retry(), class, u32::MAX).await.1, 1, "{class:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_wrong_endpoint_is_told_within_seconds() {
        let began = Instant::now();
        assert!(failed(&read(&retry(), Class::Unreachable, u32::MAX).await.0));
        assert!(began.elapsed() < Duration::from_secs(3));
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_is_not_sent_again_where_its_caller_finds_that_it_took_effect() {
        let retry = retry();
        let mut caller = Patient { took_effect: true, ..Patient::default() };
        let sent = send(&retry, DELETE, &mut caller, (Class::Unavailable, u32::MAX)).await;
        assert_eq!(sent, (Sent::Ended(Ok(())), 1));
        // A throttle is waited out without asking.
        let sent = send(&retry, DELETE, &mut caller, (Class::Throttled, 3)).await;
        assert_eq!(sent, (ANSWERED, 4));
        assert_eq!(retry.tally(), CallTally { made: 2, retried: 3, throttled: 3 });
    }

    #[tokio::test(start_paused = true)]
    async fn being_asked_to_hold_ends_every_wait_before_an_attempt() {
        const STOP: Operation = Operation::Write(plan::Operation::StopStreamProcessor);
        for (class, wait) in [(Class::Throttled, 10_000), (Class::Unavailable, 1_000)] {
            let retry = retry();
            let began = Instant::now();
            let hold_at = Some(began + Duration::from_millis(wait));
            let mut caller = Patient { hold_at, ..Patient::default() };
            let (outcome, attempts) = send(&retry, DELETE, &mut caller, (class, u32::MAX)).await;
            assert_eq!((outcome, began.elapsed().as_millis()), (Sent::Held, u128::from(wait)));
            assert!(attempts > 1, "{class:?}");
        }
        // Its turn would come after a second.
        let retry = retry();
        retry.limiter.acquire(STOP).await;
        let began = Instant::now();
        let hold_at = Some(began + Duration::from_millis(700));
        let mut caller = Patient { hold_at, ..Patient::default() };
        let sent = send(&retry, STOP, &mut caller, (Class::Unavailable, 0)).await;
        assert_eq!((sent, began.elapsed().as_millis()), ((Sent::Held, 0), 700));
        assert_eq!(retry.tally(), CallTally::default());
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_not_waited_for_leaves_open_whether_the_call_took_effect() {
        let cut_after = Some(Duration::from_secs(3));
        let mut caller = Patient { took_effect: true, cut_after, ..Patient::default() };
        let began = Instant::now();
        let sent: Outcome = retry().send(DELETE, &mut caller, async || pending().await).await;
        assert_eq!((sent, began.elapsed().as_secs()), (Sent::Ended(Ok(())), 3));
        caller.took_effect = false;
        let sent: Outcome = retry().send(DELETE, &mut caller, async || pending().await).await;
        let Sent::Ended(Err(error)) = sent else { panic!("{sent:?}") };
        assert!(error.is_ambiguous());
    }

    #[tokio::test(start_paused = true)]
    async fn what_happens_to_a_call_is_told_at_once() {
        let retry = retry();
        let mut caller = Patient::default();
        let began = Instant::now();
        send(&retry, DESCRIBE, &mut caller, (Class::Throttled, 2)).await;
        let throttled = |times| Notice::Throttled { operation: DESCRIBE, times, rate: Some(20.0) };
        let told = caller.notices.get_mut().unwrap();
        assert_eq!(told[0], (began, throttled(1)));
        assert!(told[1].0 > began && told[1].1 == throttled(2) && told.len() == 2, "{told:?}");
    }

    #[test]
    fn waits_double_up_to_the_longest_and_are_spread() {
        let retry = retry();
        for before in 0..70_u8 {
            let whole = 0.25 * 2_f64.powi(before.into()).min(60.0);
            let wait = retry.state().wait(before.into()).as_secs_f64();
            assert!(wait >= whole / 2.0 - 1e-6 && wait <= whole + 1e-6, "{before}: {wait}");
        }
        let waits: std::collections::BTreeSet<Duration> =
            (0..20).map(|_| retry.state().wait(0)).collect();
        assert!(waits.len() > 10);
    }
}
