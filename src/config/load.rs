//! Reading a project from disk or from a revision: the only input of this module, and its
//! only threads.

mod files;
mod frame;
mod include;
mod parallel;
mod revision;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use super::parse::{Parsed, parse};
use super::tree::{Node, Table};
use crate::diagnostic::{Code, Diagnostic, SourceId, Sources, Span};
use files::{Disk, Files};
use include::Pattern;
use revision::Revision;

pub use frame::{frame, frame_path};
pub use revision::{RevisionError, merge_base};

/// The name of the file that makes a folder a project.
pub const PROJECT_FILE: &str = "rekon.toml";

/// A file this large is no configuration: ten thousand processors take a third.
const LARGEST: u64 = 32 * 1024 * 1024;

/// A project's files, read and parsed.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The project's folder, as it was given.
    pub root: PathBuf,
    /// The revision of git that was read, if not the disk.
    pub revision: Option<String>,
    /// Every file, those that could not be read included, with no text.
    pub sources: Sources,
    /// Every file that is TOML, `rekon.toml` first, the others by path.
    pub files: Vec<LoadedFile>,
    /// The files that could not be read or are no TOML. What they would have
    /// said is unknown, so nothing is missed or unused for certain.
    pub unknown: Vec<SourceId>,
    /// The frames that they name and that cannot be shown, by their paths, and why: the
    /// rest of a sentence about each.
    pub unusable_frames: BTreeMap<String, String>,
    /// What is wrong in the files as TOML, and with finding them.
    pub diagnostics: Vec<Diagnostic>,
}

/// A file's tables.
#[derive(Clone, Debug)]
pub struct LoadedFile {
    /// The file, for places in it.
    pub source: SourceId,
    /// All that stands in it.
    pub tables: Table,
}

/// Reads and parses the project in a folder.
///
/// Paths in diagnostics are relative to the folder, with `/` in between.
/// Whatever goes wrong is a diagnostic in the result.
pub fn load(folder: &Path) -> Loaded {
    let mut loaded = load_from(&Disk, folder, folder, missing_project);
    loaded.unusable_frames = frame::unusable(folder, &loaded.files);
    loaded
}

/// Reads and parses the project that a folder is in a revision of git; nothing of it is
/// checked out.
///
/// Whatever is wrong with its files is a diagnostic in the result, as with [`load`].
///
/// # Errors
///
/// Where git, the repository or the revision are not to be had.
pub fn load_at(folder: &Path, revision: &str) -> Result<Loaded, RevisionError> {
    let (files, within) = Revision::open(folder, revision)?;
    let missing = |_: &Path| {
        let shown = folder.display();
        let message = format!("there is no `{PROJECT_FILE}` in `{shown}` at `{revision}`");
        Diagnostic::new(Code::MissingProject, message)
            .help("name a revision that has the project, where it is now")
    };
    let loaded = load_from(&files, folder, &within, missing);
    Ok(Loaded { revision: Some(revision.to_owned()), ..loaded })
}

/// Reads the project that is known as `root` from a folder of these files.
fn load_from(
    files: &dyn Files,
    root: &Path,
    folder: &Path,
    missing: impl Fn(&Path) -> Diagnostic,
) -> Loaded {
    let mut loaded = Loaded { root: root.to_owned(), ..Loaded::default() };
    let path = folder.join(PROJECT_FILE);
    if files.kind(&path).is_none() {
        loaded.refuse(PROJECT_FILE, missing(folder));
        return loaded;
    }
    let include = loaded.add_texts(vec![(PROJECT_FILE.to_owned(), files.read(&path))]);
    let is_toml = loaded.unknown.is_empty();
    let mut seen = HashSet::from([files.real(&path)]);
    let mut found = BTreeMap::new();
    for pattern in &include {
        let Some(text) = pattern.text() else { continue };
        match Pattern::new(text) {
            Ok(parsed) => {
                let mut matched = BTreeMap::new();
                parsed.expand(files, folder, &mut matched);
                if matched.is_empty() && is_toml {
                    let diagnostic = Diagnostic::new(
                        Code::UnmatchedInclude,
                        format!("`{text}` matches no file"),
                    )
                    .label(pattern.span, "nothing matches")
                    .help("patterns are relative to the folder of `rekon.toml`");
                    loaded.diagnostics.push(diagnostic);
                }
                found.extend(matched);
            }
            Err(reason) => {
                let diagnostic = Diagnostic::new(
                    Code::InvalidInclude,
                    format!("`{text}` is no pattern: {reason}"),
                )
                .label(pattern.span, reason)
                .help("write a glob relative to the project, such as `cameras/*.toml`");
                loaded.diagnostics.push(diagnostic);
            }
        }
    }
    // A file that several patterns or links lead to counts once.
    found.retain(|_, path| seen.insert(files.real(path)));
    let found: Vec<(String, PathBuf)> = found.into_iter().collect();
    let texts = parallel::map(&found, |(_, path)| files.read(path));
    loaded.add_texts(found.into_iter().map(|(shown, _)| shown).zip(texts).collect());
    loaded
}

impl Loaded {
    /// Parses a project from texts by path, `rekon.toml` first, without any
    /// file; `stack.include` is not asked.
    pub fn from_texts<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Loaded {
        let mut loaded = Loaded::default();
        let texts = texts.into_iter().map(|(path, text)| (path.to_owned(), Ok(text.to_owned())));
        loaded.add_texts(texts.collect());
        loaded
    }

    /// The files, those of a revision with its name, as git writes it.
    pub fn named(&self) -> Sources {
        match &self.revision {
            Some(revision) => self.sources.renamed(|path| format!("{revision}:{path}")),
            None => self.sources.clone(),
        }
    }

    /// Whether a file could be read and parsed.
    pub fn is_known(&self, source: SourceId) -> bool {
        !self.unknown.contains(&source)
    }

    /// Parses files by path, or notes why they could not be read; gives what
    /// the first of them includes, as far as that is known.
    fn add_texts(&mut self, texts: Vec<(String, Result<String, Refusal>)>) -> Vec<Node> {
        let mut added = Vec::with_capacity(texts.len());
        for (shown, text) in texts {
            match text {
                Ok(text) => added.push(self.sources.add(&shown, &text)),
                Err((code, reason)) => {
                    self.refuse(&shown, Diagnostic::new(code, format!("`{shown}` {reason}")));
                }
            }
        }
        let sources = &self.sources;
        let parsed = parallel::map(&added, |source| parse(*source, &sources.get(*source).text));
        let mut include = None;
        for (source, Parsed { tables, is_toml, diagnostics }) in added.into_iter().zip(parsed) {
            self.diagnostics.extend(diagnostics);
            include.get_or_insert_with(|| {
                let include = tables.get("stack").and_then(|stack| stack.table()?.get("include"));
                include.map_or(Vec::new(), |include| include.listed().to_vec())
            });
            match is_toml {
                true => self.files.push(LoadedFile { source, tables }),
                false => self.unknown.push(source),
            }
        }
        include.unwrap_or_default()
    }

    /// Notes a file that cannot be read; it has no text, but a place.
    fn refuse(&mut self, shown: &str, diagnostic: Diagnostic) -> SourceId {
        let source = self.sources.add(shown, "");
        self.unknown.push(source);
        self.diagnostics.push(diagnostic.label(Span::new(source, 0..0), ""));
        source
    }
}

fn missing_project(folder: &Path) -> Diagnostic {
    let shown = folder.display();
    let named = "name the folder that `rekon.toml` is in".to_owned();
    let (message, help) = if folder.is_dir() {
        let around = around(folder);
        let help = match around.join(PROJECT_FILE).exists() {
            true => format!("the project is in `{}`: name that", around.display()),
            false => named,
        };
        (format!("there is no `{PROJECT_FILE}` in `{shown}`"), help)
    } else if folder.extension().is_some_and(|end| end == "json") {
        let help = format!(
            "{named}; a file for the embedded service is given as `--emulator={shown}`, a \
             snapshot as `--live={shown}`"
        );
        (format!("`{shown}` is no folder"), help)
    } else if folder.is_file() {
        (format!("`{shown}` is a file"), named)
    } else {
        (format!("there is no folder `{shown}`"), "check the path".to_owned())
    };
    Diagnostic::new(Code::MissingProject, message).help(help)
}

/// The folder around one, as one would call it.
fn around(folder: &Path) -> PathBuf {
    match (folder.file_name(), folder.parent()) {
        (Some(_), Some(parent)) if parent.as_os_str().is_empty() => PathBuf::from("."),
        (Some(_), Some(parent)) => parent.to_owned(),
        _ if folder == Path::new(".") => PathBuf::from(".."),
        _ => folder.join(".."),
    }
}

/// Why a file is not taken: a code and the rest of a sentence about the file.
type Refusal = (Code, String);

/// Takes bytes for text, if they are and if they are not too many.
fn decode(bytes: Vec<u8>) -> Result<String, Refusal> {
    if bytes.len() as u64 > LARGEST {
        let most = LARGEST / 1024 / 1024;
        return Err((
            Code::FileTooLarge,
            format!("is larger than {most} MiB: split it, or check what it is"),
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
        (Code::NotUtf8, format!("is not UTF-8, as line {line} shows: save it as UTF-8"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_beyond_reason_is_refused() {
        let size = usize::try_from(LARGEST).unwrap() + 1;
        assert_eq!(decode(vec![b' '; size]).unwrap_err().0, Code::FileTooLarge);
        assert!(decode(vec![b' '; size - 1]).is_ok());
    }

    #[test]
    fn a_file_is_taken_once_whatever_leads_to_it() {
        let dir = tempfile::tempdir().unwrap();
        let main = "[stack]\ninclude = [\"**/*.toml\", \"a.toml\", \"./b/../a.toml\"]\n";
        std::fs::write(dir.path().join(PROJECT_FILE), main).unwrap();
        std::fs::write(dir.path().join("a.toml"), "[zone.a]\n").unwrap();
        std::fs::create_dir(dir.path().join("b")).unwrap();
        let loaded = load(dir.path());
        let paths: Vec<&str> = loaded.sources.iter().map(|(_, source)| &*source.path).collect();
        assert_eq!(paths, ["rekon.toml", "a.toml"]);
        assert_eq!(loaded.diagnostics, []);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_refused_without_waiting() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(PROJECT_FILE);
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        if made.is_ok_and(|status| status.success()) {
            assert_eq!(load(dir.path()).diagnostics[0].code, Code::UnreadableFile);
        }
    }
}
