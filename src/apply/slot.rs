//! The places in which processors are worked on at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::StopSignal;

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
    /// the wait early, but only once: whoever is waiting already knows then.
    pub(super) async fn pause(&mut self, wait: Duration, stop: &StopSignal) {
        self.permit = None;
        if stop.is_set() {
            tokio::time::sleep(wait).await;
        } else {
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stop.stopped() => {}
            }
        }
        // The semaphore is never closed; without a place, work goes on anyway.
        self.permit = self.slots.clone().acquire_owned().await.ok();
    }
}
