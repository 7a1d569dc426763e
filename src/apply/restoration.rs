//! What should exist for everything to be back that runs took away.

use std::collections::{BTreeMap, BTreeSet};

use super::deviation::same_definition;
use super::runs::{Owed, Run};
use crate::desired::{Declaration, Desired, Guard, HandOvers, Lifecycle, Marks, Ownership, Stack};
use crate::diagnostic::{Sources, Span};
use crate::model::{Attribute, Definition, Live, ProcessorName, TagPolicy, TagScope};

/// What to bring back, as a project would declare it. Places are lines of the
/// journals.
#[derive(Debug)]
pub struct Restoration {
    /// What should exist again.
    pub desired: Desired,
    /// The journals, for places in them.
    pub sources: Sources,
    /// Names that were asked for and that no run took away.
    pub unknown: Vec<String>,
}

/// What the runs owe of these names, or of all where there are none. The runs are
/// those that concern the stack.
///
/// What is gone comes back as it was. What the run has made anew keeps its new
/// definition, with the tags that it had and running if it ran. What the newest run
/// took away counts: it had read it a moment before.
pub fn restoration(stack: &Stack, runs: &[Run], names: &[String], live: &Live) -> Restoration {
    let mut sources = Sources::default();
    let mut processors = BTreeMap::new();
    for run in runs.iter().rev() {
        let source = sources.add(&run.path.display().to_string(), &run.text);
        // What was deleted for good comes back only by its name.
        let deleted = run.deleted.iter().filter(|deleted| names.contains(&deleted.name));
        for owed in run.owed.iter().chain(deleted) {
            let wanted = names.is_empty() || names.contains(&owed.name);
            let Ok(name) = ProcessorName::new(&owed.name) else { continue };
            if !wanted || processors.contains_key(&name) {
                continue;
            }
            let there = live.processors.get(&name).map(|live| &live.definition);
            let declaration = Declaration {
                definition: goal(owed, there),
                lifecycle: Lifecycle::default(),
                frame: None,
                span: Span::new(source, line_range(&run.text, owed.line)),
                places: BTreeMap::new(),
            };
            processors.insert(name, declaration);
        }
    }
    let found: BTreeSet<&str> = processors.keys().map(ProcessorName::as_str).collect();
    let unknown = names.iter().filter(|name| !found.contains(name.as_str())).cloned().collect();
    let desired = Desired {
        stack: stack.clone(),
        guard: Guard::default(),
        tag_policy: TagPolicy::new(TagScope::Declared, []),
        // What comes back has the marks that it had.
        ownership: Ownership { marks: Marks::None, ..Ownership::default() },
        hand_overs: HandOvers::default(),
        drift_ignores: Vec::new(),
        zones: BTreeMap::new(),
        processors,
    };
    Restoration { desired, sources, unknown }
}

/// What a processor should be again.
fn goal(owed: &Owed, there: Option<&Definition>) -> Definition {
    let Owed { before, result, .. } = owed;
    let made = |result: &&Definition| there.is_some_and(|there| same_definition(result, there));
    let Some(result) = result.as_ref().filter(made) else { return before.clone() };
    let mut goal = result.clone();
    // The run may have been about other tags; those are the files' business.
    let lost = before
        .iter()
        .filter(|(attribute, _)| attribute.tag().is_some() && result.get(attribute).is_none());
    let lost: Vec<_> = lost.map(|(attribute, value)| (attribute.clone(), value.clone())).collect();
    lost.into_iter().for_each(|(attribute, value)| goal.put(attribute, value));
    if result.kind() == before.kind() && result.run_state().is_none() {
        goal.take_over(before, |attribute| *attribute == Attribute::DesiredStatus);
    }
    goal
}

/// The bytes of a line, counted from 1.
fn line_range(text: &str, line: usize) -> std::ops::Range<usize> {
    let mut start = 0;
    for (at, content) in text.split_inclusive('\n').enumerate() {
        if at + 1 == line {
            return start..start + content.trim_end().len();
        }
        start += content.len();
    }
    start..start
}
