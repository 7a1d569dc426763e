//! Recovery files: all that it takes to bring back what a plan deletes.
//!
//! Each is a project of its own, a folder with a `rekon.toml`, so that applying
//! the folder restores the processor and touches nothing else.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::{ApplyError, RecoveryRoot, WriteToml};
use crate::desired::Stack;
use crate::model::Processor;

/// Where a processor's definition is safe, and how it is brought back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recovery {
    pub(super) file: PathBuf,
    pub(super) restore: String,
}

/// Writes the definitions, and comes back when they are on the disk.
pub(super) fn save<'a>(
    root: &RecoveryRoot,
    stack: &Stack,
    now: Timestamp,
    write_toml: WriteToml<'_>,
    processors: impl IntoIterator<Item = (usize, &'a str, &'a Processor)>,
) -> Result<std::collections::BTreeMap<usize, Recovery>, ApplyError> {
    let mut saved = std::collections::BTreeMap::new();
    let mut processors = processors.into_iter().peekable();
    if processors.peek().is_none() {
        return Ok(saved);
    }
    let folder = prepare(root)?;
    for (index, name, processor) in processors {
        let project = own_folder(&folder, &folder_name(now, name))
            .map_err(|source| ApplyError::Recovery { path: folder.clone(), source })?;
        let file = project.join("rekon.toml");
        let text = text(stack, now, name, &write_toml(name, processor));
        write(&project, &file, &text)
            .map_err(|source| ApplyError::Recovery { path: file.clone(), source })?;
        let restore = format!(
            "rekon apply {} --only {}",
            quoted(&project.display().to_string()),
            quoted(name)
        );
        saved.insert(index, Recovery { file, restore });
    }
    sync_folder(&folder).map_err(|source| ApplyError::Recovery { path: folder.clone(), source })?;
    Ok(saved)
}

/// Makes the folder that holds all recovery files.
fn prepare(root: &RecoveryRoot) -> Result<PathBuf, ApplyError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| ApplyError::Recovery { path, source }
    };
    match root {
        RecoveryRoot::Folder(folder) => {
            create_folders(folder).map_err(failed(folder))?;
            Ok(folder.clone())
        }
        RecoveryRoot::Beside(project) => {
            let own = project.join(".rekon");
            let folder = own.join("removed");
            create_folders(&folder).map_err(failed(&folder))?;
            let ignore = own.join(".gitignore");
            if !ignore.exists() {
                write(&own, &ignore, "*\n").map_err(failed(&ignore))?;
            }
            Ok(folder)
        }
    }
}

/// Makes a folder and those above it, each on the disk.
fn create_folders(folder: &Path) -> io::Result<()> {
    let mut missing = Vec::new();
    let mut above = Some(folder);
    while let Some(path) = above
        && !path.as_os_str().is_empty()
        && !path.is_dir()
    {
        missing.push(path);
        above = path.parent();
    }
    for path in missing.into_iter().rev() {
        match fs::create_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
            made => made?,
        }
        sync_folder(parent(path))?;
    }
    Ok(())
}

/// Makes a folder that was not there before.
fn own_folder(folder: &Path, name: &str) -> io::Result<PathBuf> {
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
fn write(folder: &Path, file: &Path, text: &str) -> io::Result<()> {
    let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
    temporary.write_all(text.as_bytes())?;
    temporary.as_file().sync_all()?;
    temporary.persist(file).map_err(|error| error.error)?;
    sync_folder(folder)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder)?.sync_all()
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

/// The time first, so that folders sort by it, and then the name. A live name
/// is not judged, so that what a file system might not bear is replaced.
fn folder_name(now: Timestamp, name: &str) -> String {
    let stamp: String = now.to_string().chars().filter(|char| !matches!(char, '-' | ':')).collect();
    let stamp = stamp.split('.').next().unwrap_or_default().trim_end_matches('Z').to_owned();
    let safe =
        |char: char| if char.is_ascii_alphanumeric() || "_.-".contains(char) { char } else { '_' };
    format!("{stamp}Z-{}", name.chars().map(safe).take(128).collect::<String>())
}

fn text(stack: &Stack, now: Timestamp, name: &str, table: &str) -> String {
    // A JSON string is a TOML string but for one character, which no name has.
    let string = |text: &str| serde_json::Value::from(text).to_string();
    let Stack { name: stack_name, account_id, region } = stack;
    format!(
        "# The stream processor {}, as it was on {now}, before it was deleted.\n\
         # `rekon apply` on this folder creates it again, unless it exists.\n\
         \n\
         [stack]\n\
         name = {}\n\
         account_id = {}\n\
         region = {}\n\
         \n\
         [guard]\n\
         max_deletes = 0\n\
         max_replacements = 0\n\
         \n\
         {}\n",
        name.escape_debug(),
        string(stack_name),
        string(account_id),
        string(region),
        table.trim_end(),
    )
}

/// A text as a shell takes it.
fn quoted(text: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || "_./-+=@%,:".contains(char);
    if !text.is_empty() && text.chars().all(plain) && !text.starts_with('-') {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::from_json;

    fn stack() -> Stack {
        Stack {
            name: "door\"bells".into(),
            account_id: "111122223333".into(),
            region: "us-east-1".into(),
        }
    }

    fn processor() -> Processor {
        from_json(&json!({
            "role_arn": "r", "input": {"kinesis_video_stream": {"arn": "v"}},
            "output": {"s3_destination": {"bucket": "b"}},
            "settings": {"connected_home": {"labels": ["PET"]}},
        }))
        .unwrap()
    }

    fn now() -> Timestamp {
        "2026-11-22T15:03:00.123Z".parse().unwrap()
    }

    fn write_toml(name: &str, _: &Processor) -> String {
        format!("[processor.{name}]\n")
    }

    #[test]
    fn each_definition_is_a_project_that_restores_it() {
        let project = tempfile::tempdir().unwrap();
        let root = RecoveryRoot::Beside(project.path().to_owned());
        let processor = processor();
        let saved =
            save(&root, &stack(), now(), &write_toml, [(4, "front-door", &processor)]).unwrap();
        let folder = project.path().join(".rekon/removed/20261122T150300Z-front-door");
        assert_eq!(saved[&4].file, folder.join("rekon.toml"));
        assert_eq!(
            saved[&4].restore,
            format!("rekon apply {} --only front-door", folder.display())
        );
        let text = fs::read_to_string(&saved[&4].file).unwrap();
        let table: toml::Table = text.parse().unwrap();
        assert_eq!(table["stack"]["name"].as_str(), Some("door\"bells"));
        assert!(table["processor"]["front-door"].is_table());
        let ignore = fs::read_to_string(project.path().join(".rekon/.gitignore")).unwrap();
        assert_eq!(ignore, "*\n");
        assert_eq!(fs::read_dir(folder).unwrap().count(), 1, "no temporary file stays");
    }

    #[test]
    fn the_same_name_in_the_same_second_gets_a_folder_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let root = RecoveryRoot::Folder(folder.path().join("a/b"));
        let processor = processor();
        let save = || save(&root, &stack(), now(), &write_toml, [(0, "x", &processor)]).unwrap();
        assert_ne!(save()[&0].file, save()[&0].file);
    }

    #[test]
    fn nothing_to_delete_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let root = RecoveryRoot::Beside(folder.path().to_owned());
        assert!(save(&root, &stack(), now(), &write_toml, []).unwrap().is_empty());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let processor = processor();
        let root = RecoveryRoot::Folder(file.join("sub"));
        let error = save(&root, &stack(), now(), &write_toml, [(0, "x", &processor)]).unwrap_err();
        assert!(error.to_string().contains("file/sub"), "{error}");
    }

    #[test]
    fn paths_are_quoted_for_the_shell() {
        assert_eq!(quoted(".rekon/removed/x"), ".rekon/removed/x");
        assert_eq!(quoted("it's here"), "'it'\\''s here'");
    }
}
