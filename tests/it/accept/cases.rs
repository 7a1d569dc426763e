//! Files as people write them, before and after: one case for each attribute and layer.
//!
//! A case is a file as it is applied and what is then done to the service by hand;
//! `tests/cases/accept/NAME.diff` is what taking that over does to the file.
//! `REKON_UPDATE_CASES=1` writes it anew, for review.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use similar::TextDiff;

use super::{Files, accept, applied, attributes, edited, read};
use crate::world::camera::{ACCOUNT, REGION, data, role, topic};
use crate::world::stage::{Project, paused};

/// What a case does to the service: a member of a processor's description, by its dotted
/// path, and what it becomes; null takes it away.
type Moves = Vec<(&'static str, &'static str, Value)>;

struct Case {
    name: &'static str,
    /// Below the stack and what all processors share.
    text: &'static str,
    moves: Moves,
    names: &'static [&'static str],
}

fn head() -> String {
    format!(
        "[stack]\nname = \"home\"\naccount_id = \"{ACCOUNT}\"\nregion = \"{REGION}\"\n\n\
         [defaults]\nrole_arn = \"{}\"\n",
        role(0)
    )
}

/// The video stream of a processor, which every one has.
fn stream(name: &str) -> String {
    format!("arn:aws:kinesisvideo:{REGION}:{ACCOUNT}:stream/{name}/1590000000000")
}

/// A case's text with its streams and ARNs in full.
fn full(text: &str) -> String {
    let mut full = head();
    for line in text.lines() {
        let line = match line.split_once("STREAM ") {
            Some((before, name)) => format!("{before}\"{}\"", stream(name.trim())),
            None => line.to_owned(),
        };
        let line = line.replace("ROLE", &format!("\"{}\"", role(0)));
        let line = line.replace("DATA", &format!("\"{}\"", data(1)));
        let line = line.replace("TOPIC", &format!("\"{}\"", topic(0)));
        writeln!(full, "{line}").unwrap();
    }
    full
}

/// Does to a snapshot what was done by hand.
fn moved(mut snapshot: Value, moves: &Moves) -> Value {
    for (name, path, value) in moves {
        let processors = snapshot["processors"].as_array_mut().unwrap();
        let mut place = processors.iter_mut().find(|wire| wire["Name"] == *name).unwrap();
        let mut path: Vec<&str> = path.split('.').collect();
        let last = path.pop().unwrap();
        for key in path {
            place = &mut place[key];
        }
        match value {
            Value::Null => drop(place.as_object_mut().unwrap().remove(last)),
            value => place[last] = value.clone(),
        }
    }
    snapshot
}

fn replay(case: &Case) -> Result<String, String> {
    let files: Files = vec![("rekon.toml".to_owned(), full(case.text))];
    paused(async {
        let snapshot = moved(applied(&files).await?, &case.moves);
        let project = Project::new(&files)?;
        let live = read(&project, &snapshot).await?;
        let acceptance = accept(&project, &live, case.names)?;
        let after = edited(&files, &acceptance);
        let plan = Project::new(&after)?.plan(&live);
        if !attributes(&plan).is_empty() {
            return Err(format!("{:?} are left\n{}", attributes(&plan), after[0].1));
        }
        let diff = TextDiff::from_lines(&files[0].1, &after[0].1);
        let mut out = String::new();
        for one in &acceptance.accepted {
            writeln!(out, "# {} {} at {} in {}", one.name, one.attribute, one.source, one.table)
                .unwrap();
        }
        write!(out, "{}", diff.unified_diff().context_radius(2)).unwrap();
        Ok(out)
    })
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/accept").join(format!("{name}.diff"))
}

fn polygon(points: &[(f64, f64)]) -> Value {
    let points = points.iter().map(|(x, y)| json!({"X": x, "Y": y}));
    json!({ "Polygon": points.collect::<Vec<_>>() })
}

fn bounds(left: f64) -> Value {
    json!({"BoundingBox": {"Left": left, "Top": 0.5, "Width": 0.25, "Height": 0.5}})
}

const PORCH: &str = "\
[processor.porch]
input.kinesis_video_stream.arn = STREAM porch
output.s3_destination = { bucket = \"results\", key_prefix = \"porch/\" } # by date
settings.connected_home.labels = [\"PERSON\", \"PET\"]
settings.connected_home.min_confidence = 80 # less is noise
";

const TWO: &str = "\
[template.outdoor] # over the defaults
output.s3_destination.bucket = \"results\"

[template.outdoor.settings.connected_home]
labels = [
  \"PERSON\", # neighbours too
  \"PACKAGE\",
]
min_confidence = 70

[processor.porch]
extends = \"outdoor\"
input.kinesis_video_stream.arn = STREAM porch

[processor.yard]
extends = [\"outdoor\"]
input.kinesis_video_stream.arn = STREAM yard
";

const ZONES: &str = "\
[zone.step]
polygon = [[0.1, 0.5], [0.9, 0.5], [0.5, 1.0]] # drawn by hand

[zone.gate]
bounding_box = { left = 0.0, top = 0.5, width = 0.25, height = 0.5 }

[processor.porch]
input.kinesis_video_stream.arn = STREAM porch
output.s3_destination.bucket = \"results\"
settings.connected_home.labels = [\"PERSON\"]
regions_of_interest = [
  { zone = \"step\" }, # where they stand
  { zone = \"gate\" },
]

[processor.yard]
input.kinesis_video_stream.arn = STREAM yard
output.s3_destination.bucket = \"results\"
settings.connected_home.labels = [\"PERSON\"]
regions_of_interest = [{ zone = \"gate\" }]
";

const TWINS: &str = "\
[zone.gate]
bounding_box = { left = 0.0, top = 0.5, width = 0.25, height = 0.5 }

[zone.door]
bounding_box = { left = 0.0, top = 0.5, width = 0.25, height = 0.5 }

[processor.porch]
input.kinesis_video_stream.arn = STREAM porch
output.s3_destination.bucket = \"results\"
settings.connected_home.labels = [\"PERSON\"]
regions_of_interest = [{ zone = \"gate\" }, { zone = \"door\" }]
";

const LOBBY: &str = "\
[defaults.face_search]
settings.face_search.face_match_threshold = 90
tags = { kind = \"faces\" }

[processor.lobby]
input.kinesis_video_stream.arn = STREAM lobby
output.kinesis_data_stream.arn = DATA
settings.face_search.collection_id = \"staff\"
desired_status = \"stopped\"
";

const CONFIDENCE: &str = "Settings.ConnectedHome.MinConfidence";
const LABELS: &str = "Settings.ConnectedHome.Labels";

#[expect(clippy::too_many_lines, reason = "it is a table")]
fn cases() -> Vec<Case> {
    let all: &[&str] = &[];
    let case = |name, text, moves| Case { name, text, moves, names: all };
    vec![
        case("nothing-moved", PORCH, vec![]),
        case(
            "own-values",
            PORCH,
            vec![
                ("porch", CONFIDENCE, json!(92.5)),
                ("porch", LABELS, json!(["PACKAGE", "PERSON"])),
                ("porch", "RoleArn", json!(role(1))),
                ("porch", "Output.S3Destination.Bucket", json!("elsewhere")),
                ("porch", "Output.S3Destination.KeyPrefix", json!("${day}/\u{202e}\"\\")),
                ("porch", "Input.KinesisVideoStream.Arn", json!(stream("new"))),
            ],
        ),
        case(
            "own-values-gone",
            PORCH,
            vec![
                ("porch", CONFIDENCE, Value::Null),
                ("porch", "Output.S3Destination.KeyPrefix", Value::Null),
            ],
        ),
        case(
            "values-that-no-file-gave",
            PORCH,
            vec![
                ("porch", "KmsKeyId", json!("alias/doorbells")),
                ("porch", "NotificationChannel", json!({"SNSTopicArn": topic(1)})),
                ("porch", "DataSharingPreference", json!({"OptIn": true})),
                ("porch", "RegionsOfInterest", json!([bounds(0.5), bounds(0.25)])),
            ],
        ),
        case(
            "template-that-all-left",
            TWO,
            vec![
                ("porch", CONFIDENCE, json!(75)),
                ("yard", CONFIDENCE, json!(75)),
                ("porch", LABELS, json!(["PERSON", "PET"])),
                ("yard", LABELS, json!(["PERSON", "PET"])),
            ],
        ),
        case(
            "template-that-one-left",
            TWO,
            vec![("porch", CONFIDENCE, json!(75)), ("porch", LABELS, json!(["PET"]))],
        ),
        case("template-that-one-took-back", TWO, vec![("yard", CONFIDENCE, Value::Null)]),
        case(
            "template-that-all-took-back",
            TWO,
            vec![("porch", CONFIDENCE, Value::Null), ("yard", CONFIDENCE, Value::Null)],
        ),
        Case {
            names: &["yard"],
            ..case(
                "template-that-all-left-and-one-is-asked-for",
                TWO,
                vec![("yard", CONFIDENCE, json!(75))],
            )
        },
        case("defaults-that-one-left", TWO, vec![("yard", "RoleArn", json!(role(2)))]),
        case(
            "defaults-that-all-left",
            TWO,
            vec![("porch", "RoleArn", json!(role(2))), ("yard", "RoleArn", json!(role(2)))],
        ),
        case(
            "layers-one-by-one",
            "\
kms_key_id = \"alias/all\"
[template.low]
kms_key_id = \"alias/low\"
[template.high]
extends = \"low\"
kms_key_id = \"alias/high\" # the key of keys
[processor.porch]
extends = [\"low\", \"high\"]
unset = [ # not here
  \"role_arn\", # its own
]
role_arn = ROLE
input.kinesis_video_stream.arn = STREAM porch
output.s3_destination.bucket = \"results\"
settings.connected_home.labels = [\"PERSON\"]
[processor.yard]
input.kinesis_video_stream.arn = STREAM yard
output.s3_destination.bucket = \"results\"
settings.connected_home.labels = [\"PERSON\"]
",
            vec![("porch", "KmsKeyId", Value::Null)],
        ),
        case(
            "kind-defaults",
            LOBBY,
            vec![
                ("lobby", "Settings.FaceSearch.FaceMatchThreshold", json!(95.5)),
                ("lobby", "Settings.FaceSearch.CollectionId", json!("guests")),
                ("lobby", "Status", json!("RUNNING")),
                ("lobby", "Tags.kind", json!("people")),
            ],
        ),
        case(
            "tags",
            "\
tags = { team = \"east\", site = \"depot\" }
[processor.porch]
input.kinesis_video_stream.arn = STREAM porch
output.s3_destination.bucket = \"results\"
settings.connected_home.labels = [\"PERSON\"]
[processor.porch.tags]
\"cost center\" = \"12\" # theirs
\"a.b\" = \"1\"
[processor.yard]
input.kinesis_video_stream.arn = STREAM yard
output.s3_destination.bucket = \"results\"
settings.connected_home.labels = [\"PERSON\"]
tags = { floor = \"1\" }
",
            vec![
                ("porch", "Tags.team", json!("west")),
                ("porch", "Tags.site", Value::Null),
                ("porch", "Tags.cost center", json!("13")),
                ("yard", "Tags.floor", Value::Null),
            ],
        ),
        case(
            "zone-that-all-left",
            ZONES,
            vec![
                (
                    "porch",
                    "RegionsOfInterest",
                    json!([polygon(&[(0.1, 0.5), (0.9, 0.5), (0.5, 1.0)]), bounds(0.125)]),
                ),
                ("yard", "RegionsOfInterest", json!([bounds(0.125)])),
            ],
        ),
        case(
            "zone-that-one-left",
            ZONES,
            vec![(
                "porch",
                "RegionsOfInterest",
                json!([polygon(&[(0.1, 0.5), (0.9, 0.5), (0.5, 1.0)]), bounds(0.125)]),
            )],
        ),
        case(
            "zone-that-another-took",
            ZONES,
            vec![(
                "yard",
                "RegionsOfInterest",
                json!([bounds(0.0), polygon(&[(0.1, 0.5), (0.9, 0.5), (0.5, 1.0)])]),
            )],
        ),
        case(
            "zone-of-another-shape",
            ZONES,
            vec![("porch", "RegionsOfInterest", json!([bounds(0.0), bounds(0.75)]))],
        ),
        case(
            "zones-of-one-shape",
            TWINS,
            vec![("porch", "RegionsOfInterest", json!([bounds(0.0), bounds(0.5)]))],
        ),
        case("regions-gone", ZONES, vec![("porch", "RegionsOfInterest", Value::Null)]),
        case(
            "inline-tables",
            INLINE,
            vec![
                ("porch", CONFIDENCE, json!(60)),
                ("porch", "KmsKeyId", json!("alias/new")),
                ("porch", "Output.S3Destination.KeyPrefix", Value::Null),
            ],
        ),
        case(
            "another-kind",
            "\
[processor.porch]
input.kinesis_video_stream.arn = STREAM porch
notification_channel.sns_topic_arn = TOPIC
[processor.porch.output.s3_destination]
bucket = \"results\"
[processor.porch.settings.connected_home] # was cheaper
labels = [\"PERSON\"]
",
            vec![
                (
                    "porch",
                    "Settings",
                    json!({"FaceSearch": {"CollectionId": "staff", "FaceMatchThreshold": 80}}),
                ),
                ("porch", "Output", json!({"KinesisDataStream": {"Arn": data(3)}})),
                ("porch", "NotificationChannel", Value::Null),
            ],
        ),
    ]
}

const INLINE: &str = "\
[template]
base = { output = { s3_destination = { bucket = \"results\" } }, settings.connected_home = { labels = [\"PET\"] } }

[processor.porch]
extends = \"base\"
output = { s3_destination = { key_prefix = \"porch/\" } } # theirs
settings = { connected_home = { min_confidence = 80 } }
input.kinesis_video_stream.arn = STREAM porch
";

#[test]
fn each_layer_and_attribute_is_edited_as_a_person_would() {
    let mut wrong = Vec::new();
    for case in cases() {
        let now = replay(&case).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let path = golden(case.name);
        if std::env::var_os("REKON_UPDATE_CASES").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &now).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        if kept != now {
            let diff = TextDiff::from_lines(&kept, &now);
            wrong.push(format!("{}:\n{}", case.name, diff.unified_diff()));
        }
    }
    assert!(wrong.is_empty(), "REKON_UPDATE_CASES=1 accepts this:\n{}", wrong.join("\n"));
}
