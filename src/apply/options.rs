//! What applying needs to be told.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::aws::Identity;
use crate::model::Live;

/// How long a processor may take to settle, unless said otherwise. A label
/// detection session lasts up to two minutes.
pub const DEFAULT_SETTLE_TIMEOUT: Duration = Duration::from_secs(180);

/// How to apply.
#[derive(Clone)]
pub struct Options<'a> {
    /// Whose credentials are in use.
    pub identity: Identity,
    /// How many processors are worked on at once, at least 1.
    pub parallelism: usize,
    /// How long a processor may take to settle. Creating what was deleted is tried for longer.
    pub settle_timeout: Duration,
    /// Where the run leaves its journal and its recovery files.
    pub recovery: RecoveryRoot,
    /// The time now, which names the recovery files.
    pub now: Timestamp,
    /// Which service it is, if not AWS's own: an endpoint, or the embedded one's state.
    pub service: Option<String>,
    /// The options that lead to the same service, as a shell takes them, each
    /// after a space.
    pub reconnect: String,
    /// What was read just before, which need not be read again.
    pub known: Option<Known<'a>>,
}

/// What was read before applying began.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// What was read.
    pub live: &'a Live,
    /// When the reading ended.
    pub at: Instant,
}

/// Where a run leaves its trace and its recovery files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecoveryRoot {
    /// `.rekon/` in this folder, which ignores itself in git.
    Beside(PathBuf),
    /// This folder itself.
    Folder(PathBuf),
}
