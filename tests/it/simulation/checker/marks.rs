//! Whose the processors are that a run writes to, and what it leaves on them.

use super::{Case, Purpose, seconds};
use crate::world::marks::{Lot, RECORD, STACK, Wanted};

impl Case<'_> {
    /// Of what no file declares, a run deletes what is bound to its stack, takes the marks
    /// off what is to be let go, and touches nothing else.
    pub(super) fn nobody_elses_is_touched(&self) -> Result<(), String> {
        let scene = self.evidence.scene;
        for write in self.own_writes().filter(|write| !scene.files.contains_key(&*write.name)) {
            let lot = scene.lot(&write.name);
            let may = match (lot, write.operation.as_str()) {
                (
                    Lot::Pruned { protected: false },
                    "StopStreamProcessor" | "DeleteStreamProcessor",
                ) => self.purpose(write) == Purpose::Planned,
                (Lot::Pruned { protected: false }, "StartStreamProcessor") => {
                    self.purpose(write) == Purpose::Fallback
                }
                (Lot::Released, "UntagResource") => {
                    let keys = write.request["TagKeys"].as_array().into_iter().flatten();
                    keys.filter_map(|key| key.as_str()).all(|key| [STACK, RECORD].contains(&key))
                }
                _ => false,
            };
            if !may {
                let (operation, name) = (&write.operation, &write.name);
                return Err(format!("{operation} of {name}, not declared and {lot:?}"));
            }
        }
        Ok(())
    }

    /// A record is good for its processor, and sent when all that it records is done.
    pub(super) fn records_come_last(&self) -> Result<(), String> {
        for write in self.own_writes() {
            let planned =
                self.planned.call(write).filter(|_| self.purpose(write) == Purpose::Planned);
            let (Some(call), Some(record)) = (planned, write.request["Tags"].get(RECORD)) else {
                continue;
            };
            let name = &write.name;
            // No file of these scenes protects anything.
            let wanted = Wanted::new(name, false, self.evidence.scene.leaves);
            if !record.as_str().is_some_and(|record| wanted.is(record)) {
                return Err(format!("{name} gets the record {record}"));
            }
            let own: Vec<_> = self.planned.calls.iter().filter(|one| one.name == *name).collect();
            let at = own.iter().position(|one| one.id == call.id).unwrap();
            let undone = own[..at].iter().find(|earlier| {
                let mut sent = self.sent(name, &earlier.operation);
                !sent.any(|sent| sent.effect().is_some_and(|effect| effect.at <= write.sent))
            });
            if let Some(earlier) = undone.filter(|_| !self.is_meddled_with(name)) {
                let (what, at) = (&earlier.operation, seconds(write.sent));
                return Err(format!("{name} is recorded at {at}, without {what}"));
            }
            if write.operation != "CreateStreamProcessor" && at + 1 < own.len() {
                return Err(format!("{name} is recorded, and then changed"));
            }
        }
        Ok(())
    }
}
