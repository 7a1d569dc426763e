//! A plan as data. Its JSON is versioned: additions raise the minor version,
//! nothing is renamed or removed within a major.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::desired::Stack;
use crate::diagnostic::Record;
use crate::model::{Definition, Location};

use super::{AttributeChange, Refusal};

/// The version of the plan's JSON.
pub const FORMAT_VERSION: &str = "1.0";

/// What would be done, call by call, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub format_version: String,
    pub rekon_version: String,
    pub stack: Stack,
    /// `sha256:` and 64 hex digits; moves exactly when what would be done moves.
    pub fingerprint: String,
    /// False when part of the live state could not be read that matters here.
    pub complete: bool,
    pub summary: Summary,
    /// What destroys comes first, then by name.
    pub changes: Vec<Change>,
    pub calls: Vec<Call>,
    pub refusals: Vec<Refusal>,
    pub diagnostics: Vec<Record>,
}

/// Counts of actions and calls.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    pub create: usize,
    pub update: usize,
    pub replace: usize,
    pub delete: usize,
    pub adopt: usize,
    pub record: usize,
    pub start: usize,
    pub stop: usize,
    pub unchanged: usize,
    /// Processors of the account and region that no file declares.
    #[serde(default)]
    pub undeclared: usize,
    /// Changes that `--only`, `--exclude`, `--tag` or `--limit` keep out.
    #[serde(default)]
    pub left_out: usize,
    pub calls: Calls,
}

/// How many calls, and how long the quotas make them take.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Calls {
    pub total: usize,
    pub by_operation: BTreeMap<Operation, usize>,
    /// Seconds at the default quotas, rounded up to a tenth.
    pub seconds: f64,
}

/// One processor's part of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// As the service spells it.
    pub name: String,
    pub actions: Vec<Action>,
    pub fingerprint: String,
    /// Where the processor is declared.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<Location>,
    pub attributes: Vec<AttributeChange>,
    /// The live definition that the plan was made for, canonical, with run state
    /// and, where they are known, tags; `None`: the processor must not exist.
    pub expect: Option<Definition>,
    /// Likewise, what is there when all calls are done; `None`: gone.
    #[serde(default)]
    pub result: Option<Definition>,
    /// The processors of a group only work out together: one, or several that
    /// exchange streams. They are put back together when one of them fails.
    #[serde(default)]
    pub group: GroupId,
    pub calls: Vec<CallId>,
}

/// What is done to a processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    Delete,
    Replace,
    Create,
    Update,
    Adopt,
    Record,
    Start,
    Stop,
}

/// Names a call within its plan: `c1`, `c2`, ...
pub type CallId = String;

/// Names a group within its plan: `g1`, `g2`, ...
pub type GroupId = String;

/// One API call, exactly as it will be sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    pub id: CallId,
    pub processor: String,
    pub operation: Operation,
    /// That of the processor's change.
    #[serde(default)]
    pub group: GroupId,
    /// The calls, with the settling that they imply, that this one waits for.
    pub after: Vec<CallId>,
    /// The processors that must have been read again after their last call, and
    /// found as planned, before this one may begin.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub after_verified: Vec<String>,
    /// The wire's JSON.
    pub request: serde_json::Value,
    /// What puts the old processors back, all of it and in order, when this
    /// call of a replacement fails, or is held back although every call in
    /// `after` took effect and one of them was of the same replacement.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub on_failure: Option<Vec<FallbackCall>>,
}

/// A call that is made only when a replacement fails.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FallbackCall {
    pub processor: String,
    pub operation: Operation,
    pub request: serde_json::Value,
}

/// The writing operations of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Operation {
    CreateStreamProcessor,
    DeleteStreamProcessor,
    StartStreamProcessor,
    StopStreamProcessor,
    TagResource,
    UntagResource,
    UpdateStreamProcessor,
}

impl Operation {
    /// The service's name of the operation.
    pub fn as_str(self) -> &'static str {
        match self {
            Operation::CreateStreamProcessor => "CreateStreamProcessor",
            Operation::DeleteStreamProcessor => "DeleteStreamProcessor",
            Operation::StartStreamProcessor => "StartStreamProcessor",
            Operation::StopStreamProcessor => "StopStreamProcessor",
            Operation::TagResource => "TagResource",
            Operation::UntagResource => "UntagResource",
            Operation::UpdateStreamProcessor => "UpdateStreamProcessor",
        }
    }

    /// The default quota in requests per second for an account and region.
    pub fn default_quota(self) -> f64 {
        match self {
            Operation::CreateStreamProcessor
            | Operation::DeleteStreamProcessor
            | Operation::StartStreamProcessor
            | Operation::UpdateStreamProcessor => 20.0,
            Operation::TagResource | Operation::UntagResource => 10.0,
            Operation::StopStreamProcessor => 1.0,
        }
    }
}
