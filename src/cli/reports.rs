//! In which formats a result is told, and where: one is printed, others are written beside.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::args::{Command, Reporting, Validate};
use super::error::CommandError;
use super::exit::Exit;
use super::saved;
use super::standpoint::Standpoint;
use super::ui::Ui;
use crate::model::Attribute;
use crate::plan::Change;
use crate::report::html::Frames;
use crate::report::{self, Document, Format, MaxBytes, Settings, Subject};
use crate::{config, desired};

/// How many bytes of frames a page carries.
const MOST_FRAMES: usize = 4 * 1024 * 1024;

/// What was asked for.
#[derive(Debug)]
pub(super) struct Reports {
    subject: Subject,
    /// The folder of the project, where the result is about one.
    project: Option<PathBuf>,
    printed: Format,
    files: Vec<(Format, PathBuf)>,
    max_bytes: MaxBytes,
    /// What stdout is for, if not for what is printed.
    stdout: Option<Stdout>,
    /// Whether the files were written, or at least tried.
    told: AtomicBool,
}

/// What stdout is for, so that what people read goes to stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stdout {
    SavedPlan,
    Report,
}

/// How telling went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// Whether what is printed went out.
    pub printed: bool,
    /// Whether every file was written.
    pub written: bool,
}

impl Told {
    /// How a command ends that has written nothing to the service: what was found stands,
    /// whatever could not be told of it.
    pub(super) fn ending(self, found: Exit) -> Exit {
        match found {
            Exit::Success if !self.written => Exit::Error,
            found => found,
        }
    }
}

impl Reports {
    /// What a command was asked for; of most commands, one format alone.
    pub(super) fn of(command: &Command) -> Result<Reports, CommandError> {
        let alone = |format| Reports::new(Subject::Plan, None, format, &Reporting::default(), None);
        match command {
            Command::Validate(Validate { project, format, .. }) => {
                let (dir, none) = (Some(project.dir.as_path()), Reporting::default());
                Reports::new(Subject::Plan, dir, *format, &none, None)
            }
            Command::Plan(plan) => {
                let (dir, out) = (Some(plan.project.dir.as_path()), plan.out.as_deref());
                Reports::new(Subject::Plan, dir, plan.format, &plan.reporting, out)
            }
            Command::Show(show) => {
                Reports::new(Subject::Plan, None, show.format, &show.reporting, None)
            }
            Command::Diff(diff) => {
                let dir = Some(diff.folder());
                Reports::new(Subject::Plan, dir, diff.format, &diff.reporting, None)
            }
            Command::Apply(apply) => {
                let dir = Some(apply.target.as_path()).filter(|target| target.is_dir());
                let execution = &apply.execution;
                Reports::new(Subject::Outcome, dir, execution.format, &execution.reporting, None)
            }
            Command::Restore(restore) => {
                let (execution, out) = (&restore.execution, restore.out.as_deref());
                Reports::new(Subject::Outcome, None, execution.format, &execution.reporting, out)
            }
            Command::Drift(drift) => {
                let dir = Some(drift.project.dir.as_path());
                Reports::new(Subject::Drift, dir, drift.format, &drift.reporting, None)
            }
            Command::Accept(accept) => alone(accept.format.into()),
            Command::Import(import) => alone(import.format.into()),
            Command::Snapshot(_) => alone(Format::Json),
            Command::Init(_)
            | Command::Render(_)
            | Command::IamPolicy(_)
            | Command::Schema(_)
            | Command::Emulator(_)
            | Command::Completions(_)
            | Command::Man(_) => alone(Format::Text),
        }
    }

    fn new(
        subject: Subject,
        project: Option<&Path>,
        printed: Format,
        reporting: &Reporting,
        out: Option<&Path>,
    ) -> Result<Reports, CommandError> {
        let Reporting { reports, max_bytes } = reporting;
        if subject != Subject::Plan && reports.iter().any(|(format, _)| *format == Format::Diff) {
            return Err(CommandError::misuse("a diff is of a plan: --report diff=FILE of plan"));
        }
        let files = || reports.iter().map(|(_, file)| file.as_path());
        let mut seen: Vec<PathBuf> = Vec::new();
        for file in out.into_iter().chain(files()) {
            let whole = whole(file);
            if seen.contains(&whole) {
                let what = match saved::is_standard(file) {
                    true => "stdout takes one document, and two are to go there".to_owned(),
                    false => format!("{} is named for two documents", file.display()),
                };
                return Err(CommandError::misuse(what));
            }
            seen.push(whole);
        }
        let saved = out.filter(|file| saved::is_standard(file)).map(|_| Stdout::SavedPlan);
        let report = files().any(saved::is_standard).then_some(Stdout::Report);
        if report.is_some() && printed.tells_failures() {
            let what = "stdout takes one document: leave out --format, or give --report a file";
            return Err(CommandError::misuse(what));
        }
        Ok(Reports {
            subject,
            project: project.map(Path::to_owned),
            printed,
            files: reports.clone(),
            max_bytes: MaxBytes(*max_bytes),
            stdout: saved.or(report),
            told: AtomicBool::new(false),
        })
    }

    /// Whether what people read is printed on stdout.
    pub(super) fn prints_text(&self) -> bool {
        self.printed == Format::Text && self.stdout.is_none()
    }

    /// Whether somebody else than a reader of text is told what became of a plan, even
    /// where that is nothing.
    pub(super) fn tells_programs(&self) -> bool {
        self.printed != Format::Text
    }

    /// Prints a document in its format, and writes it in the others.
    pub(super) fn tell(&self, document: Document<'_>, ui: &Ui) -> Told {
        let printed = match (self.stdout, self.printed) {
            (None, format) => ui.print(&self.drawn(document, format, ui.stdout_settings())),
            // It is on stdout already.
            (Some(_), Format::Json) => true,
            (Some(_), format) => {
                ui.complain(&self.drawn(document, format, ui.stderr_settings()));
                true
            }
        };
        Told { printed, written: self.write(document, ui) }
    }

    /// Writes a document in the formats that are not printed, and says where that fails.
    pub(super) fn write(&self, document: Document<'_>, ui: &Ui) -> bool {
        self.told.store(true, Ordering::Relaxed);
        let mut written = true;
        for (format, file) in &self.files {
            let text = self.drawn(document, *format, ui.file_settings());
            if saved::is_standard(file) {
                ui.print(&text);
            } else if let Err(error) = saved::write_text(&text, file) {
                ui.error(&format!("cannot write the report {}: {error}", file.display()), None);
                written = false;
            }
        }
        written
    }

    /// Writes that there is nothing to tell of, so that no report of another run is taken for
    /// one of this.
    pub(super) fn write_nothing(&self, ui: &Ui) {
        self.write(Document::Diagnostics { of: self.subject, stack: None, records: &[] }, ui);
    }

    /// Tells why there is no result, to whom nothing was told yet.
    pub(super) fn fail(&self, error: &CommandError, ui: &Ui) {
        let prints = self.printed.tells_failures() && !ui.has_printed();
        let writes = !self.told.load(Ordering::Relaxed) && !self.files.is_empty();
        if !(prints || writes) {
            return;
        }
        let stack =
            self.project.as_ref().and_then(|dir| desired::resolve(&config::load(dir)).stack);
        let (of, records) = (self.subject, error.records());
        let document = Document::Diagnostics { of, stack: stack.as_ref(), records: &records };
        if prints {
            ui.print(&self.drawn(document, self.printed, ui.stdout_settings()));
        }
        if writes {
            self.write(document, ui);
        }
    }

    fn drawn(&self, document: Document<'_>, format: Format, settings: Settings) -> String {
        let settings = Settings { max_bytes: self.max_bytes, ..settings };
        let frames = match (format, &self.project) {
            (Format::Html, Some(project)) => frames(project, document),
            _ => Frames::new(),
        };
        let draw = |document: Document<'_>| match format {
            Format::Html => report::html::review(document, &frames),
            format => report::review(document, format, settings),
        };
        let seen = self.project.as_ref().and_then(|project| Standpoint::of(format, project));
        match seen {
            Some(seen) => seen.document(document, draw),
            None => draw(document),
        }
    }
}

/// What the cameras see whose regions change, as far as a page carries it.
fn frames(project: &Path, document: Document<'_>) -> Frames {
    let (Document::Plan(plan, _) | Document::Outcome(_, plan)) = document else {
        return Frames::new();
    };
    let mut frames = Frames::new();
    let mut room = MOST_FRAMES;
    let shows = |change: &&Change| {
        change.attributes.iter().any(|one| one.attribute == Attribute::RegionsOfInterest)
    };
    for path in plan.changes.iter().filter(shows).filter_map(|change| change.frame.as_deref()) {
        if frames.contains_key(path) {
            continue;
        }
        let Ok(frame) = config::frame(project, path) else { continue };
        let Some(rest) = room.checked_sub(frame.bytes().len()) else { break };
        room = rest;
        frames.insert(path.to_owned(), frame);
    }
    frames
}

/// A file in one spelling, as far as it or its folder is there.
fn whole(file: &Path) -> PathBuf {
    if saved::is_standard(file) {
        return file.to_owned();
    }
    fs::canonicalize(file).unwrap_or_else(|_| {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = fs::canonicalize(folder.unwrap_or(Path::new(".")));
        match (folder, file.file_name()) {
            (Ok(folder), Some(name)) => folder.join(name),
            _ => file.to_owned(),
        }
    })
}
