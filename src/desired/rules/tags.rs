//! Tags, as the API model bounds them: `TagMap`, `TagKey`, `TagValue`.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use fancy_regex::Regex;

use super::facts::{Facts, Processor};
use crate::config::{Node, Table};
use crate::desired::layer::Merged;
use crate::desired::{Marks, OnDrift, Ownership};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::model::{TagPolicy, TagScope};

/// The most tags of a request.
const MOST: usize = 200;
const LONGEST_KEY: usize = 128;
const LONGEST_VALUE: usize = 256;

/// How the stack manages tags.
pub(in super::super) fn policy(stack: Option<&Table>) -> TagPolicy {
    let key = |name| stack.and_then(|stack| stack.get(name));
    let scope = match key("tags").and_then(Node::text) {
        Some("exclusive") => TagScope::Exclusive,
        _ => TagScope::Declared,
    };
    let ignored = key("ignore_tags").map_or(&[][..], Node::listed);
    TagPolicy::new(scope, ignored.iter().filter_map(Node::text))
}

/// How the stack knows what it manages.
pub(in super::super) fn ownership(stack: Option<&Table>) -> Ownership {
    let key = |name| stack.and_then(|stack| stack.get(name));
    let word = |name| key(name).and_then(Node::text);
    let accepted = key("accepts_from").map_or(&[][..], Node::listed);
    Ownership {
        marks: match (word("ownership"), word("record")) {
            (Some("none"), _) => Marks::None,
            (_, Some("none")) => Marks::Bound,
            _ => Marks::Recorded,
        },
        on_drift: match word("on_drift") {
            Some("keep") => OnDrift::Keep,
            Some("refuse") => OnDrift::Refuse,
            _ => OnDrift::Revert,
        },
        accepts_from: accepted.iter().filter_map(Node::text).map(str::to_owned).collect(),
    }
}

/// Checks a table's tags.
pub(super) fn check(table: &Table, facts: &Facts<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let tags = table.get("tags").and_then(Node::table);
    for (key, node) in tags.into_iter().flat_map(Table::iter) {
        if TagPolicy::is_reserved(key) {
            let whose = if key.starts_with("aws:") { "AWS" } else { "rekon" };
            diagnostics.push(
                Diagnostic::new(Code::ReservedTag, format!("the tag `{key}` is not for files"))
                    .label(node.key, format!("kept by {whose}"))
                    .help("choose a key that begins with neither `aws:` nor `rekon:`"),
            );
            continue;
        }
        if let Some(invalid) = fault("key", key, 1..=LONGEST_KEY, node.key) {
            diagnostics.push(invalid);
        } else if facts.tag_policy.protects(key) {
            diagnostics.push(
                Diagnostic::new(Code::IgnoredTag, format!("the tag `{key}` is never set"))
                    .label(node.key, "ignored by `stack.ignore_tags`")
                    .help("take it out of one of the two"),
            );
        }
        if let Some(value) = node.text() {
            diagnostics.extend(fault("value", value, 0..=LONGEST_VALUE, node.span));
        }
    }
}

/// Reports a processor with more tags than a request may carry.
pub(in super::super) fn too_many(
    processor: &Processor<'_>,
    merged: &Merged<'_>,
    marks: Marks,
) -> Option<Diagnostic> {
    let (most, kept) = match marks {
        Marks::None => (MOST, ""),
        Marks::Recorded | Marks::Bound => (MOST - 2, ", two of which rekon needs"),
    };
    let count = merged.attributes().filter(|(attribute, _)| attribute.tag().is_some()).count();
    (count > most).then(|| {
        Diagnostic::new(Code::TooManyTags, format!("`{}` has {count} tags", processor.name))
            .label(processor.span, format!("{} too many", count - most))
            .help(format!("the service takes up to {MOST}{kept}, those of all layers together"))
    })
}

/// What is wrong with a tag's key or value.
fn fault(what: &str, text: &str, lengths: RangeInclusive<usize>, span: Span) -> Option<Diagnostic> {
    let length = text.chars().count();
    if lengths.contains(&length) && is_tag_text(text) {
        return None;
    }
    let (least, most) = lengths.into_inner();
    let fault = match text.chars().find(|letter| !is_tag_text(&letter.to_string())) {
        Some(letter) if length <= most => format!("{letter:?} is not allowed here"),
        _ => format!("this has {length} characters"),
    };
    let help =
        format!("it has {least} to {most} characters: letters, digits, spaces and `_.:/=+-@`");
    Some(
        Diagnostic::new(Code::InvalidTag, format!("this cannot be a tag's {what}"))
            .label(span, fault)
            .help(help),
    )
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
