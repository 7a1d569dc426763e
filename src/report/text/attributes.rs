//! The lines below a change's heading: each attribute, before and after.

use crate::desired::Stack;
use crate::model::Attribute;
use crate::plan::{AttributeChange, Change, Effect, Origin};
use crate::report::layout::{self, Break, Line, elide, paragraph, wrap};
use crate::report::palette::Meaning;
use crate::report::values::{self, Sign};
use crate::report::{Settings, escape, toml, view};

/// Where attribute paths begin.
const INDENT: usize = 4;

/// Between the longest path and the values.
const GAP: usize = 4;

/// A path longer than this stands on a line of its own, so that one tag with a
/// long key does not push all values to the right.
const LONGEST_PATH: usize = 42;

/// With less room for values than this, they stand below their paths.
const LEAST_ROOM: usize = 30;

/// One attribute, ready to be put into columns.
struct Row {
    path: String,
    before: Option<String>,
    after: String,
    /// What is said behind the values, or below them where there is no room.
    notes: Vec<(Meaning, String)>,
    /// What follows in the values' column, a line each.
    below: Vec<(Meaning, String)>,
    /// A line for the file that would keep what the service has.
    keep: Option<String>,
}

/// Draws the attributes that change in place or force a replacement.
pub(super) fn changed(out: &mut String, change: &Change, settings: Settings) {
    let rows: Vec<Row> = change
        .attributes
        .iter()
        .map(|attribute| changed_row(attribute, change, settings))
        .collect();
    columns(out, &rows, Fit::Wrap, settings);
    keep(out, &rows, &change.name, settings);
}

/// Says what to write where the file leaves out what cannot be taken away. The
/// lines are never wrapped: they are there to be copied.
fn keep(out: &mut String, rows: &[Row], name: &str, settings: Settings) {
    let mut lines = rows.iter().filter_map(|row| row.keep.as_deref()).peekable();
    if lines.peek().is_none() {
        return;
    }
    let lead = Line::new(settings).pad_to(INDENT).push(Meaning::Help, "help: ");
    let table = toml::header(name);
    let text = format!("the file leaves this out; to keep it, write below {table}");
    paragraph(out, &lead, INDENT + 6, &text, settings);
    for line in lines {
        Line::new(settings).pad_to(INDENT + 6).push(Meaning::Strong, line).finish(out);
    }
}

/// Draws the attributes of a definition that comes or goes, one value each.
pub(super) fn listed<'a>(
    out: &mut String,
    attributes: impl Iterator<Item = &'a AttributeChange>,
    stack: &Stack,
    settings: Settings,
) {
    let mut rows = Vec::new();
    let mut tags = Vec::new();
    for attribute in attributes {
        let AttributeChange { path, before, after, effect: _, origin: _, source: _ } = attribute;
        let value = if after.is_null() { before } else { after };
        let shown = if settings.is_verbose() {
            values::text(path, value)
        } else {
            values::alone(path, value, stack)
        };
        match path.strip_prefix("tags.") {
            Some(key) => tags.push(format!("{} = {shown}", escape(key))),
            None => rows.push(Row {
                path: escape(path).into_owned(),
                before: None,
                after: shown,
                notes: Vec::new(),
                below: regions_below(attribute, settings),
                keep: None,
            }),
        }
    }
    if !tags.is_empty() {
        rows.push(Row {
            path: "tags".to_owned(),
            before: None,
            after: tags.join(", "),
            notes: Vec::new(),
            below: Vec::new(),
            keep: None,
        });
    }
    let fit = if settings.is_verbose() { Fit::Wrap } else { Fit::Elide };
    columns(out, &rows, fit, settings);
}

/// One changed attribute as it stands in a crowd's single line.
pub(super) fn in_one_line(attribute: &AttributeChange, settings: Settings) -> Line {
    let (before, after) = values::pair(&attribute.path, &attribute.before, &attribute.after);
    let line = Line::new(settings)
        .push(Meaning::Plain, &escape(&attribute.path))
        .push(Meaning::Plain, "   ")
        .push(Meaning::Before, &before)
        .push(Meaning::Plain, &format!(" {} ", settings.charset.arrow()))
        .push(Meaning::After, &after);
    let difference =
        values::difference(&attribute.path, &attribute.before, &attribute.after, settings.charset);
    match difference {
        Some(note) => line.push(Meaning::Faint, &format!("   ({note})")),
        None => line,
    }
}

fn changed_row(attribute: &AttributeChange, change: &Change, settings: Settings) -> Row {
    let AttributeChange { path, before, after, effect, origin, source } = attribute;
    let (shown_before, shown_after) = values::pair(path, before, after);
    let mut notes = Vec::new();
    if let Some(difference) = values::difference(path, before, after, settings.charset) {
        notes.push((Meaning::Faint, format!("({difference})")));
    }
    match origin {
        Origin::Drift => notes.push((Meaning::Note, "(the service changed)".to_owned())),
        Origin::Both => notes.push((Meaning::Note, "(file and service changed)".to_owned())),
        Origin::Config | Origin::Unknown => {}
    }
    let place = source.as_ref().map(|source| format!("({})", escape(&source.to_string())));
    let mut keep = None;
    if *effect == Effect::Replace {
        let place = place.map(|place| format!(" {place}")).unwrap_or_default();
        notes.push((Meaning::Replace, format!("forces replacement{place}")));
        if view::is_left_out(attribute, change) {
            keep = path.parse::<Attribute>().ok().map(|path| toml::assignment(&path, before));
        }
    } else if let Some(place) = place.filter(|_| settings.is_verbose()) {
        notes.push((Meaning::Faint, place));
    }
    Row {
        path: escape(path).into_owned(),
        before: Some(shown_before),
        after: shown_after,
        notes,
        below: regions_below(attribute, settings),
        keep,
    }
}

/// Every region in words, where nothing is to be summarised.
fn regions_below(attribute: &AttributeChange, settings: Settings) -> Vec<(Meaning, String)> {
    if attribute.path != "regions_of_interest" || !settings.is_verbose() {
        return Vec::new();
    }
    let minus = settings.charset.minus();
    let line = |(sign, text): (Sign, String)| match sign {
        Sign::Removed => (Meaning::Before, format!("{minus} {text}")),
        Sign::Added => (Meaning::After, format!("+ {text}")),
        Sign::Kept => (Meaning::Plain, format!("  {text}")),
    };
    values::region_changes(&attribute.before, &attribute.after).into_iter().map(line).collect()
}

/// What happens to a value that is too long for its line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fit {
    /// Every character counts: it goes on in the next line.
    Wrap,
    /// It is there for orientation: its middle is left out.
    Elide,
}

fn columns(out: &mut String, rows: &[Row], fit: Fit, settings: Settings) {
    let widths = rows.iter().map(|row| layout::width(&row.path));
    let longest = widths.filter(|width| *width <= LONGEST_PATH).max().unwrap_or(0);
    let mut column = INDENT + longest + GAP;
    let room = |column: usize| settings.limit().map(|limit| limit.saturating_sub(column));
    let stacked = room(column).is_some_and(|room| room < LEAST_ROOM);
    if stacked {
        column = 2 * INDENT;
    }
    for row in rows {
        let mut line = Line::new(settings).pad_to(INDENT).push(Meaning::Plain, &row.path);
        if stacked || layout::width(&row.path) > LONGEST_PATH {
            line.finish(out);
            line = Line::new(settings);
        }
        row_values(out, line, row, column, room(column), fit, settings);
        for (meaning, text) in &row.below {
            for wrapped in wrap(text, room(column), Break::Anywhere) {
                Line::new(settings).pad_to(column).push(*meaning, &wrapped).finish(out);
            }
        }
    }
}

/// Draws a row's values and notes, beginning on `line`.
fn row_values(
    out: &mut String,
    line: Line,
    row: &Row,
    column: usize,
    room: Option<usize>,
    fit: Fit,
    settings: Settings,
) {
    let Row { path: _, before, after, notes, below: _, keep: _ } = row;
    let fits = |line: &Line| room.is_none_or(|room| line.width() <= room);
    let arrow = format!("{} ", settings.charset.arrow());
    let mut value = Line::new(settings);
    if let Some(before) = before {
        value = value.push(Meaning::Before, before).push(Meaning::Plain, &format!(" {arrow}"));
    }
    value = value.push(Meaning::After, after);
    let mut line = line.pad_to(column);
    if !fits(&value) {
        let whole = |meaning, lead: &str, text: &str| {
            let lead_width = layout::width(lead);
            let limit = room.map(|room| room.saturating_sub(lead_width));
            let lines = match (fit, limit) {
                (Fit::Elide, Some(limit)) => {
                    vec![elide(text, limit, settings.charset.ellipsis())]
                }
                _ => wrap(text, limit, Break::Anywhere),
            };
            lines
                .into_iter()
                .enumerate()
                .map(move |(at, text)| {
                    let lead = if at == 0 { lead.to_owned() } else { " ".repeat(lead_width) };
                    Line::new(settings).push(Meaning::Plain, &lead).push(meaning, &text)
                })
                .collect::<Vec<_>>()
        };
        let mut lines = Vec::new();
        if let Some(before) = before {
            lines.extend(whole(Meaning::Before, "", before));
            lines.extend(whole(Meaning::After, &arrow, after));
        } else {
            lines.extend(whole(Meaning::After, "", after));
        }
        let last = lines.pop().unwrap_or_else(|| Line::new(settings));
        for one in lines {
            line.append(&one).finish(out);
            line = Line::new(settings).pad_to(column);
        }
        value = last;
    }
    for (meaning, note) in notes {
        let beside = value.clone().push(Meaning::Plain, "   ").push(*meaning, note);
        if fits(&beside) {
            value = beside;
            continue;
        }
        for part in wrap(note, room, Break::Words) {
            line.append(&value).finish(out);
            line = Line::new(settings).pad_to(column);
            value = Line::new(settings).push(*meaning, &part);
        }
    }
    line.append(&value).finish(out);
}
