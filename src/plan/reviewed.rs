//! A plan that was reviewed, held against one that is made later: what of it still stands.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Call, Change, Plan};

/// What was agreed to.
#[derive(Clone, Debug)]
pub enum Reviewed {
    /// A plan: each of its changes on its own.
    Plan(Box<Plan>),
    /// A plan's fingerprint: all of it or nothing.
    Fingerprint(String),
}

/// A change that nobody agreed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unreviewed {
    /// The processor.
    pub name: String,
    /// Why it is not what was agreed to.
    pub reason: Divergence,
}

/// Why a change is not what was agreed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Divergence {
    /// The reviewed plan does not change the processor.
    New,
    /// It changes it otherwise.
    Different,
    /// It waits for a change that nobody agreed to.
    Dependent,
}

impl Divergence {
    /// The word that JSON uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Divergence::New => "new",
            Divergence::Different => "different",
            Divergence::Dependent => "dependent",
        }
    }
}

impl Reviewed {
    /// Takes `sha256:` and 64 hex digits for a fingerprint.
    pub fn parse_fingerprint(text: &str) -> Option<Reviewed> {
        let digits = text.strip_prefix("sha256:")?;
        let is_digest = digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_digest.then(|| Reviewed::Fingerprint(text.to_ascii_lowercase()))
    }

    /// What of a plan was not agreed to, by name; empty where all of it was. A plan of other
    /// changes than the reviewed one has a fingerprint of its own for each of them, whatever
    /// else changed beside them.
    pub fn unreviewed(&self, plan: &Plan) -> Vec<Unreviewed> {
        let (reviewed, whole) = match self {
            Reviewed::Plan(reviewed) => (&reviewed.changes[..], &reviewed.fingerprint),
            Reviewed::Fingerprint(whole) => (&[][..], whole),
        };
        if *whole == plan.fingerprint {
            return Vec::new();
        }
        let reviewed: BTreeMap<&str, &str> =
            reviewed.iter().map(|one| (one.name.as_str(), one.fingerprint.as_str())).collect();
        let divergence = |change: &Change| match reviewed.get(change.name.as_str()) {
            Some(fingerprint) if *fingerprint == change.fingerprint => None,
            Some(_) => Some(Divergence::Different),
            None if matches!(self, Reviewed::Fingerprint(_)) => Some(Divergence::Different),
            None => Some(Divergence::New),
        };
        let changes = plan.changes.iter();
        let mut rest: BTreeMap<&str, Divergence> =
            changes.filter_map(|one| Some((one.name.as_str(), divergence(one)?))).collect();
        while let Some(name) = dependent(plan, &rest) {
            rest.insert(name, Divergence::Dependent);
        }
        let rest = rest.into_iter();
        rest.map(|(name, reason)| Unreviewed { name: name.to_owned(), reason }).collect()
    }
}

/// A change that works out only with one of the rest: of the same group, or waiting for it.
fn dependent<'a>(plan: &'a Plan, rest: &BTreeMap<&str, Divergence>) -> Option<&'a str> {
    let of: BTreeMap<&str, &str> =
        plan.calls.iter().map(|call| (call.id.as_str(), call.processor.as_str())).collect();
    let groups: BTreeSet<&str> = plan
        .changes
        .iter()
        .filter(|change| rest.contains_key(change.name.as_str()) && !change.group.is_empty())
        .map(|change| change.group.as_str())
        .collect();
    let waits = |call: &Call| {
        let ids = call.after.iter().filter_map(|id| of.get(id.as_str()).copied());
        let mut processors = ids.chain(call.after_verified.iter().map(String::as_str));
        processors.any(|processor| rest.contains_key(processor))
    };
    let waiting: BTreeSet<&str> =
        plan.calls.iter().filter(|call| waits(call)).map(|call| call.processor.as_str()).collect();
    let left = plan.changes.iter().map(|change| (change.name.as_str(), change.group.as_str()));
    let mut left = left.filter(|(name, _)| !rest.contains_key(name));
    let found = left.find(|(name, group)| groups.contains(group) || waiting.contains(name));
    found.map(|(name, _)| name)
}
