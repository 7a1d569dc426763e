//! Whose a live processor is, and what comes of it, written down a second time: two tags,
//! of which one names the stack and the other is a record, good for its own ARN alone.

use std::collections::{BTreeMap, BTreeSet};

use rekon::model::Live;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::camera::{Camera, Kind, TAG_KEYS};
use super::goal::{canonical, is_left_alone};
use super::stage::Project;
use super::strategy::{Declared, World, covers};
use super::{Dice, files};

pub const STACK: &str = "rekon:stack";
pub const RECORD: &str = "rekon:applied";
pub const OWN: &str = "torture";
pub const OTHER: &str = "elsewhere";
/// Stands, where nothing is read or sent, for a record that says what is applied.
pub const RIGHT: &str = "right";

/// What a stack leaves on what it manages, and the marks that are there already.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    pub leaves: Leaves,
    /// By positions in the names.
    pub live: BTreeMap<u8, Mark>,
    /// `accepts_from` names the other stack.
    pub accepts: bool,
    /// `[[removed]]` with `destroy = false`.
    pub released: BTreeSet<u8>,
    /// `[[moved]]` with `to_stack`.
    pub handed: BTreeSet<u8>,
}

/// `stack.ownership` and `stack.record`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Leaves {
    #[default]
    Nothing,
    Bond,
    Record,
}

/// The marks of a live processor.
#[derive(Clone, Debug)]
pub enum Mark {
    /// This stack's, with its own record of what was applied.
    Own {
        applied: Declared,
        tells: bool,
        record: String,
    },
    /// This stack's, with the record of another ARN, or with none.
    Unbound(Option<String>),
    Other,
}

/// What becomes of a live processor that no file declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lot {
    Kept,
    /// It loses the marks, and nothing else.
    Released,
    Pruned {
        protected: bool,
    },
}

impl Mark {
    pub fn tags(&self) -> Vec<(&'static str, &str)> {
        match self {
            Mark::Own { record, .. } | Mark::Unbound(Some(record)) => {
                vec![(STACK, OWN), (RECORD, record)]
            }
            Mark::Unbound(None) => vec![(STACK, OWN)],
            Mark::Other => vec![(STACK, OTHER), (RECORD, "of no concern")],
        }
    }
}

/// The characters of a record that bind it to a processor: 48 bits of the SHA-256 of the
/// ARN behind its partition, six a character.
fn binding(name: &str) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let arn = super::service::arn(name);
    let hash = Sha256::digest(arn.trim_start_matches("arn:aws:"));
    let bits: String = hash[..6].iter().map(|byte| format!("{byte:08b}")).collect();
    let letter = |at: usize| LETTERS[usize::from_str_radix(&bits[at..at + 6], 2).unwrap()];
    (0..48).step_by(6).map(|at| char::from(letter(at))).collect()
}

/// What a record has to be.
#[derive(Clone, Debug)]
pub struct Wanted {
    binding: String,
    protected: bool,
    tells: bool,
}

impl Wanted {
    pub fn new(name: &str, protected: bool, leaves: Leaves) -> Wanted {
        Wanted { binding: binding(name), protected, tells: leaves == Leaves::Record }
    }

    pub fn is(&self, record: &str) -> bool {
        let parts: Vec<&str> = record.split(':').collect();
        let says = |parts: &[&str]| {
            parts[0] == "1"
                && parts[1] == self.binding
                && parts[2].contains('p') == self.protected
                && record.len() < 256
        };
        match parts.len() {
            3 => !self.tells && says(&parts),
            5 => self.tells && says(&parts),
            _ => false,
        }
    }

    /// A record, or what stands for one that is as it has to be.
    pub fn abstracted(&self, record: &str) -> String {
        if self.is(record) { RIGHT.to_owned() } else { record.to_owned() }
    }
}

impl World {
    /// The same world, with marks that earlier runs of this stack and others left, and
    /// fewer tables.
    pub fn marked(&self, dice: &mut Dice) -> World {
        let mut world = self.clone();
        let mut marks = Marks {
            leaves: *dice.pick(&[Leaves::Record, Leaves::Record, Leaves::Bond, Leaves::Nothing]),
            accepts: dice.once_in(2),
            ..Marks::default()
        };
        for (index, lived) in &self.live {
            let declared = self.files.get(index);
            let mark = match dice.below(8) {
                0 => None,
                1 if dice.once_in(2) => Some(Mark::Other),
                1 | 2 => {
                    let as_it_lives = applied(&lived.camera);
                    // A copied tag: all that differs is the name.
                    let other = World::name((index + 1) % 8);
                    let copied = record_of(other, &as_it_lives, true, self);
                    Some(Mark::Unbound(dice.once_in(2).then_some(copied)))
                }
                _ => {
                    let mut applied = match declared {
                        // The service moved, or nothing did.
                        Some(declared) if dice.once_in(3) => declared.clone(),
                        Some(declared) => Declared {
                            runs: declared.runs.filter(|_| lived.camera.is_face()),
                            ignores: declared.ignores.clone(),
                            ..applied(&lived.camera)
                        },
                        None => applied(&lived.camera),
                    };
                    if dice.once_in(4) {
                        applied.ignores.clear();
                    }
                    applied.camera.tags.retain(|_, _| !dice.once_in(4));
                    applied.protected = dice.once_in(6);
                    let tells = !dice.once_in(4);
                    let record = record_of(World::name(*index), &applied, tells, self);
                    Some(Mark::Own { applied, tells, record })
                }
            };
            if mark.is_some() && dice.once_in(3) {
                world.files.remove(index);
                match dice.below(5) {
                    0 => drop(marks.released.insert(*index)),
                    1 => drop(marks.handed.insert(*index)),
                    _ => {}
                }
            }
            marks.live.extend(mark.map(|mark| (*index, mark)));
        }
        world.marks = Some(marks);
        world
    }

    /// The live tags of a processor, marks included.
    pub fn live_tags(&self, index: u8) -> BTreeMap<&str, &str> {
        let mut tags = self.live[&index].camera.tags_spelled();
        tags.extend(self.mark(index).into_iter().flat_map(Mark::tags));
        tags
    }

    pub fn leaves(&self) -> Leaves {
        self.marks.as_ref().map_or(Leaves::Nothing, |marks| marks.leaves)
    }

    pub fn mark(&self, index: u8) -> Option<&Mark> {
        self.marks.as_ref()?.live.get(&index)
    }

    /// Whether the files declare what another stack keeps.
    pub fn is_others(&self, index: u8) -> bool {
        let accepts = self.marks.as_ref().is_some_and(|marks| marks.accepts);
        self.leaves() != Leaves::Nothing
            && matches!(self.mark(index), Some(Mark::Other))
            && !accepts
    }

    /// The keys of the tags that the record says were set.
    pub fn keys_set(&self, index: u8) -> BTreeSet<&'static str> {
        match self.mark(index) {
            Some(Mark::Own { applied, tells: true, .. }) if self.leaves() != Leaves::Nothing => {
                let keys = TAG_KEYS.into_iter().filter(|key| {
                    applied.camera.tags_spelled().contains_key(key)
                        && !covers(&applied.ignores, &format!("tags.{key}"))
                        && !is_left_alone(key, self)
                });
                keys.collect()
            }
            _ => BTreeSet::new(),
        }
    }

    /// What becomes of what lives and is not declared, by name.
    pub fn lots(&self) -> BTreeMap<&'static str, Lot> {
        let undeclared = self.live.keys().filter(|index| !self.files.contains_key(index));
        undeclared.map(|index| (World::name(*index), self.lot(*index))).collect()
    }

    fn lot(&self, index: u8) -> Lot {
        let Some(marks) = self.marks.as_ref().filter(|marks| marks.leaves != Leaves::Nothing)
        else {
            return Lot::Kept;
        };
        let handed = marks.handed.contains(&index);
        match marks.live.get(&index) {
            Some(Mark::Own { .. } | Mark::Unbound(_)) if handed => Lot::Kept,
            Some(Mark::Own { .. } | Mark::Unbound(_)) if marks.released.contains(&index) => {
                Lot::Released
            }
            Some(Mark::Own { applied, .. }) => Lot::Pruned { protected: applied.protected },
            _ => Lot::Kept,
        }
    }

    /// What the record of a declared processor has to be; `None`: its marks are not this
    /// stack's to write.
    pub fn wanted(&self, index: u8) -> Option<Wanted> {
        let leaves = self.leaves();
        let writes = leaves != Leaves::Nothing && !self.is_others(index);
        writes.then(|| Wanted::new(World::name(index), self.files[&index].protected, leaves))
    }

    /// Whether the live record says already what is to be applied. `kept`: the camera
    /// with the live values of what the files ignore.
    pub fn is_recorded(&self, index: u8, kept: &Camera) -> bool {
        let Some(Mark::Own { applied, tells, .. }) = self.mark(index) else { return false };
        let declared = &self.files[&index];
        if applied.protected != declared.protected || *tells != (self.leaves() == Leaves::Record) {
            return false;
        }
        if !tells {
            return true;
        }
        let old = noted(applied, applied.camera.is_face(), self);
        let new = noted(declared, kept.is_face(), self);
        let live = &self.live[&index].camera;
        let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        paths.into_iter().all(|path| {
            let (old, new) = (old.get(path), new.get(path));
            let respelled = || {
                old.is_some()
                    && kept.is_face() == live.is_face()
                    && old == shown(path, new, live).as_ref()
            };
            old == new || respelled()
        })
    }
}

/// The live spelling of what means the same in the files.
fn shown(path: &str, new: Option<&String>, live: &Camera) -> Option<String> {
    let Kind::Home { confidence, kms, .. } = &live.kind else { return None };
    match path {
        // The default may be shown.
        "settings.connected_home.min_confidence" if new.is_none() && *confidence == Some(0) => {
            Some(confidence_text(0))
        }
        "kms_key_id" => {
            let (new, live) = (new?, (*kms)?.spelled());
            let name = |text: &str| {
                let name = text.rsplit(':').next().unwrap_or_default().to_owned();
                let is_alias = name.starts_with("alias/");
                (is_alias, name.trim_start_matches("key/").to_owned())
            };
            let (one, other) = (name(new), name(&live));
            // An alias and a key cannot be told apart.
            (one == other || one.0 != other.0).then_some(live)
        }
        _ => None,
    }
}

fn confidence_text(number: u8) -> String {
    super::camera::CONFIDENCES[usize::from(number)].to_owned()
}

/// What lives, as if it had been declared so.
fn applied(camera: &Camera) -> Declared {
    let mut camera = camera.clone();
    camera.tags.remove(&4);
    Declared { camera, runs: None, ignores: BTreeSet::new(), protected: false, wrong: None }
}

/// Attributes, and whether they are of face search, where they are of one kind.
const PATHS: [(&str, Option<bool>); 14] = [
    ("role_arn", None),
    ("input.kinesis_video_stream.arn", None),
    ("output.s3_destination.bucket", Some(false)),
    ("output.s3_destination.key_prefix", Some(false)),
    ("output.kinesis_data_stream.arn", Some(true)),
    ("notification_channel.sns_topic_arn", Some(false)),
    ("kms_key_id", Some(false)),
    ("settings.connected_home.labels", Some(false)),
    ("settings.connected_home.min_confidence", Some(false)),
    ("settings.face_search.collection_id", Some(true)),
    ("settings.face_search.face_match_threshold", Some(true)),
    ("regions_of_interest", Some(false)),
    ("data_sharing_preference.opt_in", Some(false)),
    ("desired_status", Some(true)),
];

/// What a record says of each attribute; one that is not there was absent.
fn noted(declared: &Declared, face: bool, world: &World) -> BTreeMap<String, String> {
    let camera = &declared.camera;
    let ignores = |path: &str| covers(&declared.ignores, path);
    let canonical = canonical(&Value::Object(camera.wire(false)));
    let mut noted = BTreeMap::new();
    for (path, of_face) in PATHS {
        let text = match path {
            _ if ignores(path) || path == "desired_status" && declared.runs.is_none() => {
                of_face.is_none_or(|of_face| of_face == face).then(|| "unmanaged".to_owned())
            }
            "role_arn" => Some(canonical.role.clone()),
            "input.kinesis_video_stream.arn" => Some(canonical.video.clone()),
            "notification_channel.sns_topic_arn" => canonical.topic.clone(),
            "regions_of_interest" => {
                let regions = &canonical.regions;
                (!regions.is_empty()).then(|| format!("{regions:?}"))
            }
            "data_sharing_preference.opt_in" => canonical.sharing.then(|| "true".to_owned()),
            "desired_status" => declared.runs.map(|runs| runs.to_string()),
            _ => match &camera.kind {
                Kind::Home { labels: _, confidence, bucket, prefix, kms } => match path {
                    "output.s3_destination.bucket" => Some(bucket.to_string()),
                    "output.s3_destination.key_prefix" => prefix.map(|prefix| prefix.to_string()),
                    "kms_key_id" => kms.map(|kms| kms.spelled()),
                    "settings.connected_home.labels" => Some(format!("{:?}", canonical.labels)),
                    "settings.connected_home.min_confidence" => confidence.map(confidence_text),
                    _ => None,
                },
                Kind::Face { data, collection, .. } => match path {
                    "output.kinesis_data_stream.arn" => Some(data.to_string()),
                    "settings.face_search.collection_id" => Some(collection.to_string()),
                    "settings.face_search.face_match_threshold" => {
                        canonical.threshold.map(|bits| bits.to_string())
                    }
                    _ => None,
                },
            },
        };
        noted.extend(text.map(|text| (path.to_owned(), text)));
    }
    for (key, value) in camera.tags_spelled() {
        let path = format!("tags.{key}");
        if !ignores(&path) && !is_left_alone(key, world) {
            noted.insert(path, value.to_owned());
        }
    }
    noted
}

/// The record that an earlier run left: what it would have created the processor with.
fn record_of(name: &str, applied: &Declared, tells: bool, world: &World) -> String {
    let index = super::camera::NAMES.iter().position(|known| *known == name).unwrap();
    let leaves = if tells { Leaves::Record } else { Leaves::Bond };
    let past = World {
        live: BTreeMap::new(),
        files: BTreeMap::from([(u8::try_from(index).unwrap(), applied.clone())]),
        marks: Some(Marks { leaves, ..Marks::default() }),
        ..world.clone()
    };
    record_by(&files::write(&past, &mut Dice::new(0)))
}

/// The record with which a project of one processor creates it.
pub fn record_by(files: &[(String, String)]) -> String {
    let plan = Project::new(files).unwrap().plan(&Live::default());
    let tags = json!(plan.calls[0].request["Tags"]);
    tags[RECORD].as_str().unwrap().to_owned()
}
