//! Tags, as the API model bounds them: `TagMap`, `TagKey`, `TagValue`.

use std::sync::LazyLock;

use fancy_regex::Regex;

use super::Facts;
use crate::config::{At, Attributes, Stack};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::model::{TagPolicy, TagScope};

/// The most tags of a request.
const MOST: usize = 200;
const LONGEST_KEY: usize = 128;
const LONGEST_VALUE: usize = 256;

/// How the stack manages tags.
pub(in super::super) fn policy(stack: Option<&Stack>) -> TagPolicy {
    let Some(stack) = stack else { return TagPolicy::default() };
    let ignore = stack.ignore_tags.get().into_iter().flatten();
    let scope = stack.tags.get().copied().unwrap_or(TagScope::Declared);
    TagPolicy::new(scope, ignore.filter_map(At::get).map(String::as_str))
}

/// Checks a table's tags.
pub(super) fn check(attributes: &Attributes, facts: &Facts<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for (key, at) in attributes.tags.get().into_iter().flatten() {
        if TagPolicy::is_reserved(key) {
            let whose = if key.starts_with("aws:") { "AWS" } else { "rekon" };
            diagnostics.push(
                Diagnostic::new(Code::ReservedTag, format!("the tag `{key}` is not for files"))
                    .label(at.key, format!("kept by {whose}"))
                    .help("choose a key that begins with neither `aws:` nor `rekon:`"),
            );
            continue;
        }
        let length = key.chars().count();
        if length == 0 || length > LONGEST_KEY || !is_tag_text(key) {
            diagnostics.push(invalid(at.key, "key", key, length, 1, LONGEST_KEY));
        } else if facts.tag_policy.protects(key) {
            diagnostics.push(
                Diagnostic::new(Code::IgnoredTag, format!("the tag `{key}` is never set"))
                    .label(at.key, "ignored by `stack.ignore_tags`")
                    .help("take it out of one of the two"),
            );
        }
        if let Some(value) = at.get() {
            let length = value.chars().count();
            if length > LONGEST_VALUE || !is_tag_text(value) {
                diagnostics.push(invalid(at.span, "value", value, length, 0, LONGEST_VALUE));
            }
        }
    }
}

/// Reports a processor with more tags than a request may carry.
pub(in super::super) fn too_many(name: &str, span: Span, count: usize) -> Option<Diagnostic> {
    (count > MOST).then(|| {
        Diagnostic::new(Code::TooManyTags, format!("`{name}` has {count} tags"))
            .label(span, format!("{} too many", count - MOST))
            .help(format!("the service takes up to {MOST}, those of all layers together"))
    })
}

fn invalid(
    span: Span,
    what: &str,
    text: &str,
    length: usize,
    least: usize,
    most: usize,
) -> Diagnostic {
    let fault = match text.chars().find(|letter| !is_tag_text(&letter.to_string())) {
        Some(letter) if length <= most => format!("{letter:?} is not allowed here"),
        _ => format!("this has {length} characters"),
    };
    Diagnostic::new(Code::InvalidTag, format!("this cannot be a tag's {what}"))
        .label(span, fault)
        .help(format!(
            "it has {least} to {most} characters: letters, digits, spaces and `_.:/=+-@`"
        ))
}

/// Whether a text is of the characters that keys and values of tags may have:
/// `[\p{L}\p{Z}\p{N}_.:/=+\-@]*`.
pub(super) fn is_tag_text(text: &str) -> bool {
    static UNICODE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"\A[\p{L}\p{Z}\p{N}]*\z").ok());
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" _.:/=+-@".contains(&byte);
    if text.bytes().all(plain) {
        return true;
    }
    let others: String =
        text.chars().filter(|letter| !letter.is_ascii() || !plain(*letter as u8)).collect();
    UNICODE.as_ref().is_some_and(|regex| regex.is_match(&others).unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_take_letters_of_every_script_but_no_control_characters() {
        for good in ["", "cost:center/a=b+c-d@e_f.g", "Tür 7", "部門", "a\u{a0}b", "½"] {
            assert!(is_tag_text(good), "{good:?}");
        }
        for bad in ["a\nb", "a\tb", "a#b", "a\u{301}", "🙂", "\u{7f}"] {
            assert!(!is_tag_text(bad), "{bad:?}");
        }
    }
}
