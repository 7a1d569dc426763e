//! The whole of it: what is wanted, and texts that come closer to it until they say so.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::place::{Placed, Tables, find, place};
use super::prove;
use super::select::Selection;
use crate::config::{Edit, Loaded, Node, edit};
use crate::desired::{Desired, OnDrift, resolve};
use crate::diagnostic::{Diagnostic, SourceId};
use crate::model::{Attribute, Live, Location, Path, ProcessorName, Value};
use crate::plan::{
    Acceptance, Accepted, Action, AttributeChange, EditedFile, Left, LeftReason, Options, Origin,
    Plan, plan,
};
use crate::report::toml;

/// What each processor is to say of attributes; `None`: nothing.
pub(super) type Wanted = BTreeMap<ProcessorName, BTreeMap<Attribute, Option<Value>>>;

/// How many rounds the deepest layers take: what is taken out of one may come from the
/// next lower one.
const MOST_ROUNDS: usize = 12;

/// Why nothing is taken over.
#[derive(Debug)]
pub enum Refusal {
    /// Part of what lives could not be read.
    Incomplete,
    /// The files would not be valid: what lives is nothing that they may say.
    Invalid(Vec<Diagnostic>, Box<Loaded>),
    /// The files would not say what lives, or would say something else besides.
    Unproved(String),
}

/// Takes over what moved of what was selected. `base` is what the files said when they
/// were applied, which tells what moved where no record does.
pub fn accept(
    loaded: &Loaded,
    desired: &Desired,
    live: &Live,
    base: Option<&Arc<Desired>>,
    selection: &Selection,
) -> Result<Acceptance, Refusal> {
    let first = compare(loaded, desired, live, base);
    if !first.complete {
        return Err(Refusal::Incomplete);
    }
    let changes = wanted(&first, selection);
    let mut state =
        State { texts: texts(loaded), loaded: loaded.clone(), desired: desired.clone() };
    let mut wanted: Wanted = BTreeMap::new();
    for ((name, attribute), change) in &changes {
        wanted.entry(name.clone()).or_default().insert(attribute.clone(), change.before.clone());
    }
    let mut written = Tables::new();
    let mut plan = first.clone();
    for _ in 0..MOST_ROUNDS {
        let pending = pending(&plan, &mut wanted, desired, live);
        if pending.is_empty() {
            break;
        }
        let Placed { edits, tables } =
            place(&state.loaded, &state.desired, &wanted, &pending, &written);
        written.extend(tables);
        let before = state.texts.clone();
        state.make(edits)?;
        if state.texts == before {
            break;
        }
        plan = compare(&state.loaded, &state.desired, live, base);
    }
    prove::said(&plan, &wanted)?;
    prove::nothing_else(desired, &state.desired, &wanted)?;
    let accepted = changes.iter().map(|((name, attribute), change)| Accepted {
        name: name.to_string(),
        attribute: attribute.clone(),
        before: change.after.clone(),
        after: change.before.clone(),
        origin: change.origin,
        table: written
            .get(&(name.clone(), attribute.clone()))
            .map(|(_, table)| shown(table))
            .unwrap_or_default(),
        source: state.locate(name, attribute, written.get(&(name.clone(), attribute.clone()))),
    });
    Ok(Acceptance {
        stack: desired.stack.clone(),
        accepted: accepted.collect(),
        left: left(&first, selection),
        files: state.files(loaded),
    })
}

fn compare(loaded: &Loaded, desired: &Desired, live: &Live, base: Option<&Arc<Desired>>) -> Plan {
    let (on_drift, base) = (Some(OnDrift::Revert), base.cloned());
    let options = Options { on_drift, base, ..Options::default() };
    plan(desired, &loaded.sources, &[], live, &options)
}

/// What a plan would change in what lives, by processor and attribute.
fn differences(plan: &Plan) -> impl Iterator<Item = (ProcessorName, &AttributeChange)> {
    let lives = plan
        .changes
        .iter()
        .filter(|change| change.expect.is_some() && !change.actions.contains(&Action::Delete));
    let named = lives.filter_map(|change| Some((ProcessorName::new(&change.name).ok()?, change)));
    named.flat_map(|(name, change)| {
        change.attributes.iter().map(move |attribute| (name.clone(), attribute))
    })
}

type Changes<'a> = BTreeMap<(ProcessorName, Attribute), &'a AttributeChange>;

/// The differences that are taken over. What makes a processor one of another kind is taken
/// over as a whole.
fn wanted<'a>(plan: &'a Plan, selection: &Selection) -> Changes<'a> {
    let all: Changes<'a> = differences(plan)
        .filter(|(_, change)| !is_unmanaged(change))
        .map(|(name, change)| ((name, change.attribute.clone()), change))
        .collect();
    let taken =
        |name: &ProcessorName, change: &AttributeChange| selection.takes(name, change.origin);
    let turned: BTreeSet<&ProcessorName> = all
        .iter()
        .filter(|((name, attribute), change)| is_kind(attribute) && taken(name, change))
        .map(|((name, _), _)| name)
        .collect();
    let whole = |name: &ProcessorName, attribute: &Attribute| {
        attribute.shape().kind.is_some() && turned.contains(name)
    };
    let chosen = all.iter().filter(|((name, attribute), change)| {
        taken(name, change) || whole(name, attribute) && changes_kind(&all, name)
    });
    chosen.map(|(key, change)| (key.clone(), *change)).collect()
}

/// Whether the files leave out what they then do not manage.
fn is_unmanaged(change: &AttributeChange) -> bool {
    change.attribute == Attribute::DesiredStatus && change.after.is_none()
}

/// Whether an attribute says which kind a processor is of.
fn is_kind(attribute: &Attribute) -> bool {
    attribute.variant().is_some_and(|(table, _)| table == "settings")
}

fn changes_kind(all: &Changes<'_>, name: &ProcessorName) -> bool {
    let of = |attribute: &Attribute| all.get(&(name.clone(), attribute.clone()));
    // The one of each kind that it always has.
    [Attribute::Labels, Attribute::CollectionId].iter().all(|attribute| {
        of(attribute).is_some_and(|change| change.before.is_none() != change.after.is_none())
    })
}

/// What the files do not say yet. A processor that becomes one of another kind gets the
/// defaults of that kind, of which nobody asked for any.
fn pending(
    plan: &Plan,
    wanted: &mut Wanted,
    before: &Desired,
    live: &Live,
) -> BTreeSet<(ProcessorName, Attribute)> {
    let mut pending = BTreeSet::new();
    for (name, change) in differences(plan) {
        let Some(values) = wanted.get_mut(&name) else { continue };
        let turns =
            before.processors.get(&name).zip(live.processors.get(&name)).is_some_and(
                |(declared, live)| declared.definition.kind() != live.definition.kind(),
            );
        if turns && values.keys().any(is_kind) && !is_unmanaged(change) {
            values.entry(change.attribute.clone()).or_insert_with(|| change.before.clone());
        }
        if values.contains_key(&change.attribute) {
            pending.insert((name, change.attribute.clone()));
        }
    }
    pending
}

/// What was asked for and is left as it is.
fn left(plan: &Plan, selection: &Selection) -> Vec<Left> {
    let unknown: BTreeSet<ProcessorName> = differences(plan)
        .filter(|(name, change)| {
            selection.covers(name)
                && change.origin == Origin::Unknown
                && !selection.takes(name, change.origin)
        })
        .map(|(name, _)| name)
        .collect();
    let absent = plan.changes.iter().filter(|change| change.expect.is_none());
    let absent = absent.filter_map(|change| ProcessorName::new(&change.name).ok());
    let absent = absent.filter(|name| selection.names(name));
    let unknown = unknown.into_iter().map(|name| (name, LeftReason::OriginUnknown));
    let left: BTreeMap<ProcessorName, LeftReason> =
        unknown.chain(absent.map(|name| (name, LeftReason::Missing))).collect();
    let left = left.into_iter();
    left.map(|(name, reason)| Left { name: name.to_string(), reason }).collect()
}

fn texts(loaded: &Loaded) -> BTreeMap<SourceId, String> {
    loaded.sources.iter().map(|(id, source)| (id, source.text.to_string())).collect()
}

/// A table's name as a header has it.
fn shown(table: &[String]) -> String {
    table.iter().map(|key| toml::key(key)).collect::<Vec<_>>().join(".")
}

/// The project as it is by now.
struct State {
    texts: BTreeMap<SourceId, String>,
    loaded: Loaded,
    desired: Desired,
}

impl State {
    /// Makes changes, and reads what comes of them.
    fn make(&mut self, edits: BTreeMap<SourceId, Vec<Edit>>) -> Result<(), Refusal> {
        for (source, edits) in edits {
            if let Some(text) = self.texts.get_mut(&source) {
                *text = edit(text, edits, toml::key);
            }
        }
        let sources = &self.loaded.sources;
        let paths: Vec<String> =
            sources.iter().map(|(_, source)| source.path.to_string()).collect();
        let texts = paths.iter().zip(self.texts.values());
        let mut loaded =
            Loaded::from_texts(texts.map(|(path, text)| (path.as_str(), text.as_str())));
        loaded.root.clone_from(&self.loaded.root);
        let checked = resolve(&loaded);
        match checked.desired {
            Some(desired) => {
                (self.loaded, self.desired) = (loaded, desired);
                Ok(())
            }
            None => Err(Refusal::Invalid(checked.diagnostics, Box::new(loaded))),
        }
    }

    /// Where the files say something of an attribute now, or no longer do.
    fn locate(
        &self,
        name: &ProcessorName,
        attribute: &Attribute,
        written: Option<&(SourceId, Vec<String>)>,
    ) -> Location {
        let sources = &self.loaded.sources;
        let declaration = self.desired.processors.get(name);
        let table = written.and_then(|(source, table)| {
            find(&self.loaded, *source, table.iter().map(String::as_str))
        });
        let zone = written
            .filter(|(_, table)| table[0] == "zone")
            .and_then(|(_, table)| self.desired.zones.get(&table[1]));
        let place = declaration.and_then(|declaration| declaration.place(attribute));
        match (zone, place, table, declaration) {
            (Some(zone), ..) => sources.locate(zone.span),
            (None, Some(place), ..) => sources.locate(place.span),
            (None, None, Some(table), _) => {
                let unset = table.table().and_then(|table| table.get("unset"));
                let here = unset.into_iter().flat_map(Node::listed).find(|item| {
                    item.text().is_some_and(|path| Path::parse(path).covers(attribute))
                });
                here.map_or_else(
                    || sources.locate_entry(table.key),
                    |item| sources.locate(item.span),
                )
            }
            (None, None, None, Some(declaration)) => sources.locate_entry(declaration.span),
            (None, None, None, None) => {
                let first = sources.iter().next().map(|(_, source)| source.path.clone());
                Location { file: first.unwrap_or_else(|| "".into()), line: 1, column: 1 }
            }
        }
    }

    /// The files that are not as they were.
    fn files(&self, before: &Loaded) -> Vec<EditedFile> {
        let files = before.sources.iter().filter_map(|(id, source)| {
            let after = self.texts.get(&id).filter(|after| ***after != *source.text)?;
            Some(EditedFile {
                path: source.path.to_string(),
                before: source.text.to_string(),
                after: after.clone(),
            })
        });
        files.collect()
    }
}
