//! What earlier files tell, from a revision of git.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::run;

const MAIN: &str = r#"
[stack]
name = "fleet"
account_id = "111122223333"
region = "us-east-1"
ownership = "none"

[defaults]
role_arn = "arn:aws:iam::111122223333:role/R"
output.s3_destination = { bucket = "results" }

[template.porch]
settings.connected_home = { labels = ["PERSON"], min_confidence = 60 }

[processor.one]
extends = "porch"
input.kinesis_video_stream.arn = "arn:aws:kinesisvideo:us-east-1:111122223333:stream/one/1"

[processor.two]
extends = "porch"
input.kinesis_video_stream.arn = "arn:aws:kinesisvideo:us-east-1:111122223333:stream/two/1"
"#;

fn git(folder: &Path, args: &[&str]) {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(["-c", "user.name=t", "-c", "user.email=t@t.invalid"]);
    let output = command.args(["-c", "commit.gpgsign=false"]).args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A repository with a project in a folder of its own, committed as it was applied.
struct Place {
    _folder: TempDir,
    root: String,
    dir: String,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_str().unwrap().to_owned();
        let dir = format!("{root}/fleet");
        fs::create_dir(&dir).unwrap();
        let place = Place { _folder: folder, root, dir };
        place.write(MAIN);
        fs::write(format!("{}/.gitignore", place.root), ".rekon/\n").unwrap();
        git(place.root.as_ref(), &["init", "-q", "-b", "main"]);
        git(place.root.as_ref(), &["add", "."]);
        git(place.root.as_ref(), &["commit", "-q", "-m", "as it was applied"]);
        let applied = run(&["apply", &place.dir, "--emulator", "--auto-approve"]);
        assert_eq!(applied.code, 0, "{}", applied.stderr);
        place
    }

    fn write(&self, text: &str) {
        fs::write(format!("{}/rekon.toml", self.dir), text).unwrap();
    }

    fn edit(&self, from: &str, to: &str) {
        let text = fs::read_to_string(format!("{}/rekon.toml", self.dir)).unwrap();
        assert!(text.contains(from), "{text}");
        self.write(&text.replace(from, to));
    }

    /// Changes what lives as a console would.
    fn console(&self, name: &str, change: impl FnOnce(&mut Value)) {
        let file = format!("{}/.rekon/emulator.json", self.dir);
        let mut state: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let processors = state["processors"].as_array_mut().unwrap();
        change(processors.iter_mut().find(|one| one["Name"] == name).unwrap());
        fs::write(&file, state.to_string()).unwrap();
    }

    fn json(&self, args: &[&str]) -> (i32, Value) {
        let run = run(&[args, &["--emulator", "--format", "json"]].concat());
        let document = serde_json::from_str(&run.stdout);
        (run.code, document.unwrap_or_else(|_| panic!("{}{}", run.stdout, run.stderr)))
    }

    fn origins(&self, more: &[&str]) -> Vec<(String, String)> {
        let (_, plan) = self.json(&[&["plan", &self.dir], more].concat());
        let changes = plan["changes"].as_array().unwrap().iter();
        let origins = changes.flat_map(|change| {
            let attributes = change["attributes"].as_array().unwrap().iter();
            attributes.map(|one| {
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                (text(&change["name"]), text(&one["origin"]))
            })
        });
        origins.collect()
    }
}

fn of(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, origin)| ((*name).to_owned(), (*origin).to_owned())).collect()
}

/// The template moves in the files, and one processor in the service.
fn moved() -> Place {
    let place = Place::new();
    place.edit("min_confidence = 60", "min_confidence = 70");
    place.console("two", |two| two["Settings"]["ConnectedHome"]["Labels"] = json!(["PET"]));
    place
}

#[test]
fn without_marks_a_base_tells_drift_from_intent() {
    let place = moved();
    let unknown = [("one", "unknown"), ("two", "unknown"), ("two", "unknown")];
    assert_eq!(place.origins(&[]), of(&unknown));
    let told = [("one", "config"), ("two", "drift"), ("two", "config")];
    assert_eq!(place.origins(&["--base", "main"]), of(&told));

    let (code, found) = place.json(&["drift", &place.dir, "--base", "HEAD"]);
    assert_eq!(code, 2);
    let summary = &found["summary"];
    assert_eq!((&summary["changed"], &summary["unknown"]), (&json!(1), &json!(0)));
    assert_eq!(summary["pending"], 2);
    // What is not known without is no drift.
    assert_eq!(place.json(&["drift", &place.dir]).0, 0);

    // What was applied is known by its value, not by a digest.
    place.console("one", |one| one["Settings"]["ConnectedHome"]["MinConfidence"] = json!(65));
    let (_, found) = place.json(&["drift", &place.dir, "--base", "HEAD"]);
    let one = &found["findings"][0]["attributes"][0];
    assert_eq!((&one["origin"], &one["recorded"]), (&json!("both"), &json!({"value": 60})));
}

#[test]
fn a_base_lets_each_side_be_closed_alone() {
    let place = moved();
    let args = ["apply", &place.dir, "--emulator", "--auto-approve", "--base", "main"];
    let kept = run(&[&args[..], &["--drift", "keep"]].concat());
    assert_eq!(kept.code, 0, "{}", kept.stderr);
    assert_eq!(place.origins(&["--base", "main"]), of(&[("two", "drift")]));

    let taken = run(&["accept", &place.dir, "--emulator", "--base", "main"]);
    assert_eq!(taken.code, 0, "{}", taken.stderr);
    assert!(place.origins(&[]).is_empty());
}

#[test]
fn drift_alone_is_put_back_while_the_files_wait() {
    let place = moved();
    let args = ["apply", &place.dir, "--emulator", "--auto-approve", "--base", "main"];
    let back = run(&[&args[..], &["--no-config"]].concat());
    assert_eq!(back.code, 0, "{}", back.stderr);
    let waiting = [("one", "config"), ("two", "config")];
    assert_eq!(place.origins(&["--base", "main"]), of(&waiting));
}

#[test]
fn a_table_that_is_new_since_the_base_is_not_missing() {
    let place = Place::new();
    let three = "\n[processor.three]\nextends = \"porch\"\ninput.kinesis_video_stream.arn = \
        \"arn:aws:kinesisvideo:us-east-1:111122223333:stream/three/1\"\n";
    place.write(&format!("{MAIN}{three}"));
    assert_eq!(place.json(&["drift", &place.dir]).1["findings"][0]["category"], "missing");
    let (code, found) = place.json(&["drift", &place.dir, "--base", "main"]);
    assert_eq!((code, &found["findings"][0]["category"]), (0, &json!("pending")));
}

#[test]
fn a_base_that_cannot_be_had_is_an_error_before_anything_is_read() {
    let place = Place::new();
    for (revision, words) in
        [("none", "`none` cannot be had"), ("--help", "`--help` cannot be had")]
    {
        let base = format!("--base={revision}");
        let refused = run(&["plan", &place.dir, "--emulator", &base]);
        assert_eq!(refused.code, 1);
        assert!(refused.stderr.contains(words), "{}", refused.stderr);
        assert_eq!(refused.stdout, "");
    }
    // Files of then that hold an error are told where they are.
    place.edit("min_confidence = 60", "min_confidence = 600");
    git(place.root.as_ref(), &["commit", "-q", "-a", "-m", "a slip"]);
    place.edit("min_confidence = 600", "min_confidence = 60");
    let refused = run(&["plan", &place.dir, "--emulator", "--base", "HEAD"]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("HEAD:rekon.toml:13:"), "{}", refused.stderr);
}
