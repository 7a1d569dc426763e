//! What is left when a run is over, and what it says of that.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use rekon::plan::{
    CallEffect, CallOutcome, Ending, Failure, Fate, Note, Operation, Outcome, ProcessorOutcome,
    Role,
};

use super::{Case, Essence, Lost, Purpose, answered};
use crate::simulation::wire::{Exchange, Who};

/// How long a run on which nothing hangs may go on after a signal.
const WINDING_UP: Duration = Duration::from_secs(30);

impl Case<'_> {
    /// A second signal ends a run at once, and the first one soon where nothing is
    /// taken away.
    pub(super) fn ends_when_told_to(&self) -> Result<(), String> {
        let (ended, signals) = (self.evidence.ended, self.evidence.signals);
        let took = |signal: &Duration| ended.saturating_sub(*signal);
        if let Some(second) = signals.get(1).filter(|at| took(at) > Duration::from_secs(1)) {
            return Err(format!("{:?} from the second signal to the end", took(second)));
        }
        let takes_away = |write: &Exchange| {
            ["DeleteStreamProcessor", "StopStreamProcessor"].contains(&&*write.operation)
        };
        let owes = self.own_writes().any(takes_away);
        match signals.first().filter(|at| !owes && took(at) > WINDING_UP) {
            Some(first) => Err(format!("{:?} from the signal to the end", took(first))),
            None => Ok(()),
        }
    }

    /// Where everything that goes wrong passes, and nobody hurries the run, no
    /// camera is lost, and each that ran runs.
    pub(super) fn what_is_healed_is_back(&self) -> Result<(), String> {
        let weather = self.evidence.weather;
        let brings_back =
            ["CreateStreamProcessor", "StartStreamProcessor", "DescribeStreamProcessor"];
        let mut refused = weather.refusals.iter();
        let lasts = refused.any(|refusal| brings_back.contains(&refusal.operation));
        let passes = !lasts
            && weather.failing_starts.is_empty()
            && weather.edits.is_empty()
            && self.evidence.outcome.is_some()
            && self.evidence.signals.len() < 2;
        if !passes {
            return Ok(());
        }
        for (name, wire) in self.evidence.before {
            let Some(now) = self.evidence.landed.get(name) else {
                if self.evidence.scene.is_pruned(name) {
                    continue;
                }
                return Err(format!("{name} is lost, although all of it passed"));
            };
            let ran = Essence::of_wire(wire, &wire["Tags"]).runs;
            let stops = self.planned.changes.get(name).and_then(|change| change.result.as_ref());
            let runs = Essence::of_wire(now, &now["Tags"]).runs;
            if ran && !runs && stops.is_none_or(|result| result.runs) {
                return Err(format!("{name} ran and does not, although all of it passed"));
            }
        }
        Ok(())
    }

    /// Whatever this run took away and did not bring back is named by its report,
    /// and there is a file to bring it back from.
    pub(super) fn what_is_gone_can_be_brought_back(&self) -> Result<Vec<Lost>, String> {
        let outcome = match self.evidence.outcome {
            Some(Ok(outcome)) => Some(outcome),
            _ => None,
        };
        let mut lost = Vec::new();
        for name in self.evidence.before.keys() {
            if self.evidence.landed.contains_key(name) || !self.was_taken_away(name) {
                continue;
            }
            let file = match outcome {
                Some(outcome) => {
                    let told = outcome.removed.iter().find(|removed| removed.name == *name);
                    let told = told.ok_or_else(|| format!("{name} is lost, and nobody says so"))?;
                    if told.planned != self.evidence.scene.is_pruned(name) {
                        return Err(format!("{name} is lost, and told as {told:?}"));
                    }
                    PathBuf::from(&told.recovery_file)
                }
                None => {
                    self.saved(name).ok_or_else(|| format!("{name} is lost without a trace"))?
                }
            };
            if !file.is_file() {
                return Err(format!("{name} is lost, and so is {}", file.display()));
            }
            let was = self.planned.changes[name].expect.clone().unwrap();
            lost.push(Lost { name: name.clone(), file, was });
        }
        for removed in outcome.iter().flat_map(|outcome| &outcome.removed) {
            let in_doubt = outcome.is_some_and(|outcome| is_in_doubt(outcome, &removed.name));
            if self.evidence.landed.contains_key(&removed.name)
                && !in_doubt
                && !self.is_meddled_with(&removed.name)
            {
                return Err(format!("{} is there, and told to be removed", removed.name));
            }
        }
        Ok(lost)
    }

    /// Whether the last delete of a processor was this run's.
    fn was_taken_away(&self, name: &str) -> bool {
        let deletes = self.evidence.exchanges.iter().filter(|exchange| {
            exchange.name == name && exchange.operation == "DeleteStreamProcessor"
        });
        let last = deletes
            .filter_map(|delete| Some((delete.effect()?.at, delete.who)))
            .max_by_key(|(at, _)| *at);
        last.is_some_and(|(_, who)| who == Who::Run)
    }

    /// The file that holds a processor's definition, by the name of its folder.
    fn saved(&self, name: &str) -> Option<PathBuf> {
        let folders = std::fs::read_dir(self.evidence.recovery).ok()?;
        let own = |folder: &PathBuf| {
            let folder = folder.file_name().unwrap().to_string_lossy().into_owned();
            folder.split_once("Z-").is_some_and(|(_, of)| of == name)
        };
        let folders = folders.map(|entry| entry.unwrap().path());
        folders.filter(own).map(|folder| folder.join("rekon.toml")).next()
    }

    /// Report, calls and processors agree with the service.
    pub(super) fn the_report_is_true(&self, outcome: &Outcome) -> Result<(), String> {
        self.effects_are_true(outcome)?;
        let wrote =
            self.own_writes().any(|write| write.effect().is_some() && write.arrived.len() == 1);
        if wrote && !outcome.wrote() {
            return Err("something was written, and the report says that nothing was".to_owned());
        }
        self.the_end_is_true(outcome, wrote)?;
        let told: Vec<&String> = outcome.processors.iter().map(|told| &told.name).collect();
        let planned: BTreeSet<&String> = self.planned.changes.keys().collect();
        if told.len() != planned.len() || !told.iter().all(|name| planned.contains(name)) {
            return Err(format!("the plan is about {planned:?}, the report about {told:?}"));
        }
        outcome.processors.iter().try_for_each(|told| self.is_true(outcome, told))
    }

    /// The exit code and `applied` say how much was written, and whether that is all.
    fn the_end_is_true(&self, outcome: &Outcome, wrote: bool) -> Result<(), String> {
        let (applied, ending) = (&self.evidence.report["applied"], outcome.ending());
        // What was refused was not written; what went without an answer may have been.
        let never = self
            .own_writes()
            .all(|write| write.effect().is_none() && matches!(answered(write), Some((_, 400, _))));
        let done = outcome.processors.iter().all(|told| told.fate == Fate::Done);
        let agrees = match ending {
            Ending::Success => done && applied == "all",
            Ending::Partial => !never && !done && applied == "part",
            Ending::Error | Ending::Stale => !wrote && !done && applied == "nothing",
            Ending::Interrupted(_) => match applied.as_str() {
                Some("all") => done,
                Some("part") => !never && !done,
                _ => !wrote && !done,
            },
            Ending::Incomplete | Ending::Refused => false,
        };
        let is_signalled = matches!(ending, Ending::Interrupted(_));
        if !agrees || is_signalled == self.evidence.signals.is_empty() {
            return Err(format!("told to have ended as {ending:?}, applied {applied}"));
        }
        Ok(())
    }

    /// What is told of each call is what it did.
    fn effects_are_true(&self, outcome: &Outcome) -> Result<(), String> {
        // The least and the most that may be told to have taken effect.
        let mut did: BTreeMap<(&str, &str, Purpose), (usize, usize)> = BTreeMap::new();
        for write in self.own_writes().filter(|write| write.effect().is_some()) {
            let did = did.entry((&write.operation, &write.name, self.purpose(write))).or_default();
            // What changes in place may be sent again without harm, and whose doing
            // it is when a request arrives twice cannot be told.
            did.0 = did.0.max(usize::from(write.arrived.len() == 1));
            did.1 = 1;
        }
        let mut claimed: BTreeMap<(&str, &str, Purpose), Vec<CallEffect>> = BTreeMap::new();
        for call in &outcome.calls {
            let purpose = match call.role {
                Role::Planned => Purpose::Planned,
                Role::Fallback => Purpose::Fallback,
            };
            let key = (call.operation.as_str(), call.processor.as_str(), purpose);
            claimed.entry(key).or_default().push(call.effect);
        }
        let keys: BTreeSet<_> = did.keys().chain(claimed.keys()).copied().collect();
        for key in keys {
            let (least, most) = did.get(&key).copied().unwrap_or_default();
            let effects = claimed.get(&key).map_or(&[][..], |effects| effects);
            let count = |wanted| effects.iter().filter(|effect| **effect == wanted).count();
            let (taken, unknown) = (count(CallEffect::Taken), count(CallEffect::Unknown));
            let (operation, name, _) = key;
            // What is gone after a delete without an answer counts as deleted by it,
            // also where somebody else did the same meanwhile.
            if most < taken && !self.is_meddled_with(name) {
                return Err(format!("{operation} of {name} is told as made, and was not"));
            }
            if least > taken + unknown {
                return Err(format!("{operation} of {name} was made, and is told as {effects:?}"));
            }
        }
        Ok(())
    }

    /// What is told of a processor is what is there.
    fn is_true(&self, outcome: &Outcome, told: &ProcessorOutcome) -> Result<(), String> {
        let ProcessorOutcome { name, fate, notes } = told;
        let change = &self.planned.changes[name];
        if self.is_meddled_with(name) {
            return Ok(());
        }
        let at_the_end = |held: &BTreeMap<String, serde_json::Value>| {
            held.get(name).map(|wire| Essence::of_wire(wire, &wire["Tags"]))
        };
        if *fate == Fate::Done {
            let (mut end, mut result) = (at_the_end(self.evidence.end), change.result.clone());
            // On its way up counts as running, whatever comes of it later.
            if self.evidence.weather.failing_starts.contains(name.as_str()) {
                end.iter_mut().chain(&mut result).for_each(|essence| essence.runs = false);
            }
            return match end == result {
                true => Ok(()),
                false => Err(format!("{name} is told to be done, and is {end:?}")),
            };
        }
        if let Fate::NotTried(_) | Fate::Moved(_) = fate
            && let Some(write) =
                self.own_writes().find(|write| write.name == *name && write.effect().is_some())
            && notes.is_empty()
            && at_the_end(self.evidence.landed) != change.expect
        {
            return Err(format!("{name} is told not to be tried, but for {}", write.operation));
        }
        let (Some(now), Some(expect)) = (at_the_end(self.evidence.landed), &change.expect) else {
            return Ok(());
        };
        if is_in_doubt(outcome, name) || self.evidence.signals.len() > 1 {
            return Ok(());
        }
        let result = change.result.as_ref();
        let is_old = now.attributes == expect.attributes;
        let is_new = result.is_some_and(|result| now.attributes == result.attributes);
        let is_altered = notes.iter().any(|note| matches!(note, Note::Altered(_)));
        if !is_old && !is_new && !is_altered {
            return Err(format!("{name} is neither what it was nor what was planned: {now:?}"));
        }
        let recreated =
            self.sent(name, "DeleteStreamProcessor").any(|sent| sent.effect().is_some());
        if recreated && is_old && !is_new && now.tags != expect.tags && !is_altered {
            return Err(format!("{name} came back with other tags: {now:?}"));
        }
        let stops = result.is_some_and(|result| !result.runs);
        let start = Operation::StartStreamProcessor;
        let told_of_start = matches!(
            fate, Fate::Failed(Failure { call: Some((_, failed)), .. }) if *failed == start
        );
        let noted = notes.iter().any(|note| matches!(note, Note::Stopped { .. }));
        if expect.runs && !now.runs && !stops && !noted && !told_of_start {
            return Err(format!("{name} ran and does not, and nobody says so"));
        }
        Ok(())
    }
}

/// Whether the report says of a processor that something is not known.
fn is_in_doubt(outcome: &Outcome, name: &str) -> bool {
    let told = outcome.processors.iter().find(|told| told.name == name);
    let unread =
        |note: &Note| matches!(note, Note::RestorationUnread(_) | Note::RestorationBrokenOff);
    let unknown = |call: &CallOutcome| call.processor == name && call.effect == CallEffect::Unknown;
    told.is_some_and(|told| told.notes.iter().any(unread)) || outcome.calls.iter().any(unknown)
}
