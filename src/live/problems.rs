//! Gathering what could not be read, one entry for each reason.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::ReadProblem;

/// What could not be read, by reason.
#[derive(Debug, Default)]
pub(super) struct Problems(BTreeMap<String, BTreeSet<String>>);

impl Problems {
    /// A processor could not be read, for this reason.
    pub(super) fn add(&mut self, name: &str, reason: impl Into<String>) {
        self.0.entry(reason.into()).or_default().insert(name.to_owned());
    }

    /// Those gathered, by reason.
    pub(super) fn into_list(self) -> Vec<ReadProblem> {
        let by_reason = self.0.into_iter();
        by_reason.map(|(reason, names)| ReadProblem { names: Some(names), reason }).collect()
    }
}
