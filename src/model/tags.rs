//! Tags, and which of them rekon may touch.

use std::collections::BTreeMap;

/// A resource's tags.
pub type Tags = BTreeMap<String, String>;

/// How far a stack manages tags: `stack.tags`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TagScope {
    /// The keys that the file declares; all others are left alone.
    #[default]
    Declared,
    /// Every key but the protected ones.
    Exclusive,
}

/// Which live tags a plan may change.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TagPolicy {
    pub scope: TagScope,
    /// `stack.ignore_tags`: exact keys, or globs where `*` stands for any text.
    pub ignore: Vec<String>,
}

impl TagPolicy {
    /// Whether the key is never rekon's to change: AWS's own, rekon's marks,
    /// or one that the stack ignores.
    pub fn protects(&self, key: &str) -> bool {
        Self::is_reserved(key) || self.ignore.iter().any(|pattern| matches(pattern, key))
    }

    /// Whether a file may never declare the key: `aws:*` and `rekon:*`.
    pub fn is_reserved(key: &str) -> bool {
        key.starts_with("aws:") || key.starts_with("rekon:")
    }
}

/// Whether `text` matches a pattern in which `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, rest)) => text.strip_prefix(head).is_some_and(|tail| {
            tail.char_indices()
                .map(|(at, _)| at)
                .chain([tail.len()])
                .any(|at| matches(rest, &tail[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_tags_are_protected_by_exact_key_or_glob() {
        let policy = TagPolicy {
            scope: TagScope::Exclusive,
            ignore: vec!["CreatedBy".into(), "cost:*".into(), "*-x".into()],
        };
        for key in ["CreatedBy", "cost:center", "cost:", "a-x", "aws:a", "rekon:stack"] {
            assert!(policy.protects(key), "{key}");
        }
        for key in ["createdBy", "cost", "a-xy", "team"] {
            assert!(!policy.protects(key), "{key}");
        }
    }
}
