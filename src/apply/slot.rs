//! The places in which processors are worked on at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::StopSignal;

/// The longest wait after being asked to stop.
const LONGEST_STOPPED: Duration = Duration::from_secs(1);

/// A place. It is given up while its holder only waits, so that processors
/// which take long to settle do not keep others from being worked on.
#[derive(Debug)]
pub(super) struct Slot {
    slots: Arc<Semaphore>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Slot {
    pub(super) fn new(slots: Arc<Semaphore>, permit: OwnedSemaphorePermit) -> Slot {
        Slot { slots, permit: Some(permit) }
    }

    /// Waits outside the place, then comes back to it. Being asked to stop ends
    /// the wait early. After that waits are short, and nobody comes back to a
    /// place for which there is a queue: there is little time, and nothing else
    /// begins.
    pub(super) async fn pause(&mut self, wait: Duration, stop: &StopSignal) {
        self.permit = None;
        if stop.is_set() {
            tokio::time::sleep(wait.min(LONGEST_STOPPED)).await;
        } else {
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stop.stopped() => {}
            }
        }
        // The semaphore is never closed; without a place, work goes on anyway.
        self.permit = if stop.is_set() {
            self.slots.clone().try_acquire_owned().ok()
        } else {
            tokio::select! {
                place = self.slots.clone().acquire_owned() => place.ok(),
                () = stop.stopped() => None,
            }
        };
    }
}
