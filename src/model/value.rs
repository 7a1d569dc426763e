//! The value of an attribute, typed and canonical.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Float32, Regions, RunState};

/// A value. Cloning is cheap: ten thousand processors over one template share
/// what it gives.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Of [`Type::Text`](super::attribute::Type::Text): an ARN, a name, a key.
    Text(Arc<str>),
    /// In percent.
    Number(Float32),
    /// True or false.
    Flag(bool),
    /// A set.
    Labels(Arc<BTreeSet<String>>),
    /// A multiset in canonical order.
    Regions(Arc<Regions>),
    /// Running or stopped.
    RunState(RunState),
}

impl Value {
    /// A text.
    pub fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    /// Whether there is nothing in it: no text, no regions, no labels, false.
    pub fn is_empty(&self) -> bool {
        match self {
            Value::Text(text) => text.is_empty(),
            Value::Flag(flag) => !flag,
            Value::Labels(labels) => labels.is_empty(),
            Value::Regions(regions) => regions.is_empty(),
            Value::Number(_) | Value::RunState(_) => false,
        }
    }

    /// The characters of a text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The regions of interest, where it is a list of them.
    pub fn as_regions(&self) -> Option<&Regions> {
        match self {
            Value::Regions(regions) => Some(regions),
            _ => None,
        }
    }

    /// The labels, where it is a set of them.
    pub fn as_labels(&self) -> Option<&BTreeSet<String>> {
        match self {
            Value::Labels(labels) => Some(labels),
            _ => None,
        }
    }
}
