//! What the files say should exist.
//!
//! [`resolve`] lays the layers of a project over each other: `[defaults]`, the
//! defaults of the kind, templates, the processor. It is pure, says everything
//! that is wrong at once, and gives a desired state only if nothing is.
//!
//! One mistake is one diagnostic. A value that was reported once is carried
//! along as such, so that nothing which merely follows from it is reported too,
//! and what a template gets wrong is wrong in the template, not in each of the
//! processors over it.

mod drift_ignore;
mod extends;
mod geometry;
mod layer;
mod names;
mod ownership;
mod resolve;
mod rules;
mod shapes;
#[cfg(test)]
mod tests;
mod types;
mod values;

pub use drift_ignore::DriftIgnore;
pub use ownership::{Destination, HandOvers, Marks, Moved, OnDrift, Ownership, Removed};
pub use resolve::{defaults, resolve};
pub(crate) use shapes::shape;
pub use types::{Checked, Declaration, Desired, Guard, Layer, Lifecycle, Place, Stack, Zone};
