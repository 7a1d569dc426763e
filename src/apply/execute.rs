//! Making one call: sent, settled, and its effect known.

mod answer;
mod ended;
mod settling;

use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use super::judge::{Effect, Evidence, evidence};
use super::look::{Blind, Seen};
use super::schedule::End;
use super::settle::{Cut, Patience, Settled, wait_until};
use super::slot::Slot;
use super::stop::Weight;
use super::{Event, StopSignal};
use crate::aws::{Caller, Failure, Next, Notice, Reader, Request, Sent, Writer};
use crate::model::{Processor, Status};
use crate::plan::Operation;

/// How long a processor that was just created may stay invisible.
pub(super) const UNSEEN_LIMIT: Duration = Duration::from_secs(60);

/// What every step works with.
#[derive(Clone, Debug)]
pub(super) struct Tools {
    pub(super) reader: Reader,
    pub(super) writer: Writer,
    pub(super) settle_timeout: Duration,
    pub(super) stop: StopSignal,
    pub(super) events: UnboundedSender<Event>,
}

impl Tools {
    /// Reads, but not for long once asked to stop.
    pub(super) async fn read<T>(
        &self,
        weight: Weight,
        reading: impl Future<Output = Result<T, Blind>>,
    ) -> Result<T, Blind> {
        self.stop.in_time(weight, reading).await.unwrap_or_else(|| {
            let reason = "the service did not answer before the run ended".to_owned();
            Err(Blind { reason, help: None, error: None })
        })
    }

    /// Tells whoever shows progress. Nobody may be listening any more.
    pub(super) fn tell(&self, event: Event) {
        let _ = self.events.send(event);
    }
}

/// A call and what is known around it.
#[derive(Debug)]
pub(super) struct Job<'a> {
    pub(super) request: &'a Request,
    /// What an update should lead to.
    pub(super) target: Option<&'a Processor>,
    /// A definition that was deleted in this run and may still show.
    pub(super) stale: Option<&'a Processor>,
    /// The call is not sent any more when asked to stop before it is.
    pub(super) may_hold: bool,
    /// What hangs on the call when the run is asked to stop.
    pub(super) weight: Weight,
    /// Something is deleted in this run, so that its name or its stream may be
    /// taken for some time.
    pub(super) follows_delete: bool,
    /// What the call is for showed before it was sent, so that finding it
    /// there is no sign of the call.
    pub(super) was_so: bool,
    /// The processor was created in this run and may not show yet.
    pub(super) just_created: bool,
    /// The status, as last read before; `None`: of no interest, or settled.
    pub(super) unsettled: Option<Status>,
}

/// How a call went.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) end: End,
    /// Whether it took effect, as far as is known.
    pub(super) made: bool,
    /// What was seen of the processor at the very end.
    pub(super) seen: Option<Seen>,
}

/// Makes a call and waits for what it implies: a stop until it is stopped, a
/// delete until it is gone, a start until it runs.
pub(super) async fn execute(tools: &Tools, slot: &mut Slot, job: &Job<'_>) -> Ended {
    let limit = tools.settle_timeout;
    let mut run = Run {
        tools,
        slot,
        job,
        sent: false,
        doubt: false,
        others: false,
        stream_taken: None,
        patience: Patience::new(limit),
    };
    run.whole().await
}

/// One call under way.
struct Run<'a> {
    tools: &'a Tools,
    slot: &'a mut Slot,
    job: &'a Job<'a>,
    /// It was sent at least once.
    sent: bool,
    /// An answer was lost, so that it may have taken effect.
    doubt: bool,
    /// Everything is as the call would have it, but by somebody else's doing.
    others: bool,
    /// Since when somebody else holds a stream that the call takes.
    stream_taken: Option<Instant>,
    patience: Patience,
}

impl Run<'_> {
    async fn whole(&mut self) -> Ended {
        if let Some(ended) = self.wait_for_rest().await {
            return ended;
        }
        self.patience = Patience::new(self.tools.settle_timeout);
        let Tools { writer, .. } = self.tools;
        match writer.send(self.job.request, self).await {
            Sent::Answered(()) => self.settle(None).await,
            Sent::Held if self.may_hold() => Ended { end: End::HeldBack, made: false, seen: None },
            Sent::Held => self.out_of_time(),
            Sent::Ended(ended) => ended,
        }
    }

    /// Whether the call need not be made, or made again, once asked to stop.
    fn may_hold(&self) -> bool {
        self.job.may_hold && !self.doubt
    }

    /// Reads whether the call took effect.
    async fn evidence(&self) -> Result<Evidence, Blind> {
        let Job { request, target, weight, .. } = *self.job;
        self.tools.read(weight, evidence(&self.tools.reader, request, target)).await
    }

    fn operation(&self) -> Operation {
        self.job.request.operation()
    }

    fn name(&self) -> &str {
        self.job.request.processor()
    }

    /// Updates and deletes wait until the processor rests. What the service does
    /// with them before that is not documented alike everywhere.
    async fn wait_for_rest(&mut self) -> Option<Ended> {
        let waits = matches!(
            self.operation(),
            Operation::UpdateStreamProcessor | Operation::DeleteStreamProcessor
        );
        if !waits || self.job.unsettled.is_none() {
            return None;
        }
        let cut = if self.job.may_hold { Cut::AtOnce } else { Cut::After(self.job.weight) };
        let name = self.name().to_owned();
        let rested = wait_until(self.tools, self.slot, &name, cut, |seen| match seen {
            Seen::Gone => Some(()),
            Seen::Present(described) => is_at_rest(&described.fact.status).then_some(()),
        });
        match rested.await {
            Settled::Came(()) => None,
            Settled::Cut(_) if self.job.may_hold => {
                Some(Ended { end: End::HeldBack, made: false, seen: None })
            }
            Settled::Cut(_) => Some(self.out_of_time()),
            Settled::Late(seen) => Some(self.late(&seen, Effect::None)),
            Settled::Blind(_) if self.job.may_hold && self.tools.stop.is_set() => {
                Some(Ended { end: End::HeldBack, made: false, seen: None })
            }
            Settled::Blind(blind) => Some(self.failed(blind.reason, blind.help, Effect::None)),
        }
    }
}

impl Caller for Run<'_> {
    type End = Ended;

    async fn hold(&self) {
        if self.may_hold() {
            self.tools.stop.stopped().await;
        } else {
            self.tools.stop.over(self.job.weight).await;
        }
    }

    async fn cut(&self) {
        self.tools.stop.too_late(self.job.weight).await;
    }

    async fn decide(&mut self, failure: Failure) -> Next<Ended> {
        self.sent = true;
        match self.judge(failure).await {
            // Waited for outside the place, which others may use meanwhile.
            Next::Again(wait) => {
                self.slot.pause(wait, &self.tools.stop).await;
                Next::Again(Duration::ZERO)
            }
            end => end,
        }
    }

    fn notice(&self, notice: Notice) {
        if let Some(event) = Event::of(notice) {
            self.tools.tell(event);
        }
    }
}

/// Whether nothing goes on in a processor of this status.
pub(super) fn is_at_rest(status: &Status) -> bool {
    matches!(status, Status::Stopped | Status::Failed)
}
