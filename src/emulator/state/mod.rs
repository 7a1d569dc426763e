//! What the service holds: the processors of one account and region, and what is still to happen to them.
//!
//! Values only. Time enters as an argument, and [`State::advance`] lets everything happen that is due by then, so that a
//! state needs no timers and can be saved and resumed at any moment.

mod processor;
mod snapshot;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::clock::Time;
use super::options::Settle;
use super::trail::Trail;

pub(crate) use self::processor::{Digits, Next, Processor, StaleTags, Status, streams};
pub use self::snapshot::BadSnapshot;

/// The most names of deleted processors that are remembered for one reason: those that matter longest.
const REMEMBERED: usize = 10_000;

/// Tags by key.
pub(crate) type Tags = BTreeMap<String, String>;

/// Everything that the service holds for one account and region.
#[derive(Clone, Debug)]
pub struct State {
    account_id: String,
    region: String,
    processors: BTreeMap<String, Processor>,
    /// How many processors use each Kinesis stream, by its ARN. The service allows one, but a snapshot may say more.
    streams: BTreeMap<String, usize>,
    /// When something may happen next to which processor, which itself knows whether it still does.
    due: BTreeSet<(Time, String)>,
    /// The names of deleted processors that cannot be used before the given time.
    held_names: BTreeMap<String, Time>,
    /// The deleted processors that GetResources still lists, by name.
    departed: BTreeMap<String, StaleTags>,
    /// The calls that CloudTrail knows of.
    pub(crate) trail: Trail,
    /// When the snapshot was taken that this state goes on from; the epoch if it goes on from none.
    pub(crate) resumed_at: Time,
}

impl State {
    /// An account without processors.
    pub fn new(account_id: &str, region: &str) -> State {
        State {
            account_id: account_id.to_owned(),
            region: region.to_owned(),
            processors: BTreeMap::new(),
            streams: BTreeMap::new(),
            due: BTreeSet::new(),
            held_names: BTreeMap::new(),
            departed: BTreeMap::new(),
            trail: Trail::default(),
            resumed_at: Time::default(),
        }
    }

    /// The account that it is of.
    pub fn account_id(&self) -> &str {
        &self.account_id
    }

    /// The region that it is of.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The ARN of a processor of this name, whether there is one or not.
    pub(crate) fn arn(&self, name: &str) -> String {
        format!("{}{name}", self.arn_prefix())
    }

    /// The name in the ARN of a stream processor of this account and region.
    pub(crate) fn name_in<'a>(&self, arn: &'a str) -> Option<&'a str> {
        arn.strip_prefix(&self.arn_prefix())
    }

    /// What the ARN of every stream processor of this account and region begins with.
    pub(crate) fn arn_prefix(&self) -> String {
        format!("arn:aws:rekognition:{}:{}:streamprocessor/", self.region, self.account_id)
    }

    /// All processors, by name, those included that are not found yet.
    pub(crate) fn processors(&self) -> &BTreeMap<String, Processor> {
        &self.processors
    }

    /// The processor as a caller sees it: not while its creation has not got around.
    pub(crate) fn visible(&self, name: &str, now: Time) -> Option<&Processor> {
        self.processors.get(name).filter(|processor| processor.is_visible(now))
    }

    /// The processors as a caller sees them, by name, from behind this name on.
    pub(crate) fn visible_after(
        &self,
        name: Option<&str>,
        now: Time,
    ) -> impl Iterator<Item = (&str, &Processor)> {
        let start = name.map_or(Bound::Unbounded, Bound::Excluded);
        let rest = self.processors.range::<str, _>((start, Bound::Unbounded));
        rest.filter(move |(_, processor)| processor.is_visible(now))
            .map(|(name, processor)| (name.as_str(), processor))
    }

    /// Whether a processor of this name cannot be created.
    pub(crate) fn name_in_use(&self, name: &str, now: Time) -> bool {
        self.processors.contains_key(name)
            || self.held_names.get(name).is_some_and(|free| *free > now)
    }

    /// Whether some processor uses the Kinesis stream.
    pub(crate) fn stream_in_use(&self, arn: &str) -> bool {
        self.streams.get(arn).is_some_and(|users| *users > 0)
    }

    /// The deleted processors that GetResources still lists, by name, with their last tags.
    pub(crate) fn departed(&self, now: Time) -> impl Iterator<Item = (&str, &Tags)> {
        let lingering = self.departed.iter().filter(move |(_, departed)| departed.until > now);
        lingering.map(|(name, departed)| (name.as_str(), &departed.tags))
    }

    /// Adds a processor under a name that is free.
    pub(crate) fn insert(&mut self, name: &str, processor: Processor) {
        for stream in processor.streams() {
            *self.streams.entry(stream.to_owned()).or_default() += 1;
        }
        self.held_names.remove(name);
        self.departed.remove(name);
        self.processors.insert(name.to_owned(), processor);
        self.change(name, |_| {});
    }

    /// Takes a processor out.
    pub(crate) fn remove(&mut self, name: &str) -> Option<Processor> {
        let processor = self.processors.remove(name)?;
        for stream in processor.streams() {
            let users = self.streams.remove(stream).unwrap_or_default();
            if users > 1 {
                self.streams.insert(stream.to_owned(), users - 1);
            }
        }
        if let Some(next) = &processor.next {
            self.due.remove(&(next.at, name.to_owned()));
        }
        Some(processor)
    }

    /// Keeps the name of a deleted processor from being used until the given time.
    pub(crate) fn hold_name(&mut self, name: &str, until: Time, now: Time) {
        self.held_names.insert(name.to_owned(), until);
        limit(&mut self.held_names, |free| *free, now);
    }

    /// Lets GetResources list a deleted processor until the given time.
    pub(crate) fn linger(&mut self, name: &str, departed: StaleTags, now: Time) {
        self.departed.insert(name.to_owned(), departed);
        limit(&mut self.departed, |departed| departed.until, now);
    }

    /// Changes a processor, if there is one of this name; anything but its streams may change.
    pub(crate) fn change(&mut self, name: &str, change: impl FnOnce(&mut Processor)) {
        let Some(processor) = self.processors.get_mut(name) else { return };
        let due = |processor: &Processor| Some((processor.next.as_ref()?.at, name.to_owned()));
        if let Some(before) = due(processor) {
            self.due.remove(&before);
        }
        change(processor);
        processor.was_tagged |= !processor.tags.is_empty();
        self.due.extend(due(processor));
    }

    /// Everything that hangs on a name, as it is now.
    pub(crate) fn named(&self, name: &str) -> Named {
        Named {
            processor: self.processors.get(name).cloned(),
            held: self.held_names.get(name).copied(),
            departed: self.departed.get(name).cloned(),
        }
    }

    /// Makes everything that hangs on a name what it was.
    pub(crate) fn put_back(&mut self, name: &str, named: Named) {
        let Named { processor, held, departed } = named;
        self.forget(name);
        if let Some(processor) = processor {
            self.insert(name, processor);
        }
        self.held_names.extend(held.map(|held| (name.to_owned(), held)));
        self.departed.extend(departed.map(|departed| (name.to_owned(), departed)));
    }

    fn forget(&mut self, name: &str) {
        self.remove(name);
        self.held_names.remove(name);
        self.departed.remove(name);
    }

    /// Lets everything happen that is due.
    pub(crate) fn advance(&mut self, now: Time) {
        while self.due.first().is_some_and(|(at, _)| *at <= now) {
            let Some((at, name)) = self.due.pop_first() else { return };
            self.change(&name, |processor| processor.settle(at));
        }
    }

    /// Fills in what a snapshot leaves open.
    pub(crate) fn resume(&mut self, now: Time, settle: &Settle) {
        let names: Vec<String> = self.processors.keys().cloned().collect();
        for name in names {
            self.change(&name, |processor| processor.resume(now, settle));
        }
    }
}

/// Everything that hangs on the name of one processor.
#[derive(Debug)]
pub(crate) struct Named {
    processor: Option<Processor>,
    held: Option<Time>,
    departed: Option<StaleTags>,
}

/// Drops what is over, and of what is too much the one that is over first.
fn limit<T>(remembered: &mut BTreeMap<String, T>, until: impl Fn(&T) -> Time, now: Time) {
    // Not each time, so that a write does not cost what is remembered.
    if remembered.len().is_power_of_two() || remembered.len() > REMEMBERED {
        remembered.retain(|_, entry| until(entry) > now);
    }
    if remembered.len() > REMEMBERED {
        let first = remembered.iter().min_by_key(|(_, entry)| until(entry));
        if let Some(name) = first.map(|(name, _)| name.clone()) {
            remembered.remove(&name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::time::Duration;

    fn at(seconds: u64) -> Time {
        Time::since_epoch(Duration::from_secs(seconds))
    }

    fn state() -> State {
        let mut state = State::new("111122223333", "us-east-1");
        let definition = json!({
            "Input": {"KinesisVideoStream": {"Arn": "video"}},
            "Output": {"KinesisDataStream": {"Arn": "data"}},
            "Settings": {"FaceSearch": {"CollectionId": "staff"}},
        });
        state.insert(
            "lobby",
            Processor::new(definition.as_object().unwrap().clone(), Tags::new(), at(0)),
        );
        state
    }

    #[test]
    fn what_is_due_happens_at_its_time() {
        let mut state = state();
        state.change("lobby", |lobby| {
            lobby.enter(Status::Starting, at(10));
            lobby.next = Some(Next { at: at(12), status: Status::Running, message: None });
        });
        state.advance(at(11));
        assert_eq!(state.processors()["lobby"].status, Status::Starting);
        state.advance(at(100));
        let lobby = &state.processors()["lobby"];
        assert_eq!((lobby.status, lobby.updated), (Status::Running, at(12)));
        assert!(state.due.is_empty());
    }

    #[test]
    fn streams_are_in_use_as_long_as_their_processor_is_there() {
        let mut state = state();
        assert!(state.stream_in_use("video") && state.stream_in_use("data"));
        state.remove("lobby").unwrap();
        assert!(!state.stream_in_use("video") && !state.stream_in_use("data"));
    }

    #[test]
    fn a_held_name_becomes_free() {
        let mut state = state();
        state.remove("lobby");
        state.hold_name("lobby", at(5), at(0));
        assert!(state.name_in_use("lobby", at(4)));
        assert!(!state.name_in_use("lobby", at(5)));
    }

    #[test]
    fn nothing_is_kept_of_what_is_gone() {
        let mut state = state();
        let lobby = state.processors()["lobby"].clone();
        for second in 0..50_000 {
            state.change("lobby", |lobby| {
                let at = at(1_000_000 + second);
                lobby.next = Some(Next { at, status: Status::Running, message: None });
            });
            assert_eq!(state.due.len(), 1);
            state.remove("lobby").unwrap();
            assert!(state.due.is_empty() && state.streams.is_empty());
            state.insert("lobby", lobby.clone());
        }
        for number in 0..=REMEMBERED as u64 {
            let (until, stale) = (at(1_000_000 + number), StaleTags::default());
            state.hold_name(&format!("camera-{number}"), until, at(0));
            state.linger(&format!("camera-{number}"), StaleTags { until, ..stale }, at(0));
        }
        assert_eq!((state.held_names.len(), state.departed.len()), (REMEMBERED, REMEMBERED));
        assert!(!state.name_in_use("camera-0", at(0)), "the one that is over first goes first");
        assert!(state.name_in_use("camera-1", at(0)));
    }

    #[test]
    fn what_hangs_on_a_name_can_be_put_back() {
        let mut state = state();
        let start = |lobby: &mut Processor| {
            lobby.next = Some(Next { at: at(50), status: Status::Running, message: None });
        };
        state.change("lobby", start);
        let (before, text) = (state.named("lobby"), state.render(at(1)));
        state.remove("lobby");
        state.hold_name("lobby", at(20), at(1));
        state.linger("lobby", StaleTags { until: at(20), tags: Tags::new() }, at(1));
        let deleted = state.named("lobby");
        state.put_back("lobby", before);
        assert_eq!(state.render(at(1)), text);
        assert!(state.stream_in_use("video") && state.due.len() == 1);
        state.put_back("lobby", deleted);
        assert!(state.name_in_use("lobby", at(1)) && !state.stream_in_use("video"));
        assert!(state.due.is_empty() && state.departed(at(1)).count() == 1);
    }

    #[test]
    fn a_snapshot_in_the_middle_of_something_gets_to_its_end() {
        let mut state = state();
        state.change("lobby", |lobby| lobby.status = Status::Starting);
        state.resume(at(20), &Settle::all(Duration::from_secs(1)));
        state.advance(at(21));
        assert_eq!(state.processors()["lobby"].status, Status::Running);
    }

    #[test]
    fn arns_name_processors_of_this_account_and_region_only() {
        let state = state();
        assert_eq!(state.name_in(&state.arn("lobby")), Some("lobby"));
        assert_eq!(
            state.name_in("arn:aws:rekognition:us-west-2:111122223333:streamprocessor/lobby"),
            None
        );
        assert_eq!(
            state.name_in("arn:aws:rekognition:us-east-1:111122223333:collection/lobby"),
            None
        );
    }
}
