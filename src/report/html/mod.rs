//! A plan, what drift found or what became of a plan as one HTML page that needs nothing else.
//!
//! The page holds its style, its script and its data, and a policy that lets it fetch nothing.
//! The data is JSON in which equal values stand once (`pool`), so that ten thousand processors
//! stay within a few megabytes. The script, `page.js`, makes elements of it only as far as they are
//! looked at, and always as text: what a stranger wrote can become neither markup nor script.
//! What stands in the page for every reader, with and without script, is in `page`.
//!
//! Deliberately absent: a framework, a build step, and the time. A page says when its plan was
//! made; how long ago that is, the browser knows.

mod drift;
mod gallery;
mod outcome;
mod page;
mod plan;
mod pool;

use std::collections::BTreeMap;

use jiff::Timestamp;

use self::page::{Message, Page, class, page};
use self::pool::{Node, Pool};
use super::review::{Document, Subject};
use crate::desired::Stack;
use crate::diagnostic::Record;
use crate::model::Frame;
use crate::plan::{Against, Made};
use crate::report::palette::Meaning;
use crate::report::view::{Below, Row, Said};

/// The heads of a table whose rows have two sides.
const CHANGED: [&str; 4] = ["Attribute", "Before", "After", "Why"];
/// Likewise, where they have one.
const LISTED: [&str; 3] = ["Attribute", "Value", "Why"];

/// What cameras see, by the paths that a plan names; those that a page is to carry.
pub type Frames = BTreeMap<String, Frame>;

/// Draws a document as a page.
pub fn review(document: Document<'_>, frames: &Frames) -> String {
    match document {
        Document::Plan(of, made) => plan::plan(of, made, frames),
        Document::Drift(found, made) => drift::drift(found, made),
        Document::Outcome(became, of) => outcome::outcome(became, of, frames),
        Document::Diagnostics { of, stack, records } => none(of, stack, records),
    }
}

/// Draws why there is nothing to draw.
fn none(of: Subject, stack: Option<&Stack>, records: &[Record]) -> String {
    let (kind, verdict) = match of {
        Subject::Plan => ("Plan", "There is no plan."),
        Subject::Drift => ("Drift", "Nobody looked for drift."),
        Subject::Outcome => ("Outcome", "Nothing was applied."),
    };
    page(&Page {
        kind,
        stack,
        verdict: (Meaning::Error, verdict.to_owned()),
        counts: Vec::new(),
        messages: records.iter().map(Message::of_record).collect(),
        outside: Vec::new(),
        facts: Vec::new(),
        lines: Vec::new(),
        data: root(Pool::default(), "entry", &[], None),
    })
}

/// The data of a page: its list, and the pictures that are numbered in it.
fn root(mut pool: Pool, noun: &str, entries: &[Node], pictures: Option<Node>) -> String {
    let members = [
        ("noun", pool.text(noun)),
        ("pictures", pictures.unwrap_or_else(|| pool.list(&[]))),
        ("entries", pool.list(entries)),
    ];
    let root = pool.object(members);
    pool.finish(root)
}

/// When and against what something was made.
fn made(made: Option<&Made>) -> Vec<(&'static str, String)> {
    let Some(Made { at, against }) = made else { return Vec::new() };
    let against = match against {
        Against::Files { base } => format!("the files of {base}"),
        Against::Emulator => "the embedded service, which plays AWS".to_owned(),
        Against::Snapshot { file, taken_at: None } => format!("the snapshot {file}"),
        Against::Snapshot { file, taken_at: Some(at) } => {
            format!("the snapshot {file}, taken {}", minute(*at))
        }
        Against::Service { endpoint, caller } => {
            let endpoint = endpoint.as_ref().map(|url| format!("the endpoint {url}"));
            let caller = caller.as_ref().map(|caller| format!(" as {caller}"));
            endpoint.unwrap_or_else(|| "AWS".to_owned()) + &caller.unwrap_or_default()
        }
    };
    vec![("Made", minute(*at)), ("Against", against)]
}

fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Texts with what they mean.
fn said(pool: &mut Pool, all: &[Said]) -> Node {
    let all: Vec<Node> = all
        .iter()
        .map(|(meaning, text)| {
            let said = [pool.text(class(*meaning)), pool.text(text)];
            pool.list(&said)
        })
        .collect();
    pool.list(&all)
}

/// Lines below a value: a sign, a region, and what it becomes.
fn below(pool: &mut Pool, lines: &[Below]) -> Node {
    let lines: Vec<Node> = lines
        .iter()
        .map(|Below { number, sign, meaning, text, becomes }| {
            let line = [
                pool.text(class(*meaning)),
                pool.text(sign.trim()),
                pool.text(&format!("{number}: {text}")),
                pool.maybe(becomes.as_deref()),
            ];
            pool.list(&line)
        })
        .collect();
    pool.list(&lines)
}

/// A row of a table, with its values beside each other.
fn row(pool: &mut Pool, row: &Row) -> Node {
    let Row { path, before, after, notes, below: lines } = row;
    let members = [
        ("path", pool.text(path)),
        ("before", pool.maybe(before.as_deref())),
        ("after", pool.text(after)),
        ("notes", said(pool, notes)),
        ("below", below(pool, lines)),
    ];
    pool.object(members)
}

/// A table of rows that are alike in how many sides they have.
fn table(pool: &mut Pool, rows: &[Row]) -> Node {
    let heads: &[&str] = match rows.iter().any(|row| row.before.is_some()) {
        true => &CHANGED,
        false => &LISTED,
    };
    let rows: Vec<Node> = rows.iter().map(|one| row(pool, one)).collect();
    let members = [("heads", pool.texts(heads.iter().copied())), ("rows", pool.list(&rows))];
    pool.object(members)
}

/// What a row says, in a line.
fn line(row: &Row) -> String {
    let Row { path, before, after, notes: _, below: _ } = row;
    match before {
        Some(before) => format!("{path}: {before} → {after}"),
        None => format!("{path}: {after}"),
    }
}

#[cfg(test)]
pub(super) use page::without_furniture;

#[cfg(test)]
mod tests;
