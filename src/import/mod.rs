//! From what exists to files, as a person would have written them.
//!
//! An [`Inventory`] is what some source holds: the service or a snapshot
//! (`model::Live`), a Terraform state, a CloudFormation template. [`compose()`] lifts what
//! its processors share into defaults and templates, lays the rest out in files, and
//! reads the result back before it hands it over: it declares exactly what was found,
//! or nothing is written.
//!
//! Deliberately absent: reading and writing files, and any change of a file that is
//! there. What a project declares already is compared and left alone.

mod cloudformation;
mod compose;
mod existing;
mod foreign;
mod inventory;
mod layers;
mod paths;
mod prove;
mod selection;
mod starter;
mod templates;
mod terraform;
mod text;
mod told;

pub use cloudformation::cloudformation;
pub use compose::{ComposeError, Composed, LeftAlone, NewFile, Options, RunStates, compose};
pub use existing::Existing;
pub use foreign::{Complaint, Foreign, Whereabouts};
pub use inventory::{Found, Inventory};
pub use paths::Split;
pub use selection::{Selection, SelectionError};
pub use starter::{SCHEMA_FILE, WORKFLOW_FILE, starter, workflow};
pub use terraform::terraform;
pub use told::{Told, document, started, text as told};
