//! The rules that configurations must keep, one kind of rule a file.
//!
//! Rules about values look at every table by itself, so that a mistake in a
//! template is reported once, in the template. Rules about how things fit
//! together look at processors whose layers have been merged. A rule is an
//! error only where the API model or the service's documentation says that the
//! service refuses or alters the value, or where the file contradicts itself.

mod arns;
mod drift_ignores;
mod elsewhere;
mod facts;
mod fit;
mod frames;
mod hand_overs;
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
use crate::diagnostic::Diagnostic;
use crate::model::{Attribute, Type};

use super::layer::written;

pub(super) use drift_ignores::drift_ignores;
pub(super) use elsewhere::Resources;
pub(super) use facts::{Facts, Processor, StackFacts};
pub(super) use fit::{fit, offered};
pub(super) use hand_overs::hand_overs;
pub(super) use regions::zone;
pub(super) use required::Lacking;
pub(super) use stack::stack;
pub(super) use streams::Streams;
pub(super) use tags::{ownership, policy, too_many as too_many_tags};
pub(super) use unused::unused;
pub(super) use variants::kind_defaults;

/// Checks every value of a table of attributes by itself, and notes the resources
/// that it names. The table of a processor comes with its name.
pub(super) fn values<'a>(
    table: &'a Table,
    processor: Option<&'a str>,
    facts: &Facts<'_>,
    resources: &mut Resources<'a>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    variants::check(table, diagnostics);
    tags::check(table, facts, diagnostics);
    paths::unset(table, diagnostics);
    for (property, node) in written(table) {
        match (property, node) {
            (Property::IgnoreChanges, Some(node)) => paths::ignored(node, diagnostics),
            (Property::Frame, Some(node)) => diagnostics.extend(frames::check(node, facts)),
            (Property::Attribute(attribute), Some(node)) => {
                if matches!(attribute.shape().value, Type::Text { .. }) {
                    diagnostics.extend(arns::check(&attribute, node, processor, resources));
                }
                value(&attribute, node, facts, diagnostics);
            }
            (Property::PreventDestroy, _) | (_, None) => {}
        }
    }
}

fn value(attribute: &Attribute, node: &Node, facts: &Facts<'_>, diagnostics: &mut Vec<Diagnostic>) {
    match attribute.shape().value {
        Type::Text { .. } => diagnostics.extend(strings::check(attribute, node)),
        Type::Percent => numbers::check(attribute, node, diagnostics),
        Type::Labels => labels::check(node, diagnostics),
        Type::Regions => regions::check(node, facts, diagnostics),
        Type::Flag | Type::RunState => {}
    }
}
