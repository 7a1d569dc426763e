//! Reading the traces of earlier runs: what they took away and did not bring back.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::journal::{FORMAT_VERSION, Record, line};
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
    /// Which service it was against, if not AWS's own.
    pub service: Option<String>,
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
/// [`unreadable_runs`] are beside them.
pub fn open_runs(root: &RecoveryRoot) -> Vec<Run> {
    let paths = journals(root).unwrap_or_default();
    let runs: Vec<Run> = paths.iter().filter_map(|path| read(path).ok().flatten()).collect();
    // What a run left undone that took nothing away, a later one that ended knew.
    let superseded = |at: usize, run: &Run| {
        run.state == RunState::Unfinished
            && runs[at + 1..].iter().any(|later| {
                later.state == RunState::Finished
                    && later.concerns(&run.stack, run.service.as_deref())
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

/// Journals of which nobody can tell what their runs did, and why: files, or the
/// folder of all.
pub fn unreadable_runs(root: &RecoveryRoot) -> Vec<(PathBuf, String)> {
    match journals(root) {
        Ok(paths) => paths
            .into_iter()
            .filter_map(|path| read(&path).err().map(|reason| (path, reason)))
            .collect(),
        Err(error) => vec![(folder::runs_path(root), error.to_string())],
    }
}

impl Run {
    /// Whether it was about the processors that a stack is about: those of its
    /// account and region, whatever its name.
    pub fn concerns(&self, stack: &Stack, service: Option<&str>) -> bool {
        self.service.as_deref() == service
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

/// What the next plan of the project says of a journal that cannot be read.
pub fn unreadable_warning(path: &Path, reason: &str) -> Diagnostic {
    let message = format!("the journal {} cannot be read: {reason}", path.display());
    Diagnostic::new(Code::UnfinishedRun, message)
        .help("what its run took away is not known; look at the recovery files")
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
    for path in journals(root).unwrap_or_default() {
        let Ok(Some(run)) = read(&path) else { continue };
        let age = Duration::try_from(now.duration_since(run.at)).unwrap_or_default();
        if run.state != RunState::UnderWay && run.owed.is_empty() && age > KEPT {
            // Another run may be at the same; what stays is removed next time.
            let _ = fs::remove_file(&path);
        }
    }
}

/// The journals in their order; none where there is no folder.
fn journals(root: &RecoveryRoot) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder::runs_path(root)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "jsonl") {
            paths.push(path);
        }
    }
    paths.sort_by_key(|path| {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        // Of several in one second, the first has no number.
        match stem.split_once('-') {
            Some((time, number)) => (time.to_owned(), number.parse().unwrap_or(u32::MAX)),
            None => (stem, 1),
        }
    });
    Ok(paths)
}

/// Reads a journal. `None`: its run was killed before it began anything.
fn read(path: &Path) -> Result<Option<Run>, String> {
    if !fs::metadata(path).map_err(|error| error.to_string())?.is_file() {
        return Err("it is no file".to_owned());
    }
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    if !text.contains('\n') {
        return Ok(None);
    }
    // The run that is under way holds its journal locked.
    let free = File::open(path).is_ok_and(|file| file.try_lock_shared().is_ok());
    let mut progress = Progress::default();
    let mut begun = None;
    for (at, line) in text.lines().enumerate() {
        // The last line of a run that was killed may be cut short.
        let Ok(record) = serde_json::from_str::<Record>(line) else { continue };
        match record {
            Record::Begun { format_version, at, stack, service, .. } => {
                if format_version.split('.').next() != FORMAT_VERSION.split('.').next() {
                    return Err(format!("its format is {format_version}"));
                }
                begun = Some((at, stack, service));
            }
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
    let (at, stack, service) = begun.ok_or("it does not say which run it is of")?;
    let state = match progress.closed {
        None if !free => RunState::UnderWay,
        None => RunState::Unfinished,
        Some(_) => RunState::Finished,
    };
    let owed = progress.owed();
    // A run of which everything was brought back is over, however it ended.
    let settled = progress.known && owed.is_empty();
    let state = if settled { RunState::Finished } else { state };
    Ok(Some(Run { path: path.to_owned(), text, at, stack, service, state, owed }))
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
