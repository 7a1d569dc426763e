use std::sync::atomic::{AtomicU32, Ordering};

use tokio::time::sleep_until;

use super::*;
use crate::aws::Rate;
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
