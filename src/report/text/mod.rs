//! Text for people: plans, outcomes, and what stands above them.

mod attributes;
mod entry;
mod header;
mod outcome;
mod plan;
mod refusals;
mod summary;

pub use header::{Header, header};
pub use outcome::{event, outcome};
pub use plan::plan;
pub use summary::duration;
