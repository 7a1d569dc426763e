//! What drift found, gathered where it is alike.

use jiff::Timestamp;

use super::{Said, gather};
use crate::model::{Location, Value};
use crate::plan::{
    Category, Drift, Drifted, Finding, Origin, Outlook, RecordedValue, Resolved, Sighting,
    Standing, Who,
};
use crate::report::palette::Meaning;
use crate::report::values::{count, pair};

/// The same thing, found of one processor or of several.
#[derive(Debug)]
pub(in crate::report) struct DriftEntry<'a> {
    /// At least one.
    pub names: Vec<&'a str>,
    /// Where it is declared, where it is one.
    pub source: Option<&'a Location>,
    pub category: Category,
    pub rows: Vec<DriftRow>,
    /// What the service says of a failure, or what the next apply makes of it.
    pub message: Option<&'a str>,
    pub who: Option<String>,
    /// Whether it was there before.
    pub standing: Option<String>,
}

/// What a part of the live state that could not be read means.
pub(in crate::report) const DRIFT_INCOMPLETE: &str = "part of the live state could not be read, \
    so that what is not shown here may have moved too.";

/// One attribute of it.
#[derive(Debug)]
pub(in crate::report) struct DriftRow {
    pub path: String,
    /// From what is told first to what lives, or is declared.
    pub text: String,
    /// What else there is to know.
    pub note: Option<String>,
}

/// The findings, the gravest first.
pub(in crate::report) fn drift_entries(drift: &Drift) -> Vec<DriftEntry<'_>> {
    let alike = |finding: &&Finding| {
        let sides = |one: &Drifted| {
            (one.path.clone(), one.live.to_string(), one.declared.to_string(), one.origin)
        };
        let who = finding.who.as_ref().map(who);
        (
            finding.category,
            finding.attributes.iter().map(sides).collect::<Vec<_>>(),
            (finding.message.clone(), finding.outlook),
            (who, finding.seen),
        )
    };
    let groups = gather(drift.findings.iter(), alike);
    let mut entries: Vec<DriftEntry<'_>> = groups.into_iter().filter_map(entry).collect();
    entries.sort_by_key(|entry| entry.category);
    entries
}

fn entry(findings: Vec<&Finding>) -> Option<DriftEntry<'_>> {
    let first = *findings.first()?;
    Some(DriftEntry {
        names: findings.iter().map(|finding| finding.name.as_str()).collect(),
        source: first.source.as_ref().filter(|_| findings.len() == 1),
        category: first.category,
        rows: first.attributes.iter().map(row).collect(),
        message: first.message.as_deref().or(first.outlook.map(outlook)),
        who: first.who.as_ref().map(who),
        standing: first.seen.map(standing),
    })
}

fn outlook(outlook: Outlook) -> &'static str {
    match outlook {
        Outlook::Adopted => "not this stack's yet: the next apply adopts it",
        Outlook::Deleted => "no file declares it any more: the next apply deletes it",
        Outlook::Protected => {
            "no file declares it any more, and prevent_destroy was applied: apply refuses to delete it"
        }
        Outlook::Renamed => {
            "the files give it a new name: the next apply deletes it and creates it under that"
        }
        Outlook::Released => {
            "the files let it go: the next apply takes its marks off and leaves it"
        }
        Outlook::Refused => "another stack manages it: apply refuses to take it over",
    }
}

fn standing(Sighting { standing, since }: Sighting) -> String {
    match standing {
        Standing::New => "new".to_owned(),
        Standing::Altered => format!("otherwise than before; there since {}", minute(since)),
        Standing::Known => format!("there since {}", minute(since)),
    }
}

fn minute(at: Timestamp) -> jiff::fmt::strtime::Display<'static> {
    at.strftime("%Y-%m-%d %H:%M UTC")
}

/// What was found before and is no more, gathered where it is alike.
pub(in crate::report) fn drift_resolved(drift: &Drift) -> Vec<(Vec<&str>, String)> {
    let resolved = drift.since.iter().flat_map(|since| &since.resolved);
    let groups = gather(resolved, |one| (one.category, one.since));
    groups.into_iter().filter_map(no_more).collect()
}

fn no_more(group: Vec<&Resolved>) -> Option<(Vec<&str>, String)> {
    let first = group.first()?;
    let (was, since) = (first.category.as_str(), minute(first.since));
    let names = group.iter().map(|one| one.name.as_str()).collect();
    Some((names, format!("resolved: {was} since {since}")))
}

/// What the look comes to.
pub(in crate::report) fn drift_verdict(drift: &Drift) -> (Meaning, &'static str) {
    let found = drift.findings.iter().any(|finding| finding.category != Category::Pending);
    match (drift.complete, found) {
        (true, false) => (Meaning::Good, "No drift."),
        (true, true) => (Meaning::Strong, "Drift:"),
        (false, _) => (Meaning::Error, "Incomplete:"),
    }
}

/// What was applied before what lives, where the service moved; what lives before what is
/// declared, where the file did.
fn row(one: &Drifted) -> DriftRow {
    let Drifted { path, recorded, origin, difference, .. } = one;
    let attribute = &difference.attribute;
    let text = |from: &Option<Value>, to: &Option<Value>| {
        let (from, to) = pair(attribute, from.as_ref(), to.as_ref());
        format!("{from} → {to}")
    };
    let (live, declared) = (&difference.before, &difference.after);
    let (text, note) = match origin {
        Origin::Drift => (text(declared, live), None),
        Origin::Config => (text(live, declared), None),
        Origin::Both | Origin::Unknown => {
            let (live, declared) = pair(attribute, live.as_ref(), declared.as_ref());
            let note = match recorded {
                RecordedValue::Digest(digest) => {
                    format!(
                        "conflict: both moved; what was applied is known by its digest alone, {digest}"
                    )
                }
                RecordedValue::Value(_) => "conflict: both moved; it was absent".to_owned(),
                RecordedValue::None => "no record says which side moved".to_owned(),
            };
            (format!("{live} lives, {declared} is declared"), Some(note))
        }
    };
    DriftRow { path: path.clone(), text, note }
}

fn who(who: &Who) -> String {
    if let Some(reason) = &who.unknown {
        return format!("who changed it is not known: {reason}");
    }
    let mut text = format!("by {}", who.principal.as_deref().unwrap_or("somebody"));
    let parts = [
        who.operation.as_ref().map(|operation| format!(", {operation}")),
        who.at.map(|at| format!(", {at}")),
        who.source_ip.as_ref().map(|address| format!(", from {address}")),
    ];
    parts.into_iter().flatten().for_each(|part| text.push_str(&part));
    if who.by_rekon {
        text.push_str(", with rekon; a later change may not be in CloudTrail yet");
    }
    text
}

/// What a category means, in a word or two.
pub(in crate::report) fn category(category: Category) -> &'static str {
    match category {
        Category::Changed => "changed outside of the files",
        Category::Missing => "missing",
        Category::Failed => "failed",
        Category::Undeclared => "undeclared",
        Category::Unknown => "differs",
        Category::Pending => "pending: the files moved",
    }
}

/// The line that sums it up.
pub(in crate::report) fn drift_summary(drift: &Drift) -> Vec<Said> {
    let summary = &drift.summary;
    let findings = [
        (summary.changed, "changed", Meaning::Warning),
        (summary.missing, "missing", Meaning::Error),
        (summary.failed, "failed", Meaning::Error),
        (summary.unknown, "of unknown origin", Meaning::Warning),
        (summary.pending, "pending", Meaning::Note),
        (summary.ignored, "ignored", Meaning::Faint),
        (summary.undeclared, "undeclared", Meaning::Plain),
    ];
    let mut said: Vec<Said> = findings
        .into_iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, word, meaning)| (meaning, format!("{number} {word}")))
        .collect();
    if let Some(since) = &drift.since {
        let standings = [
            (since.new, "new", Meaning::Warning),
            (since.altered, "otherwise than before", Meaning::Warning),
            (since.resolved.len(), "resolved", Meaning::Good),
        ];
        let standings = standings.into_iter().filter(|(number, ..)| *number > 0);
        said.extend(standings.map(|(number, word, meaning)| (meaning, format!("{number} {word}"))));
    }
    said.push((
        Meaning::Plain,
        format!("{} of {} clean", summary.clean, count(summary.processors, "processor")),
    ));
    said
}
