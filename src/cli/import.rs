//! `rekon import`: files for what exists.

use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::Args;
use jiff::Timestamp;

use super::args::{Connect, Project, TextOrJson};
use super::error::{CommandError, Complaint};
use super::exit::Exit;
use super::project::{self, Project as Opened};
use super::ui::Ui;
use super::{new_files, session};
use crate::config::{Loaded, PROJECT_FILE};
use crate::desired::Stack;
use crate::import::{
    self, Composed, Existing, Foreign, Inventory, Options, RunStates, Selection, Split, Told,
    Whereabouts,
};
use crate::model::ProcessorName;
use crate::plan::Against;
use crate::report::text::Header;
use crate::{live, report};

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    #[command(flatten)]
    pub project: Project,
    /// What to import, by names or globs [default: everything].
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Import nothing whose name matches.
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// Import only what has this tag.
    #[arg(long, value_name = "KEY=VALUE")]
    pub tag: Vec<String>,
    /// One file for each processor (name), or for each value of a tag (tag:KEY).
    #[arg(long, value_name = "name | tag:KEY", value_parser = split)]
    pub split: Option<Split>,
    /// Declare that face search processors do what they do now.
    #[arg(long)]
    pub run_states: bool,
    /// Print what would be written, and write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// How to print the result.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: TextOrJson,
    #[command(flatten)]
    pub source: Source,
    #[command(flatten)]
    pub whose: Whose,
    #[command(flatten)]
    pub connect: Connect,
}

/// Where to import from, if not from the service.
#[derive(Debug, Args)]
#[command(next_help_heading = "Source")]
pub(super) struct Source {
    /// Import from a saved snapshot.
    #[arg(long, value_name = "SNAPSHOT.json", conflicts_with_all = ["emulator", "endpoint_url", "profile"])]
    pub live: Option<PathBuf>,
    /// Import from a Terraform state or plan, as `terraform show -json` prints it.
    #[arg(long, value_name = "FILE | -", conflicts_with_all = ["live", "emulator", "endpoint_url", "profile"])]
    pub terraform: Option<PathBuf>,
    /// Import from a CloudFormation template, YAML or JSON; may be repeated.
    #[arg(long, value_name = "FILE | -", conflicts_with_all = ["live", "terraform", "emulator", "endpoint_url", "profile"])]
    pub cloudformation: Vec<PathBuf>,
    /// The value of a template's parameter; may be repeated.
    #[arg(long, value_name = "NAME=VALUE", requires = "cloudformation", value_parser = parameter)]
    pub parameter: Vec<(String, String)>,
}

/// Whose fleet it is, where no project says so.
#[derive(Debug, Args)]
#[command(next_help_heading = "New project")]
pub(super) struct Whose {
    /// The stack's name [default: the folder's].
    #[arg(long, value_name = "NAME")]
    pub stack: Option<String>,
    /// The stack's account [default: the caller's, or the source's].
    #[arg(long, value_name = "ACCOUNT_ID")]
    pub account: Option<String>,
}

/// Runs the command.
pub(super) async fn run(args: ImportArgs, ui: &Ui) -> Result<Exit, CommandError> {
    let dir = &args.project.dir;
    let selection = Selection::new(&args.names, &args.exclude, &args.tag)
        .map_err(|error| CommandError::of(&error))?;
    let opened = open(dir, &args.whose)?;
    let (inventory, stack) = read(&args, opened.as_ref(), &selection, ui).await?;
    let inventory = selection.keep(inventory).map_err(|error| CommandError::of(&error))?;
    let stack = owner(&args, opened.is_some(), &inventory, stack, ui);
    let existing = opened.as_ref();
    let existing = existing.map(|it| Existing { loaded: &it.loaded, desired: &it.desired });
    let options = Options {
        split: args.split.clone().unwrap_or_default(),
        run_states: match args.run_states {
            true => RunStates::Declared,
            false => RunStates::Unmanaged,
        },
    };
    let exists = |path: &str| dir.join(path).symlink_metadata().is_ok();
    let composed = import::compose(&inventory, &stack, existing, &options, &exists)
        .map_err(|error| CommandError::of(&error))?;
    if !args.dry_run {
        new_files::write(dir, &composed.files)?;
    }
    let told = Told {
        composed: &composed,
        inventory: &inventory,
        stack: &stack,
        folder: &dir.display().to_string(),
        dry_run: args.dry_run,
        verbose: ui.stdout_settings().detail == report::Detail::Verbose,
    };
    tell(&told, args.format, ui);
    ui.complain(&report::text::incomplete(&inventory.problems, ui.stderr_settings()));
    Ok(if inventory.problems.is_empty() { Exit::Success } else { Exit::Incomplete })
}

/// The stack with the name that the processors carry as their mark, where a new project
/// was given none. Of what other stacks marked, says what to do.
fn owner(args: &ImportArgs, joins: bool, inventory: &Inventory, stack: Stack, ui: &Ui) -> Stack {
    let owners = inventory.owners();
    let mut names = owners.keys();
    let stack = match (names.next(), names.next()) {
        (Some(only), None) if !joins && args.whose.stack.is_none() => {
            Stack { name: (*only).to_owned(), ..stack }
        }
        _ => stack,
    };
    for (other, count) in owners.iter().filter(|(owner, _)| **owner != stack.name) {
        ui.note(&format!(
            "of these, {count} are marked as the stack {other}'s, which a plan refuses unless \
             stack.accepts_from names it"
        ));
    }
    stack
}

/// The project, if there is one.
fn open(dir: &Path, whose: &Whose) -> Result<Option<Opened>, CommandError> {
    if dir.join(PROJECT_FILE).symlink_metadata().is_err() {
        let shown = dir.display();
        if dir.exists() && !dir.is_dir() {
            return Err(CommandError::new(format!("{shown} is no folder")));
        }
        // A name alone is taken for a folder, which is hardly what somebody in a project means.
        let is_name =
            shown.to_string().contains(['*', '?', '[', '{']) || Path::new(PROJECT_FILE).exists();
        if !dir.exists() && is_name {
            let help = format!(
                "to import a processor of that name: rekon import . '{shown}'; to make a project \
                 there, make the folder first"
            );
            return Err(CommandError::new(format!("there is no folder {shown}")).with_help(help));
        }
        return Ok(None);
    }
    let opened = project::open(dir, false)?;
    let stack = &opened.desired.stack;
    for (option, said, own) in
        [("--stack", &whose.stack, &stack.name), ("--account", &whose.account, &stack.account_id)]
    {
        if let Some(said) = said.as_ref().filter(|said| *said != own) {
            let message = format!("{option} {said} is not what the project says, {own}");
            return Err(CommandError::new(message).with_help("leave it out"));
        }
    }
    Ok(Some(opened))
}

/// What the source holds, and whose it is.
async fn read(
    args: &ImportArgs,
    opened: Option<&Opened>,
    selection: &Selection,
    ui: &Ui,
) -> Result<(Inventory, Stack), CommandError> {
    let dir = &args.project.dir;
    let own = opened.map(|opened| &opened.desired.stack);
    if let Some(file) = &args.source.live {
        let live = live::load(file).map_err(|error| CommandError::of(&error))?;
        return whose(args, own, Inventory::from(live), &file.display().to_string(), ui);
    }
    if let Some(file) = &args.source.terraform {
        let (shown, text) = read_text(file)?;
        let foreign = import::terraform(&shown, &text, &known(args, own));
        return whose(args, own, accept(foreign, selection, ui)?, &shown, ui);
    }
    if !args.source.cloudformation.is_empty() {
        let templates = args.source.cloudformation.iter().map(|file| read_text(file));
        let templates = templates.collect::<Result<Vec<_>, _>>()?;
        let parameters = args.source.parameter.iter().cloned().collect();
        let foreign = import::cloudformation(&templates, &parameters, &known(args, own));
        let shown = templates.iter().map(|(shown, _)| shown.as_str()).collect::<Vec<_>>();
        return whose(args, own, accept(foreign, selection, ui)?, &shown.join(", "), ui);
    }
    let session = match own {
        Some(stack) => session::open(&args.connect, stack, dir, ui).await?,
        None => {
            let name = stack_name(args);
            session::discover(&args.connect, name, args.whose.account.clone(), dir, ui).await?
        }
    };
    announce(&session.stack, Some(&session.against), args.format, ui);
    let wanted = |name: &ProcessorName| selection.names(name.as_str());
    let live = session.read_for_certain(&wanted, ui).await?;
    Ok((live.into(), session.stack))
}

/// What is said of whose fleet it is.
fn known(args: &ImportArgs, own: Option<&Stack>) -> Whereabouts {
    own.map_or_else(
        || Whereabouts {
            account_id: args.whose.account.clone(),
            region: args.connect.region.clone(),
        },
        Whereabouts::from,
    )
}

/// A file's name for people, and its text; `-` is stdin.
fn read_text(file: &Path) -> Result<(String, String), CommandError> {
    let is_stdin = file == Path::new("-");
    let shown = if is_stdin { "stdin".to_owned() } else { file.display().to_string() };
    let read = if is_stdin { io::read_to_string(io::stdin()) } else { fs::read_to_string(file) };
    match read {
        Ok(text) => Ok((shown, text)),
        Err(error) => Err(CommandError::new(format!("cannot read {shown}: {error}"))),
    }
}

/// What a file of another tool holds, if all that is meant can be taken.
fn accept(foreign: Foreign, selection: &Selection, ui: &Ui) -> Result<Inventory, CommandError> {
    let diagnostics = foreign.about(|name| selection.names(name));
    if !diagnostics.is_empty() {
        let loaded = Loaded { sources: foreign.sources, ..Loaded::default() };
        let complaint = Complaint::Files(diagnostics, Box::new(loaded));
        return Err(CommandError { exit: Exit::Error, complaint });
    }
    for note in &foreign.inventory.notes {
        ui.note(note);
    }
    Ok(foreign.inventory)
}

/// Settles whose fleet it is that a file holds.
fn whose(
    args: &ImportArgs,
    own: Option<&Stack>,
    inventory: Inventory,
    file: &str,
    ui: &Ui,
) -> Result<(Inventory, Stack), CommandError> {
    let (account_id, region) = inventory.whereabouts();
    let stack = match own {
        Some(stack) => stack.clone(),
        None => {
            let unknown = |what: &str, option: &str| {
                CommandError::new(format!("{file} does not say in which {what} its fleet is"))
                    .with_help(format!("say {option}"))
            };
            let account_id = args.whose.account.clone().or(account_id);
            let region = args.connect.region.clone().or(region);
            Stack {
                name: stack_name(args),
                account_id: account_id.ok_or_else(|| unknown("account", "--account ACCOUNT_ID"))?,
                region: region.ok_or_else(|| unknown("region", "--region REGION"))?,
            }
        }
    };
    if !inventory.is_of(&stack)
        || args.connect.region.as_ref().is_some_and(|it| *it != stack.region)
    {
        let said = |said: &Option<String>| said.clone().unwrap_or_else(|| "unknown".to_owned());
        let message = format!(
            "{file} is of account {} in {}, and stack {} is of account {} in {}",
            said(&inventory.account_id),
            said(&inventory.region),
            stack.name,
            stack.account_id,
            stack.region
        );
        return Err(CommandError::new(message).with_help("import it into a folder of its own"));
    }
    let file = args.source.live.as_ref().map(|file| file.display().to_string());
    let against = file.map(|file| Against::Snapshot { file, taken_at: inventory.taken_at });
    announce(&stack, against.as_ref(), args.format, ui);
    Ok((inventory, stack))
}

/// The name of a new stack: as it was said, or the folder's, of what a tag may hold.
fn stack_name(args: &ImportArgs) -> String {
    args.whose.stack.clone().unwrap_or_else(|| super::init::folder_name(&args.project.dir))
}

/// Says whose fleet it is, beside the result.
fn announce(stack: &Stack, against: Option<&Against>, format: TextOrJson, ui: &Ui) {
    if format == TextOrJson::Text {
        let (stack, against, now) = (stack.clone(), against.cloned(), Timestamp::now());
        let header = Header { stack, against, made_at: None, now };
        ui.say(&report::text::header(&header, ui.stderr_settings()));
    }
}

/// Prints the result; of what was only tried, the files themselves.
fn tell(told: &Told<'_>, format: TextOrJson, ui: &Ui) {
    match format {
        TextOrJson::Json => drop(ui.print(&report::json::value(&import::document(told)))),
        TextOrJson::Text if told.dry_run => {
            ui.print(&texts(told.composed));
            ui.say(&import::told(told));
        }
        TextOrJson::Text if ui.is_quiet() => {}
        TextOrJson::Text => drop(ui.print(&import::told(told))),
    }
}

/// The files one below the other, each under its path if there are several; the schema
/// is `rekon schema`'s to print.
fn texts(composed: &Composed) -> String {
    let files = composed.files.iter().filter(|file| file.path != import::SCHEMA_FILE);
    match files.clone().count() {
        1 => files.map(|file| file.text.clone()).collect(),
        _ => files.map(|file| format!("# --- {}\n{}\n", file.path, file.text)).collect(),
    }
}

/// Reads a parameter and its value.
fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| "must be NAME=VALUE".to_owned())?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Reads how processors are spread over files.
fn split(text: &str) -> Result<Split, String> {
    match text.split_once(':') {
        None if text == "name" => Ok(Split::ByName),
        Some(("tag", key)) if !key.is_empty() => Ok(Split::ByTag(key.to_owned())),
        _ => Err("must be name, or tag: and a tag's key".to_owned()),
    }
}
