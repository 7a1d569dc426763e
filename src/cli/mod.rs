//! The command line: one file per command, each the flow in a handful of calls.

mod apply;
mod args;
mod carry_out;
mod emulator;
mod exit;
mod plan;
mod project;
mod restore;
mod saved;
mod session;
mod show;
mod signals;
mod snapshot;
mod ui;
mod validate;

use std::ffi::OsString;
use std::panic;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use args::{Cli, Command};
use exit::Exit;
use signals::Signals;
use ui::Ui;

use crate::config;

/// Runs the program and says how it ended.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and versions are results; everything else is a usage error,
            // for which clap's own exit code would mean "changes".
            let exit = if error.use_stderr() { Exit::Error } else { Exit::Success };
            let _ = error.print();
            return exit.into();
        }
    };
    let ui = Ui::new(&cli.common);
    let writes = matches!(cli.command, Command::Apply(_) | Command::Restore(_));
    match panic::catch_unwind(panic::AssertUnwindSafe(|| dispatch(cli.command, &ui))) {
        Ok(exit) => match ui.print_error() {
            Some(error) => {
                ui.error_line(&format!("cannot write the result: {error}"), None);
                // What was done to the service is done, whoever hears of it.
                if writes { exit.into() } else { Exit::worst([exit, Exit::Error]).into() }
            }
            None => exit.into(),
        },
        Err(_) => Exit::Error.into(),
    }
}

fn dispatch(command: Command, ui: &Ui) -> Exit {
    let result = match command {
        Command::Validate(args) => Ok(validate::run(&args, ui)),
        Command::Show(args) => show::run(&args, ui),
        Command::Schema => Ok(schema(ui)),
        Command::Completions(args) => Ok(completions(args.shell, ui)),
        Command::Plan(args) => wait(read(plan::run(*args, ui), ui), ui),
        Command::Apply(args) => wait(apply::run(*args, ui), ui),
        Command::Restore(args) => wait(restore::run(*args, ui), ui),
        Command::Snapshot(args) => wait(read(snapshot::run(*args, ui), ui), ui),
        Command::Emulator(args) => wait(serve(*args, ui), ui),
    };
    result.unwrap_or_else(|exit| exit)
}

/// Runs what talks to the service.
fn wait(command: impl Future<Output = Result<Exit, Exit>>, ui: &Ui) -> Result<Exit, Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match runtime {
        Ok(runtime) => {
            let result = runtime.block_on(command);
            // Someone who is still being asked a question is not waited for.
            runtime.shutdown_background();
            result
        }
        Err(error) => {
            ui.error_line(&format!("cannot start: {error}"), None);
            Err(Exit::Error)
        }
    }
}

/// Runs what only reads, until it ends or a signal comes.
async fn read(command: impl Future<Output = Result<Exit, Exit>>, ui: &Ui) -> Result<Exit, Exit> {
    Signals::listen(ui)?.cut_short(command).await
}

/// `rekon emulator`: serve the embedded service until told to stop.
async fn serve(args: emulator::EmulatorArgs, ui: &Ui) -> Result<Exit, Exit> {
    match emulator::run(args, std::io::stderr()).await {
        Ok(()) => Ok(Exit::Success),
        Err(error) => {
            ui.error(&error, None);
            Err(Exit::Error)
        }
    }
}

/// `rekon schema`: the JSON Schema of the configuration.
fn schema(ui: &Ui) -> Exit {
    ui.print(&format!("{:#}\n", config::schema()));
    Exit::Success
}

/// `rekon completions`: a script for a shell.
fn completions(shell: clap_complete::Shell, ui: &Ui) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "rekon", &mut script);
    ui.print(&String::from_utf8_lossy(&script));
    Exit::Success
}
