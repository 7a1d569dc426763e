//! What became of a plan, as data that `apply` fills and `report` puts into words.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{CallId, Operation, Plan};
use crate::diff::Difference;

/// The result of applying a plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// One for each change of the plan, in its order.
    pub processors: Vec<ProcessorOutcome>,
    /// One for each call that was begun, in the order in which they began.
    pub calls: Vec<CallOutcome>,
    /// How many requests it took.
    pub tally: CallTally,
    /// How long the run took.
    pub elapsed: Duration,
    /// The signal that ended the run early.
    pub interrupted: Option<Signal>,
    /// Work under way was left where it was, because the signal came twice.
    pub broken_off: bool,
    /// What was deleted and is not back.
    pub removed: Vec<Removed>,
}

/// What became of one processor.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessorOutcome {
    /// The processor's name.
    pub name: String,
    /// How its part of the plan ended.
    pub fate: Fate,
    /// What happened beside the plan that the user should know.
    pub notes: Vec<Note>,
}

/// How a processor's part of a plan ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// All its calls were made and the service holds what was planned.
    Done,
    /// A call failed, or what was read back is not what was planned.
    Failed(Failure),
    /// Nothing was done because of something else, said here.
    NotTried(Reason),
    /// The service no longer holds what the plan expects; nothing was done.
    Moved(Vec<Deviation>),
}

/// What failed, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The call that failed; `None`: none did, but the rest was not made, or
    /// what was read back is not what was planned.
    pub call: Option<(CallId, Operation)>,
    /// Why it failed.
    pub reason: Reason,
}

/// Why something failed or was not tried.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// The service, or the way to it, said so.
    Answer(Answer),
    /// A processor of this name is there with another definition.
    Contradicted,
    /// It did not settle in time.
    Unsettled {
        /// The processor's status then.
        status: String,
        /// How long, in seconds.
        seconds: u64,
    },
    /// Its delete was accepted, but it is still there.
    StillThere {
        /// The processor's status then.
        status: String,
    },
    /// It was started, and is in another status.
    NotRunning {
        /// The processor's status then.
        status: String,
        /// The service's words on it.
        message: Option<String>,
    },
    /// It was deleted meanwhile.
    Vanished,
    /// The run ended before it succeeded.
    OutOfTime(Sent),
    /// What was read back is not what was planned.
    Deviates(Vec<Deviation>),
    /// It could not be read.
    Unread(Answer),
    /// What brings it back is not on the disk, so that nothing was begun.
    Unrecorded {
        /// The file.
        path: String,
        /// What the system says.
        error: String,
    },
    /// Another processor, on which this one depends, is not as it has to be.
    DependsOn {
        /// The processor's name.
        name: String,
        /// What is the matter with it.
        trouble: Trouble,
    },
    /// A call of the same group failed.
    CallFailed {
        /// What is called.
        operation: Operation,
        /// The processor's name.
        name: String,
    },
    /// No delete begins after this call failed.
    DeletesHeld {
        /// What is called.
        operation: Operation,
        /// The processor's name.
        name: String,
    },
    /// The run was stopped, between these calls of the processor.
    Stopped {
        /// The last call before; `None`: there was none.
        after: Option<Operation>,
        /// The call that was not made; `None`: there was none.
        before: Option<Operation>,
    },
    /// The run was ended by a mistake in rekon, between these calls.
    Mistake {
        /// The last call before; `None`: there was none.
        after: Option<Operation>,
        /// The call that was not made; `None`: there was none.
        before: Option<Operation>,
    },
    /// A mistake in rekon broke this off; what became of it is unknown.
    Broken,
    /// Left where it was; what became of it is unknown.
    BrokenOff(During),
    /// The run ended before its turn.
    NoTurn,
    /// The plan is refused.
    PlanRefused,
    /// The read was incomplete.
    PlanIncomplete,
}

/// An answer that is no success, or that none came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The service's error type and its own words, or what the connection says.
    pub message: String,
    /// The service's id of the request, where it gave one.
    pub request_id: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
    /// How long it was tried, and the processor's status then.
    pub waited: Option<Waited>,
    /// Why it could not be read whether the call took effect.
    pub unread: Option<String>,
}

/// How long a call was tried in vain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waited {
    /// How long, in seconds.
    pub seconds: u64,
    /// The status at the end, as the service spells it.
    pub status: String,
}

/// How far a call was sent when the run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Not at all.
    Never,
    /// It was refused so far.
    Refused,
    /// No answer came.
    Unanswered,
}

/// What is the matter with a processor that another one depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It is not what the plan expects.
    Moved,
    /// It is in a status that calls cannot begin in.
    Unworkable,
    /// Its calls were made, and it is not as planned.
    NotAsPlanned,
}

/// When something was broken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum During {
    /// While the call was under way.
    Call(Operation),
    /// Between this call and what follows it.
    After(Operation),
    /// While it was read again.
    Verification,
}

/// Something that is otherwise than it should be.
#[derive(Clone, Debug, PartialEq)]
pub enum Deviation {
    /// It is there and should not be.
    Exists,
    /// It is not there and should be.
    Missing,
    /// `before` is what is found, `after` what should be.
    Attribute(Difference),
    /// The service's word on what is wrong.
    StatusMessage(String),
}

/// What happened to a processor beside the plan.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    /// The call was not needed any more.
    NotNeeded(Operation),
    /// A call that was to put the old definition back failed.
    FallbackFailed {
        /// What is called.
        operation: Operation,
        /// Why it failed.
        reason: Reason,
    },
    /// Its old definition is in place again.
    Restored,
    /// Its old definition is still in place.
    Kept,
    /// It was started again.
    StartedAgain,
    /// Tags that only AWS can set were lost.
    TagsLost(Vec<String>),
    /// It is there, but not as it was before.
    Altered(Vec<Deviation>),
    /// Its old definition could not be put back.
    NotRestored,
    /// Whether its old definition is in place could not be read.
    RestorationUnread(Answer),
    /// Putting it back into its old state was broken off.
    RestorationBrokenOff,
    /// It ran before, and is stopped now; or may be.
    Stopped {
        /// Whether it is certain.
        certain: bool,
    },
}

/// What became of one call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CallOutcome {
    /// The planned call; of a fallback, the one whose failure it is for.
    pub id: CallId,
    /// The processor that it is about.
    pub processor: String,
    /// What is called.
    pub operation: Operation,
    /// Whether the plan lists it among its calls, or for the case of a failure.
    pub role: Role,
    /// What came of it.
    pub effect: Effect,
    /// Whether it and what it implies came to their end.
    pub settled: bool,
}

/// Whose call it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The plan lists it.
    Planned,
    /// The plan lists it for the case that another one fails.
    Fallback,
}

/// What a call did to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Nothing came of it.
    None,
    /// It could not be found out.
    Unknown,
    /// It took effect.
    Taken,
    /// What it is for is so, by somebody else's doing.
    Others,
}

/// What asks a run to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Signal {
    /// SIGHUP: the terminal was closed.
    #[serde(rename = "SIGHUP")]
    Hangup,
    /// SIGINT, as by Ctrl-C.
    #[serde(rename = "SIGINT")]
    Interrupt,
    /// SIGTERM, as by `kill`.
    #[serde(rename = "SIGTERM")]
    Terminate,
}

/// How a run ended, in one word: that of its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All is as planned.
    Success,
    /// Somebody asked to stop.
    Interrupted(Signal),
    /// Something was written, or may have been, and not all is as planned.
    Partial,
    /// Nothing was written, since something failed.
    Error,
    /// Nothing was written, since part of the live state is not known.
    Incomplete,
    /// Nothing was written, since the plan is refused.
    Refused,
    /// Nothing was written, since what the plan expects is no longer so.
    Stale,
}

/// How many requests it took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallTally {
    /// Planned or fallback writes that were sent, each counted once.
    pub made: u64,
    /// Reads that were sent, each counted once.
    pub reads: u64,
    /// Further attempts at the same call, reads included.
    pub retried: u64,
    /// Answers that asked to slow down.
    pub throttled: u64,
}

/// A processor that is gone, and how to bring it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Removed {
    /// The processor's name.
    pub name: String,
    /// The file that holds its definition.
    pub recovery_file: String,
    /// The command that restores it.
    pub restore: String,
    /// Whether the plan meant it to be gone.
    pub planned: bool,
}

impl Outcome {
    /// The outcome of a plan that may not be applied.
    pub fn not_begun(plan: &Plan) -> Outcome {
        let reason = if plan.complete { Reason::PlanRefused } else { Reason::PlanIncomplete };
        let processors = plan.changes.iter().map(|change| ProcessorOutcome {
            name: change.name.clone(),
            fate: Fate::NotTried(reason.clone()),
            notes: Vec::new(),
        });
        Outcome { processors: processors.collect(), ..Outcome::default() }
    }

    /// The calls of a processor that took effect, in their order.
    pub fn made<'a>(&'a self, processor: &'a str) -> impl Iterator<Item = Operation> + 'a {
        let calls = self.calls.iter();
        calls
            .filter(move |call| call.processor == processor && call.effect == Effect::Taken)
            .map(|call| call.operation)
    }

    /// How the run ended: where several hold, the gravest.
    pub fn ending(&self) -> Ending {
        if let Some(signal) = self.interrupted {
            return Ending::Interrupted(signal);
        }
        let fates = self.processors.iter().map(|told| &told.fate);
        let written = self.wrote();
        let gravity = |ending: &Ending| match ending {
            Ending::Error => 3,
            Ending::Incomplete => 2,
            Ending::Refused => 1,
            _ => 0,
        };
        let ending = |fate: &Fate| match fate {
            _ if written => Ending::Partial,
            Fate::Moved(_) | Fate::NotTried(Reason::DependsOn { trouble: Trouble::Moved, .. }) => {
                Ending::Stale
            }
            Fate::NotTried(Reason::PlanRefused) => Ending::Refused,
            Fate::NotTried(Reason::PlanIncomplete) => Ending::Incomplete,
            Fate::Done | Fate::Failed(_) | Fate::NotTried(_) => Ending::Error,
        };
        let undone = fates.filter(|fate| **fate != Fate::Done);
        undone.map(ending).max_by_key(gravity).unwrap_or(Ending::Success)
    }

    /// Whether anything was written to the service, or may have been.
    pub fn wrote(&self) -> bool {
        self.calls.iter().any(|call| matches!(call.effect, Effect::Taken | Effect::Unknown))
    }
}

impl Reason {
    /// An answer with nothing to add to it.
    pub fn answer(message: impl Into<String>, help: Option<String>) -> Reason {
        Reason::Answer(Answer::new(message, help))
    }
}

impl Answer {
    /// An answer with nothing to add to it.
    pub fn new(message: impl Into<String>, help: Option<String>) -> Answer {
        Answer { message: message.into(), request_id: None, help, waited: None, unread: None }
    }
}

impl Signal {
    /// The signal's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Signal::Hangup => "SIGHUP",
            Signal::Interrupt => "SIGINT",
            Signal::Terminate => "SIGTERM",
        }
    }
}
