//! A result in several formats at once: which goes where, and what comes of it when there
//! is no result, or no room for it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;

use crate::support::{Run, copy_of, rekon, run};

fn read(dir: &str, file: &str) -> String {
    fs::read_to_string(format!("{dir}/{file}")).unwrap_or_default()
}

/// The options that ask for a report in each format that others read.
fn all(dir: &str) -> Vec<String> {
    let reports = ["markdown=plan.md", "github=plan.github", "sarif=plan.sarif", "json=plan.json"];
    let options = reports.map(|report| {
        let (format, file) = report.split_once('=').unwrap();
        ["--report".to_owned(), format!("{format}={dir}/{file}")]
    });
    options.into_iter().flatten().collect()
}

fn with<'a>(args: &[&'a str], more: &'a [String]) -> Run {
    let more: Vec<&str> = more.iter().map(String::as_str).collect();
    run(&[args, &more].concat())
}

/// Asserts that every report is there, and gives the comment, the annotations and the log.
fn written(dir: &str) -> (String, String, Value) {
    let sarif: Value = serde_json::from_str(&read(dir, "plan.sarif")).unwrap();
    assert!(serde_json::from_str::<Value>(&read(dir, "plan.json")).is_ok());
    (read(dir, "plan.md"), read(dir, "plan.github"), sarif)
}

#[test]
fn a_plan_is_printed_in_one_format_and_written_in_others() {
    let (_folder, dir) = copy_of("doorbells");
    let plain = run(&["plan", &dir, "--emulator"]);
    let plan = with(&["plan", &dir, "--emulator"], &all(&dir));
    assert_eq!((plan.code, &plan.stdout), (0, &plain.stdout));
    let (comment, annotations, log) = written(&dir);
    assert!(comment.starts_with("<!-- rekon:plan stack=doorbells "), "{comment}");
    assert!(comment.contains("against the embedded service."), "{comment}");
    assert!(annotations.starts_with("::warning file=rekon.toml,line=13,"), "{annotations}");
    assert_eq!(log["runs"][0]["results"][0]["ruleId"], "change/replace");
    let text = format!("text={dir}/plan.txt");
    let quiet = run(&["plan", &dir, "--emulator", "--quiet", "--color=always", "--report", &text]);
    assert_eq!((quiet.code, quiet.stdout.as_str()), (0, ""));
    assert!(plain.stdout.ends_with(&read(&dir, "plan.txt")), "{}", read(&dir, "plan.txt"));
    assert!(read(&dir, "plan.txt").contains("Plan: 1 to create"));
    // A saved plan says the same wherever it is shown.
    let saved = format!("{dir}/saved.json");
    let out = ["--out", &saved, "--live", &format!("{dir}/live.json")].map(str::to_owned);
    assert_eq!(with(&["plan", &dir, "--format", "markdown"], &out).code, 0);
    for format in ["text", "diff", "json", "markdown", "github", "sarif"] {
        let shown = run(&["show", &saved, "--format", format]);
        assert!(shown.code == 0 && !shown.stdout.is_empty(), "{format}: {}", shown.stderr);
    }
    let piped = run(&["show", &saved, "--report", "github=-"]);
    assert_eq!(piped.stdout, run(&["show", &saved, "--format", "github"]).stdout);
    assert!(piped.stderr.contains("1 to replace"), "{}", piped.stderr);
}

#[test]
fn what_contradicts_itself_is_told_before_anything_is_read() {
    let (folder, _) = copy_of("doorbells");
    let file = folder.path().join("a.md").display().to_string();
    let other = format!("{}/./a.md", folder.path().display());
    let (one, same) = (format!("markdown={file}"), format!("sarif={other}"));
    for (args, said) in [
        (vec!["--report", "markdown=-", "--report", "sarif=-"], "stdout takes one document"),
        (vec!["--out", "-", "--report", "sarif=-"], "stdout takes one document"),
        (vec!["--format", "json", "--report", "sarif=-"], "stdout takes one document"),
        (vec!["--report", &one, "--report", &same], "is named for two documents"),
        (vec!["--out", &file, "--report", &one], "is named for two documents"),
        (vec!["--report", "markdown"], "must be a format and a file"),
        (vec!["--report", "pdf=a"], "there is no format \"pdf\"; there are text, diff, json"),
        (vec!["--max-bytes", "999"], "must be a whole number from 1000"),
    ] {
        // There is no such project, which would be told otherwise.
        let run = run(&[&["plan", "/nonexistent"][..], &args].concat());
        assert_eq!(run.code, 1, "{args:?}");
        assert!(run.stderr.contains(said), "{args:?}: {}", run.stderr);
        assert!(!run.stderr.contains("missing-project"), "{args:?}: {}", run.stderr);
    }
    let usage = run(&["plan", "--format", "json", "--report", "sarif=-"]);
    let usage: Value = serde_json::from_str(&usage.stdout).unwrap();
    assert_eq!(usage["diagnostics"][0]["code"], "usage");
    let diff = run(&["drift", "/nonexistent", "--report", "diff=a"]);
    assert!(diff.code == 1 && diff.stderr.contains("a diff is of a plan"), "{}", diff.stderr);
}

#[test]
fn a_mistake_in_the_files_is_annotated_on_its_line_though_there_is_no_plan() {
    let (_folder, dir) = copy_of("doorbells");
    let path = format!("{dir}/cameras/garage.toml");
    let text = fs::read_to_string(&path).unwrap();
    let line = text.lines().count() + 1;
    fs::write(&path, text + "settings.connected_home.min_confidense = 3\n").unwrap();
    let options = all(&dir);
    for command in ["plan", "apply", "drift"] {
        let failed = with(&[command, &dir, "--emulator"], &options);
        assert_eq!((failed.code, failed.stdout.as_str()), (1, ""), "{command}");
        let (comment, annotations, log) = written(&dir);
        assert!(comment.contains("stack=doorbells "), "{comment}");
        assert!(comment.contains(&format!("at `cameras/garage.toml:{line}`")), "{comment}");
        let at = format!("::error file=cameras/garage.toml,line={line},");
        assert!(annotations.starts_with(&at), "{annotations}");
        assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], false);
    }
    let check = |format| run(&["validate", &dir, "--format", format]);
    assert!(check("github").stdout.starts_with("::error file="), "{}", check("github").stdout);
    let log: Value = serde_json::from_str(&check("sarif").stdout).unwrap();
    assert_eq!(log["runs"][0]["results"][0]["ruleId"], "unknown-key");
    // Nor where the world is what is wrong.
    fs::remove_file(&path).unwrap();
    let failed = with(&["plan", &dir], &options);
    assert_eq!(failed.code, 1, "{}", failed.stderr);
    assert!(written(&dir).0.contains("no credentials"), "{}", written(&dir).0);
}

#[test]
fn a_refused_or_incomplete_plan_is_reported_in_full() {
    let (_folder, dir) = copy_of("doorbells");
    let options = all(&dir);
    let refused = with(&["plan", &dir, "--emulator", "--deny-undeclared"], &options);
    assert_eq!(refused.code, 3);
    let (comment, annotations, log) = written(&dir);
    assert!(comment.contains("**Refused:**") && comment.contains("| `garage` |"), "{comment}");
    assert!(annotations.starts_with("::error title=rekon%3A refused%3A undeclared::"));
    assert_eq!(log["runs"][0]["results"][0]["ruleId"], "refusal/undeclared");
    let apply =
        with(&["apply", &dir, "--emulator", "--auto-approve", "--deny-undeclared"], &options);
    assert_eq!(apply.code, 3);
    let (comment, ..) = written(&dir);
    assert!(comment.starts_with("<!-- rekon:outcome ") && comment.contains("`undeclared`"));

    let live = format!("{dir}/live.json");
    let mut state: Value = serde_json::from_str(&read(&dir, "live.json")).unwrap();
    state["processors"][0]["RoleArn"] = Value::Null;
    fs::write(&live, state.to_string()).unwrap();
    let incomplete = with(&["plan", &dir, "--live", &live], &options);
    assert_eq!(incomplete.code, 6);
    assert!(written(&dir).0.contains("**Incomplete:**"), "{}", written(&dir).0);
}

#[test]
fn what_became_of_a_plan_is_reported_also_where_that_is_nothing_or_too_late() {
    let (_folder, dir) = copy_of("doorbells");
    let saved = format!("{dir}/saved.json");
    assert_eq!(run(&["plan", &dir, "--emulator", "--out", &saved]).code, 0);
    let options = all(&dir);
    let applied = with(&["apply", &dir, "--emulator", "--auto-approve"], &options);
    assert_eq!(applied.code, 0, "{}", applied.stderr);
    let (comment, ..) = written(&dir);
    assert!(comment.contains("**Applied:** 4 done."), "{comment}");
    let again = with(&["apply", &dir, "--emulator", "--auto-approve"], &options);
    assert_eq!(again.code, 0);
    assert!(written(&dir).0.contains("**Nothing to do.**"), "{}", written(&dir).0);
    let restored = with(&["restore", &dir, "--emulator", "--auto-approve"], &options);
    assert_eq!(restored.code, 0, "{}", restored.stderr);
    assert!(written(&dir).0.contains("**Nothing is wrong.**"), "{}", written(&dir).0);
    let stale = with(&["apply", &saved, "--emulator", "--auto-approve"], &options);
    assert_eq!(stale.code, 4, "{}", stale.stderr);
    let (comment, annotations, log) = written(&dir);
    assert!(comment.contains("moved since the plan"), "{comment}");
    assert!(annotations.contains("moved since the plan"), "{annotations}");
    assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], false);
}

#[test]
fn a_report_that_cannot_be_written_is_told_and_takes_nothing_back() {
    let (folder, dir) = copy_of("doorbells");
    let nowhere = format!("markdown={}/none/plan.md", folder.path().display());
    let plan = run(&["plan", &dir, "--emulator", "--report", &nowhere]);
    assert_eq!(plan.code, 1);
    assert!(plan.stderr.contains("cannot write the report"), "{}", plan.stderr);
    assert!(plan.stdout.contains("1 to replace"));
    let refused = run(&["plan", &dir, "--emulator", "--deny-undeclared", "--report", &nowhere]);
    assert_eq!(refused.code, 3);
    let applied = run(&["apply", &dir, "--emulator", "--auto-approve", "--report", &nowhere]);
    assert!(applied.code == 0 && applied.stderr.contains("cannot write the report"));
    // One that is there stays as it is until the new one is whole, and nothing else is left.
    let target = format!("{dir}/plan.md");
    fs::write(&target, "before").unwrap();
    let report = format!("markdown={target}");
    assert_eq!(run(&["plan", &dir, "--emulator", "--report", &report]).code, 0);
    assert!(read(&dir, "plan.md").starts_with("<!-- rekon:plan"));
    let names = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(names.into_iter().all(|name| !name.to_string_lossy().starts_with(".rekon-")));
    assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o111, 0);
}

#[test]
fn paths_are_those_of_the_repository_and_never_of_the_machine() {
    let (folder, dir) = copy_of("doorbells");
    let annotate = |here: &Path, workspace: Option<&Path>, args: &[&str]| -> String {
        let mut command = rekon(&[args, &["--format", "github"]].concat());
        command.current_dir(here);
        workspace.map(|workspace| command.env("GITHUB_WORKSPACE", workspace));
        Run::from(command.output().unwrap()).stdout
    };
    let (root, project) = (folder.path(), Path::new(&dir));
    let below = annotate(root, None, &["plan", "doorbells", "--emulator"]);
    assert!(below.starts_with("::warning file=doorbells/rekon.toml,line=13,"), "{below}");
    let inside = annotate(project, Some(root), &["plan", "--emulator"]);
    assert_eq!(inside, below);
    // Set to nothing is not set: every path begins with nothing.
    assert_eq!(annotate(root, Some(Path::new("")), &["plan", "doorbells", "--emulator"]), below);
    let elsewhere = tempfile::tempdir().unwrap();
    let outside = annotate(elsewhere.path(), None, &["plan", &dir, "--emulator"]);
    assert!(outside.starts_with("::warning file=rekon.toml,line=13,"), "{outside}");
    assert!(!outside.contains(&root.display().to_string()), "{outside}");
}

#[test]
fn drift_points_at_the_lines_that_the_service_left() {
    let (_folder, dir) = copy_of("doorbells");
    let live = format!("{dir}/live.json");
    let drift = |format| run(&["drift", &dir, "--live", &live, "--format", format]);
    let annotations = drift("github");
    assert_eq!(annotations.code, 2);
    let first = annotations.stdout.lines().next().unwrap();
    assert!(first.starts_with("::error file=cameras/porches.toml,line=17,"), "{first}");
    assert!(first.contains("title=rekon%3A side-door%3A missing::"), "{first}");
    let log: Value = serde_json::from_str(&drift("sarif").stdout).unwrap();
    assert_eq!(log["runs"][0]["results"][1]["ruleId"], "drift/changed");
    let comment =
        run(&["drift", &dir, "--live", &live, "--format", "markdown", "--max-bytes", "1000"]);
    assert!(comment.stdout.len() <= 1000 && comment.stdout.contains("1 missing"));
}
