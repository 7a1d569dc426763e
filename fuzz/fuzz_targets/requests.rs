//! Requests to the emulator. The first byte chooses its options. What stands between two
//! bytes 0xFF behind it is a request: a line with method and path, headers, an empty line, and
//! the body.

#![no_main]

use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Method, Request, Response, Uri};
use libfuzzer_sys::fuzz_target;
use rekon::emulator::{Emulator, Options, Rates, Signatures, State};
use rekon::live;
use rekon_fuzz::assert_same;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

/// What an answer may weigh, beside what was sent.
const LARGEST_ANSWER: usize = 64 * 1024;

/// The members of a snapshot but for the time.
const KEPT: [&str; 4] = ["account_id", "region", "processors", "emulator"];

/// What the emulator starts from: a label detection and the face searches of an example.
static STATE: LazyLock<State> = LazyLock::new(|| {
    let mut snapshot = json(include_bytes!("../../examples/minimal/live.json"));
    let mut lobby = json(include_bytes!("../../examples/lobby/live.json"));
    let more = lobby["processors"].as_array_mut().expect("an example holds processors").drain(..);
    snapshot["processors"].as_array_mut().expect("an example holds processors").extend(more);
    State::from_snapshot(&snapshot, &Options::default()).expect("an example is a snapshot")
});

fuzz_target!(|data: &[u8]| {
    let Some((choice, requests)) = data.split_first() else { return };
    let options = options(*choice);
    let requests = requests.split(|byte| *byte == 0xff).filter_map(request);
    runtime().block_on(answered(&options, requests));
});

fn options(choice: u8) -> Options {
    let mut options = Options::default();
    match choice % 4 {
        0 => {}
        1 => options.signatures = Signatures::Required,
        2 => {
            options.rates = Rates::published();
            options.lag = "created=1s,tags=1s,deleted=1s,trail=1s".parse().expect("a lag");
            options.limits = "processors=12,face-searches=2,tags=3,page=2".parse().expect("limits");
        }
        _ => {
            for fault in ["Create:2=truncate", "Update:1=reset-before", "*:3=throttle"] {
                options.faults.scripted.push(fault.parse().expect("a fault"));
            }
        }
    }
    options
}

/// A request in the form that the target's documentation says; `None` if no client can send it.
fn request(bytes: &[u8]) -> Option<Request<Bytes>> {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap_or(bytes.len());
    let (head, body) = bytes.split_at(end);
    let mut lines = head.split(|byte| *byte == b'\n');
    let mut words = lines.next()?.split(|byte| *byte == b' ');
    let mut request = Request::new(Bytes::copy_from_slice(body.get(2..).unwrap_or_default()));
    *request.method_mut() = Method::from_bytes(words.next()?).ok()?;
    *request.uri_mut() = Uri::try_from(words.next()?).ok()?;
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
        request.headers_mut().append(name, value);
    }
    Some(request)
}

/// A clock that moves when everybody waits for it.
fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime")
}

async fn answered(options: &Options, requests: impl Iterator<Item = Request<Bytes>>) {
    let emulator = Emulator::new(options.clone(), STATE.clone());
    let fresh = emulator.snapshot();
    let mut sent = 0;
    for request in requests {
        let before = emulator.snapshot();
        sent += request.body().len();
        sent += request.headers().values().map(HeaderValue::len).sum::<usize>();
        if let Ok(answer) = emulator.handle(request).await {
            assert_answer(&answer.response, sent);
            if answer.response.status().as_u16() >= 400 {
                assert_same(&emulator.snapshot()["processors"], &before["processors"]);
            }
        }
        tokio::time::advance(Duration::from_millis(150)).await;
    }
    let saved = emulator.snapshot();
    if KEPT.iter().all(|member| saved[member] == fresh[member]) {
        return;
    }
    let state = State::from_snapshot(&saved, options).expect("it starts from what it saved");
    let resumed = Emulator::new(options.clone(), state).snapshot();
    for member in KEPT {
        assert_same(&resumed[member], &saved[member]);
    }
    live::parse(Path::new("state.json"), &saved.to_string()).expect("its state is a snapshot");
}

/// Asserts that an answer is JSON or XML as it says, of a size that what was sent explains.
fn assert_answer(response: &Response<Bytes>, sent: usize) {
    let status = response.status().as_u16();
    assert!(status == 200 || (400..600).contains(&status), "{status}");
    let body = response.body();
    assert!(body.len() <= LARGEST_ANSWER + 100 * sent, "{} bytes for {sent}", body.len());
    match response.headers()[CONTENT_TYPE].to_str() {
        Ok("text/xml") => {
            let text = std::str::from_utf8(body).expect("XML is text");
            let parsed = roxmltree::Document::parse(text);
            parsed.unwrap_or_else(|error| panic!("{error}: {text:?}"));
        }
        Ok("application/x-amz-json-1.1" | "application/json") => {
            let body = json(body);
            let code = body["__type"].as_str().unwrap_or_default();
            assert_eq!(status >= 400, !code.is_empty(), "{body}");
        }
        other => panic!("{other:?}"),
    }
}

fn json(text: &[u8]) -> Value {
    serde_json::from_slice(text).unwrap_or_else(|error| panic!("{error}"))
}
