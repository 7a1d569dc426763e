//! A plan as data. Its JSON is versioned: additions raise the minor version,
//! nothing is renamed or removed within a major.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fingerprint;
use crate::desired::Stack;
use crate::diagnostic::Record;
use crate::model::Location;

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
    /// False when part of the live state could not be read.
    pub complete: bool,
    pub summary: Summary,
    /// What destroys comes first, then by name.
    pub changes: Vec<Change>,
    pub calls: Vec<Call>,
    pub refusals: Vec<Refusal>,
    pub diagnostics: Vec<Record>,
}

impl Plan {
    /// Whether the plan is as it was made: its fingerprint is that of its own
    /// changes and calls, and every call belongs to a change.
    pub fn is_intact(&self) -> bool {
        let listed: usize = self.changes.iter().map(|change| change.calls.len()).sum();
        listed == self.calls.len()
            && self.fingerprint == fingerprint::plan(&self.stack, &self.changes, &self.calls)
    }
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
    /// As the service spells it; a live name is not judged.
    pub name: String,
    pub actions: Vec<Action>,
    pub fingerprint: String,
    /// Where the processor is declared.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<Location>,
    pub attributes: Vec<AttributeChange>,
    /// The live definition that the plan was made for, canonical, with tags and
    /// run state; `None`: the processor must not exist.
    pub expect: Option<Value>,
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

/// One attribute that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttributeChange {
    /// The dotted path, as `model::Attribute` prints it.
    pub path: String,
    /// In the TOML's shape, canonical; null means absent.
    pub before: Value,
    pub after: Value,
    pub effect: Effect,
    pub origin: Origin,
    /// Where the value in force was written; for one that the file leaves out,
    /// absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<Location>,
}

/// What a difference leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    InPlace,
    Replace,
    Create,
    Delete,
}

/// Which side moved since rekon last applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    Config,
    Drift,
    Both,
    Unknown,
}

/// Names a call within its plan: `c1`, `c2`, ...
pub type CallId = String;

/// One API call, exactly as it will be sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    pub id: CallId,
    pub processor: String,
    pub operation: Operation,
    /// The calls, with the settling that they imply, that this one waits for.
    /// Where the first call of a processor waits for the last one of another,
    /// it waits until that processor has been read again and found as planned.
    pub after: Vec<CallId>,
    /// The wire's JSON.
    pub request: Value,
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
    pub request: Value,
}

/// The writing operations of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
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

/// Why a plan must not be applied, and how to go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Stable, kebab-case.
    pub code: String,
    /// The processor concerned; absent when it is the plan as a whole.
    pub name: Option<String>,
    pub message: String,
    pub help: Option<String>,
}
