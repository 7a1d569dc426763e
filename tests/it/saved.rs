//! Plans as files: where they are written, and which are believed.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Run, copy_of, rekon, run};

#[test]
fn a_plan_that_was_changed_by_hand_is_neither_shown_nor_applied() {
    let (folder, dir) = copy_of("doorbells");
    let file = folder.path().join("plan.json");
    let path = file.to_str().unwrap();
    assert_eq!(run(&["plan", &dir, "--emulator", "--out", path]).code, 0);
    assert_eq!(run(&["show", path]).code, 0);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("OldRole", "OtherRole")).unwrap();
    for command in [&["show", path][..], &["apply", path, "--emulator", "--auto-approve"]] {
        let run = run(command);
        assert_eq!(run.code, 1, "{}", run.stdout);
        assert!(run.stderr.contains("changed after it was made"), "{}", run.stderr);
    }
}

#[test]
fn a_plan_of_before_there_were_digests_is_shown_but_not_applied() {
    for example in ["doorbells", "lobby", "minimal"] {
        let (folder, dir) = copy_of(example);
        let path = folder.path().join("plan.json").display().to_string();
        assert_eq!(run(&["plan", &dir, "--emulator", "--out", &path]).code, 0);
        let shown =
            |format: &str| run(&["show", &path, "--format", format, "--color", "never"]).stdout;
        let (text, diff) = (shown("text"), shown("diff"));

        let mut old: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let members = old.as_object_mut().unwrap();
        members.remove("digest");
        members.remove("undeclared");
        let without = |members: &mut Value, names: &[&str]| {
            names.iter().for_each(|name| drop(members.as_object_mut().unwrap().remove(*name)));
        };
        without(&mut members["summary"], &["undeclared", "left_out"]);
        for change in members["changes"].as_array_mut().unwrap() {
            without(change, &["result", "group"]);
        }
        for call in members["calls"].as_array_mut().unwrap() {
            without(call, &["group", "after_verified"]);
        }
        fs::write(&path, old.to_string()).unwrap();
        assert_eq!(shown("diff"), diff);
        let counted = text.lines().filter(|line| !line.contains("declared by no file"));
        assert_eq!(shown("text").lines().collect::<Vec<_>>(), counted.collect::<Vec<_>>());
        let applied = run(&["apply", &path, "--emulator", "--auto-approve"]);
        assert_eq!(applied.code, 1, "{}", applied.stdout);
        assert!(applied.stderr.contains("no digest"), "{}", applied.stderr);
    }
}

#[test]
fn saving_replaces_files_and_nothing_else() {
    let (folder, dir) = copy_of("minimal");
    let at = |name: &str| folder.path().join(name);
    let save =
        |path: &Path| run(&["plan", &dir, "--emulator", "-q", "--out", path.to_str().unwrap()]);

    fs::write(at("target.json"), "old").unwrap();
    symlink(at("target.json"), at("link.json")).unwrap();
    assert_eq!(save(&at("link.json")).code, 0);
    assert!(fs::symlink_metadata(at("link.json")).unwrap().is_symlink());
    assert!(fs::read_to_string(at("target.json")).unwrap().starts_with('{'));

    let printed = save(Path::new("/dev/stdout"));
    assert_eq!(printed.code, 0);
    assert!(printed.stdout.contains("\"fingerprint\""), "{}", printed.stdout);

    assert_eq!(save(&at("fresh.json")).code, 0);
    let mode = fs::metadata(at("fresh.json")).unwrap().permissions().mode();
    assert_ne!(mode & 0o044, 0, "others may read it as far as the umask allows: {mode:o}");

    let missing = save(&at("nowhere/plan.json"));
    assert_eq!(missing.code, 1);
    assert!(missing.stderr.contains("No such file or directory"), "{}", missing.stderr);
    assert!(!missing.stderr.contains(".rekon-"), "{}", missing.stderr);
}

/// Runs the program with something on stdin.
fn fed(args: &[&str], input: &str) -> Run {
    let mut command = rekon(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap().into()
}

#[test]
fn a_plan_goes_through_pipes() {
    let (folder, dir) = copy_of("minimal");
    let file = folder.path().join("plan.json").display().to_string();
    let text = run(&["plan", &dir, "--emulator"]).stdout;
    let piped = run(&["plan", &dir, "--emulator", "--out", "-"]);
    assert_eq!(piped.code, 0);
    assert_eq!(piped.stderr, text, "what people read makes room for the document");
    let as_json = run(&["plan", &dir, "--emulator", "--out", "-", "--format", "json"]);
    assert_eq!(as_json.stdout.matches("\"digest\"").count(), 1, "{}", as_json.stdout);

    fs::write(&file, &piped.stdout).unwrap();
    for format in ["text", "json", "diff"] {
        let shown = run(&["show", &file, "--format", format]);
        assert_eq!(fed(&["show", "-", "--format", format], &piped.stdout).stdout, shown.stdout);
    }
    let home = format!("--emulator={dir}");
    let asked = fed(&["apply", "-", &home], &piped.stdout);
    assert_eq!(asked.code, 1);
    assert!(asked.stderr.contains("nobody is there to confirm"), "{}", asked.stderr);
    assert_eq!(fed(&["apply", "-", &home, "--auto-approve"], &piped.stdout).code, 0);
    assert_eq!(run(&["plan", &dir, "--emulator", "--detailed-exitcode"]).code, 0);
    let late = fed(&["apply", "-", &home, "--auto-approve"], &piped.stdout);
    assert_eq!(late.code, 4, "{}", late.stdout);

    let snapshot = run(&["snapshot", &dir, "--emulator"]).stdout;
    let planned = fed(&["plan", &dir, "--live", "-"], &snapshot);
    assert!(planned.stdout.contains("snapshot - · taken 20"), "{}", planned.stdout);
    assert!(planned.stdout.contains("No changes."), "{}", planned.stdout);
    let none = fed(&["show", "-"], "{}");
    assert!(none.stderr.starts_with("error: stdin: this is no plan"), "{}", none.stderr);
}

#[test]
fn the_command_that_is_told_applies_the_plan() {
    let (folder, dir) = copy_of("doorbells");
    let awkward = folder.path().join("-it's a plan.json").display().to_string();
    let saved = run(&["plan", &dir, "--emulator", "--allow-replacements=1", "--out", &awkward]);
    let (_, told) = saved.stderr.rsplit_once("To apply it: ").unwrap();
    let program = rekon(&[]).get_program().to_str().unwrap().to_owned();
    let script = format!("rekon() {{ '{program}' \"$@\"; }}\n{} --auto-approve", told.trim_end());
    let applied: Run = Command::new("sh").args(["-c", &script]).output().unwrap().into();
    assert_eq!(applied.code, 0, "{script}\n{}", applied.stderr);
    let again = ["plan", &dir, "--emulator", "--detailed-exitcode", "--out", &awkward];
    let nothing = run(&again);
    assert_eq!(nothing.code, 0, "{}", nothing.stdout);
    assert!(nothing.stderr.contains("To see it again: rekon show "), "{}", nothing.stderr);
    assert_eq!(run(&[&again[..], &["-q"]].concat()).stderr, "");
}

#[test]
fn a_saved_plan_says_when_and_against_what_it_was_made() {
    let (folder, dir) = copy_of("minimal");
    let path = folder.path().join("plan.json").display().to_string();
    let live = Path::new(&dir).join("live.json").display().to_string();
    for (source, told) in [
        (&["--emulator"][..], " · emulated · made 20".to_owned()),
        (&["--live", &live], format!(" · snapshot {live} · taken 20")),
    ] {
        assert_eq!(run(&[&["plan", &dir, "--out", &path], source].concat()).code, 0);
        let shown = run(&["show", &path]).stdout;
        assert!(shown.contains(&told) && shown.contains(", just now\n"), "{shown}");
        let made: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert!(made["made"]["at"].as_str().unwrap().ends_with('Z'));
        // What is printed is the same whenever it is made of the same.
        let printed = || run(&[&["plan", &dir, "--format", "json"], source].concat()).stdout;
        assert!(!printed().contains("\"made\""));
        assert_eq!(printed(), printed());
        assert_eq!(
            serde_json::from_str::<Value>(&printed()).unwrap()["fingerprint"],
            made["fingerprint"]
        );
    }
}

#[test]
fn a_snapshot_says_how_old_it_is_and_what_it_does_not_say() {
    let (_folder, dir) = copy_of("minimal");
    let live = Path::new(&dir).join("live.json");
    let whole: Value = serde_json::from_str(&fs::read_to_string(&live).unwrap()).unwrap();
    let plan = |live: &Value| {
        let file = Path::new(&dir).join("hand.json");
        fs::write(&file, live.to_string()).unwrap();
        run(&["plan", &dir, "--live", file.to_str().unwrap()])
    };
    let mut old = whole.clone();
    old["taken_at"] = "2019-11-22T14:23:38".into();
    let old = plan(&old);
    assert!(old.stdout.contains(" · taken 2019-11-22 14:23 UTC, "), "{}", old.stdout);
    assert!(old.stdout.contains(" days ago\n"), "{}", old.stdout);

    let hand = plan(&serde_json::json!({ "processors": whole["processors"] }));
    assert_eq!(hand.code, 0, "{}", hand.stderr);
    assert!(hand.stderr.contains("hand.json does not say format_version"), "{}", hand.stderr);
    let changes = |stdout: &str| stdout.split_once("\n\n").unwrap().1.to_owned();
    assert_eq!(changes(&hand.stdout), changes(&old.stdout));

    let elsewhere = whole["processors"].to_string().replace("us-east-1", "eu-west-1");
    let elsewhere: Value = serde_json::from_str(&elsewhere).unwrap();
    let elsewhere = plan(&serde_json::json!({ "processors": elsewhere }));
    assert_eq!(elsewhere.code, 1, "{}", elsewhere.stdout);
    assert!(elsewhere.stderr.contains("is of account 111122223333 in eu-west-1"));
}
