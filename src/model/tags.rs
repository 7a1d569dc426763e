//! Tags, and which of them rekon may touch.

use std::collections::BTreeMap;

use globset::{GlobBuilder, GlobMatcher};

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
#[derive(Clone, Debug, Default)]
pub struct TagPolicy {
    /// Whether keys that are not declared are managed.
    pub scope: TagScope,
    ignore: Vec<GlobMatcher>,
}

impl TagPolicy {
    /// A policy that ignores these keys: `stack.ignore_tags`, exact keys or
    /// patterns in which `*` stands for any text.
    pub fn new<'a>(scope: TagScope, ignore: impl IntoIterator<Item = &'a str>) -> TagPolicy {
        let ignore = ignore.into_iter().filter_map(|pattern| {
            let parts: Vec<String> = pattern.split('*').map(globset::escape).collect();
            let glob = GlobBuilder::new(&parts.join("*")).build();
            Some(glob.ok()?.compile_matcher())
        });
        TagPolicy { scope, ignore: ignore.collect() }
    }

    /// Whether the key is never rekon's to change: AWS's own, rekon's marks,
    /// or one that the stack ignores.
    pub fn protects(&self, key: &str) -> bool {
        Self::is_reserved(key) || self.ignore.iter().any(|pattern| pattern.is_match(key))
    }

    /// Whether a file may never declare the key: `aws:*` and `rekon:*`.
    pub fn is_reserved(key: &str) -> bool {
        key.starts_with("aws:") || key.starts_with("rekon:")
    }
}

impl PartialEq for TagPolicy {
    fn eq(&self, other: &TagPolicy) -> bool {
        let patterns = |policy: &TagPolicy| -> Vec<String> {
            policy.ignore.iter().map(|pattern| pattern.glob().glob().to_owned()).collect()
        };
        self.scope == other.scope && patterns(self) == patterns(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_tags_are_protected_by_exact_key_or_glob() {
        let policy = TagPolicy::new(TagScope::Exclusive, ["CreatedBy", "cost:*", "*-x", "a/*/b"]);
        for key in ["CreatedBy", "cost:center", "cost:", "a-x", "aws:a", "rekon:stack", "a/b/c/b"] {
            assert!(policy.protects(key), "{key}");
        }
        for key in ["createdBy", "cost", "a-xy", "team"] {
            assert!(!policy.protects(key), "{key}");
        }
    }

    #[test]
    fn only_the_star_is_special_and_many_of_them_cost_nothing() {
        let stars = "*a*a*a*a*a*b";
        let policy = TagPolicy::new(TagScope::Declared, ["[a]", "x?", "{y,z}", stars]);
        assert!(policy.protects("[a]") && policy.protects("x?") && policy.protects("{y,z}"));
        assert!(!policy.protects("a") && !policy.protects("xy") && !policy.protects("y"));
        assert!(!policy.protects(&"a".repeat(128)));
    }
}
