//! Many live processors by name, and what is known beside their definitions.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Definition, ProcessorName, Tags};

/// What the service holds, as far as it could be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Live {
    /// The account: twelve digits.
    pub account_id: String,
    /// Such as `us-east-1`.
    pub region: String,
    /// When it was so, where that is not just now: a snapshot's time, if it has one.
    pub taken_at: Option<Timestamp>,
    /// What there is, by name.
    pub processors: BTreeMap<ProcessorName, LiveProcessor>,
    /// What the Resource Groups Tagging API believes of the tags of what could not be read
    /// otherwise; `None`: it was not asked, or cannot be believed.
    pub believed: Option<BTreeMap<String, Tags>>,
    /// What the service lists and nobody looked at, because that was not asked for.
    pub skipped: BTreeSet<String>,
    /// What could not be read.
    pub problems: Vec<ReadProblem>,
    /// What the user should know of how it was read, a line each; the read is
    /// no less complete for it.
    pub notes: Vec<String>,
}

impl Live {
    /// Whether everything that the service lists was read.
    pub fn is_complete(&self) -> bool {
        self.problems.is_empty()
    }
}

/// One live processor.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveProcessor {
    /// With its run state, and with its tags as far as they are known.
    pub definition: Definition,
    /// The ARN, which names account, region and processor.
    pub arn: String,
    /// Where it is in its life.
    pub status: Status,
    /// Present only when something is wrong.
    pub status_message: Option<String>,
    /// Members of its description that this version does not know, by their
    /// dotted paths: they would be lost if it were created again.
    pub unknown: Vec<String>,
}

/// How far the tags in a definition can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagKnowledge {
    /// A file says so, `ListTagsForResource` said so, or a snapshot holds them.
    Confirmed,
    /// The Resource Groups Tagging API said so, which may lag.
    Hinted,
    /// Nothing is known; the definition has no tags for want of better.
    Unknown,
}

/// A part of the live state that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadProblem {
    /// The processors concerned; `None` when it is unknown which.
    pub names: Option<BTreeSet<String>>,
    /// What failed and why, in the service's own words where it had some.
    pub reason: String,
}

/// Whether a face search processor runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RunState {
    /// STARTING or RUNNING.
    Running,
    /// STOPPED, STOPPING or FAILED.
    Stopped,
}

impl RunState {
    /// The word used in TOML and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            RunState::Running => "running",
            RunState::Stopped => "stopped",
        }
    }

    /// Reads the word used in TOML and JSON.
    pub fn parse(word: &str) -> Option<RunState> {
        [RunState::Running, RunState::Stopped].into_iter().find(|state| state.as_str() == word)
    }
}

/// The service's status of a stream processor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// At rest; what was created begins so.
    Stopped,
    /// Asked to run, and not running yet.
    Starting,
    /// At work.
    Running,
    /// It ended by a failure, and can be started again.
    Failed,
    /// Asked to stop, and not stopped yet.
    Stopping,
    /// Taking over an update.
    Updating,
    /// A status that this version of rekon does not know.
    Other(String),
}

impl Status {
    /// Reads the service's word.
    pub fn parse(word: &str) -> Status {
        match word {
            "STOPPED" => Status::Stopped,
            "STARTING" => Status::Starting,
            "RUNNING" => Status::Running,
            "FAILED" => Status::Failed,
            "STOPPING" => Status::Stopping,
            "UPDATING" => Status::Updating,
            other => Status::Other(other.to_owned()),
        }
    }

    /// The service's word.
    pub fn as_str(&self) -> &str {
        match self {
            Status::Stopped => "STOPPED",
            Status::Starting => "STARTING",
            Status::Running => "RUNNING",
            Status::Failed => "FAILED",
            Status::Stopping => "STOPPING",
            Status::Updating => "UPDATING",
            Status::Other(word) => word,
        }
    }

    /// What the status means for a face search processor's run state: on its
    /// way up counts as running, on its way down as stopped.
    ///
    /// UPDATING does not happen to face search; a status that is unknown says
    /// nothing, and is taken for running so that nothing is started twice.
    pub fn run_state(&self) -> RunState {
        match self {
            Status::Starting | Status::Running | Status::Updating | Status::Other(_) => {
                RunState::Running
            }
            Status::Stopped | Status::Stopping | Status::Failed => RunState::Stopped,
        }
    }

    /// Whether nothing goes on in a processor of this status.
    pub fn is_at_rest(&self) -> bool {
        matches!(self, Status::Stopped | Status::Failed)
    }
}
