//! Which processors to take over.

use std::collections::BTreeSet;

use globset::{GlobBuilder, GlobMatcher};

use crate::desired::Desired;
use crate::model::ProcessorName;
use crate::plan::Origin;

/// The processors that were asked for; the default is all.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    globs: Vec<GlobMatcher>,
    /// Those that were asked for by their whole name.
    named: BTreeSet<ProcessorName>,
}

/// A choice that cannot mean what was typed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// It is neither a name nor a pattern.
    #[error("{pattern:?} is no valid pattern: {reason}")]
    Pattern {
        /// As it was typed.
        pattern: String,
        /// Why, in words.
        reason: String,
    },
    /// Nothing is called so.
    #[error("{0:?} matches no processor that the files declare")]
    NoMatch(String),
}

impl Selection {
    /// Takes names and globs as they were typed.
    pub fn new(desired: &Desired, typed: &[String]) -> Result<Selection, SelectionError> {
        let mut selection = Selection::default();
        for text in typed {
            let glob = GlobBuilder::new(text).build().map_err(|error| SelectionError::Pattern {
                pattern: text.clone(),
                reason: error.kind().to_string(),
            })?;
            let glob = glob.compile_matcher();
            if !desired.processors.keys().any(|name| glob.is_match(name.as_str())) {
                return Err(SelectionError::NoMatch(text.clone()));
            }
            let named = desired.processors.keys().find(|name| name.as_str() == text);
            selection.named.extend(named.cloned());
            selection.globs.push(glob);
        }
        Ok(selection)
    }

    /// Whether a processor was asked for.
    pub(super) fn covers(&self, name: &ProcessorName) -> bool {
        self.globs.is_empty() || self.globs.iter().any(|glob| glob.is_match(name.as_str()))
    }

    /// Whether a processor was asked for by its whole name.
    pub(super) fn names(&self, name: &ProcessorName) -> bool {
        self.named.contains(name)
    }

    /// Whether a difference of this origin is taken over. What the files changed never is;
    /// where nothing tells who changed it, the name has to say that it is meant.
    pub(super) fn takes(&self, name: &ProcessorName, origin: Origin) -> bool {
        self.covers(name)
            && match origin {
                Origin::Drift | Origin::Both => true,
                Origin::Unknown => self.names(name),
                Origin::Config => false,
            }
    }
}
