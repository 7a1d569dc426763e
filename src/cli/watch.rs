//! Showing that reading goes on, and what it waits for: a bar on a terminal, a
//! line every ten seconds elsewhere.

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

/// Watches a read.
pub(super) struct Watch<'a> {
    ui: &'a Ui,
    bar: ProgressBar,
    progress: Mutex<Option<Progress>>,
    /// The last thing that went wrong since it was last said.
    notice: Arc<Mutex<Option<Notice>>>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(ui: &'a Ui) -> Watch<'a> {
        Watch {
            ui,
            bar: ui.progress("Reading"),
            progress: Mutex::default(),
            notice: Arc::default(),
        }
    }

    /// A reader that is watched.
    pub(super) fn reader(&self, connection: &Connection) -> Reader {
        let notice = self.notice.clone();
        connection.reader().observed_by(Observer::new(move |told| {
            *notice.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
        }))
    }

    /// Takes in how far it is.
    pub(super) fn progress(&self, progress: Progress) {
        self.bar.set_length(progress.total as u64);
        self.bar.set_position(progress.described as u64);
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = Some(progress);
    }

    /// Does the reading, and says every ten seconds where it is.
    pub(super) async fn during<T>(&self, reading: impl Future<Output = T>) -> T {
        let mut reading = std::pin::pin!(reading);
        let mut ticks = interval_at(Instant::now() + EVERY, EVERY);
        loop {
            tokio::select! {
                done = &mut reading => {
                    self.bar.finish_and_clear();
                    return done;
                }
                _ = ticks.tick() => self.say(),
            }
        }
    }

    fn say(&self) {
        let notice = self.notice.lock().unwrap_or_else(PoisonError::into_inner).take();
        let progress = *self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let read = progress.map(|Progress { described, total }| (described, total));
        let line = report::text::reading(read, self.ui.stderr_settings());
        let waits = notice.map(|notice| match notice {
            Notice::Throttled { times, .. } => report::text::throttled(times),
            Notice::Retrying { operation, .. } => report::text::unanswered(&operation.to_string()),
        });
        if self.bar.is_hidden() {
            self.ui.say(&line);
            waits.iter().for_each(|waits| self.ui.note(waits));
        } else {
            self.bar.set_message(waits.unwrap_or_default());
        }
    }
}
