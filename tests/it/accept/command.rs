//! `rekon accept` as people run it.

use std::fs;
use std::path::Path;

use rekon::emulator::{Emulator, Options, State};
use serde_json::{Value, json};

use crate::applying::world::with_faults;
use crate::support::{Run, copy_of, run};
use crate::world::served::{Served, Verdict};

/// A project that was applied, in its own embedded service.
struct Place {
    _folder: tempfile::TempDir,
    dir: String,
}

impl Place {
    fn applied(example: &str) -> Place {
        let (folder, dir) = copy_of(example);
        let apply = run(&["apply", &dir, "--emulator", "--auto-approve"]);
        assert_eq!(apply.code, 0, "{}{}", apply.stdout, apply.stderr);
        Place { _folder: folder, dir }
    }

    /// Changes what lives, by hand.
    fn moves(&self, name: &str, change: impl Fn(&mut Value)) {
        let path = Path::new(&self.dir).join(".rekon/emulator.json");
        // The log of what was written lately is in it once a reader has closed it.
        assert_eq!(run(&["snapshot", &self.dir, "--emulator"]).code, 0);
        let mut state: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let processors = state["processors"].as_array_mut().unwrap();
        change(processors.iter_mut().find(|wire| wire["Name"] == name).unwrap());
        fs::write(&path, state.to_string()).unwrap();
    }

    fn accept(&self, args: &[&str]) -> Run {
        run(&[&["accept", &self.dir][..], args, &["--emulator"]].concat())
    }

    fn plan(&self) -> Value {
        let plan = run(&["plan", &self.dir, "--emulator", "--format", "json"]);
        serde_json::from_str(&plan.stdout).unwrap()
    }

    fn text(&self, file: &str) -> String {
        fs::read_to_string(Path::new(&self.dir).join(file)).unwrap()
    }
}

fn confidence(number: f64) -> impl Fn(&mut Value) {
    move |wire| wire["Settings"]["ConnectedHome"]["MinConfidence"] = json!(number)
}

#[test]
fn what_was_changed_by_hand_is_taken_over_and_recorded_by_the_next_apply() {
    let place = Place::applied("minimal");
    let before = place.text("rekon.toml");
    assert_eq!(place.plan()["changes"], json!([]));
    place.moves("front-door", confidence(92.5));

    let shown = place.accept(&["--dry-run"]);
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    assert!(
        shown.stdout.contains("min_confidence") && shown.stdout.contains("92.5"),
        "{}",
        shown.stdout
    );
    assert!(
        shown.stdout.contains("+++ ") && shown.stdout.contains("Would accept 1 value"),
        "{}",
        shown.stdout
    );
    assert_eq!(place.text("rekon.toml"), before, "a dry run writes nothing");

    let done = place.accept(&[]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(done.stdout.contains("Accepted 1 value of 1 processor, in 1 file."), "{}", done.stdout);
    assert!(place.text("rekon.toml").contains("92.5"));
    let plan = place.plan();
    assert_eq!(plan["changes"][0]["actions"], json!(["record"]), "{plan:#}");
    assert_eq!(plan["changes"][0]["attributes"], json!([]));
    let apply = run(&["apply", &place.dir, "--emulator", "--auto-approve"]);
    assert_eq!(apply.code, 0, "{}", apply.stdout);
    assert_eq!(place.plan()["changes"], json!([]));

    let again = place.accept(&[]);
    assert_eq!(again.code, 0);
    assert!(again.stdout.contains("Nothing to accept"), "{}", again.stdout);
}

#[test]
fn without_a_record_only_whole_names_are_taken_at_their_word() {
    let (_folder, dir) = copy_of("minimal");
    let accept = |names: &[&str]| -> Value {
        let args = ["--emulator", "--dry-run", "--format", "json"];
        let run = run(&[&["accept", &dir][..], names, &args].concat());
        assert_eq!(run.code, 0, "{}", run.stderr);
        serde_json::from_str(&run.stdout).unwrap()
    };
    let names = |document: &Value, part: &str, key: &str, value: &str| -> Vec<String> {
        let entries = document[part].as_array().unwrap().iter();
        let entries = entries.filter(|one| one[key] == value);
        entries.map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    let all = accept(&[]);
    let left = names(&all, "left", "reason", "origin-unknown");
    assert!(!left.is_empty(), "{all:#}");
    assert_eq!(names(&all, "accepted", "origin", "unknown"), Vec::<String>::new());
    let pattern = format!("{}*", left[0]);
    assert_eq!(accept(&[&pattern])["accepted"], json!([]), "a glob names nobody");
    let named = accept(&[&left[0]]);
    assert!(!names(&named, "accepted", "origin", "unknown").is_empty(), "{named:#}");
    assert_eq!(named["left"], json!([]));
}

#[test]
fn what_the_files_changed_alone_stays_pending() {
    let place = Place::applied("minimal");
    let file = Path::new(&place.dir).join("rekon.toml");
    let text = place.text("rekon.toml");
    assert!(text.contains("\"PERSON\""), "{text}");
    fs::write(&file, text.replace("\"PERSON\"", "\"PET\", \"PERSON\"")).unwrap();
    place.moves("front-door", confidence(92.5));
    let accept = place.accept(&[]);
    assert_eq!(accept.code, 0, "{}", accept.stderr);
    let plan = place.plan();
    let attributes = plan["changes"][0]["attributes"].as_array().unwrap();
    assert_eq!(attributes.len(), 1, "{plan:#}");
    assert_eq!(attributes[0]["path"], "settings.connected_home.labels");
    assert_eq!(attributes[0]["origin"], "config");
}

#[test]
fn who_is_not_there_is_an_error_and_what_does_not_live_is_said() {
    let (_folder, dir) = copy_of("minimal");
    let nobody = run(&["accept", &dir, "nobody", "--emulator"]);
    assert_eq!(nobody.code, 1);
    assert!(nobody.stderr.contains("\"nobody\" matches no processor"), "{}", nobody.stderr);
    let bad = run(&["accept", &dir, "[", "--emulator"]);
    assert_eq!(bad.code, 1, "{}", bad.stderr);
    fs::remove_file(Path::new(&dir).join("live.json")).unwrap();
    let absent = run(&["accept", &dir, "front-door", "--emulator"]);
    assert_eq!(absent.code, 0, "{}", absent.stderr);
    assert!(absent.stderr.contains("does not exist"), "{}", absent.stderr);
}

#[test]
fn what_no_file_may_say_is_told_and_nothing_is_written() {
    let place = Place::applied("minimal");
    let before = place.text("rekon.toml");
    place.moves("front-door", |wire| {
        let elsewhere = "arn:aws:kinesisvideo:us-west-2:111122223333:stream/front-door/1";
        wire["Input"]["KinesisVideoStream"]["Arn"] = json!(elsewhere);
    });
    let accept = place.accept(&[]);
    assert_eq!(accept.code, 1, "{}", accept.stdout);
    assert!(accept.stderr.contains("nothing is written"), "{}", accept.stderr);
    assert!(accept.stderr.contains("us-west-2"), "{}", accept.stderr);
    assert_eq!(place.text("rekon.toml"), before);
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_written_is_left_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let place = Place::applied("minimal");
    let before = place.text("rekon.toml");
    place.moves("front-door", confidence(92.5));
    let file = Path::new(&place.dir).join("rekon.toml");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
    let accept = place.accept(&[]);
    assert_eq!(accept.code, 1, "{}", accept.stdout);
    assert!(accept.stderr.contains("read-only"), "{}", accept.stderr);
    assert_eq!(place.text("rekon.toml"), before);
}

#[test]
fn line_ends_and_everything_around_a_value_stay() {
    let place = Place::applied("minimal");
    let file = Path::new(&place.dir).join("rekon.toml");
    let text = place.text("rekon.toml").replace('\n', "\r\n");
    fs::write(&file, &text).unwrap();
    place.moves("front-door", |wire| wire["KmsKeyId"] = json!("alias/new"));
    assert_eq!(place.accept(&[]).code, 0);
    let after = fs::read_to_string(&file).unwrap();
    assert_eq!(after.matches("\r\n").count(), after.matches('\n').count());
    let left: String = after
        .lines()
        .filter(|line| !line.contains("alias/new"))
        .map(|line| format!("{line}\r\n"))
        .collect();
    assert_eq!(left, text);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_incomplete_read_nothing_is_written() {
    let place = Place::applied("doorbells");
    let path = Path::new(&place.dir).join(".rekon/emulator.json");
    assert_eq!(run(&["snapshot", &place.dir, "--emulator"]).code, 0);
    place.moves("front-door", confidence(92.5));
    let snapshot: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let options = with_faults(&["DescribeStreamProcessor/garage=deny"]);
    let options = Options { account_id: "111122223333".into(), ..options };
    let state = State::from_snapshot(&snapshot, &options).unwrap();
    let served = Served::new(Emulator::new(options, state), |_| Verdict::Answer).await;
    let mut command = served.rekon(&["accept", &place.dir]);
    let run = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let run = Run::from(run);
    assert_eq!(run.code, 6, "{}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains("not read: garage"), "{}", run.stderr);
    assert!(!place.text("cameras/porches.toml").contains("92.5"));
}
