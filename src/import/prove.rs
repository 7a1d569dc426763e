//! Reading what was written, before anybody else does.

use std::collections::BTreeMap;

use super::compose::NewFile;
use crate::config::{Loaded, PROJECT_FILE};
use crate::desired::{self, Desired, Stack};
use crate::diagnostic::{Diagnostic, Severity, SourceId, Sources};
use crate::diff::differences;
use crate::model::{Definition, ProcessorName};
use crate::report::{self, toml};

/// Processors that no file can declare as they are, each with the reason.
pub(super) type Refused = BTreeMap<ProcessorName, String>;

/// What is wrong with files that were composed.
#[derive(Debug)]
pub(super) enum Flaw {
    /// These cannot be declared.
    Refused(Refused),
    /// Something is wrong that is nobody's in particular.
    Other(String),
}

/// Reads new files together with those that are there, and compares what they declare
/// with what it should be.
pub(super) fn prove(
    there: Option<&Loaded>,
    new: &[NewFile],
    wanted: &BTreeMap<ProcessorName, Definition>,
) -> Result<(), Flaw> {
    let old = there.into_iter().flat_map(|loaded| loaded.sources.iter());
    let old = old.map(|(_, source)| (&*source.path, &*source.text));
    let loaded = Loaded::from_texts(old.chain(new.iter().map(|file| (&*file.path, &*file.text))));
    match declared(&loaded) {
        Ok(desired) => compare(&desired, wanted),
        Err(errors) => {
            let first = loaded.sources.iter().count() - new.len();
            let ids: Vec<SourceId> = loaded.sources.iter().skip(first).map(|(id, _)| id).collect();
            let owner = |error: &Diagnostic| {
                error.labels.iter().find_map(|label| {
                    let at = ids.iter().position(|id| *id == label.span.source)?;
                    new[at].owner(label.span.range().start)
                })
            };
            Err(Flaw::of(&errors, &loaded.sources, owner))
        }
    }
}

/// Judges definitions, each in a table of its own, so that each mistake is somebody's.
pub(super) fn judge(
    stack: &Stack,
    wanted: &BTreeMap<ProcessorName, Definition>,
) -> Result<(), Flaw> {
    let mut file = NewFile::new(PROJECT_FILE.to_owned(), toml::stack(stack));
    for (name, definition) in wanted {
        file.begin(name);
        file.text.push_str(&toml::processor(name.as_str(), definition));
    }
    let loaded = Loaded::from_texts([(&*file.path, &*file.text)]);
    let owner = |error: &Diagnostic| {
        error.labels.iter().find_map(|label| file.owner(label.span.range().start))
    };
    declared(&loaded).map(drop).map_err(|errors| Flaw::of(&errors, &loaded.sources, owner))
}

/// What files mean, or every error in them.
fn declared(loaded: &Loaded) -> Result<Desired, Vec<Diagnostic>> {
    let checked = desired::resolve(loaded);
    checked.desired.ok_or_else(|| {
        let errors = checked.diagnostics.into_iter();
        errors.filter(|diagnostic| diagnostic.severity() == Severity::Error).collect()
    })
}

impl Flaw {
    fn of<'a>(
        errors: &[Diagnostic],
        sources: &Sources,
        owner: impl Fn(&Diagnostic) -> Option<&'a ProcessorName>,
    ) -> Flaw {
        let mut refused = Refused::new();
        for error in errors {
            if let Some(name) = owner(error) {
                refused.entry(name.clone()).or_insert_with(|| error.message.clone());
            }
        }
        if !refused.is_empty() {
            return Flaw::Refused(refused);
        }
        let told = errors.first().map(|error| {
            let place = error.labels.first().map(|label| sources.locate(label.span));
            let place = place.map(|at| format!(" ({}:{})", at.file, at.line)).unwrap_or_default();
            format!("{}{place}", error.message)
        });
        Flaw::Other(told.unwrap_or_else(|| "the files declare nothing".to_owned()))
    }
}

fn compare(desired: &Desired, wanted: &BTreeMap<ProcessorName, Definition>) -> Result<(), Flaw> {
    for (name, definition) in wanted {
        let Some(declaration) = desired.processors.get(name) else {
            return Err(Flaw::Other(format!("{name} is not declared")));
        };
        if let Some(one) = differences(&declaration.definition, definition).first() {
            return Err(Flaw::Other(format!("{name}: {}", report::told(one, "would be"))));
        }
    }
    Ok(())
}
