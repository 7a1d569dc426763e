//! SARIF 2.1.0: the log that code scanning reads.
//!
//! A rule has a name that stays, and a result a fingerprint that does not change when its
//! line moves, so that whoever keeps results knows one again.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::review::{Document, Subject};
use super::view::{self, Level, Place, Remark, Rule};
use super::{digest, escape, json as documents};
use crate::desired::Stack;

/// Where the format is described.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// What paths are relative to; code scanning knows it by this name.
const ROOT: &str = "%SRCROOT%";

/// Draws a document.
pub fn review(document: Document<'_>) -> String {
    let remarks = view::remarks(document);
    let mut rules: BTreeMap<&Rule, Level> = BTreeMap::new();
    for remark in &remarks {
        let level = rules.entry(&remark.rule).or_insert(remark.level);
        *level = remark.level.min(*level);
    }
    let places: HashMap<&Rule, usize> =
        rules.keys().enumerate().map(|(at, rule)| (*rule, at)).collect();
    let (of, stack, complete) = about(document);
    let mut seen: HashMap<String, usize> = HashMap::new();
    let results: Vec<Json> = remarks
        .iter()
        .map(|remark| {
            let own = fingerprint(remark, stack);
            let times = seen.entry(own.clone()).or_default();
            *times += 1;
            result(remark, places[&remark.rule], &format!("{own}:{times}"))
        })
        .collect();
    documents::value(&json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "rekon",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.into_iter().map(|(rule, level)| described(rule, level)).collect::<Vec<_>>(),
            }},
            "automationDetails": {"id": format!("rekon/{of}/{}/", stack.map(|stack| uri(&stack.name)).unwrap_or_default())},
            "invocations": [{"executionSuccessful": complete}],
            "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository."}}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    }))
}

/// What a document is of, whose it is, and whether it says all.
fn about(document: Document<'_>) -> (&'static str, Option<&Stack>, bool) {
    let word = |of| match of {
        Subject::Plan => "plan",
        Subject::Drift => "drift",
        Subject::Outcome => "outcome",
    };
    match document {
        Document::Plan(plan, _) => ("plan", Some(&plan.stack), plan.complete),
        Document::Drift(drift, _) => ("drift", Some(&drift.stack), drift.complete),
        Document::Outcome(outcome, plan) => {
            let all = view::applied(outcome) == view::Applied::All;
            ("outcome", Some(&plan.stack), all)
        }
        Document::Diagnostics { of, stack, records } => {
            let wrong =
                records.iter().any(|one| one.severity == crate::diagnostic::Severity::Error);
            (word(of), stack, !wrong)
        }
    }
}

fn described(rule: &Rule, level: Level) -> Json {
    json!({
        "id": rule.name(),
        "shortDescription": {"text": plain(rule.about())},
        "help": {"text": plain(rule.about())},
        "defaultConfiguration": {"level": word(level)},
    })
}

fn result(remark: &Remark<'_>, rule: usize, fingerprint: &str) -> Json {
    let Remark { level, title, message, place, others, .. } = remark;
    let mut result = json!({
        "ruleId": remark.rule.name(),
        "ruleIndex": rule,
        "level": word(*level),
        "message": {"text": plain(&format!("{title}\n{message}"))},
        "locations": place.iter().map(location).collect::<Vec<_>>(),
        "partialFingerprints": {"rekon/v1": fingerprint},
    });
    if !others.is_empty() {
        let others = others.iter().enumerate().map(|(at, (place, message))| {
            let mut other = location(place);
            other["id"] = json!(at + 1);
            other["message"] = json!({"text": plain(message)});
            other
        });
        result["relatedLocations"] = others.collect();
    }
    result
}

fn location(Place { file, start: (line, column), end }: &Place<'_>) -> Json {
    let mut region = json!({"startLine": line.max(&1), "startColumn": column.max(&1)});
    if let Some((end_line, end_column)) = end {
        region["endLine"] = json!(end_line.max(line).max(&1));
        region["endColumn"] = json!(end_column.max(&1));
    }
    json!({"physicalLocation": {
        "artifactLocation": {"uri": uri(file), "uriBaseId": ROOT},
        "region": region,
    }})
}

/// What a result is known by: its rule, its file and what it is about, but no line.
fn fingerprint(remark: &Remark<'_>, stack: Option<&Stack>) -> String {
    let rule = remark.rule.name();
    let file = remark.place.map(|place| place.file).unwrap_or_default();
    let stack = stack.map(|stack| stack.name.as_str()).unwrap_or_default();
    let identity = remark.identity.iter().map(String::as_str);
    digest([stack, &rule, file].into_iter().chain(identity))
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Notice => "note",
    }
}

/// A path as a reference relative to the root.
fn uri(path: &str) -> String {
    let mut out = String::new();
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// A text in which brackets make no link.
fn plain(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(|line| escape(line).into_owned()).collect();
    lines.join("\n").replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

#[cfg(test)]
mod tests;
