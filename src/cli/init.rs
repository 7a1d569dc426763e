//! `rekon init`: a starter project.

use std::path::{Component, Path, PathBuf};

use clap::Args;

use super::error::CommandError;
use super::exit::Exit;
use super::new_files;
use super::standpoint::Standpoint;
use super::ui::Ui;
use crate::config::PROJECT_FILE;
use crate::desired::Stack;
use crate::import;

#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// The folder of the new project; it is made if it is not there.
    #[arg(value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
    /// The stack's name [default: the folder's].
    #[arg(long, value_name = "NAME")]
    pub stack: Option<String>,
    /// The stack's account.
    #[arg(long, value_name = "ACCOUNT_ID", default_value = "111122223333")]
    pub account: String,
    /// The stack's region.
    #[arg(long, value_name = "REGION", default_value = "us-east-1")]
    pub region: String,
    /// Leave out the workflow of GitHub Actions.
    #[arg(long)]
    pub no_workflow: bool,
}

/// Runs the command.
pub(super) fn run(args: InitArgs, ui: &Ui) -> Result<Exit, CommandError> {
    let InitArgs { dir, stack, account, region, no_workflow } = args;
    let exists = |path: &str| dir.join(path).symlink_metadata().is_ok();
    if exists(PROJECT_FILE) {
        let message = format!("{} is there already", dir.join(PROJECT_FILE).display());
        let help = "to add what exists and no file declares: rekon import";
        return Err(CommandError::new(message).with_help(help));
    }
    let name = stack.unwrap_or_else(|| folder_name(&dir));
    let stack = Stack { name, account_id: account, region };
    let mut files = import::starter(&stack).map_err(|error| CommandError::of(&error))?;
    files.retain(|file| file.path == PROJECT_FILE || !exists(&file.path));
    let standpoint = Standpoint::before(&dir);
    let (root, folder) = standpoint.repository();
    let path = root.join(import::WORKFLOW_FILE);
    // Another folder name than UTF-8 is none that a workflow can name.
    let folder = folder.to_str().filter(|_| !no_workflow && path.symlink_metadata().is_err());
    let workflow: Vec<_> = folder.map(|it| import::workflow(&stack, it)).into_iter().collect();
    new_files::write_into(&[(root, &workflow), (&dir, &files)])?;
    let also = folder.map(|_| standpoint.show(&path.display().to_string()));
    ui.say(&import::started(&files, &dir.display().to_string(), also.as_deref()));
    Ok(Exit::Success)
}

/// The name of a folder, there or not, as a stack's: of what a tag's value may hold.
pub(super) fn folder_name(dir: &Path) -> String {
    let absolute = std::path::absolute(dir).unwrap_or_default();
    let resolved = absolute.canonicalize().unwrap_or(absolute);
    let last = resolved.components().rev().find_map(|part| match part {
        Component::Normal(name) => name.to_str(),
        _ => None,
    });
    let tag = |letter: char| match letter.is_alphanumeric() || "_.:/=+-@ ".contains(letter) {
        true => letter,
        false => '-',
    };
    last.map_or_else(|| "rekon".to_owned(), |name| name.chars().map(tag).collect())
}
