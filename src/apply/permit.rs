//! Leave to work on a processor: so many are worked on at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::StopSignal;

/// The longest wait after being asked to stop.
const LONGEST_STOPPED: Duration = Duration::from_secs(1);

/// A permit. It is given up while its holder only waits, so that processors
/// which take long to settle do not keep others from being worked on.
#[derive(Debug)]
pub(super) struct Permit {
    all: Arc<Semaphore>,
    held: Option<OwnedSemaphorePermit>,
}

impl Permit {
    pub(super) fn new(all: Arc<Semaphore>, held: OwnedSemaphorePermit) -> Permit {
        Permit { all, held: Some(held) }
    }

    /// Waits without the permit, then takes one again. Being asked to stop ends
    /// the wait early. After that waits are short, and nobody queues for
    /// a permit: there is little time, and nothing else
    /// begins.
    pub(super) async fn pause(&mut self, wait: Duration, stop: &StopSignal) {
        self.held = None;
        if stop.is_set() {
            tokio::time::sleep(wait.min(LONGEST_STOPPED)).await;
        } else {
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stop.stopped() => {}
            }
        }
        // The semaphore is never closed; without a permit, work goes on anyway.
        self.held = if stop.is_set() {
            self.all.clone().try_acquire_owned().ok()
        } else {
            tokio::select! {
                place = self.all.clone().acquire_owned() => place.ok(),
                () = stop.stopped() => None,
            }
        };
    }
}
