//! The rules that configurations must keep, one kind of rule a file.
//!
//! Rules about values look at every table by itself, so that a mistake in a
//! template is reported once, in the template. Rules about how things fit
//! together look at processors whose layers have been merged. A rule is an
//! error only where the API model or the service's documentation says that the
//! service refuses or alters the value, or where the file contradicts itself.

mod arns;
mod fit;
mod labels;
mod numbers;
mod paths;
mod regions;
mod required;
mod stack;
mod streams;
mod strings;
mod tags;
mod unused;
mod variants;

use crate::config::{Node, Property, Table};
use crate::diagnostic::{Diagnostic, Span};
use crate::model::{Attribute, TagPolicy, Type};

use super::layer::written;
use super::names::Names;

pub(super) use fit::{fit, offered};
pub(super) use regions::zone;
pub(super) use required::required;
pub(super) use stack::{StackFacts, stack};
pub(super) use streams::Streams;
pub(super) use tags::{policy, too_many as too_many_tags};
pub(super) use unused::unused;
pub(super) use variants::kind_defaults;

/// What rules about values need to know beside the value.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) stack: StackFacts<'a>,
    pub(super) tag_policy: TagPolicy,
    pub(super) names: &'a Names<'a>,
    /// Whether every file could be read, so that what is absent is absent.
    pub(super) complete: bool,
}

/// A processor whose layers have been merged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Processor<'a> {
    pub(super) name: &'a str,
    /// The name in the table's header.
    pub(super) span: Span,
    pub(super) table: &'a Table,
}

/// Checks every value of a table of attributes by itself.
pub(super) fn values(table: &Table, facts: &Facts<'_>, diagnostics: &mut Vec<Diagnostic>) {
    variants::check(table, diagnostics);
    tags::check(table, facts, diagnostics);
    paths::unset(table, diagnostics);
    for (property, node) in written(table) {
        match (property, node) {
            (Property::IgnoreChanges, Some(node)) => paths::ignored(node, diagnostics),
            (Property::Attribute(attribute), Some(node)) => {
                value(&attribute, node, facts, diagnostics);
            }
            (Property::PreventDestroy, _) | (_, None) => {}
        }
    }
}

fn value(attribute: &Attribute, node: &Node, facts: &Facts<'_>, diagnostics: &mut Vec<Diagnostic>) {
    match attribute.shape().value {
        Type::Text { .. } => {
            diagnostics.extend(arns::check(attribute, node, facts));
            diagnostics.extend(strings::check(attribute, node));
        }
        Type::Percent => numbers::check(attribute, node, diagnostics),
        Type::Labels => labels::check(node, diagnostics),
        Type::Regions => regions::check(node, facts, diagnostics),
        Type::Flag | Type::RunState => {}
    }
}
