//! `--only`, `--exclude`, `--tag` and `--limit`: which changes a plan covers.

use std::collections::BTreeSet;

use globset::{GlobBuilder, GlobMatcher};

use super::item::{Item, Work};

/// Restricts changes, not reads; the default restricts nothing.
#[derive(Clone, Debug, Default)]
pub struct Narrowing {
    only: Vec<(String, GlobMatcher)>,
    exclude: Vec<(String, GlobMatcher)>,
    tags: Vec<(String, String)>,
    limit: Option<usize>,
}

/// A restriction that cannot mean what was typed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NarrowingError {
    #[error("{option} {pattern:?} is no valid pattern: {reason}")]
    Pattern { option: &'static str, pattern: String, reason: String },
    #[error("--tag {0:?} must be KEY=VALUE")]
    Tag(String),
    #[error("{option} {pattern:?} matches no processor that the files declare")]
    NoMatch { option: &'static str, pattern: String },
}

impl Narrowing {
    /// Takes the options as they were typed.
    pub fn new(
        only: &[String],
        exclude: &[String],
        tags: &[String],
        limit: Option<usize>,
    ) -> Result<Narrowing, NarrowingError> {
        let tags = tags
            .iter()
            .map(|text| {
                let (key, value) =
                    text.split_once('=').ok_or_else(|| NarrowingError::Tag(text.clone()))?;
                Ok((key.to_owned(), value.to_owned()))
            })
            .collect::<Result<_, NarrowingError>>()?;
        Ok(Narrowing {
            only: globs("--only", only)?,
            exclude: globs("--exclude", exclude)?,
            tags,
            limit,
        })
    }

    /// The items that may be planned, before the limit.
    pub(super) fn choose(&self, items: &[Item<'_>]) -> Result<BTreeSet<usize>, NarrowingError> {
        for (option, patterns) in [("--only", &self.only), ("--exclude", &self.exclude)] {
            for (pattern, glob) in patterns {
                if !items.iter().any(|item| glob.is_match(item.name.as_str())) {
                    return Err(NarrowingError::NoMatch { option, pattern: pattern.clone() });
                }
            }
        }
        let has = |item: &Item<'_>, (key, value): &(String, String)| {
            item.declaration.processor.tags.get(key) == Some(value)
        };
        for tag in &self.tags {
            if !items.iter().any(|item| has(item, tag)) {
                let pattern = format!("{}={}", tag.0, tag.1);
                return Err(NarrowingError::NoMatch { option: "--tag", pattern });
            }
        }
        let matches = |globs: &[(String, GlobMatcher)], item: &Item<'_>| {
            globs.iter().any(|(_, glob)| glob.is_match(item.name.as_str()))
        };
        Ok((0..items.len())
            .filter(|index| {
                let item = &items[*index];
                (self.only.is_empty() || matches(&self.only, item))
                    && !matches(&self.exclude, item)
                    && self.tags.iter().all(|tag| has(item, tag))
            })
            .collect())
    }

    /// Keeps the first changes; what does not change is no change.
    pub(super) fn limit(&self, chosen: &mut BTreeSet<usize>, items: &[Item<'_>]) {
        if let Some(limit) = self.limit {
            let mut changes = 0;
            chosen.retain(|index| {
                if items[*index].work == Work::Nothing {
                    return true;
                }
                changes += 1;
                changes <= limit
            });
        }
    }
}

fn globs(
    option: &'static str,
    patterns: &[String],
) -> Result<Vec<(String, GlobMatcher)>, NarrowingError> {
    patterns
        .iter()
        .map(|pattern| {
            let glob =
                GlobBuilder::new(pattern).build().map_err(|error| NarrowingError::Pattern {
                    option,
                    pattern: pattern.clone(),
                    reason: error.kind().to_string(),
                })?;
            Ok((pattern.clone(), glob.compile_matcher()))
        })
        .collect()
}
