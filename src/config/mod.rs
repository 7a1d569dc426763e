//! From TOML files to raw tables that remember where they were written.
//!
//! [`load`] reads a project's files and nothing else does any input. Every file
//! is walked key by key, so that all mistakes in the shape of all files come at
//! once: what is no TOML, keys that do not exist, values of the wrong type.
//! What the values mean, whether they are in range and whether they fit
//! together is for `desired` to say.
//!
//! Deliberately absent: defaults, and any table with required keys.

mod duplicate;
mod include;
mod leaf;
mod load;
mod outline;
mod parallel;
mod parse;
mod raw;
mod reader;
mod schema;
mod syntax;
mod table;
mod value;
mod words;

pub use leaf::{Extends, List, Map, Point};
pub use load::{Loaded, LoadedFile, PROJECT_FILE, load};
pub use raw::{
    Attributes, BoundingBox, ConnectedHome, DataSharingPreference, Defaults, FaceSearch, File,
    Guard, Input, KindDefaults, KinesisDataStream, KinesisVideoStream, Lifecycle,
    NotificationChannel, Output, Processor, Region, S3Destination, Settings, Stack, Template, Zone,
};
pub use schema::schema;
pub use value::{At, Reported, Slot};
pub(crate) use words::{closest, did_you_mean, list, shorten};
