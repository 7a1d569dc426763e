//! A project as a revision of git has it: git's objects are read, and nothing is checked
//! out, so that no filter, hook or working tree has a say.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Component, Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use super::files::{Files, Kind, unreadable};
use super::{LARGEST, Refusal, decode};

/// How many links may lead from one to the next.
const MOST_LINKS: usize = 40;

/// The mode of a link in git's trees.
const LINK: &str = "120000";

/// Why the files of a revision cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum RevisionError {
    /// There is no git to ask.
    #[error("git cannot be run, which has the files of `{revision}`: {error}")]
    NotRun {
        /// As it was given.
        revision: String,
        /// What the system says.
        error: io::Error,
    },
    /// Git knows no such revision, or no repository here.
    #[error("the files of `{revision}` cannot be had: git says: {words}")]
    Refused {
        /// As it was given.
        revision: String,
        /// What git says, in a line.
        words: String,
    },
}

/// An entry of a tree.
#[derive(Clone, Debug)]
struct Entry {
    mode: String,
    object: String,
}

/// The files of one revision of a repository, by their paths from its root.
pub(super) struct Revision {
    entries: BTreeMap<String, Entry>,
    folders: BTreeMap<String, Vec<String>>,
    objects: Mutex<Objects>,
}

/// A `git cat-file --batch` that is asked for one object after the other.
struct Objects {
    process: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// The commit that two revisions have in common, in the repository that a folder is in.
///
/// # Errors
///
/// Where git, the repository or a revision are not to be had, or they have nothing in common.
pub fn merge_base(folder: &Path, one: &str, other: &str) -> Result<String, RevisionError> {
    let both = format!("{one}...{other}");
    let git = Git { revision: &both, near: existing(folder) };
    let commit = git.run(&["merge-base", "--end-of-options", one, other])?;
    Ok(String::from_utf8_lossy(&commit).trim().to_owned())
}

impl Revision {
    /// Opens a revision of the repository that a folder is in; gives it with the path of
    /// the folder in it. The folder itself need not be there any more.
    pub(super) fn open(
        folder: &Path,
        revision: &str,
    ) -> Result<(Revision, PathBuf), RevisionError> {
        let git = Git { revision, near: existing(folder) };
        // What a revision is called is never taken for an option.
        let named = format!("{revision}^{{commit}}");
        let commit = git.run(&["rev-parse", "--verify", "--end-of-options", &named])?;
        let commit = String::from_utf8_lossy(&commit).trim().to_owned();
        let prefix = git.run(&["rev-parse", "--show-prefix"])?;
        let prefix = String::from_utf8_lossy(&prefix).trim_end_matches('\n').to_owned();
        let below = folder.strip_prefix(git.near).unwrap_or(Path::new(""));
        let listing = git.run(&["ls-tree", "-r", "-t", "-z", "--full-tree", &commit])?;
        let objects = git.objects()?;
        let mut entries = BTreeMap::new();
        let mut folders: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in listing.split(|byte| *byte == 0) {
            // mode SP type SP object TAB path
            let Some((about, path)) =
                std::str::from_utf8(line).ok().and_then(|l| l.split_once('\t'))
            else {
                continue;
            };
            let mut about = about.split(' ');
            let (Some(mode), Some(object)) = (about.next(), about.nth(1)) else { continue };
            let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
            folders.entry(parent.to_owned()).or_default().push(name.to_owned());
            let entry = Entry { mode: mode.to_owned(), object: object.to_owned() };
            entries.insert(path.to_owned(), entry);
        }
        folders.values_mut().for_each(|names| names.sort());
        let objects = Mutex::new(objects);
        Ok((Revision { entries, folders, objects }, Path::new(&prefix).join(below)))
    }

    /// The path that links lead to, from the root; `None` where they lead out of the
    /// repository or in circles.
    fn follow(&self, path: &Path) -> Option<String> {
        let mut links = 0;
        let mut ahead: Vec<String> = parts(path)?;
        let mut at: Vec<String> = Vec::new();
        ahead.reverse();
        while let Some(part) = ahead.pop() {
            if part == ".." {
                at.pop()?;
                continue;
            }
            at.push(part);
            let Some(entry) = self.entries.get(&at.join("/")) else { continue };
            if entry.mode == LINK {
                links += 1;
                let target = self.object(&entry.object).ok()?;
                let target = String::from_utf8(target).ok()?;
                at.pop();
                let target = parts(Path::new(&target)).filter(|_| links <= MOST_LINKS)?;
                ahead.extend(target.into_iter().rev());
            }
        }
        Some(at.join("/"))
    }

    fn object(&self, object: &str) -> io::Result<Vec<u8>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner).get(object)
    }
}

impl Files for Revision {
    fn kind(&self, path: &Path) -> Option<Kind> {
        let real = self.follow(path);
        let real = real.unwrap_or_else(|| path.display().to_string());
        match self.entries.get(&real).map(|entry| entry.mode.as_str()) {
            Some("040000") => Some(Kind::Folder),
            Some(mode) if mode.starts_with("100") => Some(Kind::File),
            Some(_) => Some(Kind::Other),
            None if real.is_empty() => Some(Kind::Folder),
            None => None,
        }
    }

    fn names(&self, folder: &Path) -> Vec<String> {
        let names = self.follow(folder).and_then(|folder| self.folders.get(&folder));
        names.cloned().unwrap_or_default()
    }

    fn real(&self, path: &Path) -> PathBuf {
        self.follow(path).map_or_else(|| path.to_owned(), PathBuf::from)
    }

    fn read(&self, path: &Path) -> Result<String, Refusal> {
        match self.kind(path) {
            Some(Kind::File) => {}
            Some(Kind::Folder) => return Err(unreadable("is a folder, not a file")),
            _ => return Err(unreadable("is no file of this revision")),
        }
        let entry = self.follow(path).and_then(|real| self.entries.get(&real));
        let entry = entry.ok_or_else(|| unreadable("is no file of this revision"))?;
        let bytes = self.object(&entry.object);
        decode(bytes.map_err(|error| unreadable(&format!("cannot be read: {error}")))?)
    }
}

impl Objects {
    /// An object's bytes, up to one more than the largest file may have.
    fn get(&mut self, object: &str) -> io::Result<Vec<u8>> {
        let questions = self.questions.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        writeln!(questions, "{object}")?;
        questions.flush()?;
        let mut header = String::new();
        self.answers.read_line(&mut header)?;
        let size: u64 = match header.trim_end().rsplit_once(' ') {
            Some((_, size)) if size.bytes().all(|byte| byte.is_ascii_digit()) => {
                size.parse().map_err(io::Error::other)?
            }
            _ => return Err(io::Error::other(format!("git says: {}", header.trim_end()))),
        };
        let mut bytes = Vec::new();
        let kept = size.min(LARGEST + 1);
        (&mut self.answers).take(kept).read_to_end(&mut bytes)?;
        // The rest and the end of the line.
        io::copy(&mut (&mut self.answers).take(size - kept + 1), &mut io::sink())?;
        match bytes.len() as u64 == kept {
            true => Ok(bytes),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        // Git ends where nothing more is asked, also if it is in the middle of an answer.
        self.questions.take();
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// How git is asked.
struct Git<'a> {
    revision: &'a str,
    near: &'a Path,
}

impl Git<'_> {
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.arg("-C").arg(self.near).args(["--no-optional-locks", "--literal-pathspecs"]);
        command.args(args).env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
        // A hook says where its own repository is; here it is the one around the project.
        for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX"] {
            command.env_remove(name);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn not_run(&self, error: io::Error) -> RevisionError {
        RevisionError::NotRun { revision: self.revision.to_owned(), error }
    }

    fn run(&self, args: &[&str]) -> Result<Vec<u8>, RevisionError> {
        let output = self.command(args).output().map_err(|error| self.not_run(error))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let words = said.lines().next().unwrap_or("nothing").trim_start_matches("fatal: ");
        Err(RevisionError::Refused { revision: self.revision.to_owned(), words: words.to_owned() })
    }

    fn objects(&self) -> Result<Objects, RevisionError> {
        let mut command = self.command(&["cat-file", "--batch"]);
        command.stdin(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().map_err(|error| self.not_run(error))?;
        let (questions, answers) = (process.stdin.take(), process.stdout.take());
        let missing = || self.not_run(io::ErrorKind::BrokenPipe.into());
        let answers = BufReader::new(answers.ok_or_else(missing)?);
        Ok(Objects { process, questions, answers })
    }
}

/// The nearest folder around that is there.
fn existing(folder: &Path) -> &Path {
    let around = folder.ancestors().find(|around| around.is_dir());
    around.filter(|around| !around.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The parts of a relative path of Unicode.
fn parts(path: &Path) -> Option<Vec<String>> {
    let part = |part: Component<'_>| match part {
        Component::Normal(name) => Some(Some(name.to_str()?.to_owned())),
        Component::ParentDir => Some(Some("..".to_owned())),
        Component::CurDir => Some(None),
        Component::RootDir | Component::Prefix(_) => None,
    };
    let parts: Option<Vec<Option<String>>> = path.components().map(part).collect();
    Some(parts?.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::super::{Loaded, load, load_at};
    use super::*;
    use crate::diagnostic::Code;

    fn git(folder: &Path, args: &[&str]) {
        let mut command = Command::new("git");
        command.arg("-C").arg(folder).args(["-c", "user.name=t", "-c", "user.email=t@t.invalid"]);
        command.args(["-c", "core.autocrlf=true", "-c", "commit.gpgsign=false"]).args(args);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn write(folder: &Path, file: &str, text: &str) {
        let path = folder.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// A repository whose only commit has a project that shares a folder, by links too.
    fn repository() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let include = "[stack]\ninclude = [\"**/*.toml\", \"../shared/*.toml\"]\n";
        write(root, "fleet/rekon.toml", include);
        write(root, "fleet/cameras/a.toml", "[zone.a]\n");
        write(root, "shared/b.toml", "[zone.b]\n");
        let link = std::os::unix::fs::symlink::<&str, PathBuf>;
        link("../../shared/b.toml", root.join("fleet/cameras/link.toml")).unwrap();
        link("../shared", root.join("fleet/folder")).unwrap();
        link("../fleet", root.join("fleet/again")).unwrap();
        link("round.toml", root.join("fleet/round.toml")).unwrap();
        git(root, &["init", "-q"]);
        git(root, &["add", "."]);
        git(root, &["commit", "-q", "-m", "one"]);
        dir
    }

    fn files(loaded: &Loaded) -> Vec<(String, String)> {
        let sources = loaded.sources.iter();
        sources.map(|(_, source)| (source.path.to_string(), source.text.to_string())).collect()
    }

    #[test]
    fn a_revision_is_read_as_the_disk_was() {
        let dir = repository();
        let fleet = dir.path().join("fleet");
        let disk = load(&fleet);
        assert_eq!(disk.files.len(), 3, "{:?}", files(&disk));
        let then = load_at(&fleet, "HEAD").unwrap();
        assert_eq!(files(&then), files(&disk));
        let codes = |loaded: &Loaded| loaded.diagnostics.iter().map(|one| one.code).collect();
        let (then_codes, codes): (Vec<Code>, Vec<Code>) = (codes(&then), codes(&disk));
        assert_eq!(then_codes, codes);
        // What the disk says now has no say; the folder need not even be there.
        std::fs::remove_dir_all(&fleet).unwrap();
        assert_eq!(files(&load_at(&fleet, "HEAD").unwrap()), files(&disk));
        write(dir.path(), "fleet/cameras/a.toml", "[zone.other]\n");
        assert_eq!(files(&load_at(&fleet, "HEAD").unwrap()), files(&disk));
    }

    #[test]
    fn what_is_no_revision_is_refused_in_a_line() {
        let dir = repository();
        for revision in ["none", "--help", "", "HEAD:fleet", "HEAD~1"] {
            let refused = load_at(dir.path(), revision).map(|loaded| loaded.files.len());
            assert!(
                matches!(refused, Err(RevisionError::Refused { .. })),
                "{revision}: {refused:?}"
            );
        }
        let elsewhere = tempfile::tempdir().unwrap();
        assert!(load_at(elsewhere.path(), "HEAD").is_err());
    }

    #[test]
    fn a_revision_without_the_project_says_so() {
        let dir = repository();
        let loaded = load_at(&dir.path().join("depot"), "HEAD").unwrap();
        assert_eq!(loaded.diagnostics[0].code, Code::MissingProject);
    }
}
