//! `apply --expect`: what was reviewed is applied as it was reviewed, and nothing else.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use rekon::live;
use rekon::plan::{Options, Plan, Reviewed, plan_reviewed};
use rekon::report;
use serde_json::{Value, json};

use crate::convergence::for_worlds;
use crate::support::{copy_of, run};
use crate::world::stage::Project;
use crate::world::{Dice, World, files};

/// A project whose plan was reviewed.
struct Place {
    _folder: tempfile::TempDir,
    dir: String,
    plan: String,
}

impl Place {
    fn new() -> Place {
        let (folder, dir) = copy_of("doorbells");
        let plan = folder.path().join("plan.json").display().to_string();
        let reviewed = run(&["plan", &dir, "--emulator", "--exclude", "garage", "--out", &plan]);
        assert_eq!(reviewed.code, 0, "{}", reviewed.stderr);
        Place { _folder: folder, dir, plan }
    }

    fn apply(&self, expect: &str, more: &[&str]) -> (i32, Value) {
        let args = ["apply", &self.dir, "--emulator", "--auto-approve", "--exclude", "garage"];
        let rest = ["--format", "json", "--expect", expect];
        let run = run(&[&args[..], &rest, more].concat());
        let outcome = serde_json::from_str(&run.stdout);
        (run.code, outcome.unwrap_or_else(|_| panic!("{}{}", run.stdout, run.stderr)))
    }

    /// What is done, and what is left because nobody agreed to it.
    fn told(&self, expect: &str, more: &[&str]) -> (i32, Vec<String>, Vec<(String, String)>) {
        let (code, outcome) = self.apply(expect, more);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let processors = outcome["processors"].as_array().unwrap().iter();
        let done = processors.filter(|one| one["result"] == "done").map(|one| text(&one["name"]));
        let empty = Vec::new();
        let rest = outcome["unreviewed"].as_array().unwrap_or(&empty).iter();
        let rest = rest.map(|one| (text(&one["name"]), text(&one["reason"])));
        (code, done.collect(), rest.collect())
    }

    fn edit(&self, file: &str, from: &str, to: &str) {
        let file = Path::new(&self.dir).join(file);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(&file, text.replace(from, to)).unwrap();
    }

    /// Changes what lives as a console would.
    fn console(&self, name: &str, change: impl FnOnce(&mut Value)) {
        let folder = Path::new(&self.dir);
        let kept = folder.join(".rekon/emulator.json");
        let file = if kept.exists() { kept } else { folder.join("live.json") };
        let mut state: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let processors = state["processors"].as_array_mut().unwrap();
        change(processors.iter_mut().find(|one| one["Name"] == name).unwrap());
        fs::write(&file, state.to_string()).unwrap();
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn rest(rest: &[(&str, &str)]) -> Vec<(String, String)> {
    rest.iter().map(|(name, reason)| ((*name).to_owned(), (*reason).to_owned())).collect()
}

#[test]
fn all_that_was_reviewed_is_applied_if_nothing_moved() {
    let place = Place::new();
    // What only reads otherwise is the same plan.
    place.edit("cameras/yard.toml", "[processor.garden]", "# a comment\n[processor.garden]");
    let (code, done, left) = place.told(&place.plan, &[]);
    assert_eq!((code, left), (0, Vec::new()));
    assert_eq!(done, names(&["front-door", "garden", "side-door"]));
    // Once more there is nothing to do, which is all that was agreed to.
    let (code, done, left) = place.told(&place.plan, &[]);
    assert_eq!((code, done, left), (0, Vec::new(), Vec::new()));
}

#[test]
fn approval_survives_another_merge_and_a_camera_that_drifted() {
    let place = Place::new();
    place.edit(
        "cameras/yard.toml",
        "[processor.driveway]\n",
        "[processor.driveway]\ndata_sharing_preference.opt_in = true\n",
    );
    place.console("garden", |garden| {
        garden["Settings"]["ConnectedHome"]["MinConfidence"] = json!(12);
    });
    let (code, done, left) = place.told(&place.plan, &[]);
    assert_eq!((code, done), (5, names(&["front-door", "side-door"])));
    assert_eq!(left, rest(&[("driveway", "new"), ("garden", "different")]));
    // What nobody agreed to is left, and said again.
    let (code, done, left) = place.told(&place.plan, &[]);
    assert_eq!((code, done), (4, Vec::new()));
    assert_eq!(left, rest(&[("driveway", "new"), ("garden", "different")]));
    let args = ["apply", &place.dir, "--emulator", "--auto-approve", "--exclude", "garage"];
    let told = run(&[&args[..], &["--expect", &place.plan]].concat());
    assert_eq!(told.code, 4);
    let words = "because the reviewed plan does not have it: driveway.";
    assert!(told.stdout.contains(words), "{}", told.stdout);
}

#[test]
fn the_run_after_a_partial_one_does_the_rest() {
    let place = Place::new();
    let (code, done, _) = place.told(&place.plan, &["--limit", "1"]);
    assert_eq!((code, done.len()), (0, 1));
    let (code, done, left) = place.told(&place.plan, &[]);
    assert_eq!((code, done.len(), left), (0, 2, Vec::new()));
}

#[test]
fn a_fingerprint_stands_for_all_or_nothing() {
    let place = Place::new();
    let plan: Value = serde_json::from_str(&fs::read_to_string(&place.plan).unwrap()).unwrap();
    let fingerprint = plan["fingerprint"].as_str().unwrap();
    let other = format!("sha256:{}", "0".repeat(64));
    let (code, done, left) = place.told(&other, &[]);
    assert_eq!((code, done, left.len()), (4, Vec::new(), 3));
    let (code, done, left) = place.told(fingerprint, &[]);
    assert_eq!((code, done.len(), left), (0, 3, Vec::new()));
}

#[test]
fn what_nobody_can_have_reviewed_is_an_error() {
    let place = Place::new();
    let (_other, lobby) = copy_of("lobby");
    let foreign = format!("{lobby}/plan.json");
    assert_eq!(run(&["plan", &lobby, "--emulator", "--out", &foreign]).code, 0);
    let edited = format!("{}/edited.json", place.dir);
    let text = fs::read_to_string(&place.plan).unwrap();
    fs::write(&edited, text.replace("\"garden\"", "\"lawn\"")).unwrap();
    for (expect, words) in [
        (foreign.as_str(), "and this is another"),
        (&edited, "changed after it was made"),
        ("/nonexistent", "cannot read the plan"),
        ("sha256:12", "cannot read the plan"),
    ] {
        let args = ["apply", &place.dir, "--emulator", "--auto-approve", "--expect", expect];
        let refused = run(&args);
        assert_eq!(refused.code, 1, "{}", refused.stdout);
        assert!(refused.stderr.contains(words), "{}", refused.stderr);
    }
    let both = run(&["apply", &place.plan, "--emulator", "--expect", &place.plan]);
    assert_eq!(both.code, 1, "{}", both.stdout);
}

/// What a change does: all of it but what only explains it.
fn deeds(document: &Value) -> BTreeMap<String, Value> {
    let calls = document["calls"].as_array().unwrap();
    let changes = document["changes"].as_array().unwrap().iter().map(|change| {
        let name = change["name"].as_str().unwrap();
        let attributes = change["attributes"].as_array().unwrap().iter();
        let attributes: Vec<Value> = attributes
            .map(|one| json!([one["path"], one["before"], one["after"], one["effect"]]))
            .collect();
        let own = calls.iter().filter(|call| call["processor"] == name);
        let own: Vec<Value> = own
            .map(|call| {
                let after: Vec<Value> = call["after"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|id| {
                        let other = calls.iter().find(|other| other["id"] == *id).unwrap();
                        json!([other["processor"], other["operation"]])
                    })
                    .collect();
                json!([call["operation"], call["request"], call["on_failure"], after])
            })
            .collect();
        (name.to_owned(), json!([change["actions"], attributes, own]))
    });
    changes.collect()
}

fn document(plan: &Plan) -> Value {
    serde_json::from_str(&report::json::plan(plan)).unwrap()
}

/// Plans a world; `None` where its files are wrong.
fn planned(world: &World, seed: u64, reviewed: Option<&Reviewed>) -> Option<Plan> {
    let project = Project::new(&files::write(world, &mut Dice::new(seed))).ok()?;
    let live = live::parse(Path::new("live.json"), &world.snapshot().to_string()).unwrap();
    let Some(reviewed) = reviewed else { return Some(project.plan(&live)) };
    let (desired, sources) = (project.desired(), &project.loaded.sources);
    Some(plan_reviewed(desired, sources, &[], &live, &Options::default(), reviewed))
}

#[test]
fn a_change_is_applied_if_and_only_if_nothing_that_matters_moved() {
    let before: RefCell<Option<World>> = RefCell::new(None);
    let (kept, left) = (Cell::new(0), Cell::new(0));
    for_worlds(250, |world, seed| {
        let mut dice = Dice::new(seed);
        let mut later = world.clone();
        if let Some(other) = before.replace(Some(world.clone())) {
            for index in 0..8 {
                if let (true, Some(lived)) = (dice.once_in(4), other.live.get(&index)) {
                    later.live.insert(index, lived.clone());
                }
                if let (true, Some(declared)) = (dice.once_in(4), other.files.get(&index)) {
                    later.files.insert(index, declared.clone());
                }
                if dice.once_in(12) {
                    later.live.remove(&index);
                }
            }
        }
        // Other spellings and another order of files mean the same.
        let (Some(first), Some(second)) =
            (planned(world, seed, None), planned(&later, seed ^ 1, None))
        else {
            return Ok(());
        };
        let reviewed = Reviewed::Plan(Box::new(first.clone()));
        let chosen = planned(&later, seed ^ 1, Some(&reviewed)).unwrap();
        let (first, second) = (deeds(&document(&first)), deeds(&document(&second)));
        let done = deeds(&document(&chosen));
        let rest: BTreeSet<&str> = chosen.unreviewed.iter().map(|one| one.name.as_str()).collect();
        for (name, deed) in &done {
            if first.get(name) != Some(deed) {
                return Err(format!("{name} is not what was reviewed: {deed}"));
            }
        }
        for (name, deed) in &second {
            let same = first.get(name) == Some(deed);
            match (done.contains_key(name), rest.contains(name.as_str())) {
                (true, false) => kept.set(kept.get() + 1),
                // It may wait for another one that is left out, which the calls then say.
                (false, true) if same => {
                    let reason = chosen.unreviewed.iter().find(|one| one.name == *name).unwrap();
                    if reason.reason.as_str() != "dependent" {
                        return Err(format!("{name} was reviewed as it is, and is left out"));
                    }
                }
                (false, true) => left.set(left.get() + 1),
                other => return Err(format!("{name} is told {other:?}")),
            }
        }
        Ok(())
    });
    assert!(kept.get() > 100 && left.get() > 100, "{} {}", kept.get(), left.get());
}
