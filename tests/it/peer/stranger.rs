//! Something in the service's place that answers whatever it is told to. It needs
//! no socket, so that time can be paused, and counts the bytes that are taken.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body::{Body, Frame};
use rekon::aws::{self, RateLimit, Reader};
use serde_json::{Value, json};
use tokio::time::{Sleep, sleep};

pub const ACCOUNT: &str = "111122223333";
pub const REGION: &str = "us-east-1";

/// What comes back.
#[derive(Clone, Debug)]
pub enum Answer {
    /// As the service gives it.
    Sound(Value),
    /// An error of the service.
    Error {
        status: u16,
        code: &'static str,
    },
    /// Something else.
    Page {
        status: u16,
        kind: &'static str,
        body: &'static str,
    },
    /// So many bytes of a string that begins as an answer would, at once.
    Flood(u64),
    /// A byte a second, without end.
    Trickle,
    Silence,
    Reset,
}

type Script = dyn Fn(&str, &Value) -> Answer + Send + Sync;

/// Answers by a script.
#[derive(Clone)]
pub struct Stranger {
    script: Arc<Script>,
    taken: Arc<AtomicU64>,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Stranger {
    pub fn new(script: impl Fn(&str, &Value) -> Answer + Send + Sync + 'static) -> Stranger {
        Stranger { script: Arc::new(script), taken: Arc::default(), calls: Arc::default() }
    }

    pub async fn reader(&self) -> Reader {
        let stranger = self.clone();
        let client = http_client_fn(move |_, _| SharedHttpConnector::new(stranger.clone()));
        let settings = aws::Settings {
            region: REGION.into(),
            profile: None,
            endpoint_url: None,
            rate_limit: RateLimit::Quota(aws::Rate::FULL),
            http_client: Some(client),
            log: None,
        };
        aws::connect(settings).await.unwrap().reader()
    }

    /// How often an operation was called.
    pub fn calls(&self, operation: &str) -> usize {
        self.calls.lock().unwrap().iter().filter(|call| *call == operation).count()
    }

    /// How many bytes of bodies without end were taken.
    pub fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Stranger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stranger")
    }
}

impl HttpConnector for Stranger {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").map(str::to_owned);
        let operation = target.as_deref().and_then(|target| target.rsplit('.').next());
        let operation = operation.unwrap_or("GetCallerIdentity").to_owned();
        let body = request.body().bytes().unwrap_or_default();
        let asked = serde_json::from_slice(body).unwrap_or(Value::Null);
        self.calls.lock().unwrap().push(operation.clone());
        let stream = |left, pause| {
            let body = Stream { left, pause, sleep: None, taken: self.taken.clone(), began: false };
            response(200, "application/x-amz-json-1.1", SdkBody::from_body_1_x(body))
        };
        let response = match (self.script)(&operation, &asked) {
            Answer::Silence => return HttpConnectorFuture::new(std::future::pending()),
            Answer::Reset => {
                let error = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
                return HttpConnectorFuture::ready(Err(ConnectorError::io(error.into())));
            }
            Answer::Flood(bytes) => stream(bytes, None),
            Answer::Trickle => stream(u64::MAX, Some(Duration::from_secs(1))),
            Answer::Page { status, kind, body } => response(status, kind, SdkBody::from(body)),
            Answer::Error { status, code } => {
                let body = json!({"__type": code, "message": "so it is"}).to_string();
                response(status, "application/x-amz-json-1.1", SdkBody::from(body))
            }
            Answer::Sound(Value::String(xml)) => response(200, "text/xml", SdkBody::from(xml)),
            Answer::Sound(value) => {
                response(200, "application/x-amz-json-1.1", SdkBody::from(value.to_string()))
            }
        };
        HttpConnectorFuture::ready(Ok(response))
    }
}

fn response(status: u16, kind: &'static str, body: SdkBody) -> HttpResponse {
    let mut response = HttpResponse::new(status.try_into().unwrap(), body);
    response.headers_mut().insert("content-type", kind);
    response
}

/// A body that goes on and on.
struct Stream {
    left: u64,
    pause: Option<Duration>,
    sleep: Option<Pin<Box<Sleep>>>,
    taken: Arc<AtomicU64>,
    began: bool,
}

impl Body for Stream {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        const FRAME: u64 = 64 << 10;
        if let Some(pause) = self.pause {
            let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep(pause)));
            ready!(sleep.as_mut().poll(context));
            self.sleep = None;
        }
        let size = if self.pause.is_some() { 1 } else { self.left.min(FRAME) };
        if size == 0 {
            return Poll::Ready(None);
        }
        let mut frame = vec![b'x'; usize::try_from(size).unwrap()];
        if !self.began {
            let head: &[u8] = b"{\"Name\":\"";
            let shown = head.len().min(frame.len());
            frame[..shown].copy_from_slice(&head[..shown]);
            self.began = true;
        }
        self.left -= size;
        self.taken.fetch_add(size, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(frame.into()))))
    }
}

/// A service with these stream processors, as it should be.
pub fn sound(names: &[String], operation: &str, asked: &Value) -> Answer {
    Answer::Sound(match operation {
        "GetCallerIdentity" => identity(ACCOUNT, ACCOUNT),
        "ListStreamProcessors" => {
            let listed: Vec<Value> = names.iter().map(|name| json!({"Name": name})).collect();
            json!({ "StreamProcessors": listed })
        }
        "DescribeStreamProcessor" => {
            let name = asked["Name"].as_str().unwrap();
            described(name, &arn(REGION, ACCOUNT, name))
        }
        _ => json!({}),
    })
}

pub fn names(count: usize) -> Vec<String> {
    (0..count).map(|index| format!("camera-{index:05}")).collect()
}

pub fn arn(region: &str, account: &str, name: &str) -> String {
    format!("arn:aws:rekognition:{region}:{account}:streamprocessor/{name}")
}

pub fn described(name: &str, arn: &str) -> Value {
    let stream = format!("arn:aws:kinesisvideo:{REGION}:{ACCOUNT}:stream/{name}/1");
    json!({
        "Name": name,
        "StreamProcessorArn": arn,
        "Status": "STOPPED",
        "Input": {"KinesisVideoStream": {"Arn": stream}},
        "Output": {"S3Destination": {"Bucket": "results"}},
        "RoleArn": format!("arn:aws:iam::{ACCOUNT}:role/Streams"),
        "Settings": {"ConnectedHome": {"Labels": ["PERSON"]}},
    })
}

/// The caller, whose account stands in two places.
pub fn identity(account: &str, arn_account: &str) -> Value {
    Value::String(format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
         <GetCallerIdentityResult><Arn>arn:aws:iam::{arn_account}:user/me</Arn>\
         <UserId>AIDA</UserId><Account>{account}</Account></GetCallerIdentityResult>\
         <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>\
         </GetCallerIdentityResponse>"
    ))
}
