//! What leaves and what arrives, byte by byte.

use std::collections::BTreeMap;
use std::sync::Mutex;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::super::{
    Caller, Class, Error, Failure, Listing, Next, Notice, Observer, RateLimit, Request, Sent,
    Settings, connect,
};
use super::*;

/// Gives everything the same answer, and keeps what it was asked.
#[derive(Clone, Debug)]
struct Wire {
    status: u16,
    answer: String,
    requests: Arc<Mutex<Vec<HttpRequest>>>,
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.requests.lock().unwrap().push(request);
        let status = self.status.try_into().unwrap();
        let mut answer = HttpResponse::new(status, SdkBody::from(self.answer.as_str()));
        answer.headers_mut().insert("x-amzn-requestid", "4c5a");
        HttpConnectorFuture::ready(Ok(answer))
    }
}

impl Wire {
    fn new(status: u16, answer: impl ToString) -> Wire {
        Wire { status, answer: answer.to_string(), requests: Arc::default() }
    }

    async fn connect(&self) -> super::super::Connection {
        let wire = self.clone();
        let http_client: SharedHttpClient =
            http_client_fn(move |_, _| SharedHttpConnector::new(wire.clone()));
        let settings = Settings {
            region: "us-east-1".into(),
            profile: None,
            endpoint_url: None,
            rate_limit: RateLimit::Unlimited,
            http_client: Some(http_client),
            log: None,
        };
        connect(settings).await.unwrap()
    }

    async fn describe(&self) -> Result<Option<Value>, Error> {
        self.connect().await.reader().describe("a").await
    }
}

/// Takes the first failure for the last.
struct Once;

impl Caller for Once {
    type End = Error;

    async fn decide(&mut self, failure: Failure) -> Next<Error> {
        Next::End(failure.error)
    }

    fn notice(&self, _: Notice) {}
}

async fn write(wire: &Wire, operation: plan::Operation, json: &Value) -> Sent<(), Error> {
    let request = Request::new("a", operation, json).unwrap();
    wire.connect().await.writer().send(&request, &mut Once).await
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let padded = |with: u8| (0..64).map(move |at| key.get(at).copied().unwrap_or(0) ^ with);
    let inner = Sha256::new().chain_update(padded(0x36).collect::<Vec<u8>>());
    let inner = inner.chain_update(message).finalize();
    let outer = Sha256::new().chain_update(padded(0x5c).collect::<Vec<u8>>());
    outer.chain_update(inner).finalize().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The signature that AWS would compute for a request as it arrives.
fn signature(request: &HttpRequest) -> String {
    let header = |name: &str| match (name, request.headers().get(name)) {
        (_, Some(value)) => value.trim().to_owned(),
        ("host", None) => request.uri().split('/').nth(2).unwrap().to_owned(),
        (missing, None) => panic!("{missing} is signed and not sent"),
    };
    let authorization = header("authorization");
    let part = |name: &str| {
        let after = authorization.split_once(name).unwrap().1;
        after.split(',').next().unwrap().to_owned()
    };
    let (signed, credential) = (part("SignedHeaders="), part("Credential="));
    let scope = credential.split_once('/').unwrap().1;
    let headers: String =
        signed.split(';').map(|name| format!("{name}:{}\n", header(name))).collect();
    let body = hex(&Sha256::digest(request.body().bytes().unwrap()));
    let canonical = format!("POST\n/\n\n{headers}\n{signed}\n{body}");
    let digest = hex(&Sha256::digest(canonical));
    let to_sign = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{digest}", header("x-amz-date"));
    let key = scope.split('/').fold(b"AWS4none".to_vec(), |key, part| hmac(&key, part.as_bytes()));
    hex(&hmac(&key, to_sign.as_bytes()))
}

#[tokio::test]
async fn the_request_of_a_plan_is_what_is_sent_and_signed() {
    let json = json!({
        "Name": "a",
        "SettingsForUpdate": {"ConnectedHomeForUpdate": {"MinConfidence": 80.1, "Novelty": [null]}},
        "NewerThanTheSdk": {"Ünïcode": 0.30000001192092896},
    });
    let wire = Wire::new(200, "{}");
    let sent = write(&wire, plan::Operation::UpdateStreamProcessor, &json).await;
    assert_eq!(sent, Sent::Answered(()));
    let requests = wire.requests.lock().unwrap();
    let [request] = &requests[..] else { panic!("{requests:?}") };
    let body = request.body().bytes().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(body).unwrap(), json);
    let header = |name| request.headers().get(name);
    assert_eq!(header("content-length"), Some(body.len().to_string().as_str()));
    assert_eq!(header("x-amz-target"), Some("RekognitionService.UpdateStreamProcessor"));
    let signed = format!("Signature={}", signature(request));
    assert!(header("authorization").unwrap().ends_with(&signed), "{request:?}");
}

#[tokio::test]
async fn every_operation_goes_as_itself() {
    use plan::Operation::{
        CreateStreamProcessor, DeleteStreamProcessor, StartStreamProcessor, StopStreamProcessor,
        TagResource, UntagResource, UpdateStreamProcessor,
    };
    let wire = Wire::new(200, "");
    let arn = "arn:aws:rekognition:us-east-1:1:streamprocessor/a";
    let json = json!({"Name": "a", "ResourceArn": arn});
    let writes = [
        CreateStreamProcessor,
        DeleteStreamProcessor,
        StartStreamProcessor,
        StopStreamProcessor,
        TagResource,
        UntagResource,
        UpdateStreamProcessor,
    ];
    for operation in writes {
        assert_eq!(write(&wire, operation, &json).await, Sent::Answered(()));
    }
    let reader = wire.connect().await.reader();
    assert_eq!(reader.list().await, Ok(Listing::default()));
    assert_eq!(reader.describe("a").await, Ok(Some(json!({}))));
    assert_eq!(reader.tags("a", arn).await, Ok(Some(BTreeMap::new())));
    assert_eq!(reader.tag_hints().await, Ok(BTreeMap::new()));
    let requests = wire.requests.lock().unwrap();
    let targets: Vec<&str> = requests
        .iter()
        .map(|request| request.headers().get("x-amz-target").unwrap().rsplit('.').next().unwrap())
        .collect();
    let reads =
        ["ListStreamProcessors", "DescribeStreamProcessor", "ListTagsForResource", "GetResources"];
    let expected: Vec<&str> = writes.iter().map(|it| it.as_str()).chain(reads).collect();
    assert_eq!(targets, expected);
}

#[tokio::test]
async fn a_description_is_all_that_the_service_said_with_the_numbers_as_they_were() {
    let said = r#"{"CreationTimestamp":1574421418.636,"Name":"a","NewerThanTheSdk":{"Deep":[null,0.1]},"Regions":[80.0999984741211,0.30000001192092896,1],"Status":["no","text"]}"#;
    let described = Wire::new(200, said).describe().await.unwrap().unwrap();
    assert_eq!(described.to_string(), said);
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_which_nothing_can_be_made_is_asked_for_again() {
    for answer in ["<html>", "[]", "{\"Name\": ", "7"] {
        let wire = Wire::new(200, answer);
        let error = wire.describe().await.unwrap_err();
        assert_eq!(error.class(), Class::Unavailable, "{answer}");
        assert_eq!(
            error.to_string(),
            "DescribeStreamProcessor of a: the answer breaks off or cannot be read (request 4c5a)"
        );
        assert!(wire.requests.lock().unwrap().len() > 1);
    }
}

#[tokio::test]
async fn entries_without_a_name_are_counted() {
    let listed = r#"{"StreamProcessors": [{"Status": "STOPPED"}, {"Name": "a"}, {"Name": null}]}"#;
    let listed = Wire::new(200, listed).connect().await.reader().list().await;
    assert_eq!(listed, Ok(Listing { names: vec!["a".to_owned()], nameless: 2, cut: None }));
}

#[tokio::test]
async fn a_description_of_something_else_is_an_error_that_names_both() {
    let describe = async |arn: &str| {
        let wire = Wire::new(200, json!({"StreamProcessorArn": arn}));
        wire.connect().await.reader().of_account("111122223333").describe("a").await
    };
    let right = "arn:aws-cn:rekognition:us-east-1:111122223333:streamprocessor/a";
    assert!(describe(right).await.is_ok());
    for wrong in [
        "arn:aws:rekognition:eu-west-1:111122223333:streamprocessor/a",
        "arn:aws:rekognition:us-east-1:999999999999:streamprocessor/a",
        "arn:aws:rekognition:us-east-1:111122223333:streamprocessor/b",
        "arn:aws:rekognition:us-east-1:111122223333:collection/a",
        "arn:aws:kinesis:us-east-1:111122223333:streamprocessor/a",
        "a",
    ] {
        let error = describe(wrong).await.unwrap_err();
        assert_eq!(error.class(), Class::Elsewhere);
        let names_both =
            format!("its ARN is {wrong}, and not that of a in us-east-1 of account 111122223333");
        assert_eq!(error.message(), names_both);
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_observes_a_reader_is_told_of_its_retries() {
    let wire = Wire::new(500, "{}");
    let told: Arc<Mutex<Vec<Notice>>> = Arc::default();
    let notices = told.clone();
    let observer = Observer::new(move |notice| notices.lock().unwrap().push(notice));
    let reader = wire.connect().await.reader().observed_by(observer);
    assert!(reader.describe("a").await.is_err());
    let told = told.lock().unwrap();
    let attempts = wire.requests.lock().unwrap().len();
    let about = Operation::DescribeStreamProcessor;
    let again =
        |it: &&Notice| matches!(it, Notice::Retrying { operation, .. } if *operation == about);
    assert_eq!(told.iter().filter(again).count() + 1, attempts);
    assert!(told.iter().all(|it| !matches!(it, Notice::Throttled { .. })), "{told:?}");
}

#[tokio::test]
async fn what_the_service_reports_keeps_its_type_its_words_and_its_request() {
    let answer = json!({"__type": "com.amazon#ResourceInUseException", "message": "In use."});
    let delete = plan::Operation::DeleteStreamProcessor;
    let sent = write(&Wire::new(400, &answer), delete, &json!({"Name": "a"})).await;
    let Sent::Ended(error) = sent else { panic!("{sent:?}") };
    assert_eq!(error.class(), Class::InUse);
    assert_eq!(
        error.to_string(),
        "DeleteStreamProcessor of a: ResourceInUseException: In use. (request 4c5a)"
    );
    let missing = json!({"__type": "ResourceNotFoundException", "Message": "No."});
    assert_eq!(Wire::new(400, &missing).describe().await, Ok(None));
}
