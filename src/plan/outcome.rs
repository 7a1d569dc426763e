//! What became of a plan, as data that `apply` fills and `report` prints.

use std::time::Duration;

use super::{CallId, Operation, Plan};

/// The result of applying a plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// One for each change of the plan, in its order.
    pub processors: Vec<ProcessorOutcome>,
    pub tally: CallTally,
    pub elapsed: Duration,
    /// The signal that ended the run early: `SIGINT` or `SIGTERM`.
    pub interrupted: Option<&'static str>,
    /// Work under way was left where it was, because the signal came twice.
    pub broken_off: bool,
    /// What was deleted and is not back.
    pub removed: Vec<Removed>,
}

impl Outcome {
    /// The outcome of a plan that may not be applied.
    pub fn not_begun(plan: &Plan) -> Outcome {
        let reason = if plan.complete { "the plan is refused" } else { "the read was incomplete" };
        let processors = plan.changes.iter().map(|change| ProcessorOutcome {
            name: change.name.clone(),
            fate: Fate::NotTried { reason: reason.to_owned() },
            made: Vec::new(),
            notes: Vec::new(),
        });
        Outcome { processors: processors.collect(), ..Outcome::default() }
    }
}

/// What became of one processor.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessorOutcome {
    pub name: String,
    pub fate: Fate,
    /// The calls that took effect, fallback calls included, in order.
    pub made: Vec<Operation>,
    /// What happened beside the plan that the user should know, a line each:
    /// that the old definition was put back, say, or could not be.
    pub notes: Vec<String>,
}

/// How a processor's part of a plan ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// All its calls were made and the service holds what was planned.
    Done,
    /// A call failed, or what was read back is not what was planned.
    Failed {
        /// The call that failed; `None`: the verification did.
        call: Option<CallId>,
        operation: Option<Operation>,
        /// The service's own words, or what differs.
        reason: String,
        /// What to do about it.
        help: Option<String>,
    },
    /// Nothing was done because of something else, said here.
    NotTried { reason: String },
    /// The service no longer holds what the plan expects; nothing was done.
    Moved { differences: Vec<String> },
}

/// How many requests it took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallTally {
    /// Planned or fallback writes that were sent, each counted once.
    pub made: u64,
    /// Further attempts at the same call, reads included.
    pub retried: u64,
    /// Answers that asked to slow down.
    pub throttled: u64,
}

/// A processor that is gone, and how to bring it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    pub name: String,
    /// The file that holds its definition.
    pub recovery_file: String,
    /// The command that restores it.
    pub restore: String,
}
