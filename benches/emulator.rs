//! How many requests the embedded service answers, and how soon it is there.
//!
//! `cargo bench --bench emulator` prints a table; each figure is the median of several runs. The clients run on the same
//! machine as the service, and in the same process but for the start-up, so a figure is what a test suite gets rather than
//! what the service alone could give. Beside it stands what a server gives that does nothing but answer.
//!
//! `cargo bench --bench emulator -- --soak 1000000` makes so many calls of every kind to one `rekon emulator`, and tells how
//! much memory that takes on the way.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rekon::emulator::{self, Emulator, Limits, Options, State};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How often each figure is taken.
const RUNS: usize = 7;
/// How long each run of requests takes.
const RUN: Duration = Duration::from_millis(700);
const FLEET: usize = 10_000;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(soak) = arguments.iter().position(|argument| argument == "--soak") {
        let calls = arguments.get(soak + 1).and_then(|calls| calls.parse().ok());
        return runtime.block_on(soak_for(calls.expect("--soak and the number of calls")));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (fleet, empty) = (folder.path().join("fleet.json"), folder.path().join("empty.json"));
    fs::write(&fleet, snapshot(FLEET).to_string()).expect("a fleet");
    fs::write(&empty, snapshot(0).to_string()).expect("an empty account");

    println!("start-up of `rekon emulator`, until it listens");
    for (name, path) in [("no processors", &empty), ("10,000 processors", &fleet)] {
        row(name, median(|| start(path).as_secs_f64() * 1000.0), "ms");
    }
    let open = || Emulator::open(free(), Some(&fleet), None).expect("a fleet");
    let opened = || {
        let begun = Instant::now();
        drop(open());
        begun.elapsed().as_secs_f64() * 1000.0
    };
    row("10,000 processors, in process", median(opened), "ms");

    println!("\nin process, one call after another, 10,000 processors");
    let emulator = open();
    for (name, operation, body) in [
        ("DescribeStreamProcessor", "DescribeStreamProcessor", json!({"Name": "camera-5000"})),
        ("ListStreamProcessors, a page of 1000", "ListStreamProcessors", json!({})),
        ("UpdateStreamProcessor, nothing kept", "UpdateStreamProcessor", update()),
    ] {
        row(name, median(|| runtime.block_on(in_process(&emulator, operation, &body))), "/s");
    }
    for (name, count) in [("100", 100), ("10,000", FLEET)] {
        let store = folder.path().join(format!("store-{count}.json"));
        fs::write(&store, snapshot(count).to_string()).expect("a state");
        let kept = Emulator::open(free(), None, Some(&store)).expect("a state");
        let rate =
            median(|| runtime.block_on(in_process(&kept, "UpdateStreamProcessor", &update())));
        row(&format!("UpdateStreamProcessor, kept in a file of {name}"), rate, "/s");
    }

    println!("\nover HTTP, connections kept alive");
    let address = serve(&runtime, Emulator::new(free(), State::new("111122223333", "us-east-1")));
    let create = processor(0);
    runtime.block_on(async {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        let create = request("RekognitionService.CreateStreamProcessor", &create);
        exchange(&mut stream, &create, &mut Vec::new()).await;
    });
    let bare = bare(&runtime, address);
    for connections in [1, 8, 64] {
        // In turn, so that what else the machine does meets both.
        let mut both: Vec<[f64; 2]> = (0..RUNS)
            .map(|_| [address, bare].map(|at| runtime.block_on(over_http(at, connections))))
            .collect();
        for (position, name) in ["DescribeStreamProcessor", "a bare server"].iter().enumerate() {
            both.sort_by(|one, other| one[position].total_cmp(&other[position]));
            let rate = both[RUNS / 2][position];
            row(&format!("{name}, {connections} connections"), rate, "/s");
        }
        both.sort_by(|one, other| (one[0] / one[1]).total_cmp(&(other[0] / other[1])));
        let [ours, bare] = both[RUNS / 2];
        row("    the one in terms of the other", ours / bare * 100.0, "%");
    }
}

fn row(name: &str, figure: f64, unit: &str) {
    println!("  {name:<48} {figure:>10.2} {unit}");
}

fn median(mut measure: impl FnMut() -> f64) -> f64 {
    let mut figures: Vec<f64> = (0..RUNS).map(|_| measure()).collect();
    figures.sort_by(f64::total_cmp);
    figures[RUNS / 2]
}

/// No quota in the way, and nothing that takes time by itself.
fn free() -> Options {
    Options {
        settle: emulator::Settle::all(Duration::ZERO),
        limits: Limits { processors: 2 * FLEET, ..Limits::default() },
        ..Options::default()
    }
}

fn snapshot(count: usize) -> Value {
    let processors: Vec<Value> = (0..count).map(processor).collect();
    json!({"format_version": "1.0", "account_id": "111122223333", "region": "us-east-1", "processors": processors})
}

fn processor(number: usize) -> Value {
    json!({
        "Name": format!("camera-{number}"),
        "Input": {"KinesisVideoStream": {
            "Arn": format!("arn:aws:kinesisvideo:us-east-1:111122223333:stream/camera-{number}/1574421418636")
        }},
        "Output": {"S3Destination": {"Bucket": "doorbell-results", "KeyPrefix": format!("camera-{number}/")}},
        "RoleArn": "arn:aws:iam::111122223333:role/RekognitionStreams",
        "NotificationChannel": {"SNSTopicArn": "arn:aws:sns:us-east-1:111122223333:AmazonRekognitionDoorbells"},
        "Settings": {"ConnectedHome": {"Labels": ["PERSON", "PACKAGE"], "MinConfidence": 80.1}},
        "RegionsOfInterest": [
            {"BoundingBox": {"Left": 0.1, "Top": 0.2, "Width": 0.25, "Height": 0.5}},
            {"Polygon": [{"X": 0.1, "Y": 0.55}, {"X": 0.9, "Y": 0.55}, {"X": 1.0, "Y": 1.0}, {"X": 0.0, "Y": 1.0}]},
        ],
        "Tags": {"site": "north", "team": "home-security"},
    })
}

fn update() -> Value {
    json!({"Name": "camera-50", "DataSharingPreferenceForUpdate": {"OptIn": true}})
}

/// From the start of the process to the line that says where it listens.
fn start(state: &Path) -> Duration {
    let begun = Instant::now();
    let (mut child, _) = spawn(state);
    let elapsed = begun.elapsed();
    child.kill().expect("a child to end");
    child.wait().expect("its end");
    elapsed
}

/// The program, and where it listens.
fn spawn(state: &Path) -> (Child, SocketAddr) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_rekon"))
        .args(["emulator", "--listen", "127.0.0.1:0", "--quota", "off", "--settle", "0", "--state"])
        .arg(state)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary");
    let mut line = String::new();
    let talk = child.stderr.take().expect("what it says");
    BufReader::new(talk).read_line(&mut line).expect("a line");
    let address = line.strip_prefix("listening on http://").and_then(|rest| rest.split(' ').next());
    let address = address.and_then(|address| address.parse().ok());
    (child, address.unwrap_or_else(|| panic!("{line}")))
}

/// Makes so many calls of every kind over eight connections, and tells the memory of the service on the way.
async fn soak_for(calls: u64) {
    const CONNECTIONS: u64 = 8;
    let folder = tempfile::tempdir().expect("a folder");
    let (mut child, address) = spawn(&folder.path().join("state.json"));
    let mut clients: Vec<Soak> = Vec::new();
    for number in 0..CONNECTIONS {
        clients.push(Soak::new(address, number).await);
    }
    println!("resident memory of `rekon emulator --state` after calls of every kind");
    let (mut made, mut first) = (0, None);
    for goal in [1000, 10_000, 100_000, 1_000_000, 10_000_000].map(|goal: u64| goal.min(calls)) {
        let each = (goal - made) / CONNECTIONS;
        let under_way = clients.drain(..).map(|mut client| {
            tokio::spawn(async move {
                for _ in 0..each {
                    client.call().await;
                }
                client
            })
        });
        for client in under_way.collect::<Vec<_>>() {
            clients.push(client.await.expect("a client"));
        }
        made += each * CONNECTIONS;
        let memory = resident(child.id());
        let first = *first.get_or_insert(memory);
        row(&format!("{made} calls"), memory / 1024.0, "MiB");
        row("    in terms of the first", memory / first, "times");
        if goal == calls {
            break;
        }
    }
    child.kill().expect("a child to end");
    child.wait().expect("its end");
}

/// The resident memory of a process in KiB.
fn resident(process: u32) -> f64 {
    let told = Command::new("ps").args(["-o", "rss=", "-p", &process.to_string()]).output();
    let told = told.map(|told| String::from_utf8_lossy(&told.stdout).trim().parse().ok());
    let listed = || {
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.split_whitespace().next()?.parse().ok()
    };
    told.ok().flatten().or_else(listed).expect("the memory of a process")
}

/// A client that does whatever can be done, in turn.
struct Soak {
    stream: TcpStream,
    buffer: Vec<u8>,
    client: u64,
    made: u64,
}

impl Soak {
    async fn new(address: SocketAddr, client: u64) -> Soak {
        let stream = TcpStream::connect(address).await.expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        Soak { stream, buffer: Vec::new(), client, made: 0 }
    }

    async fn call(&mut self) {
        const KINDS: u64 = 13;
        let (kind, round) = (self.made % KINDS, self.made / KINDS);
        self.made += 1;
        let name = format!("camera-{}-{}", self.client, round % 20);
        let arn = format!("arn:aws:rekognition:us-east-1:111122223333:streamprocessor/{name}");
        let named = json!({ "Name": name });
        let (target, body) = match kind {
            0 => {
                let mut create = processor(0);
                create["Name"] = json!(name);
                create["Input"]["KinesisVideoStream"]["Arn"] =
                    json!(format!("arn:aws:kinesisvideo:us-east-1:111122223333:stream/{name}/1"));
                ("RekognitionService.CreateStreamProcessor", create)
            }
            1 => ("RekognitionService.DescribeStreamProcessor", named),
            // Names that nobody has asked for before.
            2 => {
                let stranger = format!("stranger-{}-{round}", self.client);
                ("RekognitionService.DescribeStreamProcessor", json!({ "Name": stranger }))
            }
            3 => ("RekognitionService.ListStreamProcessors", json!({})),
            4 => {
                let tags = json!({"round": round.to_string()});
                ("RekognitionService.TagResource", json!({"ResourceArn": arn, "Tags": tags}))
            }
            5 => ("RekognitionService.ListTagsForResource", json!({ "ResourceArn": arn })),
            6 => {
                let untag = json!({"ResourceArn": arn, "TagKeys": ["round"]});
                ("RekognitionService.UntagResource", untag)
            }
            7 => {
                let update =
                    json!({"Name": name, "DataSharingPreferenceForUpdate": {"OptIn": true}});
                ("RekognitionService.UpdateStreamProcessor", update)
            }
            8 => {
                let start = json!({
                    "Name": name,
                    "StartSelector": {"KVSStreamStartSelector": {"ProducerTimestamp": 1}},
                    "StopSelector": {"MaxDurationInSeconds": 1},
                });
                ("RekognitionService.StartStreamProcessor", start)
            }
            9 => ("RekognitionService.StopStreamProcessor", named),
            10 => ("ResourceGroupsTaggingAPI_20170126.GetResources", json!({})),
            11 => ("CloudTrail_20131101.LookupEvents", json!({"MaxResults": 1})),
            _ => ("RekognitionService.DeleteStreamProcessor", named),
        };
        let request = request(target, &body);
        exchange(&mut self.stream, &request, &mut self.buffer).await;
    }
}

/// A server that answers what another one answers, and does nothing else.
fn bare(runtime: &tokio::runtime::Runtime, like: SocketAddr) -> SocketAddr {
    runtime.block_on(async {
        let mut stream = TcpStream::connect(like).await.expect("a connection");
        let mut answer = Vec::new();
        let describe = describe();
        exchange(&mut stream, &describe, &mut answer).await;
        let text = String::from_utf8(answer).expect("text");
        let body = Bytes::from(text.split_once("\r\n\r\n").expect("an answer").1.to_owned());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).expect("a socket");
                let body = body.clone();
                let answer = service_fn(move |request: Request<Incoming>| {
                    let body = body.clone();
                    async move {
                        request.into_body().collect().await?;
                        Ok::<_, hyper::Error>(Response::new(Full::new(body)))
                    }
                });
                let connection = http1::Builder::new();
                tokio::spawn(connection.serve_connection(TokioIo::new(stream), answer));
            }
        });
        address
    })
}

fn describe() -> Bytes {
    request("RekognitionService.DescribeStreamProcessor", &json!({"Name": "camera-0"}))
}

/// Requests per second of one caller in this process.
async fn in_process(emulator: &Emulator, operation: &str, body: &Value) -> f64 {
    let body = Bytes::from(body.to_string());
    let target = format!("RekognitionService.{operation}");
    let begun = Instant::now();
    let mut answered = 0_u32;
    while begun.elapsed() < RUN {
        let request = Request::post("/")
            .header("x-amz-target", &target)
            .header("content-type", "application/x-amz-json-1.1")
            .body(body.clone())
            .expect("a request");
        let answer = emulator.handle(request).await.expect("an answer");
        assert_eq!(answer.response.status(), 200);
        answered += 1;
    }
    f64::from(answered) / begun.elapsed().as_secs_f64()
}

fn serve(runtime: &tokio::runtime::Runtime, emulator: Emulator) -> SocketAddr {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
    let address = listener.local_addr().expect("its address");
    runtime.spawn(emulator::serve(listener, emulator, std::future::pending()));
    address
}

/// Requests per second of several connections together.
async fn over_http(address: SocketAddr, connections: usize) -> f64 {
    let request = describe();
    let begun = Instant::now();
    let clients = (0..connections).map(|_| {
        let request = request.clone();
        tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await.expect("a connection");
            stream.set_nodelay(true).expect("a socket");
            let (mut answered, mut buffer) = (0_u32, Vec::new());
            while begun.elapsed() < RUN {
                exchange(&mut stream, &request, &mut buffer).await;
                assert!(buffer.starts_with(b"HTTP/1.1 200"));
                answered += 1;
            }
            answered
        })
    });
    let mut answered = 0;
    for client in clients.collect::<Vec<_>>() {
        answered += client.await.expect("a client");
    }
    f64::from(answered) / begun.elapsed().as_secs_f64()
}

fn request(target: &str, body: &Value) -> Bytes {
    let body = body.to_string();
    Bytes::from(format!(
        "POST / HTTP/1.1\r\nhost: emulator\r\nx-amz-target: {target}\r\n\
         content-type: application/x-amz-json-1.1\r\nauthorization: AWS4-HMAC-SHA256 \
         Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/rekognition/aws4_request, SignedHeaders=host, Signature=0\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    ))
}

/// Sends a request and reads the answer to its end.
async fn exchange(stream: &mut TcpStream, request: &[u8], buffer: &mut Vec<u8>) {
    stream.write_all(request).await.expect("a request that leaves");
    buffer.clear();
    loop {
        assert!(stream.read_buf(buffer).await.expect("an answer") > 0, "the answer breaks off");
        let text = String::from_utf8_lossy(buffer);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if length.and_then(|length| length.parse().ok()) == Some(body.len()) {
            return;
        }
    }
}
