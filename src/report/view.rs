//! What every format shows of a plan and its outcome, before any formatting.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;

use super::toml::Attributes;
use crate::model::Attribute;
use crate::plan::{
    Action, AttributeChange, Call, Change, Effect, Fate, Operation, Outcome, Plan, ProcessorOutcome,
};

/// From how many processors on the same change is shown once.
const CROWD: usize = 3;

/// One thing to show of a plan.
#[derive(Debug)]
pub(super) enum Entry<'a> {
    One(&'a Change),
    /// The same change on several processors. All members agree in everything
    /// but their names and places, so the first can speak for them.
    Many(Vec<&'a Change>),
}

/// A plan's changes with equal ones gathered, in the order to show them: the
/// plan's own, then the crowds. What destroys or replaces is never gathered,
/// since each camera that goes blind is to be named, nor is what creates.
pub(super) fn entries<'a>(plan: &'a Plan, calls: &CallIndex<'a>) -> Vec<Entry<'a>> {
    let mut crowds: HashMap<Sameness<'a>, Vec<&'a Change>> = HashMap::new();
    let mut order = Vec::new();
    for change in &plan.changes {
        let key = Sameness::of(change, calls);
        if let Some(key) = &key {
            crowds.entry(key.clone()).or_default().push(change);
        }
        order.push((change, key));
    }
    let mut ones = Vec::new();
    let mut many = Vec::new();
    for (change, key) in order {
        match key.as_ref().and_then(|key| crowds.get_mut(key)) {
            Some(members) if members.is_empty() => {}
            Some(members) if members.len() >= CROWD => {
                many.push(Entry::Many(std::mem::take(members)));
            }
            _ => ones.push(Entry::One(change)),
        }
    }
    ones.extend(many);
    ones
}

/// What two changes must share to be shown as one.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Sameness<'a> {
    actions: &'a [Action],
    attributes: Vec<(&'a str, &'a Value, &'a Value, u8, u8)>,
    operations: Vec<Operation>,
}

impl<'a> Sameness<'a> {
    /// `None` for a change that is always shown by itself.
    fn of(change: &'a Change, calls: &CallIndex<'a>) -> Option<Sameness<'a>> {
        let alone = [Action::Delete, Action::Replace, Action::Create];
        if change.actions.iter().any(|action| alone.contains(action)) {
            return None;
        }
        let attributes = change.attributes.iter().map(|attribute| {
            let AttributeChange { path, before, after, effect, origin, source: _ } = attribute;
            (path.as_str(), before, after, *effect as u8, *origin as u8)
        });
        Some(Sameness {
            actions: &change.actions,
            attributes: attributes.collect(),
            operations: calls.operations(change),
        })
    }
}

/// A plan's calls by id.
pub(super) struct CallIndex<'a>(HashMap<&'a str, &'a Call>);

impl<'a> CallIndex<'a> {
    pub(super) fn new(plan: &'a Plan) -> CallIndex<'a> {
        CallIndex(plan.calls.iter().map(|call| (call.id.as_str(), call)).collect())
    }

    /// The calls of a change, in its order.
    pub(super) fn of(&self, change: &'a Change) -> impl Iterator<Item = &'a Call> {
        change.calls.iter().filter_map(|id| self.0.get(id.as_str()).copied())
    }

    pub(super) fn operations(&self, change: &'a Change) -> Vec<Operation> {
        self.of(change).map(|call| call.operation).collect()
    }
}

/// What a change does before all else, by how much it is to be feared.
pub(super) fn main_action(change: &Change) -> Action {
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

/// The definition that a change starts from and the one that it leads to, by
/// attribute; `None` where the processor does not exist.
///
/// A path that this version does not know, in a plan of a newer one, is left out.
pub(super) fn sides(change: &Change) -> (Option<Attributes>, Option<Attributes>) {
    let before = change.expect.as_ref().map(flatten);
    if change.actions.contains(&Action::Delete) {
        return (before, None);
    }
    let mut after = before.clone().unwrap_or_default();
    for AttributeChange { path, before: _, after: value, effect: _, origin: _, source: _ } in
        &change.attributes
    {
        let Ok(attribute) = path.parse::<Attribute>() else { continue };
        if value.is_null() {
            after.remove(&attribute);
        } else {
            after.insert(attribute, value.clone());
        }
    }
    (before, Some(after))
}

/// The attributes of a definition that is written as nested JSON.
fn flatten(definition: &Value) -> Attributes {
    let mut attributes = Attributes::new();
    for attribute in Attribute::FIXED {
        let found = attribute.segments().iter().try_fold(definition, |table, name| table.get(name));
        if let Some(value) = found.filter(|value| !value.is_null()) {
            attributes.insert(attribute, value.clone());
        }
    }
    if let Some(Value::Object(tags)) = definition.get("tags") {
        let tags = tags.iter().map(|(key, value)| (Attribute::Tag(key.clone()), value.clone()));
        attributes.extend(tags);
    }
    attributes
}

/// Whether a change of an attribute comes of the file leaving it out, so that a
/// line in the file would keep what the service has.
///
/// When another variant of a one-of table takes its place, nothing was left out.
pub(super) fn is_left_out(attribute: &AttributeChange, change: &Change) -> bool {
    let mut segments = attribute.path.split('.');
    let (table, variant) = (segments.next(), segments.next());
    let displaced = matches!(table, Some("settings" | "output"))
        && change.attributes.iter().any(|other| {
            let mut segments = other.path.split('.');
            segments.next() == table && segments.next() != variant && !other.after.is_null()
        });
    attribute.effect == Effect::Replace
        && attribute.source.is_none()
        && !attribute.before.is_null()
        && !displaced
}

/// How far a plan was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Applied {
    /// Everything is done.
    All,
    /// Something was written, and something is not done.
    Part,
    /// Nothing was written.
    Nothing,
}

/// How far a plan was applied; one without changes is applied at once.
pub(super) fn applied(outcome: &Outcome) -> Applied {
    let counts = counts(outcome);
    // A call that was sent and refused wrote nothing, so the tally does not tell.
    let wrote = outcome.processors.iter().any(|processor| !processor.made.is_empty());
    if counts.done == outcome.processors.len() {
        Applied::All
    } else if wrote {
        Applied::Part
    } else {
        Applied::Nothing
    }
}

/// How many processors met each fate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) done: usize,
    pub(super) failed: usize,
    pub(super) not_tried: usize,
    pub(super) moved: usize,
}

pub(super) fn counts(outcome: &Outcome) -> Counts {
    let mut counts = Counts::default();
    for processor in &outcome.processors {
        match processor.fate {
            Fate::Done => counts.done += 1,
            Fate::Failed { .. } => counts.failed += 1,
            Fate::NotTried { .. } => counts.not_tried += 1,
            Fate::Moved { .. } => counts.moved += 1,
        }
    }
    counts
}

/// The stable name of a fate.
pub(super) fn fate_word(fate: &Fate) -> &'static str {
    match fate {
        Fate::Done => "done",
        Fate::Failed { .. } => "failed",
        Fate::NotTried { .. } => "not_tried",
        Fate::Moved { .. } => "moved",
    }
}

/// What became of one processor, beside what was planned for it.
pub(super) struct ProcessorResult<'a> {
    pub(super) outcome: &'a ProcessorOutcome,
    pub(super) actions: &'a [Action],
}

/// Each processor's outcome with its planned actions.
pub(super) fn results<'a>(
    outcome: &'a Outcome,
    plan: &'a Plan,
) -> impl Iterator<Item = ProcessorResult<'a>> {
    let actions: HashMap<&str, &[Action]> = plan
        .changes
        .iter()
        .map(|change| (change.name.as_str(), change.actions.as_slice()))
        .collect();
    outcome.processors.iter().map(move |processor| ProcessorResult {
        outcome: processor,
        actions: actions.get(processor.name.as_str()).copied().unwrap_or_default(),
    })
}
