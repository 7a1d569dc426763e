//! `rekon snapshot`: the live state as JSON.

use std::path::Path;

use super::args;
use super::error::CommandError;
use super::exit::Exit;
use super::ui::Ui;
use super::watch::Watch;
use super::{project, session};
use crate::{live, report};

/// Runs the command.
pub(super) async fn run(args: args::Snapshot, ui: &Ui) -> Result<Exit, CommandError> {
    let args::JsonOnly::Json = args.format;
    let project = project::open(&args.project.dir, false)?;
    let stack = &project.desired.stack;
    let session = session::open(&args.connect, stack, &project.loaded.root, ui).await?;
    let watch = Watch::new(ui);
    let reader = watch.reader(&session.connection);
    let (now, progress) = (jiff::Timestamp::now(), |progress| watch.progress(progress));
    let taken = watch.during(live::take(&reader, &stack.account_id, now, &progress)).await?;
    let text = report::json::value(&taken);
    let live =
        live::parse(Path::new("the snapshot"), &text).map_err(|error| CommandError::of(&error))?;
    session.check_account(&live)?;
    ui.print(&text);
    ui.complain(&report::text::incomplete(&live.problems, ui.stderr_settings()));
    Ok(if live.is_complete() { Exit::Success } else { Exit::Incomplete })
}
