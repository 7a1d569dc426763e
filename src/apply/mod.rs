//! From a plan to calls to an outcome, telling events as it goes.
//!
//! ```text
//! Plan ─prepare─▶ Prepared ─preflight─▶ what moved ─recovery─▶ files ─executor─▶ Outcome
//!                                                                      │
//!                        schedule (pure): which step may begin next ◀──┤
//!                        execute, verify, rollback: one step each   ◀──┘
//! ```
//!
//! A plan leaves no choices: the calls made are those that it lists, in their
//! order, and those that it lists as `on_failure`. What the executor adds is
//! patience (waiting for statuses to settle, for names to become usable, for
//! throttles to pass) and doubt: a lost response is settled by reading, and every
//! processor is read again after its last call.
//!
//! Deliberately absent: anything that looks at a difference and decides on a
//! call, and any output.

mod deviation;
mod error;
mod event;
mod evidence;
mod execute;
mod executor;
mod folder;
mod journal;
mod ledger;
mod observe;
mod options;
mod permit;
mod poll;
mod preflight;
mod prepare;
mod proof;
mod recovery;
mod restoration;
mod rollback;
mod runs;
mod schedule;
mod shell;
mod stop;
mod verify;

pub use crate::plan::DEFAULT_PARALLELISM;
pub use error::ApplyError;
pub use event::{Awaited, Event};
pub use executor::apply;
pub use options::{DEFAULT_SETTLE_TIMEOUT, Known, Options, RecoveryRoot};
pub use restoration::{Restoration, restoration};
pub use runs::{Owed, Run, RunState, Traces, Unreadable, note_restored, traces};
pub use shell::{option as shell_option, path as shell_path};
pub use stop::{StopSignal, Stopper, stopper};
