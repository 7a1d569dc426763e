//! A stream processor's definition.

use std::collections::BTreeMap;

use super::{Attribute, Default, RegionOfInterest, RunState, TagKnowledge, TagPolicy, Tags, Value};

/// A stream processor's whole definition, canonical, beside its name: each
/// attribute that it has, with its value.
///
/// The files and the service both become values of this type; a difference
/// between two of them is a difference that the service would notice. A
/// processor's run state is there as `desired_status`: in a file, absent is not
/// managed; in the service, label detection has none, because its status comes
/// and goes with sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    values: BTreeMap<Attribute, Value>,
    /// What is known of the tags among the attributes.
    pub tags: TagKnowledge,
}

/// The two kinds of stream processors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// People, pets and packages, with results in S3.
    LabelDetection,
    /// The faces of a collection, with matches in a Kinesis data stream.
    FaceSearch,
}

impl Kind {
    /// The kind in words, as the service's documentation has them.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::LabelDetection => "label detection",
            Kind::FaceSearch => "face search",
        }
    }
}

impl Definition {
    /// A definition of a kind with nothing but its defaults.
    pub fn new(kind: Kind) -> Definition {
        let mut definition = Definition { values: BTreeMap::new(), tags: TagKnowledge::Confirmed };
        for attribute in Attribute::FIXED {
            let shape = attribute.shape();
            if let Default::Written(number) = shape.default
                && shape.kind == Some(kind)
            {
                definition.put(attribute.clone(), Value::Number(number));
            }
        }
        definition
    }

    /// The kind that the settings make it.
    pub fn kind(&self) -> Kind {
        // Canonical form writes the threshold out, so that there always is one.
        match self.values.contains_key(&Attribute::FaceMatchThreshold) {
            true => Kind::FaceSearch,
            false => Kind::LabelDetection,
        }
    }

    /// An attribute's value.
    pub fn get(&self, attribute: &Attribute) -> Option<&Value> {
        self.values.get(attribute)
    }

    /// An attribute's text.
    pub fn text(&self, attribute: &Attribute) -> Option<&str> {
        self.get(attribute)?.as_text()
    }

    /// The regions of interest; none means the whole frame.
    pub fn regions(&self) -> impl Iterator<Item = &RegionOfInterest> {
        let regions = self.get(&Attribute::RegionsOfInterest).and_then(Value::as_regions);
        regions.into_iter().flat_map(|regions| regions.iter())
    }

    /// Whether it runs or should run, where that is known or managed.
    pub fn run_state(&self) -> Option<RunState> {
        match self.get(&Attribute::DesiredStatus)? {
            Value::RunState(state) => Some(*state),
            _ => None,
        }
    }

    /// Sets an attribute; an empty value that means the same as none is none.
    pub fn put(&mut self, attribute: Attribute, value: Value) {
        if attribute.shape().default == Default::Empty && value.is_empty() {
            self.values.remove(&attribute);
        } else {
            self.values.insert(attribute, value);
        }
    }

    /// Takes an attribute away.
    pub fn remove(&mut self, attribute: &Attribute) -> Option<Value> {
        self.values.remove(attribute)
    }

    /// Sets an attribute, or takes it away.
    pub fn set(&mut self, attribute: Attribute, value: Option<Value>) {
        match value {
            Some(value) => self.put(attribute, value),
            None => drop(self.remove(&attribute)),
        }
    }

    /// Keeps the attributes for which this holds.
    pub fn retain(&mut self, keep: impl Fn(&Attribute) -> bool) {
        self.values.retain(|attribute, _| keep(attribute));
    }

    /// Becomes like another definition in the attributes for which this holds.
    pub fn take_over(&mut self, other: &Definition, which: impl Fn(&Attribute) -> bool) {
        self.values.retain(|attribute, _| !which(attribute));
        let taken = other.values.iter().filter(|(attribute, _)| which(attribute));
        self.values.extend(taken.map(|(attribute, value)| (attribute.clone(), value.clone())));
    }

    /// The attributes with their values, in the order of reports.
    pub fn iter(&self) -> std::collections::btree_map::Iter<'_, Attribute, Value> {
        self.values.iter()
    }

    /// The tags among the attributes.
    pub fn tags(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values
            .iter()
            .filter_map(|(attribute, value)| Some((attribute.tag()?, value.as_text()?)))
    }

    /// The tags that people gave it: neither AWS's nor rekon's own.
    pub fn given_tags(&self) -> impl Iterator<Item = (String, String)> {
        let given = self.tags().filter(|(key, _)| !TagPolicy::is_reserved(key));
        given.map(|(key, value)| (key.to_owned(), value.to_owned()))
    }

    /// Puts these tags in the place of those there are.
    pub fn set_tags(&mut self, tags: &Tags, knowledge: TagKnowledge) {
        self.values.retain(|attribute, _| attribute.tag().is_none());
        let tags = tags.iter();
        self.values.extend(
            tags.map(|(key, value)| (Attribute::Tag(key.as_str().into()), Value::text(value))),
        );
        self.tags = knowledge;
    }

    /// The variant of a one-of table that it has: `connected_home` of `settings`.
    pub fn variant(&self, table: &str) -> Option<&'static str> {
        let mut variants = self.values.keys().filter_map(Attribute::variant);
        variants.find(|(of, _)| *of == table).map(|(_, variant)| variant)
    }

    /// The ARNs of which the account and region may hold one processor each:
    /// the Kinesis video stream and the Kinesis data stream.
    pub fn exclusive_streams(&self) -> impl Iterator<Item = &str> {
        [Attribute::Input, Attribute::OutputDataStream]
            .into_iter()
            .filter_map(|attribute| self.values.get(&attribute)?.as_text())
    }
}
