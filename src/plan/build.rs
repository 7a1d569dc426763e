//! The whole of planning, in the order it happens.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;

use super::changes::changes;
use super::fingerprint;
use super::guard::{self, Allowances};
use super::item::{Intent, Item, Work};
use super::narrow::Narrowing;
use super::notices::notices;
use super::order::{Order, order};
use super::ownership::Owner;
use super::summary::{Rest, summary};
use super::unread::{Unread, matters};
use super::{
    Change, FORMAT_VERSION, Pace, Plan, Refusal, Reviewed, Summary, Unreviewed, calls, refusal,
};
use crate::desired::{Desired, Destination, Moved, OnDrift};
use crate::diagnostic::{Diagnostic, Record, Sources};
use crate::model::{Live, ProcessorName, RegionOfInterest, Value};

/// What the command line adds to the files.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What the plan covers.
    pub narrowing: Narrowing,
    /// What may be done beyond the guard's limits.
    pub allowances: Allowances,
    /// How fast it will be applied, which its estimate follows.
    pub pace: Pace,
    /// What to do about what the service changed; `None`: as the stack says.
    pub on_drift: Option<OnDrift>,
    /// Whether what the files changed is left for another plan.
    pub leaves_config: bool,
    /// The day, which ends what `[[drift.ignore]]` leaves until then; `None`: nothing ends.
    pub today: Option<Date>,
    /// What to think of processors that no file declares.
    pub undeclared: Undeclared,
    /// What the files said when they were applied, which tells origins where no record does.
    pub base: Option<Arc<Desired>>,
}

/// What to think of processors that no file declares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Undeclared {
    /// They are told.
    #[default]
    Told,
    /// They are a refusal.
    Denied,
}

/// What there is to plan with.
pub(super) struct Planning<'a> {
    pub desired: &'a Desired,
    pub live: &'a Live,
    /// Everything that is declared or live: what destroys first, then by name.
    pub items: Vec<Item<'a>>,
    /// Those that the plan covers.
    pub chosen: BTreeSet<usize>,
}

/// Plans what of that was agreed to; the rest is named in the plan.
pub fn plan_reviewed(
    desired: &Desired,
    sources: &Sources,
    warnings: &[Diagnostic],
    live: &Live,
    options: &Options,
    reviewed: &Reviewed,
) -> Plan {
    let make = |options: &Options| plan(desired, sources, warnings, live, options);
    let mut planned = make(options);
    let mut rest: Vec<Unreviewed> = Vec::new();
    loop {
        let more = reviewed.unreviewed(&planned);
        if more.is_empty() {
            break;
        }
        // What one change is may depend on others that are left out.
        rest.extend(more);
        let left_out = rest.iter().map(|one| one.name.clone()).collect();
        let narrowing = options.narrowing.clone().without(left_out);
        planned = make(&Options { narrowing, ..options.clone() });
    }
    rest.sort_by(|one, other| one.name.cmp(&other.name));
    planned.unreviewed = rest;
    planned
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
    let on_drift = options.on_drift.unwrap_or(desired.ownership.on_drift);
    let intent = Intent {
        on_drift,
        leaves_config: options.leaves_config,
        ignores: true,
        today: options.today,
    };
    let items = items(desired, live, options.base.as_deref(), intent);
    let unread = Unread::new(live);
    let mut chosen = options.narrowing.choose(&items);
    chosen.retain(|index| unread.leaves(&items[*index]));
    options.narrowing.limit(&mut chosen, &items);
    let planning = Planning { desired, live, items, chosen };
    let Planning { items, chosen, .. } = &planning;

    let order = order(items, chosen, live, &desired.hand_overs);
    let modified: Vec<usize> =
        chosen.iter().copied().filter(|index| items[*index].work == Work::Modify).collect();
    let emitted = calls::emit(items, &order, &modified);
    let mut changes = changes(items, chosen.iter().copied(), emitted.by_item, desired, sources);
    name_origins(&mut changes, desired);
    let positions = fingerprint::positions(&emitted.calls);
    for change in &mut changes {
        change.fingerprint =
            fingerprint::change(&desired.stack, change, &emitted.calls, &positions);
    }
    let all = items.iter().filter(|item| item.work.changes() && unread.leaves(item)).count();
    let left_alone = || items.iter().filter(|item| item.work == Work::Leave);
    let others = |item: &&Item<'_>| matches!(item.owner, Owner::Other(_));
    let undeclared = undeclared(items, &unread, desired, live);
    let rest = Rest {
        unchanged: chosen.len() - changes.len(),
        undeclared: undeclared.len(),
        other_stacks: left_alone().filter(others).count(),
        skipped: live.skipped.len(),
        left_out: all - changes.len(),
    };
    let summary = summary(&changes, &emitted.calls, rest, options.pace);
    let found = notices(&planning);
    let diagnostics =
        warnings.iter().chain(&found).map(|diagnostic| Record::new(diagnostic, sources));
    Plan {
        format_version: FORMAT_VERSION.to_owned(),
        rekon_version: env!("CARGO_PKG_VERSION").to_owned(),
        stack: desired.stack.clone(),
        fingerprint: fingerprint::plan(&desired.stack, &changes, &emitted.calls),
        complete: !live.problems.iter().any(|problem| matters(problem, desired, live, items)),
        refusals: refusals(&planning, intent, &order, &summary, options),
        undeclared: undeclared.into_iter().map(str::to_owned).collect(),
        zones: zones(desired, &changes),
        made: None,
        base: None,
        changed_since: None,
        unreviewed: Vec::new(),
        restores: false,
        summary,
        changes,
        calls: emitted.calls,
        diagnostics: diagnostics.collect(),
    }
}

/// Says of what gets another name which it had.
fn name_origins(changes: &mut [Change], desired: &Desired) {
    for Moved { from, to, .. } in &desired.hand_overs.moved {
        let Destination::Name(to) = to else { continue };
        let group = |name: &ProcessorName| {
            let change = changes.iter().position(|change| change.name == name.as_str())?;
            Some((change, changes[change].group.clone()))
        };
        if let (Some((_, old)), Some((new, group))) = (group(from), group(to))
            && old == group
        {
            changes[new].moved_from = Some(from.to_string());
        }
    }
}

/// Everything that is declared or live.
pub(super) fn items<'a>(
    desired: &'a Desired,
    live: &'a Live,
    base: Option<&'a Desired>,
    intent: Intent,
) -> Vec<Item<'a>> {
    let declared = desired.processors.iter().map(|(name, declaration)| {
        Item::declared(name, declaration, live.processors.get(name), desired, base, intent)
    });
    let others = live.processors.iter().filter(|(name, _)| !desired.processors.contains_key(*name));
    let others = others.map(|(name, live)| Item::undeclared(name, live, desired));
    let of_config = |item: &Item<'_>| match item.declaration {
        Some(_) => is_renamed(item, desired, live),
        None => item.work.changes(),
    };
    let all = declared.chain(others).map(|item| match intent.leaves_config && of_config(&item) {
        true => item.waiting(),
        false => item,
    });
    let mut items: Vec<Item<'_>> = all.collect();
    items.sort_by_key(|item| (!item.work.destroys(), item.name));
    items
}

/// Whether the files give a processor that lives this name.
pub(super) fn is_renamed(item: &Item<'_>, desired: &Desired, live: &Live) -> bool {
    let old = desired.hand_overs.old_name(item.name);
    item.live.is_none() && old.is_some_and(|old| live.processors.contains_key(old))
}

/// What no file declares and no stack marked.
pub(super) fn undeclared<'a>(
    items: &[Item<'a>],
    unread: &Unread<'a>,
    desired: &Desired,
    live: &Live,
) -> BTreeSet<&'a str> {
    let left_alone = items.iter().filter(|item| item.work == Work::Leave);
    let unmarked = left_alone.filter(|item| !matches!(item.owner, Owner::Other(_)));
    let unmarked = unmarked.map(|item| item.name.as_str());
    unmarked.chain(unread.undeclared(desired, live)).collect()
}

/// The zones whose shape a region has that comes, goes or stays in a change.
fn zones(desired: &Desired, changes: &[Change]) -> BTreeMap<String, RegionOfInterest> {
    let attributes = changes.iter().flat_map(|change| &change.attributes);
    let sides = attributes.flat_map(|one| [&one.before, &one.after]).flatten();
    let shown: BTreeSet<&RegionOfInterest> =
        sides.filter_map(Value::as_regions).flat_map(|regions| regions.iter()).collect();
    let zones = desired.zones.iter().filter(|(_, zone)| shown.contains(&zone.shape));
    zones.map(|(name, zone)| (name.clone(), zone.shape.clone())).collect()
}

fn refusals(
    planning: &Planning<'_>,
    intent: Intent,
    order: &Order,
    summary: &Summary,
    options: &Options,
) -> Vec<Refusal> {
    let Planning { desired, items, chosen, .. } = planning;
    let mut refusals = guard::check(&desired.guard, &options.allowances, summary);
    refusals
        .extend(chosen.iter().flat_map(|index| refusal::of_item(&items[*index], desired, intent)));
    let held = order.held.iter();
    refusals.extend(held.map(|held| refusal::stream_held(&items[held.item], held)));
    if options.undeclared == Undeclared::Denied && summary.undeclared > 0 {
        refusals.push(refusal::undeclared(summary.undeclared));
    }
    refusals
}
