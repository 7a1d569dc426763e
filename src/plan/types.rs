//! A plan as data. Its JSON is versioned: additions raise the minor version,
//! nothing is renamed or removed within a major.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::desired::Stack;
use crate::diagnostic::Record;
use crate::model::{Definition, Location, RegionOfInterest};

use super::{AttributeChange, Refusal, Unreviewed};

/// The version of the plan's JSON.
pub const FORMAT_VERSION: &str = "1.0";

/// What would be done, call by call, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The version of the document, such as `1.0`.
    pub format_version: String,
    /// The version of the rekon that made it.
    pub rekon_version: String,
    /// Whose fleet it is for.
    pub stack: Stack,
    /// `sha256:` and 64 hex digits; moves exactly when what would be done moves.
    pub fingerprint: String,
    /// False when part of the live state could not be read that matters here.
    pub complete: bool,
    /// What it does, in numbers.
    pub summary: Summary,
    /// The processors of the account and region that no file declares, by name.
    #[serde(default)]
    pub undeclared: Vec<String>,
    /// The zones of the files that have the shape of a region that changes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub zones: BTreeMap<String, RegionOfInterest>,
    /// When and against what it was made, where it was saved. What is only printed is
    /// the same whenever it is made of the same.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub made: Option<Made>,
    /// The revision or folder whose files were taken for what lives. Such a plan says what a
    /// change of the files means, and is never applied.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub base: Option<String>,
    /// The revision since which processors are declared otherwise that were looked at;
    /// nobody looked at the others.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub changed_since: Option<String>,
    /// The changes that are left out because nobody agreed to them, where it was said what
    /// was agreed to.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub unreviewed: Vec<Unreviewed>,
    /// Whether it brings back what runs took away. No file declares that.
    #[serde(skip_serializing_if = "is_false", default)]
    pub restores: bool,
    /// What destroys comes first, then by name.
    pub changes: Vec<Change>,
    /// Each call, in an order in which they could be made one by one.
    pub calls: Vec<Call>,
    /// Why it must not be applied; empty if it may.
    pub refusals: Vec<Refusal>,
    /// What the files and planning had to say.
    pub diagnostics: Vec<Record>,
}

/// When and against what a plan was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// When the live state had been read.
    pub at: Timestamp,
    /// What was taken for the live state.
    pub against: Against,
}

/// What is taken for the live state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Against {
    /// The service, or what answers in its place.
    Service {
        /// The endpoint, where it is not AWS's own.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        endpoint: Option<String>,
        /// The ARN that the calls are made as, where it is known.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        caller: Option<String>,
    },
    /// The embedded service, in the same process.
    Emulator,
    /// Other files, as they would be applied.
    Files {
        /// The revision or folder that has them.
        base: String,
    },
    /// A snapshot.
    Snapshot {
        /// As it was named.
        file: String,
        /// When it was taken, if it says so.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        taken_at: Option<Timestamp>,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes every member by reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// Counts of actions and calls.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Processors to create.
    pub create: usize,
    /// Processors to change in place.
    pub update: usize,
    /// Processors to delete and create again.
    pub replace: usize,
    /// Processors to delete for good.
    pub delete: usize,
    /// Processors to mark as this stack's.
    pub adopt: usize,
    /// Processors whose marks alone are brought up to date.
    pub record: usize,
    /// Processors to start.
    pub start: usize,
    /// Processors to stop.
    pub stop: usize,
    /// Processors that are as declared.
    pub unchanged: usize,
    /// Processors of the account and region that no file declares and no stack marked.
    #[serde(default)]
    pub undeclared: usize,
    /// Processors that carry another stack's mark and that no file declares.
    #[serde(default)]
    pub other_stacks: usize,
    /// Processors that are there and that nobody looked at, because the files say the same of
    /// them as they did.
    #[serde(default)]
    pub skipped: usize,
    /// Changes that `--only`, `--exclude`, `--tag` or `--limit` keep out.
    #[serde(default)]
    pub left_out: usize,
    /// Its calls, in numbers.
    pub calls: Calls,
}

/// How many calls, and how long they take.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Calls {
    /// All of them.
    pub total: usize,
    /// By operation; those that are not called are left out.
    pub by_operation: BTreeMap<Operation, usize>,
    /// Seconds at the pace that was planned for, rounded up to a tenth: the quotas',
    /// with all that one call waits for another, and the readings of applying.
    pub seconds: f64,
}

/// One processor's part of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// As the service spells it.
    pub name: String,
    /// What is done to it, in the order of their weight.
    pub actions: Vec<Action>,
    /// `sha256:` and 64 hex digits over what is done to it.
    pub fingerprint: String,
    /// Where the processor is declared.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<Location>,
    /// The path, within the project, of a picture of what its camera sees.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub frame: Option<String>,
    /// The name that it had, of a processor that gets another one: a change of that name
    /// deletes it, in the same group.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub moved_from: Option<String>,
    /// What differs.
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
    /// Its calls, in their order.
    pub calls: Vec<CallId>,
}

/// What is done to a processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Deleted for good.
    Delete,
    /// Deleted and created again.
    Replace,
    /// Created.
    Create,
    /// Changed in place.
    Update,
    /// Marked as this stack's.
    Adopt,
    /// Its marks alone are brought up to date, or taken away.
    Record,
    /// Started.
    Start,
    /// Stopped.
    Stop,
}

/// Names a call within its plan: `c1`, `c2`, ...
pub type CallId = String;

/// Names a group within its plan: `g1`, `g2`, ...
pub type GroupId = String;

/// One API call, exactly as it will be sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// By which other parts of the plan name it.
    pub id: CallId,
    /// The processor's name.
    pub processor: String,
    /// What is called.
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
    /// The processor's name.
    pub processor: String,
    /// What is called.
    pub operation: Operation,
    /// The wire's JSON.
    pub request: serde_json::Value,
}

/// The writing operations of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Operation {
    /// Makes a processor, stopped.
    CreateStreamProcessor,
    /// Removes one that does not run.
    DeleteStreamProcessor,
    /// Has a face search run.
    StartStreamProcessor,
    /// Has a face search stop.
    StopStreamProcessor,
    /// Sets tags, of up to 200 keys.
    TagResource,
    /// Removes tags.
    UntagResource,
    /// Changes a label detection in place.
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
