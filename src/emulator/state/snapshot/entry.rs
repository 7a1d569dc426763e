//! One processor of a snapshot: what DescribeStreamProcessor answers for it and its tags, held to the rules that a
//! creation is held to. What the service would have filled in may be missing.

use serde::Deserialize;
use serde_json::Value;

use crate::emulator::clock::Time;
use crate::emulator::model::ServiceModel;
use crate::emulator::rules;
use crate::emulator::state::{Processor, Status, Tags};
use crate::emulator::validate::{self, Object};

/// One processor of a snapshot, or what is wrong with it.
pub(super) struct Entry {
    pub(super) name: Option<String>,
    pub(super) loaded: Result<Loaded, String>,
}

/// A processor that is right in itself.
pub(super) struct Loaded {
    pub(super) name: String,
    pub(super) arn: Option<String>,
    pub(super) processor: Processor,
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
