//! Making one call: sent, settled, and its effect known.

use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use super::judge::{Effect, Evidence, Failure, evidence};
use super::look::{Blind, Seen};
use super::schedule::End;
use super::settle::{Cut, Patience, Settled, wait_until};
use super::slot::Slot;
use super::{Event, StopSignal};
use crate::aws::{Attempt, Class, Error, Reader, Request, Writer};
use crate::model::{Processor, Status};
use crate::plan::Operation;

/// How long a name or a stream may be taken where nothing was deleted for it.
const TAKEN_LIMIT: Duration = Duration::from_secs(30);
/// How long a face search may still show as running before a delete that comes
/// after its stop.
const RUNNING_LIMIT: Duration = Duration::from_secs(15);
/// How long a processor that was just created may stay invisible.
pub(super) const UNSEEN_LIMIT: Duration = Duration::from_secs(60);
/// How long a failure from before a start may still show.
const STALE_FAILURE_LIMIT: Duration = Duration::from_secs(3);
/// How long a start may not show at all.
const UNSTARTED_LIMIT: Duration = Duration::from_secs(30);

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
    /// Once sent, the call is waited for even when asked to stop.
    pub(super) must_finish: bool,
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
        failures: 0,
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
    failures: u32,
    patience: Patience,
}

/// What to do after an attempt.
enum Next {
    Again(Option<Duration>),
    End(Ended),
}

impl Run<'_> {
    async fn whole(&mut self) -> Ended {
        if let Some(ended) = self.wait_for_rest().await {
            return ended;
        }
        self.patience = Patience::new(self.tools.settle_timeout);
        loop {
            if self.tools.stop.is_set() && self.job.may_hold && !self.doubt {
                return Ended { end: End::HeldBack, made: false, seen: None };
            }
            let attempt = if self.sent { Attempt::Again } else { Attempt::First };
            let may_hold = self.job.may_hold && !self.doubt;
            let hold = async {
                if may_hold {
                    self.tools.stop.stopped().await;
                } else {
                    std::future::pending().await
                }
            };
            let Some(answer) = self.tools.writer.send(self.job.request, attempt, hold).await else {
                continue;
            };
            self.sent = true;
            let next = match answer {
                Ok(()) => return self.settle(None).await,
                Err(error) => self.judge(error).await,
            };
            match next {
                Next::End(ended) => return ended,
                Next::Again(Some(wait)) => self.slot.pause(wait, &self.tools.stop).await,
                Next::Again(None) => self.patience.pause(self.slot, &self.tools.stop).await,
            }
        }
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
        let cut = if self.job.may_hold { Cut::AtOnce } else { Cut::Never };
        let name = self.name().to_owned();
        let rested = wait_until(self.tools, self.slot, &name, cut, |seen| match seen {
            Seen::Gone => Some(()),
            Seen::Present(described) => is_at_rest(&described.fact.status).then_some(()),
        });
        match rested.await {
            Settled::Came(()) => None,
            Settled::Cut(_) => Some(Ended { end: End::HeldBack, made: false, seen: None }),
            Settled::Late(seen) => Some(self.late(&seen, Effect::None)),
            Settled::Blind(blind) => Some(self.failed(blind.reason, blind.help, Effect::None)),
        }
    }

    /// Decides what an answer that is no success means.
    async fn judge(&mut self, error: Error) -> Next {
        match error.class() {
            Class::Unavailable => {
                self.doubt = true;
                self.failures += 1;
                self.read_and_judge(error, true).await
            }
            Class::Unreachable => {
                self.failures += 1;
                if self.failures < self.tools.writer.attempts(&error) {
                    return Next::Again(Some(self.tools.writer.backoff(self.failures - 1)));
                }
                let effect = if self.doubt { Effect::Unknown } else { Effect::None };
                Next::End(self.failed_of(&error, effect))
            }
            Class::InUse => self.busy(error).await,
            Class::NotFound => self.missing(error).await,
            _ if self.doubt => self.read_and_judge(error, false).await,
            _ => Next::End(self.failed_of(&error, Effect::None)),
        }
    }

    /// Reads whether the call took effect after all.
    async fn read_and_judge(&mut self, error: Error, may_retry: bool) -> Next {
        let retry = may_retry && self.failures < self.tools.writer.attempts(&error);
        let again = || Next::Again(Some(self.tools.writer.backoff(self.failures.max(1) - 1)));
        match evidence(&self.tools.reader, self.job.request, self.job.target).await {
            // It may be there and not show yet: only an accepted delete is one.
            Ok(Evidence::Took(Seen::Gone)) if self.may_be_unseen() => Next::Again(None),
            Ok(Evidence::Took(seen)) => {
                self.others = self.job.was_so;
                Next::End(self.settle(Some(seen)).await)
            }
            Ok(Evidence::Contradicts(seen)) if !self.is_stale(&seen) => {
                Next::End(self.contradicted(seen))
            }
            Ok(Evidence::Not(_) | Evidence::Contradicts(_)) if retry => again(),
            Ok(Evidence::Not(_) | Evidence::Contradicts(_)) => {
                Next::End(self.failed_of(&error, Effect::None))
            }
            Err(_) if retry => again(),
            Err(Blind { reason, .. }) => {
                let reason = format!(
                    "{}; whether it took effect could not be read: {reason}",
                    error.reason()
                );
                Next::End(self.failed(reason, error.help(), Effect::Unknown))
            }
        }
    }

    /// The service says that the processor, its name or its stream is in use.
    async fn busy(&mut self, error: Error) -> Next {
        let seen = match evidence(&self.tools.reader, self.job.request, self.job.target).await {
            Ok(Evidence::Took(seen)) => {
                self.others = !self.doubt || self.job.was_so;
                return Next::End(self.settle(Some(seen)).await);
            }
            Ok(Evidence::Contradicts(seen)) if !self.is_stale(&seen) => {
                return Next::End(self.contradicted(seen));
            }
            Ok(Evidence::Not(seen) | Evidence::Contradicts(seen)) => seen,
            Err(Blind { reason, help, .. }) => {
                let effect = if self.doubt { Effect::Unknown } else { Effect::None };
                return Next::End(self.failed(reason, help, effect));
            }
        };
        let running = matches!(&seen, Seen::Present(described)
            if described.fact.status == Status::Running);
        let limit = match self.operation() {
            Operation::CreateStreamProcessor if !self.job.follows_delete && !self.doubt => {
                TAKEN_LIMIT
            }
            Operation::DeleteStreamProcessor if running => RUNNING_LIMIT,
            _ => self.tools.settle_timeout,
        };
        if self.patience.elapsed() >= limit.min(self.tools.settle_timeout) {
            let effect = if self.doubt { Effect::Unknown } else { Effect::None };
            let mut failure = self.failed_of(&error, effect);
            if let End::Failed(failure) = &mut failure.end {
                let seconds = self.patience.elapsed().as_secs();
                failure.reason =
                    format!("{} (for {seconds} s; it is {})", failure.reason, seen.status());
            }
            return Next::End(failure);
        }
        self.tools.tell(Event::Waiting {
            processor: self.name().to_owned(),
            status: seen.status().to_owned(),
        });
        Next::Again(None)
    }

    /// The service says that there is no such processor.
    async fn missing(&mut self, error: Error) -> Next {
        match self.operation() {
            _ if self.may_be_unseen() => Next::Again(None),
            Operation::DeleteStreamProcessor => {
                let made = self.doubt && !self.job.was_so;
                Next::End(Ended { end: End::Done, made, seen: Some(Seen::Gone) })
            }
            _ => Next::End(self.failed_of(&error, Effect::None)),
        }
    }

    /// Whether the processor was created so lately that it may not show yet.
    fn may_be_unseen(&self) -> bool {
        self.job.just_created && self.patience.elapsed() < UNSEEN_LIMIT
    }

    /// The call took effect: waits for what it implies.
    async fn settle(&mut self, seen: Option<Seen>) -> Ended {
        match self.operation() {
            Operation::StopStreamProcessor => self.settle_stop().await,
            Operation::DeleteStreamProcessor => self.settle_delete(seen).await,
            Operation::StartStreamProcessor => self.settle_start().await,
            Operation::CreateStreamProcessor
            | Operation::UpdateStreamProcessor
            | Operation::TagResource
            | Operation::UntagResource => Ended { end: End::Done, made: !self.others, seen: None },
        }
    }

    async fn settle_stop(&mut self) -> Ended {
        let name = self.name().to_owned();
        let stopped = wait_until(self.tools, self.slot, &name, Cut::AtOnce, |seen| match seen {
            Seen::Gone => Some(seen.clone()),
            Seen::Present(described) => is_at_rest(&described.fact.status).then(|| seen.clone()),
        });
        match stopped.await {
            Settled::Came(Seen::Gone) => {
                self.failed("it was deleted meanwhile".to_owned(), None, Effect::Taken)
            }
            Settled::Came(seen) | Settled::Cut(seen) => self.done(seen),
            Settled::Late(seen) => self.late(&seen, Effect::Taken),
            Settled::Blind(blind) => self.failed(blind.reason, blind.help, Effect::Taken),
        }
    }

    async fn settle_delete(&mut self, seen: Option<Seen>) -> Ended {
        if seen == Some(Seen::Gone) {
            return self.done(Seen::Gone);
        }
        let cut = if self.job.must_finish { Cut::Never } else { Cut::Soon };
        let name = self.name().to_owned();
        let gone = wait_until(self.tools, self.slot, &name, cut, |seen| {
            (*seen == Seen::Gone).then_some(())
        });
        match gone.await {
            Settled::Came(()) => self.done(Seen::Gone),
            Settled::Late(seen) | Settled::Cut(seen) => {
                let reason = format!("the delete was accepted, but it is still {}", seen.status());
                self.failed(reason, None, Effect::Taken)
            }
            Settled::Blind(blind) => self.failed(blind.reason, blind.help, Effect::Taken),
        }
    }

    async fn settle_start(&mut self) -> Ended {
        let began = Patience::new(self.tools.settle_timeout);
        let name = self.name().to_owned();
        let started = wait_until(self.tools, self.slot, &name, Cut::AtOnce, |seen| {
            let over = |limit| began.elapsed() >= limit;
            match seen {
                Seen::Gone => over(UNSEEN_LIMIT).then(|| seen.clone()),
                Seen::Present(described) => match described.fact.status {
                    Status::Running => Some(seen.clone()),
                    Status::Failed => over(STALE_FAILURE_LIMIT).then(|| seen.clone()),
                    Status::Stopped => over(UNSTARTED_LIMIT).then(|| seen.clone()),
                    _ => None,
                },
            }
        });
        let help = "Mend what the service names, then start it: plan and apply again";
        match started.await {
            Settled::Came(Seen::Present(described)) => match described.fact.status {
                Status::Running => self.done(Seen::Present(described)),
                ref status => {
                    let message =
                        described.fact.status_message.as_deref().unwrap_or("no reason given");
                    let reason = format!("started, but it is {}: {message}", status.as_str());
                    self.failed(reason, Some(help.to_owned()), Effect::Taken)
                }
            },
            Settled::Came(Seen::Gone) => {
                self.failed("started, but it does not exist".to_owned(), None, Effect::Taken)
            }
            Settled::Cut(seen) => self.done(seen),
            Settled::Late(seen) => self.late(&seen, Effect::Taken),
            Settled::Blind(blind) => self.failed(blind.reason, blind.help, Effect::Taken),
        }
    }

    /// Whether what shows is what was deleted before.
    fn is_stale(&self, seen: &Seen) -> bool {
        match (seen, self.job.stale) {
            (Seen::Present(described), Some(stale)) => {
                super::target::same_definition(stale, &described.processor)
            }
            _ => false,
        }
    }

    fn done(&self, seen: Seen) -> Ended {
        Ended { end: End::Done, made: !self.others, seen: Some(seen) }
    }

    fn contradicted(&self, seen: Seen) -> Ended {
        let failure = Failure {
            reason: "a stream processor of this name is there with another definition".to_owned(),
            help: Some("Plan again to see how it differs".to_owned()),
            effect: Effect::None,
        };
        Ended { end: End::Failed(failure), made: false, seen: Some(seen) }
    }

    fn late(&self, seen: &Seen, effect: Effect) -> Ended {
        let seconds = self.tools.settle_timeout.as_secs();
        let reason = format!("still {} after {seconds} s", seen.status());
        let help = "Wait until it settles, or give it longer with --settle-timeout";
        self.failed(reason, Some(help.to_owned()), effect)
    }

    fn failed_of(&self, error: &Error, effect: Effect) -> Ended {
        let reason = match error.request_id() {
            Some(id) => format!("{} (request {id})", error.reason()),
            None => error.reason(),
        };
        self.failed(reason, error.help(), effect)
    }

    fn failed(&self, reason: String, help: Option<String>, effect: Effect) -> Ended {
        let made = effect == Effect::Taken && !self.others;
        Ended { end: End::Failed(Failure { reason, help, effect }), made, seen: None }
    }
}

/// Whether nothing goes on in a processor of this status.
pub(super) fn is_at_rest(status: &Status) -> bool {
    matches!(status, Status::Stopped | Status::Failed)
}
