//! Files that change: all of them or none, as far as a file system can promise that.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

use super::error::CommandError;
use crate::plan::EditedFile;

/// A file, and beside it what is to take its place.
struct Prepared<'a> {
    edited: &'a EditedFile,
    /// The file itself, where the project has a link.
    path: PathBuf,
    new: TempPath,
}

/// Writes the files of a project. One that is not what was read is a refusal, before any
/// of them changes; where one cannot be put in place, those before it are put back.
pub(super) fn write(root: &Path, files: &[EditedFile]) -> Result<(), CommandError> {
    let prepared = files
        .iter()
        .map(|edited| prepare(root, edited).map_err(|error| cannot_write(&edited.path, &error)));
    let prepared: Vec<Prepared<'_>> = prepared.collect::<Result<_, _>>()?;
    for Prepared { edited, path, new: _ } in &prepared {
        let now = fs::read(path).map_err(|error| cannot_write(&edited.path, &error))?;
        if now != edited.before.as_bytes() {
            let message = format!("{} has changed since it was read", edited.path);
            return Err(CommandError::new(message).with_help("run it again"));
        }
    }
    let mut done: Vec<(&EditedFile, PathBuf)> = Vec::new();
    for Prepared { edited, path, new } in prepared {
        if let Err(error) = new.persist(&path) {
            return Err(put_back(&done, cannot_write(&edited.path, &error.error)));
        }
        done.push((edited, path));
    }
    // Where the folder cannot be synced, the names are in it all the same.
    for folder in done.iter().filter_map(|(_, path)| path.parent()) {
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
    Ok(())
}

fn cannot_write(path: &str, error: &io::Error) -> CommandError {
    CommandError::new(format!("cannot write {path}: {error}"))
}

fn prepare<'a>(root: &Path, edited: &'a EditedFile) -> io::Result<Prepared<'a>> {
    let path = root.join(&edited.path).canonicalize()?;
    let new = beside(&path, &edited.after)?;
    Ok(Prepared { edited, path, new })
}

/// Writes a text beside a file, with the file's own mode.
fn beside(path: &Path, text: &str) -> io::Result<TempPath> {
    let permissions = fs::metadata(path)?.permissions();
    if permissions.readonly() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut new = NamedTempFile::with_prefix_in(".rekon-", folder)?;
    new.write_all(text.as_bytes())?;
    new.as_file().set_permissions(permissions)?;
    new.as_file().sync_all()?;
    Ok(new.into_temp_path())
}

/// Puts files back; what cannot be is told with the error.
fn put_back(done: &[(&EditedFile, PathBuf)], error: CommandError) -> CommandError {
    let back = |(edited, path): &&(&EditedFile, PathBuf)| {
        beside(path, &edited.before).and_then(|old| Ok(old.persist(path)?)).is_err()
    };
    let changed: Vec<&str> = done.iter().filter(back).map(|(edited, _)| &*edited.path).collect();
    match changed.is_empty() {
        true => error.with_help("nothing was changed"),
        false => error.with_help(format!("already changed: {}", changed.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    use super::*;

    fn edited(path: &str, before: &str, after: &str) -> EditedFile {
        EditedFile { path: path.into(), before: before.into(), after: after.into() }
    }

    fn text(folder: &Path, path: &str) -> String {
        fs::read_to_string(folder.join(path)).unwrap()
    }

    #[test]
    fn modes_and_links_stay() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        fs::create_dir(dir.join("shared")).unwrap();
        fs::write(dir.join("shared/a.toml"), "old").unwrap();
        fs::set_permissions(dir.join("shared/a.toml"), fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("shared/a.toml", dir.join("a.toml")).unwrap();
        write(dir, &[edited("a.toml", "old", "new")]).unwrap();
        assert!(dir.join("a.toml").symlink_metadata().unwrap().is_symlink());
        assert_eq!(text(dir, "shared/a.toml"), "new");
        let mode = fs::metadata(dir.join("shared/a.toml")).unwrap().mode();
        assert_eq!(mode & 0o7777, 0o640);
        assert_eq!(fs::read_dir(dir.join("shared")).unwrap().count(), 1, "nothing is left over");
    }

    #[test]
    fn all_files_change_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        fs::write(dir.join("a.toml"), "old").unwrap();
        fs::write(dir.join("b.toml"), "somebody else's").unwrap();
        let both = [edited("a.toml", "old", "new"), edited("b.toml", "old", "new")];
        assert!(write(dir, &both).is_err(), "it has changed");
        assert_eq!(text(dir, "a.toml"), "old");
        fs::write(dir.join("b.toml"), "old").unwrap();
        fs::set_permissions(dir.join("b.toml"), fs::Permissions::from_mode(0o444)).unwrap();
        assert!(write(dir, &both).is_err(), "it is read-only");
        assert_eq!(text(dir, "a.toml"), "old");
        fs::set_permissions(dir.join("b.toml"), fs::Permissions::from_mode(0o644)).unwrap();
        write(dir, &both).unwrap();
        assert_eq!((text(dir, "a.toml"), text(dir, "b.toml")), ("new".into(), "new".into()));
        assert_eq!(fs::read_dir(dir).unwrap().count(), 2, "nothing is left over");
    }

    #[test]
    fn what_was_put_in_place_is_put_back() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        fs::write(dir.join("a.toml"), "new").unwrap();
        let file = edited("a.toml", "old", "new");
        let error = put_back(&[(&file, dir.join("a.toml"))], CommandError::new("no"));
        assert_eq!(text(dir, "a.toml"), "old");
        assert_eq!(error.records()[0].help.as_deref(), Some("nothing was changed"));
    }
}
