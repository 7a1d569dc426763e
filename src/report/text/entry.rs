//! One entry of a plan: a processor, or several with the same change.

use super::INDENT;
use super::columns::{columns, in_one_line};
use crate::plan::{Action, Change};
use crate::report::Settings;
use crate::report::layout::{Break, Line, heading, help, wrap};
use crate::report::palette::Meaning;
use crate::report::values::{at_least, count};
use crate::report::view::Entry;
use crate::report::words;

/// Draws an entry.
pub(super) fn entry(out: &mut String, entry: &Entry<'_>, settings: Settings) {
    let Entry { first, others, action, what, rows, keep, restart, blind, operations, fallback } =
        entry;
    let crowd = !others.is_empty();
    let (symbol, meaning) = mark(*action);
    let title = if crowd { count(others.len() + 1, "processor") } else { first.name.clone() };
    let left = Line::new(settings)
        .push(meaning, symbol)
        .push(Meaning::Plain, " ")
        .push(Meaning::Strong, &title);
    let beside = match crowd {
        false => place(first),
        true if settings.is_verbose() => String::new(),
        true => "(--verbose lists them)".to_owned(),
    };
    let beside = Line::new(settings).push(Meaning::Faint, &beside);
    if let [row] = rows.as_slice()
        && crowd
        && !settings.is_verbose()
    {
        let whole = in_one_line(row, settings);
        if left.width() + whole.width() + beside.width() + 2 * INDENT <= settings.margin() {
            heading(out, left, &[whole, beside], settings);
            return;
        }
    }
    heading(out, left, &[Line::new(settings).push(meaning, what), beside], settings);
    columns(out, rows, settings);
    if let Some((lead, lines)) = keep {
        help(out, INDENT, Some(lead), settings);
        for line in lines {
            // Never wrapped: it is there to be copied.
            Line::new(settings).pad_to(INDENT + 6).push(Meaning::Strong, line).finish(out);
        }
    }
    if let Some(text) = restart {
        Line::new(settings).pad_to(INDENT).push(Meaning::Plain, text).finish(out);
    }
    if let Some(blind) = blind {
        let text = format!("blind for at least {}", at_least(*blind));
        Line::new(settings).pad_to(INDENT).push(Meaning::Plain, &text).finish(out);
    }
    if !operations.is_empty() {
        let each = if crowd { " each" } else { "" };
        faint(out, &format!("{}{each}", words::operations(operations)), settings);
    }
    for text in fallback {
        faint(out, text, settings);
    }
    if crowd && settings.is_verbose() {
        for change in std::iter::once(first).chain(others) {
            let line = Line::new(settings).pad_to(INDENT).push(Meaning::Strong, &change.name);
            line.push(Meaning::Plain, "   ").push(Meaning::Faint, &place(change)).finish(out);
        }
    }
}

/// Where a processor is declared.
fn place(change: &Change) -> String {
    change.source.as_ref().map_or_else(String::new, ToString::to_string)
}

fn mark(action: Action) -> (&'static str, Meaning) {
    match action {
        Action::Delete => ("-", Meaning::Delete),
        Action::Replace => ("±", Meaning::Replace),
        Action::Create => ("+", Meaning::Create),
        Action::Update => ("~", Meaning::Update),
        Action::Adopt => ("&", Meaning::Update),
        Action::Record => ("·", Meaning::Faint),
        Action::Start => ("▶", Meaning::RunState),
        Action::Stop => ("■", Meaning::RunState),
    }
}

fn faint(out: &mut String, text: &str, settings: Settings) {
    let limit = settings.limit().map(|limit| limit.saturating_sub(INDENT));
    for line in wrap(text, limit, Break::Words) {
        Line::new(settings).pad_to(INDENT).push(Meaning::Faint, &line).finish(out);
    }
}
