//! From the wire's JSON to requests: nothing that a plan says is dropped.

mod shapes;

use serde_json::Value;

pub(super) use shapes::Body;

use crate::plan::{Call, FallbackCall, Operation};

/// A write, read from its JSON and complete.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    processor: String,
    operation: Operation,
    json: Value,
    body: Body,
}

/// The JSON is no request of its operation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} of {processor}: {reason}", operation.as_str())]
pub struct BadRequest {
    pub processor: String,
    pub operation: Operation,
    pub reason: String,
}

impl Request {
    /// Reads a request. A member that the operation does not have, or lacks, is
    /// an error, as is one of another processor.
    pub fn parse(
        processor: &str,
        operation: Operation,
        request: &Value,
    ) -> Result<Request, BadRequest> {
        let bad =
            |reason: String| BadRequest { processor: processor.to_owned(), operation, reason };
        let body = Body::parse(operation, request).map_err(|error| bad(error.to_string()))?;
        if !body.is_about(processor) {
            return Err(bad("the request is about another stream processor".to_owned()));
        }
        Ok(Request { processor: processor.to_owned(), operation, json: request.clone(), body })
    }

    /// The stream processor's name.
    pub fn processor(&self) -> &str {
        &self.processor
    }

    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// The request as it was read.
    pub fn json(&self) -> &Value {
        &self.json
    }

    /// The ARN that a request about tags names.
    pub fn resource_arn(&self) -> Option<&str> {
        match &self.body {
            Body::Tag(body) => Some(&body.resource_arn),
            Body::Untag(body) => Some(&body.resource_arn),
            _ => None,
        }
    }

    pub(super) fn body(&self) -> &Body {
        &self.body
    }
}

impl TryFrom<&Call> for Request {
    type Error = BadRequest;

    fn try_from(call: &Call) -> Result<Request, BadRequest> {
        Request::parse(&call.processor, call.operation, &call.request)
    }
}

impl TryFrom<&FallbackCall> for Request {
    type Error = BadRequest;

    fn try_from(call: &FallbackCall) -> Result<Request, BadRequest> {
        Request::parse(&call.processor, call.operation, &call.request)
    }
}

/// Whether a call, and what it would fall back to, could be sent as they are.
pub fn check_request(call: &Call) -> Result<(), BadRequest> {
    Request::try_from(call)?;
    for fallback in call.on_failure.iter().flatten() {
        Request::try_from(fallback)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(operation: Operation, request: Value) -> Result<Request, BadRequest> {
        Request::parse("a", operation, &request)
    }

    #[test]
    fn a_member_that_would_be_dropped_is_refused() {
        let request = json!({"Name": "a", "SettingsForUpdate": {"ConnectedHomeForUpdate": {"Label": ["PET"]}}});
        let error = parse(Operation::UpdateStreamProcessor, request).unwrap_err();
        assert!(error.to_string().starts_with("UpdateStreamProcessor of a: "), "{error}");
        assert!(error.reason.contains("Label"), "{error}");
    }

    #[test]
    fn a_request_about_another_processor_is_refused() {
        assert!(parse(Operation::DeleteStreamProcessor, json!({"Name": "b"})).is_err());
        let arn = "arn:aws:rekognition:us-east-1:1:streamprocessor/b";
        let request = json!({"ResourceArn": arn, "Tags": {"k": "v"}});
        assert!(parse(Operation::TagResource, request).is_err());
    }

    #[test]
    fn a_number_that_is_no_float32_is_refused() {
        let request = json!({"Name": "a", "SettingsForUpdate": {"ConnectedHomeForUpdate": {"MinConfidence": 1e300}}});
        assert!(parse(Operation::UpdateStreamProcessor, request).is_err());
    }

    #[test]
    fn what_a_parameter_to_delete_may_be_is_closed() {
        let request = json!({"Name": "a", "ParametersToDelete": ["RegionOfInterest"]});
        assert!(parse(Operation::UpdateStreamProcessor, request).is_err());
    }
}
