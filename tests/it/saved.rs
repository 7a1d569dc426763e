//! Plans as files: where they are written, and which are believed.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

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
