//! `--only`, `--exclude`, `--tag` and `--limit`: which changes a plan covers.

use std::collections::BTreeSet;

use globset::{GlobBuilder, GlobMatcher};

use super::item::Item;
use crate::desired::{Declaration, Desired, Marks};
use crate::model::{Definition, Live, LiveProcessor, ProcessorName};

/// Restricts changes, not reads; the default restricts nothing.
#[derive(Clone, Debug, Default)]
pub struct Narrowing {
    only: Vec<GlobMatcher>,
    exclude: Vec<GlobMatcher>,
    tags: Vec<(String, String)>,
    /// What matches nothing that is declared, and may match what is to be deleted.
    open: Vec<(&'static str, GlobMatcher)>,
    /// What is left out by name, for a reason of its own.
    without: BTreeSet<String>,
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
    #[error("{option} {pattern:?} matches no processor")]
    NoMatch {
        /// The option that it was given to.
        option: &'static str,
        /// As it was given.
        pattern: String,
    },
}

impl Narrowing {
    /// Takes the options as they were typed. What matches nothing that the files declare
    /// is a mistake; where the stack deletes what no file declares, only the service can
    /// tell, by [`Narrowing::check`].
    pub fn new(
        desired: &Desired,
        only: &[String],
        exclude: &[String],
        tags: &[String],
        limit: Option<usize>,
    ) -> Result<Narrowing, NarrowingError> {
        let (mut open, unmarked) = (Vec::new(), desired.ownership.marks == Marks::None);
        let mut globs = |option, patterns| -> Result<Vec<GlobMatcher>, NarrowingError> {
            let (matching, others) = globs(desired, option, patterns)?;
            match others.first().filter(|_| unmarked) {
                Some(other) => return Err(no_match(option, other)),
                None => open.extend(others.iter().map(|glob| (option, glob.clone()))),
            }
            Ok([matching, others].concat())
        };
        Ok(Narrowing {
            only: globs("--only", only)?,
            exclude: globs("--exclude", exclude)?,
            open,
            tags: tags.iter().map(|text| tag(desired, text)).collect::<Result<_, _>>()?,
            without: BTreeSet::new(),
            limit,
        })
    }

    /// Leaves these out, too.
    pub(super) fn without(self, names: BTreeSet<String>) -> Narrowing {
        Narrowing { without: names, ..self }
    }

    /// Complains of what matches neither what is declared nor what lives.
    pub fn check(&self, live: &Live) -> Result<(), NarrowingError> {
        let matches = |glob: &GlobMatcher| live.processors.keys().any(|name| covers(glob, name));
        match self.open.iter().find(|(_, glob)| live.is_complete() && !matches(glob)) {
            Some((option, glob)) => Err(no_match(option, glob)),
            None => Ok(()),
        }
    }

    /// The items that may be planned, before the limit.
    pub(super) fn choose(&self, items: &[Item<'_>]) -> BTreeSet<usize> {
        let is_covered = |index: &usize| {
            let Item { name, declaration, live, work, .. } = &items[*index];
            match (declaration, live) {
                (Some(declaration), _) => self.covers(name, declaration),
                (None, Some(live)) => work.changes() && self.covers_undeclared(name, live),
                (None, None) => false,
            }
        };
        (0..items.len()).filter(is_covered).collect()
    }

    /// Whether a declared processor may be planned, before the limit.
    pub(super) fn covers(&self, name: &ProcessorName, declaration: &Declaration) -> bool {
        self.names(name) && self.tags.iter().all(|tag| has(&declaration.definition, tag))
    }

    /// Whether a processor that no file declares may be planned: what it is, is what it
    /// would be chosen by.
    pub(super) fn covers_undeclared(&self, name: &ProcessorName, live: &LiveProcessor) -> bool {
        self.names(name) && self.tags.iter().all(|tag| has(&live.definition, tag))
    }

    fn names(&self, name: &ProcessorName) -> bool {
        let matches = |globs: &[GlobMatcher]| globs.iter().any(|glob| covers(glob, name));
        (self.only.is_empty() || matches(&self.only))
            && !matches(&self.exclude)
            && !self.without.contains(name.as_str())
    }

    /// Keeps the first changes, those that destroy nothing first; what does not
    /// change is no change.
    pub(super) fn limit(&self, chosen: &mut BTreeSet<usize>, items: &[Item<'_>]) {
        let Some(limit) = self.limit else { return };
        let changes = chosen.iter().copied().filter(|index| items[*index].work.changes());
        let (destroying, harmless): (Vec<usize>, Vec<usize>) =
            changes.partition(|index| items[*index].work.destroys());
        for beyond in harmless.iter().chain(&destroying).skip(limit) {
            chosen.remove(beyond);
        }
    }
}

fn covers(glob: &GlobMatcher, name: &ProcessorName) -> bool {
    glob.is_match(name.as_str())
}

fn has(definition: &Definition, (key, value): &(String, String)) -> bool {
    definition.tags().any(|tag| tag == (key.as_str(), value.as_str()))
}

fn no_match(option: &'static str, glob: &GlobMatcher) -> NarrowingError {
    NarrowingError::NoMatch { option, pattern: glob.glob().glob().to_owned() }
}

/// The globs that match something declared, and the others.
fn globs(
    desired: &Desired,
    option: &'static str,
    patterns: &[String],
) -> Result<(Vec<GlobMatcher>, Vec<GlobMatcher>), NarrowingError> {
    let matcher = |pattern: &String| {
        let glob = GlobBuilder::new(pattern).build().map_err(|error| NarrowingError::Pattern {
            option,
            pattern: pattern.clone(),
            reason: error.kind().to_string(),
        })?;
        Ok(glob.compile_matcher())
    };
    let globs: Vec<GlobMatcher> = patterns.iter().map(matcher).collect::<Result<_, _>>()?;
    let declared = |glob: &GlobMatcher| desired.processors.keys().any(|name| covers(glob, name));
    Ok(globs.into_iter().partition(declared))
}

fn tag(desired: &Desired, text: &str) -> Result<(String, String), NarrowingError> {
    let (key, value) = text.split_once('=').ok_or_else(|| NarrowingError::Tag(text.to_owned()))?;
    let tag = (key.to_owned(), value.to_owned());
    if desired.processors.values().any(|declaration| has(&declaration.definition, &tag)) {
        Ok(tag)
    } else {
        Err(NarrowingError::NoMatch { option: "--tag", pattern: text.to_owned() })
    }
}
