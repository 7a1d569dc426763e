//! Rekon's own functions over the emulator in process, as its commands call them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use rekon::apply::{self, ApplyError, Event, RecoveryRoot};
use rekon::aws::{self, Connection, Identity, RateLimit};
use rekon::config::Loaded;
use rekon::desired::{self, Checked};
use rekon::emulator::{Emulator, Options, State};
use rekon::live;
use rekon::model::Live;
use rekon::plan::{self, Outcome, Plan};
use rekon::report;
use serde_json::{Value, json};

use super::camera::{ACCOUNT, REGION};
use super::service::Call;

/// The embedded service and a connection to it.
pub struct Stage {
    pub emulator: Emulator,
    pub connection: Connection,
}

/// A project's files, resolved.
pub struct Project {
    pub loaded: Loaded,
    pub checked: Checked,
}

impl Project {
    pub fn new(files: &[(String, String)]) -> Result<Project, String> {
        let texts = files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        Project::of(Loaded::from_texts(texts))
    }

    pub fn of(loaded: Loaded) -> Result<Project, String> {
        let checked = desired::resolve(&loaded);
        if checked.desired.is_some() {
            return Ok(Project { loaded, checked });
        }
        let settings = report::Settings::default();
        Err(report::diagnostics::draw(&checked.diagnostics, &loaded.sources, settings))
    }

    pub fn desired(&self) -> &desired::Desired {
        self.checked.desired.as_ref().unwrap()
    }

    /// Plans against what was read.
    pub fn plan(&self, live: &Live) -> Plan {
        let Project { loaded, checked } = self;
        let options = plan::Options::default();
        plan::plan(self.desired(), &loaded.sources, &checked.diagnostics, live, &options)
    }

    /// Looks for drift in what was read.
    pub fn drift(&self, live: &Live) -> plan::Drift {
        let Project { loaded, checked } = self;
        let options = plan::DriftOptions::default();
        plan::drift(self.desired(), &loaded.sources, &checked.diagnostics, live, &options)
    }
}

impl Stage {
    pub async fn new(snapshot: &Value, options: Options) -> Stage {
        let state = State::from_snapshot(snapshot, &options).expect("a snapshot");
        Stage::over(Emulator::new(crate::support::remembering(options), state)).await
    }

    pub async fn over(emulator: Emulator) -> Stage {
        Stage::at(emulator, RateLimit::Unlimited).await
    }

    /// A connection that keeps a pace.
    pub async fn at(emulator: Emulator, rate_limit: RateLimit) -> Stage {
        let settings = aws::Settings {
            region: REGION.to_owned(),
            profile: None,
            endpoint_url: None,
            rate_limit,
            http_client: Some(emulator.http_client()),
            log: None,
        };
        let connection = aws::connect(settings).await.expect("nothing is sent yet");
        Stage { emulator, connection }
    }

    /// The same service without faults, from what it holds now.
    pub async fn healthy(&self, options: Options) -> Stage {
        Stage::new(&self.emulator.snapshot(), options).await
    }

    /// Reads what planning needs, as `rekon plan` does.
    pub async fn read(&self, project: &Project) -> Result<Live, aws::Error> {
        let reader = self.connection.reader();
        live::read(&reader, project.desired(), &plan::Narrowing::default(), &|_| {}).await
    }

    pub async fn plan(&self, project: &Project) -> Result<Plan, aws::Error> {
        Ok(project.plan(&self.read(project).await?))
    }

    /// Applies a plan as it comes out of a file.
    pub async fn apply(&self, plan: &Plan, recovery: &Path) -> Result<Outcome, ApplyError> {
        let (stopper, stop) = apply::stopper();
        let plan: Plan = serde_json::from_str(&report::json::plan(plan)).expect("a saved plan");
        let options = apply::Options {
            identity: Identity { account_id: ACCOUNT.to_owned(), arn: String::new() },
            parallelism: 8,
            settle_timeout: apply::DEFAULT_SETTLE_TIMEOUT,
            recovery: RecoveryRoot::Folder(recovery.to_owned()),
            now: jiff::Timestamp::UNIX_EPOCH,
            service: None,
            reconnect: String::new(),
            known: None,
        };
        let told = Mutex::new(Vec::new());
        let tell = |event: Event| told.lock().unwrap().push(event);
        let (reader, writer) = (self.connection.reader(), self.connection.writer());
        let outcome = apply::apply(&plan, &reader, &writer, &options, &tell, stop).await;
        drop(stopper);
        outcome
    }

    /// What the service holds, by name.
    pub fn holds(&self) -> BTreeMap<String, Value> {
        holds(&self.emulator.snapshot())
    }

    /// The writes that took effect so far, in order.
    pub fn writes(&self) -> Vec<Call> {
        let journal = self.emulator.journal().into_iter();
        journal
            .filter(|call| call.took_effect)
            .map(|call| Call::new(call.operation.name(), Value::Object(call.request)))
            .collect()
    }

    /// How many calls that write were sent, whether they took effect or not.
    pub fn attempts(&self) -> usize {
        self.emulator.journal().iter().filter(|call| call.operation.writes()).count()
    }
}

/// The processors of a snapshot, by name.
pub fn holds(snapshot: &Value) -> BTreeMap<String, Value> {
    let processors = snapshot["processors"].as_array().unwrap().iter();
    processors.map(|wire| (wire["Name"].as_str().unwrap().to_owned(), wire.clone())).collect()
}

/// A definition without what moves by itself: status, times.
pub fn essence(wire: &Value) -> Value {
    let mut essence = wire.clone();
    let members = essence.as_object_mut().unwrap();
    for member in [
        "Status",
        "StatusMessage",
        "CreationTimestamp",
        "LastUpdateTimestamp",
        "StreamProcessorArn",
    ] {
        members.remove(member);
    }
    numbers_as_float32(&mut essence);
    essence
}

/// Makes numbers that are the same float32 the same JSON.
pub fn numbers_as_float32(value: &mut Value) {
    match value {
        Value::Number(number) => {
            #[expect(clippy::cast_possible_truncation, reason = "narrowing is the purpose")]
            let narrow = number.as_f64().unwrap() as f32;
            *value = json!(f64::from(narrow));
        }
        Value::Array(items) => items.iter_mut().for_each(numbers_as_float32),
        Value::Object(members) => members.values_mut().for_each(numbers_as_float32),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// A call whose numbers are comparable.
pub fn comparable(call: &Call) -> Call {
    let mut call = call.clone();
    numbers_as_float32(&mut call.request);
    call
}

/// The calls of a plan, in order.
pub fn planned(plan: &Plan) -> Vec<Call> {
    let calls = plan.calls.iter();
    calls.map(|call| Call::new(call.operation.as_str(), call.request.clone())).collect()
}

/// Runs a test's world under a clock that skips every wait.
pub fn paused<T>(run: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(run)
}
