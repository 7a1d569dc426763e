//! The signals that ask a program to stop.

use tokio::signal::unix::{self, SignalKind, signal};

use super::error::CommandError;
use crate::plan::Signal;

/// Listens for the signals that ask a program to stop.
pub(super) struct Signals {
    /// `None` where whoever started the program had it ignored, as nohup does.
    hangup: Option<unix::Signal>,
    interrupt: unix::Signal,
    terminate: unix::Signal,
}

impl Signals {
    /// Takes the signals over from the system, which would end the process.
    pub(super) fn listen() -> Result<Signals, CommandError> {
        let listen = |kind| {
            let failed = |error| CommandError::new(format!("cannot listen for signals: {error}"));
            signal(kind).map_err(failed)
        };
        let hangup = match is_hangup_ignored() {
            true => None,
            false => Some(listen(SignalKind::hangup())?),
        };
        Ok(Signals {
            hangup,
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    /// Waits for the next signal.
    pub(super) async fn next(&mut self) -> Signal {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => drop(hangup.recv().await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = hangup => Signal::Hangup,
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
        }
    }

    /// Does work that a signal may cut short at any point, since it writes
    /// nothing to the service.
    pub(super) async fn cut_short<T>(
        &mut self,
        work: impl Future<Output = Result<T, CommandError>>,
    ) -> Result<T, CommandError> {
        tokio::select! {
            biased;
            signal = self.next() => Err(signal.into()),
            result = work => result,
        }
    }
}

/// Whether SIGHUP is ignored already. Only Linux tells without unsafe code.
fn is_hangup_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // Bit n is signal n + 1, and SIGHUP is 1.
    ignored.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).is_ok_and(|mask| mask & 1 == 1))
}
