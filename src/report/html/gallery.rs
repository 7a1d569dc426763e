//! The pictures of a page: regions before and after, each pair drawn once.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value as Json;

use super::Frames;
use super::pool::{Node, Pool};
use crate::model::{Attribute, Frame, RegionOfInterest, Regions, Value};
use crate::plan::{Action, Change, Plan};
use crate::report::picture::{Canvas, Embedding, Scene, svg};

/// How many bytes of pictures a page carries: a thousand edits or so. Whoever looks at one
/// beyond them is told the command that draws it.
const MOST_BYTES: usize = 1_500_000;
/// How many characters of frames a page carries, over those.
const MOST_BYTES_OF_FRAMES: usize = 4_000_000;
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
    frames: &'a Frames,
    /// Each by what it shows and over the frame of which path; nothing, if it found no room.
    places: HashMap<(Subject<'a>, Option<&'a str>), Option<Place>>,
    drawn: Vec<Node>,
    bytes: usize,
    bytes_of_frames: usize,
}

/// Where a picture stands.
#[derive(Clone, Copy)]
struct Place {
    number: usize,
    /// Whether it is over the frame.
    is_framed: bool,
}

impl<'a> Gallery<'a> {
    pub(super) fn new(plan: &'a Plan, frames: &'a Frames) -> Gallery<'a> {
        let (zones, places, drawn) = (&plan.zones, HashMap::new(), Vec::new());
        Gallery { zones, frames, places, drawn, bytes: 0, bytes_of_frames: 0 }
    }

    /// The number of a change's picture, `false` if it found no room, null if there is nothing
    /// to see; and the frame that it would be over, and is not.
    pub(super) fn picture(
        &mut self,
        pool: &mut Pool,
        change: Option<&'a Change>,
    ) -> (Node, Option<&'a str>) {
        let Some((subject, change)) = change.and_then(|one| Some((subject(one)?, one))) else {
            return (pool.json(&Json::Null), None);
        };
        let frame = change.frame.as_deref();
        match self.place(pool, subject, frame) {
            None => (pool.json(&Json::from(false)), None),
            Some(Place { number, is_framed }) => {
                (pool.json(&Json::from(number)), frame.filter(|_| !is_framed))
            }
        }
    }

    fn place(
        &mut self,
        pool: &mut Pool,
        subject: Subject<'a>,
        path: Option<&'a str>,
    ) -> Option<Place> {
        if let Some(place) = self.places.get(&(subject, path)) {
            return *place;
        }
        let place = (self.bytes < MOST_BYTES).then(|| {
            // As text it takes four characters for three bytes, and each picture has its own.
            let size = |frame: &&Frame| frame.bytes().len() * 4 / 3;
            let frame = path.and_then(|path| self.frames.get(path));
            let frame =
                frame.filter(|frame| self.bytes_of_frames + size(frame) <= MOST_BYTES_OF_FRAMES);
            let canvas = Canvas { frame, ..Canvas::default() };
            let scene = match subject {
                Subject::Edit(before, after) => {
                    Scene::of_change(NAME, before, after, self.zones, canvas)
                }
                Subject::All(regions) => Scene::of_regions(NAME, Some(regions), self.zones, canvas),
            };
            let picture = svg(&scene, Embedding::InPage);
            let of_frame = frame.as_ref().map_or(0, size);
            self.bytes_of_frames += of_frame;
            self.bytes += picture.len().saturating_sub(of_frame);
            self.drawn.push(pool.text(picture.trim_end()));
            Place { number: self.drawn.len() - 1, is_framed: frame.is_some() }
        });
        self.places.insert((subject, path), place);
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
