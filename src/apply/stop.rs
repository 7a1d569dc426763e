//! Being asked to stop.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// How long work of each weight may still go on after being asked to stop.
const LIGHT: Duration = Duration::from_secs(5);
const GRAVE: Duration = Duration::from_secs(30);
/// How long a single request of such work may still take.
const ATTEMPT: Duration = Duration::from_secs(10);
/// What every request gets, so that the last word is not left unread.
const LEAST: Duration = Duration::from_secs(2);

/// What hangs on work that a run was asked to stop at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// The report, or what planning again would find.
    Light,
    /// A camera: something is deleted or stopped that has to come back.
    Grave,
}

impl Weight {
    fn time(self) -> Duration {
        match self {
            Weight::Light => LIGHT,
            Weight::Grave => GRAVE,
        }
    }
}

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

    /// Whether the time for such work is over.
    pub(super) fn is_over(&self, weight: Weight) -> bool {
        match *self.0.borrow() {
            State::Running => false,
            State::Stopping { since, .. } => since.elapsed() >= weight.time(),
            State::Aborting { .. } => true,
        }
    }

    /// Does work that asks the service for something: `None` when the run was
    /// asked to stop and the work took too long after that.
    pub(super) async fn in_time<T>(
        &self,
        weight: Weight,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.too_late(weight) => None,
        }
    }

    /// Ends when the time for such work is over.
    pub(super) async fn over(&self, weight: Weight) {
        self.stopped().await;
        let State::Stopping { since, .. } = *self.0.borrow() else { return };
        tokio::time::sleep_until(since + weight.time()).await;
    }

    /// Ends when work that begins now should end after being asked to stop.
    pub(super) async fn too_late(&self, weight: Weight) {
        self.stopped().await;
        let State::Stopping { since, .. } = *self.0.borrow() else { return };
        let now = Instant::now();
        let end = (since + weight.time()).min(now + ATTEMPT).max(now + LEAST);
        tokio::time::sleep_until(end).await;
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

#[cfg(test)]
mod tests {
    use super::*;

    async fn ends(stop: &StopSignal, weight: Weight) -> Duration {
        let began = Instant::now();
        assert_eq!(stop.in_time(weight, std::future::pending::<()>()).await, None);
        began.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn work_is_bounded_from_when_the_run_is_asked_to_stop() {
        let (stopper, stop) = stopper();
        let wait = Duration::from_mins(5);
        let sleep = tokio::time::sleep(wait);
        assert_eq!(stop.in_time(Weight::Light, sleep).await, Some(()), "nobody asked");
        let asking = async {
            tokio::time::sleep(wait).await;
            stopper.stop("SIGINT");
        };
        let (ended, ()) = tokio::join!(ends(&stop, Weight::Light), asking);
        assert_eq!(ended, wait + LIGHT);
        assert!(stop.is_over(Weight::Light) && !stop.is_over(Weight::Grave));
        assert_eq!(ends(&stop, Weight::Light).await, LEAST);
        assert_eq!(ends(&stop, Weight::Grave).await, ATTEMPT);
        assert_eq!(ends(&stop, Weight::Grave).await, ATTEMPT);
        assert_eq!(ends(&stop, Weight::Grave).await, Duration::from_secs(3));
        assert!(stop.is_over(Weight::Grave));
    }
}
