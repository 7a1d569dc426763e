//! From ordered work to calls, each with what it waits for and what puts
//! things right when it fails.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::item::{Item, Work};
use super::order::Order;
use super::request;
use super::{Call, CallId, FallbackCall, GroupId, Operation};

/// The calls of a plan, and what belongs to each item.
pub(super) struct Emitted {
    pub calls: Vec<Call>,
    pub by_item: BTreeMap<usize, Part>,
}

/// What of the calls belongs to one item.
#[derive(Default)]
pub(super) struct Part {
    pub group: GroupId,
    pub calls: Vec<CallId>,
}

/// Emits the calls of all groups in their order, then those that change
/// processors in place.
pub(super) fn emit(items: &[Item<'_>], order: &Order, modified: &[usize]) -> Emitted {
    let mut emitter = Emitter { items, calls: Vec::new(), by_item: BTreeMap::new(), groups: 0 };
    for group in &order.groups {
        let mut wait = Wait::default();
        group.after.iter().for_each(|earlier| emitter.wait_for(order, *earlier, &mut wait));
        emitter.group(&group.members, wait);
    }
    for &index in modified {
        emitter.modify(index);
    }
    Emitted { calls: emitter.calls, by_item: emitter.by_item }
}

/// What a call waits for.
#[derive(Clone, Default)]
struct Wait {
    calls: Vec<CallId>,
    verified: Vec<String>,
}

struct Emitter<'a> {
    items: &'a [Item<'a>],
    calls: Vec<Call>,
    by_item: BTreeMap<usize, Part>,
    groups: usize,
}

impl Emitter<'_> {
    /// Adds what it takes to wait for all of another group: its members' last
    /// calls, and that they were found as planned.
    fn wait_for(&self, order: &Order, group: usize, wait: &mut Wait) {
        for member in &order.groups[group].members {
            wait.calls.extend(self.by_item.get(member).and_then(|part| part.calls.last()).cloned());
            wait.verified.push(self.items[*member].name.to_string());
        }
    }

    /// Names a group of items.
    fn open(&mut self, members: &[usize]) {
        self.groups += 1;
        for member in members {
            let group = format!("g{}", self.groups);
            self.by_item.insert(*member, Part { group, calls: Vec::new() });
        }
    }

    /// Adds a call; gives what waits for it.
    fn push(
        &mut self,
        index: usize,
        (operation, request): (Operation, Json),
        wait: Wait,
        on_failure: Option<Vec<FallbackCall>>,
    ) -> Wait {
        let id = format!("c{}", self.calls.len() + 1);
        let part = self.by_item.entry(index).or_default();
        part.calls.push(id.clone());
        self.calls.push(Call {
            id: id.clone(),
            processor: self.items[index].name.to_string(),
            operation,
            group: part.group.clone(),
            after: wait.calls,
            after_verified: wait.verified,
            request,
            on_failure,
        });
        Wait { calls: vec![id], verified: Vec::new() }
    }

    /// Makes the members of a group what they are to be in one chain: all stops, all
    /// deletes, all creations and all starts. Since each call of the chain waits for the
    /// one before, what has happened when one fails is known here, and so is what undoes
    /// it; where nothing is deleted, there is nothing to undo.
    fn group(&mut self, members: &[usize], mut wait: Wait) {
        use Operation::{DeleteStreamProcessor, StartStreamProcessor, StopStreamProcessor};
        self.open(members);
        let items = self.items;
        let those = |which: &dyn Fn(&Item<'_>) -> bool| -> Vec<usize> {
            members.iter().copied().filter(|member| which(&items[*member])).collect()
        };
        let deleted = those(&|item| item.work.destroys());
        let running = those(&|item| item.work.destroys() && item.runs());
        let created = those(&|item| item.work != Work::Delete);
        let starting = those(&|item| item.work != Work::Delete && item.shall_run());
        let again = |members: &[usize], operation| -> Vec<FallbackCall> {
            let steps = members.iter().map(|member| &items[*member]);
            steps.map(|item| fallback(item, by_name(item, operation))).collect()
        };
        let restore = |deleted: &[usize]| -> Vec<FallbackCall> {
            deleted.iter().filter_map(|member| restoration(&items[*member])).collect()
        };
        let undo = |steps: &[Vec<FallbackCall>]| (!deleted.is_empty()).then(|| steps.concat());

        for (done, &member) in running.iter().enumerate() {
            let undo = undo(&[again(&running[..done], StartStreamProcessor)]);
            wait = self.push(member, by_name(&items[member], StopStreamProcessor), wait, undo);
        }
        for (done, &member) in deleted.iter().enumerate() {
            let undo = undo(&[restore(&deleted[..done]), again(&running, StartStreamProcessor)]);
            wait = self.push(member, by_name(&items[member], DeleteStreamProcessor), wait, undo);
        }
        for (done, &member) in created.iter().enumerate() {
            let undo = undo(&[
                again(&created[..done], DeleteStreamProcessor),
                restore(&deleted),
                again(&running, StartStreamProcessor),
            ]);
            wait = self.push(member, creation(&items[member]), wait, undo);
        }
        for (done, &member) in starting.iter().enumerate() {
            let undo = undo(&[
                again(&starting[..=done], StopStreamProcessor),
                again(&created, DeleteStreamProcessor),
                restore(&deleted),
                again(&running, StartStreamProcessor),
            ]);
            wait = self.push(member, by_name(&items[member], StartStreamProcessor), wait, undo);
        }
    }

    fn modify(&mut self, index: usize) {
        self.open(&[index]);
        let item = &self.items[index];
        let Some(live) = item.live else { return };
        let run = match (item.runs(), item.shall_run()) {
            (false, true) => Some(by_name(item, Operation::StartStreamProcessor)),
            (true, false) => Some(by_name(item, Operation::StopStreamProcessor)),
            _ => None,
        };
        // Tags that go make room for those that come: their number is limited. Those that
        // come are last, since the record among them is of what is done.
        let tags = || item.tag_differences();
        let steps = [
            request::update(item.name.as_str(), &item.differences)
                .map(|request| (Operation::UpdateStreamProcessor, request)),
            request::untag(&live.arn, tags()).map(|request| (Operation::UntagResource, request)),
            run,
            request::tag(&live.arn, tags()).map(|request| (Operation::TagResource, request)),
        ];
        let mut wait = Wait::default();
        for step in steps.into_iter().flatten() {
            wait = self.push(index, step, wait, None);
        }
    }
}

fn by_name(item: &Item<'_>, operation: Operation) -> (Operation, Json) {
    (operation, request::by_name(item.name.as_str()))
}

fn creation(item: &Item<'_>) -> (Operation, Json) {
    (Operation::CreateStreamProcessor, request::create(item.name.as_str(), &item.after))
}

/// Creates the old definition again.
fn restoration(item: &Item<'_>) -> Option<FallbackCall> {
    let request = request::create(item.name.as_str(), item.before()?);
    Some(fallback(item, (Operation::CreateStreamProcessor, request)))
}

fn fallback(item: &Item<'_>, (operation, request): (Operation, Json)) -> FallbackCall {
    FallbackCall { processor: item.name.to_string(), operation, request }
}
