//! Gathering what could not be read, one entry for each reason.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::ReadProblem;

/// What could not be read, by reason; without names where nobody knows which.
#[derive(Debug, Default)]
pub(super) struct Problems(BTreeMap<String, Option<BTreeSet<String>>>);

impl Problems {
    /// A processor could not be read, for this reason.
    pub(super) fn add(&mut self, name: &str, reason: impl Into<String>) {
        let names = self.0.entry(reason.into()).or_default();
        names.get_or_insert_default().insert(name.to_owned());
    }

    /// Something could not be read, for this reason.
    pub(super) fn add_unnamed(&mut self, reason: String) {
        self.0.insert(reason, None);
    }

    /// Those gathered, by reason.
    pub(super) fn into_list(self) -> Vec<ReadProblem> {
        let by_reason = self.0.into_iter();
        by_reason.map(|(reason, names)| ReadProblem { names, reason }).collect()
    }
}
