//! Showing that work goes on, and what it waits for: a bar on a terminal, a line
//! every ten seconds elsewhere.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::ProgressBar;
use tokio::time::{Instant, interval_at};

use super::ui::Ui;
use crate::aws::{Connection, Notice, Observer, Reader};
use crate::live::Progress;
use crate::report;

/// How often it is said.
const EVERY: Duration = Duration::from_secs(10);
/// How long what went wrong last is the reason for waiting: longer than a further
/// attempt, and the wait before it, take.
const RECENT: Duration = Duration::from_secs(40);

/// Does work of which a bar says how far it is, and says the same every ten seconds
/// where the bar does not show.
pub(super) async fn watched<T>(
    bar: &ProgressBar,
    ui: &Ui,
    work: impl Future<Output = T>,
    before: impl Fn(),
) -> T {
    let mut work = std::pin::pin!(work);
    let mut ticks = interval_at(Instant::now() + EVERY, EVERY);
    loop {
        tokio::select! {
            done = &mut work => {
                bar.finish_and_clear();
                return done;
            }
            _ = ticks.tick() => {
                before();
                if bar.is_hidden() {
                    let of = bar.length().map(|total| (bar.position(), total));
                    let line = report::text::progress(&bar.prefix(), of, &bar.message());
                    ui.note(&line);
                }
            }
        }
    }
}

/// Watches a read.
pub(super) struct Watch<'a> {
    ui: &'a Ui,
    bar: ProgressBar,
    /// What went wrong last, and when.
    notice: Arc<Mutex<Option<(Instant, Notice)>>>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(ui: &'a Ui) -> Watch<'a> {
        Watch { ui, bar: ui.progress("Reading"), notice: Arc::default() }
    }

    /// A reader that is watched.
    pub(super) fn reader(&self, connection: &Connection) -> Reader {
        let notice = self.notice.clone();
        connection.reader().observed_by(Observer::new(move |told| {
            *notice.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), told));
        }))
    }

    /// Takes in how far it is.
    pub(super) fn progress(&self, progress: Progress) {
        self.bar.set_length(progress.total as u64);
        self.bar.set_position(progress.done as u64);
    }

    /// Does the reading.
    pub(super) async fn during<T>(&self, reading: impl Future<Output = T>) -> T {
        let say_why = || {
            let notice = self.notice.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let recent = notice.filter(|(at, _)| at.elapsed() < RECENT);
            self.bar.set_message(recent.map(|(_, notice)| told(notice)).unwrap_or_default());
        };
        watched(&self.bar, self.ui, reading, say_why).await
    }
}

/// What happened to a call, in words.
pub(super) fn told(notice: Notice) -> String {
    match notice {
        Notice::Throttled { times, .. } => report::text::throttled(times),
        Notice::Retrying { operation, wait: _, why } => {
            report::text::unanswered(operation.as_str(), &why)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::time::sleep;

    use super::*;
    use crate::aws::Operation;
    use crate::cli::args::{ColorChoice, Common};

    fn quiet() -> Ui {
        Ui::new(&Common {
            color: ColorChoice::Never,
            quiet: true,
            verbose: false,
            max_diagnostics: 0,
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_wait_is_told_every_ten_seconds() {
        let told = Cell::new(0);
        let wait = sleep(Duration::from_secs(15 * 60 + 1));
        watched(&ProgressBar::hidden(), &quiet(), wait, || told.set(told.get() + 1)).await;
        assert_eq!(told.get(), 90);
    }

    #[tokio::test(start_paused = true)]
    async fn the_reason_is_told_for_as_long_as_it_may_be_one() {
        let ui = quiet();
        let watch = Watch::new(&ui);
        let why = "\u{202e}HTTP 503".to_owned();
        let (operation, wait) = (Operation::ListStreamProcessors, Duration::ZERO);
        let notice = Notice::Retrying { operation, wait, why };
        *watch.notice.lock().unwrap() = Some((Instant::now(), notice));
        for (seconds, said) in [
            (35, "ListStreamProcessors gets no proper answer (\\u{202e}HTTP 503); trying again"),
            (45, ""),
        ] {
            watch.during(sleep(Duration::from_secs(seconds))).await;
            assert_eq!(watch.bar.message(), said);
        }
    }
}
