//! What processors share, lifted into the layers under them.
//!
//! A value goes into the defaults where most processors have it and next to none has
//! no such value at all, so that those which differ simply say so. What groups of the
//! others share becomes templates. Every processor then keeps what is its own, and
//! takes back what a layer gives and it has not.

use std::collections::{BTreeMap, HashMap};

use super::templates::{self, Template};
use crate::model::{Attribute, Default, Definition, Kind, ProcessorName, Regions, Value};

/// What a layer, or a processor, says.
pub(super) type Given = BTreeMap<Attribute, Value>;

/// One processor, with all that it is to have.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) name: ProcessorName,
    pub(super) kind: Kind,
    pub(super) values: Given,
}

/// What lies under every processor.
#[derive(Clone, Debug, Default)]
pub(super) struct Defaults {
    /// `[defaults]`.
    pub(super) all: Given,
    /// `[defaults.<kind>]`.
    pub(super) kinds: BTreeMap<Kind, Given>,
}

/// The layers, and what is left to each processor, in the order that they came in.
#[derive(Debug)]
pub(super) struct Layers {
    pub(super) defaults: Defaults,
    pub(super) templates: Vec<Template>,
    pub(super) own: Vec<Own>,
}

/// What a processor says itself.
#[derive(Clone, Debug)]
pub(super) struct Own {
    /// A position among the templates.
    pub(super) extends: Option<usize>,
    pub(super) values: Given,
    /// What a lower layer gives and it has not.
    pub(super) unset: Vec<Attribute>,
}

/// Lifts what processors share. Where `under` is given, those defaults are there and
/// fixed; `taken` are names that no template may have.
pub(super) fn lift(
    wanted: &[Wanted],
    under: Option<&Defaults>,
    taken: &dyn Fn(&str) -> bool,
) -> Layers {
    let defaults = under.cloned().unwrap_or_else(|| shared(wanted));
    let bases: BTreeMap<Kind, Given> = [Kind::LabelDetection, Kind::FaceSearch]
        .into_iter()
        .map(|kind| (kind, defaults.under(kind)))
        .collect();
    let mut own: Vec<Own> = wanted.iter().map(|one| Own::over(&bases[&one.kind], one)).collect();
    let templates = templates::find(wanted, &mut own, taken);
    Layers { defaults, templates, own }
}

impl Defaults {
    /// What the defaults give to a processor of a kind: of a one-of table, what fits it,
    /// since its own settings replace the others.
    fn under(&self, kind: Kind) -> Given {
        let fits = |attribute: &Attribute| {
            attribute.variant().is_none() || attribute.shape().kind.is_none_or(|only| only == kind)
        };
        let layers = std::iter::once(&self.all).chain(self.kinds.get(&kind));
        let given = layers.flatten().filter(|(attribute, _)| fits(attribute));
        given.map(|(attribute, value)| (attribute.clone(), value.clone())).collect()
    }
}

impl Own {
    fn over(base: &Given, wanted: &Wanted) -> Own {
        let differs =
            |(attribute, value): &(&Attribute, &Value)| base.get(attribute) != Some(*value);
        let given = wanted.values.iter().filter(differs);
        let mut own = Own {
            extends: None,
            values: given.map(|(attribute, value)| (attribute.clone(), value.clone())).collect(),
            unset: Vec::new(),
        };
        let absent = base.keys().filter(|attribute| !wanted.values.contains_key(attribute));
        for attribute in absent {
            match none(attribute, &base[attribute]) {
                Some(value) => drop(own.values.insert(attribute.clone(), value)),
                None => own.unset.push(attribute.clone()),
            }
        }
        own.values.retain(|attribute, value| base.get(attribute) != Some(value));
        own
    }
}

/// The value that means the same as none, if there is one.
fn none(attribute: &Attribute, given: &Value) -> Option<Value> {
    match (attribute.shape().default, given) {
        (Default::Written(number), _) => Some(Value::Number(number)),
        (Default::Empty, Value::Text(_)) => Some(Value::text("")),
        (Default::Empty, Value::Flag(_)) => Some(Value::Flag(false)),
        (Default::Empty, Value::Regions(_)) => Some(Value::Regions(Regions::default().into())),
        _ => None,
    }
}

/// How often each value of an attribute occurs.
type Counts<'a> = HashMap<&'a Attribute, HashMap<&'a Value, usize>>;

/// Chooses the defaults.
fn shared(wanted: &[Wanted]) -> Defaults {
    let mut by_kind: BTreeMap<Kind, (usize, Counts<'_>)> = BTreeMap::new();
    for one in wanted {
        let (processors, counts) = by_kind.entry(one.kind).or_default();
        *processors += 1;
        for (attribute, value) in &one.values {
            *counts.entry(attribute).or_default().entry(value).or_default() += 1;
        }
    }
    let common: BTreeMap<Kind, BTreeMap<&Attribute, (&Value, usize)>> = by_kind
        .iter()
        .map(|(kind, (processors, counts))| {
            let common = counts.iter().filter_map(|(attribute, values)| {
                Some((*attribute, most_common(attribute, values, *processors)?))
            });
            (*kind, common.collect())
        })
        .collect();

    let mut defaults = Defaults::default();
    for (kind, attributes) in &common {
        for (attribute, (value, count)) in attributes {
            let (attribute, value) = ((*attribute).clone(), (*value).clone());
            let is_of_kind = attribute.shape().kind.is_some();
            let by_all =
                common.values().all(|of| of.get(&attribute).is_some_and(|it| *it.0 == value));
            match attribute.variant() {
                // They say which kind it is, so that they cannot stand below the kind.
                Some(("settings", _)) if 2 * count > wanted.len() => {
                    defaults.all.insert(attribute, value);
                }
                Some(("settings", _)) => {}
                _ if !is_of_kind && by_all => {
                    defaults.all.insert(attribute, value);
                }
                _ => {
                    defaults.kinds.entry(*kind).or_default().insert(attribute, value);
                }
            }
        }
    }
    defaults
}

/// The value that most processors have, if next to none lacks the attribute; how many
/// have it. A tag is more a processor's own, so that next to all must have it.
fn most_common<'a>(
    attribute: &Attribute,
    values: &HashMap<&'a Value, usize>,
    processors: usize,
) -> Option<(&'a Value, usize)> {
    let order = |one: &(&&'a Value, &usize), other: &(&&'a Value, &usize)| {
        one.1.cmp(other.1).then_with(|| other.0.cmp(one.0))
    };
    let (value, count) = values.iter().max_by(order)?;
    let is_most = 2 * count > processors;
    let others = match attribute.tag() {
        Some(_) => processors - count,
        None => processors - values.values().sum::<usize>(),
    };
    (*count > 1 && is_most && 10 * others <= processors).then_some((*value, *count))
}

/// A definition as what layers are made for.
pub(super) fn wanted(name: &ProcessorName, definition: &Definition) -> Wanted {
    Wanted {
        name: name.clone(),
        kind: definition.kind(),
        values: super::inventory::written(definition),
    }
}
