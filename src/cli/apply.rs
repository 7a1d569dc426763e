//! `rekon apply`: plan, ask, and do; or do what a saved plan says.

use std::path::Path;

use super::args;
use super::carry_out::{Ready, carry_out, recovery_root};
use super::error::CommandError;
use super::exit::Exit;
use super::reports::Reports;
use super::signals::Signals;
use super::standpoint::Standpoint;
use super::ui::Ui;
use super::{plan, project, saved, session};

/// Runs the command.
pub(super) async fn run(
    args: args::Apply,
    reports: &Reports,
    ui: &Ui,
) -> Result<Exit, CommandError> {
    let mut signals = Signals::listen()?;
    let ready = match args.target.is_dir() {
        true => signals.cut_short(fresh(&args, reports, ui)).await?,
        false => signals.cut_short(from_file(&args, reports, ui)).await?,
    };
    let carried = carry_out(ready, &args.execution, &args.connect, reports, signals, ui).await;
    carried.map(|(exit, _)| exit)
}

/// Plans a project as `rekon plan` does.
async fn fresh(args: &args::Apply, reports: &Reports, ui: &Ui) -> Result<Ready, CommandError> {
    let mut project = project::open(&args.target, args.execution.deny_warnings)?;
    let pace = plan::pace(args.connect.rate, args.execution.parallelism);
    let options = plan::options(&project.desired, &args.narrow, args.intent, args.guard, pace)?;
    let base = project.loaded.root.clone();
    let root = recovery_root(args.execution.recovery_dir.as_ref(), &base);
    let stack = project.desired.stack.clone();
    let session = session::open(&args.connect, &stack, &base, ui).await?;
    project.warn_of_runs(&root, session.service.as_deref());
    plan::announce(&stack, Some(&session.against), None, reports, ui);
    let live = session.read(&project.desired, &options.narrowing, ui).await?;
    let plan = plan::make(&project, &live, &options)?;
    let identity = session.identity_of(&stack);
    let read = Some((live, tokio::time::Instant::now()));
    let seen = Some(Standpoint::before(&base));
    Ok(Ready { plan, session, identity, base, seen, read })
}

/// Takes a saved plan as it is; no TOML is read.
async fn from_file(args: &args::Apply, reports: &Reports, ui: &Ui) -> Result<Ready, CommandError> {
    let target = args.target.clone();
    let plan = saved::patiently(move || saved::read(&target, saved::Purpose::Apply)).await?;
    if args.narrows() {
        let message = "a saved plan is applied as it is: narrowing and allowing belong to the plan";
        let help = "make the plan with these options: rekon plan --out FILE";
        return Err(CommandError::new(message).with_help(help));
    }
    let parent = args.target.parent().filter(|parent| !parent.as_os_str().is_empty());
    // That of a plan on stdin is the current folder.
    let base = parent.unwrap_or(Path::new(".")).to_owned();
    let session = session::open(&args.connect, &plan.stack, &base, ui).await?;
    let made_at = plan.made.as_ref().map(|made| made.at);
    plan::announce(&plan.stack, Some(&session.against), made_at, reports, ui);
    let identity = session.identity()?;
    Ok(Ready { plan, session, identity, base, seen: None, read: None })
}
