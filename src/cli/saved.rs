//! Plans as files: written whole or not at all, read with their version checked.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::exit::Exit;
use super::ui::Ui;
use crate::plan::{FORMAT_VERSION, Plan};
use crate::report;

/// Saves a plan, replacing the file only when all of it is written.
pub fn write(plan: &Plan, file: &Path, ui: &Ui) -> Result<(), Exit> {
    match write_text(&report::json::plan(plan), file) {
        Ok(()) => {
            ui.mention(&format!("Saved the plan to {}.\n", file.display()));
            Ok(())
        }
        Err(error) => {
            ui.error_line(&format!("cannot save the plan to {}: {error}", file.display()), None);
            Err(Exit::Error)
        }
    }
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

/// Reads a saved plan. One of a newer major version is not understood.
pub fn read(file: &Path, ui: &Ui) -> Result<Plan, Exit> {
    let refuse = |reason: String, help: Option<&str>| {
        ui.error_line(&format!("{}: {reason}", file.display()), help);
        Exit::Error
    };
    let text = fs::read_to_string(file)
        .map_err(|error| refuse(format!("cannot read the plan: {error}"), None))?;
    let again = Some("make it again: rekon plan --out FILE");
    let document: serde_json::Value = serde_json::from_str(&text)
        .map_err(|error| refuse(format!("this is no JSON: {error}"), again))?;
    let version = document.get("format_version").and_then(serde_json::Value::as_str);
    let Some(version) = version else {
        return Err(refuse("this is no plan: it has no format_version".into(), again));
    };
    if major(version) != major(FORMAT_VERSION) {
        let reason =
            format!("the plan's format is {version}, and this rekon understands {FORMAT_VERSION}");
        return Err(refuse(reason, Some("use the rekon that made it, or make it again")));
    }
    let plan: Plan = serde_json::from_value(document)
        .map_err(|error| refuse(format!("this is no plan: {error}"), again))?;
    if plan.is_intact() {
        Ok(plan)
    } else {
        let reason = "the plan was changed after it was made: its fingerprint is not its own";
        Err(refuse(reason.into(), again))
    }
}

fn major(version: &str) -> Option<u64> {
    version.split('.').next()?.parse().ok()
}
