//! Which file holds what.

use std::collections::{BTreeMap, BTreeSet};

use super::layers::Wanted;
use crate::model::Attribute;

/// How processors are spread over files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Split {
    /// All in one file.
    #[default]
    None,
    /// Each in a file of its own.
    ByName,
    /// Those with the same value of a tag in one file.
    ByTag(String),
}

/// The folder of files that nothing else says a place for.
const FOLDER: &str = "processors";
/// The file of processors that lack the tag that they are split by.
const UNTAGGED: &str = "untagged";
/// How long a name is that is made of other text.
const LONGEST: usize = 60;

impl Split {
    /// The stem of each file, with the positions of what stands in it, in order.
    pub(super) fn stems(&self, wanted: &[Wanted]) -> Vec<(String, Vec<usize>)> {
        match self {
            Split::None => vec![("imported".to_owned(), (0..wanted.len()).collect())],
            Split::ByName => {
                let each = wanted.iter().enumerate();
                each.map(|(at, one)| (one.name.to_string(), vec![at])).collect()
            }
            Split::ByTag(key) => {
                let key = Attribute::Tag(key.as_str().into());
                let mut by_value: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
                for (at, one) in wanted.iter().enumerate() {
                    let value = one.values.get(&key).and_then(|value| value.as_text());
                    by_value.entry(value).or_default().push(at);
                }
                let stem = |value: Option<&str>| value.and_then(slug);
                let named = by_value.into_iter();
                named
                    .map(|(value, at)| (stem(value).unwrap_or_else(|| UNTAGGED.to_owned()), at))
                    .collect()
            }
        }
    }
}

/// Paths for new files, which are there neither in the folder nor among each other.
pub(super) struct Paths<'a> {
    /// Empty, or with a `/` at its end.
    folder: String,
    exists: &'a dyn Fn(&str) -> bool,
    /// In lower case, since there are file systems that do not tell cases apart.
    used: BTreeSet<String>,
}

impl<'a> Paths<'a> {
    /// Paths in a folder that is not there yet.
    pub(super) fn in_new_folder(exists: &'a dyn Fn(&str) -> bool) -> Paths<'a> {
        let mut paths = Paths { folder: String::new(), exists, used: BTreeSet::new() };
        paths.folder = paths.free(FOLDER, "/");
        paths
    }

    /// Paths that some pattern of `stack.include` matches, if one says plainly where.
    pub(super) fn included(
        patterns: &[&str],
        exists: &'a dyn Fn(&str) -> bool,
    ) -> Option<Paths<'a>> {
        let folder = patterns.iter().find_map(|pattern| {
            let folder = pattern.strip_suffix("*.toml")?;
            let folder = folder.strip_suffix("**/").unwrap_or(folder);
            let folder = folder.trim_start_matches("./");
            let is_plain = !folder.contains(['*', '?', '[', ']', '{', '}', '\\'])
                && !folder.split('/').any(|name| name == "..")
                && (folder.is_empty() || folder.ends_with('/'));
            is_plain.then(|| folder.to_owned())
        })?;
        Some(Paths { folder, exists, used: BTreeSet::new() })
    }

    /// Paths in the project's own folder.
    pub(super) fn in_project(exists: &'a dyn Fn(&str) -> bool) -> Paths<'a> {
        Paths { folder: String::new(), exists, used: BTreeSet::new() }
    }

    /// The pattern that includes all files of the folder.
    pub(super) fn pattern(&self) -> String {
        format!("{}*.toml", self.folder)
    }

    /// The path of a new file.
    pub(super) fn file(&mut self, stem: &str) -> String {
        // Names that begin with a dot are passed over by patterns.
        let hidden = if stem.starts_with('.') { "_" } else { "" };
        self.free(&format!("{hidden}{stem}"), ".toml")
    }

    fn free(&mut self, stem: &str, end: &str) -> String {
        let path = |number: usize| match number {
            1 => format!("{}{stem}{end}", self.folder),
            again => format!("{}{stem}-{again}{end}", self.folder),
        };
        let is_free = |path: &String| {
            !self.used.contains(&path.to_lowercase()) && !(self.exists)(path.trim_end_matches('/'))
        };
        let path = (1..).map(path).find(is_free).unwrap_or_default();
        self.used.insert(path.to_lowercase());
        path
    }
}

/// A text as a part of a file's or template's name: in lower case, words joined by `-`.
pub(super) fn slug(text: &str) -> Option<String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let slug: String = words.join("-").to_lowercase().chars().take(LONGEST).collect();
    Some(slug).filter(|slug| !slug.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_free_whatever_the_file_system_takes_for_the_same() {
        let there = |path: &str| ["processors", "a.toml"].contains(&path);
        let mut paths = Paths::in_new_folder(&there);
        assert_eq!(paths.pattern(), "processors-2/*.toml");
        assert_eq!(paths.file("a"), "processors-2/a.toml");
        assert_eq!(paths.file("A"), "processors-2/A-2.toml");
        assert_eq!(paths.file(".hidden"), "processors-2/_.hidden.toml");
        assert_eq!(Paths::in_project(&there).file("a"), "a-2.toml");
    }

    #[test]
    fn new_files_go_where_a_pattern_includes_them_for_certain() {
        let folder = |patterns: &[&str]| {
            Paths::included(patterns, &|_| false).map(|mut paths| paths.file("x"))
        };
        assert_eq!(folder(&["cameras/*.toml"]).unwrap(), "cameras/x.toml");
        assert_eq!(folder(&["x.toml", "./a/b/**/*.toml"]).unwrap(), "a/b/x.toml");
        assert_eq!(folder(&["*.toml"]).unwrap(), "x.toml");
        for unclear in ["../shared/*.toml", "*/*.toml", "cam-*.toml", "a/../b/*.toml", "x.toml"] {
            assert_eq!(folder(&[unclear]), None, "{unclear}");
        }
    }

    #[test]
    fn slugs_are_words() {
        assert_eq!(slug("a=b /ü @1").unwrap(), "a-b-ü-1");
        assert_eq!(slug("PACKAGE-PERSON").unwrap(), "package-person");
        assert_eq!(slug(" /.. "), None);
    }
}
