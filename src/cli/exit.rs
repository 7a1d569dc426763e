//! Exit codes, all of them, in one place.

use std::process::ExitCode;

use crate::plan::{Ending, Signal};

/// How a command ended. Each variant is one documented exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Success,
    /// 1: bad input or usage, no permission, no network, declined; nothing written.
    Error,
    /// 2: changes, with `--detailed-exitcode`, or drift; nothing written.
    Changes,
    /// 3: a guard, protection, another owner or a held stream; nothing written.
    Refused,
    /// 4: what the plan expects is no longer so; nothing written.
    Stale,
    /// 5: applied in part.
    Partial,
    /// 6: the read was incomplete; nothing written.
    Incomplete,
    /// 129: interrupted by SIGHUP; what was under way was finished.
    HungUp,
    /// 130: interrupted by SIGINT; what was under way was finished.
    Interrupted,
    /// 143: interrupted by SIGTERM; what was under way was finished.
    Terminated,
}

/// The exit codes, in a few words each.
pub(super) const MEANINGS: [(&str, &str); 8] = [
    ("0", "done"),
    ("1", "error: bad input or usage, no permission, no network, declined"),
    ("2", "changes, with --detailed-exitcode; or drift"),
    ("3", "refused"),
    ("4", "stale: what the plan expects is no longer so"),
    ("5", "applied in part"),
    ("6", "the read was incomplete"),
    ("129, 130, 143", "interrupted by SIGHUP, SIGINT, SIGTERM"),
];

impl Exit {
    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Exit::Success => 0,
            Exit::Error => 1,
            Exit::Changes => 2,
            Exit::Refused => 3,
            Exit::Stale => 4,
            Exit::Partial => 5,
            Exit::Incomplete => 6,
            Exit::HungUp => 129,
            Exit::Interrupted => 130,
            Exit::Terminated => 143,
        }
    }

    /// The one to report when several hold: 129/130/143, then 5, 1, 6,
    /// 3, 4, 2.
    pub fn worst(codes: impl IntoIterator<Item = Exit>) -> Exit {
        codes.into_iter().max_by_key(|exit| exit.precedence()).unwrap_or(Exit::Success)
    }

    fn precedence(self) -> u8 {
        match self {
            Exit::Success => 0,
            Exit::Changes => 1,
            Exit::Stale => 2,
            Exit::Refused => 3,
            Exit::Incomplete => 4,
            Exit::Error => 5,
            Exit::Partial => 6,
            Exit::HungUp | Exit::Terminated | Exit::Interrupted => 7,
        }
    }
}

impl From<Signal> for Exit {
    fn from(signal: Signal) -> Exit {
        match signal {
            Signal::Hangup => Exit::HungUp,
            Signal::Interrupt => Exit::Interrupted,
            Signal::Terminate => Exit::Terminated,
        }
    }
}

impl From<Ending> for Exit {
    fn from(ending: Ending) -> Exit {
        match ending {
            Ending::Success => Exit::Success,
            Ending::Interrupted(signal) => signal.into(),
            Ending::Partial => Exit::Partial,
            Ending::Error => Exit::Error,
            Ending::Incomplete => Exit::Incomplete,
            Ending::Refused => Exit::Refused,
            Ending::Stale => Exit::Stale,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_several_hold_the_documented_one_wins() {
        let order = [
            Exit::Interrupted,
            Exit::Partial,
            Exit::Error,
            Exit::Incomplete,
            Exit::Refused,
            Exit::Stale,
            Exit::Changes,
            Exit::Success,
        ];
        for (at, winner) in order.iter().enumerate() {
            assert_eq!(Exit::worst(order[at..].iter().rev().copied()), *winner);
        }
    }
}
