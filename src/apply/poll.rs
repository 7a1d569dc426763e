//! Waiting for a processor to settle.

use std::time::Duration;

use tokio::time::Instant;

use super::execute::Tools;
use super::observe::{Blind, Observed, WithTags, observe};
use super::permit::Permit;
use super::stop::Stake;
use super::{Awaited, Event, StopSignal};

const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Waits that grow, up to a limit in all.
#[derive(Debug)]
pub(super) struct Patience {
    began: Instant,
    limit: Duration,
    next: Duration,
}

impl Patience {
    pub(super) fn new(limit: Duration) -> Patience {
        Patience { began: Instant::now(), limit, next: FIRST_WAIT }
    }

    /// Whether all the time is used up.
    pub(super) fn is_over(&self) -> bool {
        self.began.elapsed() >= self.limit
    }

    /// How long all of it has been.
    pub(super) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Waits a little longer than the last time.
    pub(super) async fn pause(&mut self, permit: &mut Permit, stop: &StopSignal) {
        permit.pause(self.step(), stop).await;
    }

    /// How long to wait now: a little longer than the last time.
    pub(super) fn step(&mut self) -> Duration {
        let left = self.limit.saturating_sub(self.began.elapsed()).max(FIRST_WAIT);
        let wait = self.next.min(left);
        self.next = self.next.mul_f64(1.6).min(LONGEST_WAIT);
        wait
    }
}

/// How a wait ended.
#[derive(Debug)]
pub(super) enum Settled<T> {
    /// What was waited for came.
    Came(T),
    /// It did not, and this is what was there last.
    Late(Observed),
    /// The run was asked to stop and the wait cut short.
    Cut(Observed),
    Blind(Blind),
}

/// When being asked to stop ends a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    AtOnce,
    /// When the time for such work is over.
    After(Stake),
}

/// Reads a processor until `judge` is content with what it sees, for as long as
/// `patience` lasts.
pub(super) async fn wait_until<T>(
    tools: &Tools,
    permit: &mut Permit,
    name: &str,
    (cut, mut patience): (Cut, Patience),
    mut judge: impl FnMut(&Observed) -> Option<T>,
) -> Settled<T> {
    loop {
        let stake = match cut {
            Cut::AtOnce => Stake::Free,
            Cut::After(stake) => stake,
        };
        let observed = match tools.read(stake, observe(&tools.reader, name, WithTags::No)).await {
            Ok(observed) => observed,
            // What is owed outlasts an outage.
            Err(blind)
                if stake == Stake::Owed
                    && blind.may_pass()
                    && !patience.is_over()
                    && !tools.stop.is_over(stake) =>
            {
                patience.pause(permit, &tools.stop).await;
                continue;
            }
            Err(blind) => return Settled::Blind(blind),
        };
        if let Some(found) = judge(&observed) {
            return Settled::Came(found);
        }
        if patience.is_over() {
            return Settled::Late(observed);
        }
        let is_cut = match cut {
            Cut::AtOnce => tools.stop.is_set(),
            Cut::After(stake) => tools.stop.is_over(stake),
        };
        if is_cut {
            return Settled::Cut(observed);
        }
        tools.tell(Event::Waiting {
            processor: name.to_owned(),
            awaited: observed.awaited(Awaited::Appearance),
        });
        patience.pause(permit, &tools.stop).await;
    }
}
