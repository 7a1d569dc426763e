//! From what the files say to the model's values.

use std::collections::{BTreeSet, HashMap};

use super::layer::Given;
use super::shapes::{Zones, number};
use super::types::Layer;
use crate::config::Node;
use crate::diagnostic::Span;
use crate::model::{Regions, RunState, Type, Value};

/// Types values; one that lies under several processors is typed once.
pub(super) struct Typing<'a> {
    zones: &'a Zones<'a>,
    shared: HashMap<Span, Option<Value>>,
}

impl<'a> Typing<'a> {
    pub(super) fn new(zones: &'a Zones<'a>) -> Typing<'a> {
        Typing { zones, shared: HashMap::new() }
    }

    /// A value in force as one of a type; none if it cannot be, which has been
    /// reported.
    pub(super) fn value(&mut self, given: &Given<'_>, kind: Type) -> Option<Value> {
        let (node, zones) = (given.node?, self.zones);
        match given.layer {
            Layer::Processor => value(node, kind, zones),
            _ => self.shared.entry(node.span).or_insert_with(|| value(node, kind, zones)).clone(),
        }
    }
}

/// A value as one of a type; none if it cannot be.
pub(super) fn value(node: &Node, kind: Type, zones: &Zones<'_>) -> Option<Value> {
    Some(match kind {
        Type::Text { .. } => Value::text(node.text()?),
        Type::Percent => Value::Number(number(node)?),
        Type::Flag => Value::Flag(node.flag()?),
        Type::Labels => {
            let labels = node.items()?.iter().map(|item| item.text().map(str::to_owned));
            Value::Labels(labels.collect::<Option<BTreeSet<_>>>()?.into())
        }
        Type::Regions => {
            let regions = node.items()?.iter().map(|item| zones.region(item));
            Value::Regions(Regions::new(regions.collect::<Option<_>>()?).into())
        }
        Type::RunState => Value::RunState(RunState::parse(node.text()?)?),
    })
}
