//! The layers under a processor, and laying one over another.
//!
//! A layer only refers to what the files say, so that ten thousand processors
//! over one template share its values, each with its place.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::types::Layer;
use crate::config::{ATTRIBUTES, Key, Node, Property, Shape, Table};
use crate::diagnostic::Span;
use crate::model::{Attribute, Kind, Path};

/// What some layers together give.
#[derive(Clone, Debug, Default)]
pub(super) struct Merged<'a> {
    /// Which variant each one-of table names.
    choices: BTreeMap<&'static str, Choice>,
    given: BTreeMap<Property, Given<'a>>,
}

/// Whether all the layers under a processor are known, so that what is absent
/// from them is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Completeness {
    Whole,
    Partial,
}

/// What a one-of table names.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Choice {
    /// It cannot be said which variant, and the reason has been reported.
    Unclear,
    /// A variant, by the key that names it.
    Variant(&'static str, Span),
}

/// A value in force.
#[derive(Clone, Debug)]
pub(super) struct Given<'a> {
    /// `None`: what is written is unusable, which has been reported.
    pub(super) node: Option<&'a Node>,
    pub(super) layer: Layer,
}

/// Everything that a table says of a processor; `None` is unusable.
pub(super) fn written(table: &Table) -> Vec<(Property, Option<&Node>)> {
    let mut found = Vec::new();
    gather(&ATTRIBUTES, table, &mut found);
    found
}

fn gather<'a>(keys: &[Key], table: &'a Table, found: &mut Vec<(Property, Option<&'a Node>)>) {
    for key in keys {
        let Some(node) = table.get(key.name) else { continue };
        match (&key.shape, &key.property, node.table()) {
            (Shape::Table(description), _, Some(inner)) => {
                gather(&description.keys, inner, found);
                // A key that is unknown may have meant any that is absent.
                let doubtful = description.keys.iter().filter(|_| inner.doubtful);
                let absent = doubtful.filter(|key| inner.get(key.name).is_none());
                found.extend(absent.flat_map(Key::properties).map(|property| (property, None)));
            }
            (Shape::Texts, _, Some(tags)) => found.extend(tags.iter().map(|(key, node)| {
                (Property::Attribute(Attribute::Tag(key.into())), usable(node))
            })),
            (_, Some(property), _) => found.push((property.clone(), usable(node))),
            _ => found.extend(key.properties().into_iter().map(|property| (property, None))),
        }
    }
}

fn usable(node: &Node) -> Option<&Node> {
    Some(node).filter(|node| !node.is_unusable())
}

/// The one-of tables of a processor, each with the keys that name its variants.
static ONE_OF: LazyLock<Vec<(&str, Vec<&str>)>> = LazyLock::new(|| {
    let mut tables: Vec<(&str, Vec<&str>)> = Vec::new();
    for (table, variant) in Attribute::FIXED.iter().filter_map(Attribute::variant) {
        match tables.iter_mut().find(|(name, _)| *name == table) {
            Some((_, variants)) if variants.contains(&variant) => {}
            Some((_, variants)) => variants.push(variant),
            None => tables.push((table, vec![variant])),
        }
    }
    tables
});

/// The one-of table that a property is in.
fn one_of(property: &Property) -> Option<&'static str> {
    match property {
        Property::Attribute(attribute) => attribute.variant().map(|(table, _)| table),
        Property::PreventDestroy | Property::IgnoreChanges | Property::Frame => None,
    }
}

impl<'a> Merged<'a> {
    /// What one table says.
    pub(super) fn new(table: &'a Table, layer: &Layer) -> Merged<'a> {
        let given = written(table).into_iter();
        let given = given.map(|(property, node)| (property, Given { node, layer: layer.clone() }));
        let mut merged = Merged { choices: BTreeMap::new(), given: given.collect() };
        for (name, variants) in ONE_OF.iter() {
            let Some(node) = table.get(name) else { continue };
            let choice = node.table().map_or(Some(Choice::Unclear), |table| {
                let mut named = variants.iter().filter_map(|key| Some((*key, table.get(key)?)));
                match (named.next(), named.next()) {
                    (None, _) => table.doubtful.then_some(Choice::Unclear),
                    (Some((variant, node)), None) if !node.is_unusable() => {
                        Some(Choice::Variant(variant, node.key))
                    }
                    // Both, which `rules::variants` reports, or an unusable one.
                    _ => Some(Choice::Unclear),
                }
            });
            match choice {
                Some(choice @ Choice::Unclear) => merged.choose(name, choice),
                Some(choice) => drop(merged.choices.insert(name, choice)),
                None => {}
            }
        }
        merged
    }

    /// Chooses a variant, or none, in the place of what there is.
    fn choose(&mut self, table: &'static str, choice: Choice) {
        self.given.retain(|property, _| one_of(property) != Some(table));
        self.choices.insert(table, choice);
    }

    /// Lays this over a lower layer: tables merge, arrays and values replace,
    /// and naming another variant of a table replaces the whole of it.
    #[must_use]
    pub(super) fn over(self, mut lower: Merged<'a>) -> Merged<'a> {
        for (table, choice) in self.choices {
            match (choice, lower.choices.get(table)) {
                (Choice::Variant(higher, _), Some(Choice::Variant(lower_one, _)))
                    if higher == *lower_one =>
                {
                    lower.choices.insert(table, choice);
                }
                _ => lower.choose(table, choice),
            }
        }
        lower.given.extend(self.given);
        lower
    }

    /// Takes back what is at a path and below it; whether there was anything.
    pub(super) fn unset(&mut self, path: &Path) -> bool {
        let before = self.given.len();
        self.given.retain(|property, _| !covers(path, property));
        let mut taken = self.given.len() < before;
        self.choices.retain(|table, choice| {
            let named = match (path.segments(), *choice) {
                ([of], _) => of == table,
                ([of, variant], Choice::Variant(name, _)) => of == table && variant == name,
                ([of, ..], Choice::Unclear) => {
                    taken |= of == table;
                    false
                }
                _ => false,
            };
            taken |= named;
            !named
        });
        taken
    }

    /// The same choices, and nothing else.
    pub(super) fn choices(&self) -> Merged<'a> {
        Merged { choices: self.choices.clone(), given: BTreeMap::new() }
    }

    /// Removes settings of another kind than this.
    pub(super) fn without_other(mut self, kind: Kind) -> Merged<'a> {
        if self.kind().is_some_and(|(other, _)| other != kind) {
            self.given.retain(|property, _| one_of(property) != Some("settings"));
            self.choices.remove("settings");
        }
        self
    }

    /// The variant that a one-of table names, and where.
    pub(super) fn variant(&self, table: &str) -> Option<(&'static str, Span)> {
        match self.choices.get(table)? {
            Choice::Variant(name, span) => Some((name, *span)),
            Choice::Unclear => None,
        }
    }

    /// Whether nothing is said of a one-of table, not even in error.
    pub(super) fn lacks_variant(&self, table: &str) -> bool {
        !self.choices.contains_key(table)
    }

    /// The kind that the settings make it, and where they name it.
    pub(super) fn kind(&self) -> Option<(Kind, Span)> {
        let (name, span) = self.variant("settings")?;
        let kind = match name {
            "connected_home" => Kind::LabelDetection,
            _ => Kind::FaceSearch,
        };
        Some((kind, span))
    }

    /// An attribute's value, if there is one that can be used.
    pub(super) fn get(&self, attribute: Attribute) -> Option<&'a Node> {
        self.property(&Property::Attribute(attribute))
    }

    /// A property's value, if there is one that can be used.
    pub(super) fn property(&self, property: &Property) -> Option<&'a Node> {
        self.given.get(property)?.node
    }

    /// Whether nothing is said of an attribute, not even in error.
    pub(super) fn lacks(&self, attribute: &Attribute) -> bool {
        !self.given.contains_key(&Property::Attribute(attribute.clone()))
    }

    /// Everything that is given of the attributes.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (&Attribute, &Given<'a>)> {
        self.given.iter().filter_map(|(property, given)| match property {
            Property::Attribute(attribute) => Some((attribute, given)),
            Property::PreventDestroy | Property::IgnoreChanges | Property::Frame => None,
        })
    }
}

/// Whether a path is a property's own or that of a table around it.
fn covers(path: &Path, property: &Property) -> bool {
    let mut segments = property.segments().into_iter();
    path.segments().iter().all(|segment| segments.next() == Some(segment))
}

/// Whether `unset` may name a path.
pub(super) fn may_unset(path: &Path) -> bool {
    path.is_known()
        || !path.segments().is_empty()
            && [Property::PreventDestroy, Property::IgnoreChanges, Property::Frame]
                .iter()
                .any(|property| covers(path, property))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Loaded;

    #[test]
    fn every_known_path_takes_back_its_attribute() {
        const HOME: &str = "[defaults]\nrole_arn='r'\ninput.kinesis_video_stream.arn='v'\n\
            output.s3_destination={bucket='b',key_prefix='k'}\nkms_key_id='k'\n\
            settings.connected_home={labels=['PET'],min_confidence=1}\n\
            notification_channel.sns_topic_arn='n'\nregions_of_interest=[]\n\
            data_sharing_preference.opt_in=true\ntags={a='b'}\ndesired_status='running'\n\
            lifecycle={prevent_destroy=true,ignore_changes=[]}\nframe='f'\n";
        const FACE: &str = "[defaults]\noutput.kinesis_data_stream.arn='d'\n\
            settings.face_search={collection_id='c',face_match_threshold=90}\n";
        let loaded = [HOME, FACE].map(|text| Loaded::from_texts([("rekon.toml", text)]));
        let layers = loaded.each_ref().map(|loaded| {
            let defaults = loaded.files[0].tables.get("defaults").unwrap();
            Merged::new(defaults.table().unwrap(), &Layer::Defaults)
        });
        let mut paths: Vec<String> = ATTRIBUTES.iter().flat_map(Key::paths).collect();
        paths.push("tags.a".to_owned());
        for text in paths {
            let path = Path::parse(&text);
            assert!(may_unset(&path), "{text}");
            let taken = layers.each_ref().map(|layer| {
                let mut layer = layer.clone();
                let taken = layer.unset(&path);
                assert!(!layer.unset(&path), "{text} is taken back once");
                taken
            });
            assert!(taken.contains(&true), "{text}");
        }
        assert!(!layers[0].clone().unset(&Path::parse("settings.face_search")));
        assert!(!may_unset(&Path::parse("")));
    }
}
