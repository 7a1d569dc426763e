//! A plan's changes, each with all that is said of it.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use super::rows::{Context, Row};
use super::{gather, regions};
use crate::model::{Attribute, Location, Regions, TagPolicy, Value};
use crate::plan::{
    Action, AttributeChange, Call, Change, Effect, Operation, Origin, Plan, blindness,
};
use crate::report::{Detail, toml};

/// One processor's change, or the same change of several.
#[derive(Debug)]
pub(in crate::report) struct Entry<'a> {
    /// At least one. All agree in everything that is said of the entry.
    pub members: Vec<Member<'a>>,
    /// The main thing that is done.
    pub action: Action,
    /// The name that it had, if it gets another one.
    pub moved_from: Option<&'a str>,
    /// Whether it puts back, or overwrites, what was changed outside of the files.
    pub reverts: bool,
    /// All that is done, the main thing first.
    pub what: String,
    pub rows: Vec<Row>,
    /// The regions before and after, where they change.
    pub regions: Option<[Option<&'a Regions>; 2]>,
    /// The picture of what the camera sees, where they change.
    pub frame: Option<&'a str>,
    /// Where the file leaves out what cannot be taken away: what to do, and the
    /// lines of TOML that do it.
    pub keep: Option<(String, Vec<String>)>,
    /// What a replacement does to a processor that runs.
    pub restart: Option<&'static str>,
    /// How long a replacement keeps a camera from seeing, at the least.
    pub blind: Option<Duration>,
    /// The calls for each of them.
    pub operations: Vec<Operation>,
    /// What puts the old processor back.
    pub fallback: Vec<String>,
}

/// A processor that an entry is about.
#[derive(Debug)]
pub(in crate::report) struct Member<'a> {
    pub name: &'a str,
    /// Where it is declared.
    pub source: Option<&'a Location>,
    /// The lines that cause its change, or else where it is declared; empty where
    /// things are summarised.
    pub causes: BTreeSet<&'a Location>,
}

impl Entry<'_> {
    /// Whether it stands for several processors.
    pub(in crate::report) fn is_crowd(&self) -> bool {
        self.members.len() > 1
    }

    /// Whether a camera goes blind, for good or for a while, so that each is named.
    pub(in crate::report) fn destroys(&self) -> bool {
        matches!(self.action, Action::Delete | Action::Replace) || self.moved_from.is_some()
    }
}

/// A plan's changes with equal ones gathered: what would be reverted comes first, then what
/// destroys, then the plan's own order, then what is gathered.
pub(in crate::report) fn entries(plan: &Plan, detail: Detail) -> Vec<Entry<'_>> {
    let by_id: HashMap<&str, &Call> =
        plan.calls.iter().map(|call| (call.id.as_str(), call)).collect();
    let by_name: HashMap<&str, &Change> =
        plan.changes.iter().map(|change| (change.name.as_str(), change)).collect();
    let moved: BTreeSet<&str> =
        plan.changes.iter().filter_map(|change| change.moved_from.as_deref()).collect();
    // A new name is one change with the old one.
    let changes = plan.changes.iter().filter(|change| !moved.contains(change.name.as_str()));
    let changes = changes.map(|change| {
        let old = change.moved_from.as_deref().and_then(|name| by_name.get(name));
        let ids = old.into_iter().flat_map(|old| &old.calls).chain(&change.calls);
        let calls = ids.filter_map(|id| by_id.get(id.as_str()).copied());
        (change, calls.collect::<Vec<_>>())
    });
    let context = Context { stack: &plan.stack, zones: regions::zones(&plan.zones), detail };
    let groups = gather(changes, |(change, calls)| Sameness::of(change, calls, detail));
    let entries = groups.into_iter().filter_map(|group| {
        let calls = group.first().map(|(_, calls)| calls.clone())?;
        let changes: Vec<&Change> = group.into_iter().map(|(change, _)| change).collect();
        entry(plan, &changes, &calls, &context)
    });
    let mut entries: Vec<Entry<'_>> = entries.collect();
    entries.sort_by_key(|entry| (!entry.reverts, !entry.destroys()));
    entries
}

/// What is said of one processor's attributes where there is room for all of it: each value in
/// full, and where it was written.
pub(in crate::report) fn in_full<'a>(plan: &'a Plan) -> impl Fn(&'a Change) -> Vec<Row> {
    let zones = regions::zones(&plan.zones);
    let context = Context { stack: &plan.stack, zones, detail: Detail::Verbose };
    let by_name: HashMap<&str, &Change> =
        plan.changes.iter().map(|change| (change.name.as_str(), change)).collect();
    move |change| {
        let old = change.moved_from.as_deref().and_then(|name| by_name.get(name));
        match (old, main_action(change)) {
            (Some(old), _) => {
                let mut change = beside(change, old);
                for one in &mut change.attributes {
                    one.before =
                        old.expect.as_ref().and_then(|old| old.get(&one.attribute)).cloned();
                }
                context.changed(&[&change])
            }
            (None, action @ (Action::Create | Action::Delete)) => context.listed(&[change], action),
            (None, _) => context.changed(&[change]),
        }
    }
}

fn entry<'a>(
    plan: &Plan,
    changes: &[&'a Change],
    calls: &[&Call],
    context: &Context<'_>,
) -> Option<Entry<'a>> {
    let first = changes.first()?;
    let action = main_action(first);
    let old = first.moved_from.as_deref();
    let old = old.and_then(|name| plan.changes.iter().find(|change| change.name == name));
    let operations: Vec<Operation> = calls.iter().map(|call| call.operation).collect();
    let comes_or_goes = matches!(action, Action::Create | Action::Delete);
    let regions = edited_regions(first).filter(|_| !comes_or_goes && old.is_none());
    Some(Entry {
        members: changes.iter().map(|change| member(change, context.detail)).collect(),
        action,
        moved_from: first.moved_from.as_deref(),
        reverts: first
            .attributes
            .iter()
            .any(|one| matches!(one.origin, Origin::Drift | Origin::Both)),
        what: what(first, action),
        rows: match (old, comes_or_goes) {
            (Some(old), _) => context.listed(&[&beside(first, old)], action),
            (None, true) => context.listed(changes, action),
            (None, false) => context.changed(changes),
        },
        regions,
        frame: first
            .frame
            .as_deref()
            .filter(|_| regions.is_some())
            .filter(|_| changes.iter().all(|change| change.frame == first.frame)),
        keep: keep(changes).filter(|_| !comes_or_goes && !plan.restores),
        restart: restart(&operations).filter(|_| action == Action::Replace),
        blind: blindness(&operations),
        operations,
        fallback: match context.detail {
            Detail::Verbose => calls.iter().filter_map(|call| fallback(call)).collect(),
            Detail::Normal | Detail::Quiet => Vec::new(),
        },
    })
}

/// The regions of a change before and after, if they are not the same.
fn edited_regions(change: &Change) -> Option<[Option<&Regions>; 2]> {
    let mut attributes = change.attributes.iter();
    let edit = attributes.find(|one| one.attribute == Attribute::RegionsOfInterest)?;
    Some([&edit.before, &edit.after].map(|side| side.as_ref().and_then(Value::as_regions)))
}

fn member(change: &Change, detail: Detail) -> Member<'_> {
    let source = change.source.as_ref();
    let mut causes = BTreeSet::new();
    if detail == Detail::Verbose {
        causes.extend(change.attributes.iter().filter_map(|one| one.source.as_ref()));
        if causes.is_empty() {
            causes.extend(source);
        }
    }
    Member { name: &change.name, source, causes }
}

/// What of a processor is not as it was under its old name.
fn beside(new: &Change, old: &Change) -> Change {
    let before =
        |one: &AttributeChange| old.expect.as_ref().and_then(|old| old.get(&one.attribute));
    let mut new = new.clone();
    let same: Vec<bool> =
        new.attributes.iter().map(|one| before(one) == one.after.as_ref()).collect();
    let mut same = same.into_iter();
    new.attributes.retain(|_| !same.next().unwrap_or(false));
    new
}

/// What two changes must share to be shown as one: all that is said of them.
#[derive(PartialEq, Eq, Hash)]
struct Sameness<'a> {
    actions: &'a [Action],
    moved_from: Option<&'a str>,
    attributes: Vec<Compared<'a>>,
    calls: Vec<(Operation, Vec<Undoing<'a>>)>,
}

/// An attribute of a change; no values, where each processor has its own anyway.
/// Whether a file says it decides what can be done about it.
type Compared<'a> = (&'a Attribute, Option<[Option<&'a Value>; 2]>, Effect, Origin, bool);

/// A call that puts things back, and whose, if it is another processor.
type Undoing<'a> = (Operation, Option<&'a str>);

impl<'a> Sameness<'a> {
    fn of(change: &'a Change, calls: &[&'a Call], detail: Detail) -> Sameness<'a> {
        let action = main_action(change);
        let compared = |one: &'a AttributeChange| {
            let AttributeChange { attribute, before, after, effect, origin, source } = one;
            let own = action == Action::Create && is_own(attribute) && detail != Detail::Verbose;
            let values = (!own).then_some([before.as_ref(), after.as_ref()]);
            (attribute, values, *effect, *origin, source.is_some())
        };
        Sameness {
            actions: &change.actions,
            moved_from: change.moved_from.as_deref(),
            attributes: match (action, detail) {
                // Of what goes, nothing is told but the names.
                (Action::Delete, Detail::Normal | Detail::Quiet) => Vec::new(),
                _ => change.attributes.iter().map(compared).collect(),
            },
            calls: calls.iter().map(|call| (call.operation, undoing(call))).collect(),
        }
    }
}

/// Whether no two processors can have, or are likely to want, the same value.
fn is_own(attribute: &Attribute) -> bool {
    matches!(attribute, Attribute::Input | Attribute::OutputDataStream | Attribute::OutputKeyPrefix)
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
        Action::Create if change.moved_from.is_some() => {
            "new name: deleted and created again, the camera is blind meanwhile"
        }
        Action::Create => "create",
        Action::Update => "update in place",
        Action::Adopt if main == Action::Adopt => "adopt: marked as this stack's",
        Action::Adopt => "adopt",
        Action::Record if change.source.is_none() => "release: rekon's tags go, the rest stays",
        Action::Record => "record what was applied",
        Action::Start => "start",
        Action::Stop => "stop",
    });
    words.collect::<Vec<_>>().join(", ")
}

/// What to write where the files leave out what cannot be taken away: that, and all
/// else that would be lost.
///
/// When another variant of a one-of table takes its place, nothing was left out.
fn keep(changes: &[&Change]) -> Option<(String, Vec<String>)> {
    let [change, others @ ..] = changes else { return None };
    let displaced = |attribute: &Attribute| {
        let Some((table, variant)) = attribute.variant() else { return false };
        change.attributes.iter().filter(|other| other.after.is_some()).any(|other| {
            other.attribute.variant().is_some_and(|(of, one)| of == table && one != variant)
        })
    };
    let left_out = change.attributes.iter().filter(|one| {
        let reserved = one.attribute.tag().is_some_and(TagPolicy::is_reserved);
        one.before.is_some() && one.source.is_none() && !reserved && !displaced(&one.attribute)
    });
    let left_out: Vec<&AttributeChange> = left_out.collect();
    if left_out.iter().all(|one| one.effect != Effect::Replace) {
        return None;
    }
    let lines: Vec<String> = left_out
        .into_iter()
        .filter_map(|one| Some(toml::assignment(&one.attribute, one.before.as_ref()?)))
        .collect();
    let (this, it) = if lines.len() == 1 { ("this", "it") } else { ("these", "them") };
    let lead = if others.is_empty() {
        let table = toml::header(&change.name);
        format!("the file leaves {this} out; to keep {it}, write below {table}")
    } else {
        format!("the files leave {this} out; to keep {it}, write in their tables or a template")
    };
    Some((lead, lines))
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
    let steps = undoing(call).into_iter().map(|(operation, other)| match other {
        Some(name) => format!("{} of {name}", operation.as_str()),
        None => operation.as_str().to_owned(),
    });
    let steps = steps.collect::<Vec<_>>().join(", ");
    let failed = call.operation.as_str();
    (!steps.is_empty()).then(|| format!("if {failed} fails, the old one is put back: {steps}"))
}

/// What puts things back when a call fails.
fn undoing(call: &Call) -> Vec<Undoing<'_>> {
    let steps = call.on_failure.iter().flatten().map(|step| {
        let other = Some(step.processor.as_str()).filter(|name| *name != call.processor);
        (step.operation, other)
    });
    steps.collect()
}
