//! What `rekon drift` finds, as the real program says it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{copy_of, run};

fn drift(dir: &str, more: &[&str]) -> (i32, Value) {
    let run = run(&[&["drift", dir, "--emulator", "--format", "json"], more].concat());
    let found = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}", run.stderr));
    (run.code, found)
}

fn categories(found: &Value) -> Vec<(&str, &str)> {
    let findings = found["findings"].as_array().unwrap().iter();
    findings.map(|one| (one["name"].as_str().unwrap(), one["category"].as_str().unwrap())).collect()
}

/// Changes the embedded service's state as a console would.
fn console(dir: &str, change: impl FnOnce(&mut Value)) {
    let file = Path::new(dir).join("live.json");
    let mut state: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    change(&mut state["processors"]);
    fs::write(&file, state.to_string()).unwrap();
}

#[test]
fn the_service_the_files_and_both_are_told_apart() {
    let (_folder, dir) = copy_of("doorbells");
    let (code, found) = drift(&dir, &[]);
    assert_eq!(code, 2);
    assert_eq!(
        categories(&found),
        [
            ("front-door", "changed"),
            ("front-door", "pending"),
            ("garage", "pending"),
            ("garden", "pending"),
            ("side-door", "missing")
        ]
    );
    assert_eq!(
        found["findings"][0]["attributes"],
        json!([{"path": "data_sharing_preference.opt_in", "recorded": {"value": false},
            "live": true, "declared": false, "origin": "drift",
            "source": {"file": "cameras/porches.toml", "line": 9, "column": 34}}])
    );
    let summary = &found["summary"];
    assert_eq!((&summary["undeclared"], &summary["clean"]), (&json!(1), &json!(2)));

    // Both moved: what was applied is on neither side.
    let file = Path::new(&dir).join("cameras/yard.toml");
    let text = fs::read_to_string(&file).unwrap();
    console(&dir, |processors| {
        let garden =
            processors.as_array_mut().unwrap().iter_mut().find(|one| one["Name"] == "garden");
        garden.unwrap()["Settings"]["ConnectedHome"]["MinConfidence"] = json!(42);
    });
    fs::write(&file, &text).unwrap();
    let (_, found) = drift(&dir, &["--only", "garden"]);
    let both = &found["findings"][0]["attributes"][0];
    assert_eq!((&both["origin"], &both["live"]), (&json!("both"), &json!(42)));
    assert_eq!(both["recorded"]["digest"].as_str().map(str::len), Some(4));
    let told = run(&["drift", &dir, "--emulator", "--only", "garden"]).stdout;
    assert!(told.contains("42 lives, none is declared"), "{told}");
    assert!(told.contains("known by its digest alone"), "{told}");
}

#[test]
fn of_what_waits_it_is_told_what_applying_makes_of_it() {
    let (_folder, dir) = copy_of("lobby");
    let file = Path::new(&dir).join("rekon.toml");
    let text = fs::read_to_string(&file).unwrap();
    // Findings of a processor whose attributes are as declared.
    let outlook = |name: &str| {
        let (_, found) = drift(&dir, &["--only", name]);
        let told = run(&["drift", &dir, "--emulator", "--only", name]).stdout;
        let mut about = found["findings"].as_array().unwrap().iter();
        let pending = about.rfind(|one| one["category"] == "pending");
        (pending.map_or(Value::Null, |one| one["outlook"].clone()), told)
    };
    let (adopted, told) = outlook("archive");
    assert_eq!(adopted, "adopted", "{told}");
    assert!(told.contains("the next apply adopts it"), "{told}");
    assert_eq!(run(&["apply", &dir, "--emulator", "--auto-approve"]).code, 0);

    let at = |name: &str| text.find(&format!("[processor.{name}]")).unwrap();
    let without = text[..at("archive")].to_owned();
    for (more, expected, words) in [
        ("", "deleted", "the next apply deletes it"),
        (
            "[[removed]]\nname = \"archive\"\ndestroy = false\n",
            "released",
            "the next apply takes its marks off and leaves it",
        ),
    ] {
        fs::write(&file, format!("{without}{more}")).unwrap();
        let (found, told) = outlook("archive");
        assert_eq!(found, expected, "{told}");
        assert!(told.contains(words), "{told}");
    }

    // What was protected when it was applied last is not deleted with its table.
    fs::write(&file, format!("{text}lifecycle.prevent_destroy = true\n")).unwrap();
    assert_eq!(run(&["apply", &dir, "--emulator", "--auto-approve"]).code, 0);
    fs::write(&file, &without).unwrap();
    let (found, told) = outlook("archive");
    assert_eq!(found, "protected", "{told}");
    assert!(told.contains("apply refuses to delete it"), "{told}");

    let mine = text.replacen("= \"lobby\"", "= \"mine\"", 1);
    assert_ne!(mine, text);
    fs::write(&file, mine).unwrap();
    let (found, told) = outlook("archive");
    assert_eq!(found, "refused", "{told}");
    assert!(told.contains("another stack manages it"), "{told}");
}

#[test]
fn what_ends_with_two_is_chosen_and_nothing_is_written() {
    let (_folder, dir) = copy_of("doorbells");
    let code = |more: &[&str]| drift(&dir, more).0;
    assert_eq!(code(&["--only", "garage"]), 0, "what the files changed is no drift");
    assert_eq!(code(&["--only", "garage", "--fail-on", "pending"]), 2);
    assert_eq!(code(&["--only", "garage", "--fail-on", "undeclared"]), 2);
    assert_eq!(code(&["--fail-on", "failed"]), 0);
    assert_eq!(code(&["--fail-on", "missing,failed"]), 2);
    let (_, found) = drift(&dir, &["--undeclared"]);
    assert!(categories(&found).contains(&("legacy-cam", "undeclared")));
    assert!(!Path::new(&dir).join(".rekon").exists());
    let (_folder, dir) = copy_of("minimal");
    let (code, found) = drift(&dir, &["--fail-on", "unknown"]);
    assert_eq!((code, categories(&found)[0]), (2, ("front-door", "unknown")));
    console(&dir, |processors| {
        processors[0]["Status"] = json!("FAILED");
        processors[0]["StatusMessage"] = json!("Access denied to Role");
    });
    let (code, found) = drift(&dir, &["--fail-on", "failed"]);
    assert_eq!((code, categories(&found)[0]), (2, ("front-door", "failed")));
    assert_eq!(found["findings"][0]["message"], "Access denied to Role");
}

#[test]
fn what_is_known_is_left_until_its_day_and_while_its_value_stays() {
    let (_folder, dir) = copy_of("doorbells");
    let file = Path::new(&dir).join("cameras/yard.toml");
    let text = fs::read_to_string(&file).unwrap();
    let ignore = |value: &str, until: &str| {
        let entry = format!(
            "\n[[drift.ignore]]\nprocessor = \"front-*\"\n\
             attribute = \"data_sharing_preference.opt_in\"\nvalue = {value}\n{until}\n\
             reason = \"a study until the end of the year\"\n"
        );
        fs::write(&file, format!("{text}{entry}")).unwrap();
    };
    let front = || drift(&dir, &["--only", "front-door"]);
    ignore("true", "until = 2999-12-31");
    let (code, found) = front();
    assert_eq!((code, &found["summary"]["ignored"]), (0, &json!(1)), "{found:#}");
    let plan = run(&["plan", &dir, "--emulator", "--only", "front-door"]);
    assert!(!plan.stdout.contains("opt_in    true"), "{}", plan.stdout);
    assert!(plan.stdout.contains("note[left-alone]"), "{}", plan.stdout);

    ignore("true", "until = \"2020-01-01\"");
    let (code, found) = front();
    assert_eq!((code, &found["summary"]["ignored"]), (2, &json!(0)));
    assert_eq!(found["diagnostics"][0]["code"], "idle-drift-ignore");
    ignore("false", "");
    assert_eq!(front().0, 2, "with another value it is drift again");
}

#[test]
fn what_could_not_be_read_is_neither_clean_nor_drift() {
    let (_folder, dir) = copy_of("doorbells");
    let file = Path::new(&dir).join("live.json");
    console(&dir, |processors| processors[0]["RoleArn"] = Value::Null);
    let live = file.to_str().unwrap();
    let found = run(&["drift", &dir, "--live", live]);
    assert_eq!(found.code, 6, "{}", found.stdout);
    assert!(found.stdout.contains("Incomplete: "), "{}", found.stdout);
    assert!(found.stdout.contains("back-door could not be read"), "{}", found.stdout);
    assert!(!found.stdout.contains("No drift."), "{}", found.stdout);
}
