//! How fast to call: each operation at its own quota, slower when the service
//! says so.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::Operation;

/// How fast to call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RateLimit {
    /// Each operation at this share of its default quota.
    Quota(Rate),
    /// As fast as answers come: for the embedded service.
    Unlimited,
}

/// A share of the quotas: more than 0 and at most 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate(f64);

/// The text is no share between 1% and 100%.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a rate is a percentage from 1% to 100%, like 50%")]
pub struct InvalidRate;

impl Rate {
    /// All of the quotas.
    pub const FULL: Rate = Rate(1.0);

    /// More than 0 and at most 1.
    pub fn share(self) -> f64 {
        self.0
    }
}

impl FromStr for Rate {
    type Err = InvalidRate;

    fn from_str(text: &str) -> Result<Rate, InvalidRate> {
        let percent = text.strip_suffix('%').ok_or(InvalidRate)?;
        let percent: f64 = percent.trim().parse().map_err(|_| InvalidRate)?;
        if (1.0..=100.0).contains(&percent) { Ok(Rate(percent / 100.0)) } else { Err(InvalidRate) }
    }
}

/// How long the answers are counted before the rate follows them.
const WINDOW: Duration = Duration::from_secs(1);
/// The most that one window takes away: half.
const STEEPEST: f64 = 0.5;
/// Up to this share of throttled answers is no sign that the pace is too high.
const NOISE: f64 = 0.1;
/// A window without a throttled answer gives back this share of the full rate.
const RECOVERY: f64 = 0.1;
/// The rate never falls below this share of the full one, so that some request
/// always notices when the service has room again.
const LEAST: f64 = 1.0 / 64.0;

/// The pace of every operation of a connection.
#[derive(Debug)]
pub(super) struct RateLimiter {
    limit: RateLimit,
    lanes: Mutex<BTreeMap<Operation, Arc<Lane>>>,
}

/// The pace of one operation.
#[derive(Debug)]
struct Lane {
    /// When the next request may go. Held while waiting for it, so that callers
    /// go in the order they came and a changed rate counts at once.
    next: tokio::sync::Mutex<Instant>,
    rate: Mutex<LaneRate>,
}

#[derive(Debug)]
struct LaneRate {
    /// Requests per second when all is well; infinitely many without a limit.
    full: f64,
    /// Requests per second now.
    now: f64,
    /// Since when the answers are counted.
    window: Instant,
    /// Answers to what was sent in this window.
    answers: u32,
    /// How many of them asked to slow down.
    throttled: u32,
    /// The first of the throttled answers since which no other came.
    throttled_since: Option<Instant>,
}

/// A permit to send one request; its fate is told to the limiter.
#[derive(Debug)]
pub(super) struct Permit {
    lane: Arc<Lane>,
    sent_at: Instant,
}

impl RateLimiter {
    pub(super) fn new(limit: RateLimit) -> RateLimiter {
        RateLimiter { limit, lanes: Mutex::default() }
    }

    /// Waits until a request to the operation may be sent.
    pub(super) async fn acquire(&self, operation: Operation) -> Permit {
        let lane = self.lane(operation);
        let mut next = lane.next.lock().await;
        let interval = lane.interval();
        // One request may be made up for: a timer that woke late costs nothing.
        let now = Instant::now();
        let due = (*next).max(now.checked_sub(interval).unwrap_or(now));
        if due > now {
            sleep_until(due).await;
        }
        *next = due + interval;
        drop(next);
        Permit { lane, sent_at: Instant::now() }
    }

    fn lane(&self, operation: Operation) -> Arc<Lane> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.entry(operation).or_insert_with(|| Arc::new(Lane::new(operation, self.limit))).clone()
    }
}

impl Lane {
    fn new(operation: Operation, limit: RateLimit) -> Lane {
        let full = match limit {
            RateLimit::Quota(Rate(share)) => operation.default_quota() * share,
            RateLimit::Unlimited => f64::INFINITY,
        };
        let now = Instant::now();
        Lane {
            next: tokio::sync::Mutex::new(now),
            rate: Mutex::new(LaneRate {
                full,
                now: full,
                window: now,
                answers: 0,
                throttled: 0,
                throttled_since: None,
            }),
        }
    }

    fn interval(&self) -> Duration {
        Duration::from_secs_f64(1.0 / self.rate().now)
    }

    fn rate(&self) -> MutexGuard<'_, LaneRate> {
        self.rate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LaneRate {
    /// Counts an answer, and lets the rate follow once a window is full: down to
    /// the share that got through, which is what the service has room for, and
    /// up by a step when all did.
    fn count(&mut self, sent_at: Instant, throttled: bool) {
        // What was sent before the rate changed says nothing of the rate now.
        if sent_at >= self.window {
            self.answers += 1;
            self.throttled += u32::from(throttled);
        }
        if self.full.is_infinite() || self.answers == 0 || self.window.elapsed() < WINDOW {
            return;
        }
        let throttled = f64::from(self.throttled) / f64::from(self.answers);
        if self.throttled == 0 {
            self.now = (self.now + self.full * RECOVERY).min(self.full);
        } else if throttled > NOISE {
            self.now = (self.now * (1.0 - throttled).max(STEEPEST)).max(self.full * LEAST);
        }
        (self.window, self.answers, self.throttled) = (Instant::now(), 0, 0);
    }
}

impl Permit {
    /// The service answered without asking to slow down.
    pub(super) fn answered(&self) {
        let mut rate = self.lane.rate();
        rate.throttled_since = None;
        rate.count(self.sent_at, false);
    }

    /// The service asks to slow down. Says for how long it has done nothing else to
    /// this operation.
    pub(super) fn throttled(&self) -> Duration {
        let mut rate = self.lane.rate();
        rate.count(self.sent_at, true);
        rate.throttled_since.get_or_insert_with(Instant::now).elapsed()
    }

    /// Requests per second now; `None` is no limit.
    pub(super) fn rate(&self) -> Option<f64> {
        Some(self.lane.rate().now).filter(|rate| rate.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DESCRIBE: Operation = Operation::DescribeStreamProcessor;

    #[tokio::test(start_paused = true)]
    async fn a_thousand_describes_take_fifty_seconds() {
        let limiter = RateLimiter::new(RateLimit::Quota(Rate::FULL));
        let began = Instant::now();
        for _ in 0..1000 {
            limiter.acquire(DESCRIBE).await.answered();
        }
        let seconds = began.elapsed().as_secs_f64();
        assert!((49.0..51.0).contains(&seconds), "{seconds}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_of_half_takes_twice_as_long_and_operations_do_not_share() {
        let limiter = RateLimiter::new(RateLimit::Quota("50%".parse().unwrap()));
        let began = Instant::now();
        for _ in 0..100 {
            limiter.acquire(DESCRIBE).await.answered();
            limiter.acquire(Operation::ListTagsForResource).await.answered();
        }
        let seconds = began.elapsed().as_secs_f64();
        assert!((19.0..20.5).contains(&seconds), "{seconds}");
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_callers_never_exceed_the_quota_in_any_second() {
        let limiter = Arc::new(RateLimiter::new(RateLimit::Quota(Rate::FULL)));
        let began = Instant::now();
        tokio::time::sleep(Duration::from_secs(30)).await;
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..200 {
            let limiter = limiter.clone();
            callers.spawn(async move { limiter.acquire(DESCRIBE).await.sent_at });
        }
        let mut sent: Vec<Duration> =
            callers.join_all().await.into_iter().map(|at| at - began).collect();
        sent.sort();
        for window in sent.windows(23) {
            assert!(window[22] - window[0] >= Duration::from_secs(1), "{window:?}");
        }
    }

    /// Sends for a while to a service that lets so many through in a second;
    /// returns how many got through.
    async fn against(limiter: &RateLimiter, room: f64, seconds: u64) -> u32 {
        let began = Instant::now();
        let (mut through, mut tokens, mut last) = (0, room, began);
        while began.elapsed() < Duration::from_secs(seconds) {
            let permit = limiter.acquire(DESCRIBE).await;
            tokens = (tokens + last.elapsed().as_secs_f64() * room).min(room);
            last = Instant::now();
            if tokens >= 1.0 {
                tokens -= 1.0;
                through += 1;
                permit.answered();
            } else {
                permit.throttled();
            }
        }
        through
    }

    #[tokio::test(start_paused = true)]
    async fn the_pace_follows_a_service_with_less_room_and_comes_back() {
        let limiter = RateLimiter::new(RateLimit::Quota(Rate::FULL));
        assert!(against(&limiter, 10.0, 60).await > 540, "nearly all the room is used");
        let asked_too_much = limiter.lane(DESCRIBE).rate().now;
        assert!((8.0..14.0).contains(&asked_too_much), "{asked_too_much}");
        against(&limiter, 100.0, 15).await;
        assert_eq!(limiter.lane(DESCRIBE).rate().now, 20.0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_throttled_answer_now_and_then_costs_little() {
        let limiter = RateLimiter::new(RateLimit::Quota(Rate::FULL));
        let began = Instant::now();
        for request in 0..1000 {
            let permit = limiter.acquire(DESCRIBE).await;
            if request % 20 == 7 {
                permit.throttled();
            } else {
                permit.answered();
            }
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn endless_throttling_leaves_a_trickle() {
        let limiter = RateLimiter::new(RateLimit::Quota(Rate::FULL));
        for _ in 0..100 {
            limiter.acquire(DESCRIBE).await.throttled();
        }
        let now = limiter.lane(DESCRIBE).rate().now;
        assert!((20.0 / 64.0..1.0).contains(&now), "{now}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_embedded_service_is_not_waited_for() {
        let limiter = RateLimiter::new(RateLimit::Unlimited);
        let began = Instant::now();
        for _ in 0..1000 {
            limiter.acquire(DESCRIBE).await.answered();
        }
        assert_eq!(began.elapsed(), Duration::ZERO);
    }

    #[test]
    fn a_rate_is_a_percentage() {
        assert_eq!("100%".parse(), Ok(Rate::FULL));
        for wrong in ["50", "0%", "101%", "x%", "%", "NaN%", "-5%"] {
            assert_eq!(wrong.parse::<Rate>(), Err(InvalidRate), "{wrong}");
        }
    }
}
