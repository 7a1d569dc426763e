//! The dotted paths in `lifecycle.ignore_changes` and `unset`.

use crate::config::{ATTRIBUTES, Key, Node, Table, closest, did_you_mean};
use crate::desired::layer::may_unset;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::Path;

/// Checks the paths that a table ignores changes of.
pub(super) fn ignored(node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    check(node, Path::is_known, diagnostics);
}

/// Checks the paths that a table takes back.
pub(super) fn unset(table: &Table, diagnostics: &mut Vec<Diagnostic>) {
    if let Some(node) = table.get("unset") {
        check(node, may_unset, diagnostics);
    }
}

fn check(node: &Node, is_known: fn(&Path) -> bool, diagnostics: &mut Vec<Diagnostic>) {
    for item in node.listed() {
        let Some(text) = item.text().filter(|text| !is_known(&Path::parse(text))) else { continue };
        diagnostics.push(
            Diagnostic::new(Code::UnknownPath, format!("there is no attribute `{text}`"))
                .label(item.span, "unknown attribute")
                .help(help(text, is_known)),
        );
    }
}

fn help(path: &str, is_known: fn(&Path) -> bool) -> String {
    let paths: Vec<String> = ATTRIBUTES.iter().flat_map(Key::paths).collect();
    let candidates =
        || paths.iter().map(String::as_str).filter(|path| is_known(&Path::parse(path)));
    let deeper = candidates().find(|candidate| candidate.rsplit('.').next() == Some(path));
    let longer = candidates().find(|candidate| !path.is_empty() && candidate.starts_with(path));
    let tag = path
        .split_once('.')
        .filter(|(first, _)| closest(first, ["tags"]).is_some())
        .map(|(_, key)| format!("tags.{key}"));
    let meant = tag.as_deref().or(deeper).or(longer).or_else(|| closest(path, candidates()));
    did_you_mean(meant)
        .unwrap_or_else(|| "write an attribute's dotted path, such as `tags.site`".to_owned())
}
