//! `rekon drift`: what moved away from what was applied.

mod memory;

use jiff::Timestamp;

use super::args::{self, DriftFormat, PlanFormat};
use super::error::CommandError;
use super::exit::Exit;
use super::plan::Look;
use super::standpoint::Standpoint;
use super::ui::Ui;
use super::{plan, project, session};
use crate::plan::{Against, Category, Drift, DriftOptions};
use crate::report;
use memory::Memory;

/// Runs the command.
pub(super) async fn run(args: args::Drift, ui: &Ui) -> Result<Exit, CommandError> {
    let project = project::open(&args.project.dir, args.deny_warnings)?;
    let narrowing = plan::narrowing(&project.desired, &args.choose, None)?;
    let look = Look::alone(match args.format {
        DriftFormat::Text => PlanFormat::Text,
        DriftFormat::Json | DriftFormat::Markdown => PlanFormat::Json,
    });
    let stack = &project.desired.stack;
    let memory = args.since.as_deref().map(|file| Memory::open(file, stack)).transpose()?;
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
    let mut found = crate::plan::drift(desired, &loaded.sources, warnings, &live, &options);
    let memory = memory.map(|memory| memory.compare(&mut found, Timestamp::now()));
    match args.format {
        DriftFormat::Text => {
            let seen = Standpoint::before(&loaded.root).drift(&found);
            ui.print(&report::text::drift(&seen, ui.stdout_settings()))
        }
        DriftFormat::Json => ui.print(&report::json::drift(&found)),
        DriftFormat::Markdown => ui.print(&report::markdown::drift(&found)),
    };
    // What was found stands, whoever could not be told of it.
    let mut told = Ok(());
    if let Some(memory) = memory {
        told = memory.keep();
    }
    let exit = exit(&found, &args.fail_on);
    Ok(match told {
        Err(error) => {
            ui.error(&error, None);
            if exit == Exit::Success { Exit::Error } else { exit }
        }
        Ok(()) => exit,
    })
}

/// How looking for drift ends.
fn exit(found: &Drift, fail_on: &[args::CategoryChoice]) -> Exit {
    let categories: Vec<Category> = fail_on.iter().map(|choice| (*choice).into()).collect();
    let drifted = found.findings.iter().any(|finding| categories.contains(&finding.category));
    let holds = [(!found.complete, Exit::Incomplete), (drifted, Exit::Changes)];
    Exit::worst(holds.into_iter().filter(|(holds, _)| *holds).map(|(_, exit)| exit))
}
