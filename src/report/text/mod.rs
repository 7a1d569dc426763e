//! Text for people: plans, outcomes, and what stands above them.

mod acceptance;
mod columns;
mod drift;
mod entry;
mod header;
mod messages;
mod outcome;
mod picture;
mod plan;

pub use acceptance::{Written, acceptance, left};
pub use drift::drift;
pub use header::{Header, header};
pub use messages::{
    call_done, error, incomplete, note, progress, stopping, taken, throttled, unanswered, unseen,
    valid, waiting,
};
pub use outcome::{event, outcome, removed};
pub use plan::plan;

/// How far what belongs to something stands in below it.
const INDENT: usize = 4;
