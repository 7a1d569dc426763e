//! A request on its way to the engine: judged, and cut to what may be remembered of it.
//!
//! All of this needs nothing but the request, so that none of it keeps other calls waiting.

use serde_json::{Value, json};

use super::error::ServiceError;
use super::journal::Caller;
use super::operation::Operation;
use super::operations;
use super::protocol::Asked;
use super::trail;
use super::validate::Object;

/// The largest body that the journal and CloudTrail show; of a larger one they say that it was.
const MAX_SHOWN: usize = 32 * 1024;
/// The most bytes of a processor's name, of which the model allows fewer.
const MAX_NAME: usize = 256;

/// A request that the engine can carry out or refuse.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) operation: Operation,
    pub(crate) request_id: String,
    /// The request as it was sent, as far as it is remembered.
    pub(crate) request: Object,
    /// The request as CloudTrail shows it.
    pub(crate) parameters: Option<Value>,
    /// The request as the operation gets it, or what is wrong with it.
    pub(crate) input: Result<Object, ServiceError>,
    /// The processor that it is about.
    pub(crate) processor: Option<String>,
    pub(crate) caller: Caller,
}

impl Incoming {
    /// Judges a request to a service of which every stream processor's ARN begins with this.
    pub(crate) fn new(asked: Asked, request_id: String, arn_prefix: &str) -> Incoming {
        let Asked { operation, body, size, caller } = asked;
        let (request, parameters) = if size <= MAX_SHOWN {
            (body.clone(), trail::parameters(operation, &body))
        } else {
            let omitted = json!({"omitted": true, "originalSize": size, "reason": "too large"});
            (omitted.as_object().cloned().unwrap_or_default(), Some(omitted))
        };
        let named = |input: &Object| {
            let name = operations::processor_named(arn_prefix, input)?;
            (name.len() <= MAX_NAME).then(|| name.to_owned())
        };
        // What the operation changes hangs on the judged request; of one that is refused, only what it says is known.
        let said = named(&body);
        let input = operations::judge(operation, body);
        let processor = input.as_ref().map_or(said, named);
        Incoming { operation, request_id, request, parameters, input, processor, caller }
    }
}

#[cfg(test)]
impl Incoming {
    /// A request as it comes without a wire, with an id of its own.
    pub(crate) fn of(operation: Operation, body: Value) -> Incoming {
        use std::sync::atomic::{AtomicU64, Ordering};
        static GIVEN: AtomicU64 = AtomicU64::new(0);
        let request_id = super::random::uuid(GIVEN.fetch_add(1, Ordering::Relaxed));
        let Value::Object(body) = body else { panic!("{body} is no object") };
        let asked = Asked { operation, body, size: 0, caller: Caller::default() };
        let arn_prefix = "arn:aws:rekognition:us-east-1:111122223333:streamprocessor/";
        Incoming::new(asked, request_id, arn_prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn incoming(operation: Operation, body: Value, size: usize) -> Incoming {
        let body = body.as_object().unwrap().clone();
        Incoming::new(
            Asked { operation, body, size, caller: Caller::default() },
            String::new(),
            "arn:a/",
        )
    }

    #[test]
    fn the_processor_is_the_one_that_the_operation_will_find() {
        let tag = |body| incoming(Operation::TagResource, body, 10).processor;
        let arn = "arn:a/a-long-enough-one";
        assert_eq!(
            tag(json!({"ResourceArn": arn, "Tags": {}, "Name": "b"})).as_deref(),
            Some("a-long-enough-one")
        );
        let describe = |name: &str| {
            incoming(Operation::DescribeStreamProcessor, json!({"Name": name}), 10).processor
        };
        assert_eq!(describe("front door!").as_deref(), Some("front door!"));
        assert_eq!(describe(&"n".repeat(MAX_NAME + 1)), None);
    }

    #[test]
    fn what_is_too_large_is_judged_but_not_remembered() {
        let body = json!({"Name": "a", "Colour": "red"});
        let small = incoming(Operation::DescribeStreamProcessor, body.clone(), MAX_SHOWN);
        assert_eq!(Value::Object(small.request), body);
        assert_eq!(small.parameters, Some(json!({"name": "a"})));
        let large = incoming(Operation::DescribeStreamProcessor, body, MAX_SHOWN + 1);
        assert_eq!(large.request["originalSize"], json!(MAX_SHOWN + 1));
        assert_eq!(large.parameters.unwrap()["omitted"], json!(true));
        assert!(large.input.is_ok());
        assert_eq!(large.processor.as_deref(), Some("a"));
    }
}
