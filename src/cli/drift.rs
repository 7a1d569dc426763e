//! `rekon drift`: what moved away from what was applied.

use super::args::{self, TextOrJson};
use super::error::CommandError;
use super::exit::Exit;
use super::plan::Look;
use super::standpoint::Standpoint;
use super::ui::Ui;
use super::{plan, project, session};
use crate::plan::{Against, Category, Drift, DriftOptions};
use crate::report;

/// Runs the command.
pub(super) async fn run(args: args::Drift, ui: &Ui) -> Result<Exit, CommandError> {
    let project = project::open(&args.project.dir, args.deny_warnings)?;
    let narrowing = plan::narrowing(&project.desired, &args.choose, None)?;
    let look = Look::alone(super::apply::plan_format(args.format));
    let stack = &project.desired.stack;
    let live = match &args.live {
        Some(file) => {
            let live = plan::read_snapshot(file, stack, ui).await?;
            let against =
                Against::Snapshot { file: file.display().to_string(), taken_at: live.taken_at };
            plan::announce(stack, Some(&against), None, look, ui);
            live
        }
        None => {
            let session = session::open(&args.connect, stack, &project.loaded.root, ui).await?;
            plan::announce(stack, Some(&session.against), None, look, ui);
            session.read(&project.desired, &narrowing, ui).await?
        }
    };
    narrowing.check(&live).map_err(|error| CommandError::of(&error))?;
    let today = Some(session::today());
    let undeclared = args.undeclared || args.fail_on.contains(&args::CategoryChoice::Undeclared);
    let options = DriftOptions { narrowing, undeclared, today };
    let project::Project { loaded, desired, warnings } = &project;
    let found = crate::plan::drift(desired, &loaded.sources, warnings, &live, &options);
    match args.format {
        TextOrJson::Text => {
            let seen = Standpoint::before(&loaded.root).drift(&found);
            ui.print(&report::text::drift(&seen, ui.stdout_settings()))
        }
        TextOrJson::Json => ui.print(&report::json::drift(&found)),
    };
    Ok(exit(&found, &args.fail_on))
}

/// How looking for drift ends.
fn exit(found: &Drift, fail_on: &[args::CategoryChoice]) -> Exit {
    let categories: Vec<Category> = fail_on.iter().map(|choice| (*choice).into()).collect();
    let drifted = found.findings.iter().any(|finding| categories.contains(&finding.category));
    let holds = [(!found.complete, Exit::Incomplete), (drifted, Exit::Changes)];
    Exit::worst(holds.into_iter().filter(|(holds, _)| *holds).map(|(_, exit)| exit))
}
