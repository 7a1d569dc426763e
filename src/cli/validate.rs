//! `rekon validate`: parse and check, offline.

use super::args::{self, TextOrJson};
use super::exit::Exit;
use super::project;
use super::ui::Ui;
use crate::diagnostic::Record;
use crate::{config, desired, report};

/// Runs the command.
pub(super) fn run(args: &args::Validate, ui: &Ui) -> Exit {
    let loaded = config::load(&args.project.dir);
    let checked = desired::resolve(&loaded);
    let (diagnostics, sources) = (&checked.diagnostics, &loaded.sources);
    match args.format {
        TextOrJson::Json => {
            let records: Vec<Record> =
                diagnostics.iter().map(|diagnostic| Record::new(diagnostic, sources)).collect();
            ui.print(&report::json::diagnostics(&records));
        }
        TextOrJson::Text => {
            ui.complain_of(diagnostics, &loaded);
            if let Some(desired) = &checked.desired
                && !ui.is_quiet()
            {
                let settings = ui.stdout_settings();
                ui.print(&report::text::valid(&desired.stack, desired.processors.len(), settings));
            }
        }
    }
    if project::is_refused(diagnostics, args.deny_warnings) { Exit::Error } else { Exit::Success }
}
