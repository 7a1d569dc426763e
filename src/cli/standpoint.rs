//! Where the user stands: paths in text are as seen from there, so that a terminal can
//! open them, and in what others read as seen from the repository. Documents keep them
//! relative to the project.

use std::path::{Component, Path, PathBuf};

use crate::diagnostic::{Record, Sources};
use crate::model::Location;
use crate::plan::{Acceptance, Drift, Plan};
use crate::report::{Document, Format};

/// Where GitHub has the repository that a job is about.
const REPOSITORY: &str = "GITHUB_WORKSPACE";

/// A project's folder as seen from the user's, or from the repository that it is in.
#[derive(Clone, Debug)]
pub(super) struct Standpoint {
    here: PathBuf,
    project: PathBuf,
    /// Whether others are told, to whom a path of this machine means nothing.
    is_shared: bool,
}

impl Standpoint {
    /// That of the current folder.
    pub(super) fn before(project: &Path) -> Standpoint {
        let here = std::env::current_dir().unwrap_or_default();
        Standpoint { project: without_detours(&here.join(project)), here, is_shared: false }
    }

    /// That of whoever reads a format; none, where it is the project's own.
    ///
    /// A job of GitHub's tells paths in its repository, and otherwise the current folder is
    /// taken for it.
    pub(super) fn of(format: Format, project: &Path) -> Option<Standpoint> {
        let before = Standpoint::before(project);
        match format {
            Format::Text => Some(before),
            Format::Diff | Format::Json => None,
            Format::Markdown | Format::Html | Format::Github | Format::Sarif => {
                let set = std::env::var_os(REPOSITORY).filter(|folder| !folder.is_empty());
                let repository = set.map(PathBuf::from);
                let repository = repository.filter(|folder| before.project.starts_with(folder));
                let here = repository.unwrap_or(before.here);
                Some(Standpoint { here, is_shared: true, ..before })
            }
        }
    }

    /// A file of the project: relative below the user's folder, and else absolute, or to
    /// others as the project has it.
    pub(super) fn show(&self, file: &str) -> String {
        let whole = without_detours(&self.project.join(file));
        match whole.strip_prefix(&self.here) {
            Ok(relative) => relative.display().to_string(),
            Err(_) if self.is_shared => file.to_owned(),
            Err(_) => whole.display().to_string(),
        }
    }

    /// The root of the repository of git that the project is in, and its folder there; where
    /// there is none, the project's own.
    pub(super) fn repository(&self) -> (&Path, &Path) {
        let root = self.project.ancestors().find(|folder| folder.join(".git").exists());
        let root = root.unwrap_or(&self.project);
        let below = self.project.strip_prefix(root).unwrap_or(Path::new(""));
        (root, if below == Path::new("") { Path::new(".") } else { below })
    }

    /// Has a document drawn with its paths as seen from here.
    pub(super) fn document(
        &self,
        document: Document<'_>,
        draw: impl FnOnce(Document<'_>) -> String,
    ) -> String {
        match document {
            Document::Plan(plan, made) => draw(Document::Plan(&self.plan(plan), made)),
            Document::Drift(drift, made) => draw(Document::Drift(&self.drift(drift), made)),
            Document::Outcome(outcome, plan) => draw(Document::Outcome(outcome, &self.plan(plan))),
            Document::Diagnostics { of, stack, records } => {
                let mut records = records.to_vec();
                self.rename(&mut records);
                draw(Document::Diagnostics { of, stack, records: &records })
            }
        }
    }

    fn rename(&self, records: &mut [Record]) {
        for label in records.iter_mut().flat_map(|record| &mut record.labels) {
            label.file = self.show(&label.file);
        }
    }

    fn rename_all<'a>(&self, places: impl Iterator<Item = &'a mut Location>) {
        places.for_each(|place| place.file = self.show(&place.file).into());
    }

    /// Sources whose paths are as seen from here.
    pub(super) fn sources(&self, sources: &Sources) -> Sources {
        sources.renamed(|path| self.show(path))
    }

    /// What drift found, with paths as seen from here: for text.
    pub(super) fn drift(&self, drift: &Drift) -> Drift {
        let mut drift = drift.clone();
        for finding in &mut drift.findings {
            let attributes = finding.attributes.iter_mut().filter_map(|one| one.source.as_mut());
            self.rename_all(attributes.chain(&mut finding.source));
        }
        self.rename(&mut drift.diagnostics);
        drift
    }

    /// What was taken over, with paths as seen from here: for text.
    pub(super) fn acceptance(&self, acceptance: &Acceptance) -> Acceptance {
        let mut acceptance = acceptance.clone();
        self.rename_all(acceptance.accepted.iter_mut().map(|accepted| &mut accepted.source));
        for file in &mut acceptance.files {
            file.path = self.show(&file.path);
        }
        acceptance
    }

    /// A plan whose paths are as seen from here: for text, never to be saved.
    pub(super) fn plan(&self, plan: &Plan) -> Plan {
        let mut plan = plan.clone();
        for change in &mut plan.changes {
            let attributes = change.attributes.iter_mut().filter_map(|one| one.source.as_mut());
            self.rename_all(attributes.chain(&mut change.source));
            change.frame = change.frame.as_ref().map(|frame| self.show(frame));
        }
        self.rename(&mut plan.diagnostics);
        plan
    }
}

/// A path without `.` and `name/..`, links taken as they are called.
fn without_detours(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(here: &str, project: &str, is_shared: bool) -> Standpoint {
        let project = without_detours(&Path::new(here).join(project));
        Standpoint { here: here.into(), project, is_shared }
    }

    fn seen(here: &str, project: &str, file: &str) -> String {
        from(here, project, false).show(file)
    }

    #[test]
    fn others_are_not_told_where_this_machine_has_its_files() {
        assert_eq!(from("/home/a", "fleet", true).show("cameras/x.toml"), "fleet/cameras/x.toml");
        assert_eq!(from("/home/a", "/srv/fleet", true).show("cameras/x.toml"), "cameras/x.toml");
    }

    #[test]
    fn paths_are_relative_below_the_users_folder_and_absolute_outside() {
        assert_eq!(seen("/home/a", ".", "rekon.toml"), "rekon.toml");
        assert_eq!(seen("/home/a", "fleet/", "cameras/x.toml"), "fleet/cameras/x.toml");
        assert_eq!(seen("/home/a", "./fleet/../depot", "rekon.toml"), "depot/rekon.toml");
        assert_eq!(seen("/home/a", "fleet", "../shared/t.toml"), "shared/t.toml");
        assert_eq!(seen("/home/a", ".", "../shared/t.toml"), "/home/shared/t.toml");
        assert_eq!(seen("/home/a/cameras", "..", "rekon.toml"), "/home/a/rekon.toml");
        assert_eq!(seen("/home/a", "/srv/fleet", "rekon.toml"), "/srv/fleet/rekon.toml");
    }
}
