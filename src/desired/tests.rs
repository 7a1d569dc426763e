//! Every diagnostic, raised by a project that deserves it.
//!
//! `tests/cases/diagnostics/<code>` is a project, and its `expected.txt` says
//! all that is wrong with it; `<code>.<variant>` is another one. Running with
//! `REKON_UPDATE_CASES=1` writes what is found, for review.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::{Layer, resolve};
use crate::config::{Loaded, load};
use crate::diagnostic::{Code, Record, Severity, Sources};
use crate::model::{Attribute, Dialect, Kind, ProcessorName};

/// What the checks cannot raise from a project's files: it needs the service, a
/// command line, a file of another tool, or one too large to keep.
const RAISED_ELSEWHERE: [Code; 20] = [
    Code::ForeignFile,
    Code::ForeignValue,
    Code::UnresolvedValue,
    Code::Usage,
    Code::Failed,
    Code::Declined,
    Code::Interrupted,
    Code::UnfinishedRun,
    Code::UndeclaredUnread,
    Code::MembersUnknown,
    Code::FileTooLarge,
    Code::IncompleteRead,
    Code::KmsKeyUnclear,
    Code::TagsUnknown,
    Code::ProcessorFailed,
    Code::Adopts,
    Code::LeftAlone,
    Code::UnboundMark,
    Code::SettingsDiffer,
    Code::IdleDriftIgnore,
];

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/diagnostics")
}

fn render(diagnostics: &[crate::diagnostic::Diagnostic], sources: &Sources, root: &Path) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics {
        let record = Record::new(diagnostic, sources);
        let severity = match record.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        writeln!(text, "{severity}[{}]: {}", record.code, record.message).unwrap();
        for label in record.labels {
            let place = format!(
                "{}:{}:{}-{}:{}",
                label.file, label.line, label.column, label.end_line, label.end_column
            );
            writeln!(text, "  {} {}", place, label.message).unwrap();
        }
        for line in record.help.iter().flat_map(|help| help.lines()) {
            writeln!(text, "  = {line}").unwrap();
        }
    }
    text.replace(&root.display().to_string(), "PROJECT")
}

#[test]
fn every_case_says_exactly_what_is_expected() {
    let update = std::env::var_os("REKON_UPDATE_CASES").is_some();
    let mut raised = BTreeSet::from(RAISED_ELSEWHERE);
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(cases()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let code = name.split('.').next().unwrap();
        let loaded = load(&path);
        let checked = resolve(&loaded);
        assert_eq!(checked.desired.is_none(), checked.has_errors(), "{name}");
        let found = render(&checked.diagnostics, &loaded.sources, &path);
        let expected_path = path.join("expected.txt");
        if update {
            std::fs::write(&expected_path, &found).unwrap();
        }
        if std::fs::read_to_string(&expected_path).unwrap_or_default() != found {
            wrong.push(format!("{name}:\n{found}"));
        }
        let codes: BTreeSet<Code> = checked.diagnostics.iter().map(|it| it.code).collect();
        if code != "clean" {
            assert!(
                codes.iter().any(|found| found.as_str() == code),
                "{name} does not raise its code:\n{found}"
            );
            raised.extend(codes.iter().filter(|found| found.as_str() == code));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let missing: Vec<&str> =
        Code::ALL.iter().filter(|code| !raised.contains(code)).map(|code| code.as_str()).collect();
    assert!(missing.is_empty(), "no case raises {missing:?}");
}

const STACK: &str = "[stack]\nname = 's'\naccount_id = '111122223333'\nregion = 'us-east-1'\n";
const ROLE: &str = "arn:aws:iam::111122223333:role/R";
const VIDEO: &str = "arn:aws:kinesisvideo:us-east-1:111122223333:stream/a/1";

fn checked(texts: &[(&str, &str)]) -> (Loaded, super::Checked) {
    let loaded = Loaded::from_texts(texts.iter().copied());
    let checked = resolve(&loaded);
    (loaded, checked)
}

fn named<'a>(checked: &'a super::Checked, name: &str) -> &'a super::Declaration {
    let desired = checked.desired.as_ref().unwrap_or_else(|| panic!("{:#?}", checked.diagnostics));
    &desired.processors[&ProcessorName::new(name).unwrap()]
}

#[test]
fn layers_lie_over_each_other_in_order_and_values_keep_their_places() {
    let main = format!(
        "{STACK}
[defaults]
role_arn = '{ROLE}'
tags = {{ team = 'a', site = 'x' }}
[defaults.label_detection]
settings.connected_home.min_confidence = 60
notification_channel.sns_topic_arn = 'arn:aws:sns:us-east-1:111122223333:T'
kms_key_id = 'alias/a'
[template.base]
settings.connected_home.labels = ['PET']
tags.team = 'b'
[template.porch]
extends = 'base'
settings.connected_home.labels = ['PERSON', 'PACKAGE']
"
    );
    let camera = format!(
        "[processor.door]
extends = 'porch'
unset = ['tags.site', 'kms_key_id']
input.kinesis_video_stream.arn = '{VIDEO}'
output.s3_destination.bucket = 'results'
tags.room = 'hall'
"
    );
    let (loaded, checked) = checked(&[("rekon.toml", &main), ("cameras/door.toml", &camera)]);
    let door = named(&checked, "door");
    let json = door.definition.to_json(Dialect::Toml);
    assert_eq!(
        json["settings"]["connected_home"]["labels"],
        serde_json::json!(["PACKAGE", "PERSON"])
    );
    assert_eq!(json["settings"]["connected_home"]["min_confidence"], 60);
    assert_eq!(json["tags"], serde_json::json!({"team": "b", "room": "hall"}));
    assert_eq!(json.get("kms_key_id"), None);
    let place = |attribute: Attribute| {
        let at = loaded.sources.locate(door.place(&attribute).unwrap().span);
        (at.file.to_string(), at.line, at.column)
    };
    assert_eq!(place(Attribute::Labels), ("rekon.toml".into(), 18, 34));
    assert_eq!(place(Attribute::Tag("team".into())), ("rekon.toml".into(), 15, 13));
    assert_eq!(place(Attribute::Input), ("cameras/door.toml".into(), 4, 34));
    assert_eq!(door.place(&Attribute::KmsKeyId), None);
    let attributes = door.definition.iter().map(|(attribute, _)| attribute);
    assert!(attributes.eq(door.places.keys()), "each attribute has its place");
    let layer = |attribute: Attribute| door.place(&attribute).unwrap().layer.clone();
    assert_eq!(layer(Attribute::RoleArn), Layer::Defaults);
    assert_eq!(layer(Attribute::MinConfidence), Layer::KindDefaults(Kind::LabelDetection));
    assert_eq!(layer(Attribute::Tag("team".into())), Layer::Template("base".into()));
    assert_eq!(layer(Attribute::Labels), Layer::Template("porch".into()));
    assert_eq!(layer(Attribute::Input), Layer::Processor);
}

#[test]
fn naming_the_other_kind_or_output_replaces_the_lower_one() {
    let text = format!(
        "{STACK}
[defaults]
role_arn = '{ROLE}'
settings.connected_home = {{ labels = ['PET'] }}
output.s3_destination.bucket = 'results'
[defaults.face_search]
desired_status = 'running'
[processor.lobby]
input.kinesis_video_stream.arn = '{VIDEO}'
settings.face_search.collection_id = 'staff'
output.kinesis_data_stream.arn = 'arn:aws:kinesis:us-east-1:111122223333:stream/d'
"
    );
    let (_, checked) = checked(&[("rekon.toml", &text)]);
    assert_eq!(checked.diagnostics, []);
    let json = named(&checked, "lobby").definition.to_json(Dialect::Toml);
    assert_eq!(
        json["settings"],
        serde_json::json!({"face_search": {"collection_id": "staff", "face_match_threshold": 80}})
    );
    assert_eq!(json["desired_status"], "running");
    assert!(json["output"].get("s3_destination").is_none());
}

#[test]
fn a_template_reached_twice_keeps_its_first_place() {
    let text = format!(
        "{STACK}
[template.base]
role_arn = '{ROLE}'
kms_key_id = 'base'
[template.a]
extends = 'base'
kms_key_id = 'a'
[template.b]
extends = 'base'
notification_channel.sns_topic_arn = 'arn:aws:sns:us-east-1:111122223333:T'
[processor.door]
extends = ['a', 'b']
input.kinesis_video_stream.arn = '{VIDEO}'
output.s3_destination.bucket = 'results'
settings.connected_home.labels = ['PET']
"
    );
    let (_, checked) = checked(&[("rekon.toml", &text)]);
    assert_eq!(named(&checked, "door").definition.text(&Attribute::KmsKeyId), Some("a"));
}

/// A fleet over one template, its lines changed by a function of the text.
fn fleet(change: impl Fn(String) -> String) -> Vec<crate::diagnostic::Diagnostic> {
    let mut text = format!(
        "{STACK}[defaults]\nrole_arn = '{ROLE}'\n[template.porch]\n\
         settings.connected_home.labels = ['PERSON']\noutput.s3_destination.bucket = 'results'\n\
         notification_channel.sns_topic_arn = 'arn:aws:sns:us-east-1:111122223333:T'\n"
    );
    for camera in 0..600 {
        let arn = VIDEO.replace("/a/", &format!("/camera-{camera}/"));
        let input = format!("input.kinesis_video_stream.arn = '{arn}'");
        writeln!(text, "[processor.camera-{camera}]\nextends = 'porch'\n{input}").unwrap();
    }
    checked(&[("rekon.toml", &change(text))]).1.diagnostics
}

#[test]
fn what_one_line_makes_wrong_for_many_is_told_once() {
    let told = |from: &str, to: &str| {
        let found = fleet(|text| {
            assert!(text.contains(from));
            text.replacen(from, to, 1)
        });
        let told: Vec<&str> = found.iter().map(|it| it.message.as_str()).collect();
        let [message] = told.as_slice() else { panic!("{from}: {told:#?}") };
        (*message).to_owned()
    };
    assert_eq!(fleet(|text| text), []);
    let names = "600 processors: `camera-0`, `camera-1`, `camera-10`, `camera-100` and 596 more";
    for (from, to) in [
        ("region = 'us-east-1'", "region = 'us-west-2'"),
        ("account_id = '1", "account_id = '2"),
        ("output.s3_destination.bucket = 'results'\n", ""),
        ("settings.connected_home.labels = ['PERSON']\n", ""),
        ("notification_channel.sns_topic_arn = 'arn:aws:sns:us-east-1:111122223333:T'\n", ""),
        (
            "s3_destination.bucket = 'results'",
            "kinesis_data_stream.arn = 'arn:aws:kinesis:us-east-1:111122223333:stream/D'",
        ),
    ] {
        let message = told(from, to);
        assert!(message.contains(names), "{from}: {message}");
    }
    let message = told("[template.porch]", "[template.porhc]");
    assert_eq!(message, "there is no template `porch`, which 600 places name");
}

#[test]
fn what_is_wrong_with_one_of_many_is_told_where_it_is() {
    let found = fleet(|text| {
        text.replacen(
            "us-east-1:111122223333:stream/camera-7/",
            "us-west-2:111122223333:stream/x/",
            1,
        )
        .replacen("111122223333:stream/camera-8/", "999922223333:stream/y/", 1)
    });
    let told: Vec<(Code, &str)> =
        found.iter().map(|it| (it.code, it.labels[0].message.as_str())).collect();
    let expected =
        [(Code::WrongRegion, "in `us-west-2`"), (Code::OtherAccount, "of account 999922223333")];
    assert_eq!(told, expected);
    let found = fleet(|text| {
        text.replacen("[processor.camera-9]", "[processor.camera-9]\noutput.kinesis_data_stream.arn = 'arn:aws:kinesis:us-east-1:111122223333:stream/D'", 1)
    });
    assert_eq!(found.len(), 1);
    assert!(!found[0].message.contains("processors"), "{}", found[0].message);
}

#[test]
fn the_stack_is_known_as_soon_as_it_is_valid() {
    let (_, checked) = checked(&[("rekon.toml", &format!("{STACK}\n[processor.a]\nx = 1\n"))]);
    assert!(checked.desired.is_none());
    assert_eq!(checked.stack.unwrap().region, "us-east-1");
}

#[test]
fn the_order_of_files_means_nothing() {
    let door = format!(
        "[processor.door]\nextends = 't'\nrole_arn = '{ROLE}'\ninput.kinesis_video_stream.arn = '{VIDEO}'\n\
         output.s3_destination.bucket = 'results'\nregions_of_interest = [{{ zone = 'z' }}]\n"
    );
    let shared = "[template.t]\nsettings.connected_home.labels = ['PET']\n\
                  [zone.z]\npolygon = [[0, 0], [1, 0], [1, 1]]\n";
    let (_, one) = checked(&[("rekon.toml", STACK), ("a.toml", &door), ("b.toml", shared)]);
    let (_, other) = checked(&[("rekon.toml", STACK), ("a.toml", shared), ("b.toml", &door)]);
    let processors = |checked: &super::Checked| named(checked, "door").definition.clone();
    assert_eq!(processors(&one), processors(&other));
}

#[test]
fn the_documentation_lists_every_code() {
    let names: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(names.len(), Code::ALL.len(), "each code has a name of its own");
    for code in Code::ALL {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        assert!(code.as_str().bytes().all(plain), "{code:?} is kebab-case");
    }
    let mut expected = String::from(
        "# Diagnostics\n\nEvery complaint about a configuration has a code, which never changes its meaning.\n\
         An error keeps rekon from going on; a warning does too with `--deny-warnings`.\n\n\
         | code | severity | what it means |\n|--|--|--|\n",
    );
    for code in Code::ALL {
        let severity = match code.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        writeln!(expected, "| `{}` | {severity} | {} |", code.as_str(), code.about()).unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/diagnostics.md");
    if std::env::var_os("REKON_UPDATE_CASES").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &expected).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(found, expected, "REKON_UPDATE_CASES=1 writes docs/diagnostics.md anew");
}
