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

use super::files::{Files, Kind};

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
    pub(super) fn expand(
        &self,
        files: &dyn Files,
        root: &Path,
        found: &mut BTreeMap<String, PathBuf>,
    ) {
        Search { files, entered: HashSet::new(), found }.descend(&self.0, root, "");
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

/// A walk through folders.
struct Search<'a> {
    files: &'a dyn Files,
    /// The folders that `**` has been in, with how much of the pattern was left, by their
    /// real paths, since links can go in circles.
    entered: HashSet<(usize, PathBuf)>,
    found: &'a mut BTreeMap<String, PathBuf>,
}

impl Search<'_> {
    /// Matches the rest of a pattern below a folder.
    fn descend(&mut self, parts: &[Part], folder: &Path, shown: &str) {
        let Some((part, rest)) = parts.split_first() else { return };
        let below = |name: &str| match shown {
            "" => name.to_owned(),
            _ => format!("{shown}/{name}"),
        };
        match part {
            Part::Literal(name) => {
                let (path, shown) = (folder.join(name), below(name));
                if !rest.is_empty() {
                    self.descend(rest, &path, &shown);
                } else if self.files.kind(&path).is_some() {
                    self.found.insert(shown, path);
                }
            }
            Part::Glob { matcher, hidden } => {
                for name in self.files.names(folder) {
                    if (*hidden || !name.starts_with('.')) && matcher.is_match(&name) {
                        let (path, shown) = (folder.join(&name), below(&name));
                        if !rest.is_empty() {
                            self.descend(rest, &path, &shown);
                        } else if !self.is_folder(&path) {
                            self.found.insert(shown, path);
                        }
                    }
                }
            }
            Part::Folders => {
                if !self.entered.insert((rest.len(), self.files.real(folder))) {
                    return;
                }
                if !rest.is_empty() {
                    self.descend(rest, folder, shown);
                }
                for name in self.files.names(folder) {
                    if name.starts_with('.') {
                        continue;
                    }
                    let path = folder.join(&name);
                    if self.is_folder(&path) {
                        self.descend(parts, &path, &below(&name));
                    } else if rest.is_empty() {
                        // `folder/**` means every file below the folder.
                        self.found.insert(below(&name), path);
                    }
                }
            }
        }
    }

    fn is_folder(&self, path: &Path) -> bool {
        self.files.kind(path) == Some(Kind::Folder)
    }
}

#[cfg(test)]
mod tests {
    use super::super::files::Disk;
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
        Pattern::new(pattern).unwrap().expand(&Disk, &dir.path().join("p"), &mut found);
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
