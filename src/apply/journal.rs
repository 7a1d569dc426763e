//! The trace of a run: what it is about to do, written to the disk before it is
//! done, and what came of it.
//!
//! A line of JSON for each record. Whoever reads a journal whose run was killed
//! knows what may have been under way, and has the definition of everything that
//! may be gone.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Options, folder, runs};
use crate::desired::Stack;
use crate::model::Definition;
use crate::plan::{CallEffect, CallId, Operation, Plan, Role};

/// The version of the journal's JSON.
pub(super) const FORMAT_VERSION: &str = "1.0";

/// One line of a journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum Record {
    /// A run begins.
    Begun {
        format_version: String,
        rekon_version: String,
        at: Timestamp,
        stack: Stack,
        fingerprint: String,
        #[serde(default)]
        service: Option<String>,
    },
    /// What a processor is that the run may delete or stop, and what it is to be.
    Processor { name: String, definition: Definition, result: Option<Definition> },
    /// A call is about to be sent.
    Sending { call: CallId, role: Role, processor: String, operation: Operation },
    /// A call ended.
    Ended {
        call: CallId,
        role: Role,
        processor: String,
        operation: Operation,
        effect: CallEffect,
        /// Whether what it implies came too: a start that took effect may end FAILED.
        #[serde(default)]
        settled: bool,
    },
    /// The run ended and told what is owed: what is gone, or stopped, because of it.
    Closed { owed: Vec<String> },
    /// What was owed was brought back.
    Restored { names: Vec<String> },
}

/// The journal of the run that is under way. It is locked while the run lasts.
#[derive(Debug)]
pub(super) struct Journal {
    file: Mutex<File>,
    path: PathBuf,
}

impl Journal {
    /// Begins a journal with everything that may have to be brought back.
    pub(super) fn begin<'a>(
        options: &Options<'_>,
        plan: &Plan,
        processors: impl IntoIterator<Item = (&'a str, &'a Definition, Option<&'a Definition>)>,
    ) -> Result<Journal, (PathBuf, io::Error)> {
        let folder = folder::runs(&options.recovery)?;
        runs::prune(&options.recovery, options.now);
        let (path, file) = create(&folder, options.now).map_err(|error| (folder.clone(), error))?;
        let failed = |error| (path.clone(), error);
        file.lock().map_err(failed)?;
        let journal = Journal { file: Mutex::new(file), path: path.clone() };
        let begun = Record::Begun {
            format_version: FORMAT_VERSION.to_owned(),
            rekon_version: env!("CARGO_PKG_VERSION").to_owned(),
            at: options.now,
            stack: plan.stack.clone(),
            fingerprint: plan.fingerprint.clone(),
            service: options.service.clone(),
        };
        let held = processors.into_iter().map(|(name, definition, result)| Record::Processor {
            name: name.to_owned(),
            definition: definition.clone(),
            result: result.cloned(),
        });
        let mut lines = String::new();
        for record in std::iter::once(begun).chain(held) {
            lines.push_str(&line(&record));
        }
        journal.write(&lines).map_err(failed)?;
        folder::sync(&folder).map_err(failed)?;
        Ok(journal)
    }

    /// Writes a record, and comes back when it is on the disk.
    pub(super) fn note(&self, record: &Record) -> io::Result<()> {
        self.write(&line(record))
    }

    /// Fails where nobody would find it any more.
    pub(super) fn check(&self) -> io::Result<()> {
        let file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (there, held) = (std::fs::metadata(&self.path)?, file.metadata()?);
        match (there.dev(), there.ino()) == (held.dev(), held.ino()) {
            true => Ok(()),
            false => Err(io::Error::other("another file is in its place")),
        }
    }

    /// Where the journal is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn write(&self, lines: &str) -> io::Result<()> {
        let mut file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        file.write_all(lines.as_bytes())?;
        file.sync_data()
    }
}

/// A record as its line.
pub(super) fn line(record: &Record) -> String {
    let json = serde_json::to_string(record).expect("a record's keys are strings");
    format!("{json}\n")
}

/// Makes a file that was not there before, named by the time.
fn create(folder: &Path, now: Timestamp) -> io::Result<(PathBuf, File)> {
    let stamp = folder::stamp(now);
    for attempt in 1..10_000_u32 {
        let path = match attempt {
            1 => folder.join(format!("{stamp}.jsonl")),
            again => folder.join(format!("{stamp}-{again}.jsonl")),
        };
        match File::options().append(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}
