//! Replacements in waves of 1, 2, 4, ...: a wave begins when all of the one before
//! is verified, and the first when all that destroys nothing is done.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Case, Essence, answered, seconds};
use crate::simulation::wire::{Answer, Exchange};

/// Whether a write changed something, as far as its sender knows.
fn may_matter(write: &Exchange) -> bool {
    let is_refused = match &write.answered {
        Some((_, Answer::Body(status, _))) => *status == 400,
        // No connection was made.
        Some((_, Answer::Nothing(what))) => *what == "connection refused",
        None => false,
    };
    write.effect().is_some() || !is_refused
}

impl Case<'_> {
    pub(super) fn one_wave_at_a_time(&self) -> Result<(), String> {
        let destroying = self.planned.destroying();
        let mut begun: Vec<(Duration, &str)> =
            destroying.iter().filter_map(|group| Some((self.begun_at(group)?, *group))).collect();
        begun.sort();
        let Some((first, _)) = begun.first() else { return Ok(()) };
        self.harmless_comes_before(*first)?;
        let most = self.evidence.weather.parallelism;
        let (mut size, mut wave): (usize, Vec<&str>) = (1, Vec::new());
        for (at, group) in begun {
            let open: Vec<&str> =
                wave.iter().copied().filter(|group| !self.is_over(group, at)).collect();
            if open.is_empty() && !wave.is_empty() {
                size = (size * 2).min(most);
                wave.clear();
            }
            wave.push(group);
            if wave.len() > size {
                return Err(format!(
                    "{group} began at {} as one of {}, in a wave of {size}; under way: {open:?}",
                    seconds(at),
                    wave.len(),
                ));
            }
        }
        Ok(())
    }

    fn members(&self, group: &str) -> impl Iterator<Item = &str> {
        let changes = self.planned.changes.iter();
        changes.filter(move |(_, change)| change.group == group).map(|(name, _)| name.as_str())
    }

    /// When the first stop or delete of a group was sent.
    fn begun_at(&self, group: &str) -> Option<Duration> {
        let names: BTreeSet<&str> = self.members(group).collect();
        self.own_writes().find(|write| names.contains(&*write.name)).map(|write| write.sent)
    }

    /// Whether a group that began before is over by then: nothing more is written
    /// to it, it was read after it was last written to, and, if anything of it was
    /// deleted, it is as it was planned.
    fn is_over(&self, group: &str, by: Duration) -> bool {
        self.members(group).all(|name| {
            let mut last: Option<Duration> = None;
            for write in self.own_writes().filter(|write| write.name == name && may_matter(write)) {
                if write.sent >= by {
                    return false;
                }
                last = Some(answered(write).map_or(write.sent, |(at, ..)| at));
            }
            let Some(last) = last else { return true };
            let reads = self.sent(name, "DescribeStreamProcessor").filter(|read| read.sent >= last);
            let mut known = reads.filter_map(answered).filter(|(at, ..)| *at <= by);
            let was_deleted =
                self.sent(name, "DeleteStreamProcessor").any(|delete| delete.effect().is_some());
            match (&self.planned.changes[name].result, was_deleted) {
                (Some(result), true) => known.any(|(_, status, body)| {
                    let seen = Essence::of_wire(body, &body["Tags"]);
                    status == 200
                        && (&seen.attributes, seen.runs) == (&result.attributes, result.runs)
                }),
                _ => known.next().is_some(),
            }
        })
    }

    /// What destroys nothing, and waits for nothing that does, comes first.
    fn harmless_comes_before(&self, first: Duration) -> Result<(), String> {
        let destroying = self.planned.destroying();
        let waits = |group: &str| {
            let calls = self.planned.calls.iter().filter(|call| call.group == group);
            let mut after = calls.flat_map(|call| &call.after);
            after.any(|id| {
                let call = self.planned.calls.iter().find(|call| call.id == *id);
                call.is_some_and(|call| call.group != group)
            })
        };
        let late = self.own_writes().find(|write| {
            let group = self.planned.changes[&write.name].group.as_str();
            write.sent > first && !destroying.contains(group) && !waits(group)
        });
        match late {
            None => Ok(()),
            Some(write) => Err(format!(
                "{} of {} was sent at {}, after something was taken away at {}",
                write.operation,
                write.name,
                seconds(write.sent),
                seconds(first)
            )),
        }
    }
}
