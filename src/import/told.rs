//! What an import did, for people and for programs.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::Inventory;
use super::compose::{Composed, LeftAlone, NewFile};
use crate::desired::Stack;
use crate::model::ProcessorName;
use crate::report::json::FORMAT_VERSION;
use crate::report::{count, escape, first_of};

/// How many names or files are told, unless all are asked for.
const MOST: usize = 5;

/// An import, done or only tried.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// What was composed.
    pub composed: &'a Composed,
    /// What it was composed from.
    pub inventory: &'a Inventory,
    /// Whose fleet it is.
    pub stack: &'a Stack,
    /// The project's folder, as the user calls it.
    pub folder: &'a str,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Whether nothing is to be summed up.
    pub verbose: bool,
}

impl Told<'_> {
    fn path(&self, path: &str) -> String {
        path_in(self.folder, path)
    }

    fn most(&self) -> usize {
        if self.verbose { usize::MAX } else { MOST }
    }

    fn names<'n>(&self, names: impl IntoIterator<Item = &'n ProcessorName>) -> String {
        let names: Vec<&str> = names.into_iter().map(ProcessorName::as_str).collect();
        first_of(names.into_iter(), self.most())
    }
}

/// What was written and what was left alone, in lines for people.
pub fn text(told: &Told<'_>) -> String {
    let Told { composed, dry_run, .. } = *told;
    let mut out = String::new();
    let mut line = |text: String| {
        let _ = writeln!(out, "{}", escape(&text));
    };
    let verb = if dry_run { "Would write" } else { "Wrote" };
    let imported: usize = composed.files.iter().map(|file| file.processors().count()).sum();
    match composed.files.as_slice() {
        [] => line("There is nothing to import that no file declares.".to_owned()),
        files if files.len() > told.most() => {
            let (files, processors) = (count(files.len(), "file"), count(imported, "processor"));
            line(format!("{verb} {files} in {}: {processors}.", told.folder));
        }
        files => {
            for file in files {
                let path = told.path(&file.path);
                match file.processors().count() {
                    0 => line(format!("{verb} {path}.")),
                    processors => {
                        line(format!("{verb} {path}: {}.", count(processors, "processor")));
                    }
                }
            }
        }
    }
    if let Some(include) = &composed.include {
        line(format!("Add {include:?} to stack.include in {}.", told.path("rekon.toml")));
    }
    if !composed.left_alone.is_empty() {
        let names = told.names(composed.left_alone.iter().map(|one| &one.name));
        let all = count(composed.left_alone.len(), "processor");
        line(format!("Left alone {all} that files declare: {names}."));
    }
    let differing = composed.left_alone.iter().filter(|one| !one.differs.is_empty());
    let differing: Vec<&LeftAlone> = differing.collect();
    for LeftAlone { name, differs } in differing.iter().take(told.most()) {
        line(format!("  {name} is declared otherwise than it is: {}.", differs.join(", ")));
    }
    if let Some(more) = differing.len().checked_sub(told.most()).filter(|more| *more > 0) {
        line(format!("  {more} more are declared otherwise than they are."));
    }
    for (name, reason) in &composed.refused {
        line(format!("Not declared: {name}: {reason}."));
    }
    if !composed.untold_tags.is_empty() {
        let names = told.names(&composed.untold_tags);
        line(format!("Declared without tags, because nobody knows them: {names}."));
    }
    if !composed.unmanaged.is_empty() {
        let names = told.names(&composed.unmanaged);
        line(format!(
            "Declared without a desired_status, which leaves starting and stopping to others: \
             {names}. To declare it: --run-states"
        ));
    }
    if !composed.files.is_empty() && !dry_run {
        let folder = if told.folder == "." { String::new() } else { format!(" {}", told.folder) };
        line(format!("Next: rekon plan{folder}"));
    }
    out
}

/// What a starter project holds, and how to go on.
pub fn started(files: &[NewFile], folder: &str, workflow: Option<&str>) -> String {
    let wrote = files.iter().map(|file| path_in(folder, &file.path));
    let wrote = wrote.chain(workflow.map(str::to_owned)).map(|path| format!("Wrote {path}.\n"));
    let dir = if folder == "." { String::new() } else { format!(" {folder}") };
    let text = format!(
        "{}Next: set account_id and region, and declare a processor; or, for those that exist, remove \
         rekon.toml and run: rekon import{dir}\n",
        wrote.collect::<String>()
    );
    text.lines().map(|line| format!("{}\n", escape(line))).collect()
}

fn path_in(folder: &str, path: &str) -> String {
    match folder {
        "." => path.to_owned(),
        folder => format!("{}/{path}", folder.trim_end_matches('/')),
    }
}

/// The same as a document.
pub fn document(told: &Told<'_>) -> Json {
    let Told { composed, inventory, stack, dry_run, .. } = *told;
    let files = composed.files.iter().map(|file| {
        let mut one = json!({
            "path": file.path, "processors": file.processors().collect::<Vec<_>>(),
        });
        if dry_run {
            one["text"] = json!(file.text);
        }
        one
    });
    let left_alone = composed.left_alone.iter();
    let refused = composed.refused.iter();
    let problems = inventory.problems.iter();
    json!({
        "format_version": FORMAT_VERSION,
        "stack": stack,
        "dry_run": dry_run,
        "complete": inventory.problems.is_empty(),
        "summary": {
            "imported": composed.files.iter().map(|file| file.processors().count()).sum::<usize>(),
            "left_alone": composed.left_alone.len(),
            "differing": composed.left_alone.iter().filter(|one| !one.differs.is_empty()).count(),
            "refused": composed.refused.len(),
        },
        "files": files.collect::<Json>(),
        "include": composed.include,
        "left_alone": left_alone.map(|LeftAlone { name, differs }| json!({"name": name, "differs": differs})).collect::<Json>(),
        "refused": refused.map(|(name, reason)| json!({"name": name, "reason": reason})).collect::<Json>(),
        "tags_unknown": composed.untold_tags,
        "unmanaged": composed.unmanaged,
        "notes": inventory.notes,
        "problems": problems.map(|problem| json!({"names": problem.names, "reason": problem.reason})).collect::<Json>(),
    })
}
