//! `rekon snapshot`: the live state as JSON.

use std::path::Path;

use super::args;
use super::error::CommandError;
use super::exit::Exit;
use super::ui::Ui;
use super::{project, session};
use crate::{live, report};

/// Runs the command.
pub(super) async fn run(args: args::Snapshot, ui: &Ui) -> Result<Exit, CommandError> {
    let args::JsonOnly::Json = args.format;
    let project = project::open(&args.project.dir, false, ui)?;
    let stack = &project.desired.stack;
    let session = session::open(&args.connect, stack, &project.loaded.root, ui).await?;
    let bar = ui.progress("Reading");
    let now = jiff::Timestamp::now();
    let taken = live::take(&session.connection.reader(), &stack.account_id, now, &|progress| {
        bar.set_length(progress.total as u64);
        bar.set_position(progress.described as u64);
    })
    .await?;
    bar.finish_and_clear();
    let text = report::json::value(&taken);
    let live =
        live::parse(Path::new("the snapshot"), &text).map_err(|error| CommandError::of(&error))?;
    session.check_account(&live, stack)?;
    ui.print(&text);
    ui.complain(&report::text::incomplete(&live, ui.stderr_settings()));
    Ok(if live.is_complete() { Exit::Success } else { Exit::Incomplete })
}
