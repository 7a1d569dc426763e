//! `rekon apply`: plan, ask, and do; or do what a saved plan says.

use std::path::{Path, PathBuf};

use tokio::signal::unix::{SignalKind, signal};

use super::args::{self, PlanFormat, TextOrJson};
use super::exit::Exit;
use super::session::{self, Session};
use super::ui::Ui;
use super::{plan, project, saved};
use crate::apply::{self, Event, Signal, StopSignal};
use crate::plan::{Fate, Outcome, Plan};
use crate::report;

/// A plan, and the connection that it is to be applied through.
struct Ready {
    plan: Plan,
    session: Session,
    /// The folder of the project or the saved plan.
    base: PathBuf,
}

/// Runs the command.
pub async fn run(args: args::Apply, ui: &Ui) -> Result<Exit, Exit> {
    let ready = if args.target.is_dir() {
        fresh(&args, ui).await?
    } else {
        from_file(&args, ui).await?
    };
    let Ready { plan: planned, session, base } = ready;
    if args.format == TextOrJson::Text {
        plan::print(&planned, PlanFormat::Text, ui);
    } else {
        ui.say(&report::text::plan(&planned, ui.stderr_settings()));
    }
    match plan::exit(&planned, false) {
        Exit::Success => {}
        exit => return Err(exit),
    }
    if !planned.changes.is_empty() && !args.auto_approve {
        ask(ui)?;
    }
    let outcome = execute(&planned, &session, &args, &base, ui).await?;
    ui.print(&match args.format {
        TextOrJson::Text => report::text::outcome(&outcome, &planned, ui.stdout_settings()),
        TextOrJson::Json => report::json::outcome(&outcome, &planned),
    });
    Ok(exit(&outcome))
}

/// Plans a project as `rekon plan` does.
async fn fresh(args: &args::Apply, ui: &Ui) -> Result<Ready, Exit> {
    let project = project::open(&args.target, args.deny_warnings, ui)?;
    let options = plan::options(&args.narrow, args.allow, ui)?;
    let stack = &project.desired.stack;
    let base = project.loaded.root.clone();
    let session = session::open(&args.connect, stack, &base, ui).await?;
    plan::announce(&session.header, shown_as(args.format), ui);
    let live = session.read(&project.desired, ui).await?;
    let plan = plan::make(&project, &live, &options, ui)?;
    plan::say_incomplete(&live, ui);
    Ok(Ready { plan, session, base })
}

/// Takes a saved plan as it is; no TOML is read.
async fn from_file(args: &args::Apply, ui: &Ui) -> Result<Ready, Exit> {
    let plan = saved::read(&args.target, ui)?;
    if args.narrows() {
        let message = "a saved plan is applied as it is: narrowing and allowing belong to the plan";
        ui.error_line(message, Some("make the plan with these options: rekon plan --out FILE"));
        return Err(Exit::Error);
    }
    let parent = args.target.parent().filter(|parent| !parent.as_os_str().is_empty());
    let base = parent.unwrap_or(Path::new(".")).to_owned();
    let session = session::open(&args.connect, &plan.stack, &base, ui).await?;
    plan::announce(&session.header, shown_as(args.format), ui);
    Ok(Ready { plan, session, base })
}

/// Where the header belongs, given the format of the result.
fn shown_as(format: TextOrJson) -> PlanFormat {
    match format {
        TextOrJson::Text => PlanFormat::Text,
        TextOrJson::Json => PlanFormat::Json,
    }
}

/// Asks for a `yes` in full.
fn ask(ui: &Ui) -> Result<(), Exit> {
    if !ui.can_ask() {
        let message = "nobody is there to confirm: standard input is no terminal";
        ui.error_line(message, Some("to apply without asking: --auto-approve"));
        return Err(Exit::Error);
    }
    match ui.ask("\nApply this plan? Only \"yes\" will do: ") {
        Ok(answer) if answer == "yes" => Ok(()),
        _ => {
            ui.complain("Nothing was changed.\n");
            Err(Exit::Error)
        }
    }
}

/// Makes the plan's calls, with progress on a terminal and a line per finished
/// processor elsewhere.
async fn execute(
    planned: &Plan,
    session: &Session,
    args: &args::Apply,
    base: &Path,
    ui: &Ui,
) -> Result<Outcome, Exit> {
    let options = apply::Options {
        parallelism: args.parallelism,
        settle_timeout: args.settle_timeout,
        recovery_dir: args.recovery_dir.clone().unwrap_or_else(|| base.join(".rekon/removed")),
    };
    let (reader, writer) = (session.connection.reader(), session.connection.writer());
    let stop = watch_signals(ui)?;
    let bar = ui.progress("Applying");
    let outcome = apply::apply(planned, &reader, &writer, &options, &|event| match event {
        Event::Started { total } => bar.set_length(total as u64),
        Event::Done { name, fate } => {
            bar.inc(1);
            let line = report::text::event(name, fate, ui.stderr_settings());
            if bar.is_hidden() {
                ui.say(&line);
            } else if !matches!(fate, Fate::Done) {
                bar.suspend(|| ui.say(&line));
            }
        }
        Event::Waiting { name, status } => bar.set_message(format!("{name} is {status}")),
    }, stop)
    .await;
    bar.finish_and_clear();
    outcome.map_err(|error| {
        ui.error(&error, error.help().as_deref());
        Exit::Error
    })
}

/// Turns the first SIGINT or SIGTERM into a request to stop.
fn watch_signals(ui: &Ui) -> Result<StopSignal, Exit> {
    let listen = |kind| {
        signal(kind).map_err(|error| {
            ui.error_line(&format!("cannot listen for signals: {error}"), None);
            Exit::Error
        })
    };
    let (mut interrupt, mut terminate) =
        (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let (sender, stop) = StopSignal::channel();
    tokio::spawn(async move {
        let signal = tokio::select! {
            _ = interrupt.recv() => Signal::Interrupt,
            _ = terminate.recv() => Signal::Terminate,
        };
        sender.stop(signal);
    });
    Ok(stop)
}

/// How an apply ended, by what was written and what was not.
fn exit(outcome: &Outcome) -> Exit {
    let written = outcome.processors.iter().any(|processor| !processor.made.is_empty());
    let fates = outcome.processors.iter().map(|processor| match (&processor.fate, written) {
        (Fate::Done, _) => Exit::Success,
        (_, true) => Exit::Partial,
        (Fate::Moved { .. }, false) => Exit::Stale,
        (Fate::Failed { .. }, false) => Exit::Error,
        // What held it back speaks for itself: a move, a failure, a signal.
        (Fate::NotTried { .. }, false) => Exit::Success,
    });
    let interrupted = match outcome.interrupted {
        Some("SIGTERM") => Some(Exit::Terminated),
        Some(_) => Some(Exit::Interrupted),
        None => None,
    };
    Exit::worst(fates.chain(interrupted))
}
