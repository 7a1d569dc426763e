//! Requests per second: a bucket of tokens for each operation that has a quota.

use std::collections::BTreeMap;

use super::clock::Time;
use super::operation::Operation;
use super::options::Rates;

/// The buckets of one emulator.
#[derive(Debug)]
pub(crate) struct Quotas {
    rates: Rates,
    buckets: BTreeMap<Operation, Bucket>,
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    at: Time,
}

impl Quotas {
    pub(crate) fn new(rates: Rates) -> Quotas {
        Quotas { rates, buckets: BTreeMap::new() }
    }

    /// Takes a token for one call; false if there is none.
    ///
    /// A bucket holds what a second allows, at least one token, and starts full: calls may come in a burst, but over
    /// any length of time no more than that many beyond the quota.
    pub(crate) fn allow(&mut self, operation: Operation, now: Time) -> bool {
        let Some(rate) = self.rates.of(operation) else { return true };
        let capacity = rate.max(1.0);
        let bucket = self.buckets.entry(operation).or_insert(Bucket { tokens: capacity, at: now });
        let refill = rate * now.elapsed_since(bucket.at).as_secs_f64();
        bucket.tokens = (bucket.tokens + refill).min(capacity);
        bucket.at = now;
        // Sums of fractions fall short by a hair: a client that waits exactly long enough is in time.
        let allowed = bucket.tokens > 1.0 - 1e-6;
        if allowed {
            bucket.tokens -= 1.0;
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_second_gives_what_the_quota_says() {
        let mut quotas = Quotas::new(Rates::published());
        let mut allowed = |at: Duration, calls: usize| {
            (0..calls)
                .filter(|_| quotas.allow(Operation::DescribeStreamProcessor, Time::since_epoch(at)))
                .count()
        };
        assert_eq!(allowed(Duration::from_secs(10), 50), 20);
        assert_eq!(allowed(Duration::from_millis(10_049), 5), 0);
        assert_eq!(allowed(Duration::from_millis(10_100), 5), 2);
        assert_eq!(allowed(Duration::from_secs(100), 50), 20);
    }

    #[test]
    fn a_paced_client_is_never_refused() {
        let mut quotas = Quotas::new(Rates::published());
        for call in 0..1000 {
            let at = Time::since_epoch(Duration::from_millis(100 * call));
            assert!(quotas.allow(Operation::TagResource, at), "{call}");
        }
    }

    #[test]
    fn operations_have_buckets_of_their_own_or_none() {
        let mut quotas = Quotas::new(Rates::published());
        assert!(quotas.allow(Operation::StopStreamProcessor, Time::default()));
        assert!(!quotas.allow(Operation::StopStreamProcessor, Time::default()));
        assert!(quotas.allow(Operation::StartStreamProcessor, Time::default()));
        let mut unlimited = Quotas::new(Rates::off());
        assert!((0..100).all(|_| unlimited.allow(Operation::StopStreamProcessor, Time::default())));
    }
}
