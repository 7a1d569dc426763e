//! The files in which an emulator keeps its state: a snapshot, and beside it a log of the changes since.
//!
//! A change is appended to the log before it is acknowledged, so a write costs what it changes. When the log has grown,
//! and at a stop, the snapshot is replaced as a whole by renaming, and the log begins anew. The log names the snapshots
//! that it goes on from by their digests, each before it is put in place: whichever of them is found later, what follows
//! its name is what it lacks. So a process that is killed at any instant leaves every acknowledged change.
//!
//! The log is also the lock: whoever has it open and locked owns the state, and its first line says which process that
//! is. Nothing is created before there is a state to own, and what holds no change is removed at the end.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

/// How large the log of a small state may become.
const LEAST_LOG: u64 = 256 * 1024;
/// What the first line of a log begins with.
const OWNER: &str = r#"{"process":"#;
/// How many symbolic links may lead to a state, as many as Linux follows.
const MAX_LINKS: usize = 40;

/// What an emulator finds in its files.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// The snapshot, if there is one.
    pub(crate) snapshot: Option<Vec<u8>>,
    /// The changes to it, each with the number of its line in the log.
    pub(crate) changes: Vec<(usize, Vec<u8>)>,
}

/// The files of one state.
#[derive(Debug)]
pub(crate) struct Store {
    path: PathBuf,
    log: Option<Log>,
    /// The snapshot as it was when last read or written here.
    seen: Option<Seen>,
    /// Whether a change was kept since the start.
    pub(crate) changed: bool,
}

/// The log, open and locked.
#[derive(Debug)]
struct Log {
    file: File,
    /// How much of it is whole lines.
    length: u64,
    /// Whether it names the snapshot that is there now.
    goes_on: bool,
    /// Whether there is a change in it.
    holds_changes: bool,
    /// The length from which on the snapshot is replaced.
    full: u64,
}

/// Why a state cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error(transparent)]
    Read(#[from] io::Error),
    /// Another emulator owns the state.
    #[error(
        "{} belongs to {owner}, an emulator that is still running: stop that one, or use another file",
        state.display()
    )]
    Held { state: PathBuf, owner: String },
    /// The log belongs to another snapshot.
    #[error(
        "{} holds changes to another state than {}, which was replaced meanwhile: remove one of them",
        log.display(), state.display()
    )]
    Foreign { log: PathBuf, state: PathBuf },
    /// Something else has the log's name.
    #[error("{} is not a log that rekon wrote: name another state, or remove it", .0.display())]
    NoLog(PathBuf),
}

/// What tells one state of a file from another: its inode, its size, and when it was modified.
type Seen = (u64, u64, i64, i64);

/// The first line of a log.
#[derive(Deserialize)]
struct Owner {
    process: u32,
}

/// A line of a log that names a snapshot.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    state: String,
}

impl Store {
    /// Opens what is kept at a path, and takes possession of it if there is anything.
    pub(crate) fn open(path: &Path) -> Result<(Store, Kept), StoreError> {
        let path = target(path)?;
        let mut store = Store { log: None, seen: seen(&path), changed: false, path };
        let mut log = Vec::new();
        if store.seen.is_some() || store.log_path().exists() {
            log = match store.lock() {
                // What cannot be locked because nothing can be written beside it can still be read.
                Err(StoreError::Read(_)) => fs::read(store.log_path()).unwrap_or_default(),
                locked => locked?,
            };
        }
        store.seen = seen(&store.path);
        let snapshot = match fs::read(&store.path) {
            Ok(snapshot) => Some(snapshot),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error.into()),
        };
        let changes = match &snapshot {
            Some(snapshot) => store.changes(&log, snapshot)?,
            // Whoever removes a state wants to begin anew.
            None => Vec::new(),
        };
        Ok((store, Kept { snapshot, changes }))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn log_path(&self) -> PathBuf {
        beside(&self.path, ".log")
    }

    /// Keeps a change: appends it, or writes the `whole` state with it where that is due.
    pub(crate) fn keep(
        &mut self,
        change: &str,
        whole: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        if self.log.is_none() {
            self.begin()?;
        }
        let seen = seen(&self.path);
        if seen.is_some() && seen != self.seen {
            return Err(io::Error::other("another process has changed the file"));
        }
        let Some(log) = &mut self.log else { return Err(unlocked()) };
        let begun = seen.is_some() && log.goes_on;
        if !begun || log.length >= log.full {
            // A snapshot that is only due can wait: what is in the log is kept as well.
            log.full = log.length.saturating_mul(2);
            let replaced = self.replace(whole);
            if replaced.is_ok() || !begun {
                return replaced;
            }
        }
        let Some(log) = &mut self.log else { return Err(unlocked()) };
        log.append(change.as_bytes())?;
        (log.holds_changes, self.changed) = (true, true);
        Ok(())
    }

    /// Replaces the snapshot by the one that is written, and begins the log anew.
    pub(crate) fn replace(
        &mut self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let Some(log) = &mut self.log else { return Err(unlocked()) };
        // The owner alone writes under this name, so that a process that was killed leaves no more than one.
        let new = beside(&self.path, ".new");
        let replaced = write_new(&new, write).and_then(|written| {
            let name = name(&written.digest);
            log.append(name.as_bytes())?;
            fs::rename(&new, &self.path)?;
            Ok((written.length, name))
        });
        let (length, name) = replaced.inspect_err(|_| drop(fs::remove_file(&new)))?;
        // From here on the state is kept, and all that the log has to say is which snapshot it goes on from.
        (self.seen, self.changed) = (seen(&self.path), true);
        (log.goes_on, log.holds_changes) = (true, false);
        log.full = full(length);
        if log.restart().is_ok() {
            log.goes_on = log.append(name.as_bytes()).is_ok();
        }
        Ok(())
    }

    /// Takes possession of a state that was not there, or could not be locked.
    fn begin(&mut self) -> io::Result<()> {
        create_folder(folder(&self.path))?;
        let log = self.lock().map_err(|error| match error {
            StoreError::Read(error) => error,
            other => io::Error::other(other.to_string()),
        })?;
        // Somebody may have been here since it was opened.
        let changed = self.seen.is_some() && log.len() > signature().len();
        if changed || seen(&self.path) != self.seen {
            self.log = None;
            return Err(io::Error::other("another process has changed the file"));
        }
        Ok(())
    }

    /// Opens and locks the log; gives what is in it.
    fn lock(&mut self) -> Result<Vec<u8>, StoreError> {
        let path = self.log_path();
        loop {
            let mut options = OpenOptions::new();
            let mut file =
                options.read(true).write(true).create(true).truncate(false).open(&path)?;
            let locked = file.try_lock();
            let mut text = Vec::new();
            file.read_to_end(&mut text)?;
            match locked {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let owner = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
                    let owner = match serde_json::from_slice::<Owner>(owner) {
                        Ok(owner) => format!("process {}", owner.process),
                        Err(_) => "another process".to_owned(),
                    };
                    return Err(StoreError::Held { state: self.path.clone(), owner });
                }
                Err(TryLockError::Error(error)) => return Err(error.into()),
            }
            // Its owner may have removed it between the opening and the lock.
            let locked = file.metadata()?;
            if fs::metadata(&path).is_ok_and(|there| there.ino() == locked.ino()) {
                let begun = text.len().min(OWNER.len());
                if text[..begun] != OWNER.as_bytes()[..begun] {
                    return Err(StoreError::NoLog(path));
                }
                text.truncate(whole_lines(&text));
                let length = text.len() as u64;
                let mut log = Log { file, length, goes_on: false, holds_changes: false, full: 0 };
                log.sign()?;
                self.log = Some(log);
                return Ok(text);
            }
        }
    }

    /// What a log holds beyond this snapshot.
    fn changes(
        &mut self,
        log: &[u8],
        snapshot: &[u8],
    ) -> Result<Vec<(usize, Vec<u8>)>, StoreError> {
        let lines = log[..whole_lines(log)].split_inclusive(|byte| *byte == b'\n');
        let named = |line: &[u8]| serde_json::from_slice::<Named>(line).ok();
        let lines: Vec<_> =
            lines.zip(1..).skip(1).map(|(line, number)| (number, line, named(line))).collect();
        if lines.iter().all(|(_, _, named)| named.is_some()) {
            return Ok(Vec::new());
        }
        let (log, state) = (self.log_path(), self.path.clone());
        if let Some(log) = &mut self.log {
            (log.goes_on, log.holds_changes, log.full) = (true, true, full(snapshot.len() as u64));
        }
        let digest = hex(&Sha256::digest(snapshot));
        let from = lines
            .iter()
            .rposition(|(_, _, named)| named.as_ref().is_some_and(|named| named.state == digest))
            .ok_or(StoreError::Foreign { log, state })?;
        let changes = lines[from..].iter().filter(|(_, _, named)| named.is_none());
        Ok(changes.map(|(number, line, _)| (*number, line.to_vec())).collect())
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let log = self.log_path();
        // Removed while it is still locked, so that nobody else's is.
        if self.log.as_ref().is_some_and(|log| !log.holds_changes) {
            let _ = fs::remove_file(log);
        }
    }
}

impl Log {
    /// Writes whose it is into its first line.
    fn sign(&mut self) -> io::Result<()> {
        let line = signature();
        self.file.write_all_at(line.as_bytes(), 0)?;
        self.length = self.length.max(line.len() as u64);
        Ok(())
    }

    /// Drops all but its first line.
    fn restart(&mut self) -> io::Result<()> {
        let length = signature().len() as u64;
        self.file.set_len(length)?;
        (self.length, self.goes_on) = (length, false);
        Ok(())
    }

    /// Adds a line, or nothing of it.
    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        let written = self.file.write_all_at(line, self.length);
        match &written {
            Ok(()) => self.length += line.len() as u64,
            // The next line overwrites what there is of this one, and a reader stops where a line has no end.
            Err(_) => drop(self.file.set_len(self.length)),
        }
        written
    }
}

/// The first line of a log: whose it is, in the same number of bytes for every process.
fn signature() -> String {
    format!("{OWNER}{:>10}}}\n", std::process::id())
}

/// How much of a text is whole lines. What has no end was never acknowledged.
fn whole_lines(text: &[u8]) -> usize {
    text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1)
}

/// How large the log beside a snapshot of this size may become before that is replaced.
fn full(snapshot: u64) -> u64 {
    LEAST_LOG.max(snapshot / 4)
}

/// A file that has been written.
struct Written {
    digest: String,
    length: u64,
}

/// Writes a file under a name that nothing else has, as it comes: a large state is never in memory as a whole.
fn write_new(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<Written> {
    let _ = fs::remove_file(path);
    let file = OpenOptions::new().write(true).create_new(true).open(path)?;
    let mut digested = Digested { file, hasher: Sha256::new(), length: 0 };
    let mut buffer = BufWriter::new(&mut digested);
    write(&mut buffer)?;
    buffer.flush()?;
    drop(buffer);
    Ok(Written { digest: hex(&digested.hasher.finalize()), length: digested.length })
}

/// A file of which the digest is known when it has been written.
struct Digested {
    file: File,
    hasher: Sha256,
    length: u64,
}

impl Write for Digested {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The file that a path leads to, which need not be there: what a link leads to is replaced, not the link.
fn target(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&path) {
            Ok(to) => path = folder(&path).join(to),
            Err(_) => {
                return match fs::metadata(&path) {
                    Ok(there) if !there.is_file() => Err(io::Error::other("it is no regular file")),
                    _ => Ok(path),
                };
            }
        }
    }
    Err(io::Error::other("too many symbolic links lead from one to the next"))
}

fn unlocked() -> io::Error {
    io::Error::other("its log is not open")
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

fn seen(path: &Path) -> Option<Seen> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.ino(), metadata.size(), metadata.mtime(), metadata.mtime_nsec()))
}

/// The line of a log that names the snapshot with this digest.
fn name(digest: &str) -> String {
    format!("{}\n", json!({ "state": digest }))
}

fn hex(digest: &[u8]) -> String {
    digest.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = fmt::Write::write_fmt(&mut hex, format_args!("{byte:02x}"));
        hex
    })
}

/// Makes sure of the folder; a new `.rekon` keeps itself out of git.
fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    if folder.file_name().is_some_and(|name| name == ".rekon") {
        fs::write(folder.join(".gitignore"), "*\n")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
