//! Reading the traces of earlier runs: what they took away and did not bring back.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::journal::{Record, line};
use super::{RecoveryRoot, folder};
use crate::desired::Stack;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::Definition;
use crate::plan::{CallEffect, Operation, Role};

/// How long the journal of a run that owes nothing is kept.
const KEPT: Duration = Duration::from_hours(30 * 24);

/// One earlier run.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its journal.
    pub path: PathBuf,
    /// All that its journal says.
    pub text: String,
    /// When it began.
    pub at: Timestamp,
    /// Whose fleet it was about.
    pub stack: Stack,
    /// Whether it was against the embedded service.
    pub emulated: bool,
    /// Where it is.
    pub state: RunState,
    /// What it took away, or may have, and is not known to have brought back.
    pub owed: Vec<Owed>,
}

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// Another process is at it.
    UnderWay,
    /// It was killed, or the machine went down.
    Unfinished,
    /// It ended by itself, and said what it owes.
    Finished,
}

/// A processor that a run took away.
#[derive(Clone, Debug, PartialEq)]
pub struct Owed {
    /// The processor's name.
    pub name: String,
    /// What it was, with all its tags and whether it ran.
    pub before: Definition,
    /// What the run was to make of it.
    pub result: Option<Definition>,
    /// The line of the journal that says so, from 1.
    pub line: usize,
}

/// The runs that are not over or that owe something, oldest first; of all stacks
/// and services, since a folder may be shared.
///
/// Journals that cannot be read as such are skipped: they are no trace of a run.
pub fn open_runs(root: &RecoveryRoot) -> Vec<Run> {
    let runs: Vec<Run> = journals(root).into_iter().filter_map(|path| read(&path)).collect();
    // What a run left undone that took nothing away, a later one that ended knew.
    let superseded = |at: usize, run: &Run| {
        run.state == RunState::Unfinished
            && runs[at + 1..].iter().any(|later| {
                later.state == RunState::Finished && later.concerns(&run.stack, run.emulated)
            })
    };
    let open = |at: usize, run: &Run| match run.state {
        _ if !run.owed.is_empty() => true,
        RunState::Finished => false,
        RunState::UnderWay | RunState::Unfinished => !superseded(at, run),
    };
    let open: Vec<bool> = runs.iter().enumerate().map(|(at, run)| open(at, run)).collect();
    runs.into_iter().zip(open).filter(|(_, open)| *open).map(|(run, _)| run).collect()
}

impl Run {
    /// Whether it was about the processors that a stack is about: those of its
    /// account and region, whatever its name.
    pub fn concerns(&self, stack: &Stack, emulated: bool) -> bool {
        self.emulated == emulated
            && (&self.stack.account_id, &self.stack.region) == (&stack.account_id, &stack.region)
    }
}

/// What the next plan of the project says of a run.
pub fn warning(run: &Run) -> Diagnostic {
    const MOST: usize = 10;
    let names: Vec<&str> = run.owed.iter().take(MOST).map(|owed| owed.name.as_str()).collect();
    let more = match run.owed.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let names = format!("{}{more}", names.join(", "));
    let at = run.at;
    let (message, help) = match (run.state, run.owed.is_empty()) {
        (RunState::UnderWay, _) => (
            format!("another run of this project, begun at {at}, is still under way"),
            "wait until it has ended: what it changes is not in this plan",
        ),
        (_, true) => (
            format!("a run of this project, begun at {at}, never ended"),
            "it took nothing away; this plan shows what is left to do, and `rekon restore` takes note",
        ),
        (RunState::Unfinished, false) => (
            format!("a run of this project, begun at {at}, never ended: it was at {names}"),
            "look at what `rekon restore` would bring back, with its tags and run state",
        ),
        (RunState::Finished, false) => (
            format!("a run of this project, begun at {at}, did not bring back {names}"),
            "look at what `rekon restore` would bring back, with its tags and run state",
        ),
    };
    Diagnostic::new(Code::UnfinishedRun, message).help(help)
}

/// Notes in each run's journal what was brought back, and in that of one which took
/// nothing away that this is known.
pub fn note_restored(runs: &[Run], names: &BTreeSet<String>) -> io::Result<()> {
    for run in runs {
        let names: Vec<String> = run
            .owed
            .iter()
            .map(|owed| owed.name.clone())
            .filter(|name| names.contains(name))
            .collect();
        if !names.is_empty() || run.owed.is_empty() && run.state == RunState::Unfinished {
            let mut file = File::options().append(true).open(&run.path)?;
            // The last line of a run that was killed may be cut short.
            let end = if run.text.ends_with('\n') { "" } else { "\n" };
            let noted = format!("{end}{}", line(&Record::Restored { names }));
            file.write_all(noted.as_bytes())?;
            file.sync_data()?;
        }
    }
    Ok(())
}

/// Removes journals that owe nothing and are old.
pub(super) fn prune(root: &RecoveryRoot, now: Timestamp) {
    for path in journals(root) {
        let Some(run) = read(&path) else { continue };
        let age = Duration::try_from(now.duration_since(run.at)).unwrap_or_default();
        if run.state != RunState::UnderWay && run.owed.is_empty() && age > KEPT {
            // Another run may be at the same; what stays is removed next time.
            let _ = fs::remove_file(&path);
        }
    }
}

fn journals(root: &RecoveryRoot) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder::runs_path(root)).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
        .collect();
    paths.sort_by_key(|path| {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        // Of several in one second, the first has no number.
        match stem.split_once('-') {
            Some((time, number)) => (time.to_owned(), number.parse().unwrap_or(u32::MAX)),
            None => (stem, 1),
        }
    });
    paths
}

fn read(path: &Path) -> Option<Run> {
    let text = fs::read_to_string(path).ok()?;
    // The run that is under way holds its journal locked.
    let free = File::open(path).is_ok_and(|file| file.try_lock_shared().is_ok());
    let mut progress = Progress::default();
    let mut begun = None;
    for (at, line) in text.lines().enumerate() {
        // The last line of a run that was killed may be cut short.
        let Ok(record) = serde_json::from_str::<Record>(line) else { continue };
        match record {
            Record::Begun { at, stack, emulated, .. } => begun = Some((at, stack, emulated)),
            Record::Processor { name, definition: before, result } => {
                let owed = Owed { name: name.clone(), before, result, line: at + 1 };
                progress.processors.insert(name, Trace { owed, state: State::default() });
            }
            Record::Sending { role, processor, operation, .. } => {
                progress.call(&processor, operation, role, None);
            }
            Record::Ended { role, processor, operation, effect, .. } => {
                progress.call(&processor, operation, role, Some(effect));
            }
            Record::Closed { owed } => progress.closed = Some(owed.into_iter().collect()),
            Record::Restored { names } => {
                progress.known = true;
                progress.restored.extend(names);
            }
        }
    }
    let (at, stack, emulated) = begun?;
    let state = match progress.closed {
        None if !free => RunState::UnderWay,
        None => RunState::Unfinished,
        Some(_) => RunState::Finished,
    };
    let owed = progress.owed();
    // A run of which everything was brought back is over, however it ended.
    let settled = progress.known && owed.is_empty();
    let state = if settled { RunState::Finished } else { state };
    Some(Run { path: path.to_owned(), text, at, stack, emulated, state, owed })
}

/// How far a run got, as its journal says.
#[derive(Default)]
struct Progress {
    processors: BTreeMap<String, Trace>,
    closed: Option<BTreeSet<String>>,
    restored: BTreeSet<String>,
    /// Somebody looked at what it left.
    known: bool,
}

struct Trace {
    owed: Owed,
    state: State,
}

/// What a run did to a processor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct State {
    /// It is deleted, or may be.
    gone: bool,
    /// It was created again, but not everything that it had may be back.
    recreated: bool,
    /// It is stopped, or may be.
    stopped: bool,
}

impl Progress {
    /// A call began, or ended with an effect.
    fn call(
        &mut self,
        processor: &str,
        operation: Operation,
        role: Role,
        effect: Option<CallEffect>,
    ) {
        let Some(Trace { state, .. }) = self.processors.get_mut(processor) else { return };
        let taken = matches!(effect, Some(CallEffect::Taken | CallEffect::Others));
        let possible = effect != Some(CallEffect::None);
        match operation {
            Operation::DeleteStreamProcessor => {
                state.gone = possible;
                state.recreated = state.recreated && !possible;
            }
            Operation::CreateStreamProcessor if taken => {
                state.gone = false;
                state.recreated = role == Role::Planned;
                state.stopped = true;
            }
            Operation::StopStreamProcessor => state.stopped = possible,
            Operation::StartStreamProcessor if taken => state.stopped = false,
            _ => {}
        }
    }

    /// What is not known to be back. A run that ended knows best itself.
    fn owed(&self) -> Vec<Owed> {
        let owes = |trace: &&Trace| {
            let name = &trace.owed.name;
            let ran = trace.owed.before.run_state() == Some(crate::model::RunState::Running);
            let Trace { state, .. } = trace;
            !self.restored.contains(name)
                && match &self.closed {
                    Some(owed) => owed.contains(name),
                    None => state.gone || state.recreated || state.stopped && ran,
                }
        };
        self.processors.values().filter(owes).map(|trace| trace.owed.clone()).collect()
    }
}
