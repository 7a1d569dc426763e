//! What the files declare, by name.

use std::collections::BTreeMap;

use crate::config::{At, Defaults, Guard, Loaded, Map, Processor, Stack, Template, Zone};
use crate::diagnostic::{Code, Diagnostic, SourceId, Span};

/// Every declaration of a project. The order of files means nothing.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    pub(super) stack: Option<&'a At<Stack>>,
    pub(super) guard: Option<&'a Guard>,
    pub(super) defaults: Option<&'a At<Defaults>>,
    pub(super) templates: BTreeMap<&'a str, &'a At<Template>>,
    pub(super) zones: BTreeMap<&'a str, &'a At<Zone>>,
    pub(super) processors: BTreeMap<&'a str, &'a At<Processor>>,
    /// What is declared under a name that is taken: not in force, but judged.
    pub(super) again: Again<'a>,
    /// A `[stack]` or `[defaults]` stands where it has no effect.
    pub(super) misplaced_stack: bool,
    pub(super) misplaced_defaults: bool,
    /// `rekon.toml`, if any file was found at all.
    pub(super) main: Option<SourceId>,
}

/// Declarations under names that are taken.
#[derive(Debug, Default)]
pub(super) struct Again<'a> {
    templates: Vec<&'a At<Template>>,
    zones: Vec<&'a At<Zone>>,
    processors: Vec<&'a At<Processor>>,
}

impl<'a> Names<'a> {
    /// Every template, those under taken names included.
    pub(super) fn every_template(&self) -> impl Iterator<Item = &'a At<Template>> {
        self.templates.values().chain(&self.again.templates).copied()
    }

    /// Every zone, those under taken names included.
    pub(super) fn every_zone(&self) -> impl Iterator<Item = &'a At<Zone>> {
        self.zones.values().chain(&self.again.zones).copied()
    }

    /// Every processor, those under taken names included.
    pub(super) fn every_processor(&self) -> impl Iterator<Item = &'a At<Processor>> {
        self.processors.values().chain(&self.again.processors).copied()
    }
}

/// Gathers the declarations of all files.
pub(super) fn gather<'a>(loaded: &'a Loaded, diagnostics: &mut Vec<Diagnostic>) -> Names<'a> {
    let mut names =
        Names { main: loaded.sources.iter().next().map(|(source, _)| source), ..Names::default() };
    for file in &loaded.files {
        let tables = &file.tables;
        if Some(file.source) == names.main {
            names.stack = tables.stack.at();
            names.guard = tables.guard.get();
            names.defaults = tables.defaults.at();
        } else {
            let spans = [
                ("stack", tables.stack.at().map(|at| at.key)),
                ("guard", tables.guard.at().map(|at| at.key)),
                ("defaults", tables.defaults.at().map(|at| at.key)),
            ];
            names.misplaced_stack |= tables.stack.at().is_some();
            names.misplaced_defaults |= tables.defaults.at().is_some();
            for (table, span) in spans {
                diagnostics.extend(span.map(|span| misplaced(table, span)));
            }
        }
        let (templates, again) = (&mut names.templates, &mut names.again.templates);
        add("template", templates, again, tables.template.get(), diagnostics);
        let (zones, again) = (&mut names.zones, &mut names.again.zones);
        add("zone", zones, again, tables.zone.get(), diagnostics);
        let (processors, again) = (&mut names.processors, &mut names.again.processors);
        add("processor", processors, again, tables.processor.get(), diagnostics);
    }
    names
}

fn misplaced(table: &str, span: Span) -> Diagnostic {
    Diagnostic::new(Code::MisplacedTable, format!("`[{table}]` stands in an included file"))
        .label(span, "not here")
        .help("move it to `rekon.toml`, the only file that may hold it")
}

fn add<'a, T>(
    what: &str,
    names: &mut BTreeMap<&'a str, &'a At<T>>,
    again: &mut Vec<&'a At<T>>,
    declared: Option<&'a Map<T>>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for (name, at) in declared.into_iter().flatten() {
        match names.get(name.as_str()) {
            None => {
                names.insert(name, at);
            }
            Some(first) => {
                again.push(at);
                diagnostics.push(
                    Diagnostic::new(
                        Code::DuplicateName,
                        format!("the {what} `{name}` is declared twice"),
                    )
                    .label(at.key, "declared again here")
                    .label(first.key, "first declared here")
                    .help("names are unique across all files: rename or remove one"),
                );
            }
        }
    }
}
