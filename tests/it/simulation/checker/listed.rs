//! What a plan lists, and that nothing else is sent.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::{Case, Essence, Purpose, seconds};
use crate::simulation::wire::Exchange;

/// A plan, as far as it matters here.
pub(super) struct Planned {
    pub(super) calls: Vec<Listed>,
    pub(super) changes: BTreeMap<String, Change>,
}

/// One call, or one that is made when another fails.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) operation: String,
    pub(super) request: Value,
    pub(super) after: Vec<String>,
    pub(super) group: String,
    pub(super) on_failure: Vec<Listed>,
}

#[derive(Debug)]
pub(super) struct Change {
    pub(super) expect: Option<Essence>,
    pub(super) result: Option<Essence>,
    pub(super) group: String,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

impl Listed {
    fn read(call: &Value) -> Listed {
        Listed {
            id: text(&call["id"]),
            name: text(&call["processor"]),
            operation: text(&call["operation"]),
            request: call["request"].clone(),
            after: items(&call["after"]).map(text).collect(),
            group: text(&call["group"]),
            on_failure: items(&call["on_failure"]).map(Listed::read).collect(),
        }
    }

    fn is(&self, write: &Exchange) -> bool {
        (&self.name, &self.operation) == (&write.name, &write.operation)
            && self.request == write.request
    }
}

impl Planned {
    pub(super) fn read(plan: &Value) -> Planned {
        let change = |change: &Value| {
            let read = Change {
                expect: Essence::of_plan(&change["expect"]),
                result: Essence::of_plan(&change["result"]),
                group: text(&change["group"]),
            };
            (text(&change["name"]), read)
        };
        Planned {
            calls: items(&plan["calls"]).map(Listed::read).collect(),
            changes: items(&plan["changes"]).map(change).collect(),
        }
    }

    /// The planned call that a write is.
    pub(super) fn call(&self, write: &Exchange) -> Option<&Listed> {
        self.calls.iter().find(|call| call.is(write))
    }

    /// Whether a call comes after the creation of its processor.
    pub(super) fn recreates(&self, call: &Listed) -> bool {
        self.calls
            .iter()
            .any(|create| create.name == call.name && create.operation == "CreateStreamProcessor")
    }

    fn falls_back_to(&self, write: &Exchange) -> bool {
        self.calls.iter().flat_map(|call| &call.on_failure).any(|call| call.is(write))
    }

    /// The groups that delete something.
    pub(super) fn destroying(&self) -> BTreeSet<&str> {
        let deletes = self.calls.iter().filter(|call| call.operation == "DeleteStreamProcessor");
        deletes.map(|call| call.group.as_str()).collect()
    }
}

impl Case<'_> {
    /// Only calls that the plan lists are sent, none before what it comes after, and
    /// each takes effect once at the most, unless somebody else undoes it.
    pub(super) fn only_what_is_listed(&self) -> Result<(), String> {
        let mut effects: BTreeMap<(&str, &str, Purpose), usize> = BTreeMap::new();
        for write in self.own_writes() {
            let Exchange { name, operation, .. } = write;
            let purpose = self.purpose(write);
            let listed = match purpose {
                Purpose::Planned => self.planned.call(write).is_some(),
                Purpose::Fallback => self.planned.falls_back_to(write),
            };
            if !listed {
                return Err(format!("{operation} of {name} is not in the plan: {}", write.request));
            }
            let call = self.planned.call(write).filter(|_| purpose == Purpose::Planned);
            if call.is_some_and(|call| !self.may_follow(call, write.sent)) {
                let at = seconds(write.sent);
                return Err(format!("{operation} of {name} was sent at {at}, out of turn"));
            }
            let counts = ["Create", "Delete", "Start", "Stop"];
            // What failed after its start can be started again.
            let fails = self.evidence.weather.failing_starts.contains(name.as_str());
            let may_repeat =
                self.is_meddled_with(name) || fails && operation == "StartStreamProcessor";
            if write.effect().is_some()
                && !may_repeat
                && counts.iter().any(|word| operation.starts_with(word))
            {
                let count = effects.entry((name, operation, purpose)).or_default();
                *count += 1;
                if *count > 1 {
                    let at = seconds(write.effect().unwrap().at);
                    return Err(format!("{operation} of {name} took effect again at {at}"));
                }
            }
        }
        Ok(())
    }

    /// Whether all that a call comes after was sent by then.
    pub(super) fn may_follow(&self, call: &Listed, by: Duration) -> bool {
        call.after.iter().all(|earlier| {
            let earlier = self.planned.calls.iter().find(|call| call.id == *earlier).unwrap();
            self.sent(&earlier.name, &earlier.operation).any(|sent| sent.sent < by)
        })
    }

    /// A run that fails before it began has sent nothing.
    pub(super) fn nothing_was_sent(&self) -> Result<(), String> {
        match self.own_writes().next() {
            None => Ok(()),
            Some(write) => Err(format!("it did not begin, but sent {}", write.operation)),
        }
    }
}
