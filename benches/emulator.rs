//! How many requests the embedded service answers, and how soon it is there.
//!
//! `cargo bench --bench emulator` prints a table; each figure is the median of several runs. The clients run on the same
//! machine as the service, and in the same process but for the start-up, so a figure is what a test suite gets rather than
//! what the service alone could give.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
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
        exchange(&mut stream, &request("CreateStreamProcessor", &create), &mut Vec::new()).await;
    });
    for connections in [1, 8, 64] {
        let rate = median(|| runtime.block_on(over_http(address, connections)));
        row(&format!("DescribeStreamProcessor, {connections} connections"), rate, "/s");
    }
}

fn row(name: &str, figure: f64, unit: &str) {
    println!("  {name:<48} {figure:>10.1} {unit}");
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
    let mut child = Command::new(env!("CARGO_BIN_EXE_rekon"))
        .args(["emulator", "--listen", "127.0.0.1:0", "--state"])
        .arg(state)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary");
    let mut line = String::new();
    let talk = child.stderr.take().expect("what it says");
    BufReader::new(talk).read_line(&mut line).expect("a line");
    assert!(line.starts_with("listening on "), "{line}");
    let elapsed = begun.elapsed();
    child.kill().expect("a child to end");
    child.wait().expect("its end");
    elapsed
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
    let request = request("DescribeStreamProcessor", &json!({"Name": "camera-0"}));
    let begun = Instant::now();
    let clients = (0..connections).map(|_| {
        let request = request.clone();
        tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await.expect("a connection");
            stream.set_nodelay(true).expect("a socket");
            let (mut answered, mut buffer) = (0_u32, Vec::new());
            while begun.elapsed() < RUN {
                exchange(&mut stream, &request, &mut buffer).await;
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

fn request(operation: &str, body: &Value) -> Bytes {
    let body = body.to_string();
    Bytes::from(format!(
        "POST / HTTP/1.1\r\nhost: emulator\r\nx-amz-target: RekognitionService.{operation}\r\n\
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
        assert!(head.starts_with("HTTP/1.1 200"), "{text}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if length.and_then(|length| length.parse().ok()) == Some(body.len()) {
            return;
        }
    }
}
