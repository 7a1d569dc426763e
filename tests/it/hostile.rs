//! Clients that are broken or mean, against the served emulator: each gets little, takes little, and is in nobody's way.
//!
//! Client and server share one thread, so that what both allocate at most is counted. A bound on time is there only to
//! fail rather than to hang; where a limit of the server itself is waited for, the clock is a paused one.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use rekon::emulator::{self, Emulator, Options, Settle, State};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

const MIB: u64 = 1 << 20;

fn emulator() -> Emulator {
    let options = Options { settle: Settle::all(Duration::ZERO), ..Options::default() };
    Emulator::new(options, State::new("111122223333", "us-east-1"))
}

/// Lets a client have a served emulator for a minute, within so many bytes of memory for both. Whatever the client did,
/// the next one is served.
fn within<T>(most: u64, client: impl AsyncFnOnce(SocketAddr, Emulator) -> T) -> T {
    let mut result = None;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let used = allocation_counter::measure(|| {
        result = Some(runtime.block_on(async {
            let emulator = emulator();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(emulator::serve(listener, emulator.clone(), std::future::pending()));
            let minute = Duration::from_secs(60);
            let result = tokio::time::timeout(minute, client(address, emulator.clone())).await;
            let served = tokio::time::timeout(minute, ask(address, "ListStreamProcessors", "{}"));
            assert!(served.await.unwrap().starts_with("HTTP/1.1 200 OK"));
            result.expect("an end within a minute")
        }));
    });
    assert!(used.bytes_max < most, "{} MiB were used", used.bytes_max / MIB);
    result.unwrap()
}

fn head(operation: &str) -> String {
    format!(
        "POST / HTTP/1.1\r\nhost: emulator\r\nx-amz-target: RekognitionService.{operation}\r\n\
         content-type: application/x-amz-json-1.1\r\n"
    )
}

fn request(operation: &str, body: &str) -> String {
    format!("{}content-length: {}\r\n\r\n{body}", head(operation), body.len())
}

async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

/// All that comes until the connection ends, however it does.
async fn rest(mut stream: TcpStream) -> String {
    let mut received = Vec::new();
    let _ = stream.read_to_end(&mut received).await;
    String::from_utf8_lossy(&received).into_owned()
}

/// The answer to a request on a connection of its own.
async fn ask(address: SocketAddr, operation: &str, body: &str) -> String {
    let mut stream = connect(address).await;
    let text = request(operation, body).replacen("host", "connection: close\r\nhost", 1);
    stream.write_all(text.as_bytes()).await.unwrap();
    rest(stream).await
}

/// Requests of two megabytes that are wrong in as many ways and places as there is room for.
fn wrong() -> [(&'static str, String); 8] {
    let long = "x".repeat(2_000_000);
    let nested = format!("{}{}", "[".repeat(9_000), "]".repeat(9_000));
    [
        ("CreateStreamProcessor", json!({ "Name": long }).to_string()),
        ("CreateStreamProcessor", json!({"Name": "a", "RoleArn": [[long.clone()]]}).to_string()),
        (
            "TagResource",
            json!({"ResourceArn": "a", "Tags": {long.clone(): long.len()}}).to_string(),
        ),
        (
            "UpdateStreamProcessor",
            json!({"Name": "", "ParametersToDelete": vec!["n".repeat(250); 8000]}).to_string(),
        ),
        ("UntagResource", json!({"ResourceArn": "", "TagKeys": vec!["#"; 9000]}).to_string()),
        ("DescribeStreamProcessor", format!(r#"{{"Name":"a","x":[{}0]}}"#, "{},".repeat(600_000))),
        ("DescribeStreamProcessor", format!(r#"{{"Name":{nested}}}"#)),
        ("DescribeStreamProcessor", long),
    ]
}

#[test]
fn a_large_wrong_request_gets_a_small_answer_and_leaves_little_behind() {
    let wrong = wrong();
    let taken: u64 = wrong.iter().map(|(_, body)| body.len() as u64).sum();
    let left = within(taken + 40 * MIB, async |address, emulator| {
        for _ in 0..5 {
            for (operation, body) in &wrong {
                let answer = ask(address, operation, body).await;
                assert!(answer.starts_with("HTTP/1.1 400"), "{operation}: {}", &answer[..200]);
                assert!(answer.len() < 20_000, "{operation}: {} bytes", answer.len());
            }
        }
        emulator.snapshot().to_string()
    });
    // The requests are in the trail, which is kept with the state.
    assert!(left.contains("originalSize"), "{left}");
    assert!(left.len() < 200_000, "{} bytes", left.len());
}

#[test]
fn a_body_without_end_is_refused() {
    for framing in ["content-length: 1000000000000", "transfer-encoding: chunked"] {
        let answer = within(40 * MIB, async |address, _| {
            let (mut answers, mut body) = connect(address).await.into_split();
            let head = format!("{}{framing}\r\n\r\n", head("ListStreamProcessors"));
            body.write_all(head.as_bytes()).await.unwrap();
            let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
            let endless =
                tokio::spawn(
                    async move { while body.write_all(chunk.as_bytes()).await.is_ok() {} },
                );
            let mut answer = vec![0; 1000];
            let read = answers.read(&mut answer).await.unwrap_or_default();
            endless.abort();
            String::from_utf8(answer[..read].to_vec()).unwrap()
        });
        assert!(answer.starts_with("HTTP/1.1 413"), "{framing}: {answer}");
    }
}

#[test]
fn many_large_bodies_at_once_wait_for_each_other() {
    let body = format!(r#"{{"Name": "{}"}}"#, "x".repeat(2_000_000));
    let sent = Bytes::from(request("DescribeStreamProcessor", &body));
    // Each may be there several times: as it comes, as it is read, and as it is judged.
    within(100 * MIB, async |address, _| {
        let mut clients = JoinSet::new();
        for _ in 0..60 {
            let sent = sent.clone();
            clients.spawn(async move {
                let mut stream = connect(address).await;
                stream.write_all(&sent).await.unwrap();
                let mut first = [0; 12];
                stream.read_exact(&mut first).await.unwrap();
                assert_eq!(&first, b"HTTP/1.1 400");
            });
        }
        while let Some(client) = clients.join_next().await {
            client.unwrap();
        }
    });
}

#[test]
fn a_head_without_end_is_refused() {
    for line in ["x-padding: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n", "x", "\r\n"] {
        within(10 * MIB, async |address, _| {
            let mut stream = connect(address).await;
            let begin = if line == "\r\n" { "" } else { "POST / HTTP/1.1\r\nx: " };
            let _ = stream.write_all(begin.as_bytes()).await;
            let lines = line.repeat(1000);
            for _ in 0..1000 {
                if stream.write_all(lines.as_bytes()).await.is_err() {
                    return;
                }
            }
            assert!(!rest(stream).await.starts_with("HTTP/1.1 2"));
        });
    }
}

#[test]
fn what_is_no_http_is_hung_up_on() {
    let two_lengths = format!("{}content-length: 2\r\ncontent-length: 3\r\n\r\n{{}}", head("X"));
    let both = format!("{}content-length: 2\r\ntransfer-encoding: gzip\r\n\r\n{{}}", head("X"));
    let chunk = format!("{}transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n", head("X"));
    let noise: Vec<u8> =
        (0..100_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for bytes in [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost\r\n\r\n",
        b"POST / HTTP/9.9\r\n\r\n",
        two_lengths.as_bytes(),
        both.as_bytes(),
        chunk.as_bytes(),
        &noise,
        &[0; 4096],
    ] {
        let answer = within(10 * MIB, async |address, _| {
            let mut stream = connect(address).await;
            let _ = stream.write_all(bytes).await;
            let _ = stream.shutdown().await;
            rest(stream).await
        });
        assert!(!answer.starts_with("HTTP/1.1 2"), "{:?}: {answer}", &bytes[..bytes.len().min(40)]);
    }
}

#[test]
fn who_asks_and_does_not_listen_is_not_heard_any_more() {
    within(20 * MIB, async |address, _| {
        let mut stream = connect(address).await;
        let many = request("ListTagsForResource", "{}").repeat(100);
        // The answers fill what there is of buffers, and then nothing is read.
        let flood = async {
            for _ in 0..10_000 {
                stream.write_all(many.as_bytes()).await.unwrap();
            }
        };
        assert!(tokio::time::timeout(Duration::from_secs(3), flood).await.is_err());
    });
}

#[test]
fn who_takes_too_long_is_hung_up_on() {
    let answers = within(20 * MIB, async |address, _| {
        let mut streams = Vec::new();
        for sent in [
            String::new(),
            "POST / HTT".to_owned(),
            format!("{}content-length: 10\r\n\r\nhalf", head("ListStreamProcessors")),
            // Answered, and then idle.
            request("ListStreamProcessors", "{}"),
        ] {
            let mut stream = connect(address).await;
            stream.write_all(sent.as_bytes()).await.unwrap();
            streams.push(stream);
        }
        // All has arrived before the clock is let go.
        ask(address, "ListStreamProcessors", "{}").await;
        tokio::time::pause();
        tokio::time::sleep(Duration::from_secs(59)).await;
        tokio::time::resume();
        let last = streams.pop().unwrap();
        let late = streams.pop().unwrap();
        drop(last);
        (rest(late).await, streams)
    });
    assert!(answers.0.starts_with("HTTP/1.1 408"), "{}", answers.0);
}

#[test]
fn many_that_say_nothing_are_in_nobodys_way() {
    within(40 * MIB, async |address, _| {
        let mut streams = Vec::new();
        for number in 0..300 {
            let mut stream = connect(address).await;
            let begun = request("ListStreamProcessors", "{}");
            stream.write_all(&begun.as_bytes()[..number % begun.len()]).await.unwrap();
            streams.push(stream);
        }
        assert!(ask(address, "ListStreamProcessors", "{}").await.starts_with("HTTP/1.1 200"));
    });
}

/// What a client may do with a processor, over and over, with whatever else it thinks of.
async fn live(emulator: &Emulator, round: usize) {
    let name = format!("camera-{}", round % 50);
    let arn = format!("arn:aws:rekognition:us-east-1:111122223333:streamprocessor/{name}");
    let stranger = format!("stranger-{round}");
    let video = format!("arn:aws:kinesisvideo:us-east-1:111122223333:stream/{name}/1");
    let create = json!({
        "Name": name,
        "Input": {"KinesisVideoStream": {"Arn": video}},
        "Output": {"S3Destination": {"Bucket": "doorbell-results"}},
        "RoleArn": "arn:aws:iam::111122223333:role/Streams",
        "Settings": {"ConnectedHome": {"Labels": ["PERSON"]}},
    });
    let start = json!({
        "Name": name,
        "StartSelector": {"KVSStreamStartSelector": {"ProducerTimestamp": 1}},
        "StopSelector": {"MaxDurationInSeconds": 1},
    });
    for (operation, body) in [
        ("RekognitionService.CreateStreamProcessor", create),
        ("RekognitionService.DescribeStreamProcessor", json!({ "Name": name })),
        ("RekognitionService.DescribeStreamProcessor", json!({ "Name": stranger })),
        ("RekognitionService.ListStreamProcessors", json!({})),
        (
            "RekognitionService.TagResource",
            json!({"ResourceArn": arn, "Tags": {"round": stranger}}),
        ),
        ("RekognitionService.ListTagsForResource", json!({ "ResourceArn": arn })),
        ("RekognitionService.UntagResource", json!({"ResourceArn": arn, "TagKeys": ["round"]})),
        (
            "RekognitionService.UpdateStreamProcessor",
            json!({"Name": name, "DataSharingPreferenceForUpdate": {"OptIn": true}}),
        ),
        ("RekognitionService.StartStreamProcessor", start),
        ("RekognitionService.StopStreamProcessor", json!({ "Name": name })),
        ("RekognitionService.DeleteStreamProcessor", json!({ "Name": name })),
        ("ResourceGroupsTaggingAPI_20170126.GetResources", json!({})),
        ("CloudTrail_20131101.LookupEvents", json!({"MaxResults": 1})),
        ("RekognitionService.Nonsense", json!({})),
    ] {
        call(emulator, operation, &body).await;
    }
}

async fn call(emulator: &Emulator, target: &str, body: &Value) {
    let request = Request::post("/")
        .header("x-amz-target", target)
        .header("content-type", "application/x-amz-json-1.1")
        .body(Bytes::from(body.to_string()))
        .unwrap();
    emulator.handle(request).await.unwrap();
}

#[test]
fn nothing_grows_from_call_to_call() {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    let emulator = emulator();
    let live = |rounds: std::ops::Range<usize>| {
        runtime.block_on(async {
            for round in rounds {
                live(&emulator, round).await;
                tokio::time::advance(Duration::from_secs(1)).await;
            }
        });
    };
    // Until what is remembered of calls is full.
    live(0..300);
    let grown = allocation_counter::measure(|| live(300..900)).bytes_current;
    assert!(grown < 20_000, "{grown} bytes more after 8,000 calls more");
}
