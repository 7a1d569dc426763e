//! `--only`, `--exclude`, `--tag` and `--limit`: which changes a plan covers.

use std::collections::BTreeSet;

use globset::{GlobBuilder, GlobMatcher};

use super::item::{Item, Work};
use crate::desired::{Declaration, Desired};
use crate::model::ProcessorName;

/// Restricts changes, not reads; the default restricts nothing.
#[derive(Clone, Debug, Default)]
pub struct Narrowing {
    only: Vec<GlobMatcher>,
    exclude: Vec<GlobMatcher>,
    tags: Vec<(String, String)>,
    limit: Option<usize>,
}

/// A restriction that cannot mean what was typed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NarrowingError {
    /// A glob cannot be understood.
    #[error("{option} {pattern:?} is no valid pattern: {reason}")]
    Pattern {
        /// The option that it was given to.
        option: &'static str,
        /// As it was given.
        pattern: String,
        /// Why, in words.
        reason: String,
    },
    /// It is no `KEY=VALUE`.
    #[error("--tag {0:?} must be KEY=VALUE")]
    Tag(String),
    /// It matches nothing, which is hardly what was meant.
    #[error("{option} {pattern:?} matches no processor that the files declare")]
    NoMatch {
        /// The option that it was given to.
        option: &'static str,
        /// As it was given.
        pattern: String,
    },
}

impl Narrowing {
    /// Takes the options as they were typed. What matches nothing that the files
    /// declare is a mistake, found before anything is read.
    pub fn new(
        desired: &Desired,
        only: &[String],
        exclude: &[String],
        tags: &[String],
        limit: Option<usize>,
    ) -> Result<Narrowing, NarrowingError> {
        Ok(Narrowing {
            only: globs(desired, "--only", only)?,
            exclude: globs(desired, "--exclude", exclude)?,
            tags: tags.iter().map(|text| tag(desired, text)).collect::<Result<_, _>>()?,
            limit,
        })
    }

    /// The items that may be planned, before the limit.
    pub(super) fn choose(&self, items: &[Item<'_>]) -> BTreeSet<usize> {
        let is_covered = |index: &usize| {
            let Item { name, declaration, .. } = &items[*index];
            declaration.is_some_and(|declaration| self.covers(name, declaration))
        };
        (0..items.len()).filter(is_covered).collect()
    }

    /// Whether a declared processor may be planned, before the limit.
    pub(super) fn covers(&self, name: &ProcessorName, declaration: &Declaration) -> bool {
        let matches = |globs: &[GlobMatcher]| globs.iter().any(|glob| covers(glob, name));
        (self.only.is_empty() || matches(&self.only))
            && !matches(&self.exclude)
            && self.tags.iter().all(|tag| has(declaration, tag))
    }

    /// Keeps the first changes, those that destroy nothing first; what does not
    /// change is no change.
    pub(super) fn limit(&self, chosen: &mut BTreeSet<usize>, items: &[Item<'_>]) {
        let Some(limit) = self.limit else { return };
        let changes = chosen.iter().copied().filter(|index| items[*index].work.changes());
        let (destroying, harmless): (Vec<usize>, Vec<usize>) =
            changes.partition(|index| items[*index].work == Work::Replace);
        for beyond in harmless.iter().chain(&destroying).skip(limit) {
            chosen.remove(beyond);
        }
    }
}

fn covers(glob: &GlobMatcher, name: &ProcessorName) -> bool {
    glob.is_match(name.as_str())
}

fn has(declaration: &Declaration, (key, value): &(String, String)) -> bool {
    declaration.definition.tags().any(|tag| tag == (key.as_str(), value.as_str()))
}

fn globs(
    desired: &Desired,
    option: &'static str,
    patterns: &[String],
) -> Result<Vec<GlobMatcher>, NarrowingError> {
    let matcher = |pattern: &String| {
        let glob = GlobBuilder::new(pattern).build().map_err(|error| NarrowingError::Pattern {
            option,
            pattern: pattern.clone(),
            reason: error.kind().to_string(),
        })?;
        let glob = glob.compile_matcher();
        if desired.processors.keys().any(|name| covers(&glob, name)) {
            Ok(glob)
        } else {
            Err(NarrowingError::NoMatch { option, pattern: pattern.clone() })
        }
    };
    patterns.iter().map(matcher).collect()
}

fn tag(desired: &Desired, text: &str) -> Result<(String, String), NarrowingError> {
    let (key, value) = text.split_once('=').ok_or_else(|| NarrowingError::Tag(text.to_owned()))?;
    let tag = (key.to_owned(), value.to_owned());
    if desired.processors.values().any(|declaration| has(declaration, &tag)) {
        Ok(tag)
    } else {
        Err(NarrowingError::NoMatch { option: "--tag", pattern: text.to_owned() })
    }
}
