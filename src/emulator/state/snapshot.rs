//! A state as a snapshot: the JSON form in which a fleet is saved, shared and started from.
//!
//! A snapshot is what DescribeStreamProcessor answers for every processor, with its tags. What only the emulator needs
//! (what is about to happen, which names are held) is in a member `emulator`, so that the file of a stopped emulator is
//! a snapshot for any reader, and a snapshot of a real account is a state to start from.

mod read;
mod render;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Next, StaleTags};
use crate::emulator::clock::Time;

/// A snapshot that no state can be made from.
#[derive(Debug, thiserror::Error)]
pub enum BadSnapshot {
    /// It is no JSON.
    #[error("it is no JSON: {0}")]
    Json(serde_json::Error),
    /// It has not the members of a snapshot.
    #[error("it is no snapshot: {0}")]
    Form(serde_json::Error),
    /// It has another format.
    #[error("its format_version is {0}; this version of rekon reads 1.x")]
    Version(String),
    /// One of its processors could not exist.
    #[error("processor {processor}: {problem}")]
    Processor {
        /// The processor's name.
        processor: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The emulator's own member of it is damaged.
    #[error("its member `emulator` is not as rekon writes it: {0}")]
    Emulator(serde_json::Error),
    /// A change to it is damaged.
    #[error("line {line} is no change as rekon writes it: {problem}")]
    Change {
        /// The line's number, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// One of its events for CloudTrail is damaged.
    #[error("its member `emulator` has a trail that is none: {0}")]
    Trail(String),
}

/// One change to what a snapshot holds: all that hangs on one name, and the calls up to then.
///
/// It is a line of JSON in the dialect of the snapshot, for a log beside it. A change that is there already may be made
/// again.
#[derive(Deserialize)]
struct Change<'a> {
    taken_at: Value,
    name: String,
    /// Null for a processor that is gone.
    #[serde(borrow)]
    processor: Option<&'a RawValue>,
    emulator: Extra,
    trail: Vec<Value>,
}

/// What only the emulator needs, by the names of processors.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Extra {
    next: BTreeMap<String, Next>,
    hidden_until: BTreeMap<String, Time>,
    stale_tags: BTreeMap<String, StaleTags>,
    held_names: BTreeMap<String, Time>,
    departed: BTreeMap<String, StaleTags>,
    /// The processors that have no tags, but once had.
    formerly_tagged: BTreeSet<String>,
    /// CloudTrail's records of the calls that may have changed something, the oldest first.
    #[serde(skip_serializing)]
    trail: Vec<Value>,
}

#[cfg(test)]
mod tests;
