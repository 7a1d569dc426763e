//! What earlier files tell, from a revision of git.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Run, git, rekon, run};

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

fn commit(place: &Place, message: &str) {
    git(place.root.as_ref(), &["commit", "-q", "-a", "-m", message]);
}

fn diff(place: &Place, args: &[&str]) -> (i32, Value) {
    let shared = ["--project", &place.dir, "--format", "json", "--detailed-exitcode"];
    let run = run(&[&["diff"], args, &shared].concat());
    let document = serde_json::from_str(&run.stdout);
    (run.code, document.unwrap_or_else(|_| panic!("{}{}", run.stdout, run.stderr)))
}

#[test]
fn a_template_edit_shows_whom_it_moves_without_a_service() {
    let place = Place::new();
    place.edit("min_confidence = 60", "min_confidence = 70");
    let (code, plan) = diff(&place, &["main"]);
    assert_eq!((code, &plan["summary"]["update"]), (2, &json!(2)));
    assert_eq!(plan["base"], "main");
    let one = &plan["changes"][0]["attributes"][0];
    assert_eq!((&one["before"], &one["after"]), (&json!(60), &json!(70)));
    assert_eq!(one["origin"], "config");

    // The same as revisions, and from the commit that both have in common.
    git(place.root.as_ref(), &["checkout", "-q", "-b", "topic"]);
    commit(&place, "a topic");
    assert_eq!(diff(&place, &["main..topic"]).1["changes"], plan["changes"]);
    git(place.root.as_ref(), &["checkout", "-q", "main"]);
    place.edit("labels = [\"PERSON\"]", "labels = [\"PET\"]");
    commit(&place, "main goes on");
    assert_eq!(diff(&place, &["main...topic"]).1["changes"], plan["changes"]);
    let both = diff(&place, &["main..topic"]).1;
    assert_eq!(both["changes"][0]["attributes"].as_array().unwrap().len(), 2);
}

#[test]
fn a_refactoring_that_moves_nothing_says_so() {
    let place = Place::new();
    place.edit("[template.porch]", "[template.front]");
    place.edit("extends = \"porch\"", "extends = \"front\"");
    let (code, plan) = diff(&place, &["HEAD"]);
    assert_eq!((code, &plan["changes"], &plan["diagnostics"]), (0, &json!([]), &json!([])));
    let told = run(&["diff", "HEAD", "--project", &place.dir]);
    assert!(told.stdout.contains("The files mean the same."), "{}", told.stdout);
    // Settings make a difference that only what lives can tell.
    place.edit("ownership = \"none\"", "ownership = \"none\"\ntags = \"exclusive\"");
    let (code, plan) = diff(&place, &["HEAD"]);
    assert_eq!((code, &plan["diagnostics"][0]["code"]), (0, &json!("settings-differ")));
}

#[test]
fn what_goes_and_comes_is_told_as_an_apply_would_do_it() {
    let place = Place::new();
    place.edit("ownership = \"none\"\n", "");
    commit(&place, "with marks");
    place.edit("[processor.two]", "[processor.three]");
    let (code, plan) = diff(&place, &["HEAD", &place.dir.clone()]);
    assert_eq!(code, 2);
    let actions = |name: &str| {
        let changes = plan["changes"].as_array().unwrap();
        changes.iter().find(|one| one["name"] == name).unwrap()["actions"].clone()
    };
    assert_eq!((actions("two"), actions("three")), (json!(["delete"]), json!(["create"])));
}

#[test]
fn a_difference_of_files_is_never_applied() {
    let place = Place::new();
    place.edit("min_confidence = 60", "min_confidence = 70");
    let told = run(&["diff", "main", "--project", &place.dir, "--format", "json"]);
    let file = format!("{}/diff.json", place.root);
    fs::write(&file, told.stdout).unwrap();
    assert_eq!(run(&["show", &file]).code, 0);
    let refused = run(&["apply", &file, "--emulator", "--auto-approve"]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("compares files with those of main"), "{}", refused.stderr);
}

/// The operations that a run sent, from its log.
fn operations(log: &str) -> Vec<String> {
    let lines = fs::read_to_string(log).unwrap();
    lines.lines().map(|line| line.split(' ').nth(1).unwrap().to_owned()).collect()
}

#[test]
fn only_what_is_declared_anew_is_looked_at() {
    let place = Place::new();
    place.console("two", |two| two["Settings"]["ConnectedHome"]["MinConfidence"] = json!(42));
    let own = "[processor.one]\n";
    place.edit(own, &format!("{own}data_sharing_preference.opt_in = true\n"));
    let log = format!("{}/log", place.root);
    let args = ["plan", &place.dir, "--changed-since", "main", "--log", &log];
    let (code, plan) = place.json(&args);
    assert_eq!((code, &plan["summary"]["skipped"]), (0, &json!(1)));
    let names: Vec<&Value> =
        plan["changes"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["one"]);
    assert_eq!(plan["changed_since"], "main");
    let sent = operations(&log);
    let count = |operation: &str| sent.iter().filter(|one| *one == operation).count();
    assert_eq!(count("DescribeStreamProcessor"), 1, "{sent:?}");
    assert_eq!(count("ListStreamProcessors"), 1);
    assert_eq!(count("GetResources"), 0);
    let told = run(&["plan", &place.dir, "--emulator", "--changed-since", "main"]);
    assert!(told.stdout.contains("1 more was not looked at"), "{}", told.stdout);

    // What decides about all has all looked at.
    place.edit("name = \"fleet\"", "name = \"fleet\"\ntags = \"exclusive\"");
    let (_, plan) = place.json(&["plan", &place.dir, "--changed-since", "main"]);
    assert_eq!((&plan["summary"]["skipped"], &plan["summary"]["update"]), (&json!(0), &json!(2)));
}

#[test]
fn who_holds_a_stream_that_is_taken_is_looked_for_everywhere() {
    let place = Place::new();
    place.edit("stream/one/1", "stream/one/2");
    let args = ["plan", &place.dir, "--emulator", "--changed-since", "main"];
    let told = run(&args);
    assert!(told.stderr.contains("a processor gets another stream"), "{}", told.stderr);
    let (_, plan) = place.json(&["plan", &place.dir, "--changed-since", "main"]);
    assert_eq!((&plan["summary"]["skipped"], &plan["summary"]["replace"]), (&json!(0), &json!(1)));
}

#[test]
fn a_delete_is_planned_of_what_was_looked_at_alone() {
    let place = Place::new();
    place.edit("ownership = \"none\"\n", "");
    commit(&place, "with marks");
    let adopted = run(&["apply", &place.dir, "--emulator", "--auto-approve"]);
    assert_eq!(adopted.code, 0, "{}", adopted.stderr);
    let text = fs::read_to_string(format!("{}/rekon.toml", place.dir)).unwrap();
    let (before, _) = text.split_once("[processor.two]").unwrap();
    place.write(before);
    commit(&place, "without two");
    // It went before, so that nobody looks, and nothing is deleted unseen.
    let (_, plan) = place.json(&["plan", &place.dir, "--changed-since", "HEAD"]);
    assert_eq!((&plan["changes"], &plan["summary"]["skipped"]), (&json!([]), &json!(2)));
    let (_, plan) = place.json(&["plan", &place.dir, "--changed-since", "HEAD~1"]);
    assert_eq!((&plan["summary"]["delete"], &plan["summary"]["skipped"]), (&json!(1), &json!(1)));
}

#[test]
fn mistakes_of_the_head_are_annotated_on_the_files_that_have_them() {
    let place = Place::new();
    git(place.root.as_ref(), &["checkout", "-q", "-b", "broken"]);
    place.edit("min_confidence = 60", "min_confidence = 600");
    commit(&place, "a slip");
    let told = |args: &[&str]| {
        let all = [&["diff", "--project", "fleet"], args].concat();
        let mut command = rekon(&all);
        Run::from(command.current_dir(&place.root).output().unwrap())
    };
    let broken = told(&["main..broken", "--format", "github"]);
    assert_eq!(broken.code, 1);
    assert!(broken.stdout.contains("::error file=fleet/rekon.toml,line=13,"), "{}", broken.stdout);
    let three = told(&["main..broken", "main"]);
    assert!(three.stderr.contains("says both sides already"), "{}", three.stderr);
}

#[test]
fn paths_are_those_of_the_folder_that_is_the_head() {
    let place = Place::new();
    let before = format!("{}/before", place.root);
    fs::create_dir(&before).unwrap();
    fs::copy(format!("{}/rekon.toml", place.dir), format!("{before}/rekon.toml")).unwrap();
    place.edit("min_confidence = 60", "min_confidence = 70");
    let mut command = rekon(&["diff", "before", "fleet"]);
    let told = Run::from(command.current_dir(&place.root).output().unwrap());
    assert!(told.stdout.contains(" fleet/rekon.toml:15\n"), "{}", told.stdout);
}

#[test]
fn a_hook_s_own_repository_is_not_taken_for_the_project_s() {
    let place = Place::new();
    place.edit("min_confidence = 60", "min_confidence = 70");
    for git_dir in [".git", &format!("{}/.git", place.root)] {
        let mut command = rekon(&["diff", "main", "--project", "fleet", "--detailed-exitcode"]);
        command.env("GIT_DIR", git_dir).current_dir(&place.root);
        let told = Run::from(command.output().unwrap());
        assert_eq!(told.code, 2, "{}", told.stderr);
    }
}

#[test]
fn what_is_left_as_it_lives_is_not_called_as_declared() {
    let place = Place::new();
    place.console("two", |two| two["Settings"]["ConnectedHome"]["Labels"] = json!(["PET"]));
    let args = ["plan", &place.dir, "--emulator", "--base", "main", "--drift", "keep"];
    let told = run(&args).stdout;
    assert!(told.contains("to 2 processors, but not all is as declared."), "{told}");
}
