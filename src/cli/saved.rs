//! Plans as files: written whole or not at all, read with their version checked.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::args::Connect;
use super::carry_out::reconnect;
use super::error::CommandError;
use super::ui::Ui;
use crate::plan::{DocumentError, Made, Plan, Seal};
use crate::{apply, report};

/// Whether a file is stdin or stdout.
pub(super) fn is_standard(file: &Path) -> bool {
    file == Path::new("-")
}

/// Saves a plan that was made just now, replacing the file only when all of it is written.
pub(super) fn write(
    plan: &mut Plan,
    made: &Made,
    file: &Path,
    ui: &Ui,
) -> Result<(), CommandError> {
    plan.made = Some(made.clone());
    let text = report::json::plan(plan);
    if is_standard(file) {
        ui.print(&text);
        return Ok(());
    }
    write_text(&text, file).map_err(|error| {
        CommandError::new(format!("cannot save the plan to {}: {error}", file.display()))
    })
}

/// Says where a plan was saved, and with which command it is applied, if it may be.
/// `base` is the folder of its project.
pub(super) fn tell(plan: &Plan, file: &Path, connect: &Connect, base: &Path, ui: &Ui) {
    if is_standard(file) {
        return;
    }
    let applies = plan.complete && plan.refusals.is_empty() && !plan.changes.is_empty();
    let path = apply::shell_path(file);
    // Beside a plan the embedded service is found without being told where it is.
    let beside = file.parent().is_some_and(|folder| folder == base);
    let connection = match &connect.emulator {
        Some(told) if told.is_empty() && beside => " --emulator".to_owned(),
        _ => reconnect(connect, base),
    };
    let told = match applies {
        true => format!("To apply it: rekon apply {path}{connection}"),
        false => format!("To see it again: rekon show {path}"),
    };
    ui.say(&format!("\nSaved the plan to {path}. {told}\n"));
}

/// Waits for what may wait for its input, so that a signal ends the waiting.
pub(super) async fn patiently<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, CommandError> + Send + 'static,
) -> Result<T, CommandError> {
    let read = tokio::task::spawn_blocking(read).await;
    read.unwrap_or_else(|error| Err(CommandError::of(&error)))
}

/// All that comes on stdin.
pub(super) fn read_stdin() -> Result<String, CommandError> {
    io::read_to_string(io::stdin())
        .map_err(|error| CommandError::new(format!("cannot read stdin: {error}")))
}

/// Writes a file whole or not at all. Where there is a pipe or a device, it is written to.
pub(super) fn write_text(text: &str, file: &Path) -> io::Result<()> {
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
        .prefix(".rekon-")
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
    let name = if is_standard(file) { "stdin".to_owned() } else { file.display().to_string() };
    let refuse =
        |reason: &str, help: &str| CommandError::new(format!("{name}: {reason}")).with_help(help);
    let again = "make it again: rekon plan --out FILE";
    let text = match is_standard(file) {
        true => read_stdin()?,
        false => fs::read_to_string(file)
            .map_err(|error| CommandError::new(format!("{name}: cannot read the plan: {error}")))?,
    };
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
