//! The judge of a run: reads what the service was asked and what it answered, and
//! holds the report against it.
//!
//! Nothing of what `apply` and `plan` compute is used here; a plan is read as the
//! JSON that it is, and only the words of an outcome are rekon's own.

mod essence;
mod gate;
mod listed;
mod marks;
mod report;
mod waves;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rekon::apply::ApplyError;
use rekon::plan::Outcome;
use serde_json::Value;

use super::scene::Scene;
use super::weather::Weather;
use super::wire::{Answer, Exchange, Who};
pub use essence::Essence;
use listed::Planned;

/// What a run says of itself.
pub type Ended = Result<Outcome, ApplyError>;

/// All that there is to judge a run by.
pub struct Evidence<'a> {
    pub scene: &'a Scene,
    pub plan: &'a Value,
    pub exchanges: &'a [Exchange],
    /// What the service held before the run, by name.
    pub before: &'a BTreeMap<String, Value>,
    /// What it held when the run ended.
    pub end: &'a BTreeMap<String, Value>,
    /// What it held when everything had arrived that was on its way.
    pub landed: &'a BTreeMap<String, Value>,
    /// `None`: it died.
    pub outcome: Option<&'a Ended>,
    /// Its report as JSON.
    pub report: &'a Value,
    /// When it was asked to stop.
    pub signals: &'a [Duration],
    pub ended: Duration,
    pub weather: &'a Weather,
    pub recovery: &'a Path,
}

/// A processor that the run took away and did not bring back.
#[derive(Debug)]
pub struct Lost {
    pub name: String,
    pub file: PathBuf,
    pub was: Essence,
}

/// Says which promise was broken, or what was lost as a run may lose it.
pub fn check(evidence: &Evidence<'_>) -> Result<Vec<Lost>, String> {
    let case = Case { evidence, planned: Planned::read(evidence.plan) };
    case.only_what_is_listed()?;
    case.nobody_elses_is_touched()?;
    case.records_come_last()?;
    case.nothing_is_deleted_after_a_failure()?;
    case.every_delete_is_preceded_by_a_reading()?;
    case.one_wave_at_a_time()?;
    case.ends_when_told_to()?;
    case.what_is_healed_is_back()?;
    let lost = case.what_is_gone_can_be_brought_back()?;
    match evidence.outcome {
        None => {}
        Some(Err(_)) => case.nothing_was_sent()?,
        Some(Ok(outcome)) => case.the_report_is_true(outcome)?,
    }
    Ok(lost)
}

struct Case<'a> {
    evidence: &'a Evidence<'a>,
    planned: Planned,
}

/// Whose list a write is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Purpose {
    Planned,
    Fallback,
}

impl<'a> Case<'a> {
    /// What the run sent, in order.
    fn own(&self) -> impl Iterator<Item = &'a Exchange> {
        self.evidence.exchanges.iter().filter(|exchange| exchange.who == Who::Run)
    }

    fn own_writes(&self) -> impl Iterator<Item = &'a Exchange> {
        self.own().filter(|exchange| exchange.is_write())
    }

    /// What was sent to one processor with one operation.
    fn sent<'s>(
        &'s self,
        name: &'s str,
        operation: &'s str,
    ) -> impl Iterator<Item = &'a Exchange> + 's {
        self.own().filter(move |sent| sent.name == name && sent.operation == operation)
    }

    /// Why a write is made: creations tell by their request. A planned creation is
    /// withdrawn by a delete, and a planned start comes after it and before that.
    fn purpose(&self, write: &Exchange) -> Purpose {
        let before = |operation: &str| {
            let sent = self.sent(&write.name, operation).filter(|sent| sent.sent <= write.sent);
            sent.last()
        };
        let created = before("CreateStreamProcessor");
        let is_new = created.is_some_and(|create| self.planned.call(create).is_some());
        let is_fallback = match write.operation.as_str() {
            "StopStreamProcessor" | "DeleteStreamProcessor" => created.is_some(),
            "StartStreamProcessor" => match self.planned.call(write) {
                Some(start) => self.planned.recreates(start) && !is_new,
                None => true,
            },
            _ => self.planned.call(write).is_none(),
        };
        if is_fallback { Purpose::Fallback } else { Purpose::Planned }
    }

    fn planned_deletes(&self) -> impl Iterator<Item = &'a Exchange> {
        self.own_writes().filter(|write| {
            write.operation == "DeleteStreamProcessor" && self.purpose(write) == Purpose::Planned
        })
    }

    /// The last reading of a processor that had told something by then.
    fn last_reading(
        &self,
        name: &str,
        operation: &str,
        by: Duration,
    ) -> Option<(&'a Exchange, Duration)> {
        let came = self.sent(name, operation).filter_map(|read| {
            let (at, status, body) = answered(read)?;
            let tells = status == 200 || body["__type"] == "ResourceNotFoundException";
            tells.then_some((read, at))
        });
        came.filter(|(_, at)| *at <= by).max_by_key(|(_, at)| *at)
    }

    /// Whether anybody else changed a processor.
    fn is_meddled_with(&self, name: &str) -> bool {
        self.evidence.exchanges.iter().any(|exchange| {
            exchange.who == Who::Stranger && exchange.name == name && exchange.effect().is_some()
        })
    }
}

/// What the service said to a request, and when it was known.
fn answered(exchange: &Exchange) -> Option<(Duration, u16, &Value)> {
    match exchange.answered.as_ref()? {
        (at, Answer::Body(status, body)) if !body.is_null() => Some((*at, *status, body)),
        _ => None,
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64())
}
