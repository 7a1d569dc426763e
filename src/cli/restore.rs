//! `rekon restore`: plans and applies what runs took away and did not bring back.

use std::collections::BTreeSet;

use super::args;
use super::carry_out::{Ready, carry_out, now, recovery_root};
use super::error::CommandError;
use super::exit::Exit;
use super::reports::Reports;
use super::session::Session;
use super::signals::Signals;
use super::ui::Ui;
use super::{plan, saved, session};
use crate::apply::{self, Restoration, Run, RunState, Traces};
use crate::config;
use crate::desired::{self, Desired, Marks, Stack};
use crate::model::{Attribute, ProcessorName, STACK_TAG};
use crate::plan::{Change, Fate, Made, Options, Plan};
use crate::report::Document;

/// Runs the command.
pub(super) async fn run(
    args: args::Restore,
    reports: &Reports,
    ui: &Ui,
) -> Result<Exit, CommandError> {
    let dir = &args.project.dir;
    if !dir.is_dir() {
        let message = format!("there is no folder {}", dir.display());
        let help =
            format!("to restore a processor of that name: rekon restore . {}", dir.display());
        return Err(CommandError::new(message).with_help(help));
    }
    let mut signals = Signals::listen()?;
    let root = recovery_root(args.execution.recovery_dir.as_ref(), &args.project.dir);
    let Traces { mut open, deleting, unreadable } = apply::traces(&root);
    if let Some(journal) = unreadable.first() {
        let help = "what its run took away is not known; look at the recovery files beside it";
        return Err(CommandError::of(journal).with_help(help));
    }
    if !args.names.is_empty() {
        open.extend(deleting);
        open.sort_by_key(|run| run.at);
    }
    let own = desired::resolve(&config::load(dir));
    let (stack, runs) = choose(own.stack, open, &args.names)?;
    let Some(stack) = stack else {
        if let Some(name) = args.names.first() {
            return Err(CommandError::new(format!("no run took {name} away")));
        }
        ui.say("Nothing is to be restored: no run took anything away that is not back.\n");
        note(&runs, &BTreeSet::new(), ui);
        reports.write_nothing(ui);
        return Ok(Exit::Success);
    };
    let session = session::open(&args.connect, &stack, dir, ui);
    let session = signals.cut_short(session).await?;
    let (runs, others): (Vec<Run>, Vec<Run>) =
        runs.into_iter().partition(|run| run.is_about(&stack) && run.service == session.service);
    if let Some(other) = others.iter().find(|run| run.holds(&args.names)) {
        let service = other.service.as_deref().unwrap_or("AWS");
        ui.note(&format!("a run against another service, {service}, took something away"));
    }
    if !runs.iter().any(|run| run.holds(&args.names)) {
        ui.say("Nothing is to be restored here.\n");
        reports.write_nothing(ui);
        return Ok(Exit::Success);
    }
    let (ready, unchanged) =
        signals.cut_short(ready(&args, session, stack, &runs, reports, ui)).await?;
    let own = own.desired.as_ref();
    let fleeting = own.map(|own| fleeting(&ready.plan, own)).unwrap_or_default();
    if !fleeting.is_empty() {
        let names = fleeting.join(", ");
        let (are, them) = if fleeting.len() == 1 { ("is", "it") } else { ("are", "them") };
        ui.note(&format!(
            "{names} {are} declared by no file: the next apply would delete {them} again, \
             unless a file declares {them}, or lets {them} go with [[removed]] and destroy = false"
        ));
    }
    if let Some(file) = &args.out {
        let Ready { mut plan, session, base, .. } = ready;
        let made = Made { at: now(), against: session.against };
        saved::write(&mut plan, &made, file, ui)?;
        let told = reports.tell(Document::Plan(&plan, Some(&made)), ui);
        saved::tell(&plan, file, &args.connect, &base, ui);
        return Ok(told.ending(plan::exit(&plan, args.execution.deny_warnings, false)));
    }
    let carried = carry_out(ready, &args.execution, &args.connect, reports, signals, ui).await;
    let (exit, outcome) = carried?;
    let done = outcome.into_iter().flat_map(|outcome| outcome.processors);
    let done = done.filter(|processor| processor.fate == Fate::Done);
    let back: BTreeSet<String> = done.map(|processor| processor.name).chain(unchanged).collect();
    note(&runs, &back, ui);
    Ok(exit)
}

fn note(runs: &[Run], back: &BTreeSet<String>, ui: &Ui) {
    if let Err(error) = apply::note_restored(runs, back) {
        ui.note(&format!("what was restored could not be noted, and is told again: {error}"));
    }
}

/// What comes back with the stack's marks and without a table, so that it goes again.
fn fleeting(plan: &Plan, own: &Desired) -> Vec<String> {
    let mark = Attribute::Tag(STACK_TAG.into());
    let goes = |change: &&Change| {
        let stack = change.result.as_ref().and_then(|result| result.text(&mark));
        let Ok(name) = ProcessorName::new(&change.name) else { return false };
        own.ownership.marks != Marks::None
            && stack == Some(&own.stack.name)
            && !own.processors.contains_key(&name)
            && own.hand_overs.moved(&name).is_none()
            && own.hand_overs.removed(&name).is_none_or(|removed| removed.destroy)
    };
    plan.changes.iter().filter(goes).map(|change| change.name.clone()).collect()
}

/// The stack to restore for, and its runs; `None`: nothing is owed. The project's
/// own files say which stack, where there are any.
fn choose(
    own: Option<Stack>,
    mut runs: Vec<Run>,
    names: &[String],
) -> Result<(Option<Stack>, Vec<Run>), CommandError> {
    if let Some(own) = &own {
        runs.retain(|run| run.is_about(own));
    }
    if let Some(run) = runs.iter().find(|run| run.state == RunState::UnderWay) {
        let message = format!("a run that began at {} is still under way", run.at);
        let help = "wait until it has ended, or stop it with Ctrl-C";
        return Err(CommandError::new(message).with_help(help));
    }
    let mut owing = runs.iter().filter(|run| run.holds(names)).rev();
    let Some(last) = owing.next() else { return Ok((None, runs)) };
    let stack = own.unwrap_or_else(|| last.stack.clone());
    match owing.find(|run| !run.is_about(&stack)) {
        None => Ok((Some(stack), runs)),
        Some(other) => {
            let message = format!(
                "runs of several accounts or regions owe something here: of stack {} and of stack {}",
                other.stack.name, stack.name
            );
            let help = "restore in the folder of one project, with --recovery-dir for this folder";
            Err(CommandError::new(message).with_help(help))
        }
    }
}

/// Plans what brings back what is asked for. Also names what turns out to be there
/// as it should be.
async fn ready(
    args: &args::Restore,
    session: Session,
    stack: Stack,
    runs: &[Run],
    reports: &Reports,
    ui: &Ui,
) -> Result<(Ready, BTreeSet<String>), CommandError> {
    let base = args.project.dir.clone();
    plan::announce(&stack, Some(&session.against), None, reports, ui);
    // What is owed may be there again, in which case it is compared.
    let live = session.fetch(&stack, ui).await?;
    let Restoration { desired, sources, unknown } =
        apply::restoration(&stack, runs, &args.names, &live);
    if let Some(name) = unknown.first() {
        let message = format!("no run took {name} away, or it was restored already");
        let help = "leave the names out to see all that can be restored";
        return Err(CommandError::new(message).with_help(help));
    }
    let live = session.confirm(&desired, live, ui).await;
    let pace = plan::pace(args.connect.rate, args.execution.parallelism);
    let options = Options { allowances: plan::allowances(args.allow), pace, ..Options::default() };
    let mut plan = crate::plan::plan(&desired, &sources, &[], &live, &options);
    // What brings back what runs took away asks no file.
    plan.restores = true;
    plan.summary.undeclared = 0;
    plan.undeclared.clear();
    let identity = session.identity_of(&stack);
    let changed: BTreeSet<&str> = plan.changes.iter().map(|change| change.name.as_str()).collect();
    let asked = desired.processors.keys().map(ToString::to_string);
    let unchanged = asked.filter(|name| !changed.contains(name.as_str())).collect();
    let read = Some((live, tokio::time::Instant::now()));
    Ok((Ready { plan, session, identity, base, seen: None, read }, unchanged))
}
