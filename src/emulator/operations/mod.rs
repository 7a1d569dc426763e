//! The operations, each a function from the state and a request to an answer.
//!
//! An operation gets a request of the shape that the model demands. It changes the state only if it succeeds, so that an
//! error means that nothing happened.

mod create;
mod delete;
mod get_resources;
mod lookup_events;
mod read;
mod start;
mod stop;
mod tags;
mod update;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::clock::Time;
use super::error::ServiceError;
use super::identity::Identity;
use super::operation::Operation;
use super::options::{Lag, Options};
use super::state::{Processor, State};
use super::validate::{self, Object};

/// What an operation may look at beside the state and its request.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) now: Time,
    pub(crate) options: &'a Options,
    /// The lag that holds for this call.
    pub(crate) lag: Lag,
    /// Who is calling.
    pub(crate) identity: &'a Identity,
    /// An identifier that no other call has.
    pub(crate) request_id: &'a str,
}

type Answer = Result<Value, ServiceError>;

/// What an operation answers, in JSON.
#[derive(Debug)]
pub(crate) enum Output {
    Tree(Value),
    /// Of what is asked most, the text itself.
    Text(String),
}

impl Output {
    pub(crate) fn into_text(self) -> String {
        match self {
            Output::Tree(tree) => tree.to_string(),
            Output::Text(text) => text,
        }
    }

    pub(crate) fn tree(&self) -> Option<&Value> {
        match self {
            Output::Tree(tree) => Some(tree),
            Output::Text(_) => None,
        }
    }
}

/// A request as the operation gets it, if it is as the API model demands.
pub(crate) fn judge(operation: Operation, request: Object) -> Result<Object, ServiceError> {
    let model = operation.service().model();
    match model.and_then(|model| Some((model, model.input_of(operation.name())?))) {
        None => Ok(Object::new()),
        Some((model, shape)) => validate::read(model, shape, request)
            .map_err(|violations| ServiceError::invalid_request(operation, &violations)),
    }
}

/// Carries out one operation, whose request has been judged.
pub(crate) fn perform(
    operation: Operation,
    state: &mut State,
    input: &Object,
    context: &Context<'_>,
) -> Result<Output, ServiceError> {
    let answer = match operation {
        Operation::DescribeStreamProcessor => return read::describe(state, input, context),
        Operation::CreateStreamProcessor => create::create(state, input, context),
        Operation::ListStreamProcessors => read::list(state, input, context),
        Operation::UpdateStreamProcessor => update::update(state, input, context),
        Operation::StartStreamProcessor => start::start(state, input, context),
        Operation::StopStreamProcessor => stop::stop(state, input, context),
        Operation::DeleteStreamProcessor => delete::delete(state, input, context),
        Operation::TagResource => tags::tag(state, input, context),
        Operation::UntagResource => tags::untag(state, input, context),
        Operation::ListTagsForResource => tags::list(state, input, context),
        Operation::GetResources => get_resources::get_resources(state, input, context),
        Operation::GetCallerIdentity => Ok(context.identity.caller_identity()),
        Operation::LookupEvents => lookup_events::lookup_events(state, input, context),
    };
    answer.map(Output::Tree)
}

/// The processor that a request is about, by its Name or its ARN.
pub(crate) fn processor_named<'a>(arn_prefix: &str, input: &'a Object) -> Option<&'a str> {
    let by_arn = || text(input, "ResourceArn").strip_prefix(arn_prefix);
    input.get("Name").and_then(Value::as_str).or_else(by_arn)
}

/// Whether a request asks for a further page.
pub(crate) fn has_page_token(input: &Object) -> bool {
    ["NextToken", "PaginationToken"].iter().any(|member| !text(input, member).is_empty())
}

/// The members of a request, which the model has made sure of.
fn parsed<T: DeserializeOwned>(input: &Object) -> Result<T, ServiceError> {
    serde_json::from_value(Value::Object(input.clone()))
        .map_err(|error| ServiceError::invalid(error.to_string()))
}

/// A string member; empty if it is absent, which the model rules out for the required ones.
fn text<'a>(input: &'a Object, member: &str) -> &'a str {
    input.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// The processor that the request names, if the caller can see it.
fn found<'a, 's>(
    state: &'s State,
    input: &'a Object,
    now: Time,
) -> Result<(&'a str, &'s Processor), ServiceError> {
    let name = text(input, "Name");
    let processor = state.visible(name, now);
    let missing = || ServiceError::not_found(format!("Stream processor {name} not found."));
    Ok((name, processor.ok_or_else(missing)?))
}

#[cfg(test)]
pub(crate) mod testing {
    //! A service without clock and wire, to call operations on.

    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;

    pub(crate) struct Service {
        pub(crate) state: State,
        pub(crate) options: Options,
        pub(crate) now: Time,
        calls: u64,
    }

    impl Service {
        /// Settling takes ten seconds, so that a test sees every status.
        pub(crate) fn new() -> Service {
            Service::with_quirks(&[])
        }

        pub(crate) fn with_quirks(quirks: &[&str]) -> Service {
            let mut options = Options {
                settle: crate::emulator::Settle::all(Duration::from_secs(10)),
                ..Options::default()
            };
            quirks.iter().for_each(|quirk| options.quirks.apply(quirk).unwrap());
            let state = State::new("111122223333", "us-east-1");
            Service {
                state,
                options,
                now: Time::since_epoch(Duration::from_secs(1_700_000_000)),
                calls: 0,
            }
        }

        pub(crate) fn call(
            &mut self,
            operation: Operation,
            input: Value,
        ) -> Result<Value, ServiceError> {
            self.calls += 1;
            self.state.advance(self.now);
            let input = input.as_object().unwrap();
            let model = operation.service().model().unwrap();
            let request_id = format!("request-{}", self.calls);
            let identity = Identity::new("emulator", self.state.account_id());
            let context = Context {
                now: self.now,
                options: &self.options,
                lag: self.options.lag,
                identity: &identity,
                request_id: &request_id,
            };
            let before = self.state.render(self.now);
            let judged = judge(operation, input.clone());
            let answer =
                judged.and_then(|input| perform(operation, &mut self.state, &input, &context));
            let answer = answer.map(|output| serde_json::from_str(&output.into_text()).unwrap());
            match &answer {
                Ok::<Value, _>(output) => {
                    let checked = validate::read(
                        model,
                        model.output_of(operation.name()).unwrap(),
                        output.as_object().unwrap().clone(),
                    );
                    assert!(checked.is_ok(), "the answer fits the model: {checked:?}");
                }
                Err(_) => {
                    assert_eq!(self.state.render(self.now), before, "an error changes nothing")
                }
            }
            answer
        }

        /// Calls an operation on a processor by name alone.
        pub(crate) fn on(
            &mut self,
            operation: Operation,
            name: &str,
        ) -> Result<Value, ServiceError> {
            self.call(operation, json!({ "Name": name }))
        }

        pub(crate) fn create(&mut self, request: Value) {
            self.call(Operation::CreateStreamProcessor, request).unwrap();
        }

        pub(crate) fn wait(&mut self, seconds: u64) {
            self.now = self.now.after(Duration::from_secs(seconds));
        }

        pub(crate) fn describe(&mut self, name: &str) -> Value {
            self.on(Operation::DescribeStreamProcessor, name).unwrap()
        }

        pub(crate) fn status(&mut self, name: &str) -> String {
            self.describe(name)["Status"].as_str().unwrap().to_owned()
        }

        pub(crate) fn start_session(
            &mut self,
            name: &str,
            seconds: u64,
        ) -> Result<Value, ServiceError> {
            self.call(
                Operation::StartStreamProcessor,
                json!({
                    "Name": name,
                    "StartSelector": {"KVSStreamStartSelector": {"ProducerTimestamp": 1_700_000_000_000_u64}},
                    "StopSelector": {"MaxDurationInSeconds": seconds},
                }),
            )
        }
    }

    pub(crate) fn label_detection(name: &str) -> Value {
        json!({
            "Name": name,
            "Input": {"KinesisVideoStream": {"Arn": format!("arn:aws:kinesisvideo:us-east-1:111122223333:stream/{name}/1")}},
            "Output": {"S3Destination": {"Bucket": "doorbell-results", "KeyPrefix": format!("{name}/")}},
            "RoleArn": "arn:aws:iam::111122223333:role/RekognitionStreams",
            "NotificationChannel": {"SNSTopicArn": "arn:aws:sns:us-east-1:111122223333:AmazonRekognitionDoorbells"},
            "Settings": {"ConnectedHome": {"Labels": ["PERSON", "PET"]}},
        })
    }

    pub(crate) fn face_search(name: &str) -> Value {
        json!({
            "Name": name,
            "Input": {"KinesisVideoStream": {"Arn": format!("arn:aws:kinesisvideo:us-east-1:111122223333:stream/{name}/1")}},
            "Output": {"KinesisDataStream": {"Arn": format!("arn:aws:kinesis:us-east-1:111122223333:stream/AmazonRekognition{name}")}},
            "RoleArn": "arn:aws:iam::111122223333:role/RekognitionFaces",
            "Settings": {"FaceSearch": {"CollectionId": "staff"}},
        })
    }

    pub(crate) fn code<T: std::fmt::Debug>(answer: Result<T, ServiceError>) -> String {
        answer.unwrap_err().code
    }
}
