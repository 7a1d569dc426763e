//! Reading a snapshot: its text becomes a state, processor by processor, and what the emulator keeps beside them is put
//! back. What is wrong is said in terms of the snapshot, and of the processor where there is one.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{BadSnapshot, Change, Extra};
use crate::emulator::clock::Time;
use crate::emulator::model::ServiceModel;
use crate::emulator::options::Options;
use crate::emulator::rules;
use crate::emulator::state::{Processor, State, Status, Tags};
use crate::emulator::validate::{self, Object};

/// How many processors are worth a thread of their own.
const LEAST_SHARE: usize = 500;

/// A snapshot as it is read. What the service would have filled in for a processor may be missing.
#[derive(Deserialize)]
#[serde(expecting = "a JSON object with a list `processors`")]
struct Snapshot<'a> {
    format_version: Option<Value>,
    account_id: Option<String>,
    region: Option<String>,
    taken_at: Option<Value>,
    #[serde(borrow)]
    processors: Vec<&'a RawValue>,
    emulator: Option<Value>,
}

/// A processor of a snapshot, held to the rules that a creation is held to.
struct Entry {
    name: String,
    arn: Option<String>,
    processor: Processor,
}

/// What is wrong with a processor, and its name if it has one.
type Problem = (Option<String>, String);

impl State {
    /// Makes a state from a snapshot; account and region come from `options` where it names none.
    pub fn from_snapshot(snapshot: &Value, options: &Options) -> Result<State, BadSnapshot> {
        State::parse(snapshot.to_string().as_bytes(), options)
    }

    /// Reads the text of a snapshot; account and region come from `options` where it names none.
    pub fn parse(text: &[u8], options: &Options) -> Result<State, BadSnapshot> {
        let snapshot = serde_json::from_slice(text).map_err(|error| {
            if error.is_data() { BadSnapshot::Form(error) } else { BadSnapshot::Json(error) }
        })?;
        let Snapshot { format_version, account_id, region, taken_at, processors, emulator } =
            snapshot;
        match format_version {
            None => {}
            Some(Value::String(version)) if version.split('.').next() == Some("1") => {}
            Some(other) => return Err(BadSnapshot::Version(other.to_string())),
        }
        let entries = entries(&processors);
        let arns = entries.iter().flatten().filter_map(|entry| entry.arn.as_deref());
        let owner = arns.map(owner).find(Option::is_some).flatten();
        let (owner_account, owner_region) = owner.unwrap_or((&options.account_id, &options.region));
        let mut state = State::new(
            account_id.as_deref().unwrap_or(owner_account),
            region.as_deref().unwrap_or(owner_region),
        );
        for (entry, number) in entries.into_iter().zip(1..) {
            entry.and_then(|entry| state.add(entry)).map_err(|(name, problem)| {
                let processor =
                    name.map_or_else(|| format!("number {number}"), |name| format!("`{name}`"));
                BadSnapshot::Processor { processor, problem }
            })?;
        }
        if let Some(emulator) = emulator {
            let extra = Extra::deserialize(emulator).map_err(BadSnapshot::Emulator)?;
            state.restore(extra)?;
            state.resumed_at = taken_at.as_ref().and_then(Time::from_json).unwrap_or_default();
        }
        Ok(state)
    }

    /// Makes a change that was written down; `line` is where, for whoever has to mend it.
    pub(crate) fn replay(&mut self, change: &[u8], line: usize) -> Result<(), BadSnapshot> {
        let damaged = |problem: String| BadSnapshot::Change { line, problem };
        let Change { taken_at, name, processor, emulator, trail } =
            serde_json::from_slice(change).map_err(|error| damaged(error.to_string()))?;
        self.forget(&name);
        if let Some(processor) = processor {
            let added = Entry::read(processor.get()).and_then(|entry| self.add(entry));
            added.map_err(|(_, problem)| damaged(problem))?;
        }
        self.restore(Extra { trail, ..emulator })?;
        self.resumed_at = self.resumed_at.max(Time::from_json(&taken_at).unwrap_or_default());
        Ok(())
    }

    /// Adds a processor of a snapshot.
    fn add(&mut self, entry: Entry) -> Result<(), Problem> {
        let Entry { name, arn, processor } = entry;
        if self.processors.contains_key(&name) {
            return Err((Some(name), "there is another of this name".to_owned()));
        }
        let own = self.arn(&name);
        if let Some(arn) = arn.filter(|arn| *arn != own) {
            let problem = format!(
                "its StreamProcessorArn is {arn}, which in this account and region is {own}"
            );
            return Err((Some(name), problem));
        }
        self.insert(&name, processor);
        Ok(())
    }

    fn restore(&mut self, extra: Extra) -> Result<(), BadSnapshot> {
        let Extra { next, hidden_until, stale_tags, held_names, departed, formerly_tagged, trail } =
            extra;
        for (name, next) in next {
            self.change(&name, |processor| processor.next = Some(next));
        }
        for (name, until) in hidden_until {
            self.change(&name, |processor| processor.hidden_until = until);
        }
        for (name, stale) in stale_tags {
            self.change(&name, |processor| processor.stale_tags = Some(stale));
        }
        for name in formerly_tagged {
            self.change(&name, |processor| processor.was_tagged = true);
        }
        self.held_names.extend(held_names);
        self.departed.extend(departed);
        self.trail.restore(&trail).map_err(BadSnapshot::Trail)
    }
}

/// The processors of a snapshot. Reading a large fleet takes longer than all else at a start, so it is shared out.
fn entries(processors: &[&RawValue]) -> Vec<Result<Entry, Problem>> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = processors.len().div_ceil(threads).max(LEAST_SHARE);
    let read = |share: &[&RawValue]| share.iter().map(|entry| Entry::read(entry.get())).collect();
    match processors.len() <= share {
        true => read(processors),
        false => std::thread::scope(|scope| {
            let shares = processors.chunks(share).map(|share| scope.spawn(move || read(share)));
            let shares: Vec<_> = shares.collect();
            shares.into_iter().flat_map(|share| joined(share.join())).collect()
        }),
    }
}

/// What a thread came to; it panics if the thread did.
fn joined<T>(joined: std::thread::Result<T>) -> T {
    joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

impl Entry {
    fn read(text: &str) -> Result<Entry, Problem> {
        let entry = serde_json::from_str(text).map_err(|error| (None, error.to_string()))?;
        let Value::Object(entry) = entry else {
            return Err((None, "it is no JSON object".to_owned()));
        };
        let name = entry.get("Name").and_then(Value::as_str).map(str::to_owned);
        Entry::of(entry).map_err(|problem| (name, problem))
    }

    fn of(mut entry: Object) -> Result<Entry, String> {
        // Tags are read apart: what lives may carry tags of AWS's own, which no caller may set.
        let tags: Option<Tags> = take(&mut entry, "Tags", "an object of strings")?;
        let status = take(&mut entry, "Status", "a status of the service")?;
        let message = take(&mut entry, "StatusMessage", "a string")?;
        let arn = take(&mut entry, "StreamProcessorArn", "a string")?;
        let time = "epoch seconds or an ISO 8601 time";
        let created: Time = take(&mut entry, "CreationTimestamp", time)?.unwrap_or_default();
        let updated = take(&mut entry, "LastUpdateTimestamp", time)?.unwrap_or(created);
        let rekognition = ServiceModel::named("rekognition");
        let mut definition = validate::read(rekognition, "CreateStreamProcessorRequest", entry)
            .map_err(|violations| violations.to_string())?;
        rules::definition(&definition).map_err(|error| error.message)?;
        let Some(Value::String(name)) = definition.remove("Name") else {
            return Err("it has no Name".to_owned());
        };
        rules::drop_empty_regions(&mut definition);
        let mut processor = Processor::new(definition, tags.unwrap_or_default(), created);
        processor.status = status.unwrap_or(Status::Stopped);
        (processor.message, processor.updated) = (message, updated);
        Ok(Entry { name, arn, processor })
    }
}

/// The account and region that a processor's own ARN names.
fn owner(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.split(':').skip(3);
    let (region, account_id) = (parts.next()?, parts.next()?);
    Some((account_id, region))
}

/// Takes out a member that may be missing or null; `demand` says what it must be otherwise.
fn take<T: DeserializeOwned>(
    entry: &mut Object,
    member: &str,
    demand: &str,
) -> Result<Option<T>, String> {
    let value = entry.remove(member).unwrap_or_default();
    Option::deserialize(&value).map_err(|_| format!("{member} must be {demand}, not {value}"))
}
