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

use crate::config::Attributes;
use crate::diagnostic::Diagnostic;
use crate::model::TagPolicy;

use super::names::Names;

pub(super) use fit::{fit, offered};
pub(super) use paths::unset;
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

/// Checks every value of a table of attributes by itself.
pub(super) fn values(
    attributes: &Attributes,
    facts: &Facts<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    variants::check(attributes, diagnostics);
    arns::check(attributes, facts, diagnostics);
    strings::check(attributes, diagnostics);
    numbers::check(attributes, diagnostics);
    labels::check(attributes, diagnostics);
    regions::check(attributes, facts, diagnostics);
    tags::check(attributes, facts, diagnostics);
    paths::check(attributes, diagnostics);
}
