//! Commands that are not there: what to do instead of those that other tools have.

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Commands that people try who come from elsewhere, and what to do here instead.
const ELSEWHERE: [(&[&str], &str); 10] = [
    (
        &["refresh", "state", "taint", "untaint", "force-unlock", "workspace"],
        "there is no state to keep: each `rekon plan` reads what exists",
    ),
    (
        &["destroy", "delete", "rm"],
        "take its table away, and `rekon plan` shows the delete of what rekon applied; with \
         [[removed]] and destroy = false it stays",
    ),
    (&["fmt", "format"], "any formatter of TOML does it, such as `taplo fmt`"),
    (
        &["login", "logout", "providers"],
        "credentials are the AWS SDK's: `aws sso login`, and --profile or AWS_PROFILE",
    ),
    (&["output", "list", "ls"], "`rekon snapshot` prints what exists, as JSON"),
    (&["get", "graph", "console", "test"], "`rekon plan` shows all calls, in their order"),
    (&["check", "lint"], "`rekon validate` checks the files, offline"),
    (&["preview", "status"], "`rekon plan` shows what differs"),
    (&["up", "deploy", "sync", "run"], "`rekon apply` plans, asks, and does it"),
    (&["version"], "`rekon --version` says which it is"),
];

/// What to say of the command that was asked for, if it is one of these.
pub(super) fn told(error: &clap::Error, program: &mut Command) -> Option<clap::Error> {
    let ContextValue::String(name) = error.get(ContextKind::InvalidSubcommand)? else {
        return None;
    };
    let (_, instead) = ELSEWHERE.iter().find(|(names, _)| names.contains(&name.as_str()))?;
    let words = format!("there is no `rekon {name}`\n\nInstead: {instead}");
    Some(program.error(ErrorKind::InvalidSubcommand, words))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::args::Cli;

    #[test]
    fn what_is_said_not_to_be_there_is_not_there() {
        let program = Cli::command();
        for name in ELSEWHERE.iter().flat_map(|(names, _)| *names) {
            assert!(program.find_subcommand(name).is_none(), "{name}");
        }
    }
}
