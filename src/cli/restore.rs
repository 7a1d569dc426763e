//! `rekon restore`: plans and applies what runs took away and did not bring back.

use std::collections::BTreeSet;

use super::args;
use super::carry_out::{Ready, carry_out, recovery_root};
use super::error::CommandError;
use super::exit::Exit;
use super::signals::Signals;
use super::ui::Ui;
use super::{apply::shown_as, plan, saved, session};
use crate::apply::{self, Restoration, Run, RunState};
use crate::desired::Stack;
use crate::live;
use crate::plan::{Fate, Narrowing, Options};

/// Runs the command.
pub(super) async fn run(args: args::Restore, ui: &Ui) -> Result<Exit, CommandError> {
    let dir = &args.project.dir;
    if !dir.is_dir() {
        let message = format!("there is no folder {}", dir.display());
        let help = format!("to restore a processor of that name: rekon restore . {}", dir.display());
        return Err(CommandError::new(message).with_help(help));
    }
    let mut signals = Signals::listen()?;
    let root = recovery_root(args.execution.recovery_dir.as_ref(), &args.project.dir);
    let runs = apply::open_runs(&root);
    let Some(stack) = stack(&runs)? else {
        ui.say("Nothing is to be restored: no run took anything away that is not back.\n");
        return Ok(Exit::Success);
    };
    let (ready, unchanged) = signals.cut_short(ready(&args, stack, &runs, ui)).await?;
    if let Some(file) = &args.out {
        saved::write(&ready.plan, file, ui)?;
        plan::print(&ready.plan, shown_as(args.execution.format), ui);
        return Ok(plan::exit(&ready.plan, args.execution.deny_warnings, false));
    }
    let carried = carry_out(ready, &args.execution, &args.connect, signals, ui).await;
    let (exit, outcome) = carried?;
    let done = outcome.into_iter().flat_map(|outcome| outcome.processors);
    let done = done.filter(|processor| processor.fate == Fate::Done);
    let back: BTreeSet<String> = done.map(|processor| processor.name).chain(unchanged).collect();
    if let Err(error) = apply::note_restored(&runs, &back) {
        ui.note(&format!("what was restored could not be noted, and is told again: {error}"));
    }
    Ok(exit)
}

/// The stack whose runs owe something.
fn stack(runs: &[Run]) -> Result<Option<Stack>, CommandError> {
    if let Some(run) = runs.iter().find(|run| run.state == RunState::UnderWay) {
        let message = format!("a run that began at {} is still under way", run.at);
        let help = "wait until it has ended, or stop it with Ctrl-C";
        return Err(CommandError::new(message).with_help(help));
    }
    Ok(runs.iter().rev().find(|run| !run.owed.is_empty()).map(|run| run.stack.clone()))
}

/// Plans what brings back what is asked for. Also names what turns out to be there
/// as it should be.
async fn ready(
    args: &args::Restore,
    stack: Stack,
    runs: &[Run],
    ui: &Ui,
) -> Result<(Ready, BTreeSet<String>), CommandError> {
    let base = args.project.dir.clone();
    let session = session::open(&args.connect, &stack, &base, ui).await?;
    plan::announce(&session.header, shown_as(args.execution.format), ui);
    // What is owed may be there again, in which case it is compared.
    let reader = session.connection.reader();
    let first = live::fetch(&reader, &stack.account_id, &|_| {}).await?;
    let Restoration { desired, sources, unknown } =
        apply::restoration(&stack, runs, &args.names, &first);
    if let Some(name) = unknown.first() {
        let message = format!("no run took {name} away, or it was restored already");
        let help = "leave the names out to see all that can be restored";
        return Err(CommandError::new(message).with_help(help));
    }
    let live = session.read(&desired, ui).await?;
    let options =
        Options { narrowing: Narrowing::default(), allowances: plan::allowances(args.allow) };
    let plan = crate::plan::plan(&desired, &sources, &[], &live, &options);
    let identity = session.identity_of(&stack);
    let changed: BTreeSet<&str> = plan.changes.iter().map(|change| change.name.as_str()).collect();
    let asked = desired.processors.keys().map(ToString::to_string);
    let unchanged = asked.filter(|name| !changed.contains(name.as_str())).collect();
    let read = Some((live, tokio::time::Instant::now()));
    Ok((Ready { plan, session, identity, base, read }, unchanged))
}
