//! What CloudTrail knows: a record of every call that arrived.
//!
//! A record is kept as CloudTrail itself writes it, so that real records can stand in a state file beside the emulator's
//! own. What the service does by itself (a session that ends, a processor that fails) is no call and has no record.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use super::clock::Time;
use super::identity::Identity;
use super::journal::Call;
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
    pub(crate) fn restore(records: &[Value]) -> Result<Trail, String> {
        let events = records.iter().map(Event::restore);
        let mut events = events.collect::<Result<Vec<Event>, String>>()?;
        events.sort_by_key(|event| event.time);
        let mut trail = Trail::default();
        events.into_iter().for_each(|event| trail.record(event));
        Ok(trail)
    }
}

impl Event {
    /// The event of a call to the service of this region, with its answer if it was a success.
    pub(crate) fn new(
        call: &Call,
        answer: Option<&Value>,
        identity: &Identity,
        region: &str,
    ) -> Event {
        let Call { operation, request, request_id, caller, outcome, .. } = call;
        let mut record = json!({
            "eventVersion": "1.08",
            "eventTime": call.time.iso_seconds(),
            "eventSource": operation.service().event_source(),
            "eventName": operation.name(),
            "awsRegion": region,
            "sourceIPAddress": "127.0.0.1",
            "userAgent": caller.user_agent,
            "userIdentity": identity.user_identity(caller.access_key_id.as_deref()),
            "requestParameters": parameters(*operation, request),
            "responseElements": answer.and_then(|answer| elements(*operation, answer)),
            "requestID": request_id,
            "eventID": random::uuid(random::mix(&[random::hash(request_id), random::hash("event")])),
            "readOnly": !operation.writes(),
            "eventType": "AwsApiCall",
            "managementEvent": true,
            "recipientAccountId": identity.account_id(),
            "eventCategory": "Management",
        });
        if let Err(error) = outcome {
            record["errorCode"] = json!(error.code);
            record["errorMessage"] = json!(error.message);
        }
        Event { processor: call.processor.clone(), ..Event::of(&record, call.time) }
    }

    /// The event of a record in a snapshot.
    fn restore(record: &Value) -> Result<Event, String> {
        let time = Time::from_json(&record["eventTime"])
            .ok_or("each of its records needs an ISO 8601 time `eventTime`")?;
        match ["eventID", "eventName", "eventSource"]
            .iter()
            .find(|name| !record[**name].is_string())
        {
            Some(missing) => Err(format!("each of its records needs a string `{missing}`")),
            None => Ok(Event::of(record, time)),
        }
    }

    /// The event that a record describes.
    fn of(record: &Value, time: Time) -> Event {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let parameters = &record["requestParameters"];
        let by_arn = || parameters["resourceArn"].as_str()?.split_once(":streamprocessor/");
        Event {
            number: 0,
            time,
            id: text(&record["eventID"]).unwrap_or_default(),
            name: text(&record["eventName"]).unwrap_or_default(),
            source: text(&record["eventSource"]).unwrap_or_default(),
            user: user(&record["userIdentity"]),
            access_key_id: text(&record["userIdentity"]["accessKeyId"]),
            read_only: record["readOnly"] == true,
            processor: text(&parameters["name"]).or_else(|| Some(by_arn()?.1.to_owned())),
            text: record.to_string(),
        }
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
fn parameters(operation: Operation, request: &Object) -> Option<Value> {
    let model = operation.service().model()?;
    let request = Value::Object(request.clone());
    let shown = camel(model, model.input_of(operation.name())?, &request);
    Some(shown).filter(|shown| *shown != json!({}))
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
        Event::new(&call, Some(&json!({})), &identity, "us-east-1")
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
        let records: Vec<Value> =
            trail.kept().map(|text| serde_json::from_str(text).unwrap()).collect();
        let restored = Trail::restore(&records).unwrap();
        let kept: Vec<&str> = restored.kept().collect();
        assert_eq!(kept, trail.kept().collect::<Vec<_>>());
        let processors: Vec<_> =
            restored.newest_first().map(|event| event.processor.as_deref()).collect();
        assert_eq!(processors, [Some("b"), Some("a")]);
        assert!(Trail::restore(&[json!({})]).unwrap_err().contains("eventTime"));
    }

    #[test]
    fn sessions_and_root_have_names_too() {
        let name = |arn: &str| user(&Identity::new(arn, "1").user_identity(None));
        assert_eq!(name("arn:aws:sts::1:assumed-role/Admin/jorge").as_deref(), Some("jorge"));
        assert_eq!(name("arn:aws:sts::1:federated-user/mary").as_deref(), Some("mary"));
        assert_eq!(name("arn:aws:iam::1:root").as_deref(), Some("root"));
    }
}
