//! What CloudTrail knows: a record of every call that arrived.
//!
//! A record is kept as CloudTrail itself writes it, so that real records can stand in a state file beside the emulator's
//! own. What the service does by itself (a session that ends, a processor that fails) is no call and has no record.

use std::borrow::Cow;
use std::collections::VecDeque;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value, json};

use super::clock::Time;
use super::identity::Identity;
use super::journal::Call;
use super::model::{ServiceModel, Shape};
use super::operation::Operation;
use super::random;
use super::validate::{Object, cut, lower_first};

/// How many calls are remembered, apart for those that only read: a client that polls must not push out the changes.
const CAPACITY: usize = 1000;
/// How many bytes the records of each of the two may take together.
const MAX_BYTES: usize = 1 << 20;
/// The most bytes of a user agent or a message in a record; CloudTrail cuts them there too.
const MAX_TEXT: usize = 1024;

/// The recorded calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trail {
    reads: Remembered,
    changes: Remembered,
    recorded: u64,
    /// How many of the calls a file knows of, but for those that only read.
    saved: u64,
}

/// The latest calls of one kind.
#[derive(Clone, Debug, Default)]
struct Remembered {
    events: VecDeque<Event>,
    bytes: usize,
}

/// One recorded call.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// The position among all, in the order in which they happened.
    number: u64,
    pub(crate) time: Time,
    pub(crate) id: String,
    pub(crate) name: Cow<'static, str>,
    pub(crate) source: Cow<'static, str>,
    pub(crate) user: Option<String>,
    pub(crate) access_key_id: Option<String>,
    pub(crate) read_only: bool,
    /// The stream processor that the request names.
    pub(crate) processor: Option<String>,
    /// CloudTrail's own form.
    text: String,
}

/// A record as CloudTrail writes it, in the order of names, in which a record that was read is written again.
#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    aws_region: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<&'a str>,
    event_category: &'static str,
    #[serde(rename = "eventID")]
    event_id: &'a str,
    event_name: &'static str,
    event_source: &'static str,
    event_time: String,
    event_type: &'static str,
    event_version: &'static str,
    management_event: bool,
    read_only: bool,
    recipient_account_id: &'a str,
    #[serde(rename = "requestID")]
    request_id: &'a str,
    request_parameters: Option<&'a Value>,
    response_elements: Option<Value>,
    #[serde(rename = "sourceIPAddress")]
    source_ip_address: &'static str,
    user_agent: Option<&'a str>,
    user_identity: UserIdentity<'a>,
}

/// Who called, and with which access key.
struct UserIdentity<'a>(Option<&'a str>, &'a Object);

impl Serialize for UserIdentity<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The key goes before all of the others, which are in order.
        let mut map = serializer.serialize_map(None)?;
        if let Some(access_key_id) = self.0 {
            map.serialize_entry("accessKeyId", access_key_id)?;
        }
        self.1.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
        map.end()
    }
}

impl Trail {
    pub(crate) fn record(&mut self, event: Event) {
        let event = Event { number: self.recorded, ..event };
        self.recorded += 1;
        if event.read_only { self.reads.push(event) } else { self.changes.push(event) }
    }

    /// All calls, the latest first.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &Event> {
        let mut reads = self.reads.events.iter().rev().peekable();
        let mut changes = self.changes.events.iter().rev().peekable();
        std::iter::from_fn(move || match (reads.peek(), changes.peek()) {
            (Some(read), Some(change)) if read.number > change.number => reads.next(),
            (Some(_), None) => reads.next(),
            _ => changes.next(),
        })
    }

    /// The calls that may have changed something, the oldest first: those that belong in a snapshot.
    pub(crate) fn changes(&self) -> impl Iterator<Item = &Event> {
        self.changes.events.iter()
    }

    /// Those of them that no file knows of.
    pub(crate) fn unsaved(&self) -> impl Iterator<Item = &Event> {
        let saved = self.changes.events.partition_point(|event| event.number < self.saved);
        self.changes.events.iter().skip(saved)
    }

    /// From here on a file knows of all calls so far.
    pub(crate) fn mark_saved(&mut self) {
        self.saved = self.recorded;
    }

    /// Adds the records of a file.
    pub(crate) fn restore(&mut self, records: &[Value]) -> Result<(), String> {
        let events = records.iter().map(Event::restore);
        let mut events = events.collect::<Result<Vec<Event>, String>>()?;
        events.sort_by_key(|event| event.time);
        events.into_iter().for_each(|event| self.record(event));
        self.mark_saved();
        Ok(())
    }
}

impl Remembered {
    fn push(&mut self, event: Event) {
        self.bytes += event.text.len();
        self.events.push_back(event);
        while self.events.len() > CAPACITY || self.bytes > MAX_BYTES {
            let Some(oldest) = self.events.pop_front() else { return };
            self.bytes -= oldest.text.len();
        }
    }
}

impl Event {
    /// The event of a call to the service of this region, with its answer if it was a success.
    pub(crate) fn new(
        call: &Call,
        parameters: Option<&Value>,
        answer: Option<&Value>,
        identity: &Identity,
        region: &str,
    ) -> Event {
        let Call { time, operation, request_id, caller, outcome, .. } = call;
        let error = outcome.as_ref().err();
        let source = operation.service().event_source();
        let id = random::uuid(random::mix(&[random::hash(request_id), random::hash("event")]));
        let user_identity = identity.user_identity();
        let record = Record {
            event_version: "1.08",
            event_time: time.iso_seconds(),
            event_source: source,
            event_name: operation.name(),
            aws_region: region,
            source_ip_address: "127.0.0.1",
            user_agent: caller.user_agent.as_deref().map(|agent| cut(agent, MAX_TEXT)),
            user_identity: UserIdentity(caller.access_key_id.as_deref(), user_identity),
            error_code: error.map(|error| &*error.code),
            error_message: error.map(|error| cut(&error.message, MAX_TEXT)),
            request_parameters: parameters,
            response_elements: answer.and_then(|answer| elements(*operation, answer)),
            request_id,
            event_id: &id,
            read_only: !operation.writes(),
            event_type: "AwsApiCall",
            management_event: true,
            recipient_account_id: identity.account_id(),
            event_category: "Management",
        };
        // Strings, and JSON that was read from text: nothing that could not be written.
        let text = serde_json::to_string(&record).unwrap_or_default();
        Event {
            number: 0,
            time: *time,
            id,
            name: operation.name().into(),
            source: source.into(),
            user: user(user_identity),
            access_key_id: caller.access_key_id.clone(),
            read_only: !operation.writes(),
            processor: call.processor.clone(),
            text,
        }
    }

    /// CloudTrail's own form.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The event of a record in a file.
    fn restore(record: &Value) -> Result<Event, String> {
        let time = Time::from_json(&record["eventTime"])
            .ok_or("each of its records needs an ISO 8601 time `eventTime`")?;
        let required = |name: &str| match record[name].as_str() {
            Some(text) => Ok(text.to_owned()),
            None => Err(format!("each of its records needs a string `{name}`")),
        };
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let parameters = &record["requestParameters"];
        let by_arn = || parameters["resourceArn"].as_str()?.split_once(":streamprocessor/");
        Ok(Event {
            number: 0,
            time,
            id: required("eventID")?,
            name: required("eventName")?.into(),
            source: required("eventSource")?.into(),
            user: record["userIdentity"].as_object().and_then(user),
            access_key_id: text(&record["userIdentity"]["accessKeyId"]),
            read_only: record["readOnly"] == true,
            processor: text(&parameters["name"]).or_else(|| Some(by_arn()?.1.to_owned())),
            text: record.to_string(),
        })
    }
}

/// The name under which an event's user is looked up.
fn user(identity: &Object) -> Option<String> {
    let text = |member: &str| identity.get(member).and_then(Value::as_str);
    if text("type") == Some("Root") {
        return Some("root".to_owned());
    }
    // The session of a role and a federated user are named behind the principal.
    let session = || text("principalId")?.split_once(':').map(|(_, session)| session);
    text("userName").or_else(session).map(str::to_owned)
}

/// The request as a record shows it; nothing if there is nothing to show.
pub(crate) fn parameters(operation: Operation, request: &Object) -> Option<Value> {
    let model = operation.service().model()?;
    let shown = camel_members(model, model.input_of(operation.name())?, request);
    (!shown.is_empty()).then_some(Value::Object(shown))
}

/// The answer as a record shows it: that of a change only, and only if there is something in it.
fn elements(operation: Operation, answer: &Value) -> Option<Value> {
    let model =
        operation.service().model().filter(|_| operation.writes() && *answer != json!({}))?;
    Some(camel(model, model.output_of(operation.name())?, answer))
}

/// The value with the names of members as CloudTrail writes them; the keys of maps stay, unknown members do not.
fn camel(model: &ServiceModel, shape: &str, value: &Value) -> Value {
    match (model.shape(shape), value) {
        (Shape::Structure { .. }, Value::Object(given)) => {
            Value::Object(camel_members(model, shape, given))
        }
        (Shape::List { member, .. }, Value::Array(items)) => {
            Value::Array(items.iter().map(|item| camel(model, member, item)).collect())
        }
        (Shape::Map { value: member, .. }, Value::Object(entries)) => {
            let entries =
                entries.iter().map(|(key, value)| (key.clone(), camel(model, member, value)));
            Value::Object(entries.collect::<Map<String, Value>>())
        }
        // What the model does not allow is shown as it came, with the error that it got.
        (_, other) => other.clone(),
    }
}

fn camel_members(model: &ServiceModel, shape: &str, given: &Object) -> Object {
    let Shape::Structure { members, .. } = model.shape(shape) else { return Object::new() };
    let known = given.iter().filter(|(_, value)| !value.is_null());
    let known = known.filter_map(|(name, value)| {
        Some((lower_first(name), camel(model, members.get(name)?, value)))
    });
    known.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::journal::Caller;
    use std::time::Duration;

    fn event(operation: Operation, request: Value) -> Event {
        let caller = Caller {
            access_key_id: Some("AKIAEXAMPLE".to_owned()),
            region: None,
            user_agent: Some("rekon".to_owned()),
        };
        let call = Call {
            time: Time::since_epoch(Duration::from_millis(1_700_000_000_900)),
            operation,
            request: request.as_object().unwrap().clone(),
            request_id: "1".to_owned(),
            caller,
            processor: request["Name"].as_str().map(str::to_owned),
            outcome: Ok(()),
            fault: None,
            took_effect: operation.writes(),
        };
        let identity = Identity::new("ci", "111122223333");
        let parameters = parameters(operation, &call.request);
        Event::new(&call, parameters.as_ref(), Some(&json!({})), &identity, "us-east-1")
    }

    fn record(event: &Event) -> Value {
        serde_json::from_str(&event.text).unwrap()
    }

    #[test]
    fn a_record_has_cloudtrails_form() {
        let event = event(
            Operation::CreateStreamProcessor,
            json!({
                "Name": "front-door",
                "NotificationChannel": {"SNSTopicArn": "topic"},
                "RegionsOfInterest": [{"BoundingBox": {"Left": 0.5}}],
                "Tags": {"Site": "north"},
                "KmsKeyId": null,
                "Colour": "red",
            }),
        );
        let record = record(&event);
        assert_eq!(
            record["requestParameters"],
            json!({
                "name": "front-door",
                "notificationChannel": {"sNSTopicArn": "topic"},
                "regionsOfInterest": [{"boundingBox": {"left": 0.5}}],
                "tags": {"Site": "north"},
            })
        );
        assert_eq!(record["eventTime"], "2023-11-14T22:13:20Z");
        assert_eq!(record["eventSource"], "rekognition.amazonaws.com");
        assert_eq!(
            (&record["readOnly"], &record["responseElements"]),
            (&json!(false), &json!(null))
        );
        assert_eq!(record["userIdentity"]["userName"], "ci");
        assert_eq!(record["userIdentity"]["accessKeyId"], "AKIAEXAMPLE");
        assert_eq!(
            (event.user.as_deref(), event.processor.as_deref()),
            (Some("ci"), Some("front-door"))
        );
    }

    #[test]
    fn changes_outlast_reads_and_the_newest_come_first() {
        let mut trail = Trail::default();
        trail.record(event(Operation::DeleteStreamProcessor, json!({"Name": "a"})));
        for _ in 0..=CAPACITY {
            trail.record(event(Operation::DescribeStreamProcessor, json!({"Name": "a"})));
        }
        trail.record(event(Operation::TagResource, json!({"Name": "a"})));
        let all: Vec<&Event> = trail.newest_first().collect();
        assert_eq!(all.len(), CAPACITY + 2);
        assert!(all.windows(2).all(|pair| pair[0].number > pair[1].number));
        assert_eq!(all[0].name, "TagResource");
        assert_eq!(all[CAPACITY + 1].name, "DeleteStreamProcessor");
        assert_eq!(trail.changes().count(), 2);
    }

    #[test]
    fn records_take_only_so_much_together() {
        let mut trail = Trail::default();
        let name = "n".repeat(MAX_BYTES / 10);
        for _ in 0..20 {
            trail.record(event(Operation::DeleteStreamProcessor, json!({ "Name": name })));
        }
        assert_eq!(trail.changes().count(), 9);
        trail.record(event(
            Operation::DeleteStreamProcessor,
            json!({"Name": "n".repeat(MAX_BYTES)}),
        ));
        assert_eq!(trail.changes().count(), 0, "not even one that is too large by itself");
        trail.record(event(Operation::DeleteStreamProcessor, json!({"Name": "a"})));
        assert_eq!((trail.changes().count(), trail.changes.bytes < 2000), (1, true));
    }

    #[test]
    fn what_no_file_knows_of_is_told_apart() {
        let mut trail = Trail::default();
        let delete = || event(Operation::DeleteStreamProcessor, json!({"Name": "a"}));
        trail.record(delete());
        assert_eq!(trail.unsaved().count(), 1);
        trail.mark_saved();
        assert_eq!(trail.unsaved().count(), 0);
        for _ in 0..CAPACITY {
            trail.record(delete());
            trail.record(event(Operation::DescribeStreamProcessor, json!({"Name": "a"})));
        }
        trail.record(delete());
        assert_eq!(trail.unsaved().count(), CAPACITY);
    }

    #[test]
    fn records_come_back_as_events() {
        let mut trail = Trail::default();
        trail.record(event(Operation::DeleteStreamProcessor, json!({"Name": "a"})));
        trail.record(event(
            Operation::TagResource,
            json!({"ResourceArn": "arn:aws:rekognition:us-east-1:111122223333:streamprocessor/b"}),
        ));
        let records: Vec<Value> = trail.changes().map(record).collect();
        let mut restored = Trail::default();
        restored.restore(&records).unwrap();
        assert_eq!(restored.changes().map(record).collect::<Vec<_>>(), records);
        let processors: Vec<_> =
            restored.newest_first().map(|event| event.processor.as_deref()).collect();
        assert_eq!(processors, [Some("b"), Some("a")]);
        assert!(restored.restore(&[json!({})]).unwrap_err().contains("eventTime"));
    }

    #[test]
    fn sessions_and_root_have_names_too() {
        let name = |arn: &str| user(Identity::new(arn, "1").user_identity());
        assert_eq!(name("arn:aws:sts::1:assumed-role/Admin/jorge").as_deref(), Some("jorge"));
        assert_eq!(name("arn:aws:sts::1:federated-user/mary").as_deref(), Some("mary"));
        assert_eq!(name("arn:aws:iam::1:root").as_deref(), Some("root"));
    }
}
