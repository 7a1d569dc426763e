//! Where a project's files are looked for: on the disk, or in a revision of git.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::{LARGEST, Refusal, decode};
use crate::diagnostic::Code;

/// What is found under a path, links followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
    /// A pipe, a device, another repository, or a link to nothing.
    Other,
}

/// A tree of files.
pub(super) trait Files: Sync {
    /// What is there; `None`: nothing, not even a link.
    fn kind(&self, path: &Path) -> Option<Kind>;

    /// The names in a folder, sorted; none if it cannot be read.
    ///
    /// A name that is not Unicode cannot be written in a pattern or a report.
    fn names(&self, folder: &Path) -> Vec<String>;

    /// The path by which a file is known whatever leads to it.
    fn real(&self, path: &Path) -> PathBuf;

    /// Reads a file that is one, of reasonable size and UTF-8.
    fn read(&self, path: &Path) -> Result<String, Refusal>;
}

/// What cannot be read, and why.
pub(super) fn unreadable(reason: &str) -> Refusal {
    (Code::UnreadableFile, reason.to_owned())
}

/// The files of the disk.
pub(super) struct Disk;

impl Files for Disk {
    fn kind(&self, path: &Path) -> Option<Kind> {
        path.symlink_metadata().ok()?;
        Some(match path.metadata() {
            Ok(metadata) if metadata.is_file() => Kind::File,
            Ok(metadata) if metadata.is_dir() => Kind::Folder,
            _ => Kind::Other,
        })
    }

    fn names(&self, folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    fn real(&self, path: &Path) -> PathBuf {
        path.canonicalize().unwrap_or_else(|_| path.to_owned())
    }

    fn read(&self, path: &Path) -> Result<String, Refusal> {
        let failed =
            |error: std::io::Error| unreadable(&format!("cannot be read: {}", plain(&error)));
        let metadata = path.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(unreadable("is a folder, not a file"));
        }
        if !metadata.is_file() {
            // Opening a pipe would wait for somebody to write to it.
            return Err(unreadable("is no regular file"));
        }
        let mut bytes = Vec::new();
        std::fs::File::open(path)
            .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
            .map_err(failed)?;
        decode(bytes)
    }
}

/// An error in words, without the number that the system gives it.
pub(super) fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}
