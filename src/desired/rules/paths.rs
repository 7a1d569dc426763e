//! The dotted paths in `lifecycle.ignore_changes` and `unset`.

use crate::config::{At, Attributes, List, Slot, closest, did_you_mean};
use crate::desired::unset::{LIFECYCLE, is_known};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Attribute, Path};

/// Checks the paths that a table ignores changes of.
pub(super) fn check(attributes: &Attributes, diagnostics: &mut Vec<Diagnostic>) {
    let lifecycle = attributes.lifecycle.get();
    for at in lifecycle.and_then(|lifecycle| lifecycle.ignore_changes.get()).into_iter().flatten() {
        diagnostics.extend(at.get().and_then(|path| {
            let known = Path::parse(path).is_known();
            (!known).then(|| unknown(at, path, &[]))
        }));
    }
}

/// Checks the paths that a table takes back.
pub(in super::super) fn unset(slot: &Slot<List<String>>, diagnostics: &mut Vec<Diagnostic>) {
    for at in slot.get().into_iter().flatten() {
        diagnostics.extend(
            at.get().and_then(|path| (!is_known(path)).then(|| unknown(at, path, &LIFECYCLE))),
        );
    }
}

fn unknown(at: &At<String>, path: &str, beside: &[&str]) -> Diagnostic {
    let paths: Vec<String> = Attribute::FIXED
        .iter()
        .flat_map(|attribute| {
            let segments: Vec<&str> = attribute.segments().collect();
            (1..=segments.len()).map(|length| segments[..length].join(".")).collect::<Vec<_>>()
        })
        .collect();
    let candidates = || paths.iter().map(String::as_str).chain(beside.iter().copied());
    let deeper = candidates().find(|candidate| candidate.rsplit('.').next() == Some(path));
    let longer = candidates().find(|candidate| !path.is_empty() && candidate.starts_with(path));
    let tag = path
        .split_once('.')
        .filter(|(first, _)| closest(first, ["tags"]).is_some())
        .map(|(_, key)| format!("tags.{key}"));
    let meant = tag.as_deref().or(deeper).or(longer).or_else(|| closest(path, candidates()));
    let help = did_you_mean(meant)
        .unwrap_or_else(|| "write an attribute's dotted path, such as `tags.site`".to_owned());
    Diagnostic::new(Code::UnknownPath, format!("there is no attribute `{path}`"))
        .label(at.span, "unknown attribute")
        .help(help)
}
