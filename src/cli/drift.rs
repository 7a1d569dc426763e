//! `rekon drift`: what moved away from what was applied.

mod memory;

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::args::{self, NotifyFormat};
use super::carry_out::now;
use super::error::CommandError;
use super::exit::Exit;
use super::project::Project;
use super::reports::{Reports, Told};
use super::session::Session;
use super::ui::Ui;
use super::{new_files, plan, project, session};
use crate::aws::{Hook, Reader};
use crate::model::Live;
use crate::plan::{Against, Category, Drift, DriftOptions, Made, Narrowing, Since};
use crate::report::metrics::Run;
use crate::report::{self, Document};
use memory::Memory;

/// Runs the command.
pub(super) async fn run(
    args: args::Drift,
    reports: &Reports,
    ui: &Ui,
) -> Result<Exit, CommandError> {
    let project = project::open(&args.project.dir, args.deny_warnings)?;
    let narrowing = plan::narrowing(&project.desired, &args.choose, None)?;
    let stack = &project.desired.stack;
    let memory = args.since.as_deref().map(|file| Memory::open(file, stack)).transpose()?;
    let hook = hook(args.notify.as_deref(), memory.is_some())?;
    let began = Instant::now();
    let (live, against, session) = look(&args, &project, &narrowing, reports, ui).await?;
    narrowing.check(&live).map_err(|error| CommandError::of(&error))?;
    let today = Some(session::today());
    let undeclared = args.undeclared || args.fail_on.contains(&Category::Undeclared);
    let options = DriftOptions { narrowing, undeclared, today };
    let Project { loaded, desired, warnings } = &project;
    let mut found = crate::plan::drift(desired, &loaded.sources, warnings, &live, &options);
    if let Some(session) = session.as_ref().filter(|_| args.who) {
        session.find_out_who(&mut found, ui).await;
    }
    let memory = memory.map(|memory| memory.compare(&mut found, Timestamp::now()));
    let told = reports.tell(Document::Drift(&found, Some(&Made { at: now(), against })), ui);
    let mut failures = Vec::new();
    if let Some(file) = &args.metrics {
        let run = cost(session.as_ref(), began.elapsed());
        let text = report::metrics::metrics(&found, &live, &run);
        let written = new_files::replace(file, &text);
        let failed = |error| format!("cannot write the metrics {}: {error}", file.display());
        failures.extend(written.map_err(failed).err());
    }
    let posted = match &hook {
        Some(hook) => notify(hook, args.notify_format, &found).await,
        None => Ok(()),
    };
    // What nobody was told of is to be new again.
    if let Some(memory) = memory.filter(|_| posted.is_ok()) {
        failures.extend(memory.keep().err());
    }
    failures.extend(posted.err());
    failures.iter().for_each(|failure| ui.error(failure, None));
    let told = Told { written: told.written && failures.is_empty(), ..told };
    Ok(told.ending(exit(&found, &args.fail_on)))
}

/// Reads what lives, says what it was taken from, and keeps the way to it, if it was not
/// read from a file.
async fn look(
    args: &args::Drift,
    project: &Project,
    narrowing: &Narrowing,
    reports: &Reports,
    ui: &Ui,
) -> Result<(Live, Against, Option<Session>), CommandError> {
    let Project { loaded, desired, .. } = project;
    let stack = &desired.stack;
    if let Some(file) = &args.live {
        let live = plan::read_snapshot(file, stack, ui).await?;
        let file = file.display().to_string();
        let against = Against::Snapshot { file, taken_at: live.taken_at };
        plan::announce(stack, Some(&against), None, reports, ui);
        return Ok((live, against, None));
    }
    let session = session::open(&args.connect, stack, &loaded.root, ui).await?;
    plan::announce(stack, Some(&session.against), None, reports, ui);
    let live = session.read(desired, narrowing, ui).await?;
    Ok((live, session.against.clone(), Some(session)))
}

/// Who is to be told of what has changed since the last look.
fn hook(url: Option<&str>, remembers: bool) -> Result<Option<Hook>, CommandError> {
    let Some(url) = url.filter(|url| !url.is_empty()) else { return Ok(None) };
    if !remembers {
        let message = "--notify tells what has changed since the last look, which nothing keeps";
        return Err(CommandError::new(message).with_help("say where to keep it: --since FILE"));
    }
    let hook = Hook::new(url).map_err(|error| {
        let help = "name another URL with --notify or REKON_NOTIFY_URL";
        CommandError::new(format!("nobody can be told at the URL of --notify: {error}"))
            .with_help(help)
    });
    hook.map(Some)
}

/// Tells of a complete look, if anything has changed.
async fn notify(hook: &Hook, format: NotifyFormat, found: &Drift) -> Result<(), String> {
    let has_changed = found.since.as_ref().is_some_and(Since::has_changed);
    if !(found.complete && has_changed) {
        return Ok(());
    }
    let message = match format {
        NotifyFormat::Json => report::json::drift(found),
        NotifyFormat::Slack => report::slack::drift(found),
    };
    let posted = hook.post(&message).await;
    posted.map_err(|error| format!("{hook} could not be told what was found: {error}"))
}

/// What a run took of the service, and of time.
fn cost(session: Option<&Session>, took: Duration) -> Run {
    let reader = session.map(|session| session.connection.reader());
    let sent = reader.as_ref().map(Reader::sent).unwrap_or_default();
    Run {
        calls: sent.into_iter().map(|(operation, times)| (operation.as_str(), times)).collect(),
        throttles: reader.map_or(0, |reader| reader.tally().throttled),
        took,
        at: Timestamp::now(),
    }
}

/// How looking for drift ends.
fn exit(found: &Drift, fail_on: &[Category]) -> Exit {
    let drifted = found.findings.iter().any(|finding| fail_on.contains(&finding.category));
    let holds = [(!found.complete, Exit::Incomplete), (drifted, Exit::Changes)];
    Exit::worst(holds.into_iter().filter(|(holds, _)| *holds).map(|(_, exit)| exit))
}
