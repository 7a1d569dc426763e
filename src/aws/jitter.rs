//! Waiting times that grow, spread so that callers do not return in step.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A source of spread waiting times; the same seed gives the same ones.
#[derive(Debug)]
pub(super) struct Jitter(AtomicU64);

impl Jitter {
    pub(super) fn new(seed: u64) -> Jitter {
        Jitter(AtomicU64::new(seed))
    }

    /// The wait before attempt `attempt + 1`: doubled each time from `first` up
    /// to `most`, of which between a half and all is waited.
    pub(super) fn backoff(&self, attempt: u32, first: Duration, most: Duration) -> Duration {
        let doubled = first.saturating_mul(1_u32.checked_shl(attempt).unwrap_or(u32::MAX));
        doubled.min(most).mul_f64(self.between_half_and_one())
    }

    fn between_half_and_one(&self) -> f64 {
        // SplitMix64: a counter, mixed. Good enough to spread, and needs no lock.
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut mixed = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let top = u32::try_from(mixed >> 32).unwrap_or(u32::MAX);
        0.5 + f64::from(top) / f64::from(u32::MAX) / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_most_and_are_spread() {
        let jitter = Jitter::new(7);
        let (first, most) = (Duration::from_millis(200), Duration::from_secs(10));
        for attempt in 0..70 {
            let whole = first.as_secs_f64() * 2_f64.powi(attempt).min(50.0);
            let attempt = u32::try_from(attempt).unwrap();
            let wait = jitter.backoff(attempt, first, most).as_secs_f64();
            assert!(wait >= whole / 2.0 - 1e-6 && wait <= whole + 1e-6, "{attempt}: {wait}");
        }
        let waits: std::collections::BTreeSet<Duration> =
            (0..20).map(|_| jitter.backoff(0, first, most)).collect();
        assert!(waits.len() > 10);
    }
}
