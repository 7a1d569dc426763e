//! `rekon validate`: parse and check, offline.

use super::args;
use super::exit::Exit;
use super::project;
use super::reports::Reports;
use super::ui::Ui;
use crate::diagnostic::Record;
use crate::report::{self, Document, Format, Subject};
use crate::{config, desired};

/// Runs the command.
pub(super) fn run(args: &args::Validate, reports: &Reports, ui: &Ui) -> Exit {
    let loaded = config::load(&args.project.dir);
    let checked = desired::resolve(&loaded);
    let (diagnostics, sources) = (&checked.diagnostics, &loaded.sources);
    if args.format == Format::Text {
        ui.complain_of(diagnostics, &loaded);
        if let Some(desired) = &checked.desired
            && !ui.is_quiet()
        {
            let settings = ui.stdout_settings();
            ui.print(&report::text::valid(&desired.stack, desired.processors.len(), settings));
        }
    } else {
        let records: Vec<Record> =
            diagnostics.iter().map(|diagnostic| Record::new(diagnostic, sources)).collect();
        let (of, stack) = (Subject::Plan, checked.stack.as_ref());
        reports.tell(Document::Diagnostics { of, stack, records: &records }, ui);
    }
    if project::is_refused(diagnostics, args.deny_warnings) { Exit::Error } else { Exit::Success }
}
