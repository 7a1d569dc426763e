//! Being asked to stop.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::plan::Signal;

/// How long work on which nothing hangs may still go on after being asked to stop.
const FREE: Duration = Duration::from_secs(5);
/// What every request gets, so that the last word is not left unread.
const LEAST: Duration = Duration::from_secs(2);

/// What hangs on work that a run was asked to stop at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stake {
    /// The report, or what planning again would find.
    Free,
    /// A camera: something is deleted or stopped that has to come back. Such work
    /// goes on until it is done or the run is asked to stop a second time.
    Owed,
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
    Stopping { signal: Signal, since: Instant },
    Aborting { signal: Signal },
}

/// A stopper and the signal that it sends.
pub fn stopper() -> (Stopper, StopSignal) {
    let (sender, receiver) = watch::channel(State::Running);
    (Stopper(sender), StopSignal(receiver))
}

impl Stopper {
    /// Asks to stop. The first time, what is under way is brought to a safe end;
    /// the second time, it is left where it is.
    pub fn stop(&self, signal: Signal) {
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
    pub(super) fn signal(&self) -> Option<Signal> {
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
    pub(super) fn is_over(&self, stake: Stake) -> bool {
        match *self.0.borrow() {
            State::Running => false,
            State::Stopping { since, .. } => stake == Stake::Free && since.elapsed() >= FREE,
            State::Aborting { .. } => true,
        }
    }

    /// Does work that asks the service for something: `None` when the run was
    /// asked to stop and the work took too long after that.
    pub(super) async fn in_time<T>(
        &self,
        stake: Stake,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.too_late(stake) => None,
        }
    }

    /// Ends when the time for such work is over.
    pub(super) async fn over(&self, stake: Stake) {
        let mut receiver = self.0.clone();
        let aborting = async {
            let aborting = receiver.wait_for(|state| matches!(state, State::Aborting { .. }));
            if aborting.await.is_err() {
                // Nobody is left who could ask.
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = aborting => {}
            () = self.free_over(), if stake == Stake::Free => {}
        }
    }

    async fn free_over(&self) {
        self.stopped().await;
        let State::Stopping { since, .. } = *self.0.borrow() else { return };
        tokio::time::sleep_until(since + FREE).await;
    }

    /// Ends when work that begins now should end after being asked to stop.
    pub(super) async fn too_late(&self, stake: Stake) {
        if stake == Stake::Owed {
            std::future::pending::<()>().await;
        }
        self.stopped().await;
        let State::Stopping { since, .. } = *self.0.borrow() else { return };
        tokio::time::sleep_until((since + FREE).max(Instant::now() + LEAST)).await;
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

    async fn ends(stop: &StopSignal, stake: Stake) -> Duration {
        let began = Instant::now();
        assert_eq!(stop.in_time(stake, std::future::pending::<()>()).await, None);
        began.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn work_is_bounded_from_when_the_run_is_asked_to_stop() {
        let (stopper, stop) = stopper();
        let wait = Duration::from_mins(5);
        let sleep = tokio::time::sleep(wait);
        assert_eq!(stop.in_time(Stake::Free, sleep).await, Some(()), "nobody asked");
        let asking = async {
            tokio::time::sleep(wait).await;
            stopper.stop(Signal::Interrupt);
        };
        let (ended, ()) = tokio::join!(ends(&stop, Stake::Free), asking);
        assert_eq!(ended, wait + FREE);
        assert!(stop.is_over(Stake::Free) && !stop.is_over(Stake::Owed));
        assert_eq!(ends(&stop, Stake::Free).await, LEAST);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_owed_goes_on_until_the_second_signal() {
        let (stopper, stop) = stopper();
        stopper.stop(Signal::Hangup);
        let sleep = tokio::time::sleep(Duration::from_mins(20));
        assert_eq!(stop.in_time(Stake::Owed, sleep).await, Some(()));
        assert!(!stop.is_over(Stake::Owed));
        stopper.stop(Signal::Interrupt);
        assert!(stop.is_over(Stake::Owed) && stop.is_abort());
        stop.over(Stake::Owed).await;
        assert_eq!(stop.signal(), Some(Signal::Hangup), "the first one counts");
    }
}
