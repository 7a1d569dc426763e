//! A fleet, the files that declare another one, and the way between them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use rekon::apply::{self, ApplyError, Event, RecoveryRoot, StopSignal};
use rekon::aws::{self, Connection, Identity, Rate, RateLimit};
use rekon::config;
use rekon::desired::{self, Desired};
use rekon::emulator::{Emulator, Faults, Options, State};
use rekon::live;
use rekon::model::Live;
use rekon::plan::{self, Answer, Failure, Fate, Operation, Outcome, Plan, Reason};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::wire::{self, Rule};

pub const ACCOUNT: &str = "111122223333";

pub fn video(stream: &str) -> String {
    format!("arn:aws:kinesisvideo:us-east-1:{ACCOUNT}:stream/{stream}/1590000000000")
}

pub fn data(stream: &str) -> String {
    format!("arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/AmazonRekognition-{stream}")
}

/// A live label detection processor.
pub fn camera(name: &str, stream: &str) -> Value {
    json!({
        "Name": name,
        "StreamProcessorArn": format!("arn:aws:rekognition:us-east-1:{ACCOUNT}:streamprocessor/{name}"),
        "Status": "STOPPED",
        "Input": {"KinesisVideoStream": {"Arn": video(stream)}},
        "Output": {"S3Destination": {"Bucket": "results", "KeyPrefix": name}},
        "RoleArn": format!("arn:aws:iam::{ACCOUNT}:role/Streams"),
        "Settings": {"ConnectedHome": {"Labels": ["PERSON"], "MinConfidence": 80}},
        "NotificationChannel": {"SNSTopicArn": format!("arn:aws:sns:us-east-1:{ACCOUNT}:AmazonRekognition")},
        "Tags": {"team": "home"},
    })
}

/// A live face search processor.
pub fn face(name: &str, status: &str) -> Value {
    json!({
        "Name": name,
        "StreamProcessorArn": format!("arn:aws:rekognition:us-east-1:{ACCOUNT}:streamprocessor/{name}"),
        "Status": status,
        "Input": {"KinesisVideoStream": {"Arn": video(name)}},
        "Output": {"KinesisDataStream": {"Arn": data(name)}},
        "RoleArn": format!("arn:aws:iam::{ACCOUNT}:role/Faces"),
        "Settings": {"FaceSearch": {"CollectionId": "staff", "FaceMatchThreshold": 90}},
        "Tags": {},
    })
}

/// What the files say of a camera: its stream, role, labels and tags.
pub fn camera_toml(name: &str, stream: &str, role: &str, labels: &str, tags: &str) -> String {
    format!(
        "[processor.{name}]\n\
         role_arn = \"arn:aws:iam::{ACCOUNT}:role/{role}\"\n\
         input.kinesis_video_stream.arn = \"{}\"\n\
         output.s3_destination = {{ bucket = \"results\", key_prefix = \"{name}\" }}\n\
         settings.connected_home = {{ labels = [{labels}], min_confidence = 80 }}\n\
         notification_channel.sns_topic_arn = \"arn:aws:sns:us-east-1:{ACCOUNT}:AmazonRekognition\"\n\
         tags = {{ {tags} }}\n",
        video(stream)
    )
}

/// What the files say of a face search: its collection and desired status.
pub fn face_toml(name: &str, collection: &str, status: &str) -> String {
    let mut text = format!(
        "[processor.{name}]\n\
         role_arn = \"arn:aws:iam::{ACCOUNT}:role/Faces\"\n\
         input.kinesis_video_stream.arn = \"{}\"\n\
         output.kinesis_data_stream.arn = \"{}\"\n\
         settings.face_search = {{ collection_id = \"{collection}\", face_match_threshold = 90 }}\n",
        video(name),
        data(name),
    );
    if !status.is_empty() {
        writeln!(text, "desired_status = \"{status}\"").unwrap();
    }
    text
}

const STACK: &str = "[stack]\n\
    name = \"test\"\n\
    account_id = \"111122223333\"\n\
    region = \"us-east-1\"\n\
    ownership = \"none\"\n\
    [guard]\n\
    max_replacements = 100\n";

/// A service and a project.
pub struct World {
    pub emulator: Emulator,
    pub connection: Connection,
    pub folder: TempDir,
    /// What was there at first.
    pub before: Value,
}

impl World {
    pub async fn new(processors: &[Value], toml: &[String], options: Options) -> World {
        let before = json!({
            "format_version": "1.0",
            "taken_at": "2026-11-20T08:00:00Z",
            "account_id": ACCOUNT,
            "region": "us-east-1",
            "complete": true,
            "processors": processors,
        });
        let folder = tempfile::tempdir().unwrap();
        let emulator = emulator(&before, options);
        let connection = connect(&emulator, RateLimit::Unlimited).await;
        let world = World { emulator, connection, folder, before };
        world.declare(toml);
        world
    }

    /// The same world, at the pace of the quotas.
    pub async fn paced(mut self, rate: Rate) -> World {
        self.connection = connect(&self.emulator, RateLimit::Quota(rate)).await;
        self
    }

    /// The same world, over a wire that follows a rule.
    pub async fn over(mut self, rule: Rule) -> World {
        let client = wire::ruled(self.emulator.http_client(), rule);
        self.connection = connect_by(client, RateLimit::Unlimited).await;
        self
    }

    /// One of everything that a plan can hold: a swap, replacements of both
    /// kinds, updates, tags, a creation, a start and a stop.
    pub async fn full(options: Options) -> World {
        let live = [
            camera("east", "east"),
            camera("west", "west"),
            camera("garage", "garage"),
            camera("porch", "porch"),
            camera("yard", "yard"),
            face("lobby", "RUNNING"),
            face("dock", "STOPPED"),
            face("hall", "RUNNING"),
            camera("left-alone", "left-alone"),
        ];
        let home = "team = \"home\"";
        let person = "\"PERSON\"";
        let toml = [
            camera_toml("east", "west", "Streams", person, home),
            camera_toml("west", "east", "Streams", person, home),
            camera_toml("garage", "garage", "Other", person, home),
            camera_toml("porch", "porch", "Streams", "\"PET\", \"PACKAGE\"", home),
            camera_toml("yard", "yard", "Streams", person, "team = \"yard\", site = \"a\""),
            camera_toml("new", "new", "Streams", person, home),
            face_toml("lobby", "guests", ""),
            face_toml("dock", "staff", "running"),
            face_toml("hall", "staff", "stopped"),
        ];
        World::new(&live, &toml, options).await
    }

    pub async fn read(&self) -> (Desired, config::Loaded, Live) {
        let (desired, loaded) = load(self.folder.path());
        let reader = self.connection.reader();
        let live =
            live::read(&reader, &desired, &plan::Narrowing::default(), &|_| {}).await.unwrap();
        (desired, loaded, live)
    }

    /// Plans over this connection, faults and all.
    pub async fn plan(&self) -> Plan {
        let (desired, loaded, live) = self.read().await;
        plan::plan(&desired, &loaded.sources, &[], &live, &plan::Options::default())
    }

    /// Plans as if nothing ever went wrong.
    pub async fn plan_in_peace(&self) -> Plan {
        self.in_peace().await.plan().await
    }

    /// Somebody else, who works on the same service from other files.
    pub async fn neighbour(&self, toml: &[String]) -> World {
        let emulator = self.emulator.clone();
        let connection = connect(&emulator, RateLimit::Unlimited).await;
        let folder = tempfile::tempdir().unwrap();
        let world = World { emulator, connection, folder, before: self.before.clone() };
        world.declare(toml);
        world
    }

    /// Says anew what should exist.
    pub fn declare(&self, toml: &[String]) {
        let file = self.folder.path().join("rekon.toml");
        std::fs::write(file, format!("{STACK}{}", toml.concat())).unwrap();
    }

    /// The same service and project, without any faults.
    pub async fn in_peace(&self) -> World {
        let options = Options {
            faults: Faults::default(),
            failures: BTreeMap::new(),
            ..self.emulator.options()
        };
        let before = self.emulator.snapshot();
        let emulator = emulator(&before, options);
        // What was created a moment ago shows by then.
        tokio::time::sleep(Duration::from_secs(120)).await;
        let connection = connect(&emulator, RateLimit::Unlimited).await;
        let folder = tempfile::tempdir().unwrap();
        let file = "rekon.toml";
        std::fs::copy(self.folder.path().join(file), folder.path().join(file)).unwrap();
        World { emulator, connection, folder, before }
    }

    pub async fn apply(&self, plan: &Plan) -> Outcome {
        let (_stopper, stop) = apply::stopper();
        self.apply_with(plan, stop, &|_| {}).await.unwrap()
    }

    pub async fn apply_with(
        &self,
        plan: &Plan,
        stop: StopSignal,
        events: &dyn Fn(Event),
    ) -> Result<Outcome, ApplyError> {
        let recovery = RecoveryRoot::Beside(self.folder.path().to_owned());
        self.apply_to(plan, stop, events, recovery).await
    }

    pub async fn apply_to(
        &self,
        plan: &Plan,
        stop: StopSignal,
        events: &dyn Fn(Event),
        recovery: RecoveryRoot,
    ) -> Result<Outcome, ApplyError> {
        let options = apply::Options {
            identity: Identity { account_id: ACCOUNT.into(), arn: "arn".into() },
            parallelism: apply::DEFAULT_PARALLELISM,
            settle_timeout: apply::DEFAULT_SETTLE_TIMEOUT,
            recovery,
            now: "2026-11-22T15:03:00Z".parse().unwrap(),
            service: None,
            reconnect: String::new(),
            known: None,
        };
        let (reader, writer) = (self.connection.reader(), self.connection.writer());
        apply::apply(plan, &reader, &writer, &options, events, stop).await
    }

    /// The names of the processors that the service holds.
    pub fn names(&self) -> BTreeSet<String> {
        names(&self.emulator.snapshot())
    }

    /// The writes that took effect, in their order, as `operation processor`.
    pub fn writes(&self) -> Vec<String> {
        let calls = self.emulator.journal();
        let writes = calls.iter().filter(|call| call.took_effect);
        writes
            .map(|call| {
                let processor = call.processor.clone().unwrap_or_default();
                format!("{} {processor}", call.operation.name())
            })
            .collect()
    }

    /// How often the service was asked to write, whatever came of it.
    pub fn write_requests(&self) -> usize {
        let reads = ["Describe", "List", "Get"];
        let calls = self.emulator.journal();
        let is_write = |name: &str| !reads.iter().any(|read| name.starts_with(read));
        calls.iter().filter(|call| is_write(call.operation.name())).count()
    }

    /// Fails unless the outcome is true and nothing is lost.
    pub async fn check(&self, plan: &Plan, outcome: &Outcome) {
        let now = self.names();
        let removed: BTreeSet<&str> =
            outcome.removed.iter().map(|removed| removed.name.as_str()).collect();
        for lost in names(&self.before).difference(&now) {
            assert!(removed.contains(lost.as_str()), "{lost} is lost: {outcome:#?}");
        }
        for removed in &outcome.removed {
            assert!(PathBuf::from(&removed.recovery_file).is_file(), "{removed:?}");
        }
        let left: BTreeSet<String> =
            self.plan_in_peace().await.changes.into_iter().map(|change| change.name).collect();
        let writes: BTreeSet<String> = self.writes().into_iter().collect();
        for (change, processor) in plan.changes.iter().zip(&outcome.processors) {
            let name = &processor.name;
            assert_eq!(&change.name, name);
            let made: BTreeSet<String> = outcome
                .made(name)
                .map(|operation| format!("{} {name}", operation.as_str()))
                .collect();
            let effective: BTreeSet<String> = writes
                .iter()
                .filter(|write| write.split_once(' ').is_some_and(|(_, of)| of == name))
                .cloned()
                .collect();
            match &processor.fate {
                Fate::Done => {
                    assert!(!left.contains(name), "{name} is not done: {outcome:#?}");
                    assert!(!removed.contains(name.as_str()), "{name} is there: {outcome:#?}");
                    assert_eq!(made, effective, "{name}: {outcome:#?}");
                }
                Fate::NotTried(_) => {
                    assert_eq!(effective, BTreeSet::new(), "{name} was touched: {outcome:#?}");
                }
                Fate::Moved(_) | Fate::Failed(_) => {
                    assert!(made.is_subset(&effective), "{name} {effective:?}: {outcome:#?}");
                }
            }
        }
    }
}

pub fn names(snapshot: &Value) -> BTreeSet<String> {
    let processors = snapshot["processors"].as_array().unwrap().iter();
    processors.map(|processor| processor["Name"].as_str().unwrap().to_owned()).collect()
}

pub fn load(folder: &std::path::Path) -> (Desired, config::Loaded) {
    let loaded = config::load(folder);
    let checked = desired::resolve(&loaded);
    let desired = checked.desired.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics));
    (desired, loaded)
}

pub fn with_faults(scripted: &[&str]) -> Options {
    Options {
        faults: Faults {
            scripted: scripted.iter().map(|fault| fault.parse().unwrap()).collect(),
            ..Faults::default()
        },
        ..Options::default()
    }
}

pub fn fate<'a>(outcome: &'a Outcome, name: &str) -> &'a Fate {
    &outcome.processors.iter().find(|processor| processor.name == name).unwrap().fate
}

/// What the service, or the way to it, said to a call that failed.
pub fn answered(fate: &Fate, operation: Operation) -> &Answer {
    let Fate::Failed(Failure { call: Some((_, failed)), reason: Reason::Answer(answer) }) = fate
    else {
        panic!("{fate:?}");
    };
    assert_eq!(*failed, operation);
    answer
}

pub fn all_done(outcome: &Outcome) -> bool {
    outcome.processors.iter().all(|processor| processor.fate == Fate::Done)
}

fn emulator(snapshot: &Value, options: Options) -> Emulator {
    let state = State::from_snapshot(snapshot, &options).unwrap();
    Emulator::new(crate::support::remembering(options), state)
}

async fn connect(emulator: &Emulator, rate_limit: RateLimit) -> Connection {
    connect_by(emulator.http_client(), rate_limit).await
}

async fn connect_by(http_client: SharedHttpClient, rate_limit: RateLimit) -> Connection {
    let settings = aws::Settings {
        region: "us-east-1".into(),
        profile: None,
        endpoint_url: None,
        rate_limit,
        http_client: Some(http_client),
        log: None,
    };
    aws::connect(settings).await.unwrap()
}
