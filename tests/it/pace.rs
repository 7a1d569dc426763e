//! How long a run takes at the default quotas and how many calls it makes, under a
//! clock that skips every wait, over a way of 20 ms to the service and back.

use std::fmt::Write as _;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient as _, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use rekon::apply::{self, Known, RecoveryRoot};
use rekon::aws::{self, Connection, Identity, Rate, RateLimit};
use rekon::emulator::{Emulator, Options, State};
use rekon::live;
use rekon::plan::{self, Fate, Outcome, Pace, Plan};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::support::remembering;
use crate::world::camera::{ACCOUNT, REGION};
use crate::world::stage::{Project, paused};

/// From a request to its answer.
const LATENCY: Duration = Duration::from_millis(20);

/// A way to the service that takes its time.
#[derive(Clone, Debug)]
struct Far(SharedHttpConnector);

impl HttpConnector for Far {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let near = self.0.clone();
        HttpConnectorFuture::new(async move {
            sleep(LATENCY / 2).await;
            let answer = near.call(request).await;
            sleep(LATENCY / 2).await;
            answer
        })
    }
}

/// The embedded service, far away.
fn far(emulator: &Emulator) -> SharedHttpClient {
    let near = emulator.http_client();
    http_client_fn(move |settings, components| {
        SharedHttpConnector::new(Far(near.http_connector(settings, components)))
    })
}

/// A processor, there and in the files.
#[derive(Clone)]
struct Camera {
    name: String,
    live: Option<Made>,
    file: Option<Made>,
}

/// What a processor is made of.
#[derive(Clone)]
struct Made {
    role: &'static str,
    video: String,
    team: &'static str,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Home { confidence: u8 },
    Face { runs: bool },
}

impl Made {
    fn toml(&self, name: &str) -> String {
        let Made { role, video, team, kind } = self;
        let mut text = format!(
            "[processor.{name}]\n\
             role_arn = \"arn:aws:iam::{ACCOUNT}:role/{role}\"\n\
             input.kinesis_video_stream.arn = \"{}\"\n\
             tags = {{ team = \"{team}\" }}\n",
            stream("kinesisvideo", video)
        );
        match kind {
            Kind::Home { confidence } => write!(
                text,
                "output.s3_destination.bucket = \"doorbells\"\n\
                 notification_channel.sns_topic_arn = \"arn:aws:sns:{REGION}:{ACCOUNT}:bells\"\n\
                 settings.connected_home = {{ labels = [\"PERSON\"], min_confidence = {confidence} }}\n"
            ),
            Kind::Face { runs } => write!(
                text,
                "output.kinesis_data_stream.arn = \"{}\"\n\
                 settings.face_search.collection_id = \"staff\"\n\
                 desired_status = \"{}\"\n",
                stream("kinesis", name),
                if *runs { "running" } else { "stopped" }
            ),
        }
        .unwrap();
        text
    }

    fn wire(&self, name: &str) -> Value {
        let Made { role, video, team, kind } = self;
        let mut wire = json!({
            "Name": name,
            "StreamProcessorArn":
                format!("arn:aws:rekognition:{REGION}:{ACCOUNT}:streamprocessor/{name}"),
            "RoleArn": format!("arn:aws:iam::{ACCOUNT}:role/{role}"),
            "Input": {"KinesisVideoStream": {"Arn": stream("kinesisvideo", video)}},
            "Status": "STOPPED",
            "Tags": {"team": team},
        });
        match kind {
            Kind::Home { confidence } => {
                wire["Output"] = json!({"S3Destination": {"Bucket": "doorbells"}});
                let topic = format!("arn:aws:sns:{REGION}:{ACCOUNT}:bells");
                wire["NotificationChannel"] = json!({"SNSTopicArn": topic});
                let home = json!({"Labels": ["PERSON"], "MinConfidence": confidence});
                wire["Settings"] = json!({"ConnectedHome": home});
            }
            Kind::Face { runs } => {
                let data = stream("kinesis", name);
                wire["Output"] = json!({"KinesisDataStream": {"Arn": data}});
                wire["Settings"] = json!({"FaceSearch": {"CollectionId": "staff"}});
                wire["Status"] = json!(if *runs { "RUNNING" } else { "STOPPED" });
            }
        }
        wire
    }
}

fn stream(service: &str, name: &str) -> String {
    match service {
        "kinesis" => format!("arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/AmazonRekognition{name}"),
        _ => format!("arn:aws:{service}:{REGION}:{ACCOUNT}:stream/{name}/1590000000000"),
    }
}

/// So many processors of one kind, of which each is changed alike.
fn cameras(prefix: &str, count: usize, kind: Kind, change: impl Fn(&mut Camera)) -> Vec<Camera> {
    let camera = |index| {
        let name = format!("{prefix}-{index:04}");
        let made = Made { role: "Streams", video: name.clone(), team: "north", kind: kind.clone() };
        let mut camera = Camera { name, live: Some(made.clone()), file: Some(made) };
        change(&mut camera);
        camera
    };
    (0..count).map(camera).collect()
}

const HOME: Kind = Kind::Home { confidence: 50 };
const FACE: Kind = Kind::Face { runs: true };

fn file(camera: &mut Camera) -> &mut Made {
    camera.file.as_mut().unwrap()
}

fn updated(camera: &mut Camera) {
    file(camera).kind = Kind::Home { confidence: 60 };
}

fn retagged(camera: &mut Camera) {
    file(camera).team = "south";
}

fn replaced(camera: &mut Camera) {
    file(camera).role = "Others";
}

fn created(camera: &mut Camera) {
    camera.live = None;
}

fn stopped(camera: &mut Camera) {
    file(camera).kind = Kind::Face { runs: false };
}

fn started(camera: &mut Camera) {
    camera.live.as_mut().unwrap().kind = Kind::Face { runs: false };
}

/// Lets every two exchange their streams.
fn exchanged(mut cameras: Vec<Camera>) -> Vec<Camera> {
    for pair in cameras.chunks_exact_mut(2) {
        let [one, other] = pair else { unreachable!() };
        std::mem::swap(&mut file(one).video, &mut file(other).video);
    }
    cameras
}

struct Fleet {
    project: Project,
    emulator: Emulator,
    connection: Connection,
    rate: Rate,
}

impl Fleet {
    async fn new(cameras: &[Camera], rate: Rate) -> Fleet {
        let mut toml = format!(
            "[stack]\nname = \"paced\"\naccount_id = \"{ACCOUNT}\"\nregion = \"{REGION}\"\n\
             ownership = \"none\"\n\
             [guard]\nmax_deletes = 10000\nmax_replacements = 10000\n"
        );
        for camera in cameras {
            toml.extend(camera.file.as_ref().map(|made| made.toml(&camera.name)));
        }
        let lives =
            cameras.iter().filter_map(|camera| Some(camera.live.as_ref()?.wire(&camera.name)));
        let snapshot = json!({
            "format_version": "1.0", "account_id": ACCOUNT, "region": REGION, "complete": true,
            "processors": lives.collect::<Vec<_>>(),
        });
        let options = remembering(Options::default());
        let state = State::from_snapshot(&snapshot, &options).unwrap();
        let emulator = Emulator::new(options, state);
        let settings = aws::Settings {
            region: REGION.to_owned(),
            profile: None,
            endpoint_url: None,
            rate_limit: RateLimit::Quota(rate),
            http_client: Some(far(&emulator)),
            log: None,
        };
        let connection = aws::connect(settings).await.unwrap();
        let project = Project::new(&[("rekon.toml".to_owned(), toml)]).unwrap();
        Fleet { project, emulator, connection, rate }
    }

    /// Plans and applies at once, as `rekon apply` does.
    async fn apply(&self) -> Applied {
        let began = Instant::now();
        let (reader, writer) = (self.connection.reader(), self.connection.writer());
        let live =
            live::read(&reader, self.project.desired(), &plan::Narrowing::default(), &|_| {})
                .await
                .unwrap();
        let Project { loaded, checked } = &self.project;
        let pace = Pace { share: self.rate.share(), ..Pace::default() };
        let options = plan::Options { pace, ..plan::Options::default() };
        let planned = plan::plan(
            self.project.desired(),
            &loaded.sources,
            &checked.diagnostics,
            &live,
            &options,
        );
        assert!(planned.refusals.is_empty(), "{:#?}", planned.refusals);
        let folder = tempfile::tempdir().unwrap();
        let (_stopper, stop) = apply::stopper();
        let options = apply::Options {
            identity: Identity { account_id: ACCOUNT.to_owned(), arn: String::new() },
            parallelism: apply::DEFAULT_PARALLELISM,
            settle_timeout: apply::DEFAULT_SETTLE_TIMEOUT,
            recovery: RecoveryRoot::Folder(folder.path().to_owned()),
            now: jiff::Timestamp::UNIX_EPOCH,
            service: None,
            reconnect: String::new(),
            known: Some(Known { live: &live, at: Instant::now() }),
        };
        let outcome =
            apply::apply(&planned, &reader, &writer, &options, &|_| {}, stop).await.unwrap();
        assert!(outcome.processors.iter().all(|told| told.fate == Fate::Done), "{outcome:#?}");
        Applied { plan: planned, outcome, all: began.elapsed() }
    }

    /// From when a processor was stopped or deleted until it was there again, and ran.
    fn blindness(&self, name: &str) -> f64 {
        let journal = self.emulator.journal();
        let own = journal
            .iter()
            .filter(|call| call.took_effect && call.processor.as_deref() == Some(name));
        let times: Vec<_> =
            own.map(|call| (call.operation.name(), call.time.epoch_seconds())).collect();
        let is_one_of = |operations: [&'static str; 2]| {
            move |(operation, _): &&(&str, f64)| operations.contains(operation)
        };
        let from = is_one_of(["StopStreamProcessor", "DeleteStreamProcessor"]);
        let until = is_one_of(["CreateStreamProcessor", "StartStreamProcessor"]);
        let from = times.iter().find(from).unwrap();
        let until = times.iter().rfind(until).unwrap();
        let starting = match until.0 {
            "StartStreamProcessor" => Options::default().settle.starting.as_secs_f64(),
            _ => 0.0,
        };
        until.1 + starting - from.1
    }

    fn calls(&self, operation: &str) -> usize {
        self.emulator.journal().iter().filter(|call| call.operation.name() == operation).count()
    }
}

struct Applied {
    plan: Plan,
    outcome: Outcome,
    /// With the reading before the plan.
    all: Duration,
}

/// Applies in a world of its own.
fn apply(cameras: &[Camera], rate: Rate) -> (Fleet, Applied) {
    paused(async {
        let fleet = Fleet::new(cameras, rate).await;
        let applied = fleet.apply().await;
        (fleet, applied)
    })
}

#[test]
fn a_thousand_updates_cost_two_reads_each_and_the_time_of_the_quotas() {
    let (fleet, applied) = apply(&cameras("bell", 1000, HOME, updated), Rate::FULL);
    // To read them all, and then to write them all while reading again.
    let floor = 50.0 + 50.0;
    let seconds = applied.all.as_secs_f64();
    println!("{seconds:.2} s where the quotas allow {floor} s");
    assert!(seconds <= 1.05 * floor, "{seconds}");
    assert_eq!(fleet.calls("UpdateStreamProcessor"), 1000);
    assert_eq!(fleet.calls("DescribeStreamProcessor"), 2000);
    assert_eq!(fleet.calls("ListStreamProcessors"), 1);
    assert_eq!(fleet.calls("ListTagsForResource"), 0);
}

#[test]
fn what_is_slow_does_not_hold_up_what_is_not() {
    let mut all = cameras("a-face", 40, FACE, stopped);
    all.extend(cameras("bell", 400, HOME, updated));
    let (_, applied) = apply(&all, Rate::FULL);
    // Forty stops at one a second; the updates and their reads fit in between.
    let seconds = applied.outcome.elapsed.as_secs_f64();
    assert!(seconds <= 1.05 * 40.0, "{seconds}");
}

#[test]
fn a_plan_tells_how_long_it_takes() {
    let mut both = cameras("bell", 60, HOME, updated);
    both.extend(cameras("chime", 20, HOME, replaced));
    both.extend(cameras("door", 30, HOME, retagged));
    both.extend(cameras("face", 10, FACE, started));
    let fleets = [
        ("update", "100%", cameras("bell", 200, HOME, updated)),
        ("update slowly", "25%", cameras("bell", 60, HOME, updated)),
        ("tags", "100%", cameras("bell", 100, HOME, retagged)),
        ("create", "100%", cameras("bell", 90, HOME, created)),
        ("start", "100%", cameras("face", 10, FACE, started)),
        ("stop", "100%", cameras("face", 10, FACE, stopped)),
        ("replace one", "100%", cameras("bell", 1, HOME, replaced)),
        ("replace three", "100%", cameras("bell", 3, HOME, replaced)),
        ("replace 16", "100%", cameras("bell", 16, HOME, replaced)),
        ("replace 30", "100%", cameras("bell", 30, HOME, replaced)),
        ("replace 60", "100%", cameras("bell", 60, HOME, replaced)),
        ("replace three that run", "100%", cameras("face", 3, FACE, replaced)),
        ("replace ten that run", "100%", cameras("face", 10, FACE, replaced)),
        ("exchange", "100%", exchanged(cameras("bell", 20, HOME, |_| ()))),
        ("exchange what runs", "100%", exchanged(cameras("face", 6, FACE, |_| ()))),
        ("both", "100%", both),
    ];
    let mut wrong = String::new();
    for (name, rate, cameras) in fleets {
        let (fleet, Applied { plan, outcome, .. }) = apply(&cameras, rate.parse().unwrap());
        let (told, took) = (plan.summary.calls.seconds, outcome.elapsed.as_secs_f64());
        println!("{name}: {told:.1} s told, {took:.2} s taken: {:.2}", told / took);
        if (told - took).abs() > 0.2 * took + 0.1 {
            writeln!(wrong, "{name}: {told:.1} s told, {took:.2} s taken").unwrap();
        }
        for change in &plan.changes {
            let own = plan.calls.iter().filter(|call| call.processor == change.name);
            let own: Vec<_> = own.map(|call| call.operation).collect();
            let Some(told) = plan::blindness(&own) else { continue };
            let (camera, told, was) =
                (&change.name, told.as_secs_f64(), fleet.blindness(&change.name));
            if told > was {
                writeln!(wrong, "{name}: {camera} blind for {told:.2} s, and was {was:.2}")
                    .unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
