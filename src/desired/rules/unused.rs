//! Templates and zones that nothing names.

use std::collections::BTreeSet;

use crate::config::{At, Attributes, Extends, Slot};
use crate::desired::names::Names;
use crate::diagnostic::{Code, Diagnostic, Span};

/// Warns of every template and zone that nothing names.
///
/// A template counts as used when another one extends it, since that one is
/// then what is not used. Where a name that is not there was asked for, the one
/// that nothing names may be what was meant, and is not complained about.
pub(in super::super) fn unused(names: &Names<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut found = Mentions::default();
    if let Some(defaults) = names.defaults.and_then(|at| at.get()) {
        found.attributes(&defaults.attributes);
        for kind in [&defaults.label_detection, &defaults.face_search] {
            kind.get().into_iter().for_each(|kind| found.attributes(&kind.attributes));
            found.uncertain |= kind.is_reported();
        }
    }
    for at in names.every_template() {
        match at.get() {
            Some(template) => {
                found.extends(&template.extends);
                found.attributes(&template.attributes);
            }
            None => found.uncertain = true,
        }
    }
    for at in names.every_processor() {
        match at.get() {
            Some(processor) => {
                found.extends(&processor.extends);
                found.attributes(&processor.attributes);
            }
            None => found.uncertain = true,
        }
    }
    if found.uncertain {
        return;
    }
    let misspelt = |code| diagnostics.iter().any(|diagnostic| diagnostic.code == code);
    let (no_template, no_zone) = (misspelt(Code::UnknownTemplate), misspelt(Code::UnknownZone));
    let templates = names.templates.iter().map(|(name, at)| (*name, at.key));
    for (name, span) in
        templates.filter(|_| !no_template).filter(|(name, _)| !found.templates.contains(name))
    {
        let help = format!("extend it with `extends = \"{name}\"`, or remove it");
        diagnostics.push(warning(Code::UnusedTemplate, "template", name, span, help));
    }
    let zones = names.zones.iter().map(|(name, at)| (*name, at.key));
    for (name, span) in zones.filter(|_| !no_zone).filter(|(name, _)| !found.zones.contains(name)) {
        let help = format!("name it in a region as `{{ zone = \"{name}\" }}`, or remove it");
        diagnostics.push(warning(Code::UnusedZone, "zone", name, span, help));
    }
}

fn warning(code: Code, what: &str, name: &str, span: Span, help: String) -> Diagnostic {
    Diagnostic::new(code, format!("the {what} `{name}` is not used"))
        .label(span, "never used")
        .help(help)
}

#[derive(Default)]
struct Mentions<'a> {
    templates: BTreeSet<&'a str>,
    zones: BTreeSet<&'a str>,
    /// A list that could name anything is unusable.
    uncertain: bool,
}

impl<'a> Mentions<'a> {
    fn extends(&mut self, extends: &'a Slot<Extends>) {
        self.uncertain |= extends.is_reported();
        let list = extends.get().map_or(&[][..], |Extends(list)| list);
        self.uncertain |= list.iter().any(|at| at.value.is_err());
        self.templates.extend(list.iter().filter_map(At::get).map(String::as_str));
    }

    fn attributes(&mut self, attributes: &'a Attributes) {
        self.uncertain |= attributes.regions_of_interest.is_reported();
        for at in attributes.regions_of_interest.get().into_iter().flatten() {
            match at.get() {
                Some(region) => {
                    self.uncertain |= region.zone.is_reported();
                    self.zones.extend(region.zone.get().map(String::as_str));
                }
                None => self.uncertain = true,
            }
        }
    }
}
