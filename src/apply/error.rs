//! Why applying a plan did not begin.

use std::path::PathBuf;

use super::shell;
use crate::aws::{self, BadRequest};
use crate::plan::Refusal;

/// How many names are told one by one.
const MOST_NAMES: usize = 5;

/// Nothing was written to the service.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The plan was made from a read that was incomplete.
    #[error("the plan was made from an incomplete read, so it cannot be applied; plan again")]
    Incomplete,
    /// The plan has another major version, or none that can be read.
    #[error("the plan has format {0:?}, which needs a newer rekon")]
    NewerFormat(String),
    /// The plan is refused; the first of its refusals.
    #[error("the plan is refused: {}", .0.message)]
    Refused(Box<Refusal>),
    /// The plan is for another account.
    #[error("the plan is for account {expected}, but the credentials are of account {actual}")]
    WrongAccount {
        /// What it should be.
        expected: String,
        /// What it is.
        actual: String,
    },
    /// The plan is for another region.
    #[error("the plan is for region {expected}, but the connection is to {actual}")]
    WrongRegion {
        /// What it should be.
        expected: String,
        /// What it is.
        actual: String,
    },
    /// The parts of the plan do not fit together.
    #[error("the plan is damaged: {0}")]
    Damaged(String),
    /// A request of the plan is not about what its call says.
    #[error("the plan holds a request that cannot be sent: {0}")]
    BadRequest(#[from] BadRequest),
    /// Not one processor of the plan could be read.
    #[error("{0}")]
    Unreadable(aws::Error),
    /// What would be deleted could not be recreated from a file.
    #[error(
        "{name} is to be deleted, but no file would bring it back as it is: {reason}{}",
        also(others)
    )]
    Unrestorable {
        /// The processor's name.
        name: String,
        /// Why, in words.
        reason: String,
        /// The rule that the definition breaks.
        rule: Option<String>,
        /// Other processors of which the same is true.
        others: Vec<String>,
    },
    /// The journal of the run could not be begun, so that nothing was.
    #[error("cannot write the journal of the run in {}: {source}", path.display())]
    Journal {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A recovery file could not be written, so that nothing was begun.
    #[error("cannot write the recovery file {}: {source}", path.display())]
    Recovery {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

impl ApplyError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            ApplyError::Unreadable(error) => error.help(),
            ApplyError::Refused(refusal) => refusal.help.clone(),
            ApplyError::Recovery { .. } | ApplyError::Journal { .. } => Some(
                "Nothing is deleted before its definition is safe; give a folder that can be \
                 written with --recovery-dir"
                    .to_owned(),
            ),
            ApplyError::Unrestorable { name, reason: _, rule, others } => {
                let rule = rule.as_ref().map_or_else(String::new, |rule| format!("{rule}\n"));
                let mut all = std::iter::once(name).chain(others);
                let shown: Vec<String> = all
                    .by_ref()
                    .take(MOST_NAMES)
                    .map(|name| shell::option("--exclude", name))
                    .collect();
                let more = if all.next().is_some() { " ..." } else { "" };
                Some(format!(
                    "{rule}Nothing is deleted before all that is needed to recreate it is safe: \
                     change this by other means first, or plan without it: {}{more}",
                    shown.join(" ")
                ))
            }
            ApplyError::WrongAccount { .. } => {
                Some("Use credentials of the plan's account, for example with --profile".to_owned())
            }
            ApplyError::Damaged(_) | ApplyError::BadRequest(_) => {
                Some("Plan again with this version of rekon".to_owned())
            }
            ApplyError::Incomplete
            | ApplyError::NewerFormat(_)
            | ApplyError::WrongRegion { .. } => None,
        }
    }
}

fn also(others: &[String]) -> String {
    match others.len() {
        0 => String::new(),
        1 => " (nor would one bring back another one)".to_owned(),
        more => format!(" (nor would one bring back {more} others)"),
    }
}
