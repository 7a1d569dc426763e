//! The log of requests: to a file, or to stderr.

use std::ffi::OsStr;
use std::fs::File;
use std::io::stderr;
use std::path::Path;

use super::error::CommandError;
use super::ui::{self, Ui};
use crate::aws::Log;
use crate::report;

/// Opens the log that was asked for; an empty name asks for none, as an empty variable does.
pub(super) fn open(told: Option<&OsStr>, ui: &Ui) -> Result<Option<Log>, CommandError> {
    let Some(told) = told.filter(|told| !told.is_empty()) else { return Ok(None) };
    if told == "-" {
        ui.draw_no_bars();
        return Ok(Some(Log::new(stderr(), jiff::Timestamp::now, drop)));
    }
    let path = Path::new(told).to_owned();
    let file = File::options().append(true).create(true).open(&path).map_err(|error| {
        let message = format!("cannot open the log {}: {error}", path.display());
        CommandError::new(message).with_help("name another file, or `-`, with --log or REKON_LOG")
    })?;
    let settings = ui.stderr_settings();
    let broken = move |error| {
        let text = format!("the log {} ends here: {error}", path.display());
        ui::complain(&report::text::note(&text, settings));
    };
    Ok(Some(Log::new(file, jiff::Timestamp::now, broken)))
}
