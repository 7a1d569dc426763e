//! From ordered work to calls, each with what it waits for and what puts
//! things right when it fails.

use std::collections::BTreeMap;

use serde_json::Value;

use super::item::{Item, Work};
use super::order::Order;
use super::request;
use super::{Call, CallId, FallbackCall, Operation};

/// The calls of a plan, and which item each belongs to.
pub(super) struct Emitted {
    pub calls: Vec<Call>,
    pub by_item: BTreeMap<usize, Vec<CallId>>,
}

/// Emits the calls of all groups in their order, then those that change
/// processors in place.
///
/// The first replacement goes alone: every other one waits until it has been
/// verified.
pub(super) fn emit(items: &[Item<'_>], order: &Order, modified: &[usize]) -> Emitted {
    let mut emitter = Emitter { items, calls: Vec::new(), by_item: BTreeMap::new() };
    let mut first_replacement: Option<usize> = None;
    for (at, group) in order.groups.iter().enumerate() {
        let mut after: Vec<CallId> =
            group.after.iter().flat_map(|earlier| emitter.lasts(order, *earlier)).collect();
        if items[group.members[0]].work == Work::Replace {
            match first_replacement {
                None => first_replacement = Some(at),
                Some(first) if !group.after.contains(&first) => {
                    after.extend(emitter.lasts(order, first));
                }
                Some(_) => {}
            }
            emitter.replace(&group.members, after);
        } else {
            emitter.create(group.members[0], after);
        }
    }
    for &index in modified {
        emitter.modify(index);
    }
    Emitted { calls: emitter.calls, by_item: emitter.by_item }
}

struct Emitter<'a> {
    items: &'a [Item<'a>],
    calls: Vec<Call>,
    by_item: BTreeMap<usize, Vec<CallId>>,
}

impl Emitter<'_> {
    /// The last call of each member of a group.
    fn lasts(&self, order: &Order, group: usize) -> Vec<CallId> {
        order.groups[group]
            .members
            .iter()
            .filter_map(|member| self.by_item.get(member)?.last().cloned())
            .collect()
    }

    fn push(
        &mut self,
        index: usize,
        operation: Operation,
        request: Value,
        after: Vec<CallId>,
        on_failure: Option<Vec<FallbackCall>>,
    ) -> Vec<CallId> {
        let id = format!("c{}", self.calls.len() + 1);
        self.calls.push(Call {
            id: id.clone(),
            processor: self.items[index].name.to_string(),
            operation,
            after,
            request,
            on_failure,
        });
        self.by_item.entry(index).or_default().push(id.clone());
        vec![id]
    }

    fn create(&mut self, index: usize, after: Vec<CallId>) {
        let item = &self.items[index];
        let name = item.name.as_str();
        let request = request::create(name, &item.after);
        let created = self.push(index, Operation::CreateStreamProcessor, request, after, None);
        if item.shall_run() {
            let request = request::by_name(name);
            self.push(index, Operation::StartStreamProcessor, request, created, None);
        }
    }

    /// Replaces the members of a group in one chain: all stops, all deletes and
    /// all creations, and then the starts. Since each call of the chain waits for
    /// the one before, what has happened when one fails is known here, and so is
    /// what undoes it.
    fn replace(&mut self, members: &[usize], after: Vec<CallId>) {
        let mut after = after;
        let items = self.items;
        let running: Vec<usize> = members.iter().copied().filter(|m| items[*m].runs()).collect();
        let restart = |stopped: &[usize]| -> Vec<FallbackCall> {
            stopped.iter().map(|member| restart(&items[*member])).collect()
        };
        let restore = |deleted: &[usize]| -> Vec<FallbackCall> {
            deleted.iter().filter_map(|member| restore(&items[*member])).collect()
        };

        for (done, &member) in running.iter().enumerate() {
            let request = request::by_name(items[member].name.as_str());
            let undo = restart(&running[..done]);
            after = self.push(member, Operation::StopStreamProcessor, request, after, Some(undo));
        }
        for (done, &member) in members.iter().enumerate() {
            let request = request::by_name(items[member].name.as_str());
            let undo = [restore(&members[..done]), restart(&running)].concat();
            after = self.push(member, Operation::DeleteStreamProcessor, request, after, Some(undo));
        }
        for (done, &member) in members.iter().enumerate() {
            let item = &items[member];
            let request = request::create(item.name.as_str(), &item.after);
            let withdraw = members[..done].iter().map(|member| FallbackCall {
                processor: items[*member].name.to_string(),
                operation: Operation::DeleteStreamProcessor,
                request: request::by_name(items[*member].name.as_str()),
            });
            let undo = [withdraw.collect(), restore(members), restart(&running)].concat();
            after = self.push(member, Operation::CreateStreamProcessor, request, after, Some(undo));
        }
        // By now all of them are there; a start that fails is nobody else's trouble.
        for &member in members.iter().filter(|member| items[**member].shall_run()) {
            let request = request::by_name(items[member].name.as_str());
            let undo = Some(vec![]);
            self.push(member, Operation::StartStreamProcessor, request, after.clone(), undo);
        }
    }

    fn modify(&mut self, index: usize) {
        let item = &self.items[index];
        let Some(live) = item.live else { return };
        let name = item.name.as_str();
        let (arn, tags) = (&live.fact.arn, &live.processor.tags);
        let run = match (item.runs(), item.shall_run()) {
            (false, true) => Some(Operation::StartStreamProcessor),
            (true, false) => Some(Operation::StopStreamProcessor),
            _ => None,
        };
        // Tags that go make room for those that come: their number is limited.
        let steps = [
            request::update(name, &item.after, &item.differences)
                .map(|request| (Operation::UpdateStreamProcessor, request)),
            request::untag(arn, tags, &item.after.tags)
                .map(|request| (Operation::UntagResource, request)),
            request::tag(arn, tags, &item.after.tags)
                .map(|request| (Operation::TagResource, request)),
            run.map(|operation| (operation, request::by_name(name))),
        ];
        let mut after = Vec::new();
        for (operation, request) in steps.into_iter().flatten() {
            after = self.push(index, operation, request, after, None);
        }
    }
}

/// Starts a live processor again that was stopped for nothing.
fn restart(item: &Item<'_>) -> FallbackCall {
    FallbackCall {
        processor: item.name.to_string(),
        operation: Operation::StartStreamProcessor,
        request: request::by_name(item.name.as_str()),
    }
}

/// Creates the old definition again.
fn restore(item: &Item<'_>) -> Option<FallbackCall> {
    let live = item.live?;
    Some(FallbackCall {
        processor: item.name.to_string(),
        operation: Operation::CreateStreamProcessor,
        request: request::create(item.name.as_str(), live.processor),
    })
}
