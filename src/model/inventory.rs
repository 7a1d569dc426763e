//! Many processors by name, and what is known about the live ones.

use std::collections::{BTreeMap, BTreeSet};

use super::{Processor, ProcessorName, RunState};

/// Definitions by name. The files and the service both become one.
pub type Inventory = BTreeMap<ProcessorName, Processor>;

/// What the service holds, as far as it could be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Live {
    pub account_id: String,
    pub region: String,
    pub inventory: Inventory,
    pub facts: Facts,
    /// What could not be read. Anything here makes the read incomplete.
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

/// What is true of live processors beside their definitions.
pub type Facts = BTreeMap<ProcessorName, Fact>;

/// What is true of one live processor beside its definition.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    pub arn: String,
    pub status: Status,
    /// Present only when something is wrong.
    pub status_message: Option<String>,
    pub tags: TagKnowledge,
}

/// How far the tags in a live definition can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagKnowledge {
    /// `ListTagsForResource` said so, or a snapshot holds them.
    Confirmed,
    /// The Resource Groups Tagging API said so, which may lag.
    Hinted,
    /// Nothing is known; the definition's tags are empty for want of better.
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

/// The service's status of a stream processor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    Stopped,
    Starting,
    Running,
    Failed,
    Stopping,
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
}
