//! The API model's string patterns, which attributes are declared with.

use std::sync::LazyLock;

use fancy_regex::Regex;

use crate::model::{Attribute, Type};

/// The pattern in a form that means the same in every dialect: `\d` and `\w` are
/// ASCII in the model, and Unicode in Rust.
pub(super) fn portable(pattern: &str) -> String {
    let mut written = String::with_capacity(pattern.len());
    let mut in_class = false;
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                let escaped = letters.next().unwrap_or('\\');
                let range = match escaped {
                    'd' => "0-9",
                    'w' => "0-9A-Za-z_",
                    other => {
                        written.extend(['\\', other]);
                        continue;
                    }
                };
                match in_class {
                    true => written.push_str(range),
                    false => written.extend(["[", range, "]"]),
                }
            }
            _ => {
                in_class = letter == '[' || in_class && letter != ']';
                written.push(letter);
            }
        }
    }
    written
}

/// Whether the whole of a text matches an attribute's pattern.
pub(crate) fn matches(attribute: &Attribute, text: &str) -> bool {
    static COMPILED: LazyLock<Vec<Option<Regex>>> = LazyLock::new(|| {
        let patterns = Attribute::FIXED.iter().map(|attribute| match attribute.shape().value {
            Type::Text { pattern, .. } if !pattern.is_empty() => {
                Regex::new(&format!(r"\A(?:{})\z", portable(pattern))).ok()
            }
            _ => None,
        });
        patterns.collect()
    });
    let known = Attribute::FIXED.iter().zip(COMPILED.iter()).find(|(known, _)| *known == attribute);
    known
        .and_then(|(_, regex)| regex.as_ref())
        .is_none_or(|regex| regex.is_match(text).unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles_and_means_ascii() {
        for attribute in Attribute::FIXED {
            if let Type::Text { pattern, .. } = attribute.shape().value
                && !pattern.is_empty()
            {
                assert!(!matches(attribute, "\u{0}"), "{attribute} has a pattern");
            }
        }
        let role = |account: &str| format!("arn:aws:iam::{account}:role/R");
        assert!(matches(&Attribute::RoleArn, &role("111122223333")));
        assert!(!matches(&Attribute::RoleArn, &role("11112222333٣")));
        let topic = |account: &str| format!("arn:aws:sns:us-east-1:{account}:T");
        assert!(matches(&Attribute::NotificationChannel, &topic("abcdefghij_1")));
        assert!(!matches(&Attribute::NotificationChannel, &topic("äbcdefghij_1")));
    }

    #[test]
    fn the_whole_text_must_match() {
        assert!(matches(&Attribute::CollectionId, "staff"));
        for bad in ["staff\n", " staff", "staff!", ""] {
            assert!(!matches(&Attribute::CollectionId, bad), "{bad:?}");
        }
        assert!(matches(&Attribute::OutputKeyPrefix, "anything\n"));
    }
}
