//! Writing files whole: those that are not there yet, all of them or none; or one in the
//! place of another.

use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

use super::error::CommandError;
use crate::import::NewFile;

/// What was made so far, to be taken away again if the rest fails.
#[derive(Default)]
struct Made {
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

/// Writes files into a folder, which is made if it has to be, the first of them last.
///
/// Each is written whole under another name before any gets its own, and none takes the
/// place of what is there. Where one fails, those before it are taken away again. They
/// are not synced to the disk: what was imported can be imported again.
pub(super) fn write(folder: &Path, files: &[NewFile]) -> Result<(), CommandError> {
    write_into(&[(folder, files)])
}

/// The same for several folders, one after the other.
pub(super) fn write_into(places: &[(&Path, &[NewFile])]) -> Result<(), CommandError> {
    let mut made = Made::default();
    let written = places.iter().try_for_each(|(folder, files)| write_all(folder, files, &mut made));
    written.map_err(|(path, error)| {
        for file in made.files.iter().rev() {
            let _ = fs::remove_file(file);
        }
        for folder in made.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
        let message = match error.kind() {
            io::ErrorKind::AlreadyExists => {
                format!("{} is there already, and nothing is overwritten", path.display())
            }
            _ => format!("cannot write {}: {error}", path.display()),
        };
        CommandError::new(message).with_help("nothing was written")
    })
}

/// Writes a file whole or not at all, in the place of what is there.
pub(super) fn replace(file: &Path, bytes: impl AsRef<[u8]>) -> io::Result<()> {
    // What is no file, such as a device, is not to be moved out of the way.
    if fs::metadata(file).is_ok_and(|there| !there.is_file()) {
        return Err(io::Error::other("it is there, and no file"));
    }
    let folder = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    let mut temporary = temporary(folder.unwrap_or(Path::new(".")))?;
    temporary.write_all(bytes.as_ref())?;
    temporary.as_file().sync_all()?;
    temporary.persist(file).map(drop).map_err(|error| error.error)
}

/// A file that is as the user's mask has it: one of `tempfile`'s own would be for its
/// owner only.
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().permissions(Permissions::from_mode(0o666)).tempfile_in(folder)
}

type At = (PathBuf, io::Error);

fn write_all(folder: &Path, files: &[NewFile], made: &mut Made) -> Result<(), At> {
    let mut ready: Vec<(TempPath, PathBuf)> = Vec::with_capacity(files.len());
    for file in files.iter().rev() {
        let path = folder.join(&file.path);
        let failed = |error| (path.clone(), error);
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        make_folder(parent, &mut made.folders).map_err(failed)?;
        let mut temporary = temporary(parent).map_err(failed)?;
        temporary.write_all(file.text.as_bytes()).map_err(failed)?;
        // Closed, since there may be more of them than may be open.
        ready.push((temporary.into_temp_path(), path));
    }
    for (temporary, path) in ready {
        temporary.persist_noclobber(&path).map_err(|error| (path.clone(), error.error))?;
        made.files.push(path);
    }
    Ok(())
}

/// Makes a folder and those above it.
fn make_folder(folder: &Path, made: &mut Vec<PathBuf>) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent().filter(|above| !above.as_os_str().is_empty()) {
        make_folder(above, made)?;
    }
    fs::create_dir(folder)?;
    made.push(folder.to_owned());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desired::Stack;
    use crate::import;

    fn starter() -> Vec<NewFile> {
        let stack = Stack {
            name: "s".into(),
            account_id: "111122223333".into(),
            region: "us-east-1".into(),
        };
        import::starter(&stack).unwrap()
    }

    #[test]
    fn files_are_made_with_their_folders_as_the_user_makes_files() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a/b");
        write(&target, &starter()).map_err(|_| "failed").unwrap();
        let plain = folder.path().join("plain");
        fs::write(&plain, "").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&target.join("rekon.toml")), mode(&plain));
        assert_eq!(fs::read_dir(&target).unwrap().count(), starter().len());
    }

    #[test]
    fn a_file_is_replaced_whole_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("seen.json");
        for text in ["one", "two"] {
            replace(&file, text).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), text);
        }
        assert!(replace(folder.path(), "x").is_err());
        assert!(replace(&folder.path().join("none/seen.json"), "x").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn where_one_is_there_already_none_is_written_and_no_folder_stays() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("project");
        fs::create_dir(&target).unwrap();
        let kept = target.join("rekon.toml");
        fs::write(&kept, "mine").unwrap();
        let error = write(&target, &starter()).unwrap_err();
        let said = error.records()[0].message.clone();
        assert!(
            said.ends_with("rekon.toml is there already, and nothing is overwritten"),
            "{said}"
        );
        assert_eq!(fs::read_to_string(&kept).unwrap(), "mine");
        assert_eq!(fs::read_dir(&target).unwrap().count(), 1);
        // A file where a folder would have to be.
        assert!(write(&kept.join("below"), &starter()).is_err());
        assert_eq!(fs::read_dir(&target).unwrap().count(), 1);
    }
}
