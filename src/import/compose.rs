//! From an inventory to files.

use std::collections::BTreeMap;

use super::existing::Existing;
use super::inventory::Inventory;
use super::layers::{self, Layers, Wanted};
use super::paths::{Paths, Split};
use super::prove::{Flaw, Refused, judge, prove};
use super::{starter, text};
use crate::config::PROJECT_FILE;
use crate::desired::Stack;
use crate::model::{Definition, ProcessorName, RunState, TagKnowledge, TagPolicy};

/// How files are to be written.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How processors are spread over files.
    pub split: Split,
    /// What becomes of run states.
    pub run_states: RunStates,
}

/// Whether face search processors are declared to do what they do now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RunStates {
    /// No run state is declared, so that none is managed.
    #[default]
    Unmanaged,
    /// Each is declared as it is.
    Declared,
}

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    /// Relative to the project, with `/`.
    pub path: String,
    /// All that stands in it.
    pub text: String,
    /// Where each processor's table begins.
    entries: Vec<(usize, ProcessorName)>,
}

/// What is to be written, and what is not.
#[derive(Clone, Debug)]
pub struct Composed {
    /// The files. Of a new project `rekon.toml`, which makes it one, is the first, and
    /// has to be the last that is written.
    pub files: Vec<NewFile>,
    /// What `stack.include` does not say yet, and has to.
    pub include: Option<String>,
    /// What is declared already.
    pub left_alone: Vec<LeftAlone>,
    /// What no file can declare as it is, each with the reason.
    pub refused: BTreeMap<ProcessorName, String>,
    /// What is declared without tags, because nobody knows them.
    pub untold_tags: Vec<ProcessorName>,
    /// What runs, and is declared without saying so.
    pub unmanaged: Vec<ProcessorName>,
}

/// A processor that a file declares already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftAlone {
    /// Its name.
    pub name: ProcessorName,
    /// What is declared otherwise than it was found, by dotted paths.
    pub differs: Vec<String>,
}

/// The files would not have declared what was found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what would be written is not right, so nothing is: {0}")]
pub struct ComposeError(pub String);

impl From<Flaw> for ComposeError {
    fn from(flaw: Flaw) -> ComposeError {
        ComposeError(match flaw {
            Flaw::Refused(refused) => refused.into_values().next().unwrap_or_default(),
            Flaw::Other(reason) => reason,
        })
    }
}

impl NewFile {
    pub(super) fn new(path: String, text: String) -> NewFile {
        NewFile { path, text, entries: Vec::new() }
    }

    /// Notes that a processor's table comes next.
    pub(super) fn begin(&mut self, name: &ProcessorName) {
        self.entries.push((self.text.len(), name.clone()));
    }

    /// Adds text behind a blank line.
    fn paragraph(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(text);
    }

    /// The processor whose table holds a byte, if it is not before all of them.
    pub(super) fn owner(&self, at: usize) -> Option<&ProcessorName> {
        let behind = self.entries.partition_point(|(start, _)| *start <= at);
        self.entries[..behind].last().map(|(_, name)| name)
    }

    /// The processors that it declares.
    pub fn processors(&self) -> impl Iterator<Item = &ProcessorName> {
        self.entries.iter().map(|(_, name)| name)
    }
}

/// Composes the files that declare an inventory: a new project of a stack, or what a
/// project lacks. `exists` says of a path, relative to the project, whether it is there.
pub fn compose(
    inventory: &Inventory,
    stack: &Stack,
    existing: Option<Existing<'_>>,
    options: &Options,
    exists: &dyn Fn(&str) -> bool,
) -> Result<Composed, ComposeError> {
    let mut composed = Composed {
        files: Vec::new(),
        include: None,
        left_alone: Vec::new(),
        refused: BTreeMap::new(),
        untold_tags: Vec::new(),
        unmanaged: Vec::new(),
    };
    let everywhere = TagPolicy::default();
    let policy = existing.map_or(&everywhere, |existing| &existing.desired.tag_policy);
    let declared = options.run_states == RunStates::Declared;
    let mut wanted: BTreeMap<ProcessorName, Definition> = BTreeMap::new();
    for (name, found) in &inventory.processors {
        if let Some(differs) = existing.and_then(|existing| existing.differs(name, found)) {
            composed.left_alone.push(LeftAlone { name: name.clone(), differs });
            continue;
        }
        if found.definition.tags == TagKnowledge::Unknown {
            composed.untold_tags.push(name.clone());
        }
        if found.definition.run_state() == Some(RunState::Running) && !declared {
            composed.unmanaged.push(name.clone());
        }
        wanted.insert(name.clone(), found.declarable(policy, declared));
    }

    let draft = Draft { inventory, stack, existing, split: &options.split, exists };
    let mut refused: BTreeMap<ProcessorName, (String, Definition)> = BTreeMap::new();
    loop {
        if existing.is_some() && wanted.is_empty() {
            break;
        }
        let (files, include) = draft.write(&wanted, &refused);
        let flaw = match prove(existing.map(|existing| existing.loaded), &files, &wanted) {
            Ok(()) => {
                (composed.files, composed.include) = (files, include);
                break;
            }
            Err(flaw) => flaw,
        };
        // A mistake in what is shared is everybody's and nobody's; alone, it is each one's.
        let flaw = judge(stack, &wanted).err().unwrap_or(flaw);
        let found: Refused = match flaw {
            Flaw::Refused(found) => found,
            flaw @ Flaw::Other(_) => return Err(flaw.into()),
        };
        for (name, reason) in found {
            if let Some(definition) = wanted.remove(&name) {
                refused.insert(name, (reason, definition));
            }
        }
    }
    composed.refused = refused.into_iter().map(|(name, (reason, _))| (name, reason)).collect();
    let is_declared = |name: &ProcessorName| !composed.refused.contains_key(name);
    composed.untold_tags.retain(is_declared);
    composed.unmanaged.retain(is_declared);
    if existing.is_none() && !exists(starter::SCHEMA_FILE) {
        composed.files.push(starter::schema_file());
    }
    Ok(composed)
}

/// What does not change from one attempt to the next.
struct Draft<'a> {
    inventory: &'a Inventory,
    stack: &'a Stack,
    existing: Option<Existing<'a>>,
    split: &'a Split,
    exists: &'a dyn Fn(&str) -> bool,
}

impl Draft<'_> {
    /// The files, `rekon.toml` of a new project first, and what `stack.include` lacks.
    fn write(
        &self,
        wanted: &BTreeMap<ProcessorName, Definition>,
        refused: &BTreeMap<ProcessorName, (String, Definition)>,
    ) -> (Vec<NewFile>, Option<String>) {
        let wanted: Vec<Wanted> =
            wanted.iter().map(|(name, definition)| layers::wanted(name, definition)).collect();
        let under = self.existing.map(|existing| existing.defaults());
        let is_taken = |name: &str| self.existing.is_some_and(|it| it.has_template(name));
        let layers = layers::lift(&wanted, under.as_ref(), &is_taken);
        let mut shared: String = layers.templates.iter().map(text::template).collect();

        let is_split = *self.split != Split::None;
        let patterns = self.existing.map(Existing::include).unwrap_or_default();
        let included = Paths::included(&patterns, self.exists);
        let is_included = included.is_some();
        let mut paths = included.unwrap_or_else(|| match is_split {
            true => Paths::in_new_folder(self.exists),
            false => Paths::in_project(self.exists),
        });
        let mut include = is_split.then(|| paths.pattern());
        let first = match self.existing {
            None => {
                let head = text::head(self.stack, include.as_deref());
                shared.insert_str(0, &(head + &text::defaults(&layers.defaults)));
                Some(PROJECT_FILE.to_owned())
            }
            Some(_) if is_split => (!shared.is_empty()).then(|| paths.file("templates")),
            Some(_) => {
                let path = paths.file("imported");
                include = Some(path.clone());
                Some(path)
            }
        };
        let shared = shared.trim_start().to_owned();
        let mut files: Vec<NewFile> =
            first.into_iter().map(|path| NewFile::new(path, shared.clone())).collect();
        for (stem, members) in self.split.stems(&wanted) {
            if is_split {
                files.push(NewFile::new(paths.file(&stem), String::new()));
            }
            if let Some(file) = files.last_mut() {
                self.tables(file, &wanted, &layers, &members);
            }
        }
        if let Some(file) = files.first_mut() {
            for (name, (reason, definition)) in refused {
                file.paragraph(&text::refused(name, definition, reason));
            }
        }
        (files, include.filter(|_| self.existing.is_some() && !is_included))
    }

    fn tables(&self, file: &mut NewFile, wanted: &[Wanted], layers: &Layers, members: &[usize]) {
        for at in members {
            let (wanted, own) = (&wanted[*at], &layers.own[*at]);
            file.begin(&wanted.name);
            let template = own.extends.map(|at| &layers.templates[at]);
            let remarks = &self.inventory.processors[&wanted.name].remarks;
            file.paragraph(&text::processor(wanted, own, template, remarks));
        }
    }
}
