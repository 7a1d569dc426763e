//! The attributes of a change, a row each.

use super::Said;
use super::regions::{self, Fate, Zones};
use crate::desired::Stack;
use crate::model::{Attribute, Location, Value};
use crate::plan::{Action, AttributeChange, Change, Effect, Origin};
use crate::report::Detail;
use crate::report::palette::Meaning;
use crate::report::values;

/// One attribute, or all tags of a definition that comes or goes.
#[derive(Debug)]
pub(in crate::report) struct Row {
    pub path: String,
    /// Absent where a definition comes or goes: it has one side.
    pub before: Option<String>,
    pub after: String,
    /// What is said behind the values.
    pub notes: Vec<Said>,
    /// What follows below the values, a line each.
    pub below: Vec<Below>,
}

/// A line below values: a region, and what it becomes if it moves.
#[derive(Debug)]
pub(in crate::report) struct Below {
    /// The region's, as pictures have it too.
    pub number: usize,
    pub sign: &'static str,
    pub meaning: Meaning,
    pub text: String,
    pub becomes: Option<String>,
}

/// What rows are made with.
pub(super) struct Context<'a> {
    pub stack: &'a Stack,
    pub zones: Zones<'a>,
    pub detail: Detail,
}

/// An attribute of a change, as all that are shown with it have it.
struct Shared<'a> {
    one: &'a AttributeChange,
    /// Where it was written, if that is one place.
    place: Option<&'a Location>,
    /// Whether the value is the same for all.
    same: bool,
}

/// The attributes of changes that are alike: they have the same ones, in the same
/// order.
fn shared<'a>(members: &[&'a Change]) -> Vec<Shared<'a>> {
    let [first, others @ ..] = members else { return Vec::new() };
    let shared = first.attributes.iter().enumerate().map(|(at, one)| {
        let mut rest = others.iter().filter_map(|change| change.attributes.get(at));
        let place = one.source.as_ref();
        Shared {
            one,
            place: place
                .filter(|place| rest.clone().all(|other| other.source.as_ref() == Some(place))),
            same: rest.all(|other| (&other.before, &other.after) == (&one.before, &one.after)),
        }
    });
    shared.collect()
}

impl Context<'_> {
    /// The attributes that change in place or force a replacement.
    pub(super) fn changed(&self, members: &[&Change]) -> Vec<Row> {
        // What many have in common is worth its line, whatever is left out else.
        let places = members.len() > 1 || self.detail == Detail::Verbose;
        let rows = shared(members).into_iter().map(|Shared { one, place, same: _ }| {
            let AttributeChange { attribute, before, after, .. } = one;
            let (old, new) = match self.detail {
                Detail::Verbose => {
                    let text = |side: &Option<Value>| values::text(attribute, side.as_ref());
                    (text(before), text(after))
                }
                _ => values::pair(attribute, before.as_ref(), after.as_ref()),
            };
            let fates = self.fates(one);
            let difference = match fates.is_empty() {
                true => values::difference(attribute, before.as_ref(), after.as_ref()),
                false => regions::counts(&fates),
            };
            let difference = difference.map(|text| (Meaning::Faint, format!("({text})")));
            let cause = cause(one, place, places);
            Row {
                path: attribute.to_string(),
                before: Some(old),
                after: new,
                notes: [difference, moved(one.origin), cause].into_iter().flatten().collect(),
                below: fates
                    .into_iter()
                    .zip(1..)
                    .map(|(fate, number)| regions::line(number, fate, &self.zones, self.detail))
                    .collect(),
            }
        });
        rows.collect()
    }

    /// What becomes of each region; nothing, if it is no change of regions.
    fn fates<'a>(&self, one: &'a AttributeChange) -> Vec<Fate<'a>> {
        let side = |value: &'a Option<Value>| value.as_ref().and_then(Value::as_regions);
        regions::fates(side(&one.before), side(&one.after))
    }

    /// The attributes of definitions that come or go, one value each. Of one that goes
    /// only the stream is told, and of several that go nothing but their names, unless
    /// nothing is to be summarised.
    pub(super) fn listed(&self, members: &[&Change], action: Action) -> Vec<Row> {
        let verbose = self.detail == Detail::Verbose;
        let shown = |attribute: &Attribute| {
            verbose
                || action != Action::Delete
                || (members.len() == 1 && *attribute == Attribute::Input)
        };
        let mut rows = Vec::new();
        let mut tags = Vec::new();
        for Shared { one, place, same } in shared(members) {
            if !shown(&one.attribute) {
                continue;
            }
            let (value, below) = match same {
                true => self.alone(&one.attribute, one.after.as_ref().or(one.before.as_ref())),
                false => (values::EACH_ITS_OWN.to_owned(), Vec::new()),
            };
            match one.attribute.tag().filter(|_| !verbose) {
                Some(key) => tags.push(format!("{key} = {value}")),
                None => rows.push(Row {
                    path: one.attribute.to_string(),
                    before: None,
                    after: value,
                    notes: cause(one, place, verbose).into_iter().collect(),
                    below,
                }),
            }
        }
        if !tags.is_empty() {
            rows.push(Row {
                path: "tags".to_owned(),
                before: None,
                after: tags.join(", "),
                notes: Vec::new(),
                below: Vec::new(),
            });
        }
        rows
    }

    /// A value that stands by itself, and what follows below it.
    fn alone(&self, attribute: &Attribute, value: Option<&Value>) -> (String, Vec<Below>) {
        let verbose = self.detail == Detail::Verbose;
        let text = match verbose {
            true => values::text(attribute, value),
            false => values::alone(attribute, value, self.stack),
        };
        let Some(all) = value.and_then(Value::as_regions) else { return (text, Vec::new()) };
        match regions::name(all, &self.zones).filter(|_| !verbose) {
            Some(name) => (name, Vec::new()),
            None => (text, regions::lines(all, &self.zones, self.detail)),
        }
    }
}

/// Which side moved, where it was not the file.
fn moved(origin: Origin) -> Option<Said> {
    let text = match origin {
        Origin::Drift => "(the service changed)",
        Origin::Both => "(conflict: file and service changed)",
        Origin::Config | Origin::Unknown => return None,
    };
    Some((Meaning::Note, text.to_owned()))
}

/// What a value leads to, and where it was written, which is always told of what
/// forces a replacement.
fn cause(one: &AttributeChange, place: Option<&Location>, places: bool) -> Option<Said> {
    let place = place.map(|place| format!("({place})"));
    match (one.effect, place) {
        (Effect::Replace, Some(place)) => {
            Some((Meaning::Replace, format!("forces replacement {place}")))
        }
        (Effect::Replace, None) => Some((Meaning::Replace, "forces replacement".to_owned())),
        (_, place) => place.filter(|_| places).map(|place| (Meaning::Faint, place)),
    }
}
