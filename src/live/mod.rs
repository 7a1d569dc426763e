//! What the service holds: read from it, or from a snapshot of it.
//!
//! Both ways meet in the wire's JSON, which `description` alone turns
//! into live processors. A read that stays incomplete says so in
//! [`Live::problems`](crate::model::Live::problems) and keeps what it got.
//!
//! Deliberately absent: what should exist, and any way to change what does.

mod ask;
mod describe_all;
mod description;
mod fetch;
mod problems;
mod read;
mod snapshot;
mod trail;

pub(crate) use ask::each;

pub use description::described;
pub use fetch::{Progress, fetch};
pub use read::{confirm, confirm_tags, read, read_changed, read_for_certain};
pub use snapshot::{SNAPSHOT_FORMAT_VERSION, SnapshotError, load, parse, take};
pub use trail::who;
