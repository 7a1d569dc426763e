//! Running a plan: the schedule says what may begin, tasks do it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::{Id, JoinSet};
use tokio::time::Instant;

use super::execute::{Credit, Earlier, Ended, Gate, Job, Purpose, Tools, execute};
use super::journal::{Journal, Record};
use super::ledger::{Closed, Entered, Ledger};
use super::observe::{Observed, WithTags};
use super::permit::Permit;
use super::preflight::{Preflight, preflight};
use super::prepare::{Prepared, prepare};
use super::recovery;
use super::rollback::{RolledBack, roll_back};
use super::schedule::{CallFailure, Early, End, Schedule, Step};
use super::stop::Stake;
use super::verify::{Check, verify};
use super::{ApplyError, Event, Options, StopSignal};
use crate::aws::{Observer, Reader, Writer};
use crate::model::Status;
use crate::plan::{
    CallEffect, CallTally, Note, Operation, Outcome, Plan, ProcessorOutcome, Reason, Removed, Role,
};

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

    let (sender, mut told) = unbounded_channel();
    let observer = sender.clone();
    let reader = reader.of_account(&plan.stack.account_id);
    let reader = &reader.observed_by(Observer::new(move |notice| {
        // Nobody may be listening any more.
        let _ = observer.send(Event::Delayed(notice));
    }));
    let reading = std::pin::pin!(preflight(reader, &prepared, options.known, &stop, events));
    let Preflight { observed, ruled_out } = while_telling(&mut told, events, reading).await?;
    let parallelism = options.parallelism.max(1);
    let mut schedule = Schedule::new(prepared.clone(), parallelism);
    for (subject, fate) in ruled_out {
        schedule.rule_out(subject, fate);
    }
    if stop.is_set() {
        schedule.end_early(Early::Stopped);
    }
    let deleted = prepared.subjects.iter().enumerate().filter_map(|(index, subject)| {
        let deletes = prepared.has(index, Operation::DeleteStreamProcessor);
        match observed.get(&index) {
            Some(Observed::Present(live)) if deletes && schedule.may_begin(index) => {
                Some((subject.name.as_str(), &live.definition))
            }
            _ => None,
        }
    });
    let recoveries = Arc::new(recovery::save(options, &plan.stack, deleted)?);

    events(Event::Started { processors: plan.changes.len(), calls: plan.calls.len() });
    let tools = Tools {
        reader: reader.clone(),
        writer: writer.clone(),
        settle_timeout: options.settle_timeout,
        stop: stop.clone(),
        events: sender,
        gate: Gate::new(),
        recoveries: recoveries.clone(),
        journal: match schedule.has_next() {
            true => Some(Arc::new(begin_journal(plan, &prepared, options)?)),
            false => None,
        },
    };
    let statuses = observed.into_iter().filter_map(|(subject, observed)| match observed {
        Observed::Present(live) => Some((subject, live.status)),
        Observed::Gone => None,
    });
    let mut executor = Executor {
        ledger: Ledger::new(prepared.subjects.len()),
        prepared: prepared.clone(),
        schedule,
        tools,
        statuses: statuses.collect(),
        last_observed: BTreeMap::new(),
        events,
        told,
        told_of: BTreeSet::new(),
    };
    let journal = executor.tools.journal.clone();
    let broken_off = executor.run(parallelism, stop.clone()).await;

    let Executor { schedule, ledger, .. } = executor;
    let fate = |subject| schedule.fate(subject);
    let Closed { processors, calls, removed } = ledger.close(&prepared, fate, &recoveries);
    let owed = owed_of(&processors, &removed);
    // The report says the same, and a journal that does not end is told later.
    if let Some(journal) = journal {
        let _ = journal.note(&Record::Closed { owed });
    }
    let after = reader.tally();
    Ok(Outcome {
        processors,
        calls,
        tally: CallTally {
            made: after.made - before.made,
            reads: after.reads - before.reads,
            retried: after.retried - before.retried,
            throttled: after.throttled - before.throttled,
        },
        elapsed: began.elapsed(),
        interrupted: stop.signal(),
        broken_off,
        removed,
    })
}

/// Does something while telling what is told meanwhile.
async fn while_telling<T>(
    told: &mut UnboundedReceiver<Event>,
    events: &dyn Fn(Event),
    mut work: Pin<&mut impl Future<Output = T>>,
) -> T {
    loop {
        tokio::select! {
            biased;
            Some(event) = told.recv() => events(event),
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

/// Begins the run's journal with what it may take away.
fn begin_journal(
    plan: &Plan,
    prepared: &Prepared,
    options: &Options<'_>,
) -> Result<Journal, ApplyError> {
    let takes_away = |index: &usize| {
        prepared.has(*index, Operation::DeleteStreamProcessor)
            || prepared.has(*index, Operation::StopStreamProcessor)
    };
    let processors = (0..prepared.subjects.len()).filter(takes_away).filter_map(|index| {
        let subject = &prepared.subjects[index];
        Some((subject.name.as_str(), subject.expect.as_ref()?, subject.result.as_ref()))
    });
    Journal::begin(options, plan, processors)
        .map_err(|(path, source)| ApplyError::Journal { path, source })
}

/// What a run that ended leaves to be brought back: what is gone, or stopped.
fn owed_of(processors: &[ProcessorOutcome], removed: &[Removed]) -> Vec<String> {
    let stopped = |processor: &&ProcessorOutcome| {
        processor.notes.iter().any(|note| matches!(note, Note::Stopped { .. }))
    };
    let gone = removed.iter().filter(|removed| !removed.planned).map(|removed| &removed.name);
    let stopped = processors.iter().filter(stopped).map(|processor| &processor.name);
    gone.chain(stopped).cloned().collect()
}

struct Executor<'a> {
    prepared: Arc<Prepared>,
    schedule: Schedule,
    ledger: Ledger,
    tools: Tools,
    /// The status of each processor, as first read.
    statuses: BTreeMap<usize, Status>,
    /// What the last call of a processor saw at its end.
    last_observed: BTreeMap<usize, Observed>,
    events: &'a dyn Fn(Event),
    told: UnboundedReceiver<Event>,
    /// The processors that were told to be over.
    told_of: BTreeSet<usize>,
}

/// What a task brings back.
enum Report {
    Call(usize, Ended),
    Verified(usize, Result<(), Reason>),
    RolledBack { group: usize, call: usize, back: RolledBack },
}

impl Executor<'_> {
    /// Runs until nothing is left to do. Says whether work was broken off.
    async fn run(&mut self, parallelism: usize, mut stop: StopSignal) -> bool {
        let permits = Arc::new(Semaphore::new(parallelism));
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
                Ok(permit) = permits.clone().acquire_owned(), if self.schedule.has_next() => {
                    if let Some(step) = self.schedule.next() {
                        let id = self.begin(step, Permit::new(permits.clone(), permit), &mut tasks);
                        steps.insert(id, step);
                    }
                }
            }
            if self.schedule.is_gate_shut() {
                self.tools.gate.shut();
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
            for group in self.schedule.groups_to_roll_back() {
                self.ledger.rollback_broken_off(&self.prepared, group);
            }
            (0..self.prepared.subjects.len()).for_each(|subject| self.tell_over(subject));
        }
        broken_off
    }

    /// A mistake in rekon ended a step. What it did is unknown; what others do
    /// goes on to its end, and nothing more begins.
    fn panicked(&mut self, step: Step) {
        self.schedule.end_early(Early::Broken);
        match step {
            Step::Call(call) => {
                let failure = CallFailure { reason: Reason::Broken, effect: CallEffect::Unknown };
                let end = End::Failed(failure);
                self.take(Report::Call(call, Ended { end, credit: Credit::Own, observed: None }));
            }
            Step::Verify(subject) => self.take(Report::Verified(subject, Err(Reason::Broken))),
            Step::Rollback { group, .. } => {
                self.ledger.rollback_broken_off(&self.prepared, group);
                self.schedule.rolled_back(group, None);
            }
        }
    }

    /// Starts a task for a step.
    fn begin(&mut self, step: Step, mut permit: Permit, tasks: &mut JoinSet<Report>) -> Id {
        let prepared = self.prepared.clone();
        let tools = self.tools.clone();
        self.ledger.begins(&prepared, step);
        let task = match step {
            Step::Call(call) => {
                let stake = match self.schedule.must_finish(call) && !is_delete(&prepared, call) {
                    true => Stake::Owed,
                    false => Stake::Free,
                };
                let status = self.statuses.get(&prepared.calls[call].subject).cloned();
                tasks.spawn(async move {
                    let job = job(&prepared, call, stake, status);
                    Report::Call(call, execute(&tools, &mut permit, &job).await)
                })
            }
            Step::Verify(subject) => {
                let observed = self.last_observed.remove(&subject);
                tasks.spawn(async move {
                    let tags = match prepared.sets_tags(subject) {
                        true => WithTags::Yes,
                        false => WithTags::No,
                    };
                    let check = Check { subject: &prepared.subjects[subject], tags, observed };
                    Report::Verified(subject, verify(&tools, &mut permit, check).await)
                })
            }
            Step::Rollback { group, call } => tasks.spawn(async move {
                let back = roll_back(&tools, &mut permit, &prepared, call).await;
                Report::RolledBack { group, call, back }
            }),
        };
        task.id()
    }

    /// Takes note of what a task brings back.
    fn take(&mut self, report: Report) {
        match report {
            Report::Call(call, ended) => {
                let planned = &self.prepared.calls[call];
                let (subject, operation) = (planned.subject, planned.operation);
                let entered = Entered { call, subject, operation, role: Role::Planned };
                self.ledger.ended(&self.prepared, entered, &ended);
                if ended.end == End::Done {
                    (self.events)(Event::CallDone {
                        processor: self.prepared.subjects[subject].name.clone(),
                        operation,
                    });
                }
                match ended.observed {
                    Some(observed) => self.last_observed.insert(subject, observed),
                    None => self.last_observed.remove(&subject),
                };
                self.schedule.call_ended(call, ended.end);
            }
            Report::Verified(subject, result) => self.schedule.verified(subject, result),
            Report::RolledBack { group, call, back } => {
                self.ledger.rolled_back(&self.prepared, call, &back);
                self.schedule.rolled_back(group, back.failed());
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

fn is_delete(prepared: &Prepared, call: usize) -> bool {
    prepared.calls[call].operation == Operation::DeleteStreamProcessor
}

/// A call with what its plan says around it.
fn job(prepared: &Prepared, call: usize, stake: Stake, status: Option<Status>) -> Job<'_> {
    let planned = &prepared.calls[call];
    let subject = &prepared.subjects[planned.subject];
    let done = |operation: Operation| {
        let mut earlier = subject.calls.iter().take_while(|other| **other != call);
        earlier.any(|other| prepared.calls[*other].operation == operation)
    };
    let earlier = Earlier {
        stopped: done(Operation::StopStreamProcessor),
        deleted: done(Operation::DeleteStreamProcessor),
        created: done(Operation::CreateStreamProcessor),
        released: done(Operation::DeleteStreamProcessor) || !planned.after.is_empty(),
    };
    Job {
        id: &planned.id,
        request: &planned.request,
        subject,
        purpose: Purpose::Planned,
        stake,
        earlier,
        unsettled: status.filter(|status| !earlier.stopped && !status.is_at_rest()),
    }
}
