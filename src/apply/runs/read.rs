//! From a journal to how far its run got.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::Path;

use super::{Owed, Run, RunState};
use crate::apply::journal::{FORMAT_VERSION, Record};
use crate::model::ProcessorName;
use crate::plan::{CallEffect, Operation, Role};

/// Reads a journal. `None`: its run was killed before it began anything.
pub(super) fn read(path: &Path) -> Result<Option<Run>, String> {
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
                if let Err(error) = ProcessorName::new(&name) {
                    return Err(format!("its line {} names {name:?}: {error}", at + 1));
                }
                let owed = Owed { name: name.clone(), before, result, line: at + 1 };
                progress.processors.insert(name, Trace { owed, state: State::default() });
            }
            Record::Sending { role, processor, operation, .. } => {
                progress.call(&processor, operation, role, None);
            }
            // A start that did not settle made no camera see.
            Record::Ended {
                operation: Operation::StartStreamProcessor, settled: false, ..
            } => {}
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
    let (owed, deleted) = (progress.owed(), progress.deleted());
    // A run of which everything was brought back is over, however it ended.
    let settled = progress.known && owed.is_empty();
    let state = if settled { RunState::Finished } else { state };
    Ok(Some(Run { path: path.to_owned(), text, at, stack, service, state, owed, deleted }))
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

impl Trace {
    fn is_meant_to_be_gone(&self) -> bool {
        self.owed.result.is_none() && self.state.gone
    }
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

    /// What the plan had deleted for good.
    fn deleted(&self) -> Vec<Owed> {
        let traces = self.processors.values();
        let deleted = traces.filter(|trace| trace.is_meant_to_be_gone());
        let deleted = deleted.filter(|trace| !self.restored.contains(&trace.owed.name));
        deleted.map(|trace| trace.owed.clone()).collect()
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
                    None if trace.is_meant_to_be_gone() => false,
                    None => state.gone || state.recreated || state.stopped && ran,
                }
        };
        self.processors.values().filter(owes).map(|trace| trace.owed.clone()).collect()
    }
}
