//! A snapshot: as a live state to plan against, and as a state that the emulator starts from.

#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use rekon::config::{Loaded, PROJECT_FILE};
use rekon::desired::{self, Desired, Stack};
use rekon::emulator::{Emulator, Options, State};
use rekon::model::{Live, TagKnowledge};
use rekon::plan::{self, plan};
use rekon::{live, report};
use rekon_fuzz::{assert_drawn, assert_same, assert_sound};
use serde_json::Value;

/// The projects that are planned.
static PROJECTS: LazyLock<[(Loaded, Desired); 2]> = LazyLock::new(|| {
    [
        resolved(&[
            include_str!("../../examples/doorbells/rekon.toml"),
            include_str!("../../examples/doorbells/cameras/porches.toml"),
            include_str!("../../examples/doorbells/cameras/yard.toml"),
        ]),
        resolved(&[include_str!("../../examples/lobby/rekon.toml")]),
    ]
});

fn resolved(texts: &[&str]) -> (Loaded, Desired) {
    let paths = [PROJECT_FILE, "cameras/porches.toml", "cameras/yard.toml"];
    let loaded = Loaded::from_texts(paths.into_iter().zip(texts.iter().copied()));
    let desired = desired::resolve(&loaded).desired.expect("the examples have no errors");
    (loaded, desired)
}

fuzz_target!(|data: &[u8]| {
    let path = Path::new("live.json");
    if let Ok(text) = std::str::from_utf8(data) {
        match live::parse(path, text) {
            Ok(live) => planned(&live),
            Err(error) => {
                assert_drawn(|settings| report::text::error(&error.to_string(), None, settings));
            }
        }
    }
    let options = Options::default();
    match State::parse(data, &options) {
        Ok(state) => {
            let saved = Emulator::new(options.clone(), state).snapshot();
            let state = State::from_snapshot(&saved, &options);
            let again = Emulator::new(options, state.expect("it starts from what it saved"));
            assert_same(&kept(again.snapshot()), &kept(saved.clone()));
            live::parse(path, &saved.to_string()).expect("its state is a snapshot");
        }
        Err(error) => {
            assert_drawn(|settings| report::text::error(&error.to_string(), None, settings));
        }
    }
});

/// All of a snapshot but when it was taken.
fn kept(mut snapshot: Value) -> Value {
    snapshot["taken_at"].take();
    snapshot
}

/// Asserts that there is a plan for whatever lives, and none for what lives as it is declared.
fn planned(live: &Live) {
    assert_drawn(|settings| report::text::incomplete(&live.problems, settings));
    let options = plan::Options::default();
    for (loaded, desired) in &*PROJECTS {
        assert_sound(&plan(desired, &loaded.sources, &[], live, &options));
    }
    let stack = Stack {
        name: "s".to_owned(),
        account_id: live.account_id.clone(),
        region: live.region.clone(),
    };
    let mut text = report::toml::stack(&stack);
    for (name, live) in &live.processors {
        text.push_str(&report::toml::processor(name.as_str(), &live.definition));
    }
    let loaded = Loaded::from_texts([(PROJECT_FILE, &*text)]);
    let checked = desired::resolve(&loaded);
    // The service may hold what no file may say.
    let Some(desired) = checked.desired else { return };
    let again = plan(&desired, &loaded.sources, &checked.diagnostics, live, &options);
    assert_sound(&again);
    let confirmed = |live: &Live| {
        let mut all = live.processors.values();
        all.all(|live| live.definition.tags == TagKnowledge::Confirmed)
    };
    if confirmed(live) {
        // At most it is to be marked as the stack's.
        let same = again.changes.iter().all(|change| change.attributes.is_empty());
        assert!(same, "{:#?}\n{text}", again.changes);
    }
}
