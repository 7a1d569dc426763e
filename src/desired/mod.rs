//! What the files say should exist.

mod types;

pub use types::{Declaration, Desired, Guard, Lifecycle, Stack};
