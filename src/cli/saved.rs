//! Plans as files: written whole or not at all, read with their version checked.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::error::CommandError;
use super::ui::Ui;
use crate::plan::{DocumentError, Plan, Seal};
use crate::report;

/// Saves a plan, replacing the file only when all of it is written.
pub(super) fn write(plan: &Plan, file: &Path, ui: &Ui) -> Result<(), CommandError> {
    write_text(&report::json::plan(plan), file).map_err(|error| {
        CommandError::new(format!("cannot save the plan to {}: {error}", file.display()))
    })?;
    ui.mention(&format!("Saved the plan to {}.\n", file.display()));
    Ok(())
}

fn write_text(text: &str, file: &Path) -> io::Result<()> {
    // Behind a link, the file that it leads to is what is replaced.
    let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    match fs::metadata(&file) {
        // A pipe or a device is written to, never replaced.
        Ok(metadata) if !metadata.is_file() => return fs::write(&file, text),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let folder = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    fs::metadata(folder)?;
    let mut temporary = tempfile::Builder::new()
        .prefix(".rekon-plan")
        .permissions(fs::Permissions::from_mode(0o666))
        .tempfile_in(folder)
        .map_err(|error| io::Error::from(error.kind()))?;
    temporary.write_all(text.as_bytes())?;
    temporary.as_file().sync_all()?;
    temporary.persist(&file).map_err(|error| error.error)?;
    Ok(())
}

/// What a saved plan is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Show,
    Apply,
}

/// Reads a saved plan. One of another major version is not understood, one that
/// was edited is refused, and one that cannot be held against a digest is shown
/// but not applied.
pub(super) fn read(file: &Path, purpose: Purpose) -> Result<Plan, CommandError> {
    let refuse = |reason: &str, help: &str| {
        CommandError::new(format!("{}: {reason}", file.display())).with_help(help)
    };
    let again = "make it again: rekon plan --out FILE";
    let text = fs::read_to_string(file).map_err(|error| {
        CommandError::new(format!("{}: cannot read the plan: {error}", file.display()))
    })?;
    match Plan::parse(&text) {
        Ok((_, Seal::Missing)) if purpose == Purpose::Apply => Err(refuse(
            "the plan has no digest, so that nobody can tell whether it is whole",
            again,
        )),
        Ok((plan, _)) => Ok(plan),
        Err(error @ DocumentError::OtherFormat(_)) => {
            Err(refuse(&error.to_string(), "use the rekon that made it, or make it again"))
        }
        Err(error) => Err(refuse(&error.to_string(), again)),
    }
}
