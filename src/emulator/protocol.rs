//! The wire: which operation a request asks for, and how answers and errors look.
//!
//! Rekognition and the Tagging API speak AWS JSON 1.1, where a header names the operation. STS speaks the Query
//! protocol: a form in, XML out. Newer clients may prefer Smithy's RPC with CBOR; they are told what to do.

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use super::error::ServiceError;
use super::journal::Caller;
use super::operation::{Operation, Service};
use super::operations::Output;
use super::options::Signatures;
use super::validate::{Object, cut};

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
const SMITHY_PROTOCOL: HeaderName = HeaderName::from_static("smithy-protocol");

const JSON: &str = "application/x-amz-json-1.1";
const XML: &str = "text/xml";
const FORM: &str = "application/x-www-form-urlencoded";
const STS_NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// The most values that the JSON of a request may consist of; the largest valid request has some hundreds.
const MAX_VALUES: usize = 10_000;
/// The most bytes that an answer repeats of what a request said.
const MAX_ECHO: usize = 200;
/// The most bytes that are remembered of what a request says of its sender.
const MAX_CALLER: usize = 1024;

/// A request that asks for an operation the emulator has.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) operation: Operation,
    pub(crate) body: Object,
    /// How many bytes the body had.
    pub(crate) size: usize,
    pub(crate) caller: Caller,
}

/// How an answer must look for the client that asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Json,
    Query,
}

/// The dialect in which a request was made.
pub(crate) fn dialect<B>(request: &Request<B>) -> Dialect {
    if has_media_type(request.headers(), FORM) { Dialect::Query } else { Dialect::Json }
}

/// Finds out what a request asks for.
pub(crate) fn read(
    request: &Request<Bytes>,
    signatures: Signatures,
) -> Result<Asked, ServiceError> {
    let headers = request.headers();
    if request.method() != Method::POST {
        return Err(unknown_operation("Requests of this service are sent with POST."));
    }
    if request.uri().path() != "/" {
        let message = "Requests of this service are sent to /.";
        return Err(ServiceError::new("UnknownOperationException", 404, message));
    }
    let protocol = text(headers, &SMITHY_PROTOCOL);
    if protocol.is_some() || has_media_type(headers, "application/cbor") {
        let message = "This emulator speaks AWS JSON 1.1 and not CBOR: configure the client to use the JSON protocol.";
        return Err(ServiceError::new("UnsupportedMediaTypeException", 415, message));
    }
    let dialect = dialect(request);
    let operation = match dialect {
        Dialect::Query => query_operation(request.body())?,
        Dialect::Json => json_operation(headers)?,
    };
    let authorization = text(headers, &AUTHORIZATION);
    if signatures == Signatures::Required {
        signed(authorization, dialect)?;
    }
    let body = match dialect {
        Dialect::Query => Object::new(),
        Dialect::Json => json_body(request.body())?,
    };
    let caller = caller(authorization, text(headers, &USER_AGENT));
    Ok(Asked { operation, body, size: request.body().len(), caller })
}

/// Checks that a request looks signed. The signature itself is not checked.
fn signed(authorization: Option<&str>, dialect: Dialect) -> Result<(), ServiceError> {
    let signature = authorization.and_then(|header| header.split_once(' '));
    let Some((_, parts)) = signature.filter(|(algorithm, _)| algorithm.starts_with("AWS4-")) else {
        return Err(match dialect {
            Dialect::Json => ServiceError::new(
                "MissingAuthenticationTokenException",
                400,
                "Missing Authentication Token",
            ),
            Dialect::Query => ServiceError::new(
                "MissingAuthenticationToken",
                403,
                "Request is missing Authentication Token",
            ),
        });
    };
    let part = |name: &str| {
        let mut parts = parts.split(',').filter_map(|part| part.trim().split_once('='));
        parts.find(|(given, _)| *given == name).map(|(_, value)| value)
    };
    let missing = ["Credential", "Signature", "SignedHeaders"]
        .into_iter()
        .find(|name| part(name).is_none_or(str::is_empty));
    let problem = match (missing, part("Credential")) {
        (Some(missing), _) => {
            format!("Authorization header requires '{missing}' parameter.")
        }
        // The key, a date, a region, a service and the end. The asymmetric form leaves out the region.
        (None, Some(credential)) if credential.split('/').count() < 4 => format!(
            "Credential must have at least 5 elements separated by '/', but has {}.",
            credential.split('/').count()
        ),
        _ => return Ok(()),
    };
    Err(match dialect {
        Dialect::Json => ServiceError::new("IncompleteSignatureException", 400, problem),
        Dialect::Query => ServiceError::new("IncompleteSignature", 403, problem),
    })
}

fn json_operation(headers: &HeaderMap) -> Result<Operation, ServiceError> {
    let target = text(headers, &TARGET)
        .ok_or_else(|| unknown_operation("The header X-Amz-Target is missing."))?;
    if !has_media_type(headers, JSON) {
        let message = format!("The Content-Type of a request must be {JSON}.");
        return Err(ServiceError::new("UnsupportedMediaTypeException", 415, message));
    }
    let operation = target.rsplit_once('.').and_then(|(prefix, name)| {
        let service = Service::of_target(prefix)?;
        Operation::named(name).filter(|operation| operation.service() == service)
    });
    operation.ok_or_else(|| {
        let target = cut(target, MAX_ECHO);
        unknown_operation(&format!("This emulator does not have the operation {target}."))
    })
}

fn json_body(body: &Bytes) -> Result<Object, ServiceError> {
    let serialization = |message: String| ServiceError::new("SerializationException", 400, message);
    if body.is_empty() {
        return Ok(Object::new());
    }
    // What is read of a few bytes may take hundreds, so this is looked at before anything is read.
    if values(body) > MAX_VALUES {
        let message = format!("The request body consists of more than {MAX_VALUES} values.");
        return Err(serialization(message));
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(serialization("The request body must be a JSON object.".to_owned())),
        Err(error) => Err(serialization(format!("The request body is no JSON: {error}."))),
    }
}

/// No fewer than the values that a JSON text consists of, but for one.
fn values(text: &[u8]) -> usize {
    let (mut values, mut in_string, mut escaped) = (0, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b',' | b'[' | b'{' if !in_string => values += 1,
            _ => {}
        }
    }
    values
}

fn query_operation(body: &Bytes) -> Result<Operation, ServiceError> {
    let form = String::from_utf8_lossy(body);
    // The one action the emulator has consists of letters only, which no client percent-encodes.
    let action = form.split('&').find_map(|field| field.strip_prefix("Action="));
    match action.and_then(Operation::named).filter(|operation| operation.service() == Service::Sts)
    {
        Some(operation) => Ok(operation),
        None => {
            let message = format!(
                "Could not find operation {} for version 2011-06-15.",
                cut(action.unwrap_or("(none)"), MAX_ECHO)
            );
            Err(ServiceError::new("InvalidAction", 400, message))
        }
    }
}

fn unknown_operation(message: &str) -> ServiceError {
    ServiceError::new("UnknownOperationException", 400, message)
}

/// Reads the credential scope of a signature: `Credential=AKID/20260101/us-east-1/rekognition/aws4_request`.
fn caller(authorization: Option<&str>, user_agent: Option<&str>) -> Caller {
    let scope =
        authorization.and_then(|header| header.split_once("Credential=")).map(|(_, rest)| rest);
    let mut scope =
        scope.map(|scope| scope.split([',', ' ']).next().unwrap_or_default().split('/'));
    let short = |text: &str| cut(text, MAX_CALLER).to_owned();
    let mut part = |position| scope.as_mut().and_then(|parts| parts.nth(position)).map(short);
    Caller { access_key_id: part(0), region: part(1), user_agent: user_agent.map(short) }
}

fn has_media_type(headers: &HeaderMap, media_type: &str) -> bool {
    let given = text(headers, &CONTENT_TYPE).and_then(|given| given.split(';').next());
    given.is_some_and(|given| given.trim().eq_ignore_ascii_case(media_type))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The response that carries an operation's answer.
pub(crate) fn answer(operation: Operation, output: Output, request_id: &str) -> Response<Bytes> {
    if operation.service() != Service::Sts {
        return response(StatusCode::OK, JSON, output.into_text(), request_id);
    }
    let fields = output.tree().and_then(Value::as_object).into_iter().flatten();
    let fields: String =
        fields.map(|(name, value)| element(name, value.as_str().unwrap_or_default())).collect();
    let id = element("RequestId", request_id);
    let body = format!(
        "<{operation}Response xmlns=\"{STS_NAMESPACE}\"><{operation}Result>{fields}</{operation}Result>\
         <ResponseMetadata>{id}</ResponseMetadata></{operation}Response>"
    );
    response(StatusCode::OK, XML, body, request_id)
}

/// The response that carries an error.
pub(crate) fn error(dialect: Dialect, error: &ServiceError, request_id: &str) -> Response<Bytes> {
    let ServiceError { code, status, message } = error;
    let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_REQUEST);
    let (media_type, body) = match dialect {
        Dialect::Json => {
            let body =
                json!({"__type": code, "Code": code, "Logref": request_id, "Message": message});
            (JSON, body.to_string())
        }
        Dialect::Query => {
            let fault = if status.is_server_error() { "Receiver" } else { "Sender" };
            let fields = [("Type", fault), ("Code", code), ("Message", message)];
            let fields: String = fields.iter().map(|(name, text)| element(name, text)).collect();
            let id = element("RequestId", request_id);
            let body = format!(
                "<ErrorResponse xmlns=\"{STS_NAMESPACE}\"><Error>{fields}</Error>{id}</ErrorResponse>"
            );
            (XML, body)
        }
    };
    let mut response = response(status, media_type, body, request_id);
    if let Ok(code) = HeaderValue::from_str(code) {
        response.headers_mut().insert(ERROR_TYPE, code);
    }
    response
}

/// The response to a health check.
pub(crate) fn health(health: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(health.to_string()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn response(
    status: StatusCode,
    media_type: &'static str,
    body: String,
    request_id: &str,
) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    if let Ok(request_id) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert(REQUEST_ID, request_id);
    }
    response
}

/// An element that holds text. Characters that XML has no way to write are replaced.
fn element(name: &str, text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'.. => escaped.push(character),
            _ => escaped.push(char::REPLACEMENT_CHARACTER),
        }
    }
    format!("<{name}>{escaped}</{name}>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::incoming::Incoming;
    use proptest::prelude::*;

    const AUTHORIZED: &str = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/eu-west-1/rekognition/aws4_request, SignedHeaders=host, Signature=0";

    fn request(target: &str, media_type: &str, body: &'static str) -> Request<Bytes> {
        let request = Request::post("/").header(TARGET, target).header(CONTENT_TYPE, media_type);
        request.header(AUTHORIZATION, AUTHORIZED).body(Bytes::from_static(body.as_bytes())).unwrap()
    }

    fn code(request: &Request<Bytes>) -> String {
        read(request, Signatures::Required).unwrap_err().code
    }

    #[test]
    fn the_header_names_the_operation() {
        let incoming = read(
            &request("RekognitionService.DescribeStreamProcessor", JSON, r#"{"Name":"a"}"#),
            Signatures::Required,
        );
        let incoming = incoming.unwrap();
        assert_eq!(incoming.operation, Operation::DescribeStreamProcessor);
        assert_eq!(incoming.body["Name"], "a");
        assert_eq!(incoming.caller.access_key_id.as_deref(), Some("AKIDEXAMPLE"));
        assert_eq!(incoming.caller.region.as_deref(), Some("eu-west-1"));
        let charset = request(
            "ResourceGroupsTaggingAPI_20170126.GetResources",
            "application/x-amz-json-1.1; charset=utf-8",
            "",
        );
        assert_eq!(
            read(&charset, Signatures::Required).unwrap().operation,
            Operation::GetResources
        );
    }

    #[test]
    fn what_is_no_request_gets_the_protocols_errors() {
        assert_eq!(
            code(&request("RekognitionService.DetectFaces", JSON, "{}")),
            "UnknownOperationException"
        );
        assert_eq!(
            code(&request("RekognitionService.GetResources", JSON, "{}")),
            "UnknownOperationException"
        );
        assert_eq!(code(&request("Nonsense", JSON, "{}")), "UnknownOperationException");
        assert_eq!(
            code(&request("RekognitionService.DeleteStreamProcessor", "application/json", "{}")),
            "UnsupportedMediaTypeException"
        );
        for body in ["{", "[]", "7", "{}x", "\u{0}"] {
            assert_eq!(
                code(&request("RekognitionService.DeleteStreamProcessor", JSON, body)),
                "SerializationException"
            );
        }
        let mut get = request("RekognitionService.ListStreamProcessors", JSON, "{}");
        *get.method_mut() = Method::GET;
        assert_eq!(code(&get), "UnknownOperationException");
        let cbor = read(&request("", "application/cbor", ""), Signatures::Required).unwrap_err();
        assert_eq!(cbor.status, 415);
        assert!(cbor.message.contains("CBOR"));
    }

    #[test]
    fn a_signature_may_be_required() {
        let mut unsigned = request("RekognitionService.ListStreamProcessors", JSON, "{}");
        unsigned.headers_mut().remove(AUTHORIZATION);
        assert_eq!(code(&unsigned), "MissingAuthenticationTokenException");
        let mut sts = request("", FORM, "Action=GetCallerIdentity&Version=2011-06-15");
        sts.headers_mut().remove(AUTHORIZATION);
        let refused = read(&sts, Signatures::Required).unwrap_err();
        assert_eq!((&*refused.code, refused.status), ("MissingAuthenticationToken", 403));
        assert_eq!(read(&unsigned, Signatures::Optional).unwrap().caller, Caller::default());
    }

    #[test]
    fn a_signature_must_look_like_one() {
        for (authorization, expected) in [
            ("", "MissingAuthenticationTokenException"),
            ("nonsense", "MissingAuthenticationTokenException"),
            ("Bearer token", "MissingAuthenticationTokenException"),
            ("AWS4-HMAC-SHA256 Credential=AKID/1/r/s/aws4_request", "IncompleteSignatureException"),
            (
                "AWS4-HMAC-SHA256 Credential=AKID, SignedHeaders=host, Signature=0",
                "IncompleteSignatureException",
            ),
        ] {
            let mut request = request("RekognitionService.ListStreamProcessors", JSON, "{}");
            request.headers_mut().insert(AUTHORIZATION, authorization.parse().unwrap());
            assert_eq!(code(&request), expected, "{authorization}");
            assert!(read(&request, Signatures::Optional).is_ok());
        }
    }

    #[test]
    fn there_is_one_path() {
        let mut request = request("RekognitionService.ListStreamProcessors", JSON, "{}");
        *request.uri_mut() = "/model/list".parse().unwrap();
        let refused = read(&request, Signatures::Required).unwrap_err();
        assert_eq!((&*refused.code, refused.status), ("UnknownOperationException", 404));
    }

    #[test]
    fn what_would_take_many_times_its_size_is_not_read() {
        let read = |body: String| json_body(&Bytes::from(body)).map_err(|error| error.message);
        for body in
            ["[{},", "[0,", "[{\"\":0},", "{\"a\":{\"b\":[]},"].map(|part| part.repeat(1_000_000))
        {
            assert!(read(body).unwrap_err().contains("more than 10000 values"));
        }
        let commas = format!(r#"{{"Name": "{}\"{}"}}"#, ",[{".repeat(20_000), ",".repeat(20_000));
        assert!(read(commas).is_ok(), "a string is one value");
        let most = format!(r#"{{"a": [{}0]}}"#, "0,".repeat(MAX_VALUES - 2));
        assert!(read(most.clone()).is_ok());
        assert!(read(most.replacen("0,", "0,0,", 1)).is_err());
    }

    #[test]
    fn an_answer_repeats_little_of_what_was_asked() {
        let long = "x".repeat(100_000);
        let form = request("", FORM, Box::leak(format!("Action={long}").into_boxed_str()));
        assert!(read(&form, Signatures::Required).unwrap_err().message.len() < 300);
        let target = request(&format!("RekognitionService.{long}"), JSON, "{}");
        assert!(read(&target, Signatures::Required).unwrap_err().message.len() < 300);
    }

    #[test]
    fn sts_speaks_query_and_xml() {
        let incoming = read(
            &request("", FORM, "Action=GetCallerIdentity&Version=2011-06-15"),
            Signatures::Required,
        )
        .unwrap();
        assert_eq!(incoming.operation, Operation::GetCallerIdentity);
        assert_eq!(code(&request("", FORM, "Action=AssumeRole")), "InvalidAction");
        assert_eq!(code(&request("", FORM, "Action=ListStreamProcessors")), "InvalidAction");
        let output = json!({"Arn": "a<&>b"});
        let answered = answer(Operation::GetCallerIdentity, Output::Tree(output), "id");
        let body = String::from_utf8(answered.body().to_vec()).unwrap();
        assert!(
            body.contains(
                "<GetCallerIdentityResult><Arn>a&lt;&amp;&gt;b</Arn></GetCallerIdentityResult>"
            ),
            "{body}"
        );
        let refused = error(Dialect::Query, &ServiceError::new("InvalidAction", 400, "no"), "id");
        let body = String::from_utf8(refused.body().to_vec()).unwrap();
        assert!(
            body.contains(
                "<Error><Type>Sender</Type><Code>InvalidAction</Code><Message>no</Message></Error>"
            ),
            "{body}"
        );
    }

    #[test]
    fn what_xml_cannot_hold_is_replaced() {
        let message = "a\0b\u{1b}c\u{ffff}\tü\u{10ffff}";
        let refused =
            error(Dialect::Query, &ServiceError::new("InvalidAction", 400, message), "id");
        let body = String::from_utf8(refused.body().to_vec()).unwrap();
        let held = "<Message>a\u{fffd}b\u{fffd}c\u{fffd}\tü\u{10ffff}</Message>";
        assert!(body.contains(held), "{body:?}");
    }

    #[test]
    fn errors_carry_their_type_and_the_request_id() {
        let refused =
            error(Dialect::Json, &ServiceError::in_use("Specified resource is in use."), "id");
        assert_eq!(refused.status(), 400);
        assert_eq!(refused.headers()["x-amzn-errortype"], "ResourceInUseException");
        assert_eq!(refused.headers()["x-amzn-requestid"], "id");
        let body: Value = serde_json::from_slice(refused.body()).unwrap();
        assert_eq!(body["__type"], "ResourceInUseException");
        assert_eq!(body["Message"], "Specified resource is in use.");
    }

    proptest! {
        /// Whatever a body holds, it is read or refused, and the answer is a small one.
        #[test]
        fn every_body_is_read_or_refused(
            noise in proptest::collection::vec(any::<u8>(), 0..300),
            at in any::<prop::sample::Index>(),
        ) {
            let right = br#"{"Name":"a","Tags":{"b":"c"},"Settings":{"ConnectedHome":{"Labels":["PET"]}}}"#;
            let mut damaged = right.to_vec();
            let at = at.index(right.len());
            damaged.splice(at..(at + noise.len()).min(right.len()), noise.iter().copied());
            for body in [noise, damaged] {
                for (media_type, target) in [
                    (JSON, "RekognitionService.CreateStreamProcessor"),
                    (JSON, "CloudTrail_20131101.LookupEvents"),
                    (FORM, ""),
                ] {
                    let request = request(target, media_type, "").map(|_| Bytes::from(body.clone()));
                    let refused = match read(&request, Signatures::Required) {
                        Ok(asked) => Incoming::new(asked, String::new(), "arn:").input.err(),
                        Err(error) => Some(error),
                    };
                    prop_assert!(refused.is_none_or(|error| error.message.len() < 20_000));
                }
            }
        }
    }
}
