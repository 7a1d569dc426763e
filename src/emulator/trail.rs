//! What CloudTrail knows: a record of every call that arrived.
//!
//! A record is kept as CloudTrail itself writes it, so that real records can stand in a state file beside the emulator's
//! own. What the service does by itself (a session that ends, a processor that fails) is no call and has no record.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use super::clock::Time;
use super::error::ServiceError;
use super::identity::Identity;
use super::journal::Caller;
use super::model::{ServiceModel, Shape};
use super::operation::Operation;
use super::random;
use super::validate::{Object, lower_first};

/// How many calls are remembered, apart for those that only read: a client that polls must not push out the changes.
const CAPACITY: usize = 10_000;
/// How many of the calls that may have changed something are in a snapshot: it is written after every change.
const KEPT: usize = 1000;

/// The recorded calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trail {
    reads: VecDeque<Event>,
    writes: VecDeque<Event>,
    recorded: u64,
}

/// One recorded call.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// The position among all, in the order in which they happened.
    number: u64,
    pub(crate) time: Time,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) source: String,
    pub(crate) user: Option<String>,
    pub(crate) access_key_id: Option<String>,
    pub(crate) read_only: bool,
    /// The stream processor that the request names.
    pub(crate) processor: Option<String>,
    /// CloudTrail's own form.
    pub(crate) text: String,
}

/// A call that arrived, and what became of it.
#[derive(Debug)]
pub(crate) struct Happened<'a> {
    pub(crate) time: Time,
    pub(crate) operation: Operation,
    pub(crate) request: &'a Object,
    pub(crate) request_id: &'a str,
    pub(crate) caller: &'a Caller,
    pub(crate) identity: &'a Identity,
    pub(crate) processor: Option<&'a str>,
    pub(crate) outcome: Result<&'a Object, &'a ServiceError>,
}

impl Trail {
    pub(crate) fn record(&mut self, event: Event) {
        let events = if event.read_only { &mut self.reads } else { &mut self.writes };
        if events.len() == CAPACITY {
            events.pop_front();
        }
        events.push_back(Event { number: self.recorded, ..event });
        self.recorded += 1;
    }

    /// All calls, the latest first.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &Event> {
        let mut reads = self.reads.iter().rev().peekable();
        let mut writes = self.writes.iter().rev().peekable();
        std::iter::from_fn(move || match (reads.peek(), writes.peek()) {
            (Some(read), Some(write)) if read.number > write.number => reads.next(),
            (Some(_), None) => reads.next(),
            _ => writes.next(),
        })
    }

    /// The records that belong in a snapshot, the oldest first.
    pub(crate) fn kept(&self) -> impl Iterator<Item = &str> {
        let skipped = self.writes.len().saturating_sub(KEPT);
        self.writes.iter().skip(skipped).map(|event| event.text.as_str())
    }

    /// The trail with the records of a snapshot.
    pub(crate) fn restore(records: Vec<Object>) -> Result<Trail, String> {
        let events = records.into_iter().map(Event::restore);
        let mut events = events.collect::<Result<Vec<Event>, String>>()?;
        events.sort_by_key(|event| event.time);
        let mut trail = Trail::default();
        events.into_iter().for_each(|event| trail.record(event));
        Ok(trail)
    }
}

impl Event {
    /// The event of a call to the service of this account and region.
    pub(crate) fn new(call: &Happened<'_>, account_id: &str, region: &str) -> Event {
        let Happened { time, operation, request, request_id, caller, identity, processor, outcome } =
            call;
        let service = operation.service();
        let access_key_id = caller.access_key_id.as_deref();
        let user_identity = identity.user_identity(access_key_id);
        let id = random::uuid(random::mix(&[random::hash(request_id), random::hash("event")]));
        let mut record = json!({
            "eventVersion": "1.08",
            "eventTime": time.iso_seconds(),
            "eventSource": service.event_source(),
            "eventName": operation.name(),
            "awsRegion": region,
            "sourceIPAddress": "127.0.0.1",
            "userAgent": caller.user_agent,
            "requestParameters": parameters(*operation, request),
            "responseElements": outcome.ok().and_then(|output| elements(*operation, output)),
            "requestID": request_id,
            "eventID": id,
            "readOnly": !operation.writes(),
            "eventType": "AwsApiCall",
            "managementEvent": true,
            "recipientAccountId": account_id,
            "eventCategory": "Management",
        });
        if let Err(error) = outcome {
            record["errorCode"] = json!(error.code);
            record["errorMessage"] = json!(error.message);
        }
        let user = user(&user_identity);
        record["userIdentity"] = user_identity;
        Event {
            number: 0,
            time: *time,
            id,
            name: operation.name().to_owned(),
            source: service.event_source().to_owned(),
            user,
            access_key_id: access_key_id.map(str::to_owned),
            read_only: !operation.writes(),
            processor: processor.map(str::to_owned),
            text: record.to_string(),
        }
    }

    /// The event of a record in a snapshot.
    fn restore(record: Object) -> Result<Event, String> {
        let member = |name: &str| record.get(name).and_then(Value::as_str).map(str::to_owned);
        let needed = |name: &str| {
            member(name).ok_or_else(|| format!("each of its records needs a string `{name}`"))
        };
        let time = record
            .get("eventTime")
            .and_then(Time::from_json)
            .ok_or_else(|| "each of its records needs an ISO 8601 time `eventTime`".to_owned())?;
        let identity = record.get("userIdentity").unwrap_or(&Value::Null);
        let parameters = record.get("requestParameters").unwrap_or(&Value::Null);
        let arn = parameters.get("resourceArn").and_then(Value::as_str).unwrap_or_default();
        let by_arn = arn.split_once(":streamprocessor/").map(|(_, name)| name);
        let processor = parameters.get("name").and_then(Value::as_str).or(by_arn);
        Ok(Event {
            number: 0,
            time,
            id: needed("eventID")?,
            name: needed("eventName")?,
            source: needed("eventSource")?,
            user: user(identity),
            access_key_id: identity.get("accessKeyId").and_then(Value::as_str).map(str::to_owned),
            read_only: record.get("readOnly") == Some(&Value::Bool(true)),
            processor: processor.map(str::to_owned),
            text: Value::Object(record).to_string(),
        })
    }
}

/// The name under which an event's user is looked up.
fn user(identity: &Value) -> Option<String> {
    let text = |member: &str| identity.get(member).and_then(Value::as_str);
    if text("type") == Some("Root") {
        return Some("root".to_owned());
    }
    // The session of a role and a federated user are named behind the principal.
    let session = || text("principalId")?.split_once(':').map(|(_, session)| session);
    text("userName").or_else(session).map(str::to_owned)
}

/// The request as a record shows it; null if there is nothing to show.
fn parameters(operation: Operation, request: &Object) -> Value {
    let model = operation.service().model();
    let shown = model.and_then(|model| {
        Some(camel(model, model.input_of(operation.name())?, &Value::Object(request.clone())))
    });
    shown.filter(|shown| *shown != json!({})).unwrap_or_default()
}

/// The answer as a record shows it: that of a change only, and only if there is something in it.
fn elements(operation: Operation, output: &Object) -> Option<Value> {
    if !operation.writes() || output.is_empty() {
        return None;
    }
    let model = operation.service().model()?;
    let output = Value::Object(output.clone());
    Some(camel(model, model.output_of(operation.name())?, &output))
}

/// The value with the names of members as CloudTrail writes them; the keys of maps stay, unknown members do not.
fn camel(model: &ServiceModel, shape: &str, value: &Value) -> Value {
    match (model.shape(shape), value) {
        (Shape::Structure { members, .. }, Value::Object(given)) => {
            let known = given.iter().filter(|(_, value)| !value.is_null());
            let known = known.filter_map(|(name, value)| {
                Some((lower_first(name), camel(model, members.get(name)?, value)))
            });
            Value::Object(known.collect())
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn event(operation: Operation, request: Value) -> Event {
        let caller = Caller {
            access_key_id: Some("AKIAEXAMPLE".to_owned()),
            region: None,
            user_agent: Some("rekon".to_owned()),
        };
        let call = Happened {
            time: Time::since_epoch(Duration::from_millis(1_700_000_000_900)),
            operation,
            request: request.as_object().unwrap(),
            request_id: "1",
            caller: &caller,
            identity: &Identity::new("ci", "111122223333"),
            processor: request["Name"].as_str(),
            outcome: Ok(&Object::new()),
        };
        Event::new(&call, "111122223333", "us-east-1")
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
        assert_eq!(trail.kept().count(), 2);
    }

    #[test]
    fn records_come_back_as_events() {
        let mut trail = Trail::default();
        trail.record(event(Operation::DeleteStreamProcessor, json!({"Name": "a"})));
        trail.record(event(
            Operation::TagResource,
            json!({"ResourceArn": "arn:aws:rekognition:us-east-1:111122223333:streamprocessor/b"}),
        ));
        let records = trail.kept().map(|text| serde_json::from_str(text).unwrap()).collect();
        let restored = Trail::restore(records).unwrap();
        let kept: Vec<&str> = restored.kept().collect();
        assert_eq!(kept, trail.kept().collect::<Vec<_>>());
        let processors: Vec<_> =
            restored.newest_first().map(|event| event.processor.as_deref()).collect();
        assert_eq!(processors, [Some("b"), Some("a")]);
        assert!(Trail::restore(vec![Object::new()]).unwrap_err().contains("eventTime"));
    }

    #[test]
    fn sessions_and_root_have_names_too() {
        let name = |arn: &str| user(&Identity::new(arn, "1").user_identity(None));
        assert_eq!(name("arn:aws:sts::1:assumed-role/Admin/jorge").as_deref(), Some("jorge"));
        assert_eq!(name("arn:aws:sts::1:federated-user/mary").as_deref(), Some("mary"));
        assert_eq!(name("arn:aws:iam::1:root").as_deref(), Some("root"));
    }
}
