//! `rekon show`: a saved plan, rendered offline and without credentials.

use super::args;
use super::error::CommandError;
use super::exit::Exit;
use super::reports::Reports;
use super::ui::Ui;
use super::{plan, saved};
use crate::report::Document;

/// Runs the command.
pub(super) fn run(args: &args::Show, reports: &Reports, ui: &Ui) -> Result<Exit, CommandError> {
    let saved = saved::read(&args.plan, saved::Purpose::Show)?;
    let made = saved.made.as_ref();
    let against = made.map(|made| &made.against);
    plan::announce(&saved.stack, against, made.map(|made| made.at), reports, ui);
    Ok(reports.tell(Document::Plan(&saved, made), ui).ending(Exit::Success))
}
