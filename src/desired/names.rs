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
    /// `rekon.toml`, if any file was found at all.
    pub(super) main: Option<SourceId>,
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
            for (table, span) in spans {
                diagnostics.extend(span.map(|span| misplaced(table, span)));
            }
        }
        add("template", &mut names.templates, tables.template.get(), diagnostics);
        add("zone", &mut names.zones, tables.zone.get(), diagnostics);
        add("processor", &mut names.processors, tables.processor.get(), diagnostics);
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
    declared: Option<&'a Map<T>>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for (name, at) in declared.into_iter().flatten() {
        match names.get(name.as_str()) {
            None => {
                names.insert(name, at);
            }
            Some(first) => diagnostics.push(
                Diagnostic::new(
                    Code::DuplicateName,
                    format!("the {what} `{name}` is declared twice"),
                )
                .label(at.key, "declared again here")
                .label(first.key, "first declared here")
                .help("names are unique across all files: rename or remove one"),
            ),
        }
    }
}
