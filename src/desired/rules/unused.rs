//! Templates and zones that nothing names.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::{At, Attributes, Extends, Slot, closest};
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
    if let Some(at) = names.defaults {
        match at.get() {
            Some(defaults) => {
                zones.regions(&defaults.attributes);
                for kind in [&defaults.label_detection, &defaults.face_search] {
                    kind.get().into_iter().for_each(|kind| zones.regions(&kind.attributes));
                    zones.uncertain |= kind.is_reported();
                }
            }
            None => zones.uncertain = true,
        }
    }
    let unread = names.every_template().any(|at| at.value.is_err())
        || names.every_processor().any(|at| at.value.is_err());
    templates.uncertain |= unread;
    zones.uncertain |= unread;
    for template in names.every_template().filter_map(At::get) {
        templates.extends(&template.extends);
        zones.regions(&template.attributes);
    }
    for processor in names.every_processor().filter_map(At::get) {
        templates.extends(&processor.extends);
        zones.regions(&processor.attributes);
    }
    let declared = names.templates.iter().map(|(name, at)| (*name, at.key)).collect();
    for (name, span) in templates.leave_out(declared) {
        let help = format!("extend it with `extends = \"{name}\"`, or remove it");
        diagnostics.push(warning(Code::UnusedTemplate, "template", name, span, help));
    }
    let declared = names.zones.iter().map(|(name, at)| (*name, at.key)).collect();
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
    fn extends(&mut self, extends: &'a Slot<Extends>) {
        self.uncertain |= extends.is_reported();
        let list = extends.get().map_or(&[][..], |Extends(list)| list);
        self.uncertain |= list.iter().any(|at| at.value.is_err());
        self.names.extend(list.iter().filter_map(At::get).map(String::as_str));
    }

    fn regions(&mut self, attributes: &'a Attributes) {
        self.uncertain |= attributes.regions_of_interest.is_reported();
        for at in attributes.regions_of_interest.get().into_iter().flatten() {
            match at.get() {
                Some(region) => {
                    self.uncertain |= region.zone.is_reported();
                    self.names.extend(region.zone.get().map(String::as_str));
                }
                None => self.uncertain = true,
            }
        }
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
