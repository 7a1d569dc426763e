//! `rekon accept`: writes what drifted into the files, instead of putting the service back.

use clap::Args;

use super::args::{Connect, Project, TextOrJson};
use super::error::{CommandError, Complaint};
use super::exit::Exit;
use super::plan::announce;
use super::reports::Reports;
use super::standpoint::Standpoint;
use super::ui::Ui;
use super::{edited_files, project, session};
use crate::accept::{Refusal, Selection, accept};
use crate::plan::{Acceptance, Narrowing};
use crate::report;
use crate::report::text::Written;

#[derive(Debug, Args)]
pub(super) struct AcceptArgs {
    #[command(flatten)]
    pub project: Project,
    /// Whose values to take over, by names or globs [default: all that drifted].
    ///
    /// Where no record tells drift from an edit of the files, everything that differs is
    /// taken over of those that are given by their whole names, and nothing of others.
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Show how the files would change, and write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// How to print the result.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: TextOrJson,
    #[command(flatten)]
    pub connect: Connect,
}

/// Runs the command.
pub(super) async fn run(
    args: AcceptArgs,
    reports: &Reports,
    ui: &Ui,
) -> Result<Exit, CommandError> {
    let opened = project::open(&args.project.dir, false)?;
    let (loaded, desired) = (&opened.loaded, &opened.desired);
    let selection =
        Selection::new(desired, &args.names).map_err(|error| CommandError::of(&error))?;
    let session = session::open(&args.connect, &desired.stack, &loaded.root, ui).await?;
    announce(&desired.stack, Some(&session.against), None, reports, ui);
    let live = session.read(desired, &Narrowing::default(), ui).await?;
    let acceptance = match accept(loaded, desired, &live, &selection) {
        Ok(acceptance) => acceptance,
        Err(Refusal::Incomplete) => {
            ui.complain(&report::text::incomplete(&live.problems, ui.stderr_settings()));
            let message = "not everything could be read, so nothing is written";
            return Err(CommandError { exit: Exit::Incomplete, ..CommandError::new(message) });
        }
        Err(Refusal::Invalid(diagnostics, edited)) => {
            ui.note("what lives cannot be said in the files, so nothing is written");
            let complaint = Complaint::Files(diagnostics, edited);
            return Err(CommandError { exit: Exit::Error, complaint });
        }
        Err(Refusal::Unproved(reason)) => {
            return Err(CommandError::new(reason).with_help("edit the file by hand"));
        }
    };
    if !args.dry_run {
        edited_files::write(&loaded.root, &acceptance.files)?;
    }
    tell(&acceptance, &args, &Standpoint::before(&loaded.root), ui);
    Ok(Exit::Success)
}

fn tell(acceptance: &Acceptance, args: &AcceptArgs, seen: &Standpoint, ui: &Ui) {
    let written = if args.dry_run { Written::Not } else { Written::Done };
    match args.format {
        TextOrJson::Json => ui.print(&report::json::acceptance(acceptance, written)),
        TextOrJson::Text if ui.is_quiet() && !args.dry_run => true,
        TextOrJson::Text => ui.print(&report::text::acceptance(
            &seen.acceptance(acceptance),
            written,
            ui.stdout_settings(),
        )),
    };
    ui.say(&report::text::left(acceptance, ui.stderr_settings()));
}
