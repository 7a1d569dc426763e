//! What happens while a plan is applied, for whoever shows progress.

use crate::aws::Notice;
use crate::plan::{Fate, Operation, Signal};

/// What a processor waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// Another status than this one.
    Change(String),
    /// That it shows, after it was created.
    Appearance,
    /// That its name, and the streams it takes, are free.
    Release,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Processors are read again before anything begins.
    Reading {
        /// How many processors have been read.
        read: usize,
        /// How many there are.
        total: usize,
    },
    /// The first call may begin.
    Started {
        /// How many processors the plan changes.
        processors: usize,
        /// How many calls it makes.
        calls: usize,
    },
    /// A call took effect and settled.
    CallDone {
        /// The processor's name.
        processor: String,
        /// What is called.
        operation: Operation,
    },
    /// A processor has to settle before work on it goes on.
    Waiting {
        /// The processor's name.
        processor: String,
        /// What for.
        awaited: Awaited,
    },
    /// The service asked to slow down, or did not answer.
    Delayed(Notice),
    /// The run was asked to stop: what is under way is finished, and being
    /// asked once more breaks it off.
    Stopping {
        /// Which.
        signal: Signal,
    },
    /// A processor's part is over.
    ProcessorDone {
        /// The processor's name.
        name: String,
        /// How its part of the plan ended.
        fate: Fate,
        /// How many are over, this one included.
        done: usize,
        /// How many there are.
        total: usize,
    },
}
