//! `rekon show`: a saved plan, rendered offline and without credentials.

use super::args;
use super::error::CommandError;
use super::exit::Exit;
use super::ui::Ui;
use super::{plan, saved};
use crate::report::text::Header;

/// Runs the command.
pub(super) fn run(args: &args::Show, ui: &Ui) -> Result<Exit, CommandError> {
    let saved = saved::read(&args.plan, saved::Purpose::Show)?;
    let header = Header {
        stack: saved.stack.clone(),
        caller: None,
        endpoint: None,
        emulated: false,
        snapshot: None,
    };
    plan::announce(&header, args.format, ui);
    plan::print(&saved, args.format, None, ui);
    Ok(Exit::Success)
}
