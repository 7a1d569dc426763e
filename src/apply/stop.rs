//! Being asked to stop.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// How long after being asked to stop a wait may still go on where it is only
/// for the report.
const GRACE: Duration = Duration::from_secs(5);

/// Asks a run to stop. Kept by whoever receives signals.
#[derive(Debug)]
pub struct Stopper(watch::Sender<State>);

/// Tells a run that it was asked to stop.
#[derive(Clone, Debug)]
pub struct StopSignal(watch::Receiver<State>);

#[derive(Clone, Copy, Debug)]
enum State {
    Running,
    Stopping { signal: &'static str, since: Instant },
    Aborting { signal: &'static str },
}

/// A stopper and the signal that it sends.
pub fn stopper() -> (Stopper, StopSignal) {
    let (sender, receiver) = watch::channel(State::Running);
    (Stopper(sender), StopSignal(receiver))
}

impl Stopper {
    /// Asks to stop. The first time, what is under way is brought to a safe end;
    /// the second time, it is left where it is.
    pub fn stop(&self, signal: &'static str) {
        self.0.send_modify(|state| {
            *state = match *state {
                State::Running => State::Stopping { signal, since: Instant::now() },
                State::Stopping { signal, .. } | State::Aborting { signal } => {
                    State::Aborting { signal }
                }
            };
        });
    }
}

impl StopSignal {
    /// The signal that asked to stop, if one did.
    pub(super) fn signal(&self) -> Option<&'static str> {
        match *self.0.borrow() {
            State::Running => None,
            State::Stopping { signal, .. } | State::Aborting { signal } => Some(signal),
        }
    }

    /// Whether to stop.
    pub(super) fn is_set(&self) -> bool {
        self.signal().is_some()
    }

    /// Whether to leave everything where it is.
    pub(super) fn is_abort(&self) -> bool {
        matches!(*self.0.borrow(), State::Aborting { .. })
    }

    /// Whether the time for waits that only serve the report is over.
    pub(super) fn grace_is_over(&self) -> bool {
        match *self.0.borrow() {
            State::Running => false,
            State::Stopping { since, .. } => since.elapsed() >= GRACE,
            State::Aborting { .. } => true,
        }
    }

    /// Waits until asked to stop, or to abort when already stopping.
    pub(super) async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            // Nobody is left who could ask.
            std::future::pending::<()>().await;
        }
    }

    /// Waits until asked to stop.
    pub(super) async fn stopped(&self) {
        let mut receiver = self.0.clone();
        let stopping = receiver.wait_for(|state| !matches!(state, State::Running));
        if stopping.await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
