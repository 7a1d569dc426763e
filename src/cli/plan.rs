//! `rekon plan`: the difference, and the exact calls.

use std::borrow::Cow;
use std::num::NonZeroUsize;
use std::path::Path;

use jiff::Timestamp;

use super::args::{self, Allow, Choose, Guard, Intent, Narrow};
use super::carry_out::{now, recovery_root};
use super::error::CommandError;
use super::exit::Exit;
use super::project::{self, Project};
use super::reports::Reports;
use super::standpoint::Standpoint;
use super::ui::Ui;
use super::{saved, session};
use crate::aws::Rate;
use crate::desired::{Desired, Stack};
use crate::diagnostic::Severity;
use crate::live;
use crate::model::Live;
use crate::plan::{
    Against, Allowances, DEFAULT_PARALLELISM, Made, Narrowing, Options, Pace, Plan, Undeclared,
    plan,
};
use crate::report::text::Header;
use crate::report::{self, Document};

/// Runs the command.
pub(super) async fn run(
    args: args::Plan,
    reports: &Reports,
    ui: &Ui,
) -> Result<Exit, CommandError> {
    let mut project = project::open(&args.project.dir, args.deny_warnings)?;
    let root = recovery_root(args.recovery_dir.as_ref(), &project.loaded.root);
    let pace = pace(args.connect.rate, DEFAULT_PARALLELISM);
    let options = options(&project.desired, &args.narrow, args.intent, args.guard, pace)?;
    let stack = project.desired.stack.clone();
    let (live, against) = match &args.live {
        Some(file) => {
            project.warn_of_runs(&root, None);
            let live = read_snapshot(file, &stack, ui).await?;
            let file = file.display().to_string();
            let against = Against::Snapshot { file, taken_at: live.taken_at };
            announce(&stack, Some(&against), None, reports, ui);
            (live, against)
        }
        None => {
            let session = session::open(&args.connect, &stack, &project.loaded.root, ui).await?;
            project.warn_of_runs(&root, session.service.as_deref());
            announce(&stack, Some(&session.against), None, reports, ui);
            let live = session.read(&project.desired, &options.narrowing, ui).await?;
            (live, session.against)
        }
    };
    let mut plan = make(&project, &live, &options)?;
    let exit = exit(&plan, args.deny_warnings, args.detailed_exitcode);
    let made = Made { at: now(), against };
    if let Some(file) = &args.out {
        saved::write(&mut plan, &made, file, ui)?;
    }
    let told = reports.tell(Document::Plan(&plan, Some(&made)), ui);
    if let Some(file) = &args.out {
        saved::tell(&plan, file, &args.connect, &project.loaded.root, ui);
    }
    Ok(told.ending(exit))
}

/// Takes narrowing as it was typed.
pub(super) fn narrowing(
    desired: &Desired,
    choose: &Choose,
    limit: Option<NonZeroUsize>,
) -> Result<Narrowing, CommandError> {
    let Choose { only, exclude, tag } = choose;
    Narrowing::new(desired, only, exclude, tag, limit.map(NonZeroUsize::get))
        .map_err(|error| CommandError::of(&error))
}

/// Takes narrowing and guarding as they were typed.
pub(super) fn options(
    desired: &Desired,
    narrow: &Narrow,
    intent: Intent,
    guard: Guard,
    pace: Pace,
) -> Result<Options, CommandError> {
    let Narrow { choose, limit } = narrow;
    let narrowing = narrowing(desired, choose, *limit)?;
    let Guard { allow, deny_undeclared } = guard;
    let undeclared = if deny_undeclared { Undeclared::Denied } else { Undeclared::Told };
    let on_drift = intent.drift;
    let (allowances, leaves_config) = (allowances(allow), intent.no_config);
    let today = Some(session::today());
    Ok(Options { narrowing, allowances, pace, on_drift, leaves_config, today, undeclared })
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
pub(super) fn make(
    project: &Project,
    live: &Live,
    options: &Options,
) -> Result<Plan, CommandError> {
    let Project { loaded, desired, warnings } = project;
    options.narrowing.check(live).map_err(|error| CommandError::of(&error))?;
    Ok(plan(desired, &loaded.sources, warnings, live, options))
}

/// Says whose fleet it is, against what its plan is made, and when that was, unless it
/// is made now: above the text that people read, or beside the data that programs read.
pub(super) fn announce(
    stack: &Stack,
    against: Option<&Against>,
    made_at: Option<Timestamp>,
    reports: &Reports,
    ui: &Ui,
) {
    let (stack, against, now) = (stack.clone(), against.cloned(), Timestamp::now());
    let header = Header { stack, against, made_at, now };
    if !reports.prints_text() {
        ui.say(&report::text::header(&header, ui.stderr_settings()));
    } else if !ui.is_quiet() {
        ui.print(&report::text::header(&header, ui.stdout_settings()));
    }
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

/// Reads a snapshot of the stack's account and region; one that names neither is taken
/// for one.
pub(super) async fn read_snapshot(
    file: &Path,
    stack: &Stack,
    ui: &Ui,
) -> Result<Live, CommandError> {
    let live = match saved::is_standard(file) {
        true => {
            let text = saved::patiently(saved::read_stdin).await?;
            live::parse(Path::new("the snapshot on stdin"), &text)
        }
        false => live::load(file),
    };
    let live = live.map_err(|error| CommandError::of(&error))?;
    let of = |told: &str, own: &str| told.is_empty() || told == own;
    if !(of(&live.account_id, &stack.account_id) && of(&live.region, &stack.region)) {
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
    live.notes.iter().for_each(|note| ui.note(note));
    Ok(live)
}
