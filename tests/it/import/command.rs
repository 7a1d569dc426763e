//! `rekon import` and `rekon init` as the real program.

use std::collections::BTreeMap;
use std::path::Path;

use rekon::emulator::{Emulator, Operation, Options as Service, State};
use serde_json::{Value, json};

use crate::support::{copy_of, git, rekon, remembering, run};
use crate::world::served::{Served, Verdict};

/// Everything in a folder but what the embedded service keeps, with its text, as far as it
/// is one: cameras' frames are none.
fn contents(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            let below = contents(&path).into_iter();
            found.extend(below.map(|(file, text)| (format!("{name}/{file}"), text)));
        } else {
            let bytes = std::fs::read(path).unwrap();
            found.insert(name, String::from_utf8_lossy(&bytes).into_owned());
        }
    }
    found
}

fn snapshot_of(dir: &str) -> String {
    Path::new(dir).join("live.json").display().to_string()
}

#[test]
fn without_a_project_it_makes_a_whole_one_that_plans_to_nothing() {
    for example in crate::support::examples() {
        let (folder, dir) = copy_of(&example);
        let live = snapshot_of(&dir);
        for (name, options) in [
            ("plain", &[][..]),
            ("a/b/deep", &["--split", "name"][..]),
            ("by-tag", &["--split", "tag:team", "--run-states"][..]),
        ] {
            let new = folder.path().join(name);
            let new = new.to_str().unwrap();
            let import = run(&[&["import", new, "--live", &live], options].concat());
            assert_eq!(import.code, 0, "{}", import.stderr);
            assert!(
                import.stdout.contains(&format!("Next: rekon plan {new}\n")),
                "{}",
                import.stdout
            );
            let valid = run(&["validate", new, "--deny-warnings"]);
            assert_eq!(valid.code, 0, "{}", valid.stderr);
            let plan = run(&["plan", new, "--live", &live, "--deny-undeclared"]);
            assert_eq!(plan.code, 0, "{}{}", plan.stdout, plan.stderr);
            assert!(only_adopts(&plan.stdout), "{}", plan.stdout);
            let text = std::fs::read_to_string(Path::new(new).join("rekon.toml")).unwrap();
            let stack = name.rsplit('/').next().unwrap();
            assert!(text.starts_with("#:schema schema.json\n\n[stack]\n"), "{text}");
            // What was marked goes on under the name that it is marked with.
            let stack = if example == "doorbells" { &example } else { stack };
            assert!(text.contains(&format!("name       = \"{stack}\"")), "{text}");
            assert!(text.contains("max_deletes      = 0\n"), "{text}");
            let schema = std::fs::read_to_string(Path::new(new).join("schema.json")).unwrap();
            assert_eq!(schema, run(&["schema"]).stdout);
        }
    }
}

#[test]
fn the_embedded_service_is_imported_as_any_other() {
    let (folder, dir) = copy_of("lobby");
    let emulator = format!("--emulator={}", snapshot_of(&dir));
    let new = folder.path().join("new").display().to_string();
    let import = run(&["import", &new, &emulator, "--stack", "faces"]);
    assert_eq!(import.code, 0, "{}", import.stderr);
    assert!(import.stderr.contains("stack faces · account 111122223333 · us-east-1 · emulated"));
    let plan = run(&["plan", &new, &emulator]);
    assert_eq!(plan.code, 0, "{}{}", plan.stdout, plan.stderr);
    assert!(only_adopts(&plan.stdout), "{}", plan.stdout);
    let other = run(&["import", &new, &emulator, "--region", "us-west-2"]);
    assert_eq!(other.code, 1, "{}", other.stderr);
    let other = folder.path().join("other").display().to_string();
    let other = run(&["import", &other, &emulator, "--region", "us-west-2"]);
    assert!(other.stderr.contains("is not the embedded service's, us-east-1"), "{}", other.stderr);
}

#[test]
fn into_a_project_it_adds_what_is_missing_and_touches_nothing() {
    let (_folder, dir) = copy_of("doorbells");
    let before = contents(Path::new(&dir));
    let import = run(&["import", &dir, "--emulator"]);
    assert_eq!(import.code, 0, "{}", import.stderr);
    let (path, declared) = (format!("{dir}/cameras/imported.toml"), "garage is declared otherwise");
    assert!(import.stdout.contains(&format!("Wrote {path}: 1 processor.")), "{}", import.stdout);
    assert!(import.stdout.contains("Left alone 5 processors that files declare: back-door"));
    assert!(import.stdout.contains(declared), "{}", import.stdout);
    let mut after = contents(Path::new(&dir));
    let added = after.remove("cameras/imported.toml").unwrap();
    assert_eq!(before, after);
    assert!(added.starts_with("[processor.legacy-cam]\n"), "{added}");
    let plan = run(&["plan", &dir, "--emulator", "--deny-undeclared"]);
    assert_eq!(plan.code, 0, "{}", plan.stdout);

    let again = run(&["import", &dir, "--emulator"]);
    assert!(again.stdout.starts_with("There is nothing to import that no file declares.\n"));
    assert_eq!(contents(Path::new(&dir)).len(), before.len() + 1);
}

#[test]
fn where_no_pattern_includes_the_new_file_the_line_to_add_is_told() {
    let (_folder, dir) = copy_of("minimal");
    let path = Path::new(&dir).join("rekon.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let (head, _) = text.split_once("[processor.").unwrap();
    std::fs::write(&path, head).unwrap();
    let import = run(&["import", &dir, "--emulator"]);
    let told = format!("Add \"imported.toml\" to stack.include in {dir}/rekon.toml.");
    assert!(import.code == 0 && import.stdout.contains(&told), "{}", import.stdout);
    let plan = |text: &str| {
        std::fs::write(&path, text).unwrap();
        run(&["plan", &dir, "--emulator", "--deny-undeclared"])
    };
    assert_eq!(plan(head).code, 3);
    let included = head.replace("region ", "include = [\"imported.toml\"]\nregion ");
    let included = plan(&included);
    assert_eq!(included.code, 0, "{}{}", included.stdout, included.stderr);
    assert!(only_adopts(&included.stdout), "{}", included.stdout);
}

/// Whether a plan as text changes nothing but marks.
fn only_adopts(plan: &str) -> bool {
    plan.contains("No changes.")
        || plan.contains("Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, ")
}

#[test]
fn a_dry_run_prints_the_files_and_writes_nothing() {
    let (folder, dir) = copy_of("lobby");
    let live = snapshot_of(&dir);
    let new = folder.path().join("new");
    let args = ["import", new.to_str().unwrap(), "--live", &live, "--dry-run"];
    let dry = run(&args);
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    assert!(!new.exists());
    assert!(dry.stderr.contains("Would write"), "{}", dry.stderr);
    let split = run(&[&args[..], &["--split", "name"]].concat());
    assert!(
        split.stdout.contains("# --- processors/lobby.toml\n[processor.lobby]\n")
            || split.stdout.contains("# --- processors/lobby.toml\n# FAILED"),
        "{}",
        split.stdout
    );
    let document: Value =
        serde_json::from_str(&run(&[&args[..], &["--format", "json"]].concat()).stdout).unwrap();
    assert_eq!(document["files"][0]["text"], json!(dry.stdout));
    assert_eq!(document["dry_run"], true);
    assert!(!new.exists());
    // What was printed is what is written.
    assert_eq!(run(&args[..4]).code, 0);
    assert_eq!(std::fs::read_to_string(new.join("rekon.toml")).unwrap(), dry.stdout);
}

#[test]
fn names_globs_and_tags_say_what_is_meant() {
    let (folder, dir) = copy_of("doorbells");
    let live = snapshot_of(&dir);
    let imported = |options: &[&str]| -> Vec<String> {
        let new = folder.path().join("new").display().to_string();
        let args = ["import", &new, "--live", &live, "--dry-run", "--format", "json"];
        let options = options.iter().partition::<Vec<&str>, _>(|text| !text.starts_with('-'));
        let (names, options) = options;
        let line = [&args[..2], &names[..], &args[2..], &options[..]].concat();
        let run = run(&line);
        assert_eq!(run.code, 0, "{}", run.stderr);
        let document: Value = serde_json::from_str(&run.stdout).unwrap();
        serde_json::from_value(document["files"][0]["processors"].clone()).unwrap()
    };
    assert_eq!(imported(&["*-door"]), ["back-door", "front-door"]);
    assert_eq!(imported(&["*-door", "garage", "--exclude=back*"]), ["front-door", "garage"]);
    assert_eq!(imported(&["--tag=team=other"]), ["legacy-cam"]);
    for wrong in [&["nobody"][..], &["--exclude", "x*"], &["--tag", "team=nobody"], &["a["]] {
        let new = folder.path().join("new").display().to_string();
        let run = run(&[&["import", &new][..], wrong, &["--live", &live]].concat());
        assert_eq!(run.code, 1, "{wrong:?}");
        assert!(run.stderr.contains("matches no stream processor") || wrong == ["a["]);
    }
}

#[test]
fn a_name_without_a_folder_is_not_made_one() {
    let (_folder, dir) = copy_of("doorbells");
    for (name, here) in [("legacy-cam", dir.as_str()), ("front-*", "/tmp")] {
        let mut command = rekon(&["import", name, "--emulator"]);
        let run: crate::support::Run = command.current_dir(here).output().unwrap().into();
        let help = format!("to import a processor of that name: rekon import . '{name}'");
        assert!(run.code == 1 && run.stderr.contains(&help), "{}", run.stderr);
        assert!(!Path::new(here).join(name).exists());
    }
}

/// Reads what can be read, says what cannot, writes the rest, and never ends as if
/// that were all.
#[tokio::test(flavor = "multi_thread")]
async fn an_incomplete_read_is_exit_code_6_and_says_which() {
    let (folder, dir) = copy_of("doorbells");
    let snapshot: Value =
        serde_json::from_str(&std::fs::read_to_string(snapshot_of(&dir)).unwrap()).unwrap();
    let options = Service::default();
    let state = State::from_snapshot(&snapshot, &options).unwrap();
    let described = std::sync::atomic::AtomicUsize::new(0);
    let served = Served::new(Emulator::new(remembering(options), state), move |operation| {
        let is_third = operation == Operation::DescribeStreamProcessor.name()
            && described.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 2;
        if is_third { Verdict::Refuse } else { Verdict::Answer }
    })
    .await;
    let new = folder.path().join("new");
    let args = ["import", new.to_str().unwrap(), "--region", "us-east-1", "--format", "json"];
    let mut command = served.rekon(&args);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let run = crate::support::Run::from(output);
    assert_eq!(run.code, 6, "{}", run.stderr);
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(
        (&document["complete"], &document["summary"]["imported"]),
        (&json!(false), &json!(5))
    );
    let names = document["problems"][0]["names"].as_array().unwrap();
    let unread = names[0].as_str().unwrap();
    assert!(run.stderr.contains(&format!("not read: {unread}: DescribeStreamProcessor")));
    let text = std::fs::read_to_string(new.join("rekon.toml")).unwrap();
    assert_eq!(text.matches("[processor.").count(), 5);
    assert!(!text.contains(&format!("[processor.{unread}]")));
    // The next one adds it; what is certain of tags was asked of each processor.
    let calls = served.counts();
    assert_eq!(calls["ListTagsForResource"], 5);
    let mut command = served.rekon(&args);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let run = crate::support::Run::from(output);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(document["files"][0]["processors"], json!([unread]));
}

#[test]
fn whose_fleet_it_is_has_to_be_known_and_has_to_fit() {
    let (folder, dir) = copy_of("minimal");
    let new = folder.path().join("new").display().to_string();
    for (args, words) in [
        (&["import", &new][..], "it is not known in which region to look"),
        (
            &["import", &new, "--live", &snapshot_of(&dir), "--account", "444455556666"],
            "is of account 111122223333",
        ),
        (&["import", &new, "--live", &snapshot_of(&dir), "--region", "us-west-2"], "is of account"),
        (
            &["import", &dir, "--live", &snapshot_of(&dir), "--stack", "x"],
            "--stack x is not what the project says, minimal",
        ),
        (
            &["import", &new, "--live", &snapshot_of(&dir), "--stack", "a#b"],
            "this cannot be a stack's name",
        ),
    ] {
        let run = run(args);
        assert_eq!(run.code, 1, "{args:?}");
        assert!(run.stderr.contains(words), "{args:?}: {}", run.stderr);
    }
    assert!(!Path::new(&new).exists());
}

#[test]
fn init_writes_a_project_that_is_valid_and_overwrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("My cameras!");
    let path = dir.to_str().unwrap();
    let init = run(&["init", path]);
    assert_eq!((init.code, init.stdout.as_str()), (0, ""), "{}", init.stderr);
    assert!(init.stderr.contains("Next: set account_id and region"), "{}", init.stderr);
    let valid = run(&["validate", path, "--deny-warnings"]);
    assert_eq!(valid.code, 0, "{}", valid.stderr);
    assert!(valid.stdout.contains("stack My cameras-, 0 processors"), "{}", valid.stdout);
    let written = contents(&dir);
    let workflow = ".github/workflows/rekon.yml";
    assert_eq!(written.keys().collect::<Vec<_>>(), [workflow, "rekon.toml", "schema.json"]);
    assert!(written[workflow].contains("dir: \".\""), "{}", written[workflow]);

    // What it shows as comments is valid too.
    let text = written["rekon.toml"].replace("# include ", "## include ");
    let shown: String = text.lines().map(|line| line.strip_prefix("# ").unwrap_or(line)).fold(
        String::new(),
        |text, line| match line.starts_with("What every") || line == "#" {
            true => text,
            false => text + line + "\n",
        },
    );
    std::fs::write(dir.join("rekon.toml"), shown).unwrap();
    let valid = run(&["validate", path, "--deny-warnings"]);
    assert_eq!(valid.code, 0, "{}", valid.stderr);
    assert!(valid.stdout.contains("2 processors"), "{}", valid.stdout);

    let again = run(&["init", path]);
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("rekon.toml is there already"), "{}", again.stderr);
    let here: crate::support::Run =
        rekon(&["init", "--account", "12"]).current_dir(folder.path()).output().unwrap().into();
    assert!(here.code == 1 && here.stderr.contains("this is no account id"), "{}", here.stderr);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn init_writes_the_workflow_where_github_looks_for_it_and_names_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    git(root, &["init", "-q"]);
    let init = |args: &[&str]| -> crate::support::Run {
        let run: crate::support::Run =
            rekon(&[&["init"], args].concat()).current_dir(root).output().unwrap().into();
        assert_eq!(run.code, 0, "{}", run.stderr);
        run
    };
    let file = root.join(".github/workflows/rekon.yml");
    init(&["plain", "--no-workflow"]);
    assert!(!file.exists() && root.join("plain/rekon.toml").exists());

    let named = init(&["sites/${{ a }}\"", "--account", "123456789012", "--region", "eu-west-1"]);
    assert!(named.stderr.contains("Wrote .github/workflows/rekon.yml."), "{}", named.stderr);
    let text = std::fs::read_to_string(&file).unwrap();
    let dirs = text.lines().filter_map(|line| line.trim().strip_prefix("dir: "));
    assert_eq!(dirs.collect::<Vec<_>>(), [r#""sites/${{ '${{' }} a }}\"""#; 3]);
    assert!(text.contains("arn:aws:iam::123456789012:role/rekon-apply"), "{text}");
    assert!(text.contains("aws-region: eu-west-1") && !text.contains("us-east-1"), "{text}");

    let other = init(&["other"]);
    assert!(!other.stderr.contains("workflows"), "{}", other.stderr);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}
