//! Plans as files: written whole or not at all, read with their version checked.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use super::exit::Exit;
use super::ui::Ui;
use crate::plan::{FORMAT_VERSION, Plan};
use crate::report;

/// Saves a plan, replacing the file only when all of it is written.
pub fn write(plan: &Plan, file: &Path, ui: &Ui) -> Result<(), Exit> {
    let folder = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    let result = tempfile::Builder::new()
        .prefix(".rekon-plan")
        .tempfile_in(folder.unwrap_or(Path::new(".")))
        .and_then(|mut temporary| {
            temporary.write_all(report::json::plan(plan).as_bytes())?;
            temporary.as_file().sync_all()?;
            temporary.persist(file).map_err(|error| error.error)
        });
    match result {
        Ok(_) => {
            ui.mention(&format!("Saved the plan to {}.\n", file.display()));
            Ok(())
        }
        Err(error) => {
            ui.error_line(&format!("cannot save the plan to {}: {error}", file.display()), None);
            Err(Exit::Error)
        }
    }
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
    serde_json::from_value(document)
        .map_err(|error| refuse(format!("this is no plan: {error}"), again))
}

fn major(version: &str) -> Option<u64> {
    version.split('.').next()?.parse().ok()
}
