//! One stream processor, as the service holds it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};

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
    definition: Definition,
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
            definition: Definition::of(&definition),
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
        self.definition.kind
    }

    /// What CreateStreamProcessor was given and updates have changed, in the wire's form, without Name and Tags.
    pub(crate) fn definition(&self) -> Object {
        // The text was made from an object.
        serde_json::from_str(&self.definition.text).unwrap_or_default()
    }

    /// Changes the definition; its kind and its streams must stay.
    pub(crate) fn define(&mut self, definition: &Object) {
        self.definition = Definition::of(definition);
    }

    /// The ARNs of the Kinesis streams that no other processor may use.
    pub(crate) fn streams(&self) -> impl Iterator<Item = &str> {
        self.definition.streams.iter().map(|stream| &**stream)
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

    /// The text that DescribeStreamProcessor answers: nothing reordered or expanded.
    pub(crate) fn described(&self, name: &str, arn: &str, digits: Digits) -> String {
        self.told(name, arn, digits, None)
    }

    /// The processor's part of a snapshot.
    pub(super) fn saved(&self, name: &str, arn: &str) -> String {
        self.told(name, arn, Digits::Shortest, Some(&self.tags))
    }

    fn told(&self, name: &str, arn: &str, digits: Digits, tags: Option<&Tags>) -> String {
        let told = Told {
            creation_timestamp: self.created,
            last_update_timestamp: self.updated,
            name,
            status: self.status,
            status_message: self.message.as_deref(),
            stream_processor_arn: arn,
            tags,
        };
        // Strings and the like: nothing that could not be written.
        let mut text = serde_json::to_string(&told).unwrap_or_default();
        text.pop();
        let members = self.definition.text.trim_start_matches('{');
        text.push_str(if members == "}" { "" } else { "," });
        match digits {
            Digits::Shortest => text.push_str(members),
            Digits::Widened => widen(members, &mut text),
        }
        text
    }
}

/// A definition as its JSON, every number as short as its float32 allows: a large fleet takes a tenth of the memory, and
/// is mostly read to be told.
#[derive(Clone, Debug)]
struct Definition {
    text: Box<str>,
    kind: Kind,
    streams: Box<[Box<str>]>,
}

impl Definition {
    fn of(definition: &Object) -> Definition {
        let members = definition.iter().map(|(member, value)| (member, Shortest(value)));
        let members: BTreeMap<_, _> = members.collect();
        Definition {
            text: serde_json::to_string(&members).unwrap_or_default().into(),
            kind: Kind::of(definition),
            streams: streams(definition).map(Box::from).collect(),
        }
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

/// What is told of a processor beside its definition.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Told<'a> {
    creation_timestamp: Time,
    last_update_timestamp: Time,
    name: &'a str,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_message: Option<&'a str>,
    stream_processor_arn: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<&'a Tags>,
}

/// A value with its numbers in their shortest digits.
struct Shortest<'a>(&'a Value);

impl Serialize for Shortest<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Number(number) => {
                serializer.serialize_f32(number.as_f64().unwrap_or_default() as f32)
            }
            Value::Array(items) => serializer.collect_seq(items.iter().map(Shortest)),
            Value::Object(members) => {
                serializer.collect_map(members.iter().map(|(name, value)| (name, Shortest(value))))
            }
            value => value.serialize(serializer),
        }
    }
}

/// Adds JSON with float32 numbers in their shortest digits, and writes those as doubles.
fn widen(shortest: &str, text: &mut String) {
    let bytes = shortest.as_bytes();
    let (mut at, mut copied, mut in_string) = (0, 0, false);
    while let Some(byte) = bytes.get(at) {
        let mut length = 1;
        match byte {
            // What is escaped is no end of the string.
            b'\\' => length = 2,
            b'"' => in_string = !in_string,
            b'-' | b'0'..=b'9' if !in_string => {
                let digits =
                    bytes[at..].iter().take_while(|byte| b"+-.eE0123456789".contains(byte));
                length = digits.count();
                let single: f32 = shortest[at..at + length].parse().unwrap_or_default();
                text.push_str(&shortest[copied..at]);
                text.push_str(&json!(f64::from(single)).to_string());
                copied = at + length;
            }
            _ => {}
        }
        at += length;
    }
    text.push_str(&shortest[copied..]);
}

/// The ARNs of the Kinesis streams in a definition.
pub(crate) fn streams(definition: &Object) -> impl Iterator<Item = &str> {
    let arn = |member: &str, stream: &str| {
        definition.get(member)?.get(stream)?.get("Arn").and_then(Value::as_str)
    };
    [arn("Input", "KinesisVideoStream"), arn("Output", "KinesisDataStream")].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever a definition says comes back, and its numbers as the doubles that they are.
        #[test]
        fn a_definition_is_told_as_it_is(text in ".{0,30}", number in any::<f32>(), other in -1.0_f32..1.0) {
            prop_assume!(number.is_finite());
            let [number, other] = [number, other].map(|single| json!(f64::from(single)));
            let definition = json!({"RoleArn": text, "RegionsOfInterest": [{"a": number, "b": [other, 7.0, true]}]});
            let definition = definition.as_object().unwrap();
            let processor = Processor::new(definition.clone(), Tags::new(), Time::default());
            let told = |digits| -> Object {
                serde_json::from_str(&processor.described("a", "arn", digits)).unwrap()
            };
            let widened = told(Digits::Widened);
            prop_assert!(definition.iter().all(|(member, value)| widened[member] == *value));
            let shortest = told(Digits::Shortest);
            let single = |value: &Value| value.as_f64().unwrap() as f32;
            let told = &shortest["RegionsOfInterest"][0]["a"];
            prop_assert_eq!(single(told), single(&number));
            prop_assert!(told.to_string().len() <= number.to_string().len());
            prop_assert_eq!(&shortest["RoleArn"], &definition["RoleArn"]);
            // What was read is kept as the same definition.
            let mut again = processor.clone();
            again.define(&processor.definition());
            prop_assert_eq!(&*again.definition.text, &*processor.definition.text);
        }
    }
}
