//! How a call ended, in words: done, or failed for a reason that names what was
//! seen, what helps and how far the call took effect.

use super::{Ended, Run};
use crate::apply::judge::{Effect, Failure};
use crate::apply::look::Seen;
use crate::apply::schedule::End;
use crate::aws::Error;

impl Run<'_> {
    pub(super) fn done(&self, seen: Seen) -> Ended {
        Ended { end: End::Done, made: !self.others, seen: Some(seen) }
    }

    pub(super) fn contradicted(&self, seen: Seen) -> Ended {
        let failure = Failure {
            reason: "a stream processor of this name is there with another definition".to_owned(),
            help: Some("Plan again to see how it differs".to_owned()),
            effect: Effect::None,
        };
        Ended { end: End::Failed(failure), made: false, seen: Some(seen) }
    }

    pub(super) fn late(&self, seen: &Seen, effect: Effect) -> Ended {
        let seconds = self.tools.settle_timeout.as_secs();
        let reason = format!("still {} after {seconds} s", seen.status());
        let help = "Wait until it settles, or give it longer with --settle-timeout";
        self.failed(reason, Some(help.to_owned()), effect)
    }

    /// There is no time left to go on with the call.
    pub(super) fn out_of_time(&self) -> Ended {
        let (reason, effect) = if self.doubt {
            ("the service did not answer before the run ended", Effect::Unknown)
        } else if self.sent {
            ("it did not succeed before the run ended", Effect::None)
        } else {
            ("the run ended before it could be made", Effect::None)
        };
        self.failed(reason.to_owned(), None, effect)
    }

    pub(super) fn failed_of(&self, error: &Error, effect: Effect) -> Ended {
        let reason = match error.request_id() {
            Some(id) => format!("{} (request {id})", error.reason()),
            None => error.reason(),
        };
        self.failed(reason, error.help(), effect)
    }

    pub(super) fn failed(&self, reason: String, help: Option<String>, effect: Effect) -> Ended {
        let made = effect == Effect::Taken && !self.others;
        Ended { end: End::Failed(Failure { reason, help, effect }), made, seen: None }
    }
}
