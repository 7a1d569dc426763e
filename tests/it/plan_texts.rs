//! What plans look like: a table of plans, each on terminals of four widths.
//!
//! `tests/cases/plans/<name>.txt` holds what is shown. `REKON_UPDATE_CASES=1` writes
//! it anew, for review.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use rekon::plan::{Narrowing, Options, Plan, Undeclared};
use rekon::report::{self, Detail, Settings};
use rekon::{config, desired, live, plan};
use serde_json::{Value, json};

const WIDTHS: [usize; 4] = [60, 80, 120, 200];

/// A plan to look at.
struct Case {
    name: &'static str,
    detail: Detail,
    /// Below the stack and what all cameras share.
    files: String,
    live: Vec<Value>,
    limit: Option<usize>,
    undeclared: Undeclared,
}

impl Case {
    fn new(name: &'static str, files: String, live: Vec<Value>) -> Case {
        let (detail, undeclared) = (Detail::Normal, Undeclared::Told);
        Case { name, detail, files, live, limit: None, undeclared }
    }
}

#[test]
fn plans_read_well_on_every_terminal() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/plans");
    let update = std::env::var_os("REKON_UPDATE_CASES").is_some();
    let mut wrong = Vec::new();
    for case in cases() {
        let plan = planned(&case);
        let mut text = String::new();
        for width in WIDTHS {
            let settings = Settings {
                width: Some(width),
                detail: case.detail,
                color: false,
                ..Settings::default()
            };
            writeln!(text, "{:─<width$}", format!("─── {width} columns ")).unwrap();
            let shown = report::text::plan(&plan, settings);
            for line in shown.lines().filter(|line| !line.contains(" = ")) {
                assert!(line.chars().count() <= width, "{}, {width}: {line}", case.name);
            }
            text.push_str(&shown);
        }
        let path = folder.join(format!("{}.txt", case.name));
        if update {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &text).unwrap();
        }
        if fs::read_to_string(&path).unwrap_or_default() != text {
            wrong.push(format!("{}:\n{text}", case.name));
        }
    }
    assert!(wrong.is_empty(), "REKON_UPDATE_CASES=1 accepts this:\n{}", wrong.join("\n"));
}

#[test]
fn every_case_that_is_kept_is_shown() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/plans");
    let kept = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut kept: Vec<String> = kept.map(|name| name.into_string().unwrap()).collect();
    let mut shown = cases().map(|case| format!("{}.txt", case.name));
    kept.sort();
    shown.sort();
    assert_eq!(kept, shown.as_slice());
}

fn cases() -> [Case; 10] {
    let doors = |range: std::ops::Range<usize>| range.map(|number| format!("door-{number:03}"));
    let declared = |range| doors(range).map(|name| camera(&name, "")).collect::<String>();
    let there = |range| doors(range).map(|name| stands(&name)).collect::<Vec<_>>();
    [
        Case::new("nothing-to-do", declared(0..300), there(0..600)),
        Case::new("three-changes", three(), there(0..2)),
        Case {
            detail: Detail::Verbose,
            ..Case::new("three-changes-verbose", three(), there(0..2))
        },
        Case::new(
            "fifty-alike",
            declared(0..50),
            there(0..50).into_iter().map(|live| with(live, CONFIDENCE, json!(50))).collect(),
        ),
        Case::new(
            "fifty-that-differ",
            (0..50)
                .zip(doors(0..50))
                .map(|(number, name)| {
                    let confidence = 20 + number;
                    let line = format!("settings.connected_home.min_confidence = {confidence}\n");
                    camera(&name, &line)
                })
                .collect(),
            there(0..50),
        ),
        Case::new("six-hundred-mixed", mixed_files(), mixed_live()),
        Case { limit: Some(210), ..Case::new("cut", mixed_files(), mixed_live()) },
        Case {
            undeclared: Undeclared::Denied,
            ..Case::new(
                "refused",
                format!(
                    "{}{}",
                    camera("door-000", "lifecycle.prevent_destroy = true\n"),
                    declared(1..3)
                ),
                there(0..5)
                    .into_iter()
                    .map(|live| with(live, "/RoleArn", json!(role("Old"))))
                    .collect(),
            )
        },
        regions("regions", Detail::Normal),
        regions("regions-verbose", Detail::Verbose),
    ]
}

const CONFIDENCE: &str = "/Settings/ConnectedHome/MinConfidence";

/// One of each: an update, a replacement that the file does not spell out, a creation.
fn three() -> String {
    let update =
        "settings.connected_home.labels = [\"PACKAGE\", \"PERSON\"]\ntags.site = \"north\"\n";
    let replacement = "role_arn = \"arn:aws:iam::444455556666:role/Streams\"\n";
    camera("door-000", update) + &camera("door-001", replacement) + &camera("door-002", "")
}

/// 600 declared: 40 replaced alike, 200 created, 100 updated alike, five by themselves,
/// and the rest as it should be; seven more are undeclared.
fn mixed_files() -> String {
    let mut files = String::new();
    for number in 0..600 {
        let more = match number {
            240..245 => format!("tags.floor = \"{number}\"\n"),
            _ => String::new(),
        };
        files.push_str(&camera(&format!("door-{number:03}"), &more));
    }
    files
}

fn mixed_live() -> Vec<Value> {
    let mut live = Vec::new();
    for number in (0..40).chain(240..600) {
        let camera = stands(&format!("door-{number:03}"));
        live.push(match number {
            0..40 => with(camera, "/RoleArn", json!(role("Old"))),
            300..400 => with(camera, CONFIDENCE, json!(50)),
            _ => camera,
        });
    }
    live.extend((0..7).map(|number| stands(&format!("legacy-{number}"))));
    live
}

/// Every edit of regions, a camera each.
fn regions(name: &'static str, detail: Detail) -> Case {
    let porch = json!({"BoundingBox": {"Left": 0.1, "Top": 0.2, "Width": 0.3, "Height": 0.4}});
    let third =
        json!({"BoundingBox": {"Left": 0.333_333_34, "Top": 0, "Width": 0.25, "Height": 0.25}});
    let path = json!({"Polygon": [{"X": 0, "Y": 1}, {"X": 0.1, "Y": 0.55}, {"X": 0.9, "Y": 0.55}, {"X": 1, "Y": 1}]});
    let edits = [
        ("added", vec![&porch], "{ zone = \"porch\" }, { zone = \"path\" }"),
        ("box-to-polygon", vec![&third], "{ polygon = [[0.33, 0.0], [0.6, 0.0], [0.6, 0.26]] }"),
        (
            "moved",
            vec![&porch, &third],
            "{ zone = \"porch\" }, { bounding_box = { left = 0.4, top = 0, width = 0.25, height = 0.25 } }",
        ),
        (
            "point-moved",
            vec![&path],
            "{ polygon = [[0.0, 1.0], [0.1, 0.5], [0.9, 0.55], [1.0, 1.0]] }",
        ),
        ("removed", vec![&porch, &path, &third], "{ zone = \"path\" }"),
        ("reordered", vec![&path, &porch], "{ zone = \"porch\" }, { zone = \"path\" }"),
        (
            "to-regions",
            vec![],
            "{ zone = \"porch\" }, { bounding_box = { left = 0.333333334, top = 0, width = 0.25, height = 0.25 } }",
        ),
        ("to-whole-frame", vec![&porch, &third], ""),
        (
            "zone-to-box",
            vec![&porch],
            "{ bounding_box = { left = 0.1, top = 0.2, width = 0.3, height = 0.5 } }",
        ),
        ("zone-to-zone", vec![&porch], "{ zone = \"gate\" }"),
    ];
    let mut files =
        "[zone.porch]\nbounding_box = { left = 0.1, top = 0.2, width = 0.3, height = 0.4 }\n\
        [zone.gate]\nbounding_box = { left = 0.5, top = 0.5, width = 0.5, height = 0.5 }\n\
        [zone.path]\npolygon = [[0.0, 1.0], [0.1, 0.55], [0.9, 0.55], [1.0, 1.0]]\n"
            .to_owned();
    let mut live = Vec::new();
    for (name, before, after) in edits {
        let line = format!("regions_of_interest = [{after}]\n");
        files.push_str(&camera(name, if after.is_empty() { "" } else { &line }));
        live.push(with(stands(name), "/RegionsOfInterest", json!(before)));
    }
    // One that comes and one that is replaced show regions too.
    files.push_str(&camera("new", "regions_of_interest = [{ zone = \"gate\" }]\n"));
    files.push_str(&camera(
        "new-shape",
        "regions_of_interest = [{ polygon = [[0.2, 0.2], [0.8, 0.2], [0.5, 0.9]] }]\n",
    ));
    Case { detail, ..Case::new(name, files, live) }
}

const ACCOUNT: &str = "111122223333";

fn role(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

fn stream(name: &str) -> String {
    format!("arn:aws:kinesisvideo:us-east-1:{ACCOUNT}:stream/{name}/1574421418636")
}

/// A camera's table.
fn camera(name: &str, more: &str) -> String {
    format!(
        "[processor.{name}]\nextends = \"door\"\ninput.kinesis_video_stream.arn = \"{}\"\n\
         output.s3_destination.key_prefix = \"{name}/\"\n{more}",
        stream(name)
    )
}

/// A live camera as the files declare it.
fn stands(name: &str) -> Value {
    json!({
        "Name": name,
        "StreamProcessorArn":
            format!("arn:aws:rekognition:us-east-1:{ACCOUNT}:streamprocessor/{name}"),
        "Status": "STOPPED",
        "RoleArn": role("Streams"),
        "Input": {"KinesisVideoStream": {"Arn": stream(name)}},
        "Output": {"S3Destination": {"Bucket": "results", "KeyPrefix": format!("{name}/")}},
        "NotificationChannel": {
            "SNSTopicArn": format!("arn:aws:sns:us-east-1:{ACCOUNT}:AmazonRekognitionDoors"),
        },
        "Settings": {"ConnectedHome": {"Labels": ["PERSON", "PET"], "MinConfidence": 80}},
        "RegionsOfInterest": [],
        "Tags": {},
    })
}

fn with(mut live: Value, pointer: &str, value: Value) -> Value {
    *live.pointer_mut(pointer).unwrap() = value;
    live
}

fn planned(case: &Case) -> Plan {
    let folder = tempfile::tempdir().unwrap();
    let head = format!(
        "[stack]\nname = \"doors\"\naccount_id = \"{ACCOUNT}\"\nregion = \"us-east-1\"\n\
         ownership = \"none\"\n\
         [guard]\nmax_replacements = {}\n\
         [defaults]\nrole_arn = \"{}\"\n\
         [template.door]\n\
         notification_channel.sns_topic_arn = \"arn:aws:sns:us-east-1:{ACCOUNT}:AmazonRekognitionDoors\"\n\
         output.s3_destination.bucket = \"results\"\n\
         settings.connected_home = {{ labels = [\"PERSON\", \"PET\"], min_confidence = 80 }}\n",
        if case.name == "refused" { 0 } else { 100 },
        role("Streams"),
    );
    fs::write(folder.path().join("rekon.toml"), head + &case.files).unwrap();
    let snapshot = json!({
        "format_version": "1.0", "taken_at": "2026-11-20T08:00:00Z", "account_id": ACCOUNT,
        "region": "us-east-1", "complete": true, "processors": case.live,
    });
    let state = folder.path().join("live.json");
    fs::write(&state, snapshot.to_string()).unwrap();
    let loaded = config::load(folder.path());
    let checked = desired::resolve(&loaded);
    let desired = checked.desired.unwrap_or_else(|| panic!("{:?}", checked.diagnostics.first()));
    let narrowing = Narrowing::new(&desired, &[], &[], &[], case.limit).unwrap();
    let options = Options { narrowing, undeclared: case.undeclared, ..Options::default() };
    plan::plan(&desired, &loaded.sources, &[], &live::load(&state).unwrap(), &options)
}
