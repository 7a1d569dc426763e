//! How long a plan takes, and how long each replaced camera is blind: applying it
//! played forward, without the service.
//!
//! What is played is what `apply` does: each operation at the pace of its quota, replacements in waves and last, a reading before each delete and after
//! each processor's last call. The service is taken to answer within [`LATENCY`],
//! and to have settled when it is looked at again after [`PAUSE`]: the least that
//! can be, since nobody knows how long the real one holds a name, beyond "a few
//! seconds".

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};
use std::time::Duration;

use super::{Call, Change, Operation};

/// How many processors are worked on at once, unless said otherwise: enough to
/// reach the quotas with answers that take a second and a half.
pub const DEFAULT_PARALLELISM: usize = 32;

/// How fast a plan will be applied.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// The share of the quotas, more than 0 and at most 1.
    pub share: f64,
    /// How many processors are worked on at once, at least 1.
    pub parallelism: usize,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace { share: 1.0, parallelism: DEFAULT_PARALLELISM }
    }
}

/// From a request to its answer.
const LATENCY: Duration = Duration::from_millis(20);
/// From a stop to being stopped, from a delete to a free name, from a start to running.
const SETTLING: Duration = Duration::from_millis(200);
/// From a look at what has not settled to the next one.
const PAUSE: Duration = Duration::from_millis(250);

/// How long the calls take, once everything is read.
pub(super) fn duration(changes: &[Change], calls: &[Call], pace: Pace) -> Duration {
    let (changes, calls): (Vec<_>, Vec<_>) = (changes.iter().collect(), calls.iter().collect());
    Play::new(&changes, &calls, pace).run().now
}

/// How long a camera that is replaced by these calls of its own sees nothing, at the
/// least: from when it is stopped or deleted until it is there again, and running if
/// it is to run. `None`: it is not replaced.
pub fn blindness(calls: &[Operation]) -> Option<Duration> {
    calls.contains(&Operation::DeleteStreamProcessor).then_some(())?;
    calls.contains(&Operation::CreateStreamProcessor).then_some(())?;
    let waits = |call: &&Operation| {
        matches!(
            call,
            Operation::StopStreamProcessor
                | Operation::DeleteStreamProcessor
                | Operation::StartStreamProcessor
        )
    };
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let settling = SETTLING * number(calls.iter().filter(waits).count());
    Some(settling + LATENCY * number(calls.len().saturating_sub(2)))
}

/// What has a pace of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Lane {
    Write(Operation),
    Describe,
    ListTags,
}

impl Lane {
    fn interval(self, share: f64) -> Duration {
        let quota = match self {
            Lane::Write(operation) => operation.default_quota(),
            Lane::Describe => 20.0,
            Lane::ListTags => 10.0,
        };
        Duration::from_secs_f64(1.0 / (quota * share))
    }
}

/// One thing after another.
#[derive(Clone, Copy, Debug)]
enum Step {
    Ask(Lane),
    Pause,
}

/// What is worked on: a call, or reading a processor after its last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Work {
    Verification(usize),
    Call(usize),
}

#[derive(Debug)]
struct Task {
    work: Work,
    steps: std::vec::IntoIter<Step>,
}

#[derive(Debug)]
struct Planned {
    operation: Operation,
    subject: usize,
    /// How much it still waits for, and what waits for it.
    blockers: usize,
    then: Vec<usize>,
}

#[derive(Debug, Default)]
struct Subject {
    group: usize,
    last: Option<usize>,
    tags: bool,
    /// The calls that wait until it is verified.
    then: Vec<usize>,
}

#[derive(Debug, Default)]
struct Group {
    destroys: bool,
    /// When the last delete of it was sent.
    released: Option<Duration>,
    calls: usize,
    subjects: Vec<usize>,
    unverified: usize,
}

/// A run that is played.
#[derive(Debug)]
struct Play {
    pace: Pace,
    now: Duration,
    calls: Vec<Planned>,
    subjects: Vec<Subject>,
    groups: Vec<Group>,
    /// What may begin, by what shares a pace.
    ready: BTreeMap<Option<Operation>, BTreeSet<usize>>,
    under_way: BTreeMap<Option<Operation>, usize>,
    /// How much that destroys nothing is ready or under way.
    harmless: usize,
    /// Calls that wait for their group's turn.
    held: BTreeSet<usize>,
    /// The groups whose turn it is, and how many the next wave may have.
    open: BTreeSet<usize>,
    wave: usize,
    permits: usize,
    /// When each lane is free again.
    free: BTreeMap<Lane, Duration>,
    tasks: Vec<Task>,
    /// When which task goes on.
    due: BinaryHeap<Reverse<(Duration, usize)>>,
}

impl Play {
    fn new(changes: &[&Change], calls: &[&Call], pace: Pace) -> Play {
        let mut play = Play {
            pace,
            now: Duration::ZERO,
            calls: Vec::with_capacity(calls.len()),
            subjects: Vec::with_capacity(changes.len()),
            groups: Vec::new(),
            ready: BTreeMap::new(),
            under_way: BTreeMap::new(),
            harmless: 0,
            held: BTreeSet::new(),
            open: BTreeSet::new(),
            wave: 1,
            permits: pace.parallelism.max(1),
            free: BTreeMap::new(),
            tasks: Vec::new(),
            due: BinaryHeap::new(),
        };
        let mut groups: HashMap<&str, usize> = HashMap::new();
        let mut names: HashMap<&str, usize> = HashMap::new();
        for (at, change) in changes.iter().enumerate() {
            let group = *groups.entry(&change.group).or_insert(play.groups.len());
            if group == play.groups.len() {
                play.groups.push(Group::default());
            }
            play.groups[group].subjects.push(at);
            play.groups[group].unverified += 1;
            names.insert(&change.name, at);
            play.subjects.push(Subject { group, ..Subject::default() });
        }
        let mut ids: HashMap<&str, usize> = HashMap::new();
        for call in calls {
            // A document that was edited may name what is not there.
            let Some(&subject) = names.get(call.processor.as_str()) else { continue };
            let at = play.calls.len();
            ids.insert(&call.id, at);
            let after = call.after.iter().filter_map(|id| ids.get(id.as_str()).copied());
            let own = &mut play.subjects[subject];
            let after: BTreeSet<usize> = after.chain(own.last.replace(at)).collect();
            own.tags |= sets_tags(call);
            let group = &mut play.groups[own.group];
            group.calls += 1;
            group.destroys |= call.operation == Operation::DeleteStreamProcessor;
            let verified = call.after_verified.iter();
            let verified: Vec<usize> =
                verified.filter_map(|name| names.get(name.as_str()).copied()).collect();
            let blockers = after.len() + verified.len();
            after.iter().for_each(|earlier| play.calls[*earlier].then.push(at));
            verified.iter().for_each(|subject| play.subjects[*subject].then.push(at));
            let operation = call.operation;
            play.calls.push(Planned { operation, subject, blockers, then: Vec::new() });
        }
        play
    }

    fn run(mut self) -> Play {
        let free = (0..self.calls.len()).filter(|call| self.calls[*call].blockers == 0);
        free.collect::<Vec<_>>().into_iter().for_each(|call| self.admit(call));
        self.open_wave();
        loop {
            self.begin();
            let Some(Reverse((now, task))) = self.due.pop() else { return self };
            self.now = now;
            match self.tasks[task].steps.next() {
                Some(Step::Pause) => self.due.push(Reverse((now + PAUSE, task))),
                Some(Step::Ask(lane)) => {
                    let free = self.free.entry(lane).or_default();
                    let sent = now.max(*free);
                    *free = sent + lane.interval(self.pace.share);
                    if lane == Lane::Write(Operation::DeleteStreamProcessor) {
                        let group = self.group_of(self.tasks[task].work);
                        self.groups[group].released = Some(sent);
                    }
                    self.due.push(Reverse((sent + LATENCY, task)));
                }
                None => self.ended(self.tasks[task].work),
            }
        }
    }

    fn group_of(&self, work: Work) -> usize {
        self.subjects[match work {
            Work::Call(call) => self.calls[call].subject,
            Work::Verification(subject) => subject,
        }]
        .group
    }

    fn kind_of(&self, work: Work) -> Option<Operation> {
        match work {
            Work::Call(call) => Some(self.calls[call].operation),
            Work::Verification(_) => None,
        }
    }

    /// Lets work begin that waits for nothing any more, when its group's turn has come.
    fn admit(&mut self, call: usize) {
        let group = self.group_of(Work::Call(call));
        match self.groups[group].destroys && !self.open.contains(&group) {
            true => drop(self.held.insert(call)),
            false => self.ready(Work::Call(call)),
        }
    }

    fn ready(&mut self, work: Work) {
        let (Work::Call(at) | Work::Verification(at)) = work;
        self.ready.entry(self.kind_of(work)).or_default().insert(at);
        self.harmless += usize::from(!self.groups[self.group_of(work)].destroys);
    }

    /// Begins what may begin: of the kind of which the fewest are under way.
    fn begin(&mut self) {
        while self.permits > 0 {
            let waiting = self.ready.iter_mut().filter(|(_, waiting)| !waiting.is_empty());
            let under_way = |kind| self.under_way.get(kind).copied().unwrap_or_default();
            let next = waiting.min_by_key(|(kind, _)| (under_way(kind), **kind));
            let Some((&kind, waiting)) = next else { return };
            let Some(at) = waiting.pop_first() else { return };
            let work = match kind {
                Some(_) => Work::Call(at),
                None => Work::Verification(at),
            };
            self.permits -= 1;
            *self.under_way.entry(kind).or_default() += 1;
            self.due.push(Reverse((self.now, self.tasks.len())));
            self.tasks.push(Task { work, steps: self.steps(work).into_iter() });
        }
    }

    /// What work takes.
    fn steps(&self, work: Work) -> Vec<Step> {
        let ask = |operation| Step::Ask(Lane::Write(operation));
        let (describe, list_tags) = (Step::Ask(Lane::Describe), Step::Ask(Lane::ListTags));
        match work {
            Work::Call(call) => match self.calls[call].operation {
                delete @ Operation::DeleteStreamProcessor => {
                    vec![describe, list_tags, ask(delete), describe]
                }
                operation @ (Operation::StopStreamProcessor | Operation::StartStreamProcessor) => {
                    vec![ask(operation), describe, Step::Pause, describe]
                }
                // The name and the stream are not free at once.
                create @ Operation::CreateStreamProcessor if self.is_held(self.group_of(work)) => {
                    vec![ask(create), describe, Step::Pause, ask(create)]
                }
                operation => vec![ask(operation)],
            },
            Work::Verification(subject) => {
                let Subject { last, tags, .. } = self.subjects[subject];
                let last = last.map(|call| self.calls[call].operation);
                let seen = [Operation::StopStreamProcessor, Operation::StartStreamProcessor];
                match last {
                    None | Some(Operation::DeleteStreamProcessor) => Vec::new(),
                    Some(_) if tags => vec![describe, list_tags],
                    Some(last) if seen.contains(&last) => Vec::new(),
                    Some(_) => vec![describe],
                }
            }
        }
    }

    /// Whether what a group deleted still holds its name and its stream.
    fn is_held(&self, group: usize) -> bool {
        self.groups[group].released.is_some_and(|released| self.now < released + PAUSE)
    }

    fn ended(&mut self, work: Work) {
        let (group, kind) = (self.group_of(work), self.kind_of(work));
        self.permits += 1;
        *self.under_way.entry(kind).or_default() -= 1;
        self.harmless -= usize::from(!self.groups[group].destroys);
        let waiting = match work {
            Work::Call(call) => {
                self.groups[group].calls -= 1;
                if self.groups[group].calls == 0 {
                    for subject in std::mem::take(&mut self.groups[group].subjects) {
                        self.ready(Work::Verification(subject));
                    }
                }
                std::mem::take(&mut self.calls[call].then)
            }
            Work::Verification(subject) => {
                self.groups[group].unverified -= 1;
                if self.groups[group].unverified == 0 {
                    self.open.remove(&group);
                }
                std::mem::take(&mut self.subjects[subject].then)
            }
        };
        for call in waiting {
            self.calls[call].blockers -= 1;
            if self.calls[call].blockers == 0 {
                self.admit(call);
            }
        }
        self.open_wave();
    }

    /// Opens the next wave when it may begin.
    fn open_wave(&mut self) {
        if !self.open.is_empty() || self.held.is_empty() || self.harmless > 0 {
            return;
        }
        for call in std::mem::take(&mut self.held) {
            let group = self.group_of(Work::Call(call));
            if self.open.len() < self.wave || self.open.contains(&group) {
                self.open.insert(group);
            }
            self.admit(call);
        }
        self.wave = (2 * self.wave).min(self.pace.parallelism.max(1));
    }
}

/// Whether a call says anything about tags, so that they are read afterwards.
fn sets_tags(call: &Call) -> bool {
    match call.operation {
        Operation::TagResource | Operation::UntagResource => true,
        Operation::CreateStreamProcessor => call.request.get("Tags").is_some(),
        _ => false,
    }
}
