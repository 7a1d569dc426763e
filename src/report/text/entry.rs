//! One entry of a plan: a processor, or many with the same change.

use super::attributes;
use crate::desired::Stack;
use crate::plan::{Action, Call, Change, Operation};
use crate::report::layout::{Break, Line, heading, wrap};
use crate::report::palette::Meaning;
use crate::report::values::count;
use crate::report::view::{self, CallIndex};
use crate::report::{Charset, Settings, escape};

const INDENT: usize = 4;

/// Draws one processor's change.
pub(super) fn one(
    out: &mut String,
    change: &Change,
    calls: &CallIndex<'_>,
    stack: &Stack,
    settings: Settings,
) {
    let action = view::main_action(change);
    let left = title(action, &escape(&change.name), settings);
    let place = change.source.as_ref().map_or_else(String::new, ToString::to_string);
    let right = [
        Line::new(settings).push(meaning(action), &reason(change)),
        Line::new(settings).push(Meaning::Faint, &escape(&place)),
    ];
    heading(out, left, &right, settings);
    match action {
        Action::Delete if !settings.is_verbose() => {
            let streams = change
                .attributes
                .iter()
                .filter(|attribute| attribute.path == "input.kinesis_video_stream.arn");
            attributes::listed(out, streams, stack, settings);
        }
        Action::Create | Action::Delete => {
            attributes::listed(out, change.attributes.iter(), stack, settings);
        }
        _ => attributes::changed(out, change, settings),
    }
    if action == Action::Replace {
        restart(out, change, calls, settings);
    }
    operations(out, &calls.operations(change), "", settings);
    if settings.is_verbose() {
        fallback(out, calls.of(change), settings);
    }
}

/// Draws the same change of many processors.
pub(super) fn many(
    out: &mut String,
    changes: &[&Change],
    calls: &CallIndex<'_>,
    settings: Settings,
) {
    let Some(first) = changes.first() else { return };
    let action = view::main_action(first);
    let left = title(action, &count(changes.len(), "processor"), settings);
    if settings.is_verbose() {
        let right = Line::new(settings).push(meaning(action), &reason(first));
        heading(out, left, &[right], settings);
    } else {
        let hint = Line::new(settings).push(Meaning::Faint, "(--verbose lists them)");
        if let [attribute] = first.attributes.as_slice() {
            let whole = attributes::in_one_line(attribute, settings);
            let fits = left.width() + whole.width() + hint.width() + 2 * INDENT;
            if fits <= settings.margin() {
                heading(out, left, &[whole, hint], settings);
                return;
            }
        }
        let right = Line::new(settings).push(meaning(action), &reason(first));
        heading(out, left, &[right, hint], settings);
    }
    attributes::changed(out, first, settings);
    operations(out, &calls.operations(first), " each", settings);
    if settings.is_verbose() {
        for change in changes {
            let line =
                Line::new(settings).pad_to(INDENT).push(Meaning::Strong, &escape(&change.name));
            let place = change.source.as_ref().map_or_else(String::new, ToString::to_string);
            line.push(Meaning::Plain, "   ").push(Meaning::Faint, &escape(&place)).finish(out);
        }
    }
}

fn title(action: Action, text: &str, settings: Settings) -> Line {
    Line::new(settings)
        .push(meaning(action), symbol(action, settings.charset))
        .push(Meaning::Plain, " ")
        .push(Meaning::Strong, text)
}

fn symbol(action: Action, charset: Charset) -> &'static str {
    match action {
        Action::Delete => "-",
        Action::Replace => charset.pick("±", "!"),
        Action::Create => "+",
        Action::Update => "~",
        Action::Adopt => "&",
        Action::Record => charset.pick("·", "."),
        Action::Start => charset.pick("▶", ">"),
        Action::Stop => charset.pick("■", "x"),
    }
}

fn meaning(action: Action) -> Meaning {
    match action {
        Action::Delete => Meaning::Delete,
        Action::Replace => Meaning::Replace,
        Action::Create => Meaning::Create,
        Action::Update | Action::Adopt => Meaning::Update,
        Action::Record => Meaning::Faint,
        Action::Start | Action::Stop => Meaning::RunState,
    }
}

/// What happens, in words: the main thing first, then the others.
fn reason(change: &Change) -> String {
    let main = view::main_action(change);
    let others = change.actions.iter().copied().filter(|action| *action != main);
    let words = std::iter::once(main).chain(others).map(|action| match action {
        Action::Delete => "delete: the camera goes blind",
        Action::Replace => "replace: the camera is blind meanwhile",
        Action::Create => "create",
        Action::Update => "update in place",
        Action::Adopt => "adopt: marked as this stack's",
        Action::Record => "record what was applied",
        Action::Start => "start",
        Action::Stop => "stop",
    });
    words.collect::<Vec<_>>().join(", ")
}

/// Says what a replacement does to a processor that runs.
fn restart(out: &mut String, change: &Change, calls: &CallIndex<'_>, settings: Settings) {
    let operations = calls.operations(change);
    let has = |operation| operations.contains(&operation);
    let text = match (has(Operation::StopStreamProcessor), has(Operation::StartStreamProcessor)) {
        (true, true) => "it is running: stopped first, started again at the end",
        (true, false) => "it is running: stopped first, and stays stopped",
        (false, true) => "it is stopped now, and started at the end",
        (false, false) => return,
    };
    Line::new(settings).pad_to(INDENT).push(Meaning::Plain, text).finish(out);
}

fn operations(out: &mut String, operations: &[Operation], suffix: &str, settings: Settings) {
    if operations.is_empty() {
        return;
    }
    let names: Vec<&str> = operations.iter().map(|operation| operation.as_str()).collect();
    faint(out, &format!("{}{suffix}", names.join(", ")), settings);
}

/// Says what puts the old processor back.
fn fallback<'a>(out: &mut String, calls: impl Iterator<Item = &'a Call>, settings: Settings) {
    for call in calls {
        let Some(fallback) = &call.on_failure else { continue };
        let steps: Vec<String> = fallback
            .iter()
            .map(|step| format!("{} {}", step.operation.as_str(), escape(&step.processor)))
            .collect();
        let text = format!("if {} fails: {}", call.operation.as_str(), steps.join(", "));
        faint(out, &text, settings);
    }
}

fn faint(out: &mut String, text: &str, settings: Settings) {
    let limit = settings.limit().map(|limit| limit.saturating_sub(INDENT));
    for line in wrap(text, limit, Break::Words) {
        Line::new(settings).pad_to(INDENT).push(Meaning::Faint, &line).finish(out);
    }
}
