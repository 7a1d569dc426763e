//! A plan as a document: sealed by a digest when it is written, and read back
//! only as it was written.

use serde::Serialize;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::{Action, Change, FORMAT_VERSION, Plan, strict};
use crate::model::{Definition, Dialect, Kind, Unreadable};

/// A plan with its digest, as it is printed and saved.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    #[serde(flatten)]
    plan: &'a Plan,
    /// `sha256:` and 64 hex digits over everything else in the document, as
    /// compact JSON with sorted keys. It is no signature.
    digest: String,
}

impl<'a> Document<'a> {
    /// Seals a plan.
    pub fn new(plan: &'a Plan) -> Document<'a> {
        let json = serde_json::to_value(plan).expect("a plan's keys are strings");
        Document { plan, digest: digest(&json) }
    }
}

/// A document that is no plan, or not the one that was written.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// It is no JSON, or a key stands twice in it.
    #[error("this is no JSON of a plan: {0}")]
    NoJson(serde_json::Error),
    /// It has not the members of a plan.
    #[error("this is no plan: {0}")]
    NoPlan(String),
    /// It has another major version: this one.
    #[error("the plan's format is {0}, and this rekon understands {FORMAT_VERSION}")]
    OtherFormat(String),
    /// It is not as it was written.
    #[error("the plan was changed after it was made: its digest is not its own")]
    Edited,
}

/// Whether a document could be held against its digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seal {
    /// It is as it was written.
    Intact,
    /// A version of rekon wrote it that knew no digests. It can be shown.
    Missing,
}

impl Plan {
    /// Reads a document of this major version.
    pub fn parse(text: &str) -> Result<(Plan, Seal), DocumentError> {
        let mut json = strict::parse(text).map_err(DocumentError::NoJson)?;
        let version = json.get("format_version").and_then(Json::as_str);
        let version =
            version.ok_or_else(|| DocumentError::NoPlan("it has no format_version".to_owned()))?;
        let major = |version: &str| version.split('.').next().and_then(|part| part.parse().ok());
        let (theirs, ours): (Option<u64>, _) = (major(version), major(FORMAT_VERSION));
        if theirs != ours {
            return Err(DocumentError::OtherFormat(version.to_owned()));
        }
        let sealed = json.as_object_mut().and_then(|members| members.remove("digest"));
        let seal = match sealed {
            None => Seal::Missing,
            Some(sealed) if sealed == digest(&json) => Seal::Intact,
            Some(_) => return Err(DocumentError::Edited),
        };
        let mut plan: Plan = serde_json::from_value(json)
            .map_err(|error| DocumentError::NoPlan(error.to_string()))?;
        if seal == Seal::Missing {
            let mut changes = plan.changes.iter_mut();
            changes
                .try_for_each(fill_result)
                .map_err(|error| DocumentError::NoPlan(error.to_string()))?;
        }
        Ok((plan, seal))
    }
}

/// Works out what a plan without a digest does not say: what is there when the
/// calls of a change are done. Attributes that lead to no whole definition are no change.
fn fill_result(change: &mut Change) -> Result<(), Unreadable> {
    if change.result.is_some() || change.actions.contains(&Action::Delete) {
        return Ok(());
    }
    let before = change.expect.clone();
    let mut result = before.unwrap_or_else(|| Definition::new(Kind::LabelDetection));
    for one in &change.attributes {
        result.set(one.attribute.clone(), one.after.clone());
    }
    change.result = Some(Definition::from_json(&result.to_json(Dialect::Toml), Dialect::Toml)?);
    Ok(())
}

/// `sha256:` and the digest of compact, key-sorted JSON.
pub(super) fn digest(json: &Json) -> String {
    let mut hasher = Sha256::new();
    update_sorted(json, &mut hasher);
    let digest = hasher.finalize();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// Hashes compact JSON with sorted keys, whatever order the map type keeps.
fn update_sorted(json: &Json, hasher: &mut Sha256) {
    match json {
        Json::Object(members) => {
            let mut sorted: Vec<(&String, &Json)> = members.iter().collect();
            sorted.sort_by_key(|(key, _)| *key);
            hasher.update("{");
            for (at, (key, value)) in sorted.into_iter().enumerate() {
                if at > 0 {
                    hasher.update(",");
                }
                hasher.update(Json::String(key.clone()).to_string());
                hasher.update(":");
                update_sorted(value, hasher);
            }
            hasher.update("}");
        }
        Json::Array(items) => {
            hasher.update("[");
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    hasher.update(",");
                }
                update_sorted(item, hasher);
            }
            hasher.update("]");
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {
            hasher.update(json.to_string());
        }
    }
}
