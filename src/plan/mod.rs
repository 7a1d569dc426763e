//! From changes to a plan: which calls, in which order, and what is refused.

mod outcome;
mod types;

pub use outcome::{CallTally, Fate, Outcome, ProcessorOutcome, Removed};
pub use types::{
    Action, AttributeChange, Call, CallId, Calls, Change, Effect, FORMAT_VERSION, FallbackCall,
    Operation, Origin, Plan, Refusal, Summary,
};
