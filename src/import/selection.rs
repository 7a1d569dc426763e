//! Which processors of an inventory are meant.

use globset::{GlobBuilder, GlobMatcher};

use super::{Found, Inventory};

/// Names, patterns and tags as they were asked for; the default means everything.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    names: Vec<Pattern>,
    exclude: Vec<Pattern>,
    tags: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
struct Pattern {
    text: String,
    glob: GlobMatcher,
}

/// What was asked for cannot be meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// A pattern cannot be understood.
    #[error("{pattern:?} is no valid pattern: {reason}")]
    Pattern {
        /// As it was given.
        pattern: String,
        /// Why, in words.
        reason: String,
    },
    /// It is no `KEY=VALUE`.
    #[error("--tag {0:?} must be KEY=VALUE")]
    Tag(String),
    /// It matches nothing, which is hardly what was meant.
    #[error("{what} {text:?} matches no stream processor")]
    NoMatch {
        /// What was given: a name, or an option.
        what: &'static str,
        /// As it was given.
        text: String,
    },
}

impl Selection {
    /// Takes names or globs, globs to leave out, and `KEY=VALUE`s of which all must hold.
    pub fn new(
        names: &[String],
        exclude: &[String],
        tags: &[String],
    ) -> Result<Selection, SelectionError> {
        let tag = |text: &String| {
            let (key, value) =
                text.split_once('=').ok_or_else(|| SelectionError::Tag(text.clone()))?;
            Ok((key.to_owned(), value.to_owned()))
        };
        Ok(Selection {
            names: names.iter().map(|text| pattern(text)).collect::<Result<_, _>>()?,
            exclude: exclude.iter().map(|text| pattern(text)).collect::<Result<_, _>>()?,
            tags: tags.iter().map(tag).collect::<Result<_, _>>()?,
        })
    }

    /// Whether a name is meant, whatever the processor's tags are.
    pub fn names(&self, name: &str) -> bool {
        let matches =
            |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.glob.is_match(name));
        (self.names.is_empty() || matches(&self.names)) && !matches(&self.exclude)
    }

    /// Keeps what is meant and could be read whole, and of what could not be read what
    /// could have been meant.
    pub fn keep(&self, mut inventory: Inventory) -> Result<Inventory, SelectionError> {
        let unread = inventory.problems.iter().filter_map(|problem| problem.names.as_ref());
        let unread: Vec<&String> = unread.flatten().collect();
        for (what, patterns) in [("name", &self.names), ("--exclude", &self.exclude)] {
            let names = inventory.processors.keys().map(|name| name.as_str());
            let all = || names.clone().chain(unread.iter().map(|name| name.as_str()));
            if let Some(idle) =
                patterns.iter().find(|pattern| !all().any(|name| pattern.glob.is_match(name)))
            {
                return Err(SelectionError::NoMatch { what, text: idle.text.clone() });
            }
        }
        for (key, value) in &self.tags {
            let has = |found: &Found| {
                found.definition.tags().any(|tag| tag == (key.as_str(), value.as_str()))
            };
            if !inventory.processors.values().any(has) && unread.is_empty() {
                let text = format!("{key}={value}");
                return Err(SelectionError::NoMatch { what: "--tag", text });
            }
            inventory.processors.retain(|_, found| has(found));
        }
        inventory.processors.retain(|name, _| self.names(name.as_str()));
        for names in inventory.problems.iter().filter_map(|problem| problem.names.as_ref()) {
            inventory.processors.retain(|name, _| !names.contains(name.as_str()));
        }
        inventory.problems.retain_mut(|problem| {
            problem.names.as_mut().is_none_or(|names| {
                names.retain(|name| self.names(name));
                !names.is_empty()
            })
        });
        Ok(inventory)
    }
}

fn pattern(text: &str) -> Result<Pattern, SelectionError> {
    let glob = GlobBuilder::new(text).build().map_err(|error| SelectionError::Pattern {
        pattern: text.to_owned(),
        reason: error.kind().to_string(),
    })?;
    Ok(Pattern { text: text.to_owned(), glob: glob.compile_matcher() })
}
