//! The whole of planning, in the order it happens.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::fingerprint;
use super::guard::{self, Allowances};
use super::item::{Item, Work};
use super::narrow::Narrowing;
use super::order::{Order, order};
use super::question::manages_tags;
use super::{
    Action, AttributeChange, Call, CallId, Calls, Change, Effect, FORMAT_VERSION, Operation,
    Origin, Plan, Refusal, Summary, calls, refusal,
};
use crate::desired::Desired;
use crate::diagnostic::{Code, Diagnostic, Record, Sources};
use crate::diff::Difference;
use crate::model::{
    Attribute, Fact, Live, Processor, ReadProblem, RunState, Status, TagKnowledge, to_json,
};

/// What the command line adds to the files.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub narrowing: Narrowing,
    pub allowances: Allowances,
}

/// Plans how to make the live processors what the files say.
///
/// `warnings` are what checking the files had to say; they travel with the plan.
pub fn plan(
    desired: &Desired,
    sources: &Sources,
    warnings: &[Diagnostic],
    live: &Live,
    options: &Options,
) -> Plan {
    let mut items: Vec<Item<'_>> = desired
        .processors
        .iter()
        .map(|(name, declaration)| Item::new(name, declaration, desired, live))
        .collect();
    // What destroys comes first; names are sorted already, and the sort is stable.
    items.sort_by_key(|item| item.work != Work::Replace);

    let mut chosen = options.narrowing.choose(&items);
    // What could not be read is neither right nor wrong, and least of all missing.
    let unread = unread_names(live);
    chosen.retain(|index| match &unread {
        Unread::Names(names) => !names.contains(items[*index].name.as_str()),
        Unread::Unknown => items[*index].live.is_some(),
    });
    options.narrowing.limit(&mut chosen, &items);

    let order = order(&items, &chosen, live);
    let modified: Vec<usize> =
        chosen.iter().copied().filter(|index| items[*index].work == Work::Modify).collect();
    let emitted = calls::emit(&items, &order, &modified);
    let mut changes = changes(&items, &chosen, &emitted.by_item, sources);
    let positions = fingerprint::positions(&emitted.calls);
    for change in &mut changes {
        change.fingerprint =
            fingerprint::change(&desired.stack, change, &emitted.calls, &positions);
    }
    let summary = summary(&changes, chosen.len(), &emitted.calls);
    let refusals = refusals(desired, &items, &chosen, &order, &summary, &options.allowances);
    Plan {
        format_version: FORMAT_VERSION.to_owned(),
        rekon_version: env!("CARGO_PKG_VERSION").to_owned(),
        stack: desired.stack.clone(),
        fingerprint: fingerprint::plan(&desired.stack, &changes, &emitted.calls),
        complete: live.is_complete(),
        summary,
        changes,
        calls: emitted.calls,
        refusals,
        diagnostics: diagnostics(warnings, desired, live, &items, &chosen, sources),
    }
}

/// What an incomplete read did not reach.
enum Unread<'a> {
    Names(BTreeSet<&'a str>),
    /// Not even which names there are.
    Unknown,
}

fn unread_names(live: &Live) -> Unread<'_> {
    let mut names = BTreeSet::new();
    for problem in &live.problems {
        match &problem.names {
            Some(some) => names.extend(some.iter().map(String::as_str)),
            None => return Unread::Unknown,
        }
    }
    Unread::Names(names)
}

fn changes(
    items: &[Item<'_>],
    chosen: &BTreeSet<usize>,
    calls: &BTreeMap<usize, Vec<CallId>>,
    sources: &Sources,
) -> Vec<Change> {
    chosen
        .iter()
        .map(|index| (index, &items[*index]))
        .filter(|(_, item)| item.work != Work::Nothing)
        .map(|(index, item)| Change {
            name: item.name.to_string(),
            actions: actions(item),
            fingerprint: String::new(),
            source: Some(sources.locate_entry(item.declaration.span)),
            attributes: item
                .differences
                .iter()
                .map(|difference| attribute_change(item, difference, sources))
                .collect(),
            expect: item.live.map(|live| expectation(live.processor, live.fact)),
            calls: calls.get(index).cloned().unwrap_or_default(),
        })
        .collect()
}

/// The live definition. Where its tags are known they are there, also when there
/// are none; where they are not, nothing is said of them.
fn expectation(processor: &Processor, fact: &Fact) -> Value {
    let mut definition = to_json(processor);
    if fact.tags != TagKnowledge::Unknown && processor.tags.is_empty() {
        definition["tags"] = json!({});
    }
    definition
}

fn actions(item: &Item<'_>) -> Vec<Action> {
    let updates = |difference: &Difference| difference.attribute != Attribute::DesiredStatus;
    let mut actions = Vec::new();
    match item.work {
        Work::Replace => actions.push(Action::Replace),
        Work::Create => actions.push(Action::Create),
        Work::Modify if item.differences.iter().any(updates) => actions.push(Action::Update),
        Work::Modify | Work::Nothing => {}
    }
    match (item.runs(), item.shall_run()) {
        (false, true) => actions.push(Action::Start),
        // Label detection has no run state, so a change of kind is no stop.
        (true, false) if item.after.run_state == Some(RunState::Stopped) => {
            actions.push(Action::Stop);
        }
        _ => {}
    }
    actions
}

fn attribute_change(
    item: &Item<'_>,
    difference: &Difference,
    sources: &Sources,
) -> AttributeChange {
    let Difference { attribute, before, after } = difference;
    AttributeChange {
        path: attribute.to_string(),
        before: before.clone(),
        after: after.clone(),
        effect: match item.effect(attribute) {
            // The run state of a processor that changes its kind goes with it.
            Effect::Replace if *attribute == Attribute::DesiredStatus => Effect::InPlace,
            effect => effect,
        },
        origin: Origin::Unknown,
        source: item
            .declaration
            .attribute_spans
            .get(attribute)
            .filter(|_| !after.is_null())
            .map(|span| sources.locate(*span)),
    }
}

fn summary(changes: &[Change], chosen: usize, calls: &[Call]) -> Summary {
    let count = |action| changes.iter().filter(|change| change.actions.contains(&action)).count();
    let mut by_operation: BTreeMap<Operation, usize> = BTreeMap::new();
    for call in calls {
        *by_operation.entry(call.operation).or_default() += 1;
    }
    Summary {
        create: count(Action::Create),
        update: count(Action::Update),
        replace: count(Action::Replace),
        delete: count(Action::Delete),
        adopt: count(Action::Adopt),
        record: count(Action::Record),
        start: count(Action::Start),
        stop: count(Action::Stop),
        unchanged: chosen - changes.len(),
        calls: Calls { total: calls.len(), seconds: seconds(&by_operation), by_operation },
    }
}

/// The time that the slowest operation's quota makes the calls take; operations
/// have quotas of their own and run side by side. Rounded up to a tenth.
fn seconds(by_operation: &BTreeMap<Operation, usize>) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a fleet has at most 10,000 processors")]
    let slowest = by_operation
        .iter()
        .map(|(operation, count)| *count as f64 / operation.default_quota())
        .fold(0.0, f64::max);
    // Adding zero turns a negative zero into a plain one.
    (slowest * 10.0 - 1e-9).ceil().max(0.0) / 10.0 + 0.0
}

fn refusals(
    desired: &Desired,
    items: &[Item<'_>],
    chosen: &BTreeSet<usize>,
    order: &Order,
    summary: &Summary,
    allowances: &Allowances,
) -> Vec<Refusal> {
    let mut refusals = guard::check(&desired.guard, allowances, summary);
    for item in chosen.iter().map(|index| &items[*index]) {
        refusals.extend(refusal::prevent_destroy(item));
        refusals.extend(refusal::tags_unknown(item));
    }
    let held = order.held.iter();
    refusals.extend(held.map(|held| refusal::stream_held(&items[held.item], held)));
    refusals
}

/// How many names of unread processors a diagnostic lists.
const MOST_NAMES: usize = 10;

/// The first of many names, and how many more there are.
fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = names.len().saturating_sub(MOST_NAMES);
    let listed: Vec<&str> = names.take(MOST_NAMES).collect();
    match more {
        0 => listed.join(", "),
        more => format!("{} and {more} more", listed.join(", ")),
    }
}

/// Processors whose tags the files manage and nobody has read.
fn tags_unknown(names: &[&str]) -> Diagnostic {
    let names = listed(names.iter().copied());
    Diagnostic::new(Code::TagsUnknown, format!("the tags of {names} are not known"))
        .help("no change of tags is planned for them; plan against the service, or take a snapshot with tags")
}

/// What was not read, and why.
fn unread(problem: &ReadProblem) -> Diagnostic {
    let what = match &problem.names {
        None => "an unknown part of the fleet".to_owned(),
        Some(names) => listed(names.iter().map(String::as_str)),
    };
    Diagnostic::new(Code::IncompleteRead, format!("{what} could not be read: {}", problem.reason))
        .help("mend the cause and plan again; until then nothing can be applied")
}

fn diagnostics(
    warnings: &[Diagnostic],
    desired: &Desired,
    live: &Live,
    items: &[Item<'_>],
    chosen: &BTreeSet<usize>,
    sources: &Sources,
) -> Vec<Record> {
    let mut found: Vec<Diagnostic> = live.problems.iter().map(unread).collect();
    let covered = || chosen.iter().map(|index| &items[*index]);
    let unknown: Vec<&str> = covered()
        .filter(|item| !item.tags_are_known() && manages_tags(item, desired))
        .map(|item| item.name.as_str())
        .collect();
    if !unknown.is_empty() {
        found.push(tags_unknown(&unknown));
    }
    for item in covered() {
        let Some(live) = item.live else { continue };
        if item.kms_key_unclear {
            let span = item
                .declaration
                .attribute_spans
                .get(&Attribute::KmsKeyId)
                .copied()
                .unwrap_or(item.declaration.span);
            let declared = item.declaration.processor.kms_key_id.as_deref().unwrap_or_default();
            let shown = live.processor.kms_key_id.as_deref().unwrap_or_default();
            found.push(
                Diagnostic::new(
                    Code::KmsKeyUnclear,
                    format!("{}: whether {declared} is {shown} is not known here", item.name),
                )
                .label(span, format!("the service shows {shown}"))
                .help(format!("write kms_key_id = \"{shown}\" if they are the same key")),
            );
        }
        if live.fact.status == Status::Failed {
            let message = match &live.fact.status_message {
                Some(message) => format!("{} has FAILED: {message}", item.name),
                None => format!("{} has FAILED", item.name),
            };
            found.push(
                Diagnostic::new(Code::ProcessorFailed, message)
                    .label(item.declaration.span, "declared here")
                    .help("mend the cause; a processor that failed can be started again"),
            );
        }
    }
    warnings.iter().chain(&found).map(|diagnostic| Record::new(diagnostic, sources)).collect()
}
