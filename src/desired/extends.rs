//! Which templates lie under a processor, and in what order.

use std::collections::{BTreeMap, BTreeSet};

use super::names::Names;
use crate::config::{Node, Table, closest, did_you_mean, quoted};
use crate::diagnostic::{Code, Diagnostic, Span};

/// Templates from the lowest to the highest.
#[derive(Clone, Debug, Default)]
pub(super) struct Lineage<'a> {
    pub(super) templates: Vec<(&'a str, &'a Table)>,
    /// Some template cannot be known or used, so what it gives is unknown.
    pub(super) partial: bool,
}

/// The names that a table extends.
pub(super) fn extended(table: &Table) -> &[Node] {
    table.get("extends").map_or(&[], Node::listed)
}

/// Whether what is written at a key cannot be used.
pub(super) fn is_unusable(table: &Table, key: &str) -> bool {
    table.get(key).is_some_and(Node::is_unusable)
}

/// Puts templates in order: what a template extends lies under it, later ones
/// lie over earlier ones, and one that is reached twice keeps its first place.
///
/// Circles, which [`check`] reports, are cut where they close.
pub(super) fn lineage<'a>(names: &Names<'a>, extends: &'a [Node]) -> Lineage<'a> {
    enum Step<'a> {
        Enter(&'a Node),
        Leave(&'a str, &'a Table),
    }
    let mut lineage = Lineage::default();
    let mut entered = BTreeSet::new();
    let mut left = BTreeSet::new();
    let mut steps: Vec<Step<'_>> = extends.iter().rev().map(Step::Enter).collect();
    while let Some(step) = steps.pop() {
        let node = match step {
            Step::Leave(name, template) => {
                left.insert(name);
                lineage.templates.push((name, template));
                continue;
            }
            Step::Enter(node) => node,
        };
        let found = node.text().and_then(|name| names.templates.by_name.get_key_value(name));
        match found.map(|(name, node)| (name, node.table())) {
            Some((name, Some(template))) => {
                if entered.insert(*name) {
                    lineage.partial |= is_unusable(template, "extends");
                    steps.push(Step::Leave(name, template));
                    steps.extend(extended(template).iter().rev().map(Step::Enter));
                } else if !left.contains(name) {
                    // Here a circle closes, and nobody knows where it should not.
                    lineage.partial = true;
                }
            }
            _ => lineage.partial = true,
        }
    }
    lineage
}

/// Checks what a table extends: names that do not exist, names that stand twice.
pub(super) fn check(
    table: &Table,
    names: &Names<'_>,
    complete: bool,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for (name, span) in extended(table).iter().filter_map(|node| Some((node.text()?, node.span))) {
        if let Some(first) = seen.insert(name, span) {
            diagnostics.push(
                Diagnostic::new(Code::RepeatedTemplate, format!("`{name}` is extended twice"))
                    .label(span, "again here")
                    .label(first, "first here")
                    .help("a template counts once, at its first place"),
            );
        }
        let templates = &names.templates.by_name;
        if complete && !templates.contains_key(name) {
            let help = did_you_mean(closest(name, templates.keys().copied()))
                .unwrap_or_else(|| format!("declare it as `[template.{}]`", quoted(name)));
            diagnostics.push(
                Diagnostic::new(Code::UnknownTemplate, format!("there is no template `{name}`"))
                    .label(span, "unknown template")
                    .help(help),
            );
        }
    }
}

/// Reports every circle of templates once.
pub(super) fn cycles(names: &Names<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let templates = &names.templates.by_name;
    let edges = |name: &str| -> &[Node] {
        templates.get(name).and_then(|node| node.table()).map_or(&[], extended)
    };
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for start in templates.keys() {
        // The way from `start`: each template with its next edge to follow.
        let mut way: Vec<(&str, usize)> = vec![(start, 0)];
        let mut on_way: BTreeSet<&str> = BTreeSet::from([*start]);
        while let Some((name, next)) = way.last_mut() {
            let name = *name;
            let edge = if done.contains(name) { None } else { edges(name).get(*next) };
            let Some(node) = edge else {
                done.insert(name);
                on_way.remove(name);
                way.pop();
                continue;
            };
            *next += 1;
            let Some(target) = node.text() else { continue };
            if on_way.contains(target) {
                let from = way.iter().position(|(name, _)| *name == target).unwrap_or(0);
                diagnostics.push(cycle(&way[from..], edges));
            } else if let Some((target, _)) = templates.get_key_value(target)
                && !done.contains(target)
            {
                on_way.insert(target);
                way.push((target, 0));
            }
        }
    }
}

fn cycle<'a>(way: &[(&str, usize)], edges: impl Fn(&str) -> &'a [Node]) -> Diagnostic {
    const MOST: usize = 8;
    let path: Vec<String> =
        way.iter().chain(&way[..1]).map(|(name, _)| format!("`{name}`")).collect();
    let shown = if path.len() > MOST + 1 {
        format!("{} → … → {}", path[..MOST].join(" → "), path[0])
    } else {
        path.join(" → ")
    };
    let mut diagnostic =
        Diagnostic::new(Code::ExtendsCycle, format!("templates extend each other: {shown}"))
            .help("take one of these out of its `extends`");
    for (name, next) in way.iter().take(MOST) {
        if let Some(node) = next.checked_sub(1).and_then(|edge| edges(name).get(edge)) {
            diagnostic = diagnostic.label(node.span, format!("`{name}` extends this"));
        }
    }
    diagnostic
}
