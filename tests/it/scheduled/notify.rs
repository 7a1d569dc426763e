//! Who is told, of what, and when.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{console, processor};
use crate::support::{Run, copy_of, rekon, run};

/// Answers everybody with this status line, and keeps what they posted.
fn listener(answer: &'static str) -> (String, Arc<Mutex<Vec<Value>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/T0SECRET", listener.local_addr().unwrap());
    let posted: Arc<Mutex<Vec<Value>>> = Arc::default();
    let keeping = posted.clone();
    // It serves as long as the tests run.
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut bytes = Vec::new();
            let mut chunk = [0; 4096];
            let body = loop {
                let length = stream.read(&mut chunk).unwrap_or(0);
                bytes.extend_from_slice(&chunk[..length]);
                let text = String::from_utf8_lossy(&bytes);
                let body = text.split_once("\r\n\r\n").map(|(_, body)| body);
                match body.and_then(|body| serde_json::from_str(body).ok()) {
                    None if length > 0 => {}
                    body => break body,
                }
            };
            keeping.lock().unwrap().extend::<Option<Value>>(body);
            let head =
                format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(head.as_bytes());
        }
    });
    (url, posted)
}

#[test]
fn a_post_is_made_when_what_is_found_has_changed_and_only_then() {
    let (url, posted) = listener("200 OK");
    let (_folder, dir) = copy_of("doorbells");
    let since = format!("{dir}/seen.json");
    let args =
        ["drift", &dir, "--emulator", "--since", &since, "--notify", &url, "--format", "json"];
    let posts = |run: Run| {
        assert_eq!(run.code, 2, "{}", run.stderr);
        let mut posts = std::mem::take(&mut *posted.lock().unwrap());
        let last = posts.pop();
        assert!(posts.is_empty());
        if let Some(last) = &last {
            assert_eq!(*last, serde_json::from_str::<Value>(&run.stdout).unwrap());
        }
        last
    };
    assert_eq!(posts(run(&args)).unwrap()["since"]["new"], 5);
    assert_eq!(posts(run(&args)), None, "nothing has changed");
    let garden = |value: u32| {
        console(&dir, |processors| {
            let garden = processor(processors, "garden");
            garden["Settings"]["ConnectedHome"]["MinConfidence"] = json!(value);
        });
    };
    garden(42);
    assert_eq!(posts(run(&args)).unwrap()["since"]["new"], 1);
    garden(43);
    assert_eq!(posts(run(&args)).unwrap()["since"]["altered"], 1);
    garden(65);
    let resolved = posts(run(&args)).unwrap();
    assert_eq!(resolved["since"]["resolved"][0]["name"], "garden");
    assert_eq!(posts(run(&args)), None);
    // What could not be read may have changed or not.
    console(&dir, |processors| processor(processors, "garden")["RoleArn"] = Value::Null);
    let live = format!("{dir}/live.json");
    let cut = run(&["drift", &dir, "--live", &live, "--since", &since, "--notify", &url]);
    assert_eq!((cut.code, posted.lock().unwrap().len()), (6, 0));
}

#[test]
fn slack_gets_a_message_within_its_bounds_in_which_nobody_is_mentioned() {
    let (url, posted) = listener("200 OK");
    let (_folder, dir) = copy_of("doorbells");
    let mean = format!("<!channel> `<http://evil.example|here>` & {}", "x".repeat(5000));
    console(&dir, |processors| {
        let like = processor(processors, "legacy-cam").clone();
        for number in 0..100 {
            let mut one = like.clone();
            let name = format!("cam-{number}");
            one["StreamProcessorArn"] =
                json!(format!("arn:aws:rekognition:us-east-1:111122223333:streamprocessor/{name}"));
            one["Name"] = json!(name);
            processors.as_array_mut().unwrap().push(one);
        }
        for name in ["garden", "garage"] {
            let one = processor(processors, name);
            (one["Status"], one["StatusMessage"]) = (json!("FAILED"), json!(mean));
        }
    });
    let (live, since) = (format!("{dir}/live.json"), format!("{dir}/seen.json"));
    let mut command = rekon(&["drift", &dir, "--live", &live, "--since", &since, "--undeclared"]);
    command.args(["--notify-format", "slack"]).env("REKON_NOTIFY_URL", &url);
    let run: Run = command.output().unwrap().into();
    assert_eq!((run.code, run.stderr.contains("SECRET")), (2, false), "{}", run.stderr);
    let message = posted.lock().unwrap().pop().unwrap();
    let text = message["text"].as_str().unwrap();
    assert!(
        text.starts_with("rekon, doorbells (111122223333, us-east-1): Drift: 1 changed"),
        "{text}"
    );
    let blocks = message["blocks"].as_array().unwrap();
    assert!((2..=50).contains(&blocks.len()));
    for block in blocks {
        assert_eq!(
            (&block["text"]["type"], &block["text"]["verbatim"]),
            (&json!("mrkdwn"), &json!(true))
        );
        let text = block["text"]["text"].as_str().unwrap();
        assert!(text.chars().count() <= 3000 && !text.is_empty(), "{text}");
        assert!(!text.contains(['<', '>']), "{text}");
        assert_eq!(text.matches('`').count() % 2, 0, "{text}");
    }
    assert!(message.to_string().contains("`&lt;!channel&gt; '&lt;http"), "{message:#}");
    assert!(message.to_string().contains("and 91 more undeclared"), "{message:#}");
}

#[test]
fn who_could_not_be_told_hears_of_it_the_next_time_and_no_secret_is_printed() {
    let (_folder, dir) = copy_of("doorbells");
    let since = format!("{dir}/seen.json");
    let (broken, _) = listener("500 Internal Server Error");
    let args = |url| ["drift", &dir, "--emulator", "--since", &since, "--notify", url];
    let found = run(&args(&broken));
    assert_eq!(found.code, 2, "{}", found.stderr);
    assert!(found.stdout.contains("front-door"));
    assert!(
        found.stderr.contains("could not be told what was found: it answers 500"),
        "{}",
        found.stderr
    );
    assert!(!found.stderr.contains("SECRET"), "{}", found.stderr);
    assert!(!Path::new(&since).exists());
    // What was found is no failure by itself, and so this is.
    let refused =
        run(&[&args("http://127.0.0.1:1/T0SECRET")[..], &["--fail-on", "failed"]].concat());
    assert_eq!(refused.code, 1, "{}", refused.stderr);
    assert!(!refused.stderr.contains("SECRET"), "{}", refused.stderr);
    let (url, posted) = listener("200 OK");
    assert_eq!(run(&args(&url)).code, 2);
    assert_eq!(posted.lock().unwrap()[0]["since"]["new"], 5);
}

#[test]
fn whoever_never_answers_is_given_up_soon() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/T0SECRET", listener.local_addr().unwrap());
    let (_folder, dir) = copy_of("doorbells");
    let since = format!("{dir}/seen.json");
    let began = Instant::now();
    let found = run(&["drift", &dir, "--emulator", "--since", &since, "--notify", &url]);
    assert_eq!(found.code, 2);
    assert!(found.stderr.contains("no answer within 5 s"), "{}", found.stderr);
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_is_read() {
    let (_folder, dir) = copy_of("doorbells");
    let refused = |more: &[&str], said: &str| {
        let run = run(&[&["drift", &dir, "--emulator"], more].concat());
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{more:?}");
        assert!(run.stderr.contains(said) && !run.stderr.contains("SECRET"), "{}", run.stderr);
    };
    let since = format!("{dir}/seen.json");
    refused(&["--notify", "http://127.0.0.1:1/T0SECRET"], "--since FILE");
    for url in ["T0SECRET", "ftp://a/T0SECRET", "http://me:T0SECRET@127.0.0.1:1/"] {
        refused(&["--since", &since, "--notify", url], "nobody can be told at the URL of --notify");
    }
    // An empty variable is none.
    let mut command = rekon(&["drift", &dir, "--emulator"]);
    let run: Run = command.env("REKON_NOTIFY_URL", "").output().unwrap().into();
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(fs::read_dir(&dir).unwrap().all(|entry| entry.unwrap().file_name() != "seen.json"));
}
