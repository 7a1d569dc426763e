//! `rekon snapshot`: the live state as JSON.

use super::args;
use super::exit::Exit;
use super::ui::Ui;
use super::{plan, project, session};
use crate::live;

/// Runs the command.
pub async fn run(args: args::Snapshot, ui: &Ui) -> Result<Exit, Exit> {
    let args::JsonOnly::Json = args.format;
    let project = project::open(&args.project.dir, false, ui)?;
    let stack = &project.desired.stack;
    let session = session::open(&args.connect, stack, &project.loaded.root, ui).await?;
    let bar = ui.progress("Reading");
    let taken = live::take_snapshot(&session.connection.reader(), stack, &|progress| {
        bar.set_length(progress.total);
        bar.set_position(progress.done);
    })
    .await
    .map_err(|error| session::failed(&error, ui))?;
    bar.finish_and_clear();
    session.check_account(&taken.live, stack, ui)?;
    ui.print(&taken.text);
    plan::say_incomplete(&taken.live, ui);
    Ok(if taken.live.is_complete() { Exit::Success } else { Exit::Incomplete })
}
