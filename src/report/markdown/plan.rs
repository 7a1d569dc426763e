//! A plan as a comment: counts, what forbids it, whose camera goes blind, and the rest.

use std::fmt::Write as _;

use super::page::{Page, Part};
use super::text::{code, code_in_html, first_of};
use super::{LeftOut, alert, begin, complaints, place, provenance, refusals};
use crate::model::Location;
use crate::plan::{Action, Made, Plan};
use crate::report::palette::Meaning;
use crate::report::review::Subject;
use crate::report::values::{at_least, count};
use crate::report::view::{self, Entry, Row};
use crate::report::{Detail, words};

/// How many attributes of a change are told in its row.
const MOST_ROWS: usize = 4;
/// How many names are told of processors that change alike, where no camera goes blind.
const MOST_NAMES: usize = 3;
/// How many are told of those that no file declares.
const MOST_OUTSIDE: usize = 5;
/// How many are told of what changes alike in what is folded.
const MOST_NAMES_FOLDED: usize = 200;

/// Draws a plan.
///
/// What weighs most gets its room first: the names of what goes blind before all else.
pub(super) fn plan(mut page: Page, plan: &Plan, made: Option<&Made>) -> String {
    let mut left_out = LeftOut::default();
    begin(&mut page, Subject::Plan, Some(&plan.stack), "Plan for", &verdict(plan));
    let from = provenance(made, &plan.rekon_version);
    page.end_with(format!("{from} Fingerprint {}.\n", code(&plan.fingerprint)));

    let entries = view::entries(plan, Detail::Normal);
    let (blind, others): (Vec<_>, Vec<_>) = entries.iter().partition(|entry| entry.destroys());
    let named = named(&blind, page.room(), &mut LeftOut::default());
    let (refusals, untold) = refusals(&plan.refusals, page.room().saturating_sub(named.len()));
    left_out.note(untold, "refusal");
    page.push(&refusals);
    match table(&blind, page.room()) {
        Some(table) => drop(page.push(&table)),
        None => {
            let named = self::named(&blind, page.room(), &mut left_out);
            page.push(&named);
        }
    }
    page_others(&mut page, &others, &mut left_out);
    let records = plan.diagnostics.iter();
    let (told, untold) = complaints("What else there is to say", records, page.room());
    left_out.note(untold, "remark");
    page.push(&told);
    for (text, names) in view::outside(plan, Detail::Verbose) {
        page.push(&match names.is_empty() {
            true => format!("{text}\n\n"),
            false => format!("{text} {}.\n\n", first_of(&names, MOST_OUTSIDE)),
        });
    }
    folded(&mut page, blind.iter().chain(&others), &mut left_out);
    page.finish(&left_out.told())
}

/// How much there is of what, what it costs, and whether it may be done.
fn verdict(plan: &Plan) -> String {
    let summary = &plan.summary;
    let mut out = String::new();
    if plan.changes.is_empty() {
        let ((_, verdict), about) = view::nothing(plan);
        let _ = write!(out, "**{verdict}** {about}");
    } else {
        let said: Vec<String> = view::actions(summary).into_iter().map(|(_, text)| text).collect();
        let cost = view::cost(&summary.calls);
        let _ = write!(out, "**{}**, {} unchanged; {cost}.", said.join(", "), summary.unchanged);
    }
    let _ = write!(out, "{}\n\n", place(&plan.stack));
    if !plan.complete {
        out.push_str(&alert(
            "**Incomplete:** not all that lives could be read, so this plan cannot be applied.",
        ));
    }
    if !plan.refusals.is_empty() {
        let reasons = count(plan.refusals.len(), "reason");
        out.push_str(&alert(&format!(
            "**Refused:** nothing of this plan will be applied, for {reasons}."
        )));
    }
    out
}

/// The names of an entry's processors, each with the one that it had.
fn names(entry: &Entry<'_>) -> Vec<String> {
    let name = |name: &str| match entry.moved_from {
        Some(old) => format!("{old} → {name}"),
        None => name.to_owned(),
    };
    entry.members.iter().map(|member| name(member.name)).collect()
}

/// What is done to the processors of an entry, in the plural, to be counted.
fn kind(entry: &Entry<'_>) -> &'static str {
    match entry.action {
        _ if entry.moved_from.is_some() => "new name",
        Action::Delete => "deletion",
        Action::Replace => "replacement",
        Action::Create => "creation",
        Action::Update => "update",
        Action::Adopt => "adoption",
        Action::Record => "record",
        Action::Start => "start",
        Action::Stop => "stop",
    }
}

/// How long a camera of an entry is blind.
fn blindness(entry: &Entry<'_>) -> String {
    match (entry.action, entry.blind) {
        (Action::Delete, _) => "for good".to_owned(),
        (_, Some(blind)) => format!("at least {}", at_least(blind)),
        (_, None) => String::new(),
    }
}

/// Whose cameras go blind, with why; nothing, if not all of it can be told.
fn table(entries: &[&Entry<'_>], room: usize) -> Option<String> {
    let head =
        "### Cameras that go blind\n\n| processor | what happens | blind | why |\n|--|--|--|--|\n";
    let mut part = Part::new(room, head.to_owned());
    for entry in entries {
        let names = first_of(&names(entry), usize::MAX);
        let number = if entry.is_crowd() {
            count(entry.members.len(), "processor") + ": "
        } else {
            String::new()
        };
        let (what, blind, why) = (&entry.what, blindness(entry), changes(entry));
        if !part.add(&format!("| {number}{names} | {what} | {blind} | {why} |\n")) {
            return None;
        }
    }
    Some(part.finish())
}

/// Whose cameras go blind, as many names as there is room for.
fn named(entries: &[&Entry<'_>], room: usize, left_out: &mut LeftOut) -> String {
    let mut part = Part::new(room, "### Cameras that go blind\n\n".to_owned());
    for what in ["deletion", "new name", "replacement"] {
        let entries = entries.iter().filter(|entry| kind(entry) == what);
        let names: Vec<String> = entries.flat_map(|entry| names(entry)).collect();
        if names.is_empty() {
            continue;
        }
        let lead = format!("- **{}:** ", count(names.len(), what));
        // As many digits as the number of those that do not fit can have.
        let end = |rest: usize| format!(" and {rest} more\n");
        let mut line = lead;
        let mut told = 0;
        let free = part.room().saturating_sub(end(names.len()).len());
        for name in &names {
            let name = code(name);
            let comma = if told == 0 { "" } else { ", " };
            // A shorter one behind it may still fit.
            if line.len() + comma.len() + name.len() > free {
                continue;
            }
            line.push_str(comma);
            line.push_str(&name);
            told += 1;
        }
        let rest = names.len() - told;
        left_out.note(rest, what);
        match rest {
            0 => line.push('\n'),
            rest => line.push_str(&end(rest)),
        }
        if told > 0 {
            part.add(&line);
        }
    }
    part.finish()
}

/// What changes otherwise, a row for what changes alike.
fn page_others(page: &mut Page, entries: &[&Entry<'_>], left_out: &mut LeftOut) {
    let head = "### What else changes\n\n| processor | what happens | what changes |\n|--|--|--|\n";
    let mut part = Part::new(page.room(), head.to_owned());
    for entry in entries {
        let all = names(entry);
        let names = match all.as_slice() {
            [one] => code(one),
            many => format!("{}: {}", count(many.len(), "processor"), first_of(many, MOST_NAMES)),
        };
        let row = format!("| {names} | {} | {} |\n", entry.what, changes(entry));
        if !part.add(&row) {
            left_out.note(all.len(), kind(entry));
        }
    }
    let part = part.finish();
    page.push(&part);
}

/// The attributes that change, what forces a replacement first; of what comes or goes
/// there are too many.
fn changes(entry: &Entry<'_>) -> String {
    let mut rows: Vec<&Row> = entry.rows.iter().filter(|row| row.before.is_some()).collect();
    let forces = |row: &Row| row.notes.iter().any(|(meaning, _)| *meaning == Meaning::Replace);
    rows.sort_by_key(|row| !forces(row));
    let told = rows.iter().take(MOST_ROWS).map(|row| {
        let notes = notes(row);
        let before = row.before.iter().map(|before| format!("{before} → "));
        let change = code(&before.chain([row.after.clone()]).collect::<String>());
        match notes.is_empty() {
            true => format!("{} {change}", code(&row.path)),
            false => format!("{} {change} {}", code(&row.path), code(&notes)),
        }
    });
    let mut text = told.collect::<Vec<_>>().join("; ");
    if rows.len() > MOST_ROWS {
        let _ = write!(text, "; and {}", count(rows.len() - MOST_ROWS, "more attribute"));
    }
    text
}

fn notes(row: &Row) -> String {
    row.notes.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(" ")
}

/// All that is said of each entry, to be unfolded.
fn folded<'a>(
    page: &mut Page,
    entries: impl Iterator<Item = &'a &'a Entry<'a>>,
    left_out: &mut LeftOut,
) {
    for entry in entries {
        if !page.push(&details(entry)) {
            left_out.note(entry.members.len(), "folded detail");
        }
    }
}

fn details(entry: &Entry<'_>) -> String {
    let all = names(entry);
    let who = match all.as_slice() {
        [one] => code_in_html(one),
        many => count(many.len(), "processor"),
    };
    let mut out = format!("<details><summary>{who}: {}</summary>\n\n", entry.what);
    if !entry.rows.is_empty() {
        out.push_str("| attribute | before | after | |\n|--|--|--|--|\n");
    }
    for row in &entry.rows {
        let side = |text: Option<&String>| text.map(|text| code(text)).unwrap_or_default();
        let (before, after) = match (entry.action, &row.before) {
            (Action::Delete, None) => (side(Some(&row.after)), String::new()),
            (_, before) => (side(before.as_ref()), side(Some(&row.after))),
        };
        let below = row.below.iter().map(|below| {
            let becomes = below.becomes.iter().map(|text| format!(" → {text}"));
            let text = format!("{} {}", below.sign, below.text.trim_start());
            format!("{}{}", text.trim_start(), becomes.collect::<String>())
        });
        let notes = Some(notes(row)).filter(|notes| !notes.is_empty());
        let more: Vec<String> = notes.into_iter().chain(below).map(|text| code(&text)).collect();
        let _ = writeln!(out, "| {} | {before} | {after} | {} |", code(&row.path), more.join("; "));
    }
    if !entry.rows.is_empty() {
        out.push('\n');
    }
    if entry.is_crowd() {
        let _ = writeln!(out, "- {}", first_of(&all, MOST_NAMES_FOLDED));
    }
    let place = entry.members.first().and_then(|member| member.source);
    if let Some(place) = place.filter(|_| !entry.is_crowd()) {
        let _ = writeln!(out, "- declared at {}", code(&Location::to_string(place)));
    }
    if let Some((lead, lines)) = &entry.keep {
        let _ = writeln!(out, "- {}", code(lead));
        for line in lines {
            let _ = writeln!(out, "  - {}", code(line));
        }
    }
    let each = if entry.is_crowd() { " each" } else { "" };
    if let Some(text) = entry.restart {
        let _ = writeln!(out, "- {text}");
    }
    if let Some(blind) = entry.blind {
        let _ = writeln!(out, "- blind for at least {}{each}", at_least(blind));
    }
    if !entry.operations.is_empty() {
        let _ = writeln!(out, "- {}{each}", words::operations(&entry.operations));
    }
    out.push_str("\n</details>\n\n");
    out
}
