//! The file in which an emulator keeps its state.
//!
//! It is replaced as a whole by renaming, so that at any moment it holds either all of a change or nothing of it. Calls
//! that change the state at the same time share one replacement, and each is acknowledged only once it is in the file.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A file that is replaced as a whole.
#[derive(Debug)]
pub(crate) struct Store {
    path: PathBuf,
    /// How many changes the file holds.
    pub(crate) generation: u64,
    /// The file as it was when last read or written here.
    seen: Option<Seen>,
}

/// What tells one state of a file from another: its inode, its size, and when it was modified.
type Seen = (u64, u64, i64, i64);

impl Store {
    pub(crate) fn new(path: &Path) -> Store {
        // What a link leads to is replaced, not the link.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let seen = seen(&path);
        Store { path, generation: 0, seen }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Replaces the contents.
    ///
    /// Fails if another process has changed the file since: to go on would undo what it did.
    pub(crate) fn replace(&mut self, contents: &str) -> io::Result<()> {
        let now = seen(&self.path);
        if now.is_some() && now != self.seen {
            return Err(io::Error::other("another process has changed the file"));
        }
        let folder = match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        create_folder(folder)?;
        let mut file = tempfile::Builder::new()
            .prefix(".emulator-")
            // The umask narrows this: the file is a user's, not a secret of this process.
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(folder)?;
        file.write_all(contents.as_bytes())?;
        file.persist(&self.path)?;
        self.seen = seen(&self.path);
        Ok(())
    }
}

fn seen(path: &Path) -> Option<Seen> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.ino(), metadata.size(), metadata.mtime(), metadata.mtime_nsec()))
}

/// Makes sure of the folder; a new `.rekon` keeps itself out of git.
fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    if folder.file_name().is_some_and(|name| name == ".rekon") {
        File::create(folder.join(".gitignore"))?.write_all(b"*\n")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_replaced_and_its_folder_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".rekon/emulator.json");
        let mut store = Store::new(&path);
        assert!(!path.exists());
        store.replace("one").unwrap();
        store.replace("two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(fs::read_to_string(folder.path().join(".rekon/.gitignore")).unwrap(), "*\n");
        assert_eq!(
            fs::read_dir(folder.path().join(".rekon")).unwrap().count(),
            2,
            "no temporary file stays"
        );
    }

    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("state.json"), folder.path().join("link.json"));
        fs::write(&file, "before").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        Store::new(&link).replace("after").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "after");
    }

    #[test]
    fn a_change_by_another_process_is_not_undone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let (mut one, mut other) = (Store::new(&path), Store::new(&path));
        one.replace("one").unwrap();
        assert!(other.replace("other").is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        fs::remove_file(&path).unwrap();
        one.replace("again").unwrap();
    }
}
