//! How many requests a connection has sent.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::plan::CallTally;

/// Counters that all readers and writers of a connection share.
#[derive(Debug, Default)]
pub(super) struct Tally {
    made: AtomicU64,
    retried: AtomicU64,
    throttled: AtomicU64,
}

impl Tally {
    /// A write was sent for the first time.
    pub(super) fn made(&self) {
        self.made.fetch_add(1, Ordering::Relaxed);
    }

    /// A call was sent again.
    pub(super) fn retried(&self) {
        self.retried.fetch_add(1, Ordering::Relaxed);
    }

    /// The service asked to slow down.
    pub(super) fn throttled(&self) {
        self.throttled.fetch_add(1, Ordering::Relaxed);
    }

    /// The counts so far.
    pub(super) fn count(&self) -> CallTally {
        CallTally {
            made: self.made.load(Ordering::Relaxed),
            retried: self.retried.load(Ordering::Relaxed),
            throttled: self.throttled.load(Ordering::Relaxed),
        }
    }
}
