//! What was taken over into the files, as data.

use crate::desired::Stack;
use crate::model::{Attribute, Location, Value};

use super::Origin;

/// What the files take over of what lives.
#[derive(Clone, Debug, PartialEq)]
pub struct Acceptance {
    /// Whose fleet it is.
    pub stack: Stack,
    /// By processor, then by attribute.
    pub accepted: Vec<Accepted>,
    /// What differs, was asked about and is not taken over.
    pub left: Vec<Left>,
    /// The files that change, in the order of the project.
    pub files: Vec<EditedFile>,
}

/// One value that the files take over.
#[derive(Clone, Debug, PartialEq)]
pub struct Accepted {
    /// The processor's name.
    pub name: String,
    /// What was taken over.
    pub attribute: Attribute,
    /// What the files said; `None`: nothing.
    pub before: Option<Value>,
    /// What is live, and what the files say now; `None`: nothing.
    pub after: Option<Value>,
    /// Which side had moved.
    pub origin: Origin,
    /// The table that says so now, such as `template.porch-camera`.
    pub table: String,
    /// Where.
    pub source: Location,
}

/// A processor that differs and is left as the files have it.
#[derive(Clone, Debug, PartialEq)]
pub struct Left {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: LeftReason,
}

/// Why nothing is taken over of a processor that differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftReason {
    /// Nothing says which side moved, and it was not asked for by name.
    OriginUnknown,
    /// It does not live.
    Missing,
}

impl LeftReason {
    /// A stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            LeftReason::OriginUnknown => "origin-unknown",
            LeftReason::Missing => "missing",
        }
    }
}

/// A file that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditedFile {
    /// Relative to the project, with `/` between folders.
    pub path: String,
    /// All that stands in it.
    pub before: String,
    /// All that is to stand in it.
    pub after: String,
}
