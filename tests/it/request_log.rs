//! The log of requests, as the real program writes it.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;

use rekon::emulator::{Emulator, Faults, Options};
use serde_json::Value;

use crate::support::{Run, copy_of, rekon, remembering, run};
use crate::world::served::{Served, Verdict};

/// What a line says, without the time, the milliseconds and the id.
fn gist(line: &str) -> String {
    let fields: Vec<&str> = line.split(' ').collect();
    let [at, operation, name, attempt, status, error, ms, id] = fields[..] else {
        panic!("eight fields: {line}");
    };
    assert!(at.ends_with('Z') && at.parse::<jiff::Timestamp>().is_ok(), "{line}");
    assert!(ms.strip_prefix("ms=").is_some_and(|ms| ms.parse::<u64>().is_ok()), "{line}");
    assert!(id.strip_prefix("id=").is_some_and(|id| id.len() > 8 || error != "error=-"), "{line}");
    [operation, name, attempt, status, error].join(" ")
}

fn output(command: &mut Command) -> Run {
    command.output().unwrap().into()
}

/// A served copy of an example, in which these things go wrong.
async fn served(example: &str, faults: &[&str]) -> (tempfile::TempDir, String, Served) {
    let (folder, dir) = copy_of(example);
    let scripted = faults.iter().map(|fault| fault.parse().unwrap()).collect();
    let faults = Faults { scripted, ..Faults::default() };
    let options = remembering(Options { faults, ..Options::default() });
    let state = Path::new(&dir).join("live.json");
    let emulator = Emulator::open(options, Some(&state), None).unwrap();
    (folder, dir, Served::new(emulator, |_| Verdict::Answer).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_attempt_has_a_line_and_no_line_a_secret() {
    let throttled = ["Describe:1x2=throttle", "Update:1=internal", "GetResources:1=deny"];
    let (folder, dir, served) = served("minimal", &throttled).await;
    let log = folder.path().join("requests.log");
    let mut command = served.rekon(&["apply", &dir, "--auto-approve", "--format", "json"]);
    let secrets = ["AKIDLOGGED", "wJalrXUtnFEMI", "FwoGZXIvYXdzEXAMPLETOKEN"];
    command
        .env("REKON_LOG", &log)
        .env("AWS_ACCESS_KEY_ID", secrets[0])
        .env("AWS_SECRET_ACCESS_KEY", secrets[1])
        .env("AWS_SESSION_TOKEN", secrets[2]);
    let run = output(&mut command);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let text = std::fs::read_to_string(&log).unwrap();
    for secret in secrets.iter().chain(&["Authorization", "Signature", "Credential"]) {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    let gists: Vec<String> = text.lines().map(gist).collect();
    assert_eq!(gists[0], "GetCallerIdentity - attempt=1 status=200 error=-");
    let of = |operation: &str| -> Vec<&str> {
        let of = gists.iter().filter_map(|gist| gist.strip_prefix(operation));
        of.map(str::trim_start).collect()
    };
    assert_eq!(
        of("DescribeStreamProcessor")[..3],
        [
            "front-door attempt=1 status=500 error=ThrottlingException",
            "front-door attempt=2 status=500 error=ThrottlingException",
            "front-door attempt=3 status=200 error=-",
        ]
    );
    assert_eq!(
        of("UpdateStreamProcessor"),
        [
            "front-door attempt=1 status=500 error=InternalServerError",
            "front-door attempt=2 status=200 error=-",
        ]
    );
    assert_eq!(of("ListStreamProcessors")[0], "- attempt=1 status=200 error=-");
    // As many lines as the service got requests.
    let served: usize = served.counts().values().sum();
    assert_eq!(gists.len(), served, "{text}");
}

/// Gives back all that was signed, wherever an answer may hold it.
fn echo(mut stream: TcpStream) {
    let mut head = String::new();
    let mut byte = [0];
    while !head.ends_with("\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) > 0 {
        head.push(char::from(byte[0]));
    }
    let of = |name: &str| {
        let value = head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        value.unwrap_or_default().to_owned()
    };
    let (id, token) = (of("authorization"), of("x-amz-security-token"));
    let body = serde_json::json!({"__type": token, "message": head}).to_string();
    let answer = format!(
        "HTTP/1.1 403 Forbidden\r\nx-amzn-requestid: {id}\r\ncontent-type: application/x-amz-json-1.1\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(answer.as_bytes());
}

#[test]
fn a_service_that_gives_back_what_was_signed_gets_none_of_it_into_the_log() {
    let (folder, dir) = copy_of("minimal");
    let log = folder.path().join("requests.log");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    // It serves as long as the tests run.
    std::thread::spawn(move || listener.incoming().flatten().for_each(echo));
    let secrets = ["AKIDLOGGED", "wJalrXUtnFEMI", "FwoGZXIvYXdz/EXAMPLE+TOKEN=="];
    let mut command = rekon(&["plan", &dir]);
    command
        .env("REKON_LOG", &log)
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("AWS_ACCESS_KEY_ID", secrets[0])
        .env("AWS_SECRET_ACCESS_KEY", secrets[1])
        .env("AWS_SESSION_TOKEN", secrets[2]);
    let run = output(&mut command);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let text = std::fs::read_to_string(&log).unwrap();
    let gists: Vec<String> = text.lines().map(gist).collect();
    assert!(gists[0].starts_with("GetCallerIdentity - attempt=1 status=403 error="), "{text}");
    for secret in secrets.iter().chain(&["Signature", "Credential", "AWS4"]) {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

#[test]
fn the_embedded_service_is_logged_as_the_real_one_and_lines_are_as_many_as_are_reported() {
    let (folder, dir) = copy_of("doorbells");
    let log = folder.path().join("requests.log");
    let log = log.to_str().unwrap();
    let args = ["apply", &dir, "--emulator", "--auto-approve", "--format", "json", "--log", log];
    let apply = run(&args);
    assert_eq!(apply.code, 0, "{}", apply.stderr);
    let outcome: Value = serde_json::from_str(&apply.stdout).unwrap();
    let calls = &outcome["summary"]["calls"];
    let count = |name: &str| calls[name].as_u64().unwrap();
    let text = std::fs::read_to_string(log).unwrap();
    let gists: Vec<String> = text.lines().map(gist).collect();
    let writes = |gist: &&String| {
        let reads = ["List", "Describe", "Get"];
        !reads.iter().any(|read| gist.starts_with(read)) && gist.contains(" attempt=1 ")
    };
    assert_eq!(gists.iter().filter(writes).count() as u64, count("made"), "{text}");
    assert!(gists.iter().any(|gist| gist.contains("attempt=2")), "{text}");
    // A second run goes on in the same file, and a plan of a snapshot sends nothing.
    let before = gists.len();
    assert_eq!(run(&["snapshot", &dir, "--emulator", "--log", log]).code, 0);
    let after = std::fs::read_to_string(log).unwrap().lines().count();
    assert!(after > before);
    let live = format!("{dir}/live.json");
    assert_eq!(run(&["plan", &dir, "--live", &live, "--log", log]).code, 0);
    assert_eq!(std::fs::read_to_string(log).unwrap().lines().count(), after);
}

#[test]
fn a_log_may_go_to_stderr_or_nowhere_and_one_that_cannot_be_opened_is_an_error() {
    let (_folder, dir) = copy_of("minimal");
    let plan = run(&["plan", &dir, "--emulator", "--quiet", "--log", "-"]);
    assert_eq!(plan.code, 0);
    let gists: Vec<String> = plan.stderr.lines().map(gist).collect();
    assert!(gists.iter().any(|gist| gist.starts_with("DescribeStreamProcessor front-door ")));
    let none = output(rekon(&["plan", &dir, "--emulator", "--quiet"]).env("REKON_LOG", ""));
    assert_eq!((none.code, none.stderr.as_str()), (0, ""));
    let refused = run(&["apply", &dir, "--emulator", "--auto-approve", "--log", &dir]);
    assert_eq!(refused.code, 1, "{}", refused.stderr);
    assert!(refused.stderr.contains(&format!("cannot open the log {dir}: ")), "{}", refused.stderr);
    assert!(!Path::new(&dir).join(".rekon").exists(), "nothing was begun");
}

/// A device that takes no byte.
#[cfg(target_os = "linux")]
#[test]
fn a_log_that_breaks_is_told_once_and_changes_nothing() {
    let (_folder, dir) = copy_of("minimal");
    let apply = run(&["apply", &dir, "--emulator", "--auto-approve", "--log", "/dev/full"]);
    assert_eq!(apply.code, 0, "{}", apply.stderr);
    assert_eq!(apply.stderr.matches("the log /dev/full ends here: ").count(), 1);
}
