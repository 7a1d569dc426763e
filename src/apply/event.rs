//! What happens while a plan is applied, for whoever shows progress.

use crate::aws::Notice;
use crate::plan::{Fate, Operation};

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Processors are read again before anything begins.
    Reading { read: usize, total: usize },
    /// The first call may begin.
    Started { processors: usize, calls: usize },
    /// A call took effect and settled.
    CallDone { processor: String, operation: Operation },
    /// A processor has to settle before work on it goes on.
    Waiting { processor: String, status: String },
    /// The service asked to slow down this many times so far.
    Throttled { times: u64 },
    /// The run was asked to stop: what is under way is finished, and being
    /// asked once more breaks it off.
    Stopping { signal: &'static str },
    /// A processor's part is over.
    ProcessorDone {
        name: String,
        fate: Fate,
        /// How many are over, this one included.
        done: usize,
        total: usize,
    },
}

impl Event {
    /// What a notice of the connection is to whoever shows progress.
    pub(super) fn of(notice: Notice) -> Option<Event> {
        match notice {
            Notice::Throttled { times, .. } => Some(Event::Throttled { times }),
            Notice::Retrying { .. } => None,
        }
    }
}
