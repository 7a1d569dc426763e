//! The least that it takes to reach a goal, by trying everything.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::goal::Goal;
use super::service::{Call, State, arn, perform};

/// What a way costs: deletes first, since each blinds a camera, then calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost {
    pub deletes: usize,
    pub calls: usize,
}

/// The cheapest way for one processor, whatever the others do.
///
/// Streams that others hold are left out of account, which can only make a way
/// look cheaper: a plan for all processors that costs no more than the sum of
/// these is the cheapest there is.
pub fn cheapest(name: &str, from: Option<&Value>, goal: &Goal) -> Cost {
    let start: State = from.map(|wire| (name.to_owned(), wire.clone())).into_iter().collect();
    let mut frontier: BTreeMap<(Cost, String), (State, bool)> = BTreeMap::new();
    let mut settled = BTreeSet::new();
    let nothing = Cost { deletes: 0, calls: 0 };
    frontier.insert((nothing, key(&start, false)), (start, false));
    while let Some(((cost, key_of), (state, recreated))) = frontier.pop_first() {
        if !settled.insert(key_of) {
            continue;
        }
        if state.get(name).is_some_and(|wire| goal.missed_by(wire, recreated).is_none()) {
            return cost;
        }
        for call in moves(name, state.get(name), goal) {
            let mut next = state.clone();
            if perform(&mut next, &call).is_err() {
                continue;
            }
            let deletes = usize::from(call.operation == "DeleteStreamProcessor");
            let cost = Cost { deletes: cost.deletes + deletes, calls: cost.calls + 1 };
            let recreated = recreated || call.operation == "CreateStreamProcessor";
            frontier.insert((cost, key(&next, recreated)), (next, recreated));
        }
    }
    panic!("nothing leads {name} from {from:?} to {goal:?}");
}

fn key(state: &State, recreated: bool) -> String {
    format!("{recreated}{}", json!(state))
}

/// Every call that could help: updates with any of the members that the goal
/// has a word on, any of the tags, and the calls that take a name only. Values
/// that are not the goal's would have to be changed again.
fn moves(name: &str, now: Option<&Value>, goal: &Goal) -> Vec<Call> {
    let by_name = |operation: &str| Call::new(operation, json!({"Name": name}));
    let Some(now) = now else {
        let mut full = goal.create.clone();
        full.insert("Name".into(), json!(name));
        let mut untagged = full.clone();
        untagged.remove("Tags");
        let create = |request| Call::new("CreateStreamProcessor", Value::Object(request));
        return vec![create(full), create(untagged)];
    };
    let mut moves = vec![
        by_name("StartStreamProcessor"),
        by_name("StopStreamProcessor"),
        by_name("DeleteStreamProcessor"),
    ];
    for members in subsets(&members(goal)) {
        let mut request = json!({"Name": name});
        for (pointer, value) in members {
            match *pointer {
                "Labels" | "MinConfidence" => {
                    request["SettingsForUpdate"]["ConnectedHomeForUpdate"][pointer] = value.clone();
                }
                "ParametersToDelete" => {
                    let list = request.as_object_mut().unwrap().entry(*pointer);
                    list.or_insert(json!([])).as_array_mut().unwrap().push(value.clone());
                }
                _ => request[pointer] = value.clone(),
            }
        }
        moves.push(Call::new("UpdateStreamProcessor", request));
    }
    let wrong: Vec<(String, String)> = goal
        .tags
        .iter()
        .filter(|(key, value)| now["Tags"].get(*key) != Some(&json!(value)))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    for tags in subsets(&wrong) {
        let tags: BTreeMap<_, _> = tags.into_iter().cloned().collect();
        moves.push(Call::new("TagResource", json!({"ResourceArn": arn(name), "Tags": tags})));
    }
    let gone: Vec<String> =
        goal.unwanted.iter().filter(|key| now["Tags"].get(*key).is_some()).cloned().collect();
    for keys in subsets(&gone) {
        moves.push(Call::new("UntagResource", json!({"ResourceArn": arn(name), "TagKeys": keys})));
    }
    moves
}

/// What an update could carry towards the goal.
fn members(goal: &Goal) -> Vec<(&'static str, Value)> {
    let Some(home) = goal.create["Settings"].get("ConnectedHome") else { return Vec::new() };
    let mut members = vec![("Labels", home["Labels"].clone())];
    members.push(match home.get("MinConfidence") {
        Some(value) => ("MinConfidence", value.clone()),
        None => ("ParametersToDelete", json!("ConnectedHomeMinConfidence")),
    });
    members.push(match goal.create.get("RegionsOfInterest") {
        Some(regions) => ("RegionsOfInterestForUpdate", regions.clone()),
        None => ("ParametersToDelete", json!("RegionsOfInterest")),
    });
    let sharing = goal.create.get("DataSharingPreference").and_then(|share| share.get("OptIn"));
    let sharing = sharing.cloned().unwrap_or(json!(false));
    members.push(("DataSharingPreferenceForUpdate", json!({"OptIn": sharing})));
    members
}

/// All subsets but the empty one.
fn subsets<T>(items: &[T]) -> Vec<Vec<&T>> {
    let chosen = |bits: usize| {
        items.iter().enumerate().filter(move |(at, _)| bits & (1 << at) != 0).map(|(_, item)| item)
    };
    (1..1_usize << items.len()).map(|bits| chosen(bits).collect()).collect()
}
