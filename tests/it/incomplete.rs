//! Reads that are cut short, from outside: whatever the command, it ends with 6, says what
//! is missing, claims nothing to be clean, and writes nothing.

use std::fs;
use std::path::Path;

use rekon::emulator::{Emulator, Limits, Options, State};
use serde_json::Value;

use crate::support::{Run, copy, copy_of, remembering, run};
use crate::world::served::{Served, Verdict};

/// What goes wrong, and what is told of it.
const TROUBLES: [(&[&str], &str); 3] = [
    (&["DescribeStreamProcessor/garden=deny"], "garden"),
    (&["ListStreamProcessors:2x99=deny"], "a page of ListStreamProcessors"),
    (&["GetResources=deny", "ListTagsForResource/garden=deny"], "garden"),
];

const VERBS: [&[&str]; 5] = [
    &["plan"],
    &["apply", "--auto-approve"],
    &["drift"],
    &["accept"],
    &["import", "--region", "us-east-1"],
];

/// A project whose fleet is applied and whose front door was changed by hand since; and
/// what lives.
fn moved() -> (tempfile::TempDir, String, Value) {
    let (folder, dir) = copy_of("doorbells");
    assert_eq!(run(&["apply", &dir, "--emulator", "--auto-approve"]).code, 0);
    let state = Path::new(&dir).join(".rekon/emulator.json");
    let mut state: Value = serde_json::from_str(&fs::read_to_string(state).unwrap()).unwrap();
    for one in state["processors"].as_array_mut().unwrap() {
        if one["Name"] == "front-door" {
            one["Settings"]["ConnectedHome"]["MinConfidence"] = 92.5.into();
        }
    }
    fs::remove_dir_all(Path::new(&dir).join(".rekon")).unwrap();
    (folder, dir, state)
}

fn texts(dir: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => texts.extend(self::texts(&path)),
            false => texts.push((path.clone(), fs::read(&path).unwrap())),
        }
    }
    texts.sort();
    texts
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_command_what_was_not_read_is_told_and_nothing_is_written() {
    let (_folder, dir, state) = moved();
    let mut runs = tokio::task::JoinSet::new();
    for (troubles, told) in TROUBLES {
        for verb in VERBS {
            let copied = tempfile::tempdir().unwrap();
            let project = copied.path().join("doorbells");
            copy(Path::new(&dir), &project);
            let state = state.clone();
            runs.spawn(async move {
                let _folder = copied;
                incomplete(&project, &state, troubles, told, verb).await;
            });
        }
    }
    runs.join_all().await;
}

async fn incomplete(project: &Path, state: &Value, troubles: &[&str], told: &str, verb: &[&str]) {
    let mut options = Options {
        limits: Limits { page: 3, ..Limits::default() },
        account_id: "111122223333".into(),
        ..Options::default()
    };
    options.faults.scripted = troubles.iter().map(|fault| fault.parse().unwrap()).collect();
    let state = State::from_snapshot(state, &options).unwrap();
    let served = Served::new(Emulator::new(remembering(options), state), |_| Verdict::Answer).await;
    // An import makes a project of its own.
    let target = if verb[0] == "import" { project.join("new") } else { project.to_owned() };
    let args = [&[verb[0], target.to_str().unwrap()], &verb[1..]].concat();
    let before = texts(project);
    let mut command = served.rekon(&args);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let run = Run::from(output);
    let all = format!("{troubles:?} {args:?}:\n{}{}", run.stdout, run.stderr);
    assert_eq!(run.code, 6, "{all}");
    assert!(all.contains(told), "{all}");
    for clean in ["No changes.", "No drift.", "Nothing to accept"] {
        assert!(!run.stdout.contains(clean), "{all}");
    }
    let writes = served.emulator.journal().into_iter().filter(|call| call.operation.writes());
    assert_eq!(writes.count(), 0, "{all}");
    if verb[0] != "import" {
        assert!(texts(project) == before, "{all}");
    }
}
