//! Showing a plan, asking, and carrying it out: what `apply` and `restore` share.

use std::path::{Path, PathBuf};

use super::args::{Connect, Execution};
use super::error::CommandError;
use super::exit::Exit;
use super::plan;
use super::reports::Reports;
use super::session::Session;
use super::signals::Signals;
use super::standpoint::Standpoint;
use super::ui::Ui;
use super::watch::{told, watched};
use crate::apply::{self, Awaited, Event, Known, RecoveryRoot, StopSignal};
use crate::aws::Identity;
use crate::model::Live;
use crate::plan::{Fate, Outcome, Plan};
use crate::report::{self, Detail, Document, Settings};

/// A plan, and the connection that it is to be applied through.
pub(super) struct Ready {
    pub plan: Plan,
    pub session: Session,
    pub identity: Identity,
    /// The folder of the project or the saved plan.
    pub base: PathBuf,
    /// From where the project's files are seen, if it is known where they are.
    pub seen: Option<Standpoint>,
    /// What was just read, and when the reading ended.
    pub read: Option<(Live, tokio::time::Instant)>,
}

/// Prints the plan, asks, applies it and reports. `None` where the plan is not to
/// be applied at all: there is nothing to do.
pub(super) async fn carry_out(
    ready: Ready,
    execution: &Execution,
    connect: &Connect,
    reports: &Reports,
    mut signals: Signals,
    ui: &Ui,
) -> Result<(Exit, Option<Outcome>), CommandError> {
    let planned = &ready.plan;
    let shown = plan::shown(planned, ready.seen.as_ref());
    let asks = !planned.changes.is_empty() && !execution.auto_approve;
    // Nobody can agree to what was not shown.
    let least = if asks { Detail::Normal } else { Detail::Quiet };
    let loud = |given: Settings| Settings { detail: given.detail.max(least), ..given };
    if reports.prints_text() {
        ui.print(&report::text::plan(&shown, loud(ui.stdout_settings())));
    } else {
        ui.say(&report::text::plan(&shown, loud(ui.stderr_settings())));
    }
    match plan::exit(planned, execution.deny_warnings, false) {
        Exit::Success => {}
        exit => {
            // The text of the plan says all of it.
            let document = Outcome::not_begun(planned);
            let document = Document::Outcome(&document, planned);
            match reports.tells_programs() {
                true => drop(reports.tell(document, ui)),
                false => drop(reports.write(document, ui)),
            }
            return Err(exit.into());
        }
    }
    if planned.changes.is_empty() && !reports.tells_programs() {
        reports.write(Document::Outcome(&Outcome::default(), planned), ui);
        return Ok((Exit::Success, None));
    }
    if asks {
        let asked = signals.cut_short(ask(ui)).await;
        asked.inspect_err(|error| decline(error.exit, ui))?;
    }
    let outcome = execute(&ready, execution, connect, signals, ui).await?;
    // What could not be written was told, and takes nothing back of what was done.
    if !reports.tell(Document::Outcome(&outcome, planned), ui).printed {
        // What is lost has to be known, wherever the report went.
        ui.complain(&report::text::removed(&outcome, ui.stderr_settings()));
    }
    ready.session.close().await?;
    Ok((outcome.ending().into(), Some(outcome)))
}

/// Where runs leave their trace.
pub(super) fn recovery_root(recovery_dir: Option<&PathBuf>, base: &Path) -> RecoveryRoot {
    match recovery_dir {
        Some(folder) => RecoveryRoot::Folder(folder.clone()),
        None => RecoveryRoot::Beside(base.to_owned()),
    }
}

/// Says what became of a question that was not answered with `yes`. After a signal the
/// cursor still stands behind the question.
fn decline(exit: Exit, ui: &Ui) {
    match exit {
        Exit::Error => {}
        _ => ui.complain("\nInterrupted: nothing was changed.\n"),
    }
}

/// Asks for a `yes` in full.
async fn ask(ui: &Ui) -> Result<(), CommandError> {
    if !ui.can_ask() {
        let message = "nobody is there to confirm: standard input is no terminal";
        return Err(CommandError::new(message).with_help("to apply without asking: --auto-approve"));
    }
    match ui.ask("\nApply this plan? Only \"yes\" will do: ").await {
        Ok(answer) if answer.trim() == "yes" => Ok(()),
        answer => {
            // Where the input ended, the cursor still stands behind the question.
            let ended = answer.is_ok_and(|answer| answer.ends_with('\n'));
            ui.complain(if ended { "Nothing was changed.\n" } else { "\nNothing was changed.\n" });
            Err(CommandError::declined())
        }
    }
}

/// Makes the plan's calls, with progress on a terminal and a line per finished
/// processor elsewhere.
async fn execute(
    ready: &Ready,
    execution: &Execution,
    connect: &Connect,
    signals: Signals,
    ui: &Ui,
) -> Result<Outcome, CommandError> {
    let Ready { plan, session, identity, base, seen: _, read } = ready;
    let options = apply::Options {
        identity: identity.clone(),
        parallelism: execution.parallelism,
        settle_timeout: execution.settle_timeout,
        recovery: recovery_root(execution.recovery_dir.as_ref(), base),
        now: now(),
        service: session.service.clone(),
        reconnect: reconnect(connect, base),
        known: read.as_ref().map(|(live, at)| Known { live, at: *at }),
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
        Event::Waiting { processor, awaited } => bar.set_message(match awaited {
            Awaited::Change(status) => report::text::waiting(&processor, &status),
            Awaited::Appearance => report::text::unseen(&processor),
            Awaited::Release => report::text::taken(&processor),
        }),
        Event::Delayed(notice) => bar.set_message(told(notice)),
        Event::Stopping { signal } => {
            bar.suspend(|| ui.say(&report::text::stopping(signal, settings)));
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
    let applying = apply::apply(plan, &reader, &writer, &options, &tell, stop);
    Ok(watched(&bar, ui, applying, || {}).await?)
}

/// The options that lead to the same service, as a shell takes them.
pub(super) fn reconnect(connect: &Connect, base: &Path) -> String {
    let Connect { profile, region: _, endpoint_url, emulator, rate: _, log: _ } = connect;
    let state = emulator.as_ref().map(|told| if told.is_empty() { base } else { Path::new(told) });
    let state = state.map(|state| state.display().to_string());
    [("--profile", profile), ("--endpoint-url", endpoint_url), ("--emulator", &state)]
        .into_iter()
        .filter_map(|(option, value)| Some((option, value.as_ref()?)))
        .map(|(option, value)| format!(" {}", apply::shell_option(option, value)))
        .collect()
}

/// The time, to the second: people compare it, and look for files that it names.
pub(super) fn now() -> jiff::Timestamp {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// Turns signals into requests to stop: the first to finish what is under way,
/// the second to leave it.
fn stop_on(mut signals: Signals) -> StopSignal {
    let (stopper, stop) = apply::stopper();
    tokio::spawn(async move {
        loop {
            stopper.stop(signals.next().await);
        }
    });
    stop
}
