//! The pictures of a page: regions before and after, each pair drawn once.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value as Json;

use super::pool::{Node, Pool};
use crate::model::{Attribute, RegionOfInterest, Regions, Value};
use crate::plan::{Action, Change, Plan};
use crate::report::picture::{Canvas, Embedding, Scene, svg};

/// How many bytes of pictures a page carries: a thousand edits or so. Whoever looks at one
/// beyond them is told the command that draws it.
const MOST_BYTES: usize = 1_500_000;
/// Whose pictures they are: several processors may share one.
const NAME: &str = "this processor";

/// What a picture shows; a definition that comes or goes has one side.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Subject<'a> {
    Edit(Option<&'a Regions>, Option<&'a Regions>),
    All(&'a Regions),
}

/// The pictures that are drawn so far.
pub(super) struct Gallery<'a> {
    zones: &'a BTreeMap<String, RegionOfInterest>,
    /// Where each stands; nothing, if it found no room.
    places: HashMap<Subject<'a>, Option<usize>>,
    drawn: Vec<Node>,
    bytes: usize,
}

impl<'a> Gallery<'a> {
    pub(super) fn new(plan: &'a Plan) -> Gallery<'a> {
        Gallery { zones: &plan.zones, places: HashMap::new(), drawn: Vec::new(), bytes: 0 }
    }

    /// The number of a change's picture, `false` if it found no room, null if there is nothing
    /// to see.
    pub(super) fn picture(&mut self, pool: &mut Pool, change: Option<&'a Change>) -> Node {
        let place = match change.and_then(subject) {
            None => Json::Null,
            Some(subject) => self.place(pool, subject).map_or(Json::from(false), Json::from),
        };
        pool.json(&place)
    }

    fn place(&mut self, pool: &mut Pool, subject: Subject<'a>) -> Option<usize> {
        if let Some(place) = self.places.get(&subject) {
            return *place;
        }
        let place = (self.bytes < MOST_BYTES).then(|| {
            let canvas = Canvas::default();
            let scene = match subject {
                Subject::Edit(before, after) => {
                    Scene::of_change(NAME, before, after, self.zones, canvas)
                }
                Subject::All(regions) => Scene::of_regions(NAME, Some(regions), self.zones, canvas),
            };
            let picture = svg(&scene, Embedding::InPage);
            self.bytes += picture.len();
            self.drawn.push(pool.text(picture.trim_end()));
            self.drawn.len() - 1
        });
        self.places.insert(subject, place);
        place
    }

    /// All of them, by their numbers.
    pub(super) fn finish(self, pool: &mut Pool) -> Node {
        pool.list(&self.drawn)
    }
}

fn subject(change: &Change) -> Option<Subject<'_>> {
    let mut attributes = change.attributes.iter();
    let edit = attributes.find(|one| one.attribute == Attribute::RegionsOfInterest)?;
    let [before, after] =
        [&edit.before, &edit.after].map(|side| side.as_ref().and_then(Value::as_regions));
    let one_sided = [Action::Create, Action::Delete].iter().any(|one| change.actions.contains(one));
    match one_sided {
        true => before.or(after).map(Subject::All),
        false => Some(Subject::Edit(before, after)),
    }
}
