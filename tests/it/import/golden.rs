//! What the files look like: golden texts in `tests/cases/import`, which
//! `REKON_UPDATE_CASES=1` writes anew, for review.

use std::path::{Path, PathBuf};

use rekon::import::{Composed, Inventory, Options, RunStates, Split};
use rekon::model::Live;
use serde_json::{Value, json};

use super::{added, anew, changes, joined, texts};
use crate::world::camera::{ACCOUNT, REGION};
use crate::world::stage::Project;

fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/import").join(name)
}

/// Holds what was composed against a case.
fn expect(name: &str, composed: &Composed) {
    let path = case(&format!("{name}.txt"));
    let found = texts(composed);
    if std::env::var_os("REKON_UPDATE_CASES").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expected, "REKON_UPDATE_CASES=1 writes {} anew", path.display());
}

fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}")
}

/// A label detection processor as the service describes it.
fn camera(name: &str) -> Value {
    json!({
        "Name": name,
        "StreamProcessorArn": arn("rekognition", &format!("streamprocessor/{name}")),
        "Status": "STOPPED",
        "Input": {"KinesisVideoStream": {"Arn": arn("kinesisvideo", &format!("stream/{name}/1574421418636"))}},
        "Output": {"S3Destination": {"Bucket": "doorbell-results", "KeyPrefix": format!("{name}/")}},
        "RoleArn": format!("arn:aws:iam::{ACCOUNT}:role/RekognitionStreams"),
        "Settings": {"ConnectedHome": {"Labels": ["PERSON", "PACKAGE"], "MinConfidence": 80.0}},
        "NotificationChannel": {"SNSTopicArn": arn("sns", "AmazonRekognitionDoorbells")},
        "DataSharingPreference": {"OptIn": false},
        "Tags": {"team": "home-security"},
    })
}

/// A face search processor as the service describes it.
fn lobby(name: &str) -> Value {
    json!({
        "Name": name,
        "StreamProcessorArn": arn("rekognition", &format!("streamprocessor/{name}")),
        "Status": "RUNNING",
        "Input": {"KinesisVideoStream": {"Arn": arn("kinesisvideo", &format!("stream/{name}/1590000000000"))}},
        "Output": {"KinesisDataStream": {"Arn": arn("kinesis", &format!("stream/AmazonRekognition-{name}"))}},
        "RoleArn": format!("arn:aws:iam::{ACCOUNT}:role/RekognitionFaces"),
        "Settings": {"FaceSearch": {"CollectionId": "staff", "FaceMatchThreshold": 92.5}},
        "Tags": {},
    })
}

/// A processor with some members otherwise, by JSON pointers.
fn with(mut processor: Value, members: &[(&str, Value)]) -> Value {
    for (pointer, value) in members {
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        let parent = processor.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        match value {
            Value::Null => drop(parent.remove(member)),
            value => drop(parent.insert(member.to_owned(), value.clone())),
        }
    }
    processor
}

fn live(processors: Vec<Value>) -> Live {
    let snapshot = json!({
        "format_version": "1.0", "account_id": ACCOUNT, "region": REGION, "complete": true,
        "processors": processors,
    });
    rekon::live::parse(Path::new("live.json"), &snapshot.to_string()).unwrap()
}

/// Composes a new project, whose plan is empty.
fn composed(live: &Live, options: &Options) -> Composed {
    let composed = anew(&live.clone().into(), options).unwrap();
    let declared: usize = composed.files.iter().map(|file| file.processors().count()).sum();
    assert_eq!(declared + composed.refused.len(), live.processors.len());
    changes(&joined(&[], &composed).unwrap().plan(live)).unwrap();
    composed
}

/// 588 doorbells that are alike, and a dozen that are not.
fn doorbells() -> Live {
    let mut processors: Vec<Value> =
        (0..588).map(|at| camera(&format!("doorbell-{at:03}"))).collect();
    for at in 0..6 {
        processors.push(with(
            camera(&format!("yard-{at}")),
            &[
                ("/Settings/ConnectedHome/Labels", json!(["PET", "PERSON"])),
                ("/Settings/ConnectedHome/MinConfidence", Value::Null),
                (
                    "/RegionsOfInterest",
                    json!([
                        {"BoundingBox": {"Left": 0.25, "Top": 0.4, "Width": 0.1, "Height": 0.6}},
                    ]),
                ),
                ("/Tags/site", json!("north")),
            ],
        ));
    }
    processors.extend((0..4).map(|at| lobby(&format!("lobby-{at}"))));
    processors.push(with(
        camera("garage"),
        &[
            ("/RoleArn", json!(format!("arn:aws:iam::{ACCOUNT}:role/Garage"))),
            ("/Tags", json!({})),
            ("/DataSharingPreference/OptIn", json!(true)),
        ],
    ));
    processors.push(with(
        camera("old.cam"),
        &[("/NotificationChannel", Value::Null), ("/Output/S3Destination/KeyPrefix", Value::Null)],
    ));
    live(processors)
}

#[test]
fn what_is_alike_takes_three_lines_each() {
    let live = doorbells();
    assert_eq!(live.processors.len(), 600);
    let composed = composed(&live, &Options::default());
    let text = &composed.files[0].text;
    let tables: Vec<Vec<&str>> = text
        .split("\n\n")
        .filter(|table| table.starts_with("[processor.doorbell-"))
        .map(|table| table.lines().collect())
        .collect();
    assert_eq!(tables.len(), 588);
    for table in tables {
        assert_eq!(table.len(), 3, "{table:#?}");
        assert!(table[1].starts_with("input.kinesis_video_stream.arn = "));
        assert!(table[2].starts_with("output.s3_destination.key_prefix = "));
    }
    // All but the doorbells, of which one stands for all.
    let rest: Vec<&str> = text
        .split("\n\n")
        .filter(|table| !table.starts_with("[processor.doorbell-") || table.contains("-000]"))
        .collect();
    let mut shown = composed.clone();
    shown.files[0].text = rest.join("\n\n");
    expect("alike", &shown);
}

fn mixed() -> Vec<Value> {
    let porch = |name: &str| {
        with(
            camera(name),
            &[
                ("/Settings/ConnectedHome/MinConfidence", json!(80.099_998_474_121_1)),
                (
                    "/RegionsOfInterest",
                    json!([{"Polygon": [
                        {"X": 0.1, "Y": 0.55}, {"X": 0.9, "Y": 0.55}, {"X": 1, "Y": 1}, {"X": 0, "Y": 1},
                    ]}]),
                ),
                ("/Tags/site", json!("north")),
            ],
        )
    };
    let yard = |name: &str, site: &str| {
        with(
            camera(name),
            &[
                ("/Settings/ConnectedHome", json!({"Labels": ["PET"], "MinConfidence": 50})),
                ("/KmsKeyId", json!("alias/yards")),
                ("/Tags/site", json!(site)),
            ],
        )
    };
    vec![
        porch("porch-1"),
        porch("porch-2"),
        porch("porch-3"),
        yard("yard-1", "north"),
        yard("yard-2", "south"),
        yard("yard-3", "South"),
        lobby("lobby"),
        with(
            lobby("gate"),
            &[
                ("/Status", json!("FAILED")),
                ("/StatusMessage", json!("Access denied to Role\n\u{1b}[31m")),
                (
                    "/Settings/FaceSearch",
                    json!({"CollectionId": "guests", "FaceMatchThreshold": 80}),
                ),
                ("/Novelty", json!(1)),
            ],
        ),
        with(lobby("lax"), &[("/Settings/FaceSearch/FaceMatchThreshold", json!(70))]),
    ]
}

#[test]
fn a_small_mixed_fleet_reads_as_if_somebody_had_written_it() {
    let live = live(mixed());
    let composed = composed(&live, &Options::default());
    assert_eq!(composed.refused.len(), 1);
    assert_eq!(composed.unmanaged.len(), 1);
    expect("mixed", &composed);
}

#[test]
fn a_fleet_is_split_by_name_or_by_the_value_of_a_tag() {
    let live = live(mixed());
    let options = Options { split: Split::ByName, run_states: RunStates::Declared };
    expect("by-name", &composed(&live, &options));
    let options = Options { split: Split::ByTag("site".into()), ..Options::default() };
    expect("by-tag", &composed(&live, &options));
}

/// Into a project with defaults of its own: what they give and a processor has not is
/// taken back, templates get names that are free, files go where they are included.
#[test]
fn what_joins_a_project_is_written_for_its_defaults() {
    let project = format!(
        "[stack]\nname = \"s\"\naccount_id = \"{ACCOUNT}\"\nregion = \"{REGION}\"\n\
         include = [\"cameras/*.toml\"]\nignore_tags = [\"site\"]\n\
         [defaults]\nrole_arn = \"arn:aws:iam::{ACCOUNT}:role/RekognitionStreams\"\n\
         tags = {{ team = \"home-security\", env = \"prod\" }}\n\
         [defaults.label_detection]\nsettings.connected_home.min_confidence = 90\n\
         data_sharing_preference.opt_in = true\noutput.s3_destination.bucket = \"doorbell-results\"\n\
         [template.yard]\nkms_key_id = \"alias/other\"\n\
         [processor.porch-1]\nextends = \"yard\"\nsettings.connected_home.labels = [\"PET\"]\n\
         input.kinesis_video_stream.arn = \"{}\"\n",
        arn("kinesisvideo", "stream/porch-1/1574421418636"),
    );
    let there = [("rekon.toml".to_owned(), project)];
    let live = live(mixed());
    let project = Project::new(&there).unwrap();
    let composed = added(&live.clone().into(), &project, &Options::default()).unwrap();
    assert_eq!(composed.include, None);
    assert_eq!(composed.left_alone.len(), 1);
    assert_eq!(
        composed.left_alone[0].differs,
        [
            "output.s3_destination.key_prefix",
            "notification_channel.sns_topic_arn",
            "kms_key_id",
            "settings.connected_home.labels",
            "settings.connected_home.min_confidence",
            "regions_of_interest",
            "data_sharing_preference.opt_in",
            "tags.env",
        ]
    );
    let plan = joined(&there, &composed).unwrap().plan(&live);
    let changed = plan.changes.iter().filter(|change| !change.attributes.is_empty());
    assert_eq!(changed.map(|change| &*change.name).collect::<Vec<_>>(), ["porch-1"]);
    expect("joining", &composed);
}

/// Names and tags that look like syntax, and texts that no file may hold plainly.
#[test]
fn hostile_names_and_texts_come_back_as_they_are() {
    let hostile = [
        ("a.b", "quote\" and \\ and 'x'", "${var}"),
        ("..", "line\nbreak\ttab", "\u{202e}txt"),
        ("-", "# no comment", "]\n[processor.x]"),
        ("true", "ünïcødé 部門 🙂", "$${a} $ {"),
        ("2026-01-01", "\u{7f}\u{0}", "\r\n"),
        ("_x_", "", "\"\"\""),
    ];
    let processors = hostile.iter().map(|(name, prefix, other)| {
        with(
            camera(name),
            &[
                ("/Output/S3Destination/KeyPrefix", json!(format!("{prefix}{other}"))),
                (
                    "/Input/KinesisVideoStream/Arn",
                    json!(arn("kinesisvideo", &format!("stream/{other}{name}/1"))),
                ),
                ("/Tags", json!({"a.b c": "x=y", "部門": "ü/@", "\"": "", "cost:center": ""})),
            ],
        )
    });
    let live = live(processors.collect());
    // A quotation mark is in no tag's key.
    assert_eq!(composed(&live, &Options::default()).refused.len(), hostile.len());
    let processors = live.processors.clone().into_iter().map(|(name, mut one)| {
        one.definition.remove(&rekon::model::Attribute::Tag("\"".into()));
        (name, one)
    });
    let live = Live { processors: processors.collect(), ..live };
    for split in [Split::None, Split::ByName, Split::ByTag("部門".into())] {
        let composed = self::composed(&live, &Options { split, ..Options::default() });
        let refused: Vec<String> = composed.refused.keys().map(ToString::to_string).collect();
        // A dot of a pattern matches no line break.
        assert_eq!(refused, ["-", "2026-01-01"], "{:#?}", composed.refused);
    }
}

#[test]
fn an_incomplete_inventory_is_composed_without_what_was_not_read_whole() {
    let live = live(vec![camera("a"), with(camera("b"), &[("/RoleArn", Value::Null)])]);
    let inventory = Inventory::from(live);
    assert_eq!(inventory.problems.len(), 1);
    let composed = anew(&inventory, &Options::default()).unwrap();
    assert!(texts(&composed).contains("[processor.a]"));
    assert!(!texts(&composed).contains("[processor.b]"));
}
