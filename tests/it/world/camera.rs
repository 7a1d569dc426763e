//! A stream processor as a few small numbers, and how the service spells it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

pub const ACCOUNT: &str = "111122223333";
pub const REGION: &str = "us-east-1";

pub const NAMES: [&str; 8] =
    ["attic", "back-door", "cellar.2", "drive_way", "entrance", "front-door", "garage", "hall"];
pub const LABELS: [&str; 3] = ["PERSON", "PET", "PACKAGE"];
/// Confidences and thresholds; each a decimal that a double and a float32 round differently, or a default.
pub const CONFIDENCES: [&str; 5] = ["50", "0", "80.1", "99.99", "33.3333"];
pub const THRESHOLDS: [&str; 3] = ["80", "92.5", "99.9"];
/// Keys of tags. The last one is AWS's, which no file declares.
pub const TAG_KEYS: [&str; 5] =
    ["team", "site", "cost:center", "CreatedBy", "aws:cloudformation:stack-name"];
pub const TAG_VALUES: [&str; 3] = ["north", "", "a=b /ü @1"];

/// Boxes as left, top, width, height; polygons as points.
const SHAPES: [Shape; 5] = [
    Shape::Box(["0", "0", "0.25", "0.5"]),
    Shape::Box(["0.1", "0.2", "0.3", "0.4"]),
    Shape::Polygon(&[("0.1", "0.55"), ("0.9", "0.55"), ("1", "1"), ("0", "1")]),
    Shape::Polygon(&[("0.2", "0.2"), ("0.8", "0.3"), ("0.5", "0.9")]),
    Shape::Polygon(&[("0.5", "0"), ("1", "0.4"), ("0.8", "1"), ("0.2", "1"), ("0", "0.4")]),
];

pub enum Shape {
    Box([&'static str; 4]),
    Polygon(&'static [(&'static str, &'static str)]),
}

/// A definition without a name and a status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Camera {
    pub role: u8,
    pub video: u8,
    pub kind: Kind,
    /// Of no use to a face search, and accepted all the same.
    pub topic: Option<u8>,
    pub regions: Vec<Region>,
    pub sharing: Sharing,
    /// By positions in [`TAG_KEYS`] and [`TAG_VALUES`].
    pub tags: BTreeMap<u8, u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Home {
        /// A bit for each of [`LABELS`]; never 0.
        labels: u8,
        confidence: Option<u8>,
        bucket: u8,
        prefix: Option<u8>,
        kms: Option<Kms>,
    },
    Face {
        data: u8,
        collection: u8,
        threshold: Option<u8>,
    },
}

/// A shape, drawn from one of its corners in one of two directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    pub shape: u8,
    pub turn: u8,
    pub mirrored: bool,
}

/// A key in one of four spellings; key and alias of a number belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kms {
    pub key: u8,
    pub alias: bool,
    pub arn: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    Unsaid,
    Off,
    On,
}

/// The statuses in which a world begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Stopped,
    Failed,
    Starting,
    /// Face search only, as are those below.
    Running,
    Stopping,
}

impl Status {
    pub fn word(self) -> &'static str {
        match self {
            Status::Stopped => "STOPPED",
            Status::Failed => "FAILED",
            Status::Starting => "STARTING",
            Status::Running => "RUNNING",
            Status::Stopping => "STOPPING",
        }
    }
}

impl Kms {
    pub fn spelled(self) -> String {
        let key = self.key;
        let name = match (self.alias, self.arn) {
            (true, _) => format!("alias/cameras-{key}"),
            (false, false) => format!("1234abcd-12ab-34cd-56ef-00000000000{key}"),
            (false, true) => format!("key/1234abcd-12ab-34cd-56ef-00000000000{key}"),
        };
        if self.arn { format!("arn:aws:kms:{REGION}:{ACCOUNT}:{name}") } else { name }
    }
}

impl Region {
    /// The shape's points as this region draws them; a box has none.
    pub fn points(self) -> Vec<(&'static str, &'static str)> {
        let Shape::Polygon(points) = &SHAPES[usize::from(self.shape)] else { return Vec::new() };
        let mut points = points.to_vec();
        if self.mirrored {
            points.reverse();
        }
        let turn = usize::from(self.turn) % points.len();
        points.rotate_left(turn);
        points
    }

    pub fn shape(self) -> &'static Shape {
        &SHAPES[usize::from(self.shape)]
    }
}

pub fn role(number: u8) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/Streams{number}")
}

pub fn video(number: u8) -> String {
    format!("arn:aws:kinesisvideo:{REGION}:{ACCOUNT}:stream/video-{number}/1574421418636")
}

pub fn data(number: u8) -> String {
    format!("arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/AmazonRekognitionData{number}")
}

pub fn topic(number: u8) -> String {
    format!("arn:aws:sns:{REGION}:{ACCOUNT}:AmazonRekognitionTopic{number}")
}

/// A decimal as the service might answer it: the float32, widened or not.
fn number(text: &str, widened: bool) -> Value {
    let narrow: f32 = text.parse().unwrap();
    if widened { json!(f64::from(narrow)) } else { json!(text.parse::<f64>().unwrap()) }
}

impl Camera {
    pub fn is_face(&self) -> bool {
        matches!(self.kind, Kind::Face { .. })
    }

    pub fn labels(&self) -> Vec<&'static str> {
        let Kind::Home { labels, .. } = &self.kind else { return Vec::new() };
        let bits = (0..LABELS.len()).filter(|bit| labels & (1 << bit) != 0);
        bits.map(|bit| LABELS[bit]).collect()
    }

    /// The members of CreateStreamProcessor but for the name.
    pub fn wire(&self, widened: bool) -> Map<String, Value> {
        let mut wire = Map::new();
        wire.insert("RoleArn".into(), json!(role(self.role)));
        wire.insert("Input".into(), json!({"KinesisVideoStream": {"Arn": video(self.video)}}));
        match &self.kind {
            Kind::Home { labels: _, confidence, bucket, prefix, kms } => {
                let mut destination = json!({"Bucket": format!("results-{bucket}")});
                if let Some(prefix) = prefix {
                    destination["KeyPrefix"] = json!(format!("camera/{prefix}/"));
                }
                wire.insert("Output".into(), json!({"S3Destination": destination}));
                let mut home = json!({"Labels": self.labels()});
                if let Some(confidence) = confidence {
                    home["MinConfidence"] = number(CONFIDENCES[usize::from(*confidence)], widened);
                }
                wire.insert("Settings".into(), json!({"ConnectedHome": home}));
                if let Some(kms) = kms {
                    wire.insert("KmsKeyId".into(), json!(kms.spelled()));
                }
            }
            Kind::Face { data: stream, collection, threshold } => {
                wire.insert("Output".into(), json!({"KinesisDataStream": {"Arn": data(*stream)}}));
                let mut face = json!({"CollectionId": format!("people-{collection}")});
                if let Some(threshold) = threshold {
                    face["FaceMatchThreshold"] =
                        number(THRESHOLDS[usize::from(*threshold)], widened);
                }
                wire.insert("Settings".into(), json!({"FaceSearch": face}));
            }
        }
        if let Some(channel) = self.topic {
            wire.insert("NotificationChannel".into(), json!({"SNSTopicArn": topic(channel)}));
        }
        if !self.regions.is_empty() {
            let regions = self.regions.iter().map(|region| match region.shape() {
                Shape::Box(sides) => {
                    let sides = ["Left", "Top", "Width", "Height"].into_iter().zip(sides);
                    let sides = sides.map(|(name, side)| (name.to_owned(), number(side, widened)));
                    json!({"BoundingBox": sides.collect::<Map<_, _>>()})
                }
                Shape::Polygon(_) => {
                    let points = region.points().into_iter();
                    let points = points
                        .map(|(x, y)| json!({"X": number(x, widened), "Y": number(y, widened)}));
                    json!({"Polygon": points.collect::<Vec<_>>()})
                }
            });
            wire.insert("RegionsOfInterest".into(), regions.collect());
        }
        match self.sharing {
            Sharing::Unsaid => {}
            Sharing::Off => {
                drop(wire.insert("DataSharingPreference".into(), json!({"OptIn": false})))
            }
            Sharing::On => {
                drop(wire.insert("DataSharingPreference".into(), json!({"OptIn": true})))
            }
        }
        wire.insert("Tags".into(), json!(self.tags_spelled()));
        wire
    }

    pub fn tags_spelled(&self) -> BTreeMap<&'static str, &'static str> {
        let tags = self.tags.iter();
        tags.map(|(key, value)| (TAG_KEYS[usize::from(*key)], TAG_VALUES[usize::from(*value)]))
            .collect()
    }
}
