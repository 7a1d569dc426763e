//! Opening a project: every command that reads files begins here.

use std::path::Path;
use std::sync::Arc;

use super::args::Base;
use super::error::{CommandError, Complaint};
use super::exit::Exit;
use crate::apply::{self, RecoveryRoot, Run, Traces, Unreadable};
use crate::config::{self, Loaded, RevisionError};
use crate::desired::{self, Desired};
use crate::diagnostic::{Diagnostic, Severity};

/// A project whose files hold no error.
pub(super) struct Project {
    pub loaded: Loaded,
    pub desired: Desired,
    /// Warnings; drawn by `validate`, carried along by a plan.
    pub warnings: Vec<Diagnostic>,
}

/// Loads and resolves a project, or says what is wrong with it.
pub(super) fn open(dir: &Path, deny_warnings: bool) -> Result<Project, CommandError> {
    check(config::load(dir), deny_warnings)
}

/// Loads and resolves a project as a revision of git has it. Warnings were told when it
/// was the newest.
pub(super) fn open_at(dir: &Path, revision: &str) -> Result<Project, CommandError> {
    let loaded = config::load_at(dir, revision);
    check(loaded.map_err(|error| not_had(&error))?, false)
}

/// The commit that two revisions have in common, in the repository of a folder.
pub(super) fn merge_base(dir: &Path, one: &str, other: &str) -> Result<String, CommandError> {
    config::merge_base(dir, one, other).map_err(|error| not_had(&error))
}

fn not_had(error: &RevisionError) -> CommandError {
    let help = "name a commit, branch or tag that this clone has; a shallow one has few";
    CommandError::of(error).with_help(help)
}

/// What the files of a project said before, if it was said where to look.
pub(super) fn base(dir: &Path, given: &Base) -> Result<Option<Arc<Desired>>, CommandError> {
    let desired = |revision: &String| Ok(Arc::new(open_at(dir, revision)?.desired));
    given.base.as_ref().map(desired).transpose()
}

fn check(loaded: Loaded, deny_warnings: bool) -> Result<Project, CommandError> {
    let checked = desired::resolve(&loaded);
    match checked.desired {
        Some(desired) if !is_refused(&checked.diagnostics, deny_warnings) => {
            Ok(Project { loaded, desired, warnings: checked.diagnostics })
        }
        _ => Err(CommandError {
            exit: Exit::Error,
            complaint: Complaint::Files(checked.diagnostics, Box::new(loaded)),
        }),
    }
}

impl Project {
    /// Warns of runs that never ended, or that took something away.
    pub(super) fn warn_of_runs(&mut self, root: &RecoveryRoot, service: Option<&str>) {
        let Traces { open, deleting: _, unreadable } = apply::traces(root);
        let own = open
            .iter()
            .filter(|run| run.is_about(&self.desired.stack) && run.service.as_deref() == service);
        self.warnings.extend(own.map(Run::warning));
        self.warnings.extend(unreadable.iter().map(Unreadable::warning));
    }
}

/// Whether the diagnostics forbid going on.
pub(super) fn is_refused(diagnostics: &[Diagnostic], deny_warnings: bool) -> bool {
    diagnostics.iter().any(|diagnostic| match diagnostic.severity() {
        Severity::Error => true,
        Severity::Warning => deny_warnings,
        Severity::Note => false,
    })
}
