//! Making one call: sent, settled, and its effect known.

mod answer;
mod gate;
mod settling;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use super::journal::{Journal, Record};
use super::observe::{Blind, Observed};
use super::permit::Permit;
use super::poll::{Cut, Patience, Settled, wait_until};
use super::prepare::Subject;
use super::recovery::Recoveries;
use super::schedule::{CallFailure, End, Held};
use super::stop::Stake;
use super::{Event, StopSignal};
use crate::aws::{self, Caller, Error, Failure, Next, Notice, Reader, Request, Writer};
use crate::model::{Definition, Status};
use crate::plan::{Answer, CallEffect, Operation, Reason, Role, Sent};

pub(super) use gate::Gate;

/// How long a processor that was just created may stay invisible.
pub(super) const UNSEEN_LIMIT: Duration = Duration::from_secs(60);

/// How long creating what was deleted is tried at the least, and everything else
/// that brings it back.
pub(super) const OWED_PATIENCE: Duration = Duration::from_mins(15);

/// What every step works with.
#[derive(Clone, Debug)]
pub(super) struct Tools {
    pub(super) reader: Reader,
    pub(super) writer: Writer,
    pub(super) settle_timeout: Duration,
    pub(super) stop: StopSignal,
    pub(super) events: UnboundedSender<Event>,
    pub(super) gate: Gate,
    /// Where what is deleted is safe.
    pub(super) recoveries: Arc<Recoveries>,
    /// The trace of the run, where it does anything.
    pub(super) journal: Option<Arc<Journal>>,
}

impl Tools {
    /// Reads, but not for long once asked to stop.
    pub(super) async fn read<T>(
        &self,
        stake: Stake,
        reading: impl Future<Output = Result<T, Blind>>,
    ) -> Result<T, Blind> {
        self.stop.in_time(stake, reading).await.unwrap_or_else(|| {
            let message = "the service did not answer before the run ended";
            Err(Blind { answer: Answer::new(message, None), error: None })
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
    /// The planned call; of a fallback, the one whose failure it is for.
    pub(super) id: &'a str,
    pub(super) request: &'a Request,
    pub(super) subject: &'a Subject,
    pub(super) purpose: Purpose<'a>,
    /// What hangs on the call when the run is asked to stop.
    pub(super) stake: Stake,
    /// What was done to the processor's group in this run before.
    pub(super) earlier: Earlier,
    /// The status, as last read before; `None`: of no interest, or settled.
    pub(super) unsettled: Option<Status>,
}

/// What a call is made for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Purpose<'a> {
    /// The plan lists it.
    Planned,
    /// It puts an old processor back. What is withdrawn on the way is this.
    Restore { withdrawn: Option<&'a Definition>, already: Already },
}

/// Whether what a call is for showed before it was sent, so that finding it
/// there is no sign of the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Already {
    Perhaps,
    NotSo,
}

/// What was done before in the same run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Earlier {
    /// The processor was stopped.
    pub(super) stopped: bool,
    /// The processor was deleted, and may still show.
    pub(super) deleted: bool,
    /// The processor was created, and may not show yet.
    pub(super) created: bool,
    /// Something was deleted, so that a name or a stream may be taken for some time.
    pub(super) released: bool,
}

/// How a call went.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) end: End,
    pub(super) credit: Credit,
    /// What was seen of the processor at the very end.
    pub(super) observed: Option<Observed>,
}

impl Ended {
    /// What the call did to the service.
    pub(super) fn effect(&self) -> CallEffect {
        match &self.end {
            End::HeldBack(_) => CallEffect::None,
            End::Failed(failure) if failure.effect != CallEffect::Taken => failure.effect,
            End::Done | End::Failed(_) => match self.credit {
                Credit::Own => CallEffect::Taken,
                Credit::Others => CallEffect::Others,
                Credit::Unclear => CallEffect::Unknown,
            },
        }
    }
}

/// Whose doing it is that everything is as a call would have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Credit {
    Own,
    Others,
    Unclear,
}

/// Makes a call and waits for what it implies: a stop until it is stopped, a
/// delete until it is gone, a start until it runs.
pub(super) async fn execute(tools: &Tools, permit: &mut Permit, job: &Job<'_>) -> Ended {
    let mut run = Run {
        tools,
        permit,
        job,
        sent: Sent::Never,
        credit: Credit::Own,
        noted: false,
        stream_taken: None,
        patience: Patience::new(Duration::ZERO),
    };
    if let Some(ended) = run.wait_for_rest().await {
        return ended;
    }
    run.patience = Patience::new(run.limit());
    let ended = match tools.writer.send(job.request, &mut run).await {
        aws::Sent::Answered(()) => run.settle(None).await,
        aws::Sent::Held if run.may_hold() => run.held_back(Held::Stopped),
        aws::Sent::Held => run.out_of_time(),
        aws::Sent::Ended(ended) => ended,
    };
    if let Some(journal) = tools.journal.as_ref().filter(|_| run.noted) {
        // What came of it can be read from the service, so that a full disk does
        // no harm here.
        let _ = journal.note(&job.ended(&ended));
    }
    ended
}

/// One call under way.
struct Run<'a> {
    tools: &'a Tools,
    permit: &'a mut Permit,
    job: &'a Job<'a>,
    sent: Sent,
    credit: Credit,
    /// It is in the journal that the call is sent.
    noted: bool,
    /// Since when somebody else holds a stream that the call takes.
    stream_taken: Option<Instant>,
    patience: Patience,
}

impl Caller for Run<'_> {
    type End = Ended;

    async fn hold(&self) {
        match self.may_hold() {
            true => self.tools.stop.stopped().await,
            false => self.tools.stop.over(self.job.stake).await,
        }
    }

    async fn cut(&self) {
        self.tools.stop.too_late(self.job.stake).await;
    }

    async fn ready(&mut self) -> Option<Ended> {
        if self.tools.stop.is_set() && self.may_hold() {
            return Some(self.held_back(Held::Stopped));
        }
        if let Some(ended) = self.pass_gate().await {
            return Some(ended);
        }
        self.note().err()
    }

    async fn decide(&mut self, failure: Failure) -> Next<Ended> {
        if self.sent == Sent::Never {
            self.sent = Sent::Refused;
        }
        match self.judge(failure).await {
            // Waited for without the permit, which others may use meanwhile.
            Next::Again(wait) => {
                self.permit.pause(wait, &self.tools.stop).await;
                Next::Again(Duration::ZERO)
            }
            end @ Next::End(_) => end,
        }
    }

    fn notice(&self, notice: Notice) {
        self.tools.tell(Event::Delayed(notice));
    }
}

impl Job<'_> {
    fn role(&self) -> Role {
        match self.purpose {
            Purpose::Planned => Role::Planned,
            Purpose::Restore { .. } => Role::Fallback,
        }
    }

    fn sending(&self) -> Record {
        Record::Sending {
            call: self.id.to_owned(),
            role: self.role(),
            processor: self.subject.name.clone(),
            operation: self.request.operation(),
        }
    }

    fn ended(&self, ended: &Ended) -> Record {
        Record::Ended {
            call: self.id.to_owned(),
            role: self.role(),
            processor: self.subject.name.clone(),
            operation: self.request.operation(),
            effect: ended.effect(),
            settled: ended.end == End::Done,
        }
    }
}

impl Run<'_> {
    /// Notes on the disk that the call is sent. What cannot be noted is not begun,
    /// but what is owed is brought back all the same.
    fn note(&mut self) -> Result<(), Ended> {
        let Some(journal) = self.tools.journal.as_ref().filter(|_| !self.noted) else {
            return Ok(());
        };
        match journal.note(&self.job.sending()) {
            Err(error) if self.job.stake == Stake::Free => {
                let path = journal.path().display().to_string();
                let reason = Reason::Unrecorded { path, error: error.to_string() };
                Err(self.failed(reason, CallEffect::None))
            }
            noted => {
                self.noted = noted.is_ok();
                Ok(())
            }
        }
    }

    /// Whether being asked to stop keeps the call from being sent. What may have
    /// taken effect is followed to its end.
    fn may_hold(&self) -> bool {
        self.job.stake == Stake::Free && self.sent != Sent::Unanswered
    }

    /// How long the call and what it implies may take.
    fn limit(&self) -> Duration {
        match self.job.stake {
            Stake::Free => self.tools.settle_timeout,
            Stake::Owed => OWED_PATIENCE,
        }
    }

    /// When being asked to stop ends the waits of the call.
    fn cut(&self) -> Cut {
        match self.job.stake {
            Stake::Free => Cut::AtOnce,
            Stake::Owed => Cut::After(Stake::Owed),
        }
    }

    fn operation(&self) -> Operation {
        self.job.request.operation()
    }

    fn name(&self) -> &str {
        self.job.request.processor()
    }

    /// What a failure leaves behind, as far as is known.
    fn effect(&self) -> CallEffect {
        match self.sent {
            Sent::Unanswered => CallEffect::Unknown,
            Sent::Never | Sent::Refused => CallEffect::None,
        }
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
        let until = (self.cut(), Patience::new(self.limit()));
        let name = self.name().to_owned();
        let rested = wait_until(self.tools, self.permit, &name, until, |observed| match observed {
            Observed::Gone => Some(()),
            Observed::Present(live) => live.status.is_at_rest().then_some(()),
        });
        match rested.await {
            Settled::Came(()) => None,
            Settled::Cut(_) if self.may_hold() => Some(self.held_back(Held::Stopped)),
            Settled::Cut(_) => Some(self.out_of_time()),
            Settled::Late(observed) => Some(self.late(&observed, CallEffect::None)),
            Settled::Blind(_) if self.may_hold() && self.tools.stop.is_set() => {
                Some(self.held_back(Held::Stopped))
            }
            Settled::Blind(blind) => {
                Some(self.failed(Reason::Unread(blind.answer), CallEffect::None))
            }
        }
    }

    fn held_back(&self, held: Held) -> Ended {
        Ended { end: End::HeldBack(held), credit: Credit::Own, observed: None }
    }

    fn done(&self, observed: Option<Observed>) -> Ended {
        Ended { end: End::Done, credit: self.credit, observed }
    }

    fn late(&self, observed: &Observed, effect: CallEffect) -> Ended {
        let seconds = self.limit().as_secs();
        let status = observed.status().to_owned();
        self.failed(Reason::Unsettled { status, seconds }, effect)
    }

    /// There is no time left to go on with the call.
    fn out_of_time(&self) -> Ended {
        self.failed(Reason::OutOfTime(self.sent), self.effect())
    }

    fn failed_of(&self, error: &Error, effect: CallEffect) -> Ended {
        self.failed(Reason::Answer(answer(error)), effect)
    }

    fn failed(&self, reason: Reason, effect: CallEffect) -> Ended {
        let end = End::Failed(CallFailure { reason, effect });
        Ended { end, credit: self.credit, observed: None }
    }
}

/// What the service, or the way to it, said.
fn answer(error: &Error) -> Answer {
    Answer {
        request_id: error.request_id().map(str::to_owned),
        ..Answer::new(error.reason(), error.help())
    }
}
