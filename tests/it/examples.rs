//! Every example, planned and applied by the real program.

use std::path::Path;

use serde_json::Value;

use crate::support::{copy_of, examples, run};

#[test]
fn the_repository_ships_the_documented_examples() {
    for name in ["doorbells", "lobby", "minimal"] {
        assert!(examples().iter().any(|example| example == name), "{name}");
    }
}

#[test]
fn applying_an_example_leaves_nothing_to_plan() {
    for example in examples() {
        let (_folder, dir) = copy_of(&example);
        let plan = run(&["plan", &dir, "--emulator", "--format", "json", "--detailed-exitcode"]);
        assert_eq!(plan.code, 2, "{example}: {}", plan.stderr);
        let planned: Value = serde_json::from_str(&plan.stdout).unwrap();

        let apply = run(&["apply", &dir, "--emulator", "--auto-approve", "--format", "json"]);
        assert_eq!(apply.code, 0, "{example}: {}{}", apply.stdout, apply.stderr);
        let outcome: Value = serde_json::from_str(&apply.stdout).unwrap();
        assert_eq!(
            outcome["summary"]["calls"]["made"], planned["summary"]["calls"]["total"],
            "{example}"
        );

        let again = run(&["plan", &dir, "--emulator", "--detailed-exitcode"]);
        assert_eq!(again.code, 0, "{example}: {}{}", again.stdout, again.stderr);
    }
}

#[test]
fn every_file_of_an_example_names_the_schema_to_editors() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")];
    let schema = folders[0].join("../schema.json").canonicalize().unwrap();
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "toml") {
                let text = std::fs::read_to_string(&path).unwrap();
                let named = text.lines().next().and_then(|line| line.strip_prefix("#:schema "));
                let named = named.and_then(|named| folder.join(named).canonicalize().ok());
                assert_eq!(named.as_ref(), Some(&schema), "{}", path.display());
                files += 1;
            }
        }
    }
    assert!(files >= 6, "{files}");
}

#[test]
fn planning_an_example_writes_nothing_beside_it() {
    for example in examples() {
        let (_folder, dir) = copy_of(&example);
        assert_eq!(run(&["plan", &dir, "--emulator"]).code, 0);
        assert!(!Path::new(&dir).join(".rekon").exists(), "{example}");
    }
}

#[test]
fn the_doorbells_show_one_of_each_kind_of_change() {
    let (_folder, dir) = copy_of("doorbells");
    let plan = run(&["plan", &dir, "--emulator", "--format", "json"]);
    let plan: Value = serde_json::from_str(&plan.stdout).unwrap();
    let summary = &plan["summary"];
    assert_eq!((&summary["create"], &summary["replace"]), (&1.into(), &1.into()));
    assert_eq!(plan["refusals"], serde_json::json!([]));
    let front_door =
        plan["calls"].as_array().unwrap().iter().find(|call| call["processor"] == "front-door");
    assert_eq!(
        front_door.unwrap()["request"],
        serde_json::json!({
            "Name": "front-door",
            "SettingsForUpdate": {"ConnectedHomeForUpdate": {"Labels": ["PACKAGE", "PERSON"]}},
            "DataSharingPreferenceForUpdate": {"OptIn": false},
            "ParametersToDelete": ["RegionsOfInterest"],
        })
    );
}
