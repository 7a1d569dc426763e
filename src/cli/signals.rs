//! SIGINT and SIGTERM, as exits.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::exit::Exit;
use super::ui::Ui;

/// Listens for the signals that ask a program to stop.
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Takes the signals over from the system, which would end the process.
    pub fn listen(ui: &Ui) -> Result<Signals, Exit> {
        let listen = |kind| {
            signal(kind).map_err(|error| {
                ui.error_line(&format!("cannot listen for signals: {error}"), None);
                Exit::Error
            })
        };
        Ok(Signals {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    /// Waits for the next signal.
    pub async fn next(&mut self) -> Exit {
        tokio::select! {
            _ = self.interrupt.recv() => Exit::Interrupted,
            _ = self.terminate.recv() => Exit::Terminated,
        }
    }

    /// Does work that a signal may cut short at any point, since it writes
    /// nothing to the service.
    pub async fn cut_short<T>(
        &mut self,
        work: impl Future<Output = Result<T, Exit>>,
    ) -> Result<T, Exit> {
        tokio::select! {
            biased;
            exit = self.next() => Err(exit),
            result = work => result,
        }
    }
}
