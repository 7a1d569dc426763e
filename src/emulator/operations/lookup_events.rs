//! LookupEvents of CloudTrail, as far as it is about the emulator's own calls.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Context, Object, ServiceError, State, Time};
use crate::emulator::quirks::TrailResources;
use crate::emulator::token;
use crate::emulator::trail::Event;

/// Events on a page, if the request does not say; also the most there can be.
const PAGE: usize = 50;
/// For how long the service remembers.
const RETENTION: Duration = Duration::from_secs(90 * 24 * 3600);
const RESOURCE_TYPE: &str = "AWS::Rekognition::StreamProcessor";

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Request {
    lookup_attributes: Vec<Attribute>,
    start_time: Option<Value>,
    end_time: Option<Value>,
    event_category: String,
    max_results: Option<usize>,
    next_token: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    attribute_key: String,
    attribute_value: String,
}

pub(super) fn lookup_events(state: &State, input: &Object, context: &Context<'_>) -> Answer {
    let request: Request = super::parsed(input)?;
    let purpose = token::purpose("LookupEvents", input, "NextToken");
    let question = Question::of(&request, context.now)?;
    let mut found = state.trail.newest_first().filter(|event| question.matches(event, context));
    if !request.next_token.is_empty() {
        let after = token::read(&purpose, &request.next_token).ok_or_else(bad_token)?;
        // An event that has fallen out of memory since cannot be gone on from.
        found.find(|event| event.id == after).ok_or_else(bad_token)?;
    }
    let page: Vec<&Event> = found.by_ref().take(request.max_results.unwrap_or(PAGE)).collect();
    let events: Vec<Value> = page.iter().map(|event| shown(event, context)).collect();
    let mut output = json!({"Events": events});
    if let (Some(last), Some(_)) = (page.last(), found.next()) {
        output["NextToken"] = json!(token::write(&purpose, &last.id));
    }
    Ok(output)
}

/// What a request asks for.
struct Question<'a> {
    attribute: Option<&'a Attribute>,
    from: Time,
    to: Option<Time>,
    /// Insight events are of another category, of which there never are any.
    insight: bool,
}

impl Question<'_> {
    fn of(request: &Request, now: Time) -> Result<Question<'_>, ServiceError> {
        let attribute = match &request.lookup_attributes[..] {
            [] => None,
            [attribute] => Some(attribute),
            _ => {
                let message = "LookupAttributes can contain only one attribute.";
                return Err(ServiceError::new("InvalidLookupAttributesException", 400, message));
            }
        };
        let from = time("StartTime", request.start_time.as_ref())?;
        let to = time("EndTime", request.end_time.as_ref())?;
        if to.is_some_and(|to| from > Some(to)) {
            return Err(bad_range("StartTime must not be after EndTime."));
        }
        let oldest = Time::since_epoch(now.elapsed_since(Time::since_epoch(RETENTION)));
        let from = from.unwrap_or_default().max(oldest);
        Ok(Question { attribute, from, to, insight: request.event_category == "insight" })
    }

    fn matches(&self, event: &Event, context: &Context<'_>) -> bool {
        let time = event.time.whole_seconds();
        !self.insight
            && event.time.after(context.lag.trail) <= context.now
            && time >= self.from
            && self.to.is_none_or(|to| time <= to)
            && self.attribute.is_none_or(|attribute| has(event, attribute, context))
    }
}

/// Whether an attribute of the event has this value.
fn has(event: &Event, attribute: &Attribute, context: &Context<'_>) -> bool {
    let attributes = attributes(event, context);
    let given = match attribute.attribute_key.as_str() {
        resource @ ("ResourceType" | "ResourceName") => &attributes["Resources"][0][resource],
        other => &attributes[other],
    };
    *given == attribute.attribute_value
}

/// The event as the answer shows it, but for its record.
fn attributes(event: &Event, context: &Context<'_>) -> Value {
    let named = context.options.quirks.trail_resources == TrailResources::Named;
    let resources = event.processor.iter().filter(|_| named);
    let resources: Vec<Value> = resources
        .map(|name| json!({"ResourceType": RESOURCE_TYPE, "ResourceName": name}))
        .collect();
    let mut attributes = json!({
        "EventId": event.id,
        "EventName": event.name,
        "ReadOnly": event.read_only.to_string(),
        "EventTime": event.time.whole_seconds(),
        "EventSource": event.source,
        "Resources": resources,
    });
    for (name, value) in [("AccessKeyId", &event.access_key_id), ("Username", &event.user)] {
        if let Some(value) = value {
            attributes[name] = json!(value);
        }
    }
    attributes
}

fn shown(event: &Event, context: &Context<'_>) -> Value {
    let mut shown = attributes(event, context);
    shown["CloudTrailEvent"] = json!(event.text());
    shown
}

fn time(member: &str, given: Option<&Value>) -> Result<Option<Time>, ServiceError> {
    let Some(given) = given else { return Ok(None) };
    let read = Time::from_json(given);
    read.map(Some).ok_or_else(|| bad_range(&format!("{member} is out of range: {given}.")))
}

fn bad_range(message: &str) -> ServiceError {
    ServiceError::new("InvalidTimeRangeException", 400, message)
}

fn bad_token() -> ServiceError {
    let message = "The NextToken is not valid for this request.";
    ServiceError::new("InvalidNextTokenException", 400, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::clock::Time;
    use crate::emulator::engine::{Engine, Reply};
    use crate::emulator::incoming::Incoming;
    use crate::emulator::journal::Caller;
    use crate::emulator::operation::Operation;
    use crate::emulator::operations::testing::label_detection;
    use crate::emulator::options::Options;

    const NOW: Time = Time::since_epoch(Duration::from_secs(1_700_000_000));

    struct Service(Engine);

    impl Service {
        fn new(change: impl FnOnce(&mut Options)) -> Service {
            let mut options = Options::default();
            change(&mut options);
            Service(Engine::new(
                std::sync::Arc::new(options),
                State::new("111122223333", "us-east-1"),
                NOW,
            ))
        }

        fn call(&mut self, operation: Operation, body: Value, seconds: u64) -> Reply {
            let caller =
                Caller { access_key_id: Some("AKIAEXAMPLE".to_owned()), ..Caller::default() };
            let incoming = Incoming { caller, ..Incoming::of(operation, body) };
            self.0.call(incoming, NOW.after(Duration::from_secs(seconds)))
        }

        /// Creates `a` at 0, reads it at 10, deletes `b` in vain at 20, and deletes `a` at 30.
        fn lived(change: impl FnOnce(&mut Options)) -> Service {
            let mut service = Service::new(change);
            let name = |name: &str| json!({ "Name": name });
            service.call(Operation::CreateStreamProcessor, label_detection("a"), 0);
            service.call(Operation::DescribeStreamProcessor, name("a"), 10);
            service.call(Operation::DeleteStreamProcessor, name("b"), 20);
            service.call(Operation::DeleteStreamProcessor, name("a"), 30);
            service
        }

        fn lookup(&mut self, request: Value) -> Result<Value, ServiceError> {
            let outcome = self.call(Operation::LookupEvents, request, 60).outcome;
            outcome.map(|output| output.tree().unwrap().clone())
        }

        fn names(&mut self, request: Value) -> String {
            let found = self.lookup(request).unwrap();
            let events = found["Events"].as_array().unwrap().iter();
            let own = events.filter(|event| event["EventSource"] == "rekognition.amazonaws.com");
            let names = own.map(|event| event["EventName"].as_str().unwrap());
            names.map(|name| name.replace("StreamProcessor", "")).collect::<Vec<_>>().join(" ")
        }

        fn code(&mut self, request: Value) -> String {
            self.lookup(request).unwrap_err().code
        }
    }

    fn attribute(key: &str, value: &str) -> Value {
        json!({"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]})
    }

    #[test]
    fn every_call_is_an_event_and_the_newest_comes_first() {
        let mut service = Service::lived(|_| {});
        assert_eq!(service.names(json!({})), "Delete Delete Describe Create");
        let found = service.lookup(json!({})).unwrap();
        let own = |event: &&Value| event["EventSource"] == "rekognition.amazonaws.com";
        let events: Vec<&Value> = found["Events"].as_array().unwrap().iter().filter(own).collect();
        assert_eq!(events[0]["EventTime"], json!(1_700_000_030.0));
        assert_eq!(
            (&events[0]["Username"], &events[0]["ReadOnly"]),
            (&json!("emulator"), &json!("false"))
        );
        let record = |event: &Value| -> Value {
            serde_json::from_str(event["CloudTrailEvent"].as_str().unwrap()).unwrap()
        };
        let failed = record(events[1]);
        assert_eq!(failed["errorCode"], "ResourceNotFoundException");
        assert_eq!(failed["requestParameters"], json!({"name": "b"}));
        assert_eq!(
            record(events[3])["responseElements"],
            json!({"streamProcessorArn": "arn:aws:rekognition:us-east-1:111122223333:streamprocessor/a"})
        );
        assert!(found["Events"][0]["CloudTrailEvent"].as_str().unwrap().contains("LookupEvents"));
    }

    #[test]
    fn an_attribute_narrows() {
        let mut service = Service::lived(|_| {});
        assert_eq!(service.names(attribute("EventName", "DeleteStreamProcessor")), "Delete Delete");
        assert_eq!(service.names(attribute("ReadOnly", "true")), "Describe");
        assert_eq!(service.names(attribute("ReadOnly", "false")), "Delete Delete Create");
        assert_eq!(service.names(attribute("Username", "nobody")), "");
        assert_eq!(service.names(attribute("AccessKeyId", "AKIAEXAMPLE")).len(), 29);
        assert_eq!(service.names(attribute("EventSource", "s3.amazonaws.com")), "");
        let id = service.lookup(attribute("ReadOnly", "true")).unwrap();
        let id = id["Events"].as_array().unwrap().last().unwrap()["EventId"].clone();
        assert_eq!(service.names(attribute("EventId", id.as_str().unwrap())), "Describe");
        assert_eq!(service.names(attribute("ResourceName", "a")), "");
        let mut named =
            Service::lived(|options| options.quirks.apply("trail-resources=named").unwrap());
        assert_eq!(named.names(attribute("ResourceName", "a")), "Delete Describe Create");
        assert_eq!(
            named.names(attribute("ResourceType", RESOURCE_TYPE)),
            "Delete Delete Describe Create"
        );
    }

    #[test]
    fn a_range_of_time_narrows() {
        let mut service = Service::lived(|_| {});
        let start = 1_700_000_000;
        let range = |from: u64, to: u64| json!({"StartTime": start + from, "EndTime": start + to});
        assert_eq!(service.names(range(10, 20)), "Delete Describe");
        assert_eq!(service.names(range(31, 31)), "");
        assert_eq!(service.code(range(20, 10)), "InvalidTimeRangeException");
        assert_eq!(service.code(json!({"StartTime": -5})), "InvalidTimeRangeException");
        let day = 24 * 3600;
        let late = |service: &mut Service, days: u64| {
            let reply = service.call(
                Operation::LookupEvents,
                attribute("EventName", "CreateStreamProcessor"),
                days * day,
            );
            reply.outcome.unwrap().tree().unwrap()["Events"].as_array().unwrap().len()
        };
        assert_eq!((late(&mut service, 90), late(&mut service, 91)), (1, 0));
    }

    #[test]
    fn pages_lead_to_the_end() {
        let mut service = Service::lived(|_| {});
        let mut request = attribute("ReadOnly", "false");
        request["MaxResults"] = json!(2);
        let first = service.lookup(request.clone()).unwrap();
        assert_eq!(first["Events"].as_array().unwrap().len(), 2);
        let token = first["NextToken"].clone();
        request["NextToken"] = token.clone();
        let second = service.lookup(request.clone()).unwrap();
        assert_eq!(second["Events"][0]["EventName"], "CreateStreamProcessor");
        assert_eq!(second.get("NextToken"), None);
        request["MaxResults"] = json!(3);
        assert_eq!(service.code(request), "InvalidNextTokenException");
        assert_eq!(service.code(json!({"NextToken": "x"})), "InvalidNextTokenException");
    }

    #[test]
    fn mistakes_get_the_errors_of_this_service() {
        let mut service = Service::new(|_| {});
        let two = json!({"LookupAttributes": [
            {"AttributeKey": "EventName", "AttributeValue": "a"},
            {"AttributeKey": "Username", "AttributeValue": "b"},
        ]});
        for (request, code) in [
            (two, "InvalidLookupAttributesException"),
            (attribute("Colour", "red"), "InvalidLookupAttributesException"),
            (json!({"MaxResults": 51}), "InvalidMaxResultsException"),
            (json!({"MaxResults": 0}), "InvalidMaxResultsException"),
            (json!({"StartTime": "noon"}), "InvalidTimeRangeException"),
            (json!({"NextToken": 1}), "InvalidNextTokenException"),
            (json!({"EventCategory": "data"}), "InvalidEventCategoryException"),
        ] {
            assert_eq!(service.code(request.clone()), code, "{request}");
        }
        assert_eq!(service.names(json!({"EventCategory": "insight"})), "");
    }

    #[test]
    fn events_show_after_the_lag() {
        let mut service = Service::lived(|options| options.lag.trail = Duration::from_secs(40));
        assert_eq!(service.names(json!({})), "Delete Describe Create");
    }

    #[test]
    fn what_never_arrived_is_no_event_and_a_refusal_is_one() {
        let mut service = Service::new(|options| {
            for fault in ["Delete:1=reset-before", "Delete:2=throttle", "Delete:3=reset-after"] {
                options.faults.scripted.push(fault.parse().unwrap());
            }
        });
        for _ in 0..3 {
            service.call(Operation::DeleteStreamProcessor, json!({"Name": "a"}), 0);
        }
        assert_eq!(service.names(json!({})), "Delete Delete");
    }

    #[test]
    fn an_access_key_can_be_somebody_else() {
        let mut service = Service::lived(|options| {
            options.identities.insert("AKIAEXAMPLE".to_owned(), "mary".to_owned());
        });
        assert_eq!(service.names(attribute("Username", "mary")), "Delete Delete Describe Create");
    }

    #[test]
    fn changes_are_in_a_snapshot_with_their_records() {
        let service = Service::lived(|_| {});
        let text = service.0.state.render(NOW);
        let state = State::parse(text.as_bytes(), &Options::default()).unwrap();
        let names: Vec<&str> = state.trail.newest_first().map(|event| &*event.name).collect();
        assert_eq!(
            names,
            ["DeleteStreamProcessor", "DeleteStreamProcessor", "CreateStreamProcessor"]
        );
        assert_eq!(state.render(NOW), text);
    }
}
