//! How long the local part of a plan takes and what it weighs, by fleet size.
//!
//! `cargo bench --bench fleet` measures each stage, all of them together, and the program as a whole process; each figure is
//! the median of several runs; `-- --import` measures the import alone. `cargo bench --bench fleet -- --write DIR N` writes a fleet of N processors to a folder
//! instead, of which one in ten differs from the snapshot beside it; with `every` behind it, all do, in several attributes.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};
use wait4::Wait4;

use rekon::{config, desired, live, plan, report};

/// How often each figure is taken.
const RUNS: usize = 7;
/// How many processors stand in one file.
const PER_FILE: usize = 100;

/// Which processors differ from what lives.
#[derive(Clone, Copy, PartialEq)]
enum Differs {
    /// Every tenth, each in the same single attribute.
    OneInTen,
    /// Every one, each in several attributes and to values of its own.
    Every,
}

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--write", folder, count, rest @ ..] => {
            let differs = if rest.contains(&"every") { Differs::Every } else { Differs::OneInTen };
            write(Path::new(folder), count.parse().expect("a number of processors"), differs);
        }
        ["--weigh", folder] => weigh(Path::new(folder)),
        ["--weigh-import", folder] => weigh_import(Path::new(folder)),
        ["--import"] | ["--import", "--bench"] => measure_import(),
        _ => {
            measure("one processor in ten differs, in one attribute", Differs::OneInTen);
            measure("every processor differs, in several attributes", Differs::Every);
            measure_import();
        }
    }
}

fn measure(title: &str, differs: Differs) {
    println!("{title}; times in ms");
    let [_, small, large] = [100, 1_000, 10_000].map(|count| {
        let figures = figures(count, differs);
        if count == 100 {
            line("processors", figures.iter().map(|(name, _)| (*name).to_owned()));
        }
        line(&count.to_string(), figures.iter().map(|(_, figure)| format!("{figure:.2}")));
        figures
    });
    let growth = small.iter().zip(&large).map(|((_, small), (_, large))| large / small);
    line("growth", growth.map(|growth| format!("{growth:.1}x")));
    println!();
}

/// What `rekon import` of a snapshot takes as a whole process, and checking what it wrote.
fn measure_import() {
    println!("import of a snapshot and validate of the result, as processes; times in ms");
    line(
        "processors",
        ["into one file", "peak, MB", "one file each", "peak, MB", "validate", "peak, MB"]
            .map(str::to_owned)
            .into_iter(),
    );
    for count in [1_000, 10_000] {
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), count, Differs::Every);
        let figures = weighed("--weigh-import", folder.path());
        line(&count.to_string(), figures.iter().map(|figure| format!("{figure:.2}")));
    }
}

/// Imports a fleet's snapshot, validates the result, and prints milliseconds and megabytes at the peak of each.
fn weigh_import(folder: &Path) {
    let (live, new) = (folder.join("live.json"), folder.join("imported"));
    let import = |split: &[&str]| {
        let _ = fs::remove_dir_all(&new);
        let mut command = Command::new(env!("CARGO_BIN_EXE_rekon"));
        command.arg("import").arg(&new).arg("--live").arg(&live).args(split);
        used(&mut command)
    };
    let validate = || used(Command::new(env!("CARGO_BIN_EXE_rekon")).arg("validate").arg(&new));
    let split: Vec<[f64; 3]> = (0..RUNS).map(|_| import(&["--split", "name"])).collect();
    let whole: Vec<[f64; 3]> = (0..RUNS).map(|_| import(&[])).collect();
    let checked: Vec<[f64; 3]> = (0..RUNS).map(|_| validate()).collect();
    for runs in [whole, split, checked] {
        for figure in [0, 2] {
            println!("{}", middle(runs.iter().map(|run| run[figure]).collect()));
        }
    }
}

/// Milliseconds, milliseconds of CPU time, and megabytes at the peak of a process that has to succeed.
fn used(command: &mut Command) -> [f64; 3] {
    let begun = Instant::now();
    let used = command.stdout(Stdio::null()).spawn().and_then(|mut run| run.wait4());
    let used = used.expect("the program");
    assert!(used.status.success());
    let cpu = used.rusage.utime + used.rusage.stime;
    [begun.elapsed().as_secs_f64() * 1e3, cpu.as_secs_f64() * 1e3, used.rusage.maxrss as f64 / 1e6]
}

fn line(title: &str, figures: impl Iterator<Item = String>) {
    println!("{title:>12}{}", figures.map(|figure| format!("{figure:>15}")).collect::<String>());
}

/// The figures of one fleet, by their names.
fn figures(count: usize, differs: Differs) -> Vec<(&'static str, f64)> {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    write(folder, count, differs);
    let snapshot = folder.join("live.json");
    let loaded = config::load(folder);
    let checked = desired::resolve(&loaded);
    let desired = checked.desired.as_ref().expect("a fleet without errors");
    let live = live::load(&snapshot).expect("a snapshot");
    let options = plan::Options::default();
    let make = || plan::plan(desired, &loaded.sources, &checked.diagnostics, &live, &options);
    let made = make();
    let (changed, attributes) = match differs {
        Differs::OneInTen => (count.div_ceil(10), 1),
        Differs::Every => (count, 3),
    };
    assert_eq!(made.summary.update, changed);
    assert!(made.changes.iter().all(|change| change.attributes.len() == attributes));

    let everything = || {
        let loaded = config::load(folder);
        let checked = desired::resolve(&loaded);
        let live = live::load(&snapshot).expect("a snapshot");
        let desired = checked.desired.as_ref().expect("a fleet without errors");
        let made = plan::plan(desired, &loaded.sources, &checked.diagnostics, &live, &options);
        drop(report::text::plan(&made, report::Settings::default()));
    };
    let mut figures = vec![
        ("load", time(|| drop(config::load(folder)))),
        ("check", time(|| drop(desired::resolve(&loaded)))),
        ("read snapshot", time(|| drop(live::load(&snapshot)))),
        ("diff and plan", time(|| drop(make()))),
        ("render text", time(|| drop(report::text::plan(&made, report::Settings::default())))),
        ("render json", time(|| drop(report::json::plan(&made)))),
        ("everything", time(everything)),
    ];
    let process = weighed("--weigh", folder);
    figures.extend(["process", "its CPU time", "its peak, MB"].into_iter().zip(process));
    figures
}

/// Milliseconds that something takes.
fn time(run: impl Fn()) -> f64 {
    median(|| {
        let begun = Instant::now();
        run();
        begun.elapsed().as_secs_f64() * 1000.0
    })
}

fn median(mut figure: impl FnMut() -> f64) -> f64 {
    middle((0..RUNS).map(|_| figure()).collect())
}

fn middle(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[RUNS / 2]
}

/// What [`weigh`] or [`weigh_import`] says, in a process of its own: the kernel counts what a parent holds at the start of a child as that
/// child's, and this one holds fleets.
fn weighed(what: &str, folder: &Path) -> Vec<f64> {
    let this = env::current_exe().expect("this program");
    let output = Command::new(this).arg(what).arg(folder).output().expect("a process");
    let text = String::from_utf8(output.stdout).expect("text");
    text.split_whitespace().map(|figure| figure.parse().expect("a figure")).collect()
}

/// Runs `rekon plan` with a fleet's snapshot, and prints milliseconds, milliseconds of CPU time, and megabytes at its peak.
fn weigh(folder: &Path) {
    let plan = || {
        let args = ["plan".as_ref(), folder, "--live".as_ref(), &folder.join("live.json")];
        used(Command::new(env!("CARGO_BIN_EXE_rekon")).args(args))
    };
    let runs: Vec<[f64; 3]> = (0..RUNS).map(|_| plan()).collect();
    for figure in 0..3 {
        println!("{}", middle(runs.iter().map(|run| run[figure]).collect()));
    }
}

/// Writes a project of `count` processors and the snapshot that it differs from.
fn write(folder: &Path, count: usize, differs: Differs) {
    fs::create_dir_all(folder.join("cameras")).expect("a folder");
    fs::write(folder.join("rekon.toml"), ROOT).expect("a file");
    let mut processors = Vec::with_capacity(count);
    for first in (0..count).step_by(PER_FILE) {
        let mut text = String::new();
        for index in first..(first + PER_FILE).min(count) {
            declare(&mut text, index, differs);
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
ownership = "none"
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

fn declare(text: &mut String, index: usize, differs: Differs) {
    let width = match differs {
        Differs::OneInTen if index.is_multiple_of(10) => 0.3,
        Differs::OneInTen | Differs::Every => 0.25,
    };
    write!(
        text,
        r#"[processor.camera-{index:05}]
extends = "porch-camera"
input.kinesis_video_stream.arn = "{}"
output.s3_destination.key_prefix = "camera-{index:05}/"
regions_of_interest = [
  {{ zone = "doorstep" }},
  {{ bounding_box = {{ left = 0.0, top = 0.0, width = {width}, height = 0.5 }} }},
]
"#,
        stream(index),
    )
    .expect("writing to a string cannot fail");
    let own = match differs {
        Differs::OneInTen => "data_sharing_preference.opt_in = false\n".to_owned(),
        Differs::Every => format!(
            "data_sharing_preference.opt_in = true\n\
             settings.connected_home.min_confidence = {}\n\
             tags.site = \"site-{index}\"\n",
            81 + index % 10
        ),
    };
    text.push_str(&own);
    text.push('\n');
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
