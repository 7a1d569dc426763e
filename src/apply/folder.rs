//! The folders that runs leave their trace in, made so that they survive.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::RecoveryRoot;

/// What failed, and where.
type At = (PathBuf, io::Error);

/// Where the journals of runs are.
pub(super) fn runs_path(root: &RecoveryRoot) -> PathBuf {
    match root {
        RecoveryRoot::Folder(folder) => folder.join("runs"),
        RecoveryRoot::Beside(project) => project.join(".rekon/runs"),
    }
}

/// Makes the folder for the journals of runs.
pub(super) fn runs(root: &RecoveryRoot) -> Result<PathBuf, At> {
    make(root, runs_path(root))
}

/// Makes the folder for recovery files.
pub(super) fn removed(root: &RecoveryRoot) -> Result<PathBuf, At> {
    match root {
        // The user's own, in a folder that may not be rekon's to open.
        RecoveryRoot::Folder(folder) if folder.is_dir() => Ok(folder.clone()),
        RecoveryRoot::Folder(folder) => make(root, folder.clone()),
        RecoveryRoot::Beside(project) => make(root, project.join(".rekon/removed")),
    }
}

/// Makes a folder below a root; `.rekon` ignores itself in git.
fn make(root: &RecoveryRoot, folder: PathBuf) -> Result<PathBuf, At> {
    if let RecoveryRoot::Beside(project) = root {
        let own = project.join(".rekon");
        create(&own).map_err(|error| (own.clone(), error))?;
        let ignore = own.join(".gitignore");
        if !ignore.exists() {
            write(&own, &ignore, "*\n").map_err(|error| (ignore, error))?;
        }
    }
    create(&folder).map_err(|error| (folder.clone(), error))?;
    Ok(folder)
}

/// Makes a folder and those above it, private and each on the disk. One that is there
/// may have been made a moment ago by another run, which may have died since; so its
/// name is put on the disk all the same.
fn create(folder: &Path) -> io::Result<()> {
    let above = folder.parent().filter(|above| !above.as_os_str().is_empty());
    let above = above.unwrap_or(Path::new("."));
    if !folder.is_dir() {
        if !above.is_dir() {
            create(above)?;
        }
        match DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {}
            made => made?,
        }
    }
    sync(above)
}

/// Makes a folder that was not there before.
pub(super) fn create_new(folder: &Path, name: &str) -> io::Result<PathBuf> {
    let mut attempt = 1_u32;
    loop {
        let path = match attempt {
            1 => folder.join(name),
            again => folder.join(format!("{name}-{again}")),
        };
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < 10_000 => {
                attempt += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Writes a file whole or not at all.
pub(super) fn write(folder: &Path, file: &Path, text: &str) -> io::Result<()> {
    let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
    temporary.write_all(text.as_bytes())?;
    temporary.as_file().sync_all()?;
    temporary.persist(file).map_err(|error| error.error)?;
    sync(folder)
}

/// Comes back when a folder's entries are on the disk.
pub(super) fn sync(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder)?.sync_all()
}

/// A time as the beginning of a name, by which names sort.
pub(super) fn stamp(now: Timestamp) -> String {
    let digits: String =
        now.to_string().chars().filter(|char| !matches!(char, '-' | ':')).collect();
    let seconds = digits.split('.').next().unwrap_or_default();
    format!("{}Z", seconds.trim_end_matches('Z'))
}
