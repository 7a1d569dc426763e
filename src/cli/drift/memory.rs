//! What earlier looks found, kept in a file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::cli::error::CommandError;
use crate::cli::new_files;
use crate::desired::Stack;
use crate::plan::{Drift, Seen};
use crate::report;

/// The file that `--since` names.
pub(super) struct Memory {
    file: PathBuf,
    /// What it holds, or is to hold; `None`: it is not there, or is to be left.
    seen: Option<Seen>,
}

impl Memory {
    /// Reads what is kept. What was written by something else, or is of another stack, is
    /// not to be lost: that is an error.
    pub(super) fn open(file: &Path, stack: &Stack) -> Result<Memory, CommandError> {
        let refused = |error: String| {
            let help = "name another file with --since, or take this one away to begin anew";
            CommandError::new(format!("{}: {error}", file.display())).with_help(help)
        };
        let seen = match fs::read_to_string(file) {
            Ok(text) => {
                Some(Seen::parse(&text, stack).map_err(|error| refused(error.to_string()))?)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(refused(format!("cannot be read: {error}"))),
        };
        Ok(Memory { file: file.to_owned(), seen })
    }

    /// Says of each finding whether it is new, and takes in what is to be kept.
    pub(super) fn compare(self, found: &mut Drift, now: Timestamp) -> Memory {
        Memory { seen: found.compare(self.seen.as_ref(), now), ..self }
    }

    /// Keeps it.
    pub(super) fn keep(&self) -> Result<(), String> {
        let Some(seen) = &self.seen else { return Ok(()) };
        new_files::replace(&self.file, report::json::seen(seen)).map_err(|error| {
            format!("cannot keep what was found in {}: {error}", self.file.display())
        })
    }
}
