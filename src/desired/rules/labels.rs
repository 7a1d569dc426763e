//! What label detection looks for.
//!
//! The API model bounds the list to 1 to 128 labels and leaves their names open.

use std::collections::BTreeMap;

use crate::config::{Node, closest, did_you_mean};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::model::KNOWN_LABELS;

const MOST: usize = 128;

/// Checks a list of labels.
pub(super) fn check(node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let Some(labels) = node.items() else { return };
    if labels.is_empty() {
        diagnostics.push(
            Diagnostic::new(Code::NoLabels, "there is nothing to look for")
                .label(node.span, "no labels")
                .help("list at least one of `PERSON`, `PET`, `PACKAGE` and `ALL`"),
        );
    }
    if let Some(beyond) = labels.get(MOST) {
        diagnostics.push(
            Diagnostic::new(Code::TooManyLabels, format!("there are {} labels", labels.len()))
                .label(beyond.span, format!("the first beyond {MOST}"))
                .help(format!("the service takes 1 to {MOST}")),
        );
        return;
    }
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for (label, span) in labels.iter().filter_map(|item| Some((item.text()?, item.span))) {
        if let Some(first) = seen.get(label) {
            diagnostics.push(
                Diagnostic::new(Code::RepeatedLabel, format!("`{label}` is listed twice"))
                    .label(span, "again here")
                    .label(*first, "first here")
                    .help("labels are a set: remove one"),
            );
            continue;
        }
        seen.insert(label, span);
        if !KNOWN_LABELS.contains(&label) {
            let help = did_you_mean(closest(label, KNOWN_LABELS))
                .unwrap_or_else(|| "known are `PERSON`, `PET`, `PACKAGE` and `ALL`".to_owned());
            diagnostics.push(
                Diagnostic::new(Code::UnknownLabel, format!("`{label}` is no known label"))
                    .label(span, "unknown label")
                    .help(help),
            );
        }
    }
    if let Some(all) = seen.remove("ALL")
        && let Some(other) = seen.values().min()
    {
        diagnostics.push(
            Diagnostic::new(Code::AllBesideOthers, "`ALL` already means every label")
                .label(all, "everything")
                .label(*other, "part of it")
                .help("keep `ALL` alone, or list only what is meant"),
        );
    }
}
