//! The traces of earlier runs: what they took away and did not bring back.

mod read;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use self::read::read;
use super::journal::{Record, line};
use super::{RecoveryRoot, folder};
use crate::desired::Stack;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::Definition;

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
    /// What it deleted for good, as its plan had it: nobody is owed it, and it can be had.
    pub deleted: Vec<Owed>,
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

/// What earlier runs left, of all stacks and services, since a folder may be shared.
#[derive(Debug, Default)]
pub struct Traces {
    /// The runs that are not over or that owe something, oldest first.
    pub open: Vec<Run>,
    /// Those that are over, owe nothing, and deleted something for good.
    pub deleting: Vec<Run>,
    /// Journals of which nobody can tell what their runs did.
    pub unreadable: Vec<Unreadable>,
}

/// A journal that cannot be read, or the folder of all.
#[derive(Debug, thiserror::Error)]
#[error("the journal {} cannot be read: {reason}", path.display())]
pub struct Unreadable {
    path: PathBuf,
    reason: String,
}

/// Reads what earlier runs left.
pub fn traces(root: &RecoveryRoot) -> Traces {
    let mut traces = Traces::default();
    let paths = journals(root).unwrap_or_else(|error| {
        let (path, reason) = (folder::runs_path(root), error.to_string());
        traces.unreadable.push(Unreadable { path, reason });
        Vec::new()
    });
    for path in paths {
        match read(&path) {
            Ok(run) => traces.open.extend(run),
            Err(reason) => traces.unreadable.push(Unreadable { path, reason }),
        }
    }
    // What a run left undone that took nothing away, a later one that ended knew.
    let mut ended = BTreeSet::new();
    let is_open = |run: &Run, ended: &mut BTreeSet<_>| {
        let about = (run.stack.account_id.clone(), run.stack.region.clone(), run.service.clone());
        let open = match run.state {
            RunState::Finished => {
                ended.insert(about);
                false
            }
            RunState::Unfinished => !ended.contains(&about),
            RunState::UnderWay => true,
        };
        open || !run.owed.is_empty()
    };
    let runs = std::mem::take(&mut traces.open);
    let (mut open, mut over): (Vec<Run>, Vec<Run>) =
        runs.into_iter().rev().partition(|run| is_open(run, &mut ended));
    open.reverse();
    over.reverse();
    over.retain(|run| !run.deleted.is_empty());
    (traces.open, traces.deleting) = (open, over);
    traces
}

impl Run {
    /// Whether it was about the processors that a stack is about: those of its
    /// account and region, whatever its name.
    pub fn is_about(&self, stack: &Stack) -> bool {
        (&self.stack.account_id, &self.stack.region) == (&stack.account_id, &stack.region)
    }

    /// Whether it can bring anything back: what it owes, or what it deleted for good under
    /// one of these names.
    pub fn holds(&self, names: &[String]) -> bool {
        !self.owed.is_empty() || self.deleted.iter().any(|deleted| names.contains(&deleted.name))
    }

    /// What the next plan of the project says of it.
    pub fn warning(&self) -> Diagnostic {
        const MOST: usize = 10;
        let Run { at, owed, .. } = self;
        let names: Vec<&str> = owed.iter().take(MOST).map(|owed| owed.name.as_str()).collect();
        let more = match owed.len().saturating_sub(MOST) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let names = format!("{}{more}", names.join(", "));
        let (message, help) = match (self.state, owed.is_empty()) {
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
}

impl Unreadable {
    /// What the next plan of the project says of it.
    pub fn warning(&self) -> Diagnostic {
        Diagnostic::new(Code::UnfinishedRun, self.to_string())
            .help("what its run took away is not known; look at the recovery files")
    }
}

/// Notes in each run's journal what was brought back, and in that of one which took
/// nothing away that this is known.
pub fn note_restored(runs: &[Run], names: &BTreeSet<String>) -> io::Result<()> {
    for run in runs {
        let names: Vec<String> = run
            .owed
            .iter()
            .chain(&run.deleted)
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
