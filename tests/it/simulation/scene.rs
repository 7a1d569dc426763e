//! A small fleet, and the files that declare another one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::world::Dice;
use crate::world::camera::{ACCOUNT, NAMES, REGION};
use crate::world::marks::{Leaves, Lot, OTHER, OWN, RECORD, STACK, record_by};

const LABELS: [&str; 3] = ["PERSON", "PET", "PACKAGE"];
const CONFIDENCES: [u8; 3] = [60, 80, 95];
const TEAMS: [&str; 3] = ["north", "south", "west"];

/// A definition with its tags and run state.
#[derive(Clone, Debug, PartialEq)]
pub struct Camera {
    pub role: usize,
    pub video: usize,
    pub kind: Kind,
    pub tags: BTreeMap<&'static str, &'static str>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Home {
        label: usize,
        confidence: usize,
    },
    /// `runs` is the run state; in a file, `None` leaves it alone.
    Face {
        collection: usize,
        runs: Option<bool>,
    },
}

/// What lives and what is declared, by name. A processor may be in either alone.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    pub live: BTreeMap<&'static str, Camera>,
    pub files: BTreeMap<&'static str, Camera>,
    /// Who is in a label detection session.
    pub busy: BTreeSet<&'static str>,
    pub leaves: Leaves,
    /// The marks that are there already.
    pub marks: BTreeMap<&'static str, Mark>,
    /// `[[removed]]` with `destroy = false`.
    pub released: BTreeSet<&'static str>,
}

/// The marks of a live processor.
#[derive(Clone, Debug)]
pub enum Mark {
    /// This stack's, with its own record.
    Own { record: String, protected: bool },
    /// This stack's, with the record of another ARN.
    Copied(String),
    /// Another stack's, from which this one takes over what it declares.
    Other,
}

impl Mark {
    fn tags(&self) -> [(&'static str, &str); 2] {
        match self {
            Mark::Own { record, .. } | Mark::Copied(record) => [(STACK, OWN), (RECORD, record)],
            Mark::Other => [(STACK, OTHER), (RECORD, "of no concern")],
        }
    }
}

impl Camera {
    fn roll(dice: &mut Dice, video: usize) -> Camera {
        let kind = match dice.once_in(3) {
            true => Kind::Face { collection: 0, runs: Some(dice.once_in(2)) },
            false => Kind::Home { label: dice.below(3), confidence: dice.below(3) },
        };
        let mut tags = BTreeMap::from([("team", *dice.pick(&TEAMS))]);
        if dice.once_in(3) {
            tags.insert("CreatedBy", "somebody");
        }
        Camera { role: 0, video, kind, tags }
    }

    pub fn is_face(&self) -> bool {
        matches!(self.kind, Kind::Face { .. })
    }

    /// The members of CreateStreamProcessor.
    pub fn creation(&self, name: &str) -> Value {
        let (settings, output) = match &self.kind {
            Kind::Home { label, confidence } => (
                json!({"ConnectedHome":
                    {"Labels": [LABELS[*label]], "MinConfidence": CONFIDENCES[*confidence]}}),
                json!({"S3Destination": {"Bucket": "results", "KeyPrefix": name}}),
            ),
            Kind::Face { collection, .. } => (
                json!({"FaceSearch":
                    {"CollectionId": format!("people-{collection}"), "FaceMatchThreshold": 90}}),
                json!({"KinesisDataStream": {"Arn": data(name)}}),
            ),
        };
        let mut wire = json!({
            "Name": name,
            "RoleArn": role(self.role),
            "Input": {"KinesisVideoStream": {"Arn": video(self.video)}},
            "Settings": settings,
            "Output": output,
            "Tags": self.tags,
        });
        if !self.is_face() {
            wire["NotificationChannel"] = json!({"SNSTopicArn": TOPIC});
        }
        wire
    }

    fn toml(&self, name: &str) -> String {
        let mut text = format!(
            "[processor.\"{name}\"]\nrole_arn = \"{}\"\ninput.kinesis_video_stream.arn = \"{}\"\n",
            role(self.role),
            video(self.video)
        );
        match &self.kind {
            Kind::Home { label, confidence } => write!(
                text,
                "output.s3_destination = {{ bucket = \"results\", key_prefix = \"{name}\" }}\n\
                 notification_channel.sns_topic_arn = \"{TOPIC}\"\n\
                 settings.connected_home = {{ labels = [\"{}\"], min_confidence = {} }}\n",
                LABELS[*label], CONFIDENCES[*confidence]
            ),
            Kind::Face { collection, .. } => write!(
                text,
                "output.kinesis_data_stream.arn = \"{}\"\n\
                 settings.face_search = \
                 {{ collection_id = \"people-{collection}\", face_match_threshold = 90 }}\n",
                data(name)
            ),
        }
        .unwrap();
        if let Kind::Face { runs: Some(runs), .. } = self.kind {
            let status = if runs { "running" } else { "stopped" };
            writeln!(text, "desired_status = \"{status}\"").unwrap();
        }
        let tags: Vec<String> =
            self.tags.iter().map(|(key, value)| format!("{key} = \"{value}\"")).collect();
        writeln!(text, "tags = {{ {} }}", tags.join(", ")).unwrap();
        text
    }
}

const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:AmazonRekognitionTopic";

fn role(number: usize) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/Streams{number}")
}

fn video(number: usize) -> String {
    format!("arn:aws:kinesisvideo:{REGION}:{ACCOUNT}:stream/video-{number}/1574421418636")
}

fn data(name: &str) -> String {
    format!("arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/AmazonRekognition-{name}")
}

impl Scene {
    /// One to eight processors, of which most are changed somehow.
    pub fn roll(dice: &mut Dice) -> Scene {
        let mut scene = Scene::default();
        // Small fleets are most of them: what goes wrong needs few cameras.
        let most = *dice.pick(&[2, 4, 8, 8]);
        // Now and then, as when a role is renamed, all of a large one are replaced.
        let all_of_it = dice.once_in(8);
        let count = if all_of_it { NAMES.len() } else { 1 + dice.below(most) };
        for (at, name) in NAMES.into_iter().take(count).enumerate() {
            let live = Camera::roll(dice, at);
            if !live.is_face() && dice.once_in(3) {
                scene.busy.insert(name);
            }
            let mut declared = live.clone();
            declared.tags.remove("CreatedBy");
            if let Kind::Face { runs, .. } = &mut declared.kind
                && dice.once_in(2)
            {
                *runs = None;
            }
            match if all_of_it { 12 } else { dice.below(12) } {
                0 if count > 1 => {
                    scene.live.insert(name, live);
                    continue;
                }
                1 | 2 => {
                    scene.files.insert(name, live);
                    continue;
                }
                3 => {}
                4 | 5 => declared.alter(dice),
                6 => drop(declared.tags.insert("team", *dice.pick(&TEAMS))),
                _ => declared.replace(dice),
            }
            scene.live.insert(name, live);
            scene.files.insert(name, declared);
        }
        if scene.live == scene.files {
            scene.files.values_mut().for_each(|camera| camera.replace(dice));
        }
        scene.exchange(dice);
        // Two stacks of three leave marks; all else of a seed is the same without.
        let mut apart = dice.clone();
        if !apart.once_in(3) {
            scene.mark(&mut apart);
        }
        scene
    }

    /// Gives processors marks of earlier runs, and takes tables away.
    fn mark(&mut self, dice: &mut Dice) {
        self.leaves = *dice.pick(&[Leaves::Record, Leaves::Record, Leaves::Bond]);
        for (name, camera) in &self.live {
            let by = |name: &str, protected: bool| {
                let protection = if protected { "lifecycle.prevent_destroy = true\n" } else { "" };
                let text = format!("{}{}{protection}", self.head(), camera.toml(name));
                record_by(&[("rekon.toml".to_owned(), text)])
            };
            let mark = match dice.below(8) {
                0 => None,
                1 => Some(Mark::Other),
                2 => Some(Mark::Copied(by("somebody", false))),
                _ => {
                    let protected = dice.once_in(8) && self.files.contains_key(name);
                    Some(Mark::Own { record: by(name, protected), protected })
                }
            };
            self.marks.extend(mark.map(|mark| (*name, mark)));
        }
        for (name, mark) in &self.marks {
            let protected = matches!(mark, Mark::Own { protected: true, .. });
            // What is protected would only have the whole plan refused, once in a while.
            if dice.once_in(if protected { 16 } else { 3 }) {
                self.files.remove(name);
                if dice.once_in(6) {
                    self.released.insert(name);
                }
            }
        }
    }

    /// What becomes of a processor that lives and is not declared.
    pub fn lot(&self, name: &str) -> Lot {
        match self.marks.get(name) {
            Some(Mark::Own { .. } | Mark::Copied(_)) if self.released.contains(name) => {
                Lot::Released
            }
            Some(Mark::Own { protected, .. }) => Lot::Pruned { protected: *protected },
            _ => Lot::Kept,
        }
    }

    /// Whether a processor is to be deleted for good.
    pub fn is_pruned(&self, name: &str) -> bool {
        !self.files.contains_key(name) && matches!(self.lot(name), Lot::Pruned { .. })
    }

    fn head(&self) -> String {
        let marks = match self.leaves {
            Leaves::Nothing => "ownership = \"none\"",
            Leaves::Bond => "record = \"none\"",
            Leaves::Record => "",
        };
        format!(
            "[stack]\nname = \"{OWN}\"\naccount_id = \"{ACCOUNT}\"\nregion = \"{REGION}\"\n\
             accepts_from = [\"{OTHER}\"]\n{marks}\n\
             [guard]\nmax_deletes = 100\nmax_replacements = 100\n"
        )
    }

    /// Lets some processors exchange their video streams, in a circle, or in a
    /// chain whose last one moves to a stream of its own.
    fn exchange(&mut self, dice: &mut Dice) {
        let both: Vec<&'static str> =
            self.files.keys().copied().filter(|name| self.live.contains_key(name)).collect();
        let size = 2 + dice.below(2);
        if both.len() < size || !dice.once_in(3) {
            return;
        }
        let first = dice.below(both.len() - size + 1);
        let members = &both[first..first + size];
        let videos: Vec<usize> = members.iter().map(|name| self.live[name].video).collect();
        let is_chain = dice.once_in(3);
        for (at, name) in members.iter().enumerate() {
            let next = match is_chain && at + 1 == size {
                true => 50,
                false => videos[(at + 1) % size],
            };
            self.files.get_mut(name).unwrap().video = next;
        }
    }

    /// The project's one file.
    pub fn toml(&self) -> String {
        let mut text = self.head();
        self.files.iter().for_each(|(name, camera)| text.push_str(&camera.toml(name)));
        for name in &self.released {
            write!(text, "[[removed]]\nname = \"{name}\"\ndestroy = false\n").unwrap();
        }
        text
    }

    /// What lives, as a snapshot for the emulator to start from.
    pub fn snapshot(&self) -> Value {
        let processors = self.live.iter().map(|(name, camera)| {
            let mut wire = camera.creation(name);
            let running = matches!(camera.kind, Kind::Face { runs: Some(true), .. });
            wire["Status"] = json!(match self.busy.contains(name) {
                true => "STARTING",
                false if running => "RUNNING",
                false => "STOPPED",
            });
            wire["StreamProcessorArn"] = json!(arn(name));
            for (key, mark) in self.marks.get(name).iter().flat_map(|mark| mark.tags()) {
                wire["Tags"][key] = json!(mark);
            }
            wire["CreationTimestamp"] = json!(1_700_000_000.5);
            wire
        });
        json!({
            "format_version": "1.0", "account_id": ACCOUNT, "region": REGION, "complete": true,
            "processors": processors.collect::<Vec<_>>(),
        })
    }
}

impl Camera {
    /// Changes what can be changed in place.
    fn alter(&mut self, dice: &mut Dice) {
        match &mut self.kind {
            Kind::Home { label, confidence } => {
                *label = dice.below(3);
                *confidence = dice.below(3);
            }
            Kind::Face { runs, .. } => *runs = Some(dice.once_in(2)),
        }
        if dice.once_in(3) {
            self.tags.insert("site", "depot");
        }
    }

    /// Changes what is fixed at creation, and perhaps more.
    fn replace(&mut self, dice: &mut Dice) {
        match &mut self.kind {
            Kind::Face { collection, .. } if dice.once_in(2) => *collection = 1,
            _ => self.role = 1,
        }
        if dice.once_in(4) {
            self.alter(dice);
        }
    }
}

pub fn arn(name: &str) -> String {
    format!("arn:aws:rekognition:{REGION}:{ACCOUNT}:streamprocessor/{name}")
}
