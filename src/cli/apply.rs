//! `rekon apply`: plan, ask, and do; or do what a saved plan says.

use std::path::{Path, PathBuf};

use super::args::{self, PlanFormat, TextOrJson};
use super::exit::Exit;
use super::session::{self, Session};
use super::signals::Signals;
use super::ui::Ui;
use super::{plan, project, saved};
use crate::apply::{self, Event, RecoveryRoot, StopSignal};
use crate::aws::{Identity, Notice};
use crate::plan::{Fate, Outcome, Plan, Signal};
use crate::report;

/// A plan, and the connection that it is to be applied through.
struct Ready {
    plan: Plan,
    session: Session,
    identity: Identity,
    /// The folder of the project or the saved plan.
    base: PathBuf,
}

/// Runs the command.
pub async fn run(args: args::Apply, ui: &Ui) -> Result<Exit, Exit> {
    let mut signals = Signals::listen(ui)?;
    let ready = if args.target.is_dir() {
        signals.cut_short(fresh(&args, ui)).await?
    } else {
        signals.cut_short(from_file(&args, ui)).await?
    };
    let planned = &ready.plan;
    if args.format == TextOrJson::Text {
        plan::print(planned, PlanFormat::Text, ui);
    } else {
        ui.say(&report::text::plan(planned, ui.stderr_settings()));
    }
    match plan::exit(planned, false) {
        Exit::Success => {}
        exit => {
            if args.format == TextOrJson::Json {
                ui.print(&report::json::outcome(&Outcome::not_begun(planned), planned));
            }
            return Err(exit);
        }
    }
    if planned.changes.is_empty() && args.format == TextOrJson::Text {
        return Ok(Exit::Success);
    }
    if !planned.changes.is_empty() && !args.auto_approve {
        signals.cut_short(ask(ui)).await?;
    }
    let outcome = execute(&ready, &args, signals, ui).await?;
    ui.print(&match args.format {
        TextOrJson::Text => report::text::outcome(&outcome, planned, ui.stdout_settings()),
        TextOrJson::Json => report::json::outcome(&outcome, planned),
    });
    ready.session.close(ui).await?;
    Ok(exit(&outcome))
}

/// Plans a project as `rekon plan` does.
async fn fresh(args: &args::Apply, ui: &Ui) -> Result<Ready, Exit> {
    let project = project::open(&args.target, args.deny_warnings, ui)?;
    let options = plan::options(&project.desired, &args.narrow, args.allow, ui)?;
    let stack = &project.desired.stack;
    let base = project.loaded.root.clone();
    let session = session::open(&args.connect, stack, &base, ui).await?;
    plan::announce(&session.header, shown_as(args.format), ui);
    let live = session.read(&project.desired, ui).await?;
    let plan = plan::make(&project, &live, &options);
    // The account has been checked by what was read, also where nobody could
    // say who is calling.
    let identity = session
        .identity()
        .unwrap_or_else(|_| Identity { account_id: stack.account_id.clone(), arn: String::new() });
    Ok(Ready { plan, session, identity, base })
}

/// Takes a saved plan as it is; no TOML is read.
async fn from_file(args: &args::Apply, ui: &Ui) -> Result<Ready, Exit> {
    let plan = saved::read(&args.target, saved::Purpose::Apply, ui)?;
    if args.narrows() {
        let message = "a saved plan is applied as it is: narrowing and allowing belong to the plan";
        ui.error_line(message, Some("make the plan with these options: rekon plan --out FILE"));
        return Err(Exit::Error);
    }
    let parent = args.target.parent().filter(|parent| !parent.as_os_str().is_empty());
    let base = parent.unwrap_or(Path::new(".")).to_owned();
    let session = session::open(&args.connect, &plan.stack, &base, ui).await?;
    plan::announce(&session.header, shown_as(args.format), ui);
    let identity = session.identity().map_err(|error| session::failed(error, ui))?;
    Ok(Ready { plan, session, identity, base })
}

/// Where the header belongs, given the format of the result.
fn shown_as(format: TextOrJson) -> PlanFormat {
    match format {
        TextOrJson::Text => PlanFormat::Text,
        TextOrJson::Json => PlanFormat::Json,
    }
}

/// Asks for a `yes` in full.
async fn ask(ui: &Ui) -> Result<(), Exit> {
    if !ui.can_ask() {
        let message = "nobody is there to confirm: standard input is no terminal";
        ui.error_line(message, Some("to apply without asking: --auto-approve"));
        return Err(Exit::Error);
    }
    match ui.ask("\nApply this plan? Only \"yes\" will do: ").await {
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
    ready: &Ready,
    args: &args::Apply,
    signals: Signals,
    ui: &Ui,
) -> Result<Outcome, Exit> {
    let Ready { plan, session, identity, base } = ready;
    let options = apply::Options {
        identity: identity.clone(),
        parallelism: args.parallelism,
        settle_timeout: args.settle_timeout,
        recovery: match &args.recovery_dir {
            Some(folder) => RecoveryRoot::Folder(folder.clone()),
            None => RecoveryRoot::Beside(base.clone()),
        },
        now: now(),
        write_toml: &report::toml::processor,
        reconnect: reconnect(&args.connect, base),
    };
    let (reader, writer) = (session.connection.reader(), session.connection.writer());
    let stop = stop_on(signals);
    let bar = ui.progress("Applying");
    let settings = ui.stderr_settings();
    let tell = |event: Event| match event {
        Event::Reading { read, total } => {
            bar.set_length(total as u64);
            bar.set_position(read as u64);
            bar.set_message("reading again");
        }
        Event::Started { processors, .. } => {
            bar.set_length(processors as u64);
            bar.set_position(0);
            bar.set_message("");
        }
        Event::CallDone { processor, operation } => {
            bar.set_message(report::text::call_done(&processor, operation));
        }
        Event::Waiting { processor, status } => {
            bar.set_message(report::text::waiting(&processor, &status));
        }
        Event::Delayed(Notice::Throttled { times, .. }) => {
            bar.set_message(report::text::throttled(times));
        }
        Event::Delayed(Notice::Retrying { .. }) => {}
        Event::Stopping { signal } => {
            bar.suspend(|| ui.say(&report::text::stopping(signal.as_str(), settings)));
        }
        Event::ProcessorDone { name, fate, done, .. } => {
            bar.set_position(done as u64);
            let line = report::text::event(&name, &fate, settings);
            if bar.is_hidden() {
                ui.say(&line);
            } else if !matches!(fate, Fate::Done) {
                bar.suspend(|| ui.say(&line));
            }
        }
    };
    let outcome = apply::apply(plan, &reader, &writer, &options, &tell, stop).await;
    bar.finish_and_clear();
    outcome.map_err(|error| {
        ui.error(&error, error.help().as_deref());
        Exit::Error
    })
}

/// The options that lead to the same service, as a shell takes them.
fn reconnect(connect: &args::Connect, base: &Path) -> String {
    let args::Connect { profile, region: _, endpoint_url, emulator, rate: _ } = connect;
    let state = emulator.as_ref().map(|state| match state.is_empty() {
        true => session::default_state(base).display().to_string(),
        false => state.display().to_string(),
    });
    [("--profile", profile), ("--endpoint-url", endpoint_url), ("--emulator", &state)]
        .into_iter()
        .filter_map(|(option, value)| Some((option, value.as_ref()?)))
        .map(|(option, value)| format!(" {}", apply::shell_option(option, value)))
        .collect()
}

/// The time, to the second: it names files that people look for.
fn now() -> jiff::Timestamp {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// Turns signals into requests to stop: the first to finish what is under way,
/// the second to leave it.
fn stop_on(mut signals: Signals) -> StopSignal {
    let (stopper, stop) = apply::stopper();
    tokio::spawn(async move {
        loop {
            stopper.stop(match signals.next().await {
                Exit::Terminated => Signal::Terminate,
                _ => Signal::Interrupt,
            });
        }
    });
    stop
}

/// How an apply ended, by what was written and what was not.
fn exit(outcome: &Outcome) -> Exit {
    let written = outcome.wrote();
    let fates = outcome.processors.iter().map(|processor| match (&processor.fate, written) {
        (Fate::Done, _) => Exit::Success,
        (_, true) => Exit::Partial,
        (Fate::Moved(_), false) => Exit::Stale,
        (Fate::Failed(_), false) => Exit::Error,
        // What held it back speaks for itself: a move, a failure, a signal.
        (Fate::NotTried(_), false) => Exit::Success,
    });
    let interrupted = match outcome.interrupted {
        Some(Signal::Terminate) => Some(Exit::Terminated),
        Some(_) => Some(Exit::Interrupted),
        None => None,
    };
    Exit::worst(fates.chain(interrupted))
}
