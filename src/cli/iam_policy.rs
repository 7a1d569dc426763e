//! `rekon iam-policy`: the least IAM policy that a command needs.

use clap::{Args, ValueEnum};

use super::args::Project;
use super::error::CommandError;
use super::exit::Exit;
use super::project;
use super::ui::Ui;
use crate::report::{
    self,
    iam_policy::{self, Names},
};

#[derive(Debug, Args)]
pub(super) struct IamPolicyArgs {
    /// The command that the policy is for.
    #[arg(value_name = "VERB", default_value = "apply")]
    pub verb: Verb,
    #[command(flatten)]
    pub project: Project,
    /// With drift: also what --who needs.
    #[arg(long)]
    pub who: bool,
    /// Allow writes to processors of any name, for a fleet that is too large to be listed.
    #[arg(long)]
    pub any_name: bool,
}

/// A command that asks the service for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Verb {
    /// Read what exists.
    Plan,
    /// Read and write.
    Apply,
    /// Read, and write what was taken away.
    Restore,
    /// Read what exists.
    Drift,
    /// Read what exists.
    Accept,
    /// Read what exists.
    Import,
    /// Read what exists.
    Snapshot,
}

/// Runs the command.
pub(super) fn run(args: &IamPolicyArgs, ui: &Ui) -> Result<Exit, CommandError> {
    if args.who && args.verb != Verb::Drift {
        let message = "--who is an option of drift, and this is the policy of another command";
        return Err(CommandError::new(message).with_help("rekon iam-policy drift --who"));
    }
    let project = project::open(&args.project.dir, false)?;
    let verb = match args.verb {
        Verb::Plan | Verb::Accept | Verb::Import => iam_policy::Verb::Plan,
        Verb::Apply => iam_policy::Verb::Apply,
        Verb::Restore => iam_policy::Verb::Restore,
        Verb::Drift => iam_policy::Verb::Drift { who: args.who },
        Verb::Snapshot => iam_policy::Verb::Snapshot,
    };
    let names = if args.any_name { Names::Any } else { Names::Declared };
    let policy = iam_policy::policy(verb, names, &project.desired);
    ui.print(&report::json::iam_policy(&policy));
    let length = iam_policy::length(&policy);
    if length > iam_policy::LONGEST {
        ui.note(&format!(
            "a managed policy has {} characters at most, and this has {length}: --any-name is shorter",
            iam_policy::LONGEST
        ));
    }
    Ok(Exit::Success)
}
