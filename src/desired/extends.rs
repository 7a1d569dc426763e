//! Which templates lie under a processor, and in what order.

use std::collections::{BTreeMap, BTreeSet};

use super::names::Names;
use crate::config::{At, Extends, List, Slot, Template, closest, did_you_mean};
use crate::diagnostic::{Code, Diagnostic, Span};

/// Templates from the lowest to the highest.
#[derive(Clone, Debug, Default)]
pub(super) struct Lineage<'a> {
    pub(super) templates: Vec<&'a Template>,
    /// Some template cannot be known or used, so what it gives is unknown.
    pub(super) partial: bool,
}

/// The names that a list extends.
pub(super) fn listed(extends: &Slot<Extends>) -> &[At<String>] {
    extends.get().map_or(&[], |Extends(list)| list)
}

/// Puts templates in order: what a template extends lies under it, later ones
/// lie over earlier ones, and one that is reached twice keeps its first place.
///
/// Circles, which [`check`] reports, are cut where they close.
pub(super) fn lineage<'a>(names: &Names<'a>, extends: &'a [At<String>]) -> Lineage<'a> {
    enum Step<'a> {
        Enter(&'a At<String>),
        Leave(&'a str, &'a Template),
    }
    let mut lineage = Lineage::default();
    let mut entered = BTreeSet::new();
    let mut left = BTreeSet::new();
    let mut steps: Vec<Step<'_>> = extends.iter().rev().map(Step::Enter).collect();
    while let Some(step) = steps.pop() {
        let at = match step {
            Step::Leave(name, template) => {
                left.insert(name);
                lineage.templates.push(template);
                continue;
            }
            Step::Enter(at) => at,
        };
        let found = at.get().and_then(|name| names.templates.get_key_value(name.as_str()));
        match found.map(|(name, at)| (name, at.get())) {
            Some((name, Some(template))) => {
                if entered.insert(*name) {
                    lineage.partial |= template.extends.is_reported();
                    steps.push(Step::Leave(name, template));
                    steps.extend(listed(&template.extends).iter().rev().map(Step::Enter));
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

/// Checks one `extends`: names that do not exist, names that stand twice.
pub(super) fn check(
    names: &Names<'_>,
    complete: bool,
    extends: &[At<String>],
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for at in extends {
        let Some(name) = at.get() else { continue };
        if let Some(first) = seen.insert(name, at.span) {
            diagnostics.push(
                Diagnostic::new(Code::RepeatedTemplate, format!("`{name}` is extended twice"))
                    .label(at.span, "again here")
                    .label(first, "first here")
                    .help("a template counts once, at its first place"),
            );
        }
        if complete && !names.templates.contains_key(name.as_str()) {
            let help = did_you_mean(closest(name, names.templates.keys().copied()))
                .unwrap_or_else(|| format!("declare it as `[template.{}]`", quoted(name)));
            diagnostics.push(
                Diagnostic::new(Code::UnknownTemplate, format!("there is no template `{name}`"))
                    .label(at.span, "unknown template")
                    .help(help),
            );
        }
    }
}

/// A name as a header has it.
pub(super) fn quoted(name: &str) -> String {
    let bare = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if bare { name.to_owned() } else { format!("{name:?}") }
}

/// Reports every circle of templates once.
pub(super) fn cycles(names: &Names<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let no_list = List::new();
    let edges = |name: &str| -> &[At<String>] {
        names
            .templates
            .get(name)
            .and_then(|at| at.get())
            .map_or(&no_list, |template| listed(&template.extends))
    };
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for start in names.templates.keys() {
        // The way from `start`: each template with its next edge to follow.
        let mut way: Vec<(&str, usize)> = vec![(start, 0)];
        let mut on_way: BTreeSet<&str> = BTreeSet::from([*start]);
        while let Some((name, next)) = way.last_mut() {
            let name = *name;
            let edge = if done.contains(name) { None } else { edges(name).get(*next) };
            let Some(at) = edge else {
                done.insert(name);
                on_way.remove(name);
                way.pop();
                continue;
            };
            *next += 1;
            let Some(target) = at.get().map(String::as_str) else { continue };
            if on_way.contains(target) {
                let from = way.iter().position(|(name, _)| *name == target).unwrap_or(0);
                diagnostics.push(cycle(&way[from..], edges));
            } else if let Some((target, _)) = names.templates.get_key_value(target)
                && !done.contains(target)
            {
                on_way.insert(target);
                way.push((target, 0));
            }
        }
    }
}

fn cycle<'a>(way: &[(&str, usize)], edges: impl Fn(&str) -> &'a [At<String>]) -> Diagnostic {
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
        if let Some(at) = next.checked_sub(1).and_then(|edge| edges(name).get(edge)) {
            diagnostic = diagnostic.label(at.span, format!("`{name}` extends this"));
        }
    }
    diagnostic
}
