//! How long the local part of a plan takes, by fleet size.
//!
//! `cargo bench --bench fleet` measures each stage and all of them together.
//! `cargo bench --bench fleet -- --write DIR N` writes the fleet of N processors
//! to a folder instead, to time and weigh `rekon plan DIR --live DIR/live.json`
//! as a whole process.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use criterion::{BenchmarkId, Criterion, Throughput};
use serde_json::{Value, json};

use rekon::{config, desired, live, plan, report};

/// How many processors stand in one file.
const PER_FILE: usize = 100;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let Some(at) = args.iter().position(|arg| arg == "--write") {
        let count = args[at + 2].parse().expect("a number of processors");
        return write(Path::new(&args[at + 1]), count);
    }
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    for count in [100, 1_000, 10_000] {
        measure(&mut criterion, count);
    }
    criterion.final_summary();
}

fn measure(criterion: &mut Criterion, count: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), count);
    let snapshot = folder.path().join("live.json");
    let loaded = config::load(folder.path());
    let checked = desired::resolve(&loaded);
    let desired = checked.desired.as_ref().expect("a fleet without errors");
    let live = live::load(&snapshot).expect("a snapshot");
    let options = plan::Options::default();
    let make = || plan::plan(desired, &loaded.sources, &checked.diagnostics, &live, &options);
    let made = make();
    assert_eq!(made.summary.update, count.div_ceil(10), "one in ten processors differs");

    let mut group = criterion.benchmark_group("fleet");
    group.throughput(Throughput::Elements(count as u64));
    let mut stage = |name: &str, run: &mut dyn FnMut()| {
        group.bench_function(BenchmarkId::new(name, count), |bencher| bencher.iter(&mut *run));
    };
    stage("load", &mut || drop(config::load(folder.path())));
    stage("check", &mut || drop(desired::resolve(&loaded)));
    stage("read snapshot", &mut || drop(live::load(&snapshot)));
    stage("diff and plan", &mut || drop(make()));
    stage("render text", &mut || drop(report::text::plan(&made, report::Settings::default())));
    stage("render json", &mut || drop(report::json::plan(&made)));
    stage("everything", &mut || {
        let loaded = config::load(folder.path());
        let checked = desired::resolve(&loaded);
        let live = live::load(&snapshot).expect("a snapshot");
        let desired = checked.desired.as_ref().expect("a fleet without errors");
        let made = plan::plan(desired, &loaded.sources, &checked.diagnostics, &live, &options);
        drop(report::text::plan(&made, report::Settings::default()));
    });
    group.finish();
}

/// Writes a project of `count` processors of which one in ten differs from the
/// snapshot beside it.
fn write(folder: &Path, count: usize) {
    fs::create_dir_all(folder.join("cameras")).expect("a folder");
    fs::write(folder.join("rekon.toml"), ROOT).expect("a file");
    let mut processors = Vec::with_capacity(count);
    for first in (0..count).step_by(PER_FILE) {
        let mut text = String::new();
        for index in first..(first + PER_FILE).min(count) {
            declare(&mut text, index);
            processors.push(lives(index));
        }
        fs::write(folder.join(format!("cameras/{first:05}.toml")), text).expect("a file");
    }
    let snapshot = json!({
        "format_version": "1.0",
        "taken_at": "2026-01-01T00:00:00Z",
        "account_id": "111122223333",
        "region": "us-east-1",
        "complete": true,
        "processors": processors,
    });
    fs::write(folder.join("live.json"), snapshot.to_string()).expect("a file");
}

const ROOT: &str = r#"
[stack]
name = "fleet"
account_id = "111122223333"
region = "us-east-1"
include = ["cameras/*.toml"]

[defaults]
role_arn = "arn:aws:iam::111122223333:role/RekognitionStreams"
tags = { team = "home-security" }

[defaults.label_detection]
notification_channel.sns_topic_arn = "arn:aws:sns:us-east-1:111122223333:AmazonRekognitionDoorbells"
output.s3_destination.bucket = "doorbell-results"

[template.porch-camera]
settings.connected_home = { labels = ["PERSON", "PACKAGE"], min_confidence = 80 }

[zone.doorstep]
polygon = [[0.10, 0.55], [0.90, 0.55], [1.0, 1.0], [0.0, 1.0]]
"#;

fn declare(text: &mut String, index: usize) {
    let moved = if index.is_multiple_of(10) { 0.3 } else { 0.25 };
    write!(
        text,
        r#"[processor.camera-{index:05}]
extends = "porch-camera"
input.kinesis_video_stream.arn = "{}"
output.s3_destination.key_prefix = "camera-{index:05}/"
data_sharing_preference.opt_in = false
regions_of_interest = [
  {{ zone = "doorstep" }},
  {{ bounding_box = {{ left = 0.0, top = 0.0, width = {moved}, height = 0.5 }} }},
]

"#,
        stream(index)
    )
    .expect("writing to a string cannot fail");
}

fn stream(index: usize) -> String {
    format!("arn:aws:kinesisvideo:us-east-1:111122223333:stream/camera-{index:05}/1574421418636")
}

fn lives(index: usize) -> Value {
    let name = format!("camera-{index:05}");
    json!({
        "Name": name,
        "StreamProcessorArn":
            format!("arn:aws:rekognition:us-east-1:111122223333:streamprocessor/{name}"),
        "Status": "STOPPED",
        "CreationTimestamp": 1_741_079_564.318,
        "LastUpdateTimestamp": 1_741_079_564.318,
        "Input": {"KinesisVideoStream": {"Arn": stream(index)}},
        "Output": {"S3Destination": {
            "Bucket": "doorbell-results",
            "KeyPrefix": format!("{name}/"),
        }},
        "RoleArn": "arn:aws:iam::111122223333:role/RekognitionStreams",
        "Settings": {"ConnectedHome": {"Labels": ["PACKAGE", "PERSON"], "MinConfidence": 80.0}},
        "NotificationChannel": {
            "SNSTopicArn": "arn:aws:sns:us-east-1:111122223333:AmazonRekognitionDoorbells",
        },
        "RegionsOfInterest": [
            {"Polygon": [
                {"X": 0.1, "Y": 0.55}, {"X": 0.9, "Y": 0.55},
                {"X": 1.0, "Y": 1.0}, {"X": 0.0, "Y": 1.0},
            ]},
            {"BoundingBox": {"Left": 0.0, "Top": 0.0, "Width": 0.25, "Height": 0.5}},
        ],
        "Tags": {"team": "home-security"},
    })
}
