//! Templates and zones that nothing names.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::{Node, closest};
use crate::desired::names::Names;
use crate::diagnostic::{Code, Diagnostic, Span};

/// Warns of every template and zone that nothing names.
///
/// A template counts as used when another one extends it, since that one is
/// then what is not used. One that resembles a name which is asked for and not
/// there counts as used too, as it may be what was meant.
pub(in super::super) fn unused(names: &Names<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut templates = Mentions::default();
    let mut zones = Mentions::default();
    if let Some(node) = names.defaults {
        zones.regions(node);
        for kind in ["label_detection", "face_search"] {
            node.table()
                .and_then(|defaults| defaults.get(kind))
                .into_iter()
                .for_each(|node| zones.regions(node));
        }
    }
    for (_, node) in names.templates.every().chain(names.processors.every()) {
        templates.extends(node);
        zones.regions(node);
    }
    let declared = names.templates.places();
    for (name, span) in templates.leave_out(declared) {
        let help = format!("extend it with `extends = \"{name}\"`, or remove it");
        diagnostics.push(warning(Code::UnusedTemplate, "template", name, span, help));
    }
    let declared = names.zones.places();
    for (name, span) in zones.leave_out(declared) {
        let help = format!("name it in a region as `{{ zone = \"{name}\" }}`, or remove it");
        diagnostics.push(warning(Code::UnusedZone, "zone", name, span, help));
    }
}

fn warning(code: Code, what: &str, name: &str, span: Span, help: String) -> Diagnostic {
    Diagnostic::new(code, format!("the {what} `{name}` is not used"))
        .label(span, "never used")
        .help(help)
}

/// The names that are asked for.
#[derive(Default)]
struct Mentions<'a> {
    names: BTreeSet<&'a str>,
    /// A place that could name anything is unusable.
    uncertain: bool,
}

impl<'a> Mentions<'a> {
    /// Notes the templates that a table extends.
    fn extends(&mut self, node: &'a Node) {
        self.uncertain |= node.is_unusable();
        self.names(node.table().and_then(|table| table.get("extends")));
    }

    /// Notes the zones that a table's regions name.
    fn regions(&mut self, node: &'a Node) {
        self.uncertain |= node.is_unusable();
        let Some(regions) = node.table().and_then(|table| table.get("regions_of_interest")) else {
            return;
        };
        self.uncertain |= regions.is_unusable();
        for region in regions.listed() {
            self.uncertain |= region.is_unusable();
            self.names(region.table().and_then(|table| table.get("zone")));
        }
    }

    fn names(&mut self, node: Option<&'a Node>) {
        let Some(node) = node else { return };
        self.uncertain |= node.is_unusable() || node.listed().iter().any(Node::is_unusable);
        self.names.extend(node.listed().iter().filter_map(Node::text));
    }

    /// What of the declared is never asked for, as far as that is known.
    fn leave_out(self, mut declared: BTreeMap<&'a str, Span>) -> BTreeMap<&'a str, Span> {
        if self.uncertain {
            return BTreeMap::new();
        }
        let meant: Vec<&str> = self
            .names
            .iter()
            .filter(|name| !declared.contains_key(*name))
            .filter_map(|name| closest(name, declared.keys().copied()))
            .collect();
        declared.retain(|name, _| !self.names.contains(name) && !meant.contains(name));
        declared
    }
}
