//! The way between a run and the service, on which the weather is played, and the
//! record of all that went over it.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use rekon::emulator::Emulator;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::weather::{Mishap, Outage, Weather, When};
use crate::world::Dice;

/// A request, and what became of it.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub who: Who,
    pub operation: String,
    /// The processor that it is about; empty if about none.
    pub name: String,
    pub request: Value,
    /// Times are since the run began.
    pub sent: Duration,
    /// When the service carried it out, and with what result; mostly once.
    pub arrived: Vec<Arrival>,
    /// When something came back, if anything did.
    pub answered: Option<(Duration, Answer)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Run,
    Stranger,
}

#[derive(Clone, Debug)]
pub struct Arrival {
    pub at: Duration,
    pub status: u16,
    /// What a delete is about to take away, with its tags.
    pub was: Option<Value>,
}

/// What the client got to see.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Body(u16, Value),
    Nothing(&'static str),
}

impl Exchange {
    pub fn is_write(&self) -> bool {
        !["Describe", "List", "Get", "Lookup"].iter().any(|read| self.operation.starts_with(read))
    }

    /// When it first changed something, if it did.
    pub fn effect(&self) -> Option<&Arrival> {
        self.arrived.iter().find(|arrival| self.is_write() && arrival.status == 200)
    }
}

/// How far a run has got, for whatever waits for a moment of it.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    requests: usize,
    writes: usize,
    deletes: usize,
}

/// A cheap handle on the way.
#[derive(Clone)]
pub struct Wire(Arc<Shared>);

struct Shared {
    emulator: Emulator,
    weather: Weather,
    began: Instant,
    state: Mutex<State>,
    counts: watch::Sender<Counts>,
}

struct State {
    dice: Dice,
    exchanges: Vec<Exchange>,
    outage: Option<Outage>,
    /// How many requests of each refusal's operation were sent.
    matched: Vec<usize>,
}

type Answered = Result<(u16, Bytes), &'static str>;

/// What is said of a connection that cannot be made.
const REFUSED: &str = "connection refused";

impl Wire {
    pub fn new(emulator: Emulator, weather: Weather, dice: Dice) -> Wire {
        let matched = vec![0; weather.refusals.len()];
        let state = State { dice, exchanges: Vec::new(), outage: None, matched };
        Wire(Arc::new(Shared {
            emulator,
            weather,
            began: Instant::now(),
            state: Mutex::new(state),
            counts: watch::Sender::new(Counts::default()),
        }))
    }

    pub fn client(&self) -> SharedHttpClient {
        let wire = self.clone();
        http_client_fn(move |_, _| SharedHttpConnector::new(wire.clone()))
    }

    pub fn now(&self) -> Duration {
        self.0.began.elapsed()
    }

    pub fn exchanges(&self) -> Vec<Exchange> {
        self.state().exchanges.clone()
    }

    /// Waits for a moment of the run, perhaps for ever.
    pub async fn come(&self, when: When) {
        let mut counts = self.0.counts.subscribe();
        let mut reach = async |reached: &(dyn Fn(&Counts) -> bool + Sync), then| {
            // The sender lives as long as this handle does.
            let _ = counts.wait_for(|counts| reached(counts)).await;
            sleep(then).await;
        };
        match when {
            When::At(at) => tokio::time::sleep_until(self.0.began + at).await,
            When::AfterRequests(count, then) => {
                reach(&|counts| counts.requests >= count, then).await
            }
            When::AfterWrites(count, then) => reach(&|counts| counts.writes >= count, then).await,
            When::AfterDeletes(count, then) => reach(&|counts| counts.deletes >= count, then).await,
        }
    }

    /// Is gone for a while.
    pub async fn go_out(&self, outage: Outage, length: Duration) {
        self.state().outage = Some(outage);
        sleep(length).await;
        self.state().outage = None;
    }

    /// Does what somebody else asks for, without any weather.
    pub async fn as_stranger(&self, operation: &str, request: Value) -> u16 {
        let at = self.log(Who::Stranger, operation, request.clone());
        let answered = self.execute(at, operation, request).await;
        self.answer(at, &answered);
        answered.map_or(0, |(status, _)| status)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap()
    }

    fn log(&self, who: Who, operation: &str, request: Value) -> usize {
        let name = request.get("Name").or(request.get("ResourceArn")).and_then(Value::as_str);
        let name = name.map_or("", |name| name.rsplit('/').next().unwrap_or(name)).to_owned();
        let exchange = Exchange {
            who,
            operation: operation.to_owned(),
            name,
            request,
            sent: self.now(),
            arrived: Vec::new(),
            answered: None,
        };
        let mut state = self.state();
        state.exchanges.push(exchange);
        state.exchanges.len() - 1
    }

    fn answer(&self, at: usize, answered: &Answered) {
        let answer = match answered {
            Ok((status, body)) => {
                Answer::Body(*status, serde_json::from_slice(body).unwrap_or_default())
            }
            Err(what) => Answer::Nothing(what),
        };
        let now = self.now();
        self.state().exchanges[at].answered = Some((now, answer));
    }

    /// Lets the service carry a request out.
    async fn execute(&self, at: usize, operation: &str, request: Value) -> Answered {
        let is_ours = self.state().exchanges[at].who == Who::Run;
        let deletes = operation == "DeleteStreamProcessor";
        let was = (is_ours && deletes).then(|| self.holds(request["Name"].as_str().unwrap()));
        let target = match operation {
            "GetResources" => "ResourceGroupsTaggingAPI_20170126",
            _ => "RekognitionService",
        };
        let http = http::Request::post("/")
            .header("x-amz-target", format!("{target}.{operation}"))
            .header("content-type", "application/x-amz-json-1.1")
            .body(Bytes::from(request.to_string()))
            .unwrap();
        let answer = self.0.emulator.handle(http).await.expect("the emulator has no faults");
        let (head, body) = answer.response.into_parts();
        let status = head.status.as_u16();
        let now = self.now();
        let exchange = &mut self.state().exchanges[at];
        exchange.arrived.push(Arrival { at: now, status, was: was.flatten() });
        let took_effect = exchange.is_write() && status == 200;
        if is_ours {
            self.0.counts.send_modify(|counts| {
                counts.requests += 1;
                counts.writes += usize::from(took_effect);
                counts.deletes += usize::from(took_effect && deletes);
            });
        }
        Ok((status, body))
    }

    /// What the service holds under a name.
    fn holds(&self, name: &str) -> Option<Value> {
        let mut snapshot = self.0.emulator.snapshot();
        let processors = snapshot["processors"].as_array_mut()?;
        processors.iter_mut().find(|wire| wire["Name"] == name).map(Value::take)
    }

    /// One way of a request or an answer.
    async fn way(&self) {
        let (least, most) = self.0.weather.latency;
        let wait = least + self.state().dice.roll() % (most - least + 1);
        sleep(Duration::from_millis(wait)).await;
    }

    async fn send(&self, operation: &str, request: Value) -> Answered {
        let at = self.log(Who::Run, operation, request.clone());
        let answered = self.weathered(at, operation, request).await;
        self.answer(at, &answered);
        answered
    }

    async fn weathered(&self, at: usize, operation: &str, request: Value) -> Answered {
        let (outage, refusal, mishap) = self.fate(at, operation);
        if let Some(outage) = outage {
            return out(outage).await;
        }
        if let Some(code) = refusal {
            self.way().await;
            self.way().await;
            return Ok(error(400, code, "not today"));
        }
        let mut arriving = self.arriving(
            at,
            operation,
            request.clone(),
            match mishap {
                Some(Mishap::Late(late, _)) => late,
                _ => Duration::ZERO,
            },
        );
        let answered = match mishap {
            Some(Mishap::LostBefore) => return Err("connection reset by peer"),
            Some(Mishap::Throttled) => {
                let code = "ProvisionedThroughputExceededException";
                return Ok(error(400, code, "Provisioned Rate exceeded."));
            }
            Some(Mishap::Internal) => return Ok(error(500, "InternalServerError", "sorry")),
            Some(Mishap::Late(_, outage)) => {
                // It is on its way, whatever its sender comes to believe.
                drop(tokio::spawn(arriving));
                return out(outage).await;
            }
            Some(Mishap::Doubled) => {
                let first = tokio::spawn(arriving).await.unwrap();
                arriving = self.arriving(at, operation, request, Duration::ZERO);
                first.and(tokio::spawn(arriving).await.unwrap())
            }
            // What has left arrives, whether or not it is still waited for.
            _ => tokio::spawn(arriving).await.unwrap(),
        };
        match mishap {
            Some(Mishap::LostAfter) => return Err("connection reset by peer"),
            Some(Mishap::Slow(slow)) => sleep(slow).await,
            _ => {}
        }
        self.way().await;
        let outage = self.state().outage;
        match outage {
            Some(Outage::Silent) => std::future::pending().await,
            Some(_) => Err("connection reset by peer"),
            None if mishap == Some(Mishap::Truncated) => {
                answered.map(|(status, body)| (status, body.slice(..body.len() / 2)))
            }
            None => answered,
        }
    }

    fn arriving(
        &self,
        at: usize,
        operation: &str,
        request: Value,
        late: Duration,
    ) -> impl Future<Output = Answered> + Send + use<> {
        let (wire, operation) = (self.clone(), operation.to_owned());
        async move {
            wire.way().await;
            sleep(late).await;
            wire.execute(at, &operation, request).await
        }
    }

    /// Decides what meets a request.
    fn fate(
        &self,
        at: usize,
        operation: &str,
    ) -> (Option<Outage>, Option<&'static str>, Option<Mishap>) {
        let weather = &self.0.weather;
        let mut state = self.state();
        let (name, is_write) = (state.exchanges[at].name.clone(), state.exchanges[at].is_write());
        let mut refused = None;
        for (refusal, at) in weather.refusals.iter().zip(0..) {
            if refusal.operation == operation {
                state.matched[at] += 1;
                let concerns = refusal.names.as_ref().is_none_or(|names| names.contains(&*name));
                if state.matched[at] >= refusal.from && concerns {
                    refused = Some(refusal.code);
                }
            }
        }
        let (often, kinds) = if is_write { &weather.writes } else { &weather.reads };
        let struck = state.dice.below(1000) < *often;
        let mishap = struck.then(|| *state.dice.pick(kinds)).filter(|mishap| {
            // What only late deletes are known to do.
            !matches!(mishap, Mishap::Late(..)) || operation == "DeleteStreamProcessor"
        });
        (state.outage, refused, mishap)
    }
}

async fn out(outage: Outage) -> Answered {
    match outage {
        Outage::Silent => std::future::pending().await,
        Outage::Refused => Err(REFUSED),
        Outage::Reset => Err("connection reset by peer"),
        Outage::Unavailable => Ok((503, Bytes::from_static(b"<html>unavailable</html>"))),
        Outage::Failing => Ok(error(500, "InternalServerError", "sorry")),
    }
}

fn error(status: u16, code: &str, message: &str) -> (u16, Bytes) {
    (status, json!({"__type": code, "Message": message}).to_string().into())
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wire")
    }
}

/// The error of the real connector, whose type tells that nothing was sent. It makes no
/// connection because it speaks no TLS.
async fn unconnected() -> hyper_util::client::legacy::Error {
    let client = Client::builder(TokioExecutor::new()).build_http::<String>();
    let error = client.get(http::Uri::from_static("https://127.0.0.1/")).await.unwrap_err();
    assert!(error.is_connect());
    error
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let body = request.body().bytes().unwrap_or_default();
        let request = serde_json::from_slice(body).unwrap_or_default();
        let wire = self.clone();
        HttpConnectorFuture::new(async move {
            match wire.send(&operation, request).await {
                Ok((status, body)) => {
                    let response = http::Response::builder()
                        .status(status)
                        .header("content-type", "application/x-amz-json-1.1")
                        .body(SdkBody::from(body))
                        .unwrap();
                    HttpResponse::try_from(response)
                        .map_err(|error| ConnectorError::other(error.into(), None))
                }
                Err(REFUSED) => Err(ConnectorError::io(unconnected().await.into())),
                Err(what) => Err(ConnectorError::io(what.into())),
            }
        })
    }
}
