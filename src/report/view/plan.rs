//! A plan's changes, each with all that is said of it.

use std::collections::HashMap;
use std::time::Duration;

use super::gather;
use super::rows::{self, Row};
use crate::model::{Attribute, Value};
use crate::plan::{Action, Call, Change, Effect, Operation, Origin, Plan, blindness};
use crate::report::{Detail, toml};

/// One processor's change, or the same change of several.
#[derive(Debug)]
pub(in crate::report) struct Entry<'a> {
    /// All agree in everything but their names and places, so that the first
    /// can speak for the others.
    pub first: &'a Change,
    pub others: Vec<&'a Change>,
    /// The main thing that is done.
    pub action: Action,
    /// All that is done, the main thing first.
    pub what: String,
    pub rows: Vec<Row>,
    /// Where the file leaves out what cannot be taken away: what to do, and the
    /// lines of TOML that do it.
    pub keep: Option<(String, Vec<String>)>,
    /// What a replacement does to a processor that runs.
    pub restart: Option<&'static str>,
    /// How long a replacement keeps a camera from seeing, at the least.
    pub blind: Option<Duration>,
    pub operations: Vec<Operation>,
    /// What puts the old processor back.
    pub fallback: Vec<String>,
}

/// A plan's changes with equal ones gathered, in the order to show them: the
/// plan's own, then what is gathered. What destroys or replaces never is, since
/// each camera that goes blind is to be named, nor is what creates.
pub(in crate::report) fn entries(plan: &Plan, detail: Detail) -> Vec<Entry<'_>> {
    let by_id: HashMap<&str, &Call> =
        plan.calls.iter().map(|call| (call.id.as_str(), call)).collect();
    let changes = plan.changes.iter().map(|change| {
        let calls = change.calls.iter().filter_map(|id| by_id.get(id.as_str()).copied());
        (change, calls.collect::<Vec<_>>())
    });
    let groups = gather(changes, |(change, calls)| Sameness::of(change, calls));
    let entries = groups.into_iter().filter_map(|group| {
        let mut members = group.into_iter();
        let (first, calls) = members.next()?;
        let others = members.map(|(change, _)| change).collect();
        Some(entry(plan, first, others, &calls, detail))
    });
    entries.collect()
}

fn entry<'a>(
    plan: &'a Plan,
    first: &'a Change,
    others: Vec<&'a Change>,
    calls: &[&Call],
    detail: Detail,
) -> Entry<'a> {
    let action = main_action(first);
    let operations: Vec<Operation> = calls.iter().map(|call| call.operation).collect();
    let comes_or_goes = matches!(action, Action::Create | Action::Delete);
    Entry {
        action,
        what: what(first, action),
        rows: match comes_or_goes {
            true => rows::listed(first, &plan.stack, action, detail),
            false => rows::changed(first, detail),
        },
        keep: keep(first).filter(|_| !comes_or_goes),
        restart: restart(&operations).filter(|_| action == Action::Replace),
        blind: blindness(&operations),
        operations,
        fallback: match detail {
            Detail::Verbose => calls.iter().filter_map(|call| fallback(call)).collect(),
            Detail::Normal | Detail::Quiet => Vec::new(),
        },
        first,
        others,
    }
}

/// What two changes must share to be shown as one.
#[derive(PartialEq, Eq, Hash)]
struct Sameness<'a> {
    actions: &'a [Action],
    attributes: Vec<(&'a Attribute, [Option<&'a Value>; 2], Effect, Origin)>,
    operations: Vec<Operation>,
}

impl<'a> Sameness<'a> {
    /// `None` for a change that is always shown by itself.
    fn of(change: &'a Change, calls: &[&Call]) -> Option<Sameness<'a>> {
        let alone = [Action::Delete, Action::Replace, Action::Create];
        if change.actions.iter().any(|action| alone.contains(action)) {
            return None;
        }
        let attributes = change.attributes.iter().map(|one| {
            let sides = [one.before.as_ref(), one.after.as_ref()];
            (&one.attribute, sides, one.effect, one.origin)
        });
        Some(Sameness {
            actions: &change.actions,
            attributes: attributes.collect(),
            operations: calls.iter().map(|call| call.operation).collect(),
        })
    }
}

/// What a change does before all else, by how much it is to be feared.
fn main_action(change: &Change) -> Action {
    const WORST_FIRST: [Action; 7] = [
        Action::Delete,
        Action::Replace,
        Action::Create,
        Action::Update,
        Action::Adopt,
        Action::Stop,
        Action::Start,
    ];
    let has = |action: &Action| change.actions.contains(action);
    WORST_FIRST.into_iter().find(has).unwrap_or(Action::Record)
}

fn what(change: &Change, main: Action) -> String {
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

/// What to write where the file leaves out what cannot be taken away.
///
/// When another variant of a one-of table takes its place, nothing was left out.
fn keep(change: &Change) -> Option<(String, Vec<String>)> {
    let displaced = |attribute: &Attribute| {
        let Some((table, variant)) = attribute.variant() else { return false };
        change.attributes.iter().filter(|other| other.after.is_some()).any(|other| {
            other.attribute.variant().is_some_and(|(of, one)| of == table && one != variant)
        })
    };
    let left_out = change.attributes.iter().filter(|one| {
        one.effect == Effect::Replace && one.source.is_none() && !displaced(&one.attribute)
    });
    let lines: Vec<String> = left_out
        .filter_map(|one| Some(toml::assignment(&one.attribute, one.before.as_ref()?)))
        .collect();
    let table = toml::header(&change.name);
    let lead = format!("the file leaves this out; to keep it, write below {table}");
    (!lines.is_empty()).then_some((lead, lines))
}

fn restart(operations: &[Operation]) -> Option<&'static str> {
    let has = |operation| operations.contains(&operation);
    match (has(Operation::StopStreamProcessor), has(Operation::StartStreamProcessor)) {
        (true, true) => Some("it is running: stopped first, started again at the end"),
        (true, false) => Some("it is running: stopped first, and stays stopped"),
        (false, true) => Some("it is stopped now, and started at the end"),
        (false, false) => None,
    }
}

fn fallback(call: &Call) -> Option<String> {
    let steps = call.on_failure.as_ref().filter(|steps| !steps.is_empty())?;
    let steps = steps.iter().map(|step| format!("{} {}", step.operation.as_str(), step.processor));
    let steps = steps.collect::<Vec<_>>().join(", ");
    Some(format!("if {} fails: {steps}", call.operation.as_str()))
}
