//! The command line: one file per command, each the flow in a handful of calls.

mod accept;
mod apply;
mod args;
mod carry_out;
mod completions;
mod diff;
mod drift;
mod edited_files;
mod emulator;
mod error;
mod examples;
mod exit;
mod iam_policy;
mod import;
mod init;
mod log;
mod man;
mod new_files;
mod plan;
mod project;
mod render;
mod reports;
mod restore;
mod saved;
mod session;
mod show;
mod signals;
mod snapshot;
mod standpoint;
mod ui;
mod unknown;
mod validate;
mod watch;

use std::ffi::OsString;
use std::panic;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, ValueEnum as _};

use args::{Cli, Command, Common};
use error::{CommandError, Complaint};
use exit::Exit;
use reports::Reports;
use signals::Signals;
use ui::Ui;

use crate::report::{Document, Format, Subject, schema};
use crate::{config, report};

/// Runs the program and says how it ended.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    if let Some(shell) = completions::asking() {
        return completions::answer(shell, program(), &args, &Ui::new(&Common::default())).into();
    }
    let mut program = program();
    let parsed = program.try_get_matches_from_mut(&args);
    let cli = match parsed.and_then(|mut matches| Cli::from_arg_matches_mut(&mut matches)) {
        Ok(cli) => cli,
        Err(error) => return unparsed(&error, &mut program, &args).into(),
    };
    let ui = Ui::new(&cli.common);
    let reports = match Reports::of(&cli.command) {
        Ok(reports) => reports,
        Err(error) => {
            let exit = failed(&error, &ui);
            tell_misuse(&error, &args);
            return exit.into();
        }
    };
    let writes = matches!(cli.command, Command::Apply(_) | Command::Restore(_));
    let run = panic::AssertUnwindSafe(|| dispatch(cli.command, &reports, &ui));
    let ended = panic::catch_unwind(run).unwrap_or_else(|_| Err(Exit::Error.into()));
    let exit = ended.unwrap_or_else(|error| {
        let exit = failed(&error, &ui);
        reports.fail(&error, &ui);
        exit
    });
    let Some(error) = ui.print_error() else { return exit.into() };
    ui.error(&format!("cannot write the result: {error}"), None);
    // What was done to the service is done, whoever hears of it.
    if writes { exit.into() } else { Exit::worst([exit, Exit::Error]).into() }
}

/// Says to people why a command ended early.
fn failed(error: &CommandError, ui: &Ui) -> Exit {
    match &error.complaint {
        Complaint::Words { message, help, .. } => ui.error(message, help.as_deref()),
        Complaint::Files(diagnostics, loaded) => ui.complain_of(diagnostics, loaded),
        Complaint::Said { .. } => {}
    }
    error.exit
}

/// The command line that is taken.
fn program() -> clap::Command {
    examples::attached(Cli::command())
}

/// Says what is wrong with a command line. Help and versions are results; everything
/// else is a usage error, for which clap's own exit code would mean "changes".
fn unparsed(error: &clap::Error, program: &mut clap::Command, args: &[OsString]) -> Exit {
    let told = unknown::told(error, program);
    let error = told.as_ref().unwrap_or(error);
    let _ = error.print();
    if !error.use_stderr() {
        return Exit::Success;
    }
    tell_misuse(&CommandError::usage(error), args);
    Exit::Error
}

/// Tells what is wrong with a command line in the format that it asks for, if programs
/// are told in it.
fn tell_misuse(error: &CommandError, args: &[OsString]) {
    let told = args.windows(2).filter(|pair| pair[0] == "--format").map(|pair| pair[1].to_str());
    let joined = args.iter().map(|arg| arg.to_str()?.strip_prefix("--format="));
    let formats =
        told.chain(joined).flatten().filter_map(|word| Format::from_str(word, false).ok());
    let Some(format) = formats.into_iter().find(|format| format.tells_failures()) else { return };
    let (of, records, ui) = (Subject::Plan, error.records(), Ui::new(&Common::default()));
    let document = Document::Diagnostics { of, stack: None, records: &records };
    ui.print(&report::review(document, format, ui.stdout_settings()));
}

fn dispatch(command: Command, reports: &Reports, ui: &Ui) -> Result<Exit, CommandError> {
    match command {
        Command::Validate(args) => Ok(validate::run(&args, reports, ui)),
        Command::Show(args) => show::run(&args, reports, ui),
        Command::Diff(args) => diff::run(&args, reports, ui),
        Command::Render(args) => render::run(&args, ui),
        Command::IamPolicy(args) => iam_policy::run(&args, ui),
        Command::Schema(args) => Ok(schema(args.format, ui)),
        Command::Completions(args) => Ok(completions::run(args.shell, ui)),
        Command::Man(args) => man::run(&args, Cli::command(), ui),
        Command::Init(args) => init::run(args, ui),
        Command::Import(args) => wait(read(import::run(*args, ui))),
        Command::Plan(args) => wait(read(plan::run(*args, reports, ui))),
        Command::Drift(args) => wait(read(drift::run(*args, reports, ui))),
        Command::Apply(args) => wait(apply::run(*args, reports, ui)),
        Command::Restore(args) => wait(restore::run(*args, reports, ui)),
        Command::Accept(args) => wait(read(accept::run(*args, reports, ui))),
        Command::Snapshot(args) => wait(read(snapshot::run(*args, ui))),
        Command::Emulator(args) => wait(serve(*args)),
    }
}

/// Runs what talks to the service.
fn wait(command: impl Future<Output = Result<Exit, CommandError>>) -> Result<Exit, CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| CommandError::new(format!("cannot start: {error}")))?;
    let result = runtime.block_on(command);
    // Someone who is still being asked a question is not waited for.
    runtime.shutdown_background();
    result
}

/// Runs what only reads, until it ends or a signal comes.
async fn read(
    command: impl Future<Output = Result<Exit, CommandError>>,
) -> Result<Exit, CommandError> {
    Signals::listen()?.cut_short(command).await
}

/// `rekon emulator`: serve the embedded service until told to stop.
async fn serve(args: emulator::EmulatorArgs) -> Result<Exit, CommandError> {
    let served = emulator::run(args, std::io::stderr()).await;
    served.map(|()| Exit::Success).map_err(|error| CommandError::of(&error))
}

/// `rekon schema`: the JSON Schema of the configuration, or of a machine format.
fn schema(format: Option<schema::Format>, ui: &Ui) -> Exit {
    let schema = format.map_or_else(config::schema, schema::schema);
    ui.print(&format!("{schema:#}\n"));
    Exit::Success
}
