//! Text for people: plans, outcomes, and what stands above them.

mod attributes;
mod entry;
mod fates;
mod header;
mod messages;
mod outcome;
mod plan;
mod refusals;
mod summary;

pub use fates::event;
pub use header::{Header, header};
pub use messages::{call_done, error, incomplete, note, stopping, throttled, valid, waiting};
pub use outcome::outcome;
pub use plan::plan;
pub use summary::duration;
