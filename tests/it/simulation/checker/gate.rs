//! What must be known, and must not be known, when a delete is sent.

use std::time::Duration;

use serde_json::Value;

use super::{Case, Essence, Purpose, answered, seconds};
use crate::simulation::wire::Exchange;

/// How old what is known of a processor may be when its delete is sent.
const FRESH: Duration = Duration::from_secs(1);
/// From when on a processor that failed after its start has failed for good.
const STALE: Duration = Duration::from_secs(3);
/// Errors that waiting does not mend.
const FINAL: [&str; 3] =
    ["LimitExceededException", "AccessDeniedException", "InvalidParameterException"];

const DESCRIBE: &str = "DescribeStreamProcessor";

impl Case<'_> {
    /// Once a creation or a start failed, no planned delete is sent.
    pub(super) fn nothing_is_deleted_after_a_failure(&self) -> Result<(), String> {
        let failures = self.own_writes().filter_map(|write| self.failed_at(write));
        let Some((failed, what)) = failures.min() else { return Ok(()) };
        match self.planned_deletes().find(|delete| delete.sent > failed) {
            None => Ok(()),
            Some(delete) => Err(format!(
                "{} was sent a delete at {}, after {what} had failed at {}",
                delete.name,
                seconds(delete.sent),
                seconds(failed)
            )),
        }
    }

    /// When it was known that a creation or a start came to nothing.
    fn failed_at(&self, write: &Exchange) -> Option<(Duration, String)> {
        let what = format!("{} of {}", write.operation, write.name);
        match write.operation.as_str() {
            "CreateStreamProcessor" => Some((self.refused_at(write)?, what)),
            "StartStreamProcessor" => {
                let refused = self.refused_at(write);
                Some((refused.or_else(|| self.seen_failed_at(write))?, what))
            }
            _ => None,
        }
    }

    fn refused_at(&self, write: &Exchange) -> Option<Duration> {
        let (at, 400, body) = answered(write)? else { return None };
        FINAL.contains(&body["__type"].as_str()?).then_some(())?;
        let earlier: Vec<&Exchange> = self
            .sent(&write.name, &write.operation)
            .filter(|sent| sent.sent < write.sent && sent.request == write.request)
            .collect();
        if earlier.iter().any(|sent| sent.effect().is_some()) {
            return None;
        }
        let in_doubt =
            earlier.iter().any(|sent| !matches!(answered(sent), Some((_, 200 | 400, _))));
        if !in_doubt {
            return Some(at);
        }
        // An earlier attempt may have taken effect: only reading tells.
        let mut reads = self.sent(&write.name, DESCRIBE).filter(|read| read.sent >= at);
        reads.find_map(|read| Some(answered(read)?.0))
    }

    fn seen_failed_at(&self, start: &Exchange) -> Option<Duration> {
        let (began, 200, _) = answered(start)? else { return None };
        let mut reads = self.sent(&start.name, DESCRIBE).filter(|read| read.sent >= began + STALE);
        reads.find_map(|read| {
            let (at, _, body) = answered(read)?;
            (body["Status"] == "FAILED").then_some(at)
        })
    }

    /// A delete is sent only when what was read a moment ago is what the plan
    /// expects, and what withdraws a creation only to what this run created.
    pub(super) fn every_delete_is_preceded_by_a_reading(&self) -> Result<(), String> {
        for delete in self.own_writes().filter(|write| write.operation == "DeleteStreamProcessor") {
            let (name, sent) = (&delete.name, seconds(delete.sent));
            if self.purpose(delete) == Purpose::Fallback {
                self.withdraws_its_own(delete)?;
                continue;
            }
            let mut seen = Vec::new();
            for operation in [DESCRIBE, "ListTagsForResource"] {
                let reading = self.last_reading(name, operation, delete.sent);
                let Some((read, at)) = reading.filter(|(_, at)| *at + FRESH >= delete.sent) else {
                    return Err(format!("{name} was sent a delete at {sent}, without {operation}"));
                };
                let Some((_, 200, body)) = answered(read) else {
                    let at = seconds(at);
                    return Err(format!("{name} was sent a delete at {sent}, not found at {at}"));
                };
                seen.push(body);
            }
            let mut seen = Essence::of_wire(seen[0], &seen[1]["Tags"]);
            let mut expect = self.planned.changes[name].expect.clone().unwrap();
            // What this run has stopped itself does not run any more.
            if self.sent(name, "StopStreamProcessor").any(|stop| stop.sent <= delete.sent) {
                (seen.runs, expect.runs) = (false, false);
            }
            if seen != expect {
                return Err(format!(
                    "{name} was sent a delete at {sent}, expected as {expect:?} and seen as {seen:?}"
                ));
            }
            self.everything_is_stopped_before(delete)?;
        }
        Ok(())
    }

    /// Within a group no delete happens before all of it is seen to be stopped.
    fn everything_is_stopped_before(&self, delete: &Exchange) -> Result<(), String> {
        let group = &self.planned.changes[&delete.name].group;
        let stops = self.planned.calls.iter();
        for stop in
            stops.filter(|call| call.group == *group && call.operation == "StopStreamProcessor")
        {
            // Somebody else may start it again at any time.
            if self.is_meddled_with(&stop.name) {
                continue;
            }
            let seen = self.last_reading(&stop.name, DESCRIBE, delete.sent);
            let status =
                seen.and_then(|(read, _)| answered(read)).map(|(.., body)| &body["Status"]);
            let is_stopped = |status: &&Value| *status == "STOPPED" || *status == "FAILED";
            let is_gone = self
                .sent(&stop.name, "DeleteStreamProcessor")
                .any(|other| other.sent < delete.sent);
            if !is_gone && status.filter(is_stopped).is_none() {
                let (name, at) = (&delete.name, seconds(delete.sent));
                return Err(format!("{name} was sent a delete at {at}, and {} ran", stop.name));
            }
        }
        Ok(())
    }

    /// What a withdrawing delete takes away is what this run created, unless
    /// somebody else came in the moment between.
    fn withdraws_its_own(&self, delete: &Exchange) -> Result<(), String> {
        let Some(arrival) = delete.effect() else { return Ok(()) };
        let result = self.planned.changes[&delete.name].result.as_ref().unwrap();
        let was = arrival.was.as_ref().map(|was| Essence::of_wire(was, &was["Tags"]));
        let changed = self.evidence.exchanges.iter().filter(|other| {
            other.who == crate::simulation::wire::Who::Stranger && other.name == delete.name
        });
        let changed = changed.filter_map(|other| Some(other.effect()?.at)).max();
        let is_sudden = changed.is_some_and(|at| at + FRESH >= delete.sent);
        match was {
            Some(was) if was.attributes != result.attributes && !is_sudden => {
                Err(format!("{} was withdrawn, and was {was:?}", delete.name))
            }
            _ => Ok(()),
        }
    }
}
