//! Running a plan: the schedule says what may begin, tasks do it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{Id, JoinSet};
use tokio::time::Instant;

use super::execute::{Ended, Job, Tools, execute, is_at_rest};
use super::judge::{Effect, Failure};
use super::ledger::Ledger;
use super::look::Seen;
use super::preflight::{Preflight, preflight};
use super::prepare::{Prepared, prepare};
use super::recovery;
use super::schedule::{Early, End, Schedule, Step};
use super::slot::Slot;
use super::stop::Weight;
use super::target::Target;
use super::undo::{Undone, undo};
use super::verify::{Check, verify};
use super::{ApplyError, Event, Options, StopSignal};
use crate::aws::{Observer, Reader, Writer};
use crate::model::Status;
use crate::plan::{CallTally, Operation, Outcome, Plan};

/// Applies a plan.
///
/// Fails only where nothing was written to the service. Once the first call may
/// have begun there is always an outcome, which says what became of each
/// processor.
pub async fn apply(
    plan: &Plan,
    reader: &Reader,
    writer: &Writer,
    options: &Options<'_>,
    events: &dyn Fn(Event),
    stop: StopSignal,
) -> Result<Outcome, ApplyError> {
    let began = Instant::now();
    let before = reader.tally();
    let prepared = Arc::new(prepare(plan)?);
    check_place(plan, reader, options)?;

    let (sender, mut receiver) = unbounded_channel();
    let reader = &reader.observed_by(observer(sender.clone()));
    let reading = preflight(reader, &prepared, &stop, events);
    let Preflight { seen, ruled_out } = telling(&mut receiver, events, reading).await?;
    let mut schedule = Schedule::new(prepared.clone());
    for (subject, fate) in ruled_out {
        schedule.rule_out(subject, fate);
    }
    let mut interrupted = stop.signal();
    if interrupted.is_some() {
        schedule.end_early(Early::Stopped);
    }
    let deleted = prepared.subjects.iter().enumerate().filter_map(|(index, subject)| {
        let deletes = prepared.has(index, Operation::DeleteStreamProcessor);
        match seen.get(&index) {
            Some(Seen::Present(described)) if deletes && schedule.may_begin(index) => {
                Some((index, subject.name.as_str(), &described.processor))
            }
            _ => None,
        }
    });
    let recovery =
        recovery::save(&options.recovery, &plan.stack, options.now, options.write_toml, deleted)?;

    events(Event::Started { processors: plan.changes.len(), calls: plan.calls.len() });
    let tools = Tools {
        reader: reader.clone(),
        writer: writer.clone(),
        settle_timeout: options.settle_timeout,
        stop: stop.clone(),
        events: sender,
    };
    let statuses = seen.into_iter().filter_map(|(subject, seen)| match seen {
        Seen::Present(described) => Some((subject, described.fact.status)),
        Seen::Gone => None,
    });
    let mut driver = Driver {
        ledger: Ledger::new(prepared.subjects.len()),
        prepared: prepared.clone(),
        schedule,
        tools,
        statuses: statuses.collect(),
        last_seen: BTreeMap::new(),
        events,
        told: receiver,
        told_of: BTreeSet::new(),
    };
    let broken_off = driver.run(options.parallelism.max(1), stop.clone()).await;

    interrupted = interrupted.or(stop.signal());
    let Driver { schedule, ledger, .. } = driver;
    let (processors, removed) =
        ledger.close(&prepared, |subject| schedule.fate(subject), &recovery);
    let after = reader.tally();
    Ok(Outcome {
        processors,
        tally: CallTally {
            made: after.made - before.made,
            retried: after.retried - before.retried,
            throttled: after.throttled - before.throttled,
        },
        elapsed: began.elapsed(),
        interrupted,
        broken_off,
        removed,
    })
}

/// Tells of what happens to calls while it happens.
fn observer(sender: UnboundedSender<Event>) -> Observer {
    Observer::new(move |notice| {
        if let Some(event) = Event::of(notice) {
            // Nobody may be listening any more.
            let _ = sender.send(event);
        }
    })
}

/// Does work, and tells meanwhile what comes in.
async fn telling<T>(
    receiver: &mut UnboundedReceiver<Event>,
    events: &dyn Fn(Event),
    work: impl Future<Output = T>,
) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            biased;
            Some(event) = receiver.recv() => events(event),
            done = &mut work => return done,
        }
    }
}

/// A plan is only ever applied where it was made for.
fn check_place(plan: &Plan, reader: &Reader, options: &Options<'_>) -> Result<(), ApplyError> {
    let (expected, actual) = (&plan.stack.account_id, &options.identity.account_id);
    if expected != actual {
        let (expected, actual) = (expected.clone(), actual.clone());
        return Err(ApplyError::WrongAccount { expected, actual });
    }
    if plan.stack.region != reader.region() {
        let (expected, actual) = (plan.stack.region.clone(), reader.region().to_owned());
        return Err(ApplyError::WrongRegion { expected, actual });
    }
    Ok(())
}

struct Driver<'a> {
    prepared: Arc<Prepared>,
    schedule: Schedule,
    ledger: Ledger,
    tools: Tools,
    /// The status of each processor, as first read.
    statuses: BTreeMap<usize, Status>,
    /// What the last call of a processor saw at its end.
    last_seen: BTreeMap<usize, Seen>,
    events: &'a dyn Fn(Event),
    told: UnboundedReceiver<Event>,
    /// The processors that were told to be over.
    told_of: BTreeSet<usize>,
}

/// What a task brings back.
enum Report {
    Call(usize, Ended),
    Verified(usize, Result<(), Failure>),
    Undone(usize, Undone),
}

impl Driver<'_> {
    /// Runs until nothing is left to do. Says whether work was broken off.
    async fn run(&mut self, parallelism: usize, mut stop: StopSignal) -> bool {
        let slots = Arc::new(Semaphore::new(parallelism));
        let mut tasks: JoinSet<Report> = JoinSet::new();
        let mut steps: HashMap<Id, Step> = HashMap::new();
        self.tell_decided();
        let mut interrupted = stop.is_set();
        while self.schedule.has_next() || self.schedule.is_running() {
            tokio::select! {
                // What ended comes first, so that it is known before more begins.
                biased;
                () = stop.changed() => {
                    if stop.is_abort() {
                        break;
                    }
                    if let Some(signal) = stop.signal().filter(|_| !interrupted) {
                        interrupted = true;
                        self.schedule.end_early(Early::Stopped);
                        (self.events)(Event::Stopping { signal });
                    }
                }
                Some(event) = self.told.recv() => (self.events)(event),
                Some(ended) = tasks.join_next_with_id() => match ended {
                    Ok((id, report)) => {
                        steps.remove(&id);
                        self.take(report);
                    }
                    Err(panic) => {
                        if let Some(step) = steps.remove(&panic.id()) {
                            self.panicked(step);
                        }
                    }
                },
                Ok(permit) = slots.clone().acquire_owned(), if self.schedule.has_next() => {
                    if let Some(step) = self.schedule.next() {
                        let id = self.begin(step, Slot::new(slots.clone(), permit), &mut tasks);
                        steps.insert(id, step);
                    }
                }
            }
            self.tell_decided();
        }
        let broken_off = !tasks.is_empty() || self.schedule.has_next();
        tasks.shutdown().await;
        while let Ok(event) = self.told.try_recv() {
            (self.events)(event);
        }
        if broken_off {
            self.schedule.end_early(Early::Stopped);
            for unit in self.schedule.units_to_undo() {
                self.ledger.undoing_broken_off(&self.prepared, unit);
            }
            (0..self.prepared.subjects.len()).for_each(|subject| self.tell_over(subject));
        }
        broken_off
    }

    /// A mistake in rekon ended a step. What it did is unknown; what others do
    /// goes on to its end, and nothing more begins.
    fn panicked(&mut self, step: Step) {
        self.schedule.end_early(Early::Broken);
        let failure = Failure {
            reason: "a mistake in rekon broke this off; what became of it is unknown".to_owned(),
            help: Some("Plan again to see where it is, and please report this".to_owned()),
            effect: Effect::Unknown,
        };
        match step {
            Step::Call(call) => {
                let ended = Ended { end: End::Failed(failure), made: false, seen: None };
                self.take(Report::Call(call, ended));
            }
            Step::Verify(subject) => self.take(Report::Verified(subject, Err(failure))),
            Step::Undo { unit, .. } => {
                self.ledger.undoing_broken_off(&self.prepared, unit);
                self.schedule.undone(unit);
            }
        }
    }

    /// Starts a task for a step.
    fn begin(&mut self, step: Step, mut slot: Slot, tasks: &mut JoinSet<Report>) -> Id {
        let prepared = self.prepared.clone();
        let tools = self.tools.clone();
        let task = match step {
            Step::Call(call) => {
                let subject = prepared.calls[call].subject;
                self.ledger.begins(subject, prepared.calls[call].operation);
                let weight = match self.schedule.must_finish(call) {
                    true => Weight::Grave,
                    false => Weight::Light,
                };
                let status = self.statuses.get(&subject).cloned();
                tasks.spawn(async move {
                    let job = job(&prepared, call, weight, status);
                    Report::Call(call, execute(&tools, &mut slot, &job).await)
                })
            }
            Step::Verify(subject) => {
                let seen = self.last_seen.remove(&subject);
                tasks.spawn(async move {
                    let with_tags = prepared.sets_tags(subject);
                    let check = Check { subject: &prepared.subjects[subject], with_tags, seen };
                    Report::Verified(subject, verify(&tools, &mut slot, check).await)
                })
            }
            Step::Undo { unit, call } => {
                for undo in &prepared.calls[call].undo {
                    self.ledger.begins(undo.subject, undo.request.operation());
                }
                tasks.spawn(async move {
                    Report::Undone(unit, undo(&tools, &mut slot, &prepared, unit, call).await)
                })
            }
        };
        task.id()
    }

    /// Takes note of what a task brings back.
    fn take(&mut self, report: Report) {
        match report {
            Report::Call(call, ended) => {
                let planned = &self.prepared.calls[call];
                self.ledger.ended(planned.subject, planned.operation, &ended);
                if ended.end == End::Done {
                    (self.events)(Event::CallDone {
                        processor: self.prepared.subjects[planned.subject].name.clone(),
                        operation: planned.operation,
                    });
                    if !ended.made {
                        let note =
                            format!("{} was not needed any more", planned.operation.as_str());
                        self.ledger.note(planned.subject, note);
                    }
                }
                match ended.seen {
                    Some(seen) => self.last_seen.insert(planned.subject, seen),
                    None => self.last_seen.remove(&planned.subject),
                };
                self.schedule.call_ended(call, ended.end);
            }
            Report::Verified(subject, result) => self.schedule.verified(subject, result),
            Report::Undone(unit, undone) => {
                self.ledger.undone(&self.prepared, &undone);
                self.schedule.undone(unit);
            }
        }
    }

    /// Tells of the processors whose part is over.
    fn tell_decided(&mut self) {
        for subject in self.schedule.newly_decided() {
            self.tell_over(subject);
        }
    }

    /// Tells that a processor's part is over, once.
    fn tell_over(&mut self, subject: usize) {
        if self.told_of.insert(subject) {
            (self.events)(Event::ProcessorDone {
                name: self.prepared.subjects[subject].name.clone(),
                fate: self.schedule.fate(subject),
                done: self.told_of.len(),
                total: self.prepared.subjects.len(),
            });
        }
    }
}

/// A call with what its plan says around it.
fn job(prepared: &Prepared, call: usize, weight: Weight, status: Option<Status>) -> Job<'_> {
    let planned = &prepared.calls[call];
    let subject = &prepared.subjects[planned.subject];
    let earlier = |operation: Operation| {
        subject
            .calls
            .iter()
            .take_while(|other| **other != call)
            .any(|other| prepared.calls[*other].operation == operation)
    };
    let stopped = earlier(Operation::StopStreamProcessor);
    Job {
        request: &planned.request,
        target: match &subject.target {
            Target::Holds(target) => Some(target),
            Target::Gone => None,
        },
        stale: subject.expect.as_ref().filter(|_| earlier(Operation::DeleteStreamProcessor)),
        was_so: false,
        // A delete that was not sent yet is never sent after being asked to stop.
        may_hold: weight == Weight::Light || planned.operation == Operation::DeleteStreamProcessor,
        weight,
        follows_delete: earlier(Operation::DeleteStreamProcessor) || !planned.after.is_empty(),
        just_created: earlier(Operation::CreateStreamProcessor),
        unsettled: status.filter(|status| !stopped && !is_at_rest(status)),
    }
}
