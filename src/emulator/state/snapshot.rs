//! A state as a snapshot: the JSON form in which a fleet is saved, shared and started from.
//!
//! A snapshot is what DescribeStreamProcessor answers for every processor, with its tags. What only the emulator needs
//! (what is about to happen, which names are held) is in a member `emulator`, so that the file of a stopped emulator is
//! a snapshot for any reader, and a snapshot of a real account is a state to start from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Next, Processor, StaleTags, State, Status, Tags};
use crate::emulator::clock::Time;
use crate::emulator::describe;
use crate::emulator::model::ServiceModel;
use crate::emulator::options::Options;
use crate::emulator::rules;
use crate::emulator::trail::Trail;
use crate::emulator::validate::{self, Object};

const FORMAT_VERSION: &str = "1.0";

/// A snapshot that no state can be made from.
#[derive(Debug, thiserror::Error)]
pub enum BadSnapshot {
    #[error("it is no JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("{0}")]
    Form(String),
    #[error("its format_version is {0}; this version of rekon reads 1.x")]
    Version(String),
    #[error("processor {processor}: {problem}")]
    Processor { processor: String, problem: String },
    #[error("its member `emulator` is not as rekon writes it: {0}")]
    Emulator(serde_json::Error),
    #[error("its member `emulator` has a trail that is none: {0}")]
    Trail(String),
}

/// What only the emulator needs, by the names of processors.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Extra {
    next: BTreeMap<String, Next>,
    hidden_until: BTreeMap<String, Time>,
    stale_tags: BTreeMap<String, StaleTags>,
    held_names: BTreeMap<String, Time>,
    departed: BTreeMap<String, StaleTags>,
    /// CloudTrail's records of the calls that may have changed something, the oldest first.
    #[serde(skip_serializing)]
    trail: Vec<Object>,
}

/// A snapshot as it is read: each processor is checked as it comes, so that no second copy of a fleet is held.
#[derive(Deserialize)]
struct Snapshot {
    #[serde(default)]
    format_version: Value,
    #[serde(default)]
    account_id: Value,
    #[serde(default)]
    region: Value,
    #[serde(default)]
    taken_at: Value,
    processors: Option<Vec<Entry>>,
    #[serde(default)]
    emulator: Value,
}

/// One processor of a snapshot, or what is wrong with it.
struct Entry {
    name: Option<String>,
    loaded: Result<Loaded, String>,
}

/// A processor that is right in itself.
struct Loaded {
    name: String,
    arn: Option<String>,
    processor: Processor,
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Entry, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let name = value.get("Name").and_then(Value::as_str).map(str::to_owned);
        let loaded = match value {
            Value::Object(processor) => load(processor),
            _ => Err("it is no JSON object".to_owned()),
        };
        Ok(Entry { name, loaded })
    }
}

impl State {
    /// Reads the text of a snapshot; account and region come from `options` where it names none.
    pub fn parse(text: &[u8], options: &Options) -> Result<State, BadSnapshot> {
        match serde_json::from_slice(text) {
            Ok(snapshot) => State::of(snapshot, options),
            // What is JSON but no snapshot is said as such, rather than as the parser sees it.
            Err(error) if error.is_data() => {
                State::from_snapshot(&serde_json::from_slice(text)?, options)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Makes a state from a snapshot; account and region come from `options` where it names none.
    pub fn from_snapshot(snapshot: &Value, options: &Options) -> Result<State, BadSnapshot> {
        if !snapshot.is_object() {
            return Err(BadSnapshot::Form("it is no JSON object".to_owned()));
        }
        if !snapshot.get("processors").is_some_and(Value::is_array) {
            return Err(BadSnapshot::Form("it has no list `processors`".to_owned()));
        }
        State::of(Snapshot::deserialize(snapshot)?, options)
    }

    fn of(snapshot: Snapshot, options: &Options) -> Result<State, BadSnapshot> {
        let Snapshot { format_version, account_id, region, taken_at, processors, emulator } =
            snapshot;
        match format_version {
            Value::Null => {}
            Value::String(version) if version.split('.').next() == Some("1") => {}
            other => return Err(BadSnapshot::Version(other.to_string())),
        }
        let Some(processors) = processors else {
            return Err(BadSnapshot::Form("it has no list `processors`".to_owned()));
        };
        let arns = processors.iter().filter_map(|entry| entry.loaded.as_ref().ok()?.arn.as_deref());
        let owner = arns.filter_map(owner).next();
        let (owner_account, owner_region) = owner.unwrap_or((&options.account_id, &options.region));
        let mut state = State::new(
            text_member("account_id", &account_id)?.unwrap_or(owner_account),
            text_member("region", &region)?.unwrap_or(owner_region),
        );
        for (index, Entry { name, loaded }) in processors.into_iter().enumerate() {
            loaded.and_then(|loaded| state.add(loaded)).map_err(|problem| {
                let processor = name
                    .map_or_else(|| format!("number {}", index + 1), |name| format!("`{name}`"));
                BadSnapshot::Processor { processor, problem }
            })?;
        }
        if !emulator.is_null() {
            let extra = Extra::deserialize(emulator).map_err(BadSnapshot::Emulator)?;
            state.restore(extra)?;
            state.resumed_at = Time::from_json(&taken_at).unwrap_or_default();
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
        self.trail = Trail::restore(trail).map_err(BadSnapshot::Trail)?;
        Ok(())
    }

    /// What only the emulator needs, of what still matters.
    fn extra(&self, now: Time) -> Extra {
        let mut extra = Extra::default();
        for (name, processor) in &self.processors {
            if let Some(next) = &processor.next {
                extra.next.insert(name.clone(), next.clone());
            }
            if !processor.is_visible(now) {
                extra.hidden_until.insert(name.clone(), processor.hidden_until);
            }
            if let Some(stale) = processor.stale_tags.as_ref().filter(|stale| stale.until > now) {
                extra.stale_tags.insert(name.clone(), stale.clone());
            }
        }
        let held = self.held_names.iter().filter(|(_, until)| **until > now);
        extra.held_names = held.map(|(name, until)| (name.clone(), *until)).collect();
        let departed = self.departed.iter().filter(|(_, departed)| departed.until > now);
        extra.departed =
            departed.map(|(name, departed)| (name.clone(), departed.clone())).collect();
        extra
    }

    /// The text of the snapshot, a processor a line.
    pub(crate) fn render(&self, now: Time) -> String {
        let processors: Vec<&str> = self
            .processors
            .iter()
            .map(|(name, processor)| {
                processor.saved(|processor| {
                    let mut saved = describe::stored(self, name, processor);
                    saved.insert("Tags".to_owned(), json!(processor.tags));
                    Value::Object(saved).to_string()
                })
            })
            .collect();
        let extra = json!(self.extra(now));
        let members = extra.as_object().into_iter().flatten();
        let mut members: Vec<String> =
            members.map(|(name, value)| format!("{}: {value}", json!(name))).collect();
        // The records are text already, as a processor's part is.
        let records: Vec<&str> = self.trail.kept().collect();
        members.push(format!("\"trail\": {}", lines(&records)));
        format!(
            "{{\n\"format_version\": {},\n\"taken_at\": {},\n\"account_id\": {},\n\"region\": {},\n\"complete\": true,\n\
             \"processors\": {},\n\"emulator\": {{\n{}\n}}\n}}\n",
            json!(FORMAT_VERSION),
            json!(now.iso()),
            json!(self.account_id),
            json!(self.region),
            lines(&processors),
            members.join(",\n"),
        )
    }
}

/// A list of which each item has a line.
fn lines(items: &[&str]) -> String {
    if items.is_empty() { "[]".to_owned() } else { format!("[\n{}\n]", items.join(",\n")) }
}

/// Reads one processor; what the service would have filled in may be missing.
fn load(mut processor: Object) -> Result<Loaded, String> {
    // Tags are read apart: what lives may carry tags of AWS's own, which no caller may set.
    let tags = tags(processor.remove("Tags"))?;
    let status = match text(&processor, "Status")? {
        None => Status::Stopped,
        Some(status) => {
            Status::named(status).ok_or_else(|| format!("there is no Status {status}"))?
        }
    };
    let message = text(&processor, "StatusMessage")?.map(str::to_owned);
    let arn = text(&processor, "StreamProcessorArn")?.map(str::to_owned);
    let created = time(&processor, "CreationTimestamp")?.unwrap_or_default();
    let updated = time(&processor, "LastUpdateTimestamp")?.unwrap_or(created);
    let rekognition = ServiceModel::named("rekognition");
    let mut definition = validate::read(rekognition, "CreateStreamProcessorRequest", processor)
        .map_err(|violations| validate::message(&violations))?;
    rules::definition(&definition).map_err(|error| error.message)?;
    let Some(Value::String(name)) = definition.remove("Name") else {
        return Err("it has no Name".to_owned());
    };
    rules::drop_empty_regions(&mut definition);
    let mut loaded = Processor::new(definition, tags, created);
    (loaded.status, loaded.message, loaded.updated) = (status, message, updated);
    Ok(Loaded { name, arn, processor: loaded })
}

/// The account and region that a processor's own ARN names.
fn owner(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.split(':').skip(3);
    let (region, account_id) = (parts.next()?, parts.next()?);
    Some((account_id, region))
}

fn text_member<'a>(member: &str, value: &'a Value) -> Result<Option<&'a str>, BadSnapshot> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        other => Err(BadSnapshot::Form(format!("{member} must be a string, not {other}"))),
    }
}

fn text<'a>(object: &'a Object, member: &str) -> Result<Option<&'a str>, String> {
    match object.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(format!("{member} must be a string, not {other}")),
    }
}

fn time(object: &Object, member: &str) -> Result<Option<Time>, String> {
    match object.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => Time::from_json(value).map(Some).ok_or_else(|| {
            format!("{member} must be epoch seconds or an ISO 8601 time, not {value}")
        }),
    }
}

/// Tags as a map; a processor whose tags are unknown has none here.
fn tags(value: Option<Value>) -> Result<Tags, String> {
    let entries = match value {
        None | Some(Value::Null) => return Ok(Tags::new()),
        Some(Value::Object(entries)) => entries,
        Some(other) => return Err(format!("Tags must be an object, not {other}")),
    };
    let tag = |(key, value): (String, Value)| match value {
        Value::String(text) => Ok((key, text)),
        other => Err(format!("the tag `{key}` must be a string, not {other}")),
    };
    entries.into_iter().map(tag).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn front_door() -> Value {
        json!({
            "Name": "front-door",
            "StreamProcessorArn": "arn:aws:rekognition:eu-west-1:444455556666:streamprocessor/front-door",
            "Status": "FAILED",
            "StatusMessage": "Access denied to Role",
            "CreationTimestamp": 1532449292.712,
            "LastUpdateTimestamp": "2018-07-24T16:21:33.5Z",
            "Input": {"KinesisVideoStream": {"Arn": "arn:aws:kinesisvideo:eu-west-1:444455556666:stream/front-door/1"}},
            "Output": {"S3Destination": {"Bucket": "results", "KeyPrefix": null}},
            "RoleArn": "arn:aws:iam::444455556666:role/Streams",
            "Settings": {"ConnectedHome": {"Labels": ["PERSON"], "MinConfidence": 80.1}},
            "Tags": {"aws:cloudformation:stack-name": "cameras", "site": "north"},
            "ResponseMetadata": {"HTTPStatusCode": 200}
        })
    }

    fn read(processors: Value) -> Result<State, BadSnapshot> {
        State::from_snapshot(&json!({ "processors": processors }), &Options::default())
    }

    #[test]
    fn a_snapshot_comes_back_as_it_went_in() {
        let state = read(json!([front_door()])).unwrap();
        assert_eq!((state.account_id(), state.region()), ("444455556666", "eu-west-1"));
        let now = Time::since_epoch(Duration::from_secs(1_700_000_000));
        let text = state.render(now);
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["taken_at"], "2023-11-14T22:13:20.000Z");
        let mut expected = front_door();
        expected["LastUpdateTimestamp"] = json!(1532449293.5);
        expected["Output"] = json!({"S3Destination": {"Bucket": "results"}});
        expected.as_object_mut().unwrap().remove("ResponseMetadata");
        assert_eq!(value["processors"][0], expected);
        assert_eq!(State::parse(text.as_bytes(), &Options::default()).unwrap().render(now), text);
    }

    #[test]
    fn what_is_about_to_happen_survives() {
        let mut state = read(json!([front_door()])).unwrap();
        let at = |seconds| Time::since_epoch(Duration::from_secs(seconds));
        state.change("front-door", |processor| {
            processor.next = Some(Next { at: at(50), status: Status::Stopped, message: None });
            processor.hidden_until = at(40);
            processor.stale_tags = Some(StaleTags { until: at(30), tags: Tags::new() });
        });
        state.hold_name("garage", at(20), at(10));
        state.linger(
            "garage",
            StaleTags { until: at(35), tags: Tags::from([("a".to_owned(), "b".to_owned())]) },
            at(10),
        );
        let mut resumed =
            State::parse(state.render(at(10)).as_bytes(), &Options::default()).unwrap();
        assert_eq!(resumed.render(at(10)), state.render(at(10)));
        assert!(resumed.name_in_use("garage", at(19)) && !resumed.name_in_use("garage", at(20)));
        assert_eq!(resumed.departed(at(34)).count(), 1);
        assert_eq!(resumed.resumed_at(), at(10));
        resumed.advance(at(50));
        assert_eq!(resumed.processors()["front-door"].status, Status::Stopped);
    }

    #[test]
    fn what_is_missing_is_filled_in() {
        let mut bare = front_door();
        for member in [
            "StreamProcessorArn",
            "Status",
            "StatusMessage",
            "CreationTimestamp",
            "LastUpdateTimestamp",
            "Tags",
        ] {
            bare.as_object_mut().unwrap().remove(member);
        }
        let state = read(json!([bare])).unwrap();
        assert_eq!(state.account_id(), "111122223333");
        let value: Value = serde_json::from_str(&state.render(Time::default())).unwrap();
        assert_eq!(
            value["processors"][0]["StreamProcessorArn"],
            "arn:aws:rekognition:us-east-1:111122223333:streamprocessor/front-door"
        );
        assert_eq!(value["processors"][0]["Status"], "STOPPED");
    }

    #[test]
    fn problems_name_the_processor() {
        let with = |member: &str, value: Value| {
            let mut processor = front_door();
            processor[member] = value;
            read(json!([processor])).unwrap_err().to_string()
        };
        assert!(
            with("Status", json!("ASLEEP"))
                .contains("processor `front-door`: there is no Status ASLEEP")
        );
        assert!(
            with("Name", json!("front door!"))
                .contains("processor `front door!`: 1 validation error")
        );
        assert!(with("Name", json!(null)).contains("processor number 1: "));
        assert!(with("Settings", json!({})).contains("processor `front-door`: "));
        assert!(with("CreationTimestamp", json!("noon")).contains("CreationTimestamp must be"));
        assert!(with("Tags", json!({"a": 1})).contains("the tag `a` must be a string"));
        assert!(
            with("StreamProcessorArn", json!("arn:aws:rekognition:eu-west-1:4:streamprocessor/x"))
                .contains("which in this")
        );
        assert!(
            read(json!([front_door(), front_door()]))
                .unwrap_err()
                .to_string()
                .contains("another of this name")
        );
        assert!(
            State::parse(b"{", &Options::default())
                .unwrap_err()
                .to_string()
                .starts_with("it is no JSON: ")
        );
        let future = json!({"format_version": "2.0", "processors": []});
        assert!(
            State::from_snapshot(&future, &Options::default())
                .unwrap_err()
                .to_string()
                .contains("reads 1.x")
        );
    }
}
