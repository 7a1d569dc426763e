//! Lengths and patterns of strings that are no ARNs, as the API model has them:
//! `CollectionId`, `S3Bucket`, `S3KeyPrefix`, `KmsKeyId`.

use crate::config::{Node, matches};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Attribute, Type};

/// Checks such a string.
pub(super) fn check(attribute: &Attribute, node: &Node) -> Option<Diagnostic> {
    let (about, alphabet) = match attribute {
        Attribute::OutputBucket => ("is no bucket's name", ID),
        Attribute::OutputKeyPrefix => ("is too long", ""),
        Attribute::CollectionId => ("is no collection's id", ID),
        Attribute::KmsKeyId => {
            ("is no KMS key", "letters, digits and `:_/+=,@.-`, and begins with a letter or digit")
        }
        _ => return None,
    };
    let (fault, lengths) = fault(attribute, node.text()?)?;
    let name = attribute.segments().last().unwrap_or_default();
    let separator = if alphabet.is_empty() { "" } else { ": " };
    Some(
        Diagnostic::new(Code::InvalidString, format!("`{name}` {about}"))
            .label(node.span, fault)
            .help(format!("it has {lengths} characters{separator}{alphabet}")),
    )
}

const ID: &str = "letters, digits, `_`, `.` and `-`";

/// What is wrong with a text, and how long it may be.
fn fault(attribute: &Attribute, text: &str) -> Option<(String, String)> {
    let Type::Text { shortest, longest, .. } = attribute.shape().value else { return None };
    let lengths = match shortest {
        0 => format!("up to {longest}"),
        least => format!("{least} to {longest}"),
    };
    let length = text.chars().count();
    if length < shortest || length > longest {
        let plural = if length == 1 { "" } else { "s" };
        return Some((format!("this has {length} character{plural}"), lengths));
    }
    if matches(attribute, text) {
        return None;
    }
    // Whatever begins a text that matches matches too, but for being too short.
    let ends = |letter: &(usize, char)| letter.0 + letter.1.len_utf8();
    let wrong = text.char_indices().find(|letter| !matches(attribute, &text[..ends(letter)]));
    let fault = match wrong {
        Some((_, letter)) => format!("{letter:?} is not allowed here"),
        None => "it breaks the service's pattern".to_owned(),
    };
    Some((fault, lengths))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_count_characters_and_bounds_are_included() {
        let fault = |attribute, text: &str| fault(&attribute, text).map(|(fault, _)| fault);
        assert_eq!(fault(Attribute::OutputKeyPrefix, &"ü".repeat(1024)), None);
        assert!(fault(Attribute::OutputKeyPrefix, &"ü".repeat(1025)).is_some());
        assert_eq!(fault(Attribute::OutputBucket, "ab").unwrap(), "this has 2 characters");
        assert_eq!(fault(Attribute::OutputBucket, "abc"), None);
        assert!(fault(Attribute::CollectionId, "").is_some());
        assert_eq!(fault(Attribute::CollectionId, &"a".repeat(255)), None);
        assert_eq!(fault(Attribute::KmsKeyId, "alias/a"), None);
        assert_eq!(fault(Attribute::KmsKeyId, "/a").unwrap(), "'/' is not allowed here");
        assert_eq!(fault(Attribute::CollectionId, "a b!").unwrap(), "' ' is not allowed here");
        assert_eq!(fault(Attribute::CollectionId, "a\n").unwrap(), "'\\n' is not allowed here");
    }
}
