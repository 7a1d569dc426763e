//! Files for what exists: they declare it exactly, and read as if a person had
//! written them.

mod cloudformation;
mod command;
mod fleets;
mod golden;
mod terraform;

use rekon::config::Loaded;
use rekon::desired::Stack;
use rekon::emulator::{Emulator, Options as Service, State};
use rekon::import::{self, Composed, Existing, Inventory, Options};
use rekon::model::Live;
use rekon::plan::{Action, Plan};
use serde_json::Value;

use crate::world::camera::{ACCOUNT, REGION};
use crate::world::stage::Project;

pub fn stack() -> Stack {
    Stack { name: "fleet".into(), account_id: ACCOUNT.into(), region: REGION.into() }
}

/// Composes a new project.
pub fn anew(inventory: &Inventory, options: &Options) -> Result<Composed, String> {
    import::compose(inventory, &stack(), None, options, &|_| false)
        .map_err(|error| error.to_string())
}

/// Composes what a project lacks.
pub fn added(
    inventory: &Inventory,
    project: &Project,
    options: &Options,
) -> Result<Composed, String> {
    let existing = Existing { loaded: &project.loaded, desired: project.desired() };
    import::compose(inventory, &project.desired().stack, Some(existing), options, &|_| false)
        .map_err(|error| error.to_string())
}

/// The project's own files with those that were composed.
pub fn joined(there: &[(String, String)], composed: &Composed) -> Result<Project, String> {
    let new = composed.files.iter().filter(|file| file.path.ends_with(".toml"));
    let new = new.map(|file| (file.path.as_str(), file.text.as_str()));
    let old = there.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    Project::of(Loaded::from_texts(old.chain(new)))
}

/// What a plan would change, if anything.
pub fn changes(plan: &Plan) -> Result<(), String> {
    // To be adopted is no change of what was imported.
    let none = plan.changes.iter().all(|change| change.actions == [Action::Adopt]);
    match none && plan.refusals.is_empty() && plan.complete {
        true => Ok(()),
        false => Err(format!("{:#?}\n{:#?}", plan.changes, plan.refusals)),
    }
}

/// All texts, for messages.
pub fn texts(composed: &Composed) -> String {
    let files = composed.files.iter().filter(|file| file.path.ends_with(".toml"));
    files.map(|file| format!("--- {}\n{}", file.path, file.text)).collect()
}

/// A world's snapshot, as the service has it, as what lives.
pub fn read(snapshot: &Value) -> Live {
    let options = Service::default();
    let state = State::from_snapshot(snapshot, &options).unwrap();
    let snapshot = Emulator::new(options, state).snapshot().to_string();
    let live = rekon::live::parse(std::path::Path::new("live.json"), &snapshot).unwrap();
    assert!(live.is_complete() && !live.processors.is_empty());
    live
}
