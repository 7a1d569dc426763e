//! Where the user stands: paths in text are as seen from there, so that a terminal can
//! open them. Documents keep them relative to the project.

use std::path::{Component, Path, PathBuf};

use crate::diagnostic::Sources;
use crate::plan::{Acceptance, Drift, Plan};

/// A project's folder as seen from the user's.
#[derive(Clone, Debug)]
pub(super) struct Standpoint {
    here: PathBuf,
    project: PathBuf,
}

impl Standpoint {
    /// That of the current folder.
    pub(super) fn before(project: &Path) -> Standpoint {
        let here = std::env::current_dir().unwrap_or_default();
        Standpoint { project: without_detours(&here.join(project)), here }
    }

    /// A file of the project: relative below the user's folder, and else absolute.
    fn show(&self, file: &str) -> String {
        let file = without_detours(&self.project.join(file));
        file.strip_prefix(&self.here).unwrap_or(&file).display().to_string()
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
            for source in attributes.chain(&mut finding.source) {
                source.file = self.show(&source.file).into();
            }
        }
        for label in drift.diagnostics.iter_mut().flat_map(|record| &mut record.labels) {
            label.file = self.show(&label.file);
        }
        drift
    }

    /// What was taken over, with paths as seen from here: for text.
    pub(super) fn acceptance(&self, acceptance: &Acceptance) -> Acceptance {
        let mut acceptance = acceptance.clone();
        for accepted in &mut acceptance.accepted {
            accepted.source.file = self.show(&accepted.source.file).into();
        }
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
            for source in attributes.chain(&mut change.source) {
                source.file = self.show(&source.file).into();
            }
            change.frame = change.frame.as_ref().map(|frame| self.show(frame));
        }
        for label in plan.diagnostics.iter_mut().flat_map(|record| &mut record.labels) {
            label.file = self.show(&label.file);
        }
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

    fn seen(here: &str, project: &str, file: &str) -> String {
        let project = without_detours(&Path::new(here).join(project));
        Standpoint { here: here.into(), project }.show(file)
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
