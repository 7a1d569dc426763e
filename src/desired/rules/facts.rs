//! What rules need to know beside what they judge.

use std::collections::BTreeMap;

use crate::config::Table;
use crate::desired::Stack;
use crate::desired::names::Names;
use crate::desired::shapes::Zones;
use crate::diagnostic::Span;
use crate::model::TagPolicy;

/// What rules about values need to know beside the value.
#[derive(Debug)]
pub(in super::super) struct Facts<'a> {
    pub(in super::super) stack: StackFacts<'a>,
    pub(in super::super) tag_policy: TagPolicy,
    pub(in super::super) names: &'a Names<'a>,
    pub(in super::super) zones: &'a Zones<'a>,
    /// The frames that cannot be shown, by their paths, and why.
    pub(in super::super) unusable_frames: &'a BTreeMap<String, String>,
    /// Whether every file could be read, so that what is absent is absent.
    pub(in super::super) complete: bool,
}

/// A processor whose layers have been merged.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Processor<'a> {
    pub(in super::super) name: &'a str,
    /// The name in the table's header.
    pub(in super::super) span: Span,
    pub(in super::super) table: &'a Table,
}

/// What of `[stack]` is valid, and where it stands.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct StackFacts<'a> {
    pub(in super::super) name: Option<(&'a str, Span)>,
    pub(in super::super) account_id: Option<(&'a str, Span)>,
    pub(in super::super) region: Option<(&'a str, Span)>,
}

impl StackFacts<'_> {
    /// The stack, if all of it is valid.
    pub(in super::super) fn resolve(&self) -> Option<Stack> {
        Some(Stack {
            name: self.name?.0.to_owned(),
            account_id: self.account_id?.0.to_owned(),
            region: self.region?.0.to_owned(),
        })
    }
}
