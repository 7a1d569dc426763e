//! The machine formats: versioned documents with a stable order of keys.
//!
//! Characters that could act on a terminal, which JSON would let stand, are
//! written as `\u` escapes; to a parser that is the same text.

use serde::Serialize;

use super::Settings;
use super::diff;
use super::escape::{escape_in_json, is_unsafe};
use super::iam_policy::Policy;
use super::text::Written;
use super::view::{self, Applied, Counts, ProcessorResult};
use crate::desired::Stack;
use crate::diagnostic::{Record, Severity};
use crate::model::{Dialect, Location, Value};
use crate::plan::{
    Acceptance, Accepted, CallOutcome, Document, Drift, Origin, Outcome, Plan, Removed, Seen,
    Signal, Unreviewed,
};

/// The version of the outcome's and the diagnostics' JSON.
pub const FORMAT_VERSION: &str = "1.0";

/// A plan, as `plan --format json` prints it and `plan --out` saves it.
pub fn plan(plan: &Plan) -> String {
    document(&Document::new(plan))
}

/// What drift found, as `drift --format json` prints it.
pub fn drift(drift: &Drift) -> String {
    document(drift)
}

/// What drift found, as `drift --since` keeps it.
pub fn seen(seen: &Seen) -> String {
    document(seen)
}

/// What became of a plan, as `apply --format json` prints it.
pub fn outcome(outcome: &Outcome, plan: &Plan) -> String {
    document(&OutcomeDocument {
        format_version: FORMAT_VERSION,
        rekon_version: &plan.rekon_version,
        stack: &plan.stack,
        fingerprint: &plan.fingerprint,
        applied: view::applied(outcome),
        interrupted: outcome.interrupted,
        summary: OutcomeSummary {
            fates: Counts::of(outcome),
            removed: outcome.removed.len(),
            calls: CallCounts {
                planned: plan.summary.calls.total,
                made: outcome.tally.made,
                reads: outcome.tally.reads,
                retried: outcome.tally.retried,
                throttled: outcome.tally.throttled,
                seconds: (outcome.elapsed.as_secs_f64() * 10.0).ceil() / 10.0,
            },
        },
        processors: view::results(outcome, plan).collect(),
        calls: &outcome.calls,
        removed: &outcome.removed,
        unreviewed: &plan.unreviewed,
    })
}

/// What is wrong in the files, as `validate --format json` prints it.
pub fn diagnostics(records: &[Record]) -> String {
    let count = |severity| records.iter().filter(|record| record.severity == severity).count();
    document(&DiagnosticsDocument {
        format_version: FORMAT_VERSION,
        summary: DiagnosticsSummary {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            notes: count(Severity::Note),
        },
        diagnostics: records,
    })
}

#[derive(Serialize)]
struct OutcomeDocument<'a> {
    format_version: &'static str,
    rekon_version: &'a str,
    stack: &'a Stack,
    /// The fingerprint of the plan that was applied.
    fingerprint: &'a str,
    applied: Applied,
    interrupted: Option<Signal>,
    summary: OutcomeSummary,
    processors: Vec<ProcessorResult<'a>>,
    /// Every call that was begun, in the order in which they began.
    calls: &'a [CallOutcome],
    removed: &'a [Removed],
    /// The changes that nobody agreed to, where it was said what was.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    unreviewed: &'a [Unreviewed],
}

#[derive(Serialize)]
struct OutcomeSummary {
    #[serde(flatten)]
    fates: Counts,
    removed: usize,
    calls: CallCounts,
}

#[derive(Serialize)]
struct CallCounts {
    planned: usize,
    made: u64,
    reads: u64,
    retried: u64,
    throttled: u64,
    /// Rounded up to a tenth.
    seconds: f64,
}

#[derive(Serialize)]
struct DiagnosticsDocument<'a> {
    format_version: &'static str,
    summary: DiagnosticsSummary,
    diagnostics: &'a [Record],
}

#[derive(Serialize)]
struct DiagnosticsSummary {
    errors: usize,
    warnings: usize,
    notes: usize,
}

/// What the files take over, as `accept --format json` prints it.
pub fn acceptance(acceptance: &Acceptance, written: Written) -> String {
    let Acceptance { stack, accepted, left, files } = acceptance;
    let values = accepted.iter().map(|one| {
        let Accepted { name, attribute, before, after, origin, table, source } = one;
        let json = |side: &Option<Value>| side.as_ref().map(|value| value.to_json(Dialect::Toml));
        AcceptedValue {
            name,
            path: attribute.to_string(),
            before: json(before),
            after: json(after),
            origin: *origin,
            table,
            source,
        }
    });
    let left = left.iter().map(|left| LeftAlone { name: &left.name, reason: left.reason.as_str() });
    let files = files.iter().map(|file| Edited {
        path: &file.path,
        diff: diff::files(std::slice::from_ref(file), Settings::default()),
    });
    let (values, left, files): (Vec<_>, Vec<_>, Vec<_>) =
        (values.collect(), left.collect(), files.collect());
    document(&AcceptanceDocument {
        format_version: FORMAT_VERSION,
        stack,
        dry_run: written == Written::Not,
        summary: AcceptanceSummary { accepted: values.len(), left: left.len(), files: files.len() },
        accepted: values,
        left,
        files,
    })
}

#[derive(Serialize)]
struct AcceptanceDocument<'a> {
    format_version: &'static str,
    stack: &'a Stack,
    dry_run: bool,
    summary: AcceptanceSummary,
    accepted: Vec<AcceptedValue<'a>>,
    left: Vec<LeftAlone<'a>>,
    files: Vec<Edited<'a>>,
}

#[derive(Serialize)]
struct AcceptanceSummary {
    /// Values.
    accepted: usize,
    /// Processors.
    left: usize,
    files: usize,
}

#[derive(Serialize)]
struct AcceptedValue<'a> {
    name: &'a str,
    path: String,
    before: Option<serde_json::Value>,
    after: Option<serde_json::Value>,
    origin: Origin,
    table: &'a str,
    source: &'a Location,
}

#[derive(Serialize)]
struct LeftAlone<'a> {
    name: &'a str,
    reason: &'static str,
}

#[derive(Serialize)]
struct Edited<'a> {
    path: &'a str,
    diff: String,
}

/// A policy, as `iam-policy` prints it.
pub fn iam_policy(policy: &Policy) -> String {
    document(policy)
}

/// A snapshot, or any other document that is JSON already.
pub fn value(value: &serde_json::Value) -> String {
    document(value)
}

/// Writes a value as an indented document that ends with a line break.
fn document(value: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(value)
        .expect("the documents hold strings as keys and no number that JSON lacks");
    let mut out = escape_in_json(text, |character| character != '\n' && is_unsafe(character));
    out.push('\n');
    out
}

#[cfg(test)]
mod tests;
