//! Examples of each command, for `--help` and the man pages.

use std::fmt::Write as _;

use clap::Command;
use clap::builder::StyledStr;

use super::exit;

/// A command line, and what it does.
pub(super) type Example = (&'static str, &'static str);

/// The examples of each command; the program itself has no name here.
const EXAMPLES: [(&str, &[Example]); 18] = [
    (
        "",
        &[
            ("rekon validate", "check the files in this folder, offline"),
            ("rekon plan --emulator", "what differs; without AWS, against the embedded service"),
            ("rekon apply", "show what differs, ask, and do it"),
        ],
    ),
    (
        "init",
        &[
            ("rekon init fleet", "a project with comments, to be filled in"),
            ("rekon init --stack doorbells --region us-east-1", "with what is known already"),
        ],
    ),
    (
        "import",
        &[
            ("rekon import fleet --region us-east-1", "the whole fleet as a new project"),
            ("rekon import . 'front-*'", "what the project here does not declare yet, by name"),
            ("rekon import fleet --live live.json --split name", "from a snapshot, a file each"),
            ("rekon import fleet --cloudformation stack.yaml", "from another tool's files"),
        ],
    ),
    (
        "validate",
        &[
            ("rekon validate", "the project in this folder"),
            ("rekon validate fleet --deny-warnings", "another one, where no warning may pass"),
            ("rekon validate --format json", "what is wrong, for programs"),
        ],
    ),
    (
        "plan",
        &[
            ("rekon plan", "what differs from the project here, and the calls"),
            ("rekon plan --only 'front-*' --verbose", "of some, with where each value was written"),
            ("rekon plan --out plan.json", "save it, for `rekon apply plan.json`"),
            ("rekon plan --live live.json", "against a snapshot, without a network"),
            (
                "rekon plan --changed-since origin/main",
                "looking only at what a branch declares anew",
            ),
        ],
    ),
    (
        "apply",
        &[
            ("rekon apply", "plan, ask, and do it"),
            ("rekon apply plan.json", "what a saved plan says, and nothing else"),
            ("rekon apply --expect plan.json", "plan anew, and do what of it was reviewed"),
            (
                "rekon apply --only garage --allow-replacements 1",
                "one camera that is blind meanwhile, where the guard asks for the number",
            ),
            (
                "rekon apply --limit 1 --auto-approve --log requests.log",
                "the first change alone, without asking, with a line for each request",
            ),
        ],
    ),
    (
        "restore",
        &[
            ("rekon restore", "all that runs of the project here took away"),
            ("rekon restore . garage", "one processor of it"),
            ("rekon restore --out plan.json", "look at the plan first, and apply it later"),
        ],
    ),
    (
        "drift",
        &[
            ("rekon drift", "what moved away from what was applied; exit 2 if anything did"),
            ("rekon drift --fail-on changed,missing,failed", "a camera that failed counts too"),
            ("rekon drift --undeclared --format json", "what no file declares too, for programs"),
            (
                "rekon drift --who --since seen.json --metrics rekon.prom",
                "on a schedule: who it was, what is new, and metrics of it",
            ),
        ],
    ),
    (
        "accept",
        &[
            ("rekon accept --dry-run", "how the files would change"),
            ("rekon accept", "all that was changed outside of the files"),
            ("rekon accept . 'front-*' garage", "of some processors"),
        ],
    ),
    (
        "show",
        &[
            ("rekon show plan.json", "for reading"),
            ("rekon show plan.json --format diff", "as a unified diff"),
            ("rekon show plan.json --report markdown=plan.md", "and as a comment, in a file"),
        ],
    ),
    (
        "diff",
        &[
            ("rekon diff main", "what the files on the disk mean that those of main do not"),
            ("rekon diff origin/main...HEAD", "what a branch changes, for its review"),
            ("rekon diff ../before .", "two folders"),
        ],
    ),
    (
        "render",
        &[
            ("rekon render", "all regions that the project here declares, into ./pictures"),
            ("rekon render . front-door --out - > door.svg", "of one processor, to stdout"),
            ("rekon render --plan plan.json", "before and after of what a saved plan changes"),
            ("rekon render . 'front-*' --format png --width 800", "of some, as pixels"),
        ],
    ),
    (
        "snapshot",
        &[
            ("rekon snapshot > live.json", "for `rekon plan --live live.json`"),
            ("rekon snapshot fleet --profile audit --rate 50%", "at half the pace of the quotas"),
        ],
    ),
    (
        "iam-policy",
        &[
            ("rekon iam-policy > policy.json", "what applying the project here takes"),
            ("rekon iam-policy plan", "what planning it takes"),
            ("rekon iam-policy drift --who", "and what asking who changed something takes"),
        ],
    ),
    (
        "schema",
        &[
            (
                "rekon schema > schema.json",
                "for editors: `#:schema schema.json` is then a file's first line",
            ),
            ("rekon schema plan", "of what `rekon plan --format json` prints"),
        ],
    ),
    (
        "emulator",
        &[
            ("rekon emulator", "on http://127.0.0.1:4566, gone when it ends"),
            ("rekon emulator --state state.json", "kept in a file"),
            (
                "rekon emulator --fault Update/front-door:2=reset-after",
                "the second update of front-door takes effect and is not answered",
            ),
        ],
    ),
    (
        "completions",
        &[
            (
                "rekon completions bash > ~/.local/share/bash-completion/completions/rekon",
                "for bash",
            ),
            ("rekon completions zsh > ~/.zfunc/_rekon", "for zsh, where fpath has ~/.zfunc"),
            ("rekon completions fish > ~/.config/fish/completions/rekon.fish", "for fish"),
        ],
    ),
    ("man", &[("rekon man ~/.local/share/man/man1", "where `man rekon-plan` finds it")]),
];

/// The examples of a command.
pub(super) fn of(command: &str) -> &'static [Example] {
    EXAMPLES.iter().find(|(name, _)| *name == command).map_or(&[], |(_, examples)| examples)
}

/// The command line with the examples at the end of each `--help`.
pub(super) fn attached(program: Command) -> Command {
    let header = *program.get_styles().get_header();
    let heading = |text: &str| format!("{header}{text}:{header:#}");
    let section = |name: &str| {
        let mut section = heading("Examples");
        for (line, words) in of(name) {
            let _ = write!(section, "\n  {line}\n      {words}");
        }
        section
    };
    let codes = exit::MEANINGS.map(|(code, meaning)| format!("\n  {code:<13}  {meaning}"));
    let program_help = format!("{}\n\n{}{}", section(""), heading("Exit codes"), codes.concat());
    program.after_help(program_help).mut_subcommands(|command| {
        let section = section(command.get_name());
        match command.get_after_long_help().map(StyledStr::to_string) {
            Some(long) => {
                let long = format!("{section}\n\n{long}");
                command.after_help(section).after_long_help(long)
            }
            None => command.after_help(section),
        }
    })
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::super::args::Cli;
    use super::*;

    #[test]
    fn every_command_has_examples_and_they_are_commands() {
        let program = Cli::command();
        let mut names: Vec<&str> = program.get_subcommands().map(Command::get_name).collect();
        names.insert(0, "");
        assert_eq!(EXAMPLES.map(|(name, _)| name).as_slice(), names, "in the order of --help");
        for (name, examples) in EXAMPLES {
            assert!((1..=5).contains(&examples.len()), "{name}");
            for (line, words) in examples {
                let (command, _) = line.split_once(" > ").unwrap_or((line, ""));
                let args: Vec<&str> =
                    command.split(' ').map(|arg| arg.trim_matches('\'')).collect();
                assert!(name.is_empty() || args[1] == name, "{line} is none of {name}");
                assert!(Cli::try_parse_from(args).is_ok(), "{line}");
                assert!(line.len() + 2 <= 80 && words.len() + 6 <= 80, "{line}: {words}");
            }
        }
    }

    #[test]
    fn each_help_ends_with_examples_within_eighty_columns() {
        for name in EXAMPLES.map(|(name, _)| name) {
            for flag in ["-h", "--help"] {
                let args = ["rekon", name, flag].into_iter().filter(|arg| !arg.is_empty());
                let help = attached(Cli::command()).try_get_matches_from(args).unwrap_err();
                let help = help.to_string();
                let (_, end) = help.split_once("\nExamples:\n").unwrap_or_else(|| panic!("{help}"));
                for (line, words) in of(name) {
                    assert!(end.contains(&format!("  {line}\n      {words}\n")), "{end}");
                }
                let examples = end.split("\n\n").next().unwrap();
                assert!(examples.lines().all(|line| line.chars().count() <= 80), "{examples}");
            }
        }
    }
}
