//! What the files declare, by name.

use std::collections::BTreeMap;

use crate::config::{Loaded, Node, Table};
use crate::diagnostic::{Code, Diagnostic, SourceId, Span};

/// Every declaration of a project. The order of files means nothing.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    pub(super) stack: Option<&'a Node>,
    pub(super) guard: Option<&'a Table>,
    pub(super) defaults: Option<&'a Node>,
    pub(super) templates: Declared<'a>,
    pub(super) zones: Declared<'a>,
    pub(super) processors: Declared<'a>,
    /// The entries of `[[removed]]` and of `[[moved]]`.
    pub(super) removed: Vec<&'a Node>,
    pub(super) moved: Vec<&'a Node>,
    /// The entries of `[[drift.ignore]]`.
    pub(super) drift_ignores: Vec<&'a Node>,
    /// A `[stack]` or `[defaults]` stands where it has no effect.
    pub(super) misplaced_stack: bool,
    pub(super) misplaced_defaults: bool,
    /// `rekon.toml`, if any file was found at all.
    pub(super) main: Option<SourceId>,
}

/// The tables of one sort.
#[derive(Debug, Default)]
pub(super) struct Declared<'a> {
    pub(super) by_name: BTreeMap<&'a str, &'a Node>,
    /// Those under names that are taken: not in force, but judged.
    again: Vec<(&'a str, &'a Node)>,
}

impl<'a> Declared<'a> {
    /// Every declaration, those under taken names included.
    pub(super) fn every(&self) -> impl Iterator<Item = (&'a str, &'a Node)> {
        let first = self.by_name.iter().map(|(name, node)| (*name, *node));
        first.chain(self.again.iter().copied())
    }

    /// Where each name is declared.
    pub(super) fn places(&self) -> BTreeMap<&'a str, Span> {
        self.by_name.iter().map(|(name, node)| (*name, node.key)).collect()
    }

    fn add(&mut self, what: &str, named: Option<&'a Node>, diagnostics: &mut Vec<Diagnostic>) {
        for (name, node) in named.and_then(Node::table).into_iter().flat_map(Table::iter) {
            let Some(first) = self.by_name.get(name) else {
                self.by_name.insert(name, node);
                continue;
            };
            self.again.push((name, node));
            diagnostics.push(
                Diagnostic::new(
                    Code::DuplicateName,
                    format!("the {what} `{name}` is declared twice"),
                )
                .label(node.key, "declared again here")
                .label(first.key, "first declared here")
                .help("names are unique across all files: rename or remove one"),
            );
        }
    }
}

/// Gathers the declarations of all files.
pub(super) fn gather<'a>(loaded: &'a Loaded, diagnostics: &mut Vec<Diagnostic>) -> Names<'a> {
    let mut names =
        Names { main: loaded.sources.iter().next().map(|(source, _)| source), ..Names::default() };
    for file in &loaded.files {
        let table = |name| file.tables.get(name);
        if Some(file.source) == names.main {
            names.stack = table("stack");
            names.guard = table("guard").and_then(Node::table);
            names.defaults = table("defaults");
        } else {
            names.misplaced_stack |= table("stack").is_some();
            names.misplaced_defaults |= table("defaults").is_some();
            for name in ["stack", "guard", "defaults"] {
                diagnostics.extend(table(name).map(|node| misplaced(name, node.key)));
            }
        }
        names.templates.add("template", table("template"), diagnostics);
        names.zones.add("zone", table("zone"), diagnostics);
        names.processors.add("processor", table("processor"), diagnostics);
        names.removed.extend(table("removed").and_then(Node::items).into_iter().flatten());
        let drift = table("drift").and_then(Node::table);
        let ignored = drift.and_then(|drift| drift.get("ignore")).and_then(Node::items);
        names.drift_ignores.extend(ignored.into_iter().flatten());
        names.moved.extend(table("moved").and_then(Node::items).into_iter().flatten());
    }
    names
}

fn misplaced(table: &str, span: Span) -> Diagnostic {
    Diagnostic::new(Code::MisplacedTable, format!("`[{table}]` stands in an included file"))
        .label(span, "not here")
        .help("move it to `rekon.toml`, the only file that may hold it")
}
