//! From what should exist and what does to a plan: which calls, in which
//! order, why, and what is refused.
//!
//! Everything that could be decided is decided here. A plan is data, its calls
//! are exact, and applying it leaves no choices. Deliberately absent: clients,
//! clocks, and any way to reach the service.

mod acceptance;
mod applied;
mod attribute;
mod between;
mod build;
mod calls;
mod changed_since;
mod changes;
mod document;
mod drift;
mod estimate;
mod fingerprint;
mod guard;
mod item;
mod narrow;
mod notices;
mod order;
mod outcome;
mod ownership;
mod question;
mod refusal;
mod request;
mod reviewed;
mod seen;
mod strict;
mod summary;
mod types;
mod unread;

#[cfg(test)]
mod tests;

use build::Planning;

pub use acceptance::{Acceptance, Accepted, EditedFile, Left, LeftReason};
pub use attribute::{AttributeChange, Effect, Origin};
pub use between::between;
pub use build::{Options, Undeclared, plan, plan_reviewed};
pub use changed_since::ChangedSince;
pub use document::{Document, DocumentError, Seal};
pub use drift::{
    Category, Drift, DriftOptions, DriftSummary, Drifted, Finding, Outlook, RecordedValue, Who,
    drift,
};
pub use estimate::{DEFAULT_PARALLELISM, Pace, blindness};
pub use guard::Allowances;
pub use narrow::{Narrowing, NarrowingError};
pub use outcome::{
    Answer, CallOutcome, CallTally, Deviation, During, Effect as CallEffect, Ending, Failure, Fate,
    Note, Outcome, ProcessorOutcome, Reason, Removed, Role, Sent, Signal, Trouble, Waited,
};
pub use question::{is_in_question, tags_in_question};
pub use refusal::{Refusal, RefusalCode};
pub use reviewed::{Divergence, Reviewed, Unreviewed};
pub use seen::{Resolved, Seen, SeenError, SeenFinding, Sighting, Since, Standing};
pub use types::{
    Action, Against, Call, CallId, Calls, Change, FORMAT_VERSION, FallbackCall, GroupId, Made,
    Operation, Plan, Summary,
};
