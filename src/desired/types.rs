//! The values that resolving a project ends in.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::drift_ignore::DriftIgnore;
use super::ownership::{HandOvers, Ownership};
use crate::diagnostic::{Diagnostic, Span};
use crate::model::{Attribute, Definition, Kind, Path, ProcessorName, RegionOfInterest, TagPolicy};

/// What a project means, and everything that is wrong with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// `None` if there is any error.
    pub desired: Option<Desired>,
    /// `[stack]`, as soon as all of it is valid, whatever else is wrong.
    pub stack: Option<Stack>,
    /// Every complaint, in the order of files and places.
    pub diagnostics: Vec<Diagnostic>,
}

/// A project, resolved: everything that planning needs of the files.
#[derive(Clone, Debug, PartialEq)]
pub struct Desired {
    /// Whose fleet it is, and where.
    pub stack: Stack,
    /// How much one plan may do.
    pub guard: Guard,
    /// Which tags are managed.
    pub tag_policy: TagPolicy,
    /// How it is known what is managed.
    pub ownership: Ownership,
    /// Differences that are known.
    pub drift_ignores: Vec<DriftIgnore>,
    /// What becomes of processors that go.
    pub hand_overs: HandOvers,
    /// The shapes that have a name.
    pub zones: BTreeMap<String, Zone>,
    /// What should exist, by name.
    pub processors: BTreeMap<ProcessorName, Declaration>,
}

/// A shape that has a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    /// The shape.
    pub shape: RegionOfInterest,
    /// Where it is written.
    pub span: Span,
}

/// Whose fleet it is, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Stack {
    /// 1 to 256 characters that a tag value may have.
    pub name: String,
    /// Twelve digits.
    pub account_id: String,
    /// Such as `us-east-1`.
    pub region: String,
}

impl Stack {
    /// The ARN that a processor of this name gets, in the partition of most regions.
    pub fn arn(&self, name: &ProcessorName) -> String {
        let Stack { account_id, region, .. } = self;
        format!("arn:aws:rekognition:{region}:{account_id}:streamprocessor/{name}")
    }
}

/// How many changes of a kind a plan may hold; `None` is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guard {
    /// Processors deleted for good.
    pub max_deletes: Option<u64>,
    /// Processors deleted and created again.
    pub max_replacements: Option<u64>,
    /// Processors changed in place.
    pub max_updates: Option<u64>,
    /// Processors created.
    pub max_creates: Option<u64>,
}

impl Default for Guard {
    /// Five deletes may be meant; no replacement is made by accident.
    fn default() -> Guard {
        Guard {
            max_deletes: Some(5),
            max_replacements: Some(0),
            max_updates: None,
            max_creates: None,
        }
    }
}

/// One processor as the files declare it.
#[derive(Clone, Debug, PartialEq)]
pub struct Declaration {
    /// The definition, merged and canonical. Its tags are those declared, its
    /// run state is `desired_status`.
    pub definition: Definition,
    /// What may be done to it.
    pub lifecycle: Lifecycle,
    /// The path, within the project, of a picture of what the camera sees.
    pub frame: Option<String>,
    /// The name in the processor's table header.
    pub span: Span,
    /// Where the value in force of each attribute comes from.
    pub places: BTreeMap<Attribute, Place>,
}

impl Declaration {
    /// Where the value in force of an attribute was written, if it was.
    pub fn place(&self, attribute: &Attribute) -> Option<&Place> {
        self.places.get(attribute)
    }
}

/// Where a value in force comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The value.
    pub span: Span,
    /// The layer that gave the value in force.
    pub layer: Layer,
}

/// What may give a processor its attributes, from the lowest to the highest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layer {
    /// `[defaults]`.
    Defaults,
    /// `[defaults.label_detection]` or `[defaults.face_search]`.
    KindDefaults(Kind),
    /// `[template.NAME]`.
    Template(Arc<str>),
    /// `[processor.NAME]` itself.
    Processor,
}

/// `lifecycle`, resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lifecycle {
    /// Refuses every plan that would delete or replace the processor.
    pub prevent_destroy: bool,
    /// What is used at creation and ignored afterwards.
    pub ignore_changes: Vec<Path>,
}
