//! What drift found, as a page.

use std::collections::HashMap;

use super::page::{Count, Message, Page, PlainLine, page};
use super::plan::{capital, tags};
use super::pool::{Node, Pool};
use super::{made, root, said};
use crate::model::Location;
use crate::plan::{Category, Drift, DriftSummary, Finding, Made};
use crate::report::palette::Meaning;
use crate::report::values::count;
use crate::report::view::{self, DriftEntry, DriftRow, Said};

/// What was found, by name and category.
type Findings<'a> = HashMap<(&'a str, Category), &'a Finding>;

/// Draws what was found now, against this.
pub(super) fn drift(drift: &Drift, made_now: Option<&Made>) -> String {
    let entries = view::drift_entries(drift);
    let mut pool = Pool::default();
    let findings: Findings<'_> = drift
        .findings
        .iter()
        .map(|finding| ((finding.name.as_str(), finding.category), finding))
        .collect();
    let nodes: Vec<Node> = entries.iter().map(|one| entry(&mut pool, one, &findings)).collect();
    let (meaning, verdict) = view::drift_verdict(drift);
    let said = view::drift_summary(drift);
    let said: Vec<&str> = said.iter().map(|(_, text)| text.as_str()).collect();
    let mut messages = Vec::new();
    if !drift.complete {
        let text = capital(view::DRIFT_INCOMPLETE);
        messages.push(Message::new(Meaning::Error, "Incomplete", text));
    }
    messages.extend(drift.diagnostics.iter().map(Message::of_record));
    messages.sort_by_key(|message| message.kind);
    let mut facts = vec![("Looked at", count(drift.summary.processors, "processor"))];
    facts.extend(made(made_now));
    facts.push(("rekon", drift.rekon_version.clone()));
    page(&Page {
        kind: "Drift",
        stack: Some(&drift.stack),
        verdict: (meaning, format!("{verdict} {}.", said.join(", "))),
        counts: counts(&drift.summary),
        messages,
        outside: view::drift_resolved(drift)
            .into_iter()
            .map(|(names, text)| (format!("{}: {text}", count(names.len(), "processor")), names))
            .collect(),
        facts,
        lines: entries.iter().map(plain).collect(),
        data: root(pool, "finding", &nodes, None),
    })
}

fn counts(summary: &DriftSummary) -> Vec<Count> {
    let DriftSummary { changed, missing, failed, undeclared, pending, unknown, .. } = *summary;
    let counts = [
        (Category::Changed, changed, "changed outside"),
        (Category::Missing, missing, "missing"),
        (Category::Failed, failed, "failed"),
        (Category::Undeclared, undeclared, "undeclared"),
        (Category::Unknown, unknown, "of unknown origin"),
        (Category::Pending, pending, "pending"),
    ];
    counts.map(|(category, number, word)| Count { kind: category.as_str(), number, word }).into()
}

/// Whether each is named wherever it stands.
fn is_grave(category: Category) -> bool {
    matches!(category, Category::Changed | Category::Missing | Category::Failed)
}

fn plain<'a>(entry: &DriftEntry<'a>) -> PlainLine<'a> {
    let rows = entry.rows.iter().map(|row| format!("{}: {}", row.path, row.text));
    PlainLine {
        what: view::category(entry.category).to_owned(),
        destroys: is_grave(entry.category),
        names: entry.names.clone(),
        details: entry.message.map(str::to_owned).into_iter().chain(rows).collect(),
    }
}

fn entry(pool: &mut Pool, entry: &DriftEntry<'_>, findings: &Findings<'_>) -> Node {
    let DriftEntry { names, source: _, category, rows, message, who, standing } = entry;
    let notes = message.map(|text| (Meaning::Warning, text.to_owned()));
    let about = [who, standing].into_iter().flatten();
    let notes: Vec<Said> =
        notes.into_iter().chain(about.map(|text| (Meaning::Plain, capital(text)))).collect();
    let alike: Vec<Node> = rows.iter().map(|one| row(pool, one, None)).collect();
    let found = names.iter().filter_map(|name| findings.get(&(*name, *category)));
    let members: Vec<Node> = found.map(|finding| member(pool, finding, rows)).collect();
    let destroys = if is_grave(*category) { "true" } else { "" };
    let node = [
        ("kind", pool.text(category.as_str())),
        ("kinds", pool.texts([category.as_str()])),
        ("destroys", pool.text(destroys)),
        ("what", pool.text(view::category(*category))),
        ("rows", pool.list(&alike)),
        ("notes", said(pool, &notes)),
        ("keep", pool.maybe(None)),
        ("members", pool.list(&members)),
    ];
    pool.object(node)
}

/// One processor, with where each declared value was written.
fn member(pool: &mut Pool, finding: &Finding, rows: &[DriftRow]) -> Node {
    let sources = finding.attributes.iter().map(|one| one.source.as_ref());
    let rows: Vec<Node> =
        rows.iter().zip(sources).map(|(one, source)| row(pool, one, source)).collect();
    let table = [("heads", pool.texts(["Attribute", "What", "Why"])), ("rows", pool.list(&rows))];
    let place = finding.source.as_ref().map(ToString::to_string);
    let members = [
        ("name", pool.text(&finding.name)),
        ("was", pool.maybe(None)),
        ("place", pool.maybe(place.as_deref())),
        ("tags", tags(pool, &finding.tags)),
        ("table", pool.object(table)),
        ("stays", pool.list(&[])),
        ("calls", pool.list(&[])),
        ("picture", pool.maybe(None)),
        ("became", pool.maybe(None)),
    ];
    pool.object(members)
}

fn row(pool: &mut Pool, row: &DriftRow, source: Option<&Location>) -> Node {
    let DriftRow { path, text, note } = row;
    let note = note.iter().map(|note| (Meaning::Note, note.clone()));
    let place = source.map(|place| (Meaning::Faint, format!("({place})")));
    let notes: Vec<Said> = note.chain(place).collect();
    let members = [
        ("path", pool.text(path)),
        ("before", pool.maybe(None)),
        ("after", pool.text(text)),
        ("notes", said(pool, &notes)),
        ("below", pool.list(&[])),
    ];
    pool.object(members)
}
