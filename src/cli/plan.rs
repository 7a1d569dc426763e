//! `rekon plan`: the difference, and the exact calls.

use std::borrow::Cow;
use std::num::NonZeroUsize;
use std::path::Path;

use super::args::{self, Allow, Guard, Narrow, PlanFormat};
use super::carry_out::recovery_root;
use super::error::CommandError;
use super::exit::Exit;
use super::project::{self, Project};
use super::standpoint::Standpoint;
use super::ui::Ui;
use super::{saved, session};
use crate::aws::Rate;
use crate::desired::Desired;
use crate::diagnostic::Severity;
use crate::live;
use crate::model::Live;
use crate::plan::{
    Allowances, DEFAULT_PARALLELISM, Narrowing, Options, Pace, Plan, Undeclared, plan,
};
use crate::report;
use crate::report::text::Header;

/// Runs the command.
pub(super) async fn run(args: args::Plan, ui: &Ui) -> Result<Exit, CommandError> {
    let mut project = project::open(&args.project.dir, args.deny_warnings)?;
    let root = recovery_root(args.recovery_dir.as_ref(), &project.loaded.root);
    let pace = pace(args.connect.rate, DEFAULT_PARALLELISM);
    let options = options(&project.desired, &args.narrow, args.guard, pace)?;
    let live = match &args.live {
        Some(file) => {
            project.warn_of_runs(&root, None);
            read_snapshot(file, &project, args.format, ui)?
        }
        None => {
            let stack = project.desired.stack.clone();
            let session = session::open(&args.connect, &stack, &project.loaded.root, ui).await?;
            project.warn_of_runs(&root, session.service.as_deref());
            announce(&session.header, args.format, ui);
            session.read(&project.desired, &options.narrowing, ui).await?
        }
    };
    let plan = make(&project, &live, &options);
    if let Some(file) = &args.out {
        saved::write(&plan, file, ui)?;
    }
    let standpoint = Standpoint::before(&project.loaded.root);
    print(&plan, args.format, Some(&standpoint), ui);
    Ok(exit(&plan, args.deny_warnings, args.detailed_exitcode))
}

/// Takes narrowing and guarding as they were typed.
pub(super) fn options(
    desired: &Desired,
    narrow: &Narrow,
    guard: Guard,
    pace: Pace,
) -> Result<Options, CommandError> {
    let Narrow { only, exclude, tag, limit } = narrow;
    let narrowing = Narrowing::new(desired, only, exclude, tag, limit.map(NonZeroUsize::get))
        .map_err(|error| CommandError::of(&error))?;
    let Guard { allow, deny_undeclared } = guard;
    let undeclared = if deny_undeclared { Undeclared::Denied } else { Undeclared::Told };
    Ok(Options { narrowing, allowances: allowances(allow), pace, undeclared })
}

/// How fast a plan will be applied.
pub(super) fn pace(rate: Rate, parallelism: usize) -> Pace {
    Pace { share: rate.share(), parallelism }
}

/// Takes allowances as they were typed.
pub(super) fn allowances(allow: Allow) -> Allowances {
    let Allow { allow_deletes, allow_replacements, allow_updates, allow_creates } = allow;
    Allowances {
        deletes: allow_deletes,
        replacements: allow_replacements,
        updates: allow_updates,
        creates: allow_creates,
    }
}

/// Plans.
pub(super) fn make(project: &Project, live: &Live, options: &Options) -> Plan {
    let Project { loaded, desired, warnings } = project;
    plan(desired, &loaded.sources, warnings, live, options)
}

/// Says whose fleet it is: above the text that people read, or beside the data
/// that programs read.
pub(super) fn announce(header: &Header, format: PlanFormat, ui: &Ui) {
    match format {
        PlanFormat::Text if ui.is_quiet() => {}
        PlanFormat::Text => {
            ui.print(&report::text::header(header, ui.stdout_settings()));
        }
        PlanFormat::Json | PlanFormat::Diff => {
            ui.say(&report::text::header(header, ui.stderr_settings()));
        }
    }
}

/// Prints a plan on stdout, with paths in text as seen from where the user stands, if
/// it is known where the project is.
pub(super) fn print(plan: &Plan, format: PlanFormat, seen: Option<&Standpoint>, ui: &Ui) {
    let settings = ui.stdout_settings();
    ui.print(&match format {
        PlanFormat::Text => report::text::plan(&shown(plan, seen), settings),
        PlanFormat::Json => report::json::plan(plan),
        PlanFormat::Diff => report::diff::plan(plan, settings),
    });
}

/// A plan as text shows it.
pub(super) fn shown<'a>(plan: &'a Plan, seen: Option<&Standpoint>) -> Cow<'a, Plan> {
    seen.map_or(Cow::Borrowed(plan), |seen| Cow::Owned(seen.plan(plan)))
}

/// How a plan that was only looked at ends.
pub(super) fn exit(plan: &Plan, deny_warnings: bool, detailed: bool) -> Exit {
    let warned = plan.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Warning);
    let holds = [
        (deny_warnings && warned, Exit::Error),
        (!plan.complete, Exit::Incomplete),
        (!plan.refusals.is_empty(), Exit::Refused),
        (detailed && !plan.changes.is_empty(), Exit::Changes),
    ];
    Exit::worst(holds.into_iter().filter(|(holds, _)| *holds).map(|(_, exit)| exit))
}

fn read_snapshot(
    file: &Path,
    project: &Project,
    format: PlanFormat,
    ui: &Ui,
) -> Result<Live, CommandError> {
    let live = live::load(file).map_err(|error| CommandError::of(&error))?;
    let stack = &project.desired.stack;
    if (&live.account_id, &live.region) != (&stack.account_id, &stack.region) {
        let message = format!(
            "{} is of account {} in {}, and stack {} is of account {} in {}",
            file.display(),
            live.account_id,
            live.region,
            stack.name,
            stack.account_id,
            stack.region
        );
        let help = "take a snapshot of the stack's own account and region";
        return Err(CommandError::new(message).with_help(help));
    }
    let header = Header {
        stack: stack.clone(),
        caller: None,
        endpoint: None,
        emulated: false,
        snapshot: Some(file.display().to_string()),
    };
    announce(&header, format, ui);
    Ok(live)
}
