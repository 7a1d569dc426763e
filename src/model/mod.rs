//! The nouns every other module speaks in: a stream processor's definition in
//! canonical form, and what is known about the live ones beside it.
//!
//! Values in this module are canonical by construction: numbers are float32,
//! labels are a set, regions of interest are a multiset and a polygon has one
//! spelling whatever corner it was drawn from. Two definitions are therefore
//! equal exactly when the service would treat them alike, but for the few
//! equivalences that need both sides and live in `diff::target`.
//!
//! One table, `attribute`, says all that is known of each attribute; a definition
//! is a map from attributes to typed values, and its JSON, in the TOML's shape or
//! in the wire's, follows from the table.
//!
//! Deliberately absent: how files layer values, and what a difference leads to.

mod attribute;
mod definition;
mod float;
mod frame;
mod inventory;
mod json;
mod kms;
mod location;
mod members;
mod name;
mod path;
mod record;
mod region;
mod tags;
mod value;

pub use attribute::{
    Attribute, Change, Default, KNOWN_LABELS, Required, Shape, Type, UnknownAttribute,
};
pub use definition::{Definition, Kind};
pub use float::{Float32, NotFinite};
pub use frame::{Format, Frame, Header, NoPicture};
pub use inventory::{Live, LiveProcessor, ReadProblem, RunState, Status, TagKnowledge};
pub use json::Dialect;
pub use kms::{KmsComparison, compare_kms_keys};
pub use location::Location;
pub use members::{Unreadable, insert, lookup, unknown_members};
pub use name::{InvalidName, ProcessorName};
pub use path::Path;
pub use record::{RECORD_TAG, Record, Recorded, STACK_TAG};
pub use region::{BoundingBox, Point, Polygon, RegionOfInterest, Regions};
pub use tags::{TagPolicy, TagScope, Tags};
pub use value::Value;
