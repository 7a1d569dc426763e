//! A plan as a page.

use std::collections::{BTreeSet, HashMap};

use super::gallery::Gallery;
use super::page::{Count, Message, Page, PlainLine, page};
use super::pool::{Node, Pool};
use super::{Frames, line, made, root, row, said, table};
use crate::model::{Attribute, Definition, TagPolicy};
use crate::plan::{Action, Call, Change, FallbackCall, Made, Origin, Plan, Summary};
use crate::report::palette::Meaning;
use crate::report::values::{at_least, count};
use crate::report::view::{self, Entry, Row, Said};
use crate::report::{Detail, values, words};

/// Draws a plan, which was made now and against this unless it says itself when that was.
pub(super) fn plan(plan: &Plan, made_now: Option<&Made>, frames: &Frames) -> String {
    let mut entries = view::entries(plan, Detail::Normal);
    entries.sort_by_key(|entry| (!entry.destroys(), entry.action != Action::Delete));
    let mut pool = Pool::default();
    let mut details = Details::new(plan, frames);
    let nodes: Vec<Node> = entries.iter().map(|one| entry(&mut pool, one, &mut details)).collect();
    let pictures = details.pictures.finish(&mut pool);
    page(&Page {
        kind: "Plan",
        stack: Some(&plan.stack),
        verdict: verdict(plan, &entries),
        counts: counts(&plan.summary),
        messages: messages(plan),
        outside: view::outside(plan, Detail::Verbose),
        facts: facts(plan, made_now),
        lines: entries.iter().map(plain).collect(),
        data: root(pool, "change", &nodes, Some(pictures)),
    })
}

/// What a plan comes to, what it takes from cameras before all else.
fn verdict(plan: &Plan, entries: &[Entry<'_>]) -> (Meaning, String) {
    if plan.changes.is_empty() {
        let ((meaning, verdict), about) = view::nothing(plan);
        return (meaning, format!("{verdict} {about}"));
    }
    let size = |holds: fn(&Entry<'_>) -> bool| -> usize {
        entries.iter().filter(|entry| holds(entry)).map(|entry| entry.members.len()).sum()
    };
    let gone = size(|entry| entry.action == Action::Delete);
    let meanwhile = size(|entry| entry.destroys() && entry.action != Action::Delete);
    let goes = |number: usize, ends: &str| {
        let verb = if number == 1 { "goes" } else { "go" };
        (number > 0).then(|| format!("{} {verb} blind {ends}", count(number, "camera")))
    };
    let blind: Vec<String> =
        [goes(gone, "for good"), goes(meanwhile, "for a while")].into_iter().flatten().collect();
    match (gone, meanwhile) {
        (0, 0) => (Meaning::Good, "No camera goes blind.".to_owned()),
        (0, _) => (Meaning::Replace, format!("{}.", blind.join(", "))),
        _ => (Meaning::Delete, format!("{}.", blind.join(", "))),
    }
}

/// What is done how often, what destroys first.
fn counts(summary: &Summary) -> Vec<Count> {
    let Summary { create, update, replace, delete, adopt, record, start, stop, .. } = *summary;
    let always = [
        ("delete", delete, "to delete"),
        ("replace", replace, "to replace"),
        ("create", create, "to create"),
        ("update", update, "to update"),
    ];
    let sometimes = [
        ("adopt", adopt, "to adopt"),
        ("start", start, "to start"),
        ("stop", stop, "to stop"),
        ("record", record, "to record"),
    ];
    let sometimes = sometimes.into_iter().filter(|(_, number, _)| *number > 0);
    let counts = always.into_iter().chain(sometimes);
    counts.map(|(kind, number, word)| Count { kind, number, word }).collect()
}

fn messages(plan: &Plan) -> Vec<Message> {
    let refused = plan.refusals.iter().map(|refusal| Message {
        code: Some(refusal.code.as_str().to_owned()),
        help: refusal.help.clone(),
        ..Message::new(Meaning::Error, "Refusal", view::refusal(refusal))
    });
    let incomplete = (!plan.complete)
        .then(|| Message::new(Meaning::Error, "Incomplete", capital(view::INCOMPLETE)));
    let mut records: Vec<Message> = plan.diagnostics.iter().map(Message::of_record).collect();
    records.sort_by_key(|message| message.kind);
    refused.chain(incomplete).chain(records).collect()
}

/// A sentence that stands by itself.
pub(super) fn capital(sentence: &str) -> String {
    let mut characters = sentence.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

fn facts(plan: &Plan, made_now: Option<&Made>) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("Unchanged", count(plan.summary.unchanged, "processor")),
        ("Cost", view::cost(&plan.summary.calls)),
    ];
    facts.extend(plan.base.iter().map(|base| ("Compared with", base.clone())));
    facts.extend(made(plan.made.as_ref().or(made_now)));
    facts.push(("Fingerprint", plan.fingerprint.clone()));
    facts.push(("rekon", plan.rekon_version.clone()));
    facts
}

/// An entry for who runs no script.
fn plain<'a>(entry: &Entry<'a>) -> PlainLine<'a> {
    PlainLine {
        what: entry.what.clone(),
        destroys: entry.destroys(),
        names: entry.members.iter().map(|member| member.name).collect(),
        details: entry.rows.iter().map(line).collect(),
    }
}

/// One processor's change, or the same one of several.
fn entry(pool: &mut Pool, entry: &Entry<'_>, details: &mut Details<'_>) -> Node {
    let Entry { members, action, moved_from, reverts, what, rows, .. } = entry;
    let Entry { keep, restart, blind, operations, fallback: _, .. } = entry;
    let crowd = entry.is_crowd();
    let each = if crowd { " each" } else { "" };
    let mut notes: Vec<Said> = Vec::new();
    if *reverts {
        notes.push((
            Meaning::Warning,
            "Overwrites what was changed outside of the files.".to_owned(),
        ));
    }
    notes.extend(
        blind.map(|blind| {
            (Meaning::Replace, format!("Blind for at least {}{each}.", at_least(blind)))
        }),
    );
    notes.extend(restart.map(|text| (Meaning::Plain, format!("{}.", capital(text)))));
    if crowd && !operations.is_empty() {
        let number = operations.len() * members.len();
        let text = format!("{} each: {}.", words::operations(operations), count(number, "write"));
        notes.push((Meaning::Faint, text));
    }
    let changes = members.iter().filter_map(|member| details.changes.get(member.name));
    let kinds: BTreeSet<Action> =
        changes.take(1).flat_map(|change| change.actions.iter().copied()).collect();
    let kinds: Vec<&str> = match moved_from {
        Some(_) => [Action::Delete, Action::Replace].into_iter().chain(kinds).map(kind).collect(),
        None => kinds.into_iter().map(kind).collect(),
    };
    let mark = kind(if moved_from.is_some() { Action::Replace } else { *action });
    let keep = keep.as_ref().map(|(lead, lines)| {
        let members = [
            ("lead", pool.text(&capital(lead))),
            ("lines", pool.texts(lines.iter().map(String::as_str))),
        ];
        pool.object(members)
    });
    let rows: Vec<Node> = rows.iter().map(|one| row(pool, one)).collect();
    let members: Vec<Node> =
        members.iter().map(|member| details.member(pool, member.name, None)).collect();
    let destroys = if entry.destroys() { "true" } else { "" };
    let keep = keep.unwrap_or_else(|| pool.maybe(None));
    let node = [
        ("kind", pool.text(mark)),
        ("kinds", pool.texts(kinds)),
        ("destroys", pool.text(destroys)),
        ("what", pool.text(what)),
        ("rows", pool.list(&rows)),
        ("notes", said(pool, &notes)),
        ("keep", keep),
        ("members", pool.list(&members)),
    ];
    pool.object(node)
}

/// The word by which the page knows an action.
pub(super) fn kind(action: Action) -> &'static str {
    match action {
        Action::Delete => "delete",
        Action::Replace => "replace",
        Action::Create => "create",
        Action::Update => "update",
        Action::Adopt => "adopt",
        Action::Record => "record",
        Action::Start => "start",
        Action::Stop => "stop",
    }
}

/// A plan, by name and by call, for whoever says all of one processor.
pub(super) struct Details<'a> {
    changes: HashMap<&'a str, &'a Change>,
    calls: HashMap<&'a str, &'a Call>,
    pub(super) pictures: Gallery<'a>,
    rows: Box<dyn Fn(&'a Change) -> Vec<Row> + 'a>,
}

impl<'a> Details<'a> {
    pub(super) fn new(plan: &'a Plan, frames: &'a Frames) -> Details<'a> {
        Details {
            changes: plan.changes.iter().map(|change| (change.name.as_str(), change)).collect(),
            calls: plan.calls.iter().map(|call| (call.id.as_str(), call)).collect(),
            pictures: Gallery::new(plan, frames),
            rows: Box::new(view::in_full(plan)),
        }
    }

    /// All that there is to say of one processor, and what became of it.
    pub(super) fn member(&mut self, pool: &mut Pool, name: &str, became: Option<Node>) -> Node {
        let change = self.changes.get(name).copied();
        let old = change.and_then(|change| change.moved_from.as_deref());
        let before = old.and_then(|old| self.changes.get(old).copied());
        let rows = change.map_or_else(Vec::new, |change| self.rows_of(change));
        let expected = before.or(change).and_then(|change| change.expect.as_ref());
        let result = change.and_then(|change| change.result.as_ref());
        let given = expected.into_iter().chain(result).flat_map(Definition::given_tags).collect();
        let calls = before.into_iter().chain(change).flat_map(|change| &change.calls);
        let calls: Vec<Node> =
            calls.filter_map(|id| self.calls.get(id.as_str())).map(|one| call(pool, one)).collect();
        let place = change.and_then(|change| change.source.as_ref()).map(ToString::to_string);
        let (picture, lacks) = self.pictures.picture(pool, change);
        let members = [
            ("name", pool.text(name)),
            ("was", pool.maybe(old)),
            ("place", pool.maybe(place.as_deref())),
            ("tags", tags(pool, &given)),
            ("table", table(pool, &rows)),
            ("stays", stays(pool, expected, &rows)),
            ("calls", pool.list(&calls)),
            ("picture", picture),
            ("lacks", pool.maybe(lacks)),
            ("became", became.unwrap_or_else(|| pool.maybe(None))),
        ];
        pool.object(members)
    }

    /// Each attribute in full, and which side moved.
    fn rows_of(&self, change: &'a Change) -> Vec<Row> {
        let mut rows = (self.rows)(change);
        for (row, one) in rows.iter_mut().zip(&change.attributes) {
            // What the service changed is said already.
            let origin = match one.origin {
                Origin::Config if row.before.is_some() => "(the file changed)",
                Origin::Config | Origin::Drift | Origin::Both | Origin::Unknown => continue,
            };
            row.notes.insert(0, (Meaning::Faint, origin.to_owned()));
        }
        rows
    }
}

/// Tags by which the list can be narrowed.
pub(super) fn tags(pool: &mut Pool, tags: &BTreeSet<(String, String)>) -> Node {
    let tags: Vec<Node> =
        tags.iter().map(|(key, value)| pool.texts([key.as_str(), value.as_str()])).collect();
    pool.list(&tags)
}

/// What of a processor stays as it is, for whoever wants to know what it is.
fn stays(pool: &mut Pool, before: Option<&Definition>, changed: &[Row]) -> Node {
    let reserved = |attribute: &Attribute| attribute.tag().is_some_and(TagPolicy::is_reserved);
    let all = before.into_iter().flat_map(Definition::iter);
    let all = all.filter(|(attribute, _)| !reserved(attribute));
    let all =
        all.map(|(attribute, value)| [attribute.to_string(), values::text(attribute, Some(value))]);
    let rest = all.filter(|[path, _]| changed.iter().all(|row| row.path != *path));
    let rest: Vec<Node> = rest.map(|both| pool.texts(both.iter().map(String::as_str))).collect();
    pool.list(&rest)
}

/// A call, as it will be sent.
fn call(pool: &mut Pool, call: &Call) -> Node {
    let Call { id, processor: _, operation, group: _, after, after_verified, request, on_failure } =
        call;
    let back = on_failure.iter().flatten().map(|step| {
        let FallbackCall { processor, operation, request } = step;
        let members = [
            ("processor", pool.text(processor)),
            ("operation", pool.text(operation.as_str())),
            ("request", pool.json(request)),
        ];
        pool.object(members)
    });
    let back: Vec<Node> = back.collect();
    let members = [
        ("id", pool.text(id)),
        ("operation", pool.text(operation.as_str())),
        ("after", pool.texts(after.iter().map(String::as_str))),
        ("verified", pool.texts(after_verified.iter().map(String::as_str))),
        ("request", pool.json(request)),
        ("back", pool.list(&back)),
    ];
    pool.object(members)
}
