//! Taking what lives over into the files: texts as people write them, random worlds, and the
//! command.

mod cases;
mod command;
mod layers;
mod worlds;

use rekon::accept::{self, Refusal, Selection};
use rekon::emulator::Options;
use rekon::model::Live;
use rekon::plan::{Acceptance, Plan};
use rekon::report;
use serde_json::Value;

use crate::world::stage::{Project, Stage};

type Files = Vec<(String, String)>;

/// Applies files to a service that holds nothing.
async fn applied(files: &Files) -> Result<Value, String> {
    let empty = serde_json::json!({
        "account_id": crate::world::camera::ACCOUNT, "region": crate::world::camera::REGION,
        "complete": true, "format_version": "1.0", "processors": [],
    });
    let project = Project::new(files)?;
    let stage = Stage::new(&empty, Options::default()).await;
    let plan = stage.plan(&project).await.map_err(|error| error.to_string())?;
    let recovery = tempfile::tempdir().unwrap();
    let outcome =
        stage.apply(&plan, recovery.path()).await.map_err(|error| format!("{error}: {plan:#?}"))?;
    let again = stage.plan(&project).await.map_err(|error| error.to_string())?;
    if !again.changes.is_empty() {
        return Err(format!("{outcome:#?}\n{:#?}", again.changes));
    }
    Ok(stage.emulator.snapshot())
}

/// What lives, as a project's commands read it.
async fn read(project: &Project, snapshot: &Value) -> Result<Live, String> {
    let stage = Stage::new(snapshot, Options::default()).await;
    stage.read(project).await.map_err(|error| error.to_string())
}

fn accept(project: &Project, live: &Live, names: &[&str]) -> Result<Acceptance, String> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let selection = Selection::new(project.desired(), &names).map_err(|error| error.to_string())?;
    accept::accept(&project.loaded, project.desired(), live, None, &selection).map_err(|refusal| {
        match refusal {
            Refusal::Incomplete => "incomplete".to_owned(),
            Refusal::Unproved(reason) => reason,
            Refusal::Invalid(diagnostics, loaded) => {
                let settings = report::Settings::default();
                report::diagnostics::draw(&diagnostics, &loaded.sources, settings)
            }
        }
    })
}

/// The files with what was taken over in them.
fn edited(files: &Files, acceptance: &Acceptance) -> Files {
    let mut files = files.clone();
    for file in &acceptance.files {
        let (_, text) = files.iter_mut().find(|(path, _)| *path == file.path).unwrap();
        assert_eq!(*text, file.before);
        text.clone_from(&file.after);
    }
    files
}

/// What a plan changes beside marks.
fn attributes(plan: &Plan) -> Vec<String> {
    let changes = plan.changes.iter();
    let attributes = changes.flat_map(|change| {
        change.attributes.iter().map(|one| format!("{} {}", change.name, one.attribute))
    });
    attributes.collect()
}
