//! Which files `stack.include` names.
//!
//! A pattern is matched folder by folder, so that only folders it can mean are
//! read. It is relative to the project and may leave it by `..`, because
//! several stacks like to share their templates; it is never absolute, because
//! a project means the same wherever it lies. `*` and `**` pass over names that
//! begin with a dot, as shells do, which keeps `.git` and `.rekon` out.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

/// A part of a pattern between slashes.
enum Part {
    /// A name to be taken as it is, `..` included.
    Literal(String),
    /// A name to be matched.
    Glob { matcher: GlobMatcher, hidden: bool },
    /// `**`: any folders.
    Folders,
}

/// A pattern of `stack.include`.
pub(super) struct Pattern(Vec<Part>);

impl Pattern {
    /// Takes a pattern apart, or says what is wrong with it.
    pub(super) fn new(text: &str) -> Result<Pattern, String> {
        if text.is_empty() {
            return Err("the pattern is empty".to_owned());
        }
        if text.starts_with('/') {
            return Err("the pattern is absolute".to_owned());
        }
        if text.contains('\0') {
            return Err("the pattern holds a NUL".to_owned());
        }
        let names = text.split('/').filter(|name| !matches!(*name, "" | "."));
        names.map(part).collect::<Result<Vec<Part>, String>>().map(Pattern)
    }

    /// The files that the pattern matches, by their paths relative to the
    /// project; folders only where the pattern names one outright.
    pub(super) fn expand(&self, root: &Path, found: &mut BTreeMap<String, PathBuf>) {
        descend(&self.0, root, "", &mut HashSet::new(), found);
    }
}

fn part(name: &str) -> Result<Part, String> {
    if name == "**" {
        return Ok(Part::Folders);
    }
    if !name.contains(['*', '?', '[', ']', '{', '}', '\\']) {
        return Ok(Part::Literal(name.to_owned()));
    }
    let glob = GlobBuilder::new(name)
        .literal_separator(true)
        .backslash_escape(true)
        .build()
        .map_err(|error| error.kind().to_string())?;
    Ok(Part::Glob { matcher: glob.compile_matcher(), hidden: name.starts_with('.') })
}

/// Matches the rest of a pattern below a folder. `entered` are the folders that
/// `**` has been in, by their real paths, since links can go in circles.
fn descend(
    parts: &[Part],
    folder: &Path,
    shown: &str,
    entered: &mut HashSet<(usize, PathBuf)>,
    found: &mut BTreeMap<String, PathBuf>,
) {
    let Some((part, rest)) = parts.split_first() else { return };
    let below = |name: &str| match shown {
        "" => name.to_owned(),
        _ => format!("{shown}/{name}"),
    };
    match part {
        Part::Literal(name) => {
            let (path, shown) = (folder.join(name), below(name));
            if !rest.is_empty() {
                descend(rest, &path, &shown, entered, found);
            } else if path.symlink_metadata().is_ok() {
                found.insert(shown, path);
            }
        }
        Part::Glob { matcher, hidden } => {
            for name in names(folder) {
                if (*hidden || !name.starts_with('.')) && matcher.is_match(&name) {
                    let (path, shown) = (folder.join(&name), below(&name));
                    if !rest.is_empty() {
                        descend(rest, &path, &shown, entered, found);
                    } else if !path.is_dir() {
                        found.insert(shown, path);
                    }
                }
            }
        }
        Part::Folders => {
            let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
            if !entered.insert((rest.len(), real)) {
                return;
            }
            if rest.is_empty() {
                // `folder/**` means every file below the folder.
                for name in names(folder) {
                    let path = folder.join(&name);
                    if !name.starts_with('.') && !path.is_dir() {
                        found.insert(below(&name), path);
                    }
                }
            } else {
                descend(rest, folder, shown, entered, found);
            }
            for name in names(folder) {
                let path = folder.join(&name);
                if !name.starts_with('.') && path.is_dir() {
                    descend(parts, &path, &below(&name), entered, found);
                }
            }
        }
    }
}

/// The names in a folder, sorted; none if it cannot be read.
///
/// A name that is not Unicode cannot be written in a pattern or a report.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in ["p/a.toml", "p/b/c.toml", "p/b/.d.toml", "p/.git/e.toml", "shared/f.toml"] {
            let path = dir.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        dir
    }

    fn expand(dir: &tempfile::TempDir, pattern: &str) -> Vec<String> {
        let mut found = BTreeMap::new();
        Pattern::new(pattern).unwrap().expand(&dir.path().join("p"), &mut found);
        found.into_keys().collect()
    }

    #[test]
    fn patterns_match_folder_by_folder_and_pass_over_hidden_names() {
        let dir = tree();
        assert_eq!(expand(&dir, "*.toml"), ["a.toml"]);
        assert_eq!(expand(&dir, "./b/?.toml"), ["b/c.toml"]);
        assert_eq!(expand(&dir, "**/*.toml"), ["a.toml", "b/c.toml"]);
        assert_eq!(expand(&dir, "**"), ["a.toml", "b/c.toml"]);
        assert_eq!(expand(&dir, "b/.*.toml"), ["b/.d.toml"]);
        assert_eq!(expand(&dir, "../shared/*.toml"), ["../shared/f.toml"]);
        assert_eq!(expand(&dir, "{a,x}.toml"), ["a.toml"]);
        assert!(expand(&dir, "none/*.toml").is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_once() {
        let dir = tree();
        let here = dir.path().join("p");
        std::os::unix::fs::symlink(&here, here.join("loop")).unwrap();
        std::os::unix::fs::symlink(dir.path().join("shared"), here.join("link")).unwrap();
        assert_eq!(expand(&dir, "**/*.toml"), ["a.toml", "b/c.toml", "link/f.toml"]);
    }

    #[test]
    fn what_is_no_relative_glob_is_refused() {
        for bad in ["", "/etc/*.toml", "a[", "{a", "a\0"] {
            assert!(Pattern::new(bad).is_err(), "{bad:?}");
        }
    }
}
