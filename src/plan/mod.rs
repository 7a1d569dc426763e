//! From what should exist and what does to a plan: which calls, in which
//! order, why, and what is refused.
//!
//! Everything that could be decided is decided here. A plan is data, its calls
//! are exact, and applying it leaves no choices. Deliberately absent: clients,
//! clocks, and any way to reach the service.

mod build;
mod calls;
mod effect;
mod fingerprint;
mod guard;
mod item;
mod narrow;
mod order;
mod outcome;
mod question;
mod refusal;
mod request;
mod types;

#[cfg(test)]
mod tests;

pub use build::{Options, plan};
pub use guard::Allowances;
pub use narrow::{Narrowing, NarrowingError};
pub use outcome::{CallTally, Fate, Outcome, ProcessorOutcome, Removed};
pub use question::tags_in_question;
pub use types::{
    Action, AttributeChange, Call, CallId, Calls, Change, Effect, FORMAT_VERSION, FallbackCall,
    Operation, Origin, Plan, Refusal, Summary,
};
