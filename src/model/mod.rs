//! The nouns every other module speaks in: a stream processor's definition in
//! canonical form, and what is known about the live ones beside it.
//!
//! Values in this module are canonical by construction: numbers are float32,
//! labels are a set, regions of interest are a multiset and a polygon has one
//! spelling whatever corner it was drawn from. Two definitions are therefore
//! equal exactly when the service would treat them alike, but for the few
//! equivalences that need both sides and live in `diff::target`.
//!
//! Deliberately absent: how a definition is written in TOML, what the service
//! calls its members, and any opinion on what may change in place.

mod attribute;
mod definition;
mod float;
mod inventory;
mod kms;
mod location;
mod name;
mod processor;
mod region;
mod tags;

pub use attribute::{Attribute, UnknownAttribute};
pub use definition::{
    DefinitionError, attribute_value, attributes, float_to_json, from_json, set, to_json,
};
pub use float::{Float32, NotFinite};
pub use inventory::{Fact, Facts, Inventory, Live, ReadProblem, Status, TagKnowledge};
pub use kms::{KmsComparison, compare_kms_keys};
pub use location::Location;
pub use name::{InvalidName, ProcessorName};
pub use processor::{
    DEFAULT_FACE_MATCH_THRESHOLD, DEFAULT_MIN_CONFIDENCE, Kind, Output, Processor, RunState,
    Settings,
};
pub use region::{BoundingBox, Point, Polygon, RegionOfInterest, Regions};
pub use tags::{TagPolicy, TagScope, Tags};
