//! When a call is made again, and until when.

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

/// One whose service has answered before.
async fn heard() -> Retry {
    let retry = retry();
    assert_eq!(read(&retry, Class::Other, 0).await.0, ANSWERED);
    retry
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
    let attempt = async |_: Attempt| {
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

/// Sends what is never answered, and gives up each attempt when it is told to.
async fn silence(retry: &Retry, operation: Operation) -> (Outcome, u32) {
    let attempts = AtomicU32::new(0);
    let attempt = async |this: Attempt| {
        attempts.fetch_add(1, Ordering::Relaxed);
        sleep(this.limit).await;
        Err(Error::new(operation, Class::Unavailable, "silence"))
    };
    let outcome = retry.send(operation, &mut Patient::default(), attempt).await;
    (outcome, attempts.load(Ordering::Relaxed))
}

fn failed(outcome: &Outcome) -> bool {
    matches!(outcome, Sent::Ended(Err(_)))
}

#[tokio::test(start_paused = true)]
async fn a_service_that_recovers_is_waited_for_and_counted() {
    let retry = heard().await;
    assert_eq!(read(&retry, Class::Unavailable, 7).await, (ANSWERED, 8));
    assert_eq!(retry.tally(), CallTally { made: 0, reads: 2, retried: 7, throttled: 0 });
    assert_eq!(retry.sent().values().sum::<u64>(), 9);
}

#[tokio::test(start_paused = true)]
async fn two_reads_given_up_speak_for_those_like_them_until_the_service_answers() {
    let retry = heard().await;
    let (outcome, attempts) = read(&retry, Class::Unavailable, u32::MAX).await;
    assert!(failed(&outcome));
    assert_eq!(attempts, ATTEMPTS);
    // That may be due to what it is about.
    assert_eq!(read(&retry, Class::Unavailable, u32::MAX).await.1, OUTAGE_ATTEMPTS);
    assert_eq!(read(&retry, Class::Unavailable, u32::MAX).await, (outcome, 0));
    // A little later one attempt shows whether it is still so, as it does at another
    // operation; a write is never spoken for.
    let other = Operation::ListTagsForResource;
    let sent = send(&retry, other, &mut Patient::default(), (Class::Unavailable, u32::MAX)).await;
    assert_eq!(sent.1, OUTAGE_ATTEMPTS);
    sleep(ECHO).await;
    assert_eq!(read(&retry, Class::Unavailable, u32::MAX).await.1, OUTAGE_ATTEMPTS);
    let sent = send(&retry, DELETE, &mut Patient::default(), (Class::Unavailable, 0)).await;
    assert_eq!(sent, (ANSWERED, 1));
    sleep(ECHO).await;
    assert_eq!(read(&retry, Class::Unavailable, u32::MAX).await.1, ATTEMPTS);
}

#[tokio::test(start_paused = true)]
async fn a_read_that_fails_while_others_are_answered_speaks_for_itself() {
    let retry = heard().await;
    let failing = async {
        sleep(Duration::from_millis(1)).await;
        read(&retry, Class::Unavailable, u32::MAX).await
    };
    let answering = async {
        sleep(Duration::from_secs(1)).await;
        read(&retry, Class::Unavailable, 0).await
    };
    let (failing, _) = tokio::join!(failing, answering);
    assert!(failed(&failing.0));
    assert_eq!(read(&retry, Class::Unavailable, 0).await, (ANSWERED, 1));
}

#[tokio::test(start_paused = true)]
async fn throttling_is_waited_out_and_never_uses_up_attempts() {
    let retry = retry();
    for operation in [DESCRIBE, DELETE] {
        let mut caller = Patient::default();
        let sent = send(&retry, operation, &mut caller, (Class::Throttled, 30)).await;
        assert_eq!(sent, (ANSWERED, 31));
    }
    assert_eq!(retry.tally(), CallTally { made: 1, reads: 1, retried: 60, throttled: 60 });
}

#[tokio::test(start_paused = true)]
async fn fifteen_minutes_of_throttling_are_too_many_for_all_calls_alike() {
    let retry = retry();
    let began = Instant::now();
    for operation in [DESCRIBE, DELETE] {
        let mut caller = Patient::default();
        let sent = send(&retry, operation, &mut caller, (Class::Throttled, u32::MAX));
        let (first, second) = tokio::join!(sent, async {
            sleep(Duration::from_mins(10)).await;
            let mut caller = Patient::default();
            send(&retry, operation, &mut caller, (Class::Throttled, u32::MAX)).await
        });
        assert!(failed(&first.0) && failed(&second.0));
    }
    let took = began.elapsed();
    assert!((30..32).contains(&(took.as_secs() / 60)), "{took:?}");
    // Nor does a read begin anew what was in vain a moment ago.
    let retry = super::tests::retry();
    read(&retry, Class::Throttled, u32::MAX).await;
    assert_eq!(read(&retry, Class::Throttled, u32::MAX).await.1, 1);
    assert_eq!(read(&retry, Class::Throttled, u32::MAX).await.1, 0);
    sleep(ECHO).await;
    assert_eq!(read(&retry, Class::Throttled, u32::MAX).await.1, 1);
}

#[tokio::test(start_paused = true)]
async fn whatever_is_in_vain_ends_in_time() {
    let hints = Operation::GetResources;
    for (operation, class, seconds) in [
        (DESCRIBE, Class::Unavailable, 40),
        (hints, Class::Unavailable, 10),
        (hints, Class::Throttled, 16),
        (DELETE, Class::Unavailable, 40),
    ] {
        let retry = heard().await;
        let began = Instant::now();
        let sent = send(&retry, operation, &mut Patient::default(), (class, u32::MAX)).await;
        assert!(failed(&sent.0));
        let took = began.elapsed();
        assert!(took <= Duration::from_secs(seconds), "{operation} {class:?}: {took:?}");
    }
    for (operation, attempts, seconds) in [(DESCRIBE, 4, 90), (hints, 1, 10), (DELETE, 8, 600)] {
        let retry = heard().await;
        let began = Instant::now();
        let (outcome, made) = silence(&retry, operation).await;
        assert!(failed(&outcome));
        assert_eq!(made, attempts, "{operation}");
        let took = began.elapsed();
        assert!(took <= Duration::from_secs(seconds), "{operation}: {took:?}");
    }
    // With what is read next.
    let retry = heard().await;
    let began = Instant::now();
    for (operation, attempts) in [(DESCRIBE, 4), (Operation::ListTagsForResource, 1)] {
        assert_eq!(silence(&retry, operation).await.1, attempts);
    }
    assert!(began.elapsed() < Duration::from_mins(2), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_service_never_heard_of_is_looked_for_for_less_than_half_a_minute() {
    let identity = Operation::GetCallerIdentity;
    // As a command does it: whoever has no answer to the one may have one to the other.
    for (class, takes) in [(Class::Unavailable, true), (Class::Unavailable, false)] {
        let retry = retry();
        let began = Instant::now();
        for operation in [identity, Operation::ListStreamProcessors] {
            let (outcome, attempts) = match takes {
                true => silence(&retry, operation).await,
                false => send(&retry, operation, &mut Patient::default(), (class, u32::MAX)).await,
            };
            assert!(failed(&outcome) && attempts > 1, "{operation}: {attempts}");
        }
        let took = began.elapsed();
        assert!(took < Duration::from_secs(26), "{took:?}");
    }
    // One that was heard of says nothing about another.
    let retry = retry();
    send(&retry, identity, &mut Patient::default(), (Class::Unavailable, 0)).await;
    let began = Instant::now();
    assert!(failed(&silence(&retry, DESCRIBE).await.0));
    assert!(began.elapsed() < Duration::from_secs(13));
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
    assert_eq!(retry.tally(), CallTally { made: 2, reads: 0, retried: 3, throttled: 3 });
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
    let sent: Outcome = retry().send(DELETE, &mut caller, async |_| pending().await).await;
    assert_eq!((sent, began.elapsed().as_secs()), (Sent::Ended(Ok(())), 3));
    caller.took_effect = false;
    let sent: Outcome = retry().send(DELETE, &mut caller, async |_| pending().await).await;
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
