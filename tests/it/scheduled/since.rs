//! What earlier looks found, kept in a file.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{console, processor};
use crate::support::{copy_of, run};

fn drift(dir: &str, since: &str, more: &[&str]) -> (i32, Value) {
    let args = ["drift", dir, "--emulator", "--format", "json", "--since", since];
    let run = run(&[&args, more].concat());
    (run.code, serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}", run.stderr)))
}

fn standing<'a>(found: &'a Value, name: &str, category: &str) -> &'a str {
    let mut all = found["findings"].as_array().unwrap().iter();
    let one = all.find(|one| one["name"] == name && one["category"] == category);
    one.unwrap_or_else(|| panic!("{found:#}"))["seen"]["standing"].as_str().unwrap()
}

#[test]
fn findings_are_new_then_known_then_otherwise_and_at_last_resolved() {
    let (_folder, dir) = copy_of("doorbells");
    let since = format!("{dir}/seen.json");
    let (code, found) = drift(&dir, &since, &[]);
    assert_eq!((code, &found["since"]["last"]), (2, &Value::Null));
    assert_eq!(standing(&found, "front-door", "changed"), "new");
    let first = found["findings"][0]["seen"]["since"].clone();
    let (_, found) = drift(&dir, &since, &[]);
    assert_eq!(standing(&found, "front-door", "changed"), "known");
    assert_eq!(found["findings"][0]["seen"]["since"], first);
    assert_eq!((&found["since"]["new"], &found["since"]["resolved"]), (&json!(0), &json!([])));

    console(&dir, |processors| {
        processor(processors, "front-door")["DataSharingPreference"] = json!({"OptIn": false});
        processor(processors, "garden")["Settings"]["ConnectedHome"]["MinConfidence"] = json!(42);
    });
    // A look at one of them leaves the memory of the others alone.
    let (_, found) = drift(&dir, &since, &["--only", "garden"]);
    assert_eq!(found["since"]["resolved"], json!([]));
    let (_, found) = drift(&dir, &since, &[]);
    assert_eq!(found["since"]["resolved"][0]["name"], "front-door");
    assert_eq!(found["since"]["resolved"][0]["since"], first);
    assert_eq!(standing(&found, "garden", "changed"), "known", "since the look at it alone");

    console(&dir, |processors| {
        processor(processors, "garden")["Settings"]["ConnectedHome"]["MinConfidence"] = json!(43);
        processor(processors, "front-door")["DataSharingPreference"] = json!({"OptIn": true});
    });
    let args = ["drift", &dir, "--emulator", "--since", &since];
    let text = run(&args).stdout;
    for words in
        ["    otherwise than before; there since 20", "    new\n", "1 new, 1 otherwise than before"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    console(&dir, |processors| {
        processor(processors, "front-door")["DataSharingPreference"] = json!({"OptIn": false});
    });
    let text = run(&[&args[..], &["--format", "markdown"]].concat()).stdout;
    assert!(text.contains("### Resolved\n\n- `front-door`: `resolved: changed since 20"), "{text}");
    console(&dir, |processors| {
        processor(processors, "front-door")["DataSharingPreference"] = json!({"OptIn": true});
    });
    run(&args);
    console(&dir, |processors| {
        processor(processors, "front-door")["DataSharingPreference"] = json!({"OptIn": false});
    });
    let text = run(&args).stdout;
    assert!(text.contains("✓ front-door") && text.contains("1 resolved"), "{text}");
}

#[test]
fn an_incomplete_look_resolves_nothing_and_keeps_nothing() {
    let (_folder, dir) = copy_of("doorbells");
    let since = format!("{dir}/seen.json");
    drift(&dir, &since, &[]);
    let before = fs::read_to_string(&since).unwrap();
    console(&dir, |processors| processor(processors, "front-door")["RoleArn"] = Value::Null);
    let live = format!("{dir}/live.json");
    let args = ["drift", &dir, "--live", &live, "--format", "json", "--since", &since];
    let cut = run(&args);
    let (code, found): (i32, Value) = (cut.code, serde_json::from_str(&cut.stdout).unwrap());
    assert_eq!((code, &found["since"]["resolved"]), (6, &json!([])));
    assert_eq!(standing(&found, "side-door", "missing"), "known");
    assert_eq!(fs::read_to_string(&since).unwrap(), before);
}

#[test]
fn what_is_no_memory_of_the_stack_is_refused_and_left() {
    let (folder, dir) = copy_of("doorbells");
    let since = folder.path().join("seen.json").display().to_string();
    let foreign = json!({"format_version": "1.0", "at": "2026-01-01T00:00:00Z", "findings": [],
        "stack": {"name": "other", "account_id": "111122223333", "region": "us-east-1"}});
    let foreign = foreign.to_string();
    for (text, said) in [
        ("", "this is not what an earlier look found"),
        ("{\"findings\": [", "this is not what an earlier look found"),
        ("[stack]\n", "this is not what an earlier look found"),
        (foreign.as_str(), "it is of stack other"),
    ] {
        fs::write(&since, text).unwrap();
        let args = ["drift", &dir, "--emulator", "--since", &since];
        let run = run(&args);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{text}");
        assert!(run.stderr.contains(said) && run.stderr.contains("--since"), "{}", run.stderr);
        assert_eq!(fs::read_to_string(&since).unwrap(), text);
    }
}

#[test]
fn what_cannot_be_kept_hides_nothing_and_is_no_success() {
    let (_folder, dir) = copy_of("doorbells");
    let since = format!("{dir}/none/seen.json");
    let (code, found) = drift(&dir, &since, &[]);
    assert_eq!((code, found["findings"].as_array().unwrap().len()), (2, 5));
    let (code, _) = drift(&dir, &since, &["--fail-on", "failed"]);
    assert_eq!(code, 1);
    let said = run(&["drift", &dir, "--emulator", "--since", &since]).stderr;
    assert!(said.contains("cannot keep what was found in "), "{said}");
    assert!(!Path::new(&dir).join("none").exists());
}
