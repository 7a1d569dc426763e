//! One entry of a plan: a processor, or several with the same change.

use super::INDENT;
use super::columns::columns;
use super::picture::picture;
use crate::plan::Action;
use crate::report::layout::{Break, Line, grid, heading, help, wrap};
use crate::report::palette::Meaning;
use crate::report::picture::Scene;
use crate::report::values::{at_least, count, first_and_last};
use crate::report::view::{Entry, Member};
use crate::report::{Settings, words};

/// How many names of a crowd are told, the last one included.
const MOST_NAMES: usize = 4;

/// Draws an entry, with a picture of its regions if there is a scene.
pub(super) fn entry(
    out: &mut String,
    entry: &Entry<'_>,
    scene: Option<&Scene<'_>>,
    settings: Settings,
) {
    let Entry { members, action, moved_from, what, rows, .. } = entry;
    let Entry { frame, keep, restart, blind, operations, fallback, .. } = entry;
    let (symbol, meaning) = match moved_from {
        Some(_) => mark(Action::Replace),
        None => mark(*action),
    };
    let (title, place) = match members.as_slice() {
        [one] => (
            moved_from.map_or_else(|| one.name.to_owned(), |old| format!("{old} → {}", one.name)),
            one.source.map(ToString::to_string),
        ),
        many => (count(many.len(), "processor"), None),
    };
    let left = Line::new(settings)
        .push(meaning, symbol)
        .push(Meaning::Plain, " ")
        .push(Meaning::Strong, &title);
    let place = Line::new(settings).push(Meaning::Faint, &place.unwrap_or_default());
    heading(out, left, &[Line::new(settings).push(meaning, what), place], settings);
    if entry.is_crowd() {
        names(out, entry, settings);
    }
    columns(out, rows, settings);
    if let Some(scene) = scene {
        picture(out, scene, settings);
    }
    if let Some(frame) = frame {
        faint(out, &format!("frame {frame}"), settings);
    }
    if let Some((lead, lines)) = keep {
        help(out, INDENT, Some(lead), settings);
        for line in lines {
            // Never wrapped: it is there to be copied.
            Line::new(settings).pad_to(INDENT + 6).push(Meaning::Strong, line).finish(out);
        }
    }
    let each = if entry.is_crowd() { " each" } else { "" };
    if let Some(text) = restart {
        Line::new(settings).pad_to(INDENT).push(Meaning::Plain, text).finish(out);
    }
    if let Some(blind) = blind {
        let text = format!("blind for at least {}{each}", at_least(*blind));
        Line::new(settings).pad_to(INDENT).push(Meaning::Plain, &text).finish(out);
    }
    if !operations.is_empty() {
        let mut text = format!("{}{each}", words::operations(operations));
        if entry.is_crowd() {
            text.push_str(&format!(": {} writes", operations.len() * members.len()));
        }
        faint(out, &text, settings);
    }
    for text in fallback {
        faint(out, text, settings);
    }
}

/// Draws whom an entry is about: all of them where a camera goes blind, the first and
/// the last elsewhere, and each with its own lines where nothing is summarised.
fn names(out: &mut String, entry: &Entry<'_>, settings: Settings) {
    let names: Vec<&str> = entry.members.iter().map(|member| member.name).collect();
    if settings.is_verbose() {
        for Member { name, source: _, causes } in &entry.members {
            let causes: Vec<String> = causes.iter().map(ToString::to_string).collect();
            let line = Line::new(settings).pad_to(INDENT).push(Meaning::Strong, name);
            line.push(Meaning::Plain, "   ").push(Meaning::Faint, &causes.join(", ")).finish(out);
        }
    } else if entry.destroys() {
        grid(out, INDENT, &names, settings);
    } else {
        let text = first_and_last(&names, MOST_NAMES);
        let hint = if names.len() > MOST_NAMES { "   (--verbose lists all)" } else { "" };
        let line = Line::new(settings).pad_to(INDENT).push(Meaning::Strong, &text);
        let whole = line.clone().push(Meaning::Faint, hint);
        if settings.limit().is_none_or(|limit| whole.width() <= limit) {
            whole.finish(out);
        } else {
            let room = settings.limit().map(|limit| limit.saturating_sub(INDENT));
            for text in wrap(&text, room, Break::Words) {
                Line::new(settings).pad_to(INDENT).push(Meaning::Strong, &text).finish(out);
            }
        }
    }
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
