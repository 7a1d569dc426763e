//! Plans as files: where they are written, and which are believed.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use serde_json::Value;

use crate::support::{copy_of, run};

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
    assert!(!missing.stderr.contains(".rekon-plan"), "{}", missing.stderr);
}
