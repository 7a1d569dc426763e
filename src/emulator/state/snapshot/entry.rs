//! One processor of a snapshot: what DescribeStreamProcessor answers for it and its tags, held to the rules that a
//! creation is held to. What the service would have filled in may be missing.

use serde::Deserialize;
use serde::de::DeserializeOwned;
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
    let tags: Option<Tags> = take(&mut processor, "Tags", "an object of strings")?;
    let status = take(&mut processor, "Status", "a status of the service")?;
    let message = take(&mut processor, "StatusMessage", "a string")?;
    let arn = take(&mut processor, "StreamProcessorArn", "a string")?;
    let time = "epoch seconds or an ISO 8601 time";
    let created: Time = take(&mut processor, "CreationTimestamp", time)?.unwrap_or_default();
    let updated = take(&mut processor, "LastUpdateTimestamp", time)?.unwrap_or(created);
    let rekognition = ServiceModel::named("rekognition");
    let mut definition = validate::read(rekognition, "CreateStreamProcessorRequest", processor)
        .map_err(|violations| validate::message(&violations))?;
    rules::definition(&definition).map_err(|error| error.message)?;
    let Some(Value::String(name)) = definition.remove("Name") else {
        return Err("it has no Name".to_owned());
    };
    rules::drop_empty_regions(&mut definition);
    let mut processor = Processor::new(definition, tags.unwrap_or_default(), created);
    processor.status = status.unwrap_or(Status::Stopped);
    (processor.message, processor.updated) = (message, updated);
    Ok(Loaded { name, arn, processor })
}

/// Takes out a member that may be missing or null; `demand` says what it must be otherwise.
fn take<T>(processor: &mut Object, member: &str, demand: &str) -> Result<Option<T>, String>
where
    T: DeserializeOwned,
{
    let value = processor.remove(member).unwrap_or_default();
    Option::deserialize(&value).map_err(|_| format!("{member} must be {demand}, not {value}"))
}
