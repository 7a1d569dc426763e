//! Metrics of a run, as Prometheus' textfile collector takes them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rekon::emulator::{Emulator, Faults, Options};
use serde_json::{Value, json};

use super::{console, processor};
use crate::support::{Run, copy_of, run};
use crate::world::served::{Served, Verdict};

/// The samples of a text, by name and what tells them apart from others of the stack. Each
/// is of a family that was described before.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let mut described = Vec::new();
    let mut samples = BTreeMap::new();
    let stack = "{stack=\"doorbells\",account_id=\"111122223333\",region=\"us-east-1\"";
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert_eq!(kind, "gauge");
            assert!(text.contains(&format!("# HELP {name} ")));
            described.push(name);
            continue;
        }
        if line.starts_with('#') {
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap();
        assert_eq!(described.last(), Some(&name));
        let own = format!("{{{labels}").replacen(stack, "", 1).replace(['}', ','], "");
        let name = name.strip_prefix("rekon_drift_").unwrap();
        let key = if own.is_empty() { name.to_owned() } else { format!("{name} {own}") };
        assert!(samples.insert(key, value.parse().unwrap()).is_none(), "twice: {line}");
    }
    samples
}

#[tokio::test(flavor = "multi_thread")]
async fn they_say_what_was_found_and_what_it_took() {
    let (_folder, dir) = copy_of("doorbells");
    console(&dir, |processors| processor(processors, "garden")["Status"] = json!("FAILED"));
    let scripted = vec!["Describe:1x2=throttle".parse().unwrap()];
    let options =
        Options { faults: Faults { scripted, ..Faults::default() }, ..Options::default() };
    let state = Path::new(&dir).join("live.json");
    let served =
        Served::new(Emulator::open(options, Some(&state), None).unwrap(), |_| Verdict::Answer)
            .await;
    let metrics = format!("{dir}/rekon.prom");
    let args = ["drift", &dir, "--metrics", &metrics, "--format", "json"];
    let run: Run = served.rekon(&args).output().unwrap().into();
    assert_eq!(run.code, 2, "{}", run.stderr);
    let found: Value = serde_json::from_str(&run.stdout).unwrap();
    let text = fs::read_to_string(&metrics).unwrap();
    let samples = samples(&text);
    for category in ["changed", "missing", "failed", "undeclared", "unknown", "pending"] {
        let sample = samples[&format!("findings category=\"{category}\"")];
        assert_eq!(json!(sample), json!(found["summary"][category].as_f64()), "{category}");
    }
    assert_eq!(samples["findings category=\"failed\""], 1.0);
    assert_eq!(samples["processors status=\"FAILED\""], 1.0);
    assert_eq!(samples["processors status=\"UPDATING\""], 0.0);
    assert_eq!((samples["complete"], samples["throttles"]), (1.0, 2.0));
    for (operation, times) in served.counts() {
        let sample = samples[&format!("calls operation=\"{operation}\"")];
        assert_eq!(sample, f64::from(u32::try_from(times).unwrap()), "{operation}");
    }
    assert!(samples["duration_seconds"] > 0.0, "{text}");
    let ago = jiff::Timestamp::now().as_second() - samples["last_run_timestamp_seconds"] as i64;
    assert!((0..60).contains(&ago), "{ago}");
}

#[test]
fn an_incomplete_look_says_so_and_a_look_at_a_file_calls_nothing() {
    let (_folder, dir) = copy_of("doorbells");
    console(&dir, |processors| processor(processors, "garden")["RoleArn"] = Value::Null);
    let (live, metrics) = (format!("{dir}/live.json"), format!("{dir}/rekon.prom"));
    fs::write(&metrics, "what was there before").unwrap();
    assert_eq!(run(&["drift", &dir, "--live", &live, "--metrics", &metrics]).code, 6);
    let samples = samples(&fs::read_to_string(&metrics).unwrap());
    assert_eq!(samples["complete"], 0.0);
    assert!(!samples.keys().any(|key| key.starts_with("calls")), "{samples:?}");
}

#[test]
fn what_cannot_be_written_hides_no_finding_and_is_no_success() {
    let (_folder, dir) = copy_of("doorbells");
    let args = ["drift", &dir, "--emulator", "--metrics", &dir];
    let found = run(&args);
    assert_eq!(found.code, 2);
    assert!(
        found.stdout.contains("front-door") && found.stderr.contains("cannot write the metrics")
    );
    assert_eq!(run(&[&args[..], &["--fail-on", "failed"]].concat()).code, 1);
    assert_eq!(run(&[&args[..4], &["/dev/null"], &["--fail-on", "failed"]].concat()).code, 1);
}
