//! `rekon completions`: a script that has the shell ask rekon, and the answers.
//!
//! Names come from the project that the command line is about. An answer never fails,
//! says nothing beside it, and asks no service.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};

use clap::{ArgMatches, Command, ValueHint};
use clap_complete::CompletionCandidate;
use clap_complete::engine::{
    ArgValueCandidates, ArgValueCompleter, PathCompleter, ValueCompleter as _,
};
use clap_complete::env::{EnvCompleter, Shells};

use super::carry_out::recovery_root;
use super::exit::Exit;
use super::ui::Ui;
use crate::apply;
use crate::config::{self, Node, Table};

/// The variable in which the script names its shell.
const VARIABLE: &str = "REKON_COMPLETE";

/// Prints the script.
pub(super) fn run(shell: clap_complete::Shell, ui: &Ui) -> Exit {
    let mut script = Vec::new();
    if let Some(completer) = Shells::builtins().completer(&shell.to_string()) {
        // Writing to memory cannot fail.
        let _ = completer.write_registration(VARIABLE, "rekon", "rekon", "rekon", &mut script);
    }
    ui.print(&String::from_utf8_lossy(&script));
    Exit::Success
}

/// The shell that asks, if one does.
pub(super) fn asking() -> Option<&'static dyn EnvCompleter> {
    let name = std::env::var_os(VARIABLE)?;
    Shells::builtins().0.iter().copied().find(|shell| Some(shell.name()) == name.to_str())
}

/// Answers a shell that asks `rekon -- WORD...` what the word at the cursor may become.
pub(super) fn answer(
    shell: &dyn EnvCompleter,
    program: Command,
    args: &[OsString],
    ui: &Ui,
) -> Exit {
    let words: Vec<OsString> =
        args.iter().skip_while(|arg| *arg != "--").skip(1).cloned().collect();
    // What is still being written may be wrong in any way, and be told of when it is run.
    panic::set_hook(Box::new(|_| {}));
    let answering = AssertUnwindSafe(|| {
        let place = Place::of(&program, &words);
        let mut answer = Vec::new();
        let here = std::env::current_dir().ok();
        let mut program = completing(program, &place);
        shell.write_complete(&mut program, words, here.as_deref(), &mut answer).map(|()| answer)
    });
    let answer = panic::catch_unwind(answering);
    if let Ok(Ok(answer)) = answer {
        ui.print(&String::from_utf8_lossy(&answer));
    }
    Exit::Success
}

/// Where names come from.
#[derive(Clone)]
struct Place {
    project: PathBuf,
    recovery_dir: Option<PathBuf>,
}

impl Place {
    /// That of a command line, as far as it goes.
    fn of(program: &Command, words: &[OsString]) -> Place {
        let matches = program.clone().ignore_errors(true).try_get_matches_from(words);
        let command = matches.as_ref().ok().and_then(|matches| Some(matches.subcommand()?.1));
        let path = |name: &str| command.and_then(|command| path(command, name));
        let project = path("dir").or_else(|| path("target")).unwrap_or_else(|| PathBuf::from("."));
        Place { project, recovery_dir: path("recovery_dir") }
    }

    /// The processors that files declare.
    fn processors(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        each_file(&self.project, |tables| {
            names.extend(keys(tables, "processor").map(|(name, _)| name.to_owned()));
        });
        names
    }

    /// The tags that files give, as `KEY=VALUE`.
    fn tags(&self) -> BTreeSet<String> {
        let mut tags = BTreeSet::new();
        each_file(&self.project, |tables| {
            let layers = ["template", "processor"].into_iter().flat_map(|kind| keys(tables, kind));
            let layers = layers.map(|(_, layer)| layer).chain(tables.get("defaults"));
            for (key, value) in layers.filter_map(Node::table).flat_map(|layer| keys(layer, "tags"))
            {
                tags.extend(value.text().map(|value| format!("{key}={value}")));
            }
        });
        tags
    }

    /// The processors that runs took away and that can be had again.
    fn removed(&self) -> BTreeSet<String> {
        let root = recovery_root(self.recovery_dir.as_ref(), &self.project);
        let apply::Traces { open, deleting, .. } = apply::traces(&root);
        let gone = open.into_iter().chain(deleting);
        let gone = gone.flat_map(|run| run.owed.into_iter().chain(run.deleted));
        gone.map(|owed| owed.name).collect()
    }
}

fn path(matches: &ArgMatches, name: &str) -> Option<PathBuf> {
    matches.try_get_one::<PathBuf>(name).ok().flatten().cloned()
}

fn each_file(project: &Path, mut each: impl FnMut(&Table)) {
    config::load(project).files.iter().for_each(|file| each(&file.tables));
}

/// What stands in the table of this name.
fn keys<'a>(tables: &'a Table, name: &str) -> impl Iterator<Item = (&'a str, &'a Node)> {
    tables.get(name).and_then(Node::table).into_iter().flat_map(Table::iter)
}

/// The command line, with what values may be.
fn completing(program: Command, place: &Place) -> Command {
    let named = |names: fn(&Place) -> BTreeSet<String>| {
        let place = place.clone();
        ArgValueCandidates::new(move || {
            let names = names(&place).into_iter().filter(|name| is_plain(OsStr::new(name)));
            names.map(CompletionCandidate::new).collect()
        })
    };
    program.mut_subcommands(|command| {
        let names = match command.get_name() {
            "restore" => Place::removed,
            _ => Place::processors,
        };
        command.mut_args(|arg| match (arg.get_id().as_str(), arg.get_value_hint()) {
            ("only" | "exclude", _) => arg.add(named(Place::processors)),
            ("tag", _) => arg.add(named(Place::tags)),
            ("names", _) => arg.add(named(names)),
            (_, ValueHint::AnyPath) => arg.add(paths(PathCompleter::any())),
            (_, ValueHint::DirPath) => arg.add(paths(PathCompleter::dir())),
            _ => arg,
        })
    })
}

fn paths(completer: PathCompleter) -> ArgValueCompleter {
    ArgValueCompleter::new(move |current: &OsStr| {
        let mut paths = completer.complete(current);
        paths.retain(|path| is_plain(path.get_value()));
        paths
    })
}

/// Whether shells take the text for what it is. Scripts paste it into the command line
/// as it is, where anything else would be split, expanded or run.
fn is_plain(text: &OsStr) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-/:=+@,%".contains(byte);
    text.as_encoded_bytes().iter().all(plain)
}
