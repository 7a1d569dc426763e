//! Reading a snapshot: its text becomes a state, processor by processor, and what the emulator keeps beside them is put
//! back. What is wrong is said in terms of the snapshot, and of the processor where there is one.

use serde::Deserialize;
use serde_json::Value;

use super::entry::{Entry, Loaded};
use super::{BadSnapshot, Extra};
use crate::emulator::clock::Time;
use crate::emulator::options::Options;
use crate::emulator::state::State;
use crate::emulator::trail::Trail;

/// A snapshot as it is read: each processor is checked as it comes, so that no second copy of a fleet is held.
#[derive(Deserialize)]
#[serde(expecting = "a JSON object with a list `processors`")]
struct Snapshot {
    format_version: Option<Value>,
    account_id: Option<String>,
    region: Option<String>,
    taken_at: Option<Value>,
    processors: Vec<Entry>,
    emulator: Option<Value>,
}

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
        let mut arns =
            processors.iter().filter_map(|entry| entry.loaded.as_ref().ok()?.arn.as_deref());
        let (owner_account, owner_region) =
            arns.find_map(owner).unwrap_or((&options.account_id, &options.region));
        let mut state = State::new(
            account_id.as_deref().unwrap_or(owner_account),
            region.as_deref().unwrap_or(owner_region),
        );
        for (index, Entry { name, loaded }) in processors.into_iter().enumerate() {
            loaded.and_then(|loaded| state.add(loaded)).map_err(|problem| {
                let processor = name
                    .map_or_else(|| format!("number {}", index + 1), |name| format!("`{name}`"));
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

    /// Adds a processor that is right in itself.
    fn add(&mut self, loaded: Loaded) -> Result<(), String> {
        let Loaded { name, arn, processor } = loaded;
        if self.processors.contains_key(&name) {
            return Err("there is another of this name".to_owned());
        }
        let own = self.arn(&name);
        if let Some(arn) = arn.filter(|arn| *arn != own) {
            return Err(format!(
                "its StreamProcessorArn is {arn}, which in this account and region is {own}"
            ));
        }
        self.insert(&name, processor);
        Ok(())
    }

    fn restore(&mut self, extra: Extra) -> Result<(), BadSnapshot> {
        let Extra { next, hidden_until, stale_tags, held_names, departed, trail } = extra;
        for (name, next) in next {
            self.change(&name, |processor| processor.next = Some(next));
        }
        for (name, until) in hidden_until {
            self.change(&name, |processor| processor.hidden_until = until);
        }
        for (name, stale) in stale_tags {
            self.change(&name, |processor| processor.stale_tags = Some(stale));
        }
        self.held_names = held_names;
        self.departed = departed;
        self.trail = Trail::restore(&trail).map_err(BadSnapshot::Trail)?;
        Ok(())
    }
}

/// The account and region that a processor's own ARN names.
fn owner(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.split(':').skip(3);
    let (region, account_id) = (parts.next()?, parts.next()?);
    Some((account_id, region))
}
