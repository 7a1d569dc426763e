//! `rekon drift` on a schedule, as the real program does it: what it writes, keeps and posts.

mod examples;
mod markdown;
mod metrics;
mod notify;
mod since;
mod who;

use std::fs;
use std::path::Path;

use serde_json::Value;

/// Changes the state that the embedded service starts from, as a console would.
fn console(dir: &str, change: impl FnOnce(&mut Value)) {
    let file = Path::new(dir).join("live.json");
    let mut state: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    change(&mut state["processors"]);
    fs::write(&file, state.to_string()).unwrap();
}

/// A processor among those of a state.
fn processor<'a>(processors: &'a mut Value, name: &str) -> &'a mut Value {
    let mut all = processors.as_array_mut().unwrap().iter_mut();
    all.find(|one| one["Name"] == name).unwrap()
}
