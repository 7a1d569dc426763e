//! `rekon show`: a saved plan, rendered offline and without credentials.

use super::args;
use super::error::CommandError;
use super::exit::Exit;
use super::plan::{self, Look};
use super::saved;
use super::ui::Ui;

/// Runs the command.
pub(super) fn run(args: &args::Show, ui: &Ui) -> Result<Exit, CommandError> {
    let saved = saved::read(&args.plan, saved::Purpose::Show)?;
    let (look, made) = (Look::alone(args.format), saved.made.as_ref());
    let against = made.map(|made| &made.against);
    plan::announce(&saved.stack, against, made.map(|made| made.at), look, ui);
    plan::print(&saved, look, None, ui);
    Ok(Exit::Success)
}
