//! What the files mean for one processor, written down a second time.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::camera::{Camera, Kind, TAG_KEYS};
use super::marks::{Mark, OWN, RECORD, RIGHT, STACK, Wanted};
use super::strategy::{World, covers};

/// A definition in which equal things are equal values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Canonical {
    pub role: String,
    pub video: String,
    pub output: String,
    pub face: bool,
    pub labels: BTreeSet<String>,
    pub confidence: Option<u32>,
    pub collection: Option<String>,
    pub threshold: Option<u32>,
    pub topic: Option<String>,
    pub kms: Option<(bool, String)>,
    /// Sorted; a box as its sides, a polygon as its least drawing.
    pub regions: Vec<Vec<u32>>,
    pub sharing: bool,
}

/// Reads the wire's JSON, of a description or of a CreateStreamProcessor.
pub fn canonical(wire: &Value) -> Canonical {
    let text = |pointer: &str| wire.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let bits = |value: &Value| (value.as_f64().unwrap() as f32 + 0.0).to_bits();
    let face = wire.pointer("/Settings/FaceSearch").is_some();
    let labels = wire.pointer("/Settings/ConnectedHome/Labels").and_then(Value::as_array);
    let point = |point: &Value| vec![bits(&point["X"]), bits(&point["Y"])];
    let regions = wire["RegionsOfInterest"].as_array().into_iter().flatten();
    let mut regions: Vec<Vec<u32>> = regions
        .map(|region| match region.get("BoundingBox") {
            Some(sides) => {
                ["Left", "Top", "Width", "Height"].iter().map(|side| bits(&sides[*side])).collect()
            }
            None => least_drawing(
                region["Polygon"].as_array().unwrap().iter().map(point).collect::<Vec<_>>(),
            ),
        })
        .collect();
    regions.sort();
    Canonical {
        role: text("/RoleArn").unwrap(),
        video: text("/Input/KinesisVideoStream/Arn").unwrap(),
        output: wire["Output"].to_string(),
        face,
        labels: labels
            .into_iter()
            .flatten()
            .map(|label| label.as_str().unwrap().to_owned())
            .collect(),
        confidence: wire.pointer("/Settings/ConnectedHome/MinConfidence").map(bits),
        collection: text("/Settings/FaceSearch/CollectionId"),
        threshold: face.then(|| {
            let threshold = wire.pointer("/Settings/FaceSearch/FaceMatchThreshold");
            threshold.map_or(80_f32.to_bits(), bits)
        }),
        topic: text("/NotificationChannel/SNSTopicArn"),
        kms: text("/KmsKeyId").map(|key| {
            let name = key.rsplit(':').next().unwrap_or_default();
            match name.strip_prefix("alias/") {
                Some(alias) => (true, alias.to_owned()),
                None => (false, name.strip_prefix("key/").unwrap_or(name).to_owned()),
            }
        }),
        regions,
        sharing: wire.pointer("/DataSharingPreference/OptIn") == Some(&json!(true)),
    }
}

/// Of all drawings of an outline, the least; longer than a box, so never one.
fn least_drawing(points: Vec<Vec<u32>>) -> Vec<u32> {
    let mirrored: Vec<Vec<u32>> = points.iter().rev().cloned().collect();
    let drawings = [points, mirrored].into_iter().flat_map(|points| {
        (0..points.len()).map(move |turn| {
            let mut points = points.clone();
            points.rotate_left(turn);
            points.concat()
        })
    });
    drawings.min().unwrap()
}

/// What a declared processor is to become.
#[derive(Clone, Debug)]
pub struct Goal {
    /// What to create, if it comes to that: the members of CreateStreamProcessor
    /// but for the name, tags included.
    pub create: Map<String, Value>,
    want: Canonical,
    /// Whether it is to run; `None`: it has no run state.
    pub runs: Option<bool>,
    /// Tags that must be there.
    pub tags: BTreeMap<String, String>,
    /// Tags that must not be there.
    pub unwanted: BTreeSet<String>,
    /// What its record has to be, where one is written.
    pub record: Option<Wanted>,
    /// The live record says already what it has to.
    pub is_recorded: bool,
}

/// Whether a stack that ignores tags never touches this one.
pub fn is_left_alone(key: &str, world: &World) -> bool {
    key.starts_with("aws:")
        || key.starts_with("rekon:")
        || (world.ignores_tags && (key == "CreatedBy" || key.starts_with("cost:")))
}

impl Goal {
    /// Reads the meaning of a declaration off the design.
    pub fn of(index: u8, world: &World) -> Goal {
        let (declared, live) = (&world.files[&index], world.live.get(&index));
        let mut camera = declared.camera.clone();
        let ignores = |path: &str| live.is_some() && covers(&declared.ignores, path);
        if let Some(live) = live {
            keep_ignored(&mut camera, &live.camera, &ignores);
        }

        let mut runs = match (camera.is_face(), declared.runs, live) {
            (false, ..) => None,
            (true, Some(runs), _) => Some(runs),
            (true, None, Some(live)) => Some(live.counts_as_running()),
            (true, None, None) => Some(false),
        };
        let old_face = live.filter(|live| live.camera.is_face() && camera.is_face());
        if let Some(live) = old_face.filter(|_| ignores("desired_status")) {
            runs = Some(live.counts_as_running());
        }

        let mut tags: BTreeMap<String, String> = BTreeMap::new();
        let mut unwanted = BTreeSet::new();
        let old = live.map(|live| live.camera.tags_spelled()).unwrap_or_default();
        for (key, value) in camera.tags_spelled() {
            // A file may set an ignored tag only at creation.
            if !is_left_alone(key, world) || live.is_none() {
                tags.insert(key.to_owned(), value.to_owned());
            }
        }
        let set = live.map(|_| world.keys_set(index)).unwrap_or_default();
        for key in TAG_KEYS {
            let managed = world.exclusive || tags.contains_key(key) || set.contains(key);
            let kept = is_left_alone(key, world) || !managed;
            let path = format!("tags.{key}");
            if live.is_none() {
                continue;
            } else if kept || ignores(&path) {
                tags.remove(key);
                match old.get(key) {
                    Some(value) => drop(tags.insert(key.to_owned(), (*value).to_owned())),
                    None => drop(unwanted.insert(key.to_owned())),
                }
            } else if !tags.contains_key(key) {
                unwanted.insert(key.to_owned());
            }
        }

        let record = world.wanted(index);
        match &record {
            Some(_) => {
                tags.insert(STACK.to_owned(), OWN.to_owned());
                tags.insert(RECORD.to_owned(), RIGHT.to_owned());
            }
            None => tags.extend(
                world
                    .mark(index)
                    .into_iter()
                    .flat_map(Mark::tags)
                    .map(|(key, mark)| (key.to_owned(), mark.to_owned())),
            ),
        }

        let mut create = camera.wire(false);
        // Nobody but AWS can set its tags: a replacement loses them.
        let settable = tags.iter().filter(|(key, _)| !key.starts_with("aws:"));
        create.insert("Tags".into(), json!(settable.collect::<BTreeMap<_, _>>()));
        let want = canonical(&Value::Object(create.clone()));
        let is_recorded = record.is_some() && world.is_recorded(index, &camera);
        Goal { create, want, runs, tags, unwanted, record, is_recorded }
    }

    /// Whether a processor, described with its tags and status, is as it should
    /// be; else what is wrong. `recreated`: it lost AWS's own tags.
    pub fn missed_by(&self, wire: &Value, recreated: bool) -> Option<String> {
        let mut live = canonical(wire);
        let mut want = self.want.clone();
        let default = Some(50_f32.to_bits());
        if want.confidence.is_none() && live.confidence == default {
            live.confidence = None;
        }
        // An alias and a key cannot be told apart.
        if let (Some((alias, _)), Some((other, _))) = (&want.kms, &live.kms)
            && alias != other
        {
            want.kms.clone_from(&live.kms);
        }
        if want != live {
            return Some(format!("wanted {want:?}\n   found {live:?}"));
        }
        let tag = |key: &str| {
            let value = wire["Tags"].get(key)?.as_str()?;
            let record = self.record.as_ref().filter(|_| key == RECORD);
            Some(record.map_or_else(|| value.to_owned(), |record| record.abstracted(value)))
        };
        for (key, value) in &self.tags {
            if tag(key).as_ref() != Some(value) && !(recreated && key.starts_with("aws:")) {
                return Some(format!("tag {key} is {:?}, not {value:?}", tag(key)));
            }
        }
        if let Some(key) = self.unwanted.iter().find(|key| tag(key).is_some()) {
            return Some(format!("tag {key} is still {:?}", tag(key)));
        }
        let status = wire["Status"].as_str().unwrap();
        let running = matches!(status, "RUNNING" | "STARTING");
        match self.runs {
            Some(runs) if runs != running => Some(format!("it is {status}")),
            _ => None,
        }
    }

    /// The streams that it will hold.
    pub fn streams(&self) -> Vec<String> {
        let wire = Value::Object(self.create.clone());
        streams(&wire)
    }
}

/// The Kinesis streams that a processor holds.
pub fn streams(wire: &Value) -> Vec<String> {
    let pointers = ["/Input/KinesisVideoStream/Arn", "/Output/KinesisDataStream/Arn"];
    let held = pointers.iter().filter_map(|pointer| wire.pointer(pointer)?.as_str());
    held.map(str::to_owned).collect()
}

/// Puts the live value of each ignored attribute into what is declared.
fn keep_ignored(camera: &mut Camera, live: &Camera, ignores: &dyn Fn(&str) -> bool) {
    if ignores("role_arn") {
        camera.role = live.role;
    }
    if ignores("input.kinesis_video_stream.arn") {
        camera.video = live.video;
    }
    // What belongs to the old kind is nothing to keep in the new one.
    let same_kind = camera.is_face() == live.is_face();
    if same_kind && ignores("notification_channel.sns_topic_arn") {
        camera.topic = live.topic;
    }
    if same_kind && ignores("regions_of_interest") {
        camera.regions.clone_from(&live.regions);
    }
    if same_kind && ignores("data_sharing_preference.opt_in") {
        camera.sharing = live.sharing;
    }
    match (&mut camera.kind, &live.kind) {
        (
            Kind::Home { labels, confidence, bucket, prefix, kms },
            Kind::Home {
                labels: old_labels,
                confidence: old_confidence,
                bucket: old_bucket,
                prefix: old_prefix,
                kms: old_kms,
            },
        ) => {
            if ignores("settings.connected_home.labels") {
                *labels = *old_labels;
            }
            if ignores("settings.connected_home.min_confidence") {
                *confidence = *old_confidence;
            }
            if ignores("output.s3_destination.bucket") {
                *bucket = *old_bucket;
            }
            if ignores("output.s3_destination.key_prefix") {
                *prefix = *old_prefix;
            }
            if ignores("kms_key_id") {
                *kms = *old_kms;
            }
        }
        (
            Kind::Face { data, collection, threshold },
            Kind::Face { data: old_data, collection: old_collection, threshold: old_threshold },
        ) => {
            if ignores("output.kinesis_data_stream.arn") {
                *data = *old_data;
            }
            if ignores("settings.face_search.collection_id") {
                *collection = *old_collection;
                *threshold = *old_threshold;
            }
        }
        // Ignoring the settings keeps the kind and all that belongs to one, and nothing
        // else can be kept across kinds.
        (Kind::Home { .. }, Kind::Face { .. }) | (Kind::Face { .. }, Kind::Home { .. }) => {
            if ignores("settings") {
                camera.kind = live.kind.clone();
                camera.topic = live.topic;
                camera.regions.clone_from(&live.regions);
                camera.sharing = live.sharing;
            }
        }
    }
}
