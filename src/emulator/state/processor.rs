//! One stream processor, as the service holds it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::Tags;
use crate::emulator::clock::Time;
use crate::emulator::options::Settle;
use crate::emulator::rules::Kind;
use crate::emulator::validate::Object;

/// The status of a processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Status {
    Stopped,
    Starting,
    Running,
    Failed,
    Stopping,
    Updating,
}

/// What happens to a processor by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Next {
    pub(crate) at: Time,
    pub(crate) status: Status,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
}

/// Tags that GetResources shows although they are no longer so.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct StaleTags {
    pub(crate) until: Time,
    pub(crate) tags: Tags,
}

/// A stream processor.
#[derive(Clone, Debug)]
pub(crate) struct Processor {
    /// What CreateStreamProcessor was given and updates have changed, in the wire's form, without Name and Tags.
    pub(crate) definition: Object,
    pub(crate) tags: Tags,
    pub(crate) status: Status,
    /// The StatusMessage, if something is wrong.
    pub(crate) message: Option<String>,
    pub(crate) created: Time,
    /// When the definition or the status last changed.
    pub(crate) updated: Time,
    pub(crate) next: Option<Next>,
    /// Until when the processor is not found, although it exists.
    pub(crate) hidden_until: Time,
    pub(crate) stale_tags: Option<StaleTags>,
    /// Whether it ever had a tag, which GetResources may remember.
    pub(crate) was_tagged: bool,
}

impl Processor {
    /// A processor that was just created.
    pub(crate) fn new(definition: Object, tags: Tags, now: Time) -> Processor {
        Processor {
            definition,
            tags,
            status: Status::Stopped,
            message: None,
            created: now,
            updated: now,
            next: None,
            hidden_until: Time::default(),
            stale_tags: None,
            was_tagged: false,
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        Kind::of(&self.definition)
    }

    /// The ARNs of the Kinesis streams that no other processor may use.
    pub(crate) fn streams(&self) -> impl Iterator<Item = &str> {
        streams(&self.definition)
    }

    pub(crate) fn is_visible(&self, now: Time) -> bool {
        self.hidden_until <= now
    }

    /// The tags as GetResources knows them.
    pub(crate) fn tags_in_index(&self, now: Time) -> &Tags {
        match &self.stale_tags {
            Some(stale) if stale.until > now => &stale.tags,
            _ => &self.tags,
        }
    }

    /// Enters a status, from which nothing follows by itself until `next` says so.
    pub(crate) fn enter(&mut self, status: Status, now: Time) {
        self.status = status;
        self.message = None;
        self.next = None;
        self.updated = now;
    }

    /// Lets happen what was to happen at this time.
    pub(crate) fn settle(&mut self, now: Time) {
        if let Some(next) = self.next.take() {
            self.enter(next.status, now);
            self.message = next.message;
        }
    }

    /// Fills in what a snapshot leaves open: when it was created, and when what it is doing will end.
    ///
    /// A snapshot of the real service says that a processor is STARTING, but not for how long.
    pub(super) fn resume(&mut self, now: Time, settle: &Settle) {
        if self.created == Time::default() {
            self.created = now;
            self.updated = self.updated.max(now);
        }
        let (wait, status) = match (self.status, self.kind()) {
            (Status::Starting, Kind::FaceSearch) => (settle.starting, Status::Running),
            (Status::Starting, Kind::LabelDetection) => (settle.starting, Status::Stopped),
            (Status::Stopping, _) => (settle.stopping, Status::Stopped),
            (Status::Updating, _) => (settle.updating, Status::Stopped),
            (Status::Stopped | Status::Running | Status::Failed, _) => return,
        };
        self.next.get_or_insert(Next { at: now.after(wait), status, message: None });
    }

    /// What DescribeStreamProcessor answers: nothing reordered or expanded.
    pub(crate) fn described<'a>(
        &'a self,
        name: &'a str,
        arn: &'a str,
        digits: Digits,
    ) -> BTreeMap<&'a str, Part<'a>> {
        let definition = self.definition.iter();
        let mut parts: BTreeMap<&str, Part<'_>> =
            definition.map(|(member, value)| (&**member, Part::Defined(value, digits))).collect();
        parts.extend([
            ("Name", Part::Text(name)),
            ("StreamProcessorArn", Part::Text(arn)),
            ("Status", Part::Status(self.status)),
            ("CreationTimestamp", Part::Time(self.created)),
            ("LastUpdateTimestamp", Part::Time(self.updated)),
        ]);
        parts.extend(self.message.as_deref().map(|message| ("StatusMessage", Part::Text(message))));
        parts
    }

    /// The processor's part of a snapshot, numbers as short as their float32 allows.
    pub(super) fn saved(&self, name: &str, arn: &str) -> String {
        let mut saved = self.described(name, arn, Digits::Shortest);
        saved.insert("Tags", Part::Tags(&self.tags));
        text(&saved)
    }
}

/// How a float32 is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Digits {
    /// As few as tell it from every other.
    Shortest,
    /// As many as the same number has as a double.
    Widened,
}

/// A member of what is told of a processor: written as it is, as a large fleet is read and saved often.
pub(crate) enum Part<'a> {
    Defined(&'a Value, Digits),
    Text(&'a str),
    Status(Status),
    Time(Time),
    Tags(&'a Tags),
}

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Part::Defined(Value::Number(number), digits) => {
                let single = number.as_f64().unwrap_or_default() as f32;
                match digits {
                    Digits::Shortest => serializer.serialize_f32(single),
                    Digits::Widened => serializer.serialize_f64(single.into()),
                }
            }
            Part::Defined(Value::Array(items), digits) => {
                serializer.collect_seq(items.iter().map(|item| Part::Defined(item, digits)))
            }
            Part::Defined(Value::Object(members), digits) => serializer.collect_map(
                members.iter().map(|(name, value)| (name, Part::Defined(value, digits))),
            ),
            Part::Defined(value, _) => value.serialize(serializer),
            Part::Text(text) => serializer.serialize_str(text),
            Part::Status(status) => status.serialize(serializer),
            Part::Time(time) => time.serialize(serializer),
            Part::Tags(tags) => tags.serialize(serializer),
        }
    }
}

/// The JSON of what is told of a processor.
pub(crate) fn text(parts: &BTreeMap<&str, Part<'_>>) -> String {
    // Strings, finite numbers and the like: nothing that could not be written.
    serde_json::to_string(parts).unwrap_or_default()
}

/// The ARNs of the Kinesis streams in a definition.
pub(crate) fn streams(definition: &Object) -> impl Iterator<Item = &str> {
    let arn = |member: &str, stream: &str| {
        definition.get(member)?.get(stream)?.get("Arn").and_then(Value::as_str)
    };
    [arn("Input", "KinesisVideoStream"), arn("Output", "KinesisDataStream")].into_iter().flatten()
}
