//! A write, checked before anything is sent.

use serde_json::Value;

use super::arn::Arn;
use crate::model::Float32;
use crate::plan::Operation;

/// The JSON of a write to one stream processor, sent as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    processor: String,
    operation: Operation,
    json: Value,
}

/// The JSON is no request of its operation to its stream processor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} of {processor}: {reason}", operation.as_str())]
pub struct BadRequest {
    /// The processor's name.
    pub processor: String,
    /// What is called.
    pub operation: Operation,
    /// What does not fit.
    pub reason: &'static str,
}

impl Request {
    /// Takes a request that is about the stream processor of this name. What
    /// else it says is the service's to judge, which may know more than rekon.
    pub fn new(processor: &str, operation: Operation, json: &Value) -> Result<Request, BadRequest> {
        let processor = processor.to_owned();
        match mistake(&processor, operation, json) {
            None => Ok(Request { processor, operation, json: json.clone() }),
            Some(reason) => Err(BadRequest { processor, operation, reason }),
        }
    }

    /// The stream processor's name.
    pub fn processor(&self) -> &str {
        &self.processor
    }

    /// What it asks for.
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// What is sent.
    pub fn json(&self) -> &Value {
        &self.json
    }

    /// The ARN that a request about tags names.
    pub fn resource_arn(&self) -> Option<&str> {
        self.json.get("ResourceArn")?.as_str()
    }
}

/// Why the JSON must not be sent.
fn mistake(processor: &str, operation: Operation, json: &Value) -> Option<&'static str> {
    if !json.is_object() {
        return Some("the request is no object");
    }
    let member = |name| json.get(name).and_then(Value::as_str);
    let is_about_it = match operation {
        Operation::TagResource | Operation::UntagResource => {
            let arn = member("ResourceArn").and_then(Arn::parse);
            arn.and_then(Arn::stream_processor) == Some(processor)
        }
        _ => member("Name") == Some(processor),
    };
    if !is_about_it {
        return Some("the request is about another stream processor");
    }
    if !numbers_are_finite(json) {
        return Some("a number of the request is not finite as a float32");
    }
    None
}

/// The service keeps every fraction as a float32.
fn numbers_are_finite(json: &Value) -> bool {
    match json {
        Value::Number(number) => number.as_f64().is_some_and(|it| Float32::from_f64(it).is_ok()),
        Value::Array(items) => items.iter().all(numbers_are_finite),
        Value::Object(members) => members.values().all(numbers_are_finite),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(operation: Operation, request: &Value) -> Option<&'static str> {
        Request::new("a", operation, request).err().map(|error| error.reason)
    }

    #[test]
    fn what_is_newer_than_rekon_is_sent_as_it_is() {
        let json = json!({"Name": "a", "SettingsForUpdate": {"Novelty": [1.5, {"Deep": null}]}});
        let request = Request::new("a", Operation::UpdateStreamProcessor, &json).unwrap();
        assert_eq!(*request.json(), json);
    }

    #[test]
    fn a_request_about_another_processor_is_refused() {
        let about_another = Some("the request is about another stream processor");
        let delete = Operation::DeleteStreamProcessor;
        assert_eq!(refusal(delete, &json!({"Name": "a"})), None);
        for other in [json!({"Name": "b"}), json!({"Name": ["a"]}), json!({})] {
            assert_eq!(refusal(delete, &other), about_another, "{other}");
        }
        assert_eq!(refusal(delete, &json!("a")), Some("the request is no object"));
        for (arn, expected) in [
            ("arn:aws:rekognition:us-east-1:1:streamprocessor/a", None),
            ("arn:aws-cn:rekognition:cn-north-1:1:streamprocessor/a", None),
            ("arn:aws:rekognition:us-east-1:1:streamprocessor/b", about_another),
            ("arn:aws:rekognition:us-east-1:1:collection/a", about_another),
            ("arn:aws:rekognition:us-east-1:1:streamprocessor/b/a", about_another),
            ("arn:aws:s3:us-east-1:1:streamprocessor/a", about_another),
            ("a", about_another),
        ] {
            // A name beside it says nothing.
            let request = json!({"Name": "a", "ResourceArn": arn, "Tags": {"k": "v"}});
            assert_eq!(refusal(Operation::TagResource, &request), expected, "{arn}");
        }
    }

    #[test]
    fn a_number_that_is_no_float32_is_refused() {
        let with = |confidence: Value| {
            let home = json!({"ConnectedHomeForUpdate": {"MinConfidence": confidence}});
            let request = json!({"Name": "a", "SettingsForUpdate": home});
            refusal(Operation::UpdateStreamProcessor, &request)
        };
        assert_eq!(with(json!(80.1)), None);
        assert_eq!(with(json!(1e300)), Some("a number of the request is not finite as a float32"));
    }
}
