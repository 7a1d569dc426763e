//! `rekon diff`: what a change of the files means, without a service.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueHint};

use super::args::{Allow, Choose, Reporting, formats};
use super::error::CommandError;
use super::exit::Exit;
use super::plan;
use super::project::{self, Project};
use super::reports::Reports;
use super::ui::Ui;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Options, between};
use crate::report::{Document, Format};

#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// What it was: a project's folder, or a revision of git; `BASE..HEAD` is both, and with
    /// three dots what HEAD changed since it left BASE.
    #[arg(value_name = "BASE", value_hint = ValueHint::AnyPath)]
    pub base: String,
    /// What it is [default: the project as it lies on the disk].
    #[arg(value_name = "HEAD", value_hint = ValueHint::AnyPath)]
    pub head: Option<String>,
    /// The project's folder, which is looked for in revisions.
    #[arg(long, value_name = "DIR", default_value = ".", value_hint = ValueHint::DirPath)]
    pub project: PathBuf,
    /// How to print what changes.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = formats(&Format::ALL))]
    pub format: Format,
    #[command(flatten)]
    pub reporting: Reporting,
    /// Exit with 2 when the meaning changes.
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Count warnings as errors.
    #[arg(long)]
    pub deny_warnings: bool,
    #[command(flatten)]
    pub choose: Choose,
    #[command(flatten)]
    pub allow: Allow,
}

/// One of the two that are compared.
#[derive(Debug, PartialEq, Eq)]
enum Side {
    Folder(PathBuf),
    Revision(String),
}

/// Runs the command.
pub(super) fn run(args: &DiffArgs, reports: &Reports, ui: &Ui) -> Result<Exit, CommandError> {
    let (base, head) = sides(args)?;
    let name = base.to_string();
    // What is wrong with the head is told at the paths that its files have.
    let (base, head) = (base.open(args)?, head.open(args).map_err(CommandError::of_the_disk)?);
    let Project { loaded, desired, warnings } = &head;
    let options = Options {
        narrowing: plan::narrowing(desired, &args.choose, None)?,
        allowances: plan::allowances(args.allow),
        ..Options::default()
    };
    let new = new_of(warnings, &base.warnings);
    let base = Arc::new(base.desired);
    let planned = between(&base, &name, desired, &loaded.sources, &new, &options);
    plan::announce(&desired.stack, planned.against().as_ref(), None, reports, ui);
    let exit = plan::exit(&planned, args.deny_warnings, args.detailed_exitcode);
    Ok(reports.tell(Document::Plan(&planned, None), ui).ending(exit))
}

/// Takes apart what was typed.
fn sides(args: &DiffArgs) -> Result<(Side, Side), CommandError> {
    let side = |text: &str| Side::of(if text.is_empty() { "HEAD" } else { text });
    if let Some(head) = &args.head {
        if args.base.contains("..") && !Path::new(&args.base).is_dir() {
            let message = format!("{} says both sides already, and {head} is a third", args.base);
            return Err(CommandError::new(message).with_help("leave one of them out"));
        }
        return Ok((side(&args.base), side(head)));
    }
    // A folder may have dots in its name.
    if let Side::Folder(base) = Side::of(&args.base) {
        return Ok((Side::Folder(base), Side::Folder(args.project.clone())));
    }
    let named = |text: &str| if text.is_empty() { "HEAD".to_owned() } else { text.to_owned() };
    if let Some((base, head)) = args.base.split_once("...") {
        let (base, head) = (named(base), named(head));
        let common = project::merge_base(&args.project, &base, &head)?;
        return Ok((Side::Revision(common), Side::Revision(head)));
    }
    Ok(match args.base.split_once("..") {
        Some((base, head)) => (Side::Revision(named(base)), Side::Revision(named(head))),
        None => (Side::of(&args.base), Side::Folder(args.project.clone())),
    })
}

impl DiffArgs {
    /// The folder that the files of the head are in, or would be.
    pub(super) fn folder(&self) -> &Path {
        let head = self.head.as_deref().map(Path::new);
        head.filter(|head| head.is_dir()).unwrap_or(&self.project)
    }
}

impl Side {
    /// What is a folder is one; all else is a revision.
    fn of(text: &str) -> Side {
        match Path::new(text).is_dir() {
            true => Side::Folder(PathBuf::from(text)),
            false => Side::Revision(text.to_owned()),
        }
    }

    fn open(&self, args: &DiffArgs) -> Result<Project, CommandError> {
        match self {
            Side::Folder(folder) => project::open(folder, false),
            Side::Revision(revision) => project::open_at(&args.project, revision),
        }
    }
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Side::Folder(folder) => write!(f, "{}", folder.display()),
            Side::Revision(revision) => f.write_str(revision),
        }
    }
}

/// The warnings that the base does not have.
fn new_of(warnings: &[Diagnostic], before: &[Diagnostic]) -> Vec<Diagnostic> {
    let before: HashSet<(Code, &str)> =
        before.iter().map(|one| (one.code, one.message.as_str())).collect();
    let is_new = |one: &&Diagnostic| !before.contains(&(one.code, one.message.as_str()));
    warnings.iter().filter(is_new).cloned().collect()
}
