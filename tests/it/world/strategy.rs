//! Worlds for proptest: small numbers that shrink.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use super::camera::{ACCOUNT, Camera, Kind, Kms, NAMES, REGION, Region, Sharing, Status};
use super::marks::Marks;

/// What lives, and what the files say. Keys are positions in [`NAMES`].
#[derive(Clone, Debug)]
pub struct World {
    pub live: BTreeMap<u8, Lived>,
    pub files: BTreeMap<u8, Declared>,
    /// `tags = "exclusive"`.
    pub exclusive: bool,
    /// `ignore_tags = ["CreatedBy", "cost:*"]`.
    pub ignores_tags: bool,
    /// Numbers from the service are widened to double.
    pub widened: bool,
    /// `None`: the stack leaves no marks, and there are none.
    pub marks: Option<Marks>,
}

#[derive(Clone, Debug)]
pub struct Lived {
    pub camera: Camera,
    pub status: Status,
}

#[derive(Clone, Debug)]
pub struct Declared {
    pub camera: Camera,
    /// `desired_status`, as whether to run.
    pub runs: Option<bool>,
    /// Positions in [`IGNORABLE`].
    pub ignores: BTreeSet<u8>,
    pub protected: bool,
    /// An attribute that is written as this, which no file may say.
    pub wrong: Option<(&'static str, &'static str)>,
}

/// Paths for `ignore_changes`: leaves and tables.
pub const IGNORABLE: [&str; 13] = [
    "role_arn",
    "input",
    "output",
    "output.s3_destination.key_prefix",
    "settings",
    "settings.connected_home.min_confidence",
    "notification_channel.sns_topic_arn",
    "kms_key_id",
    "regions_of_interest",
    "data_sharing_preference",
    "desired_status",
    "tags",
    "tags.site",
];

/// Whether one of the ignored paths covers this one.
pub fn covers(ignores: &BTreeSet<u8>, path: &str) -> bool {
    ignores.iter().any(|ignored| {
        let ignored = IGNORABLE[usize::from(*ignored)];
        path == ignored || path.starts_with(&format!("{ignored}."))
    })
}

impl Lived {
    pub fn counts_as_running(&self) -> bool {
        self.camera.is_face() && matches!(self.status, Status::Running | Status::Starting)
    }
}

impl World {
    pub fn name(index: u8) -> &'static str {
        NAMES[usize::from(index)]
    }

    /// What lives, as a snapshot for the emulator to start from.
    pub fn snapshot(&self) -> Value {
        let processors = self.live.iter().map(|(name, lived)| {
            let mut wire = lived.camera.wire(self.widened);
            wire.insert("Tags".into(), json!(self.live_tags(*name)));
            wire.insert("Name".into(), json!(World::name(*name)));
            wire.insert("Status".into(), json!(lived.status.word()));
            wire.insert("CreationTimestamp".into(), json!(1_700_000_000.5));
            Value::Object(wire)
        });
        json!({
            "format_version": "1.0", "account_id": ACCOUNT, "region": REGION, "complete": true,
            "processors": processors.collect::<Vec<_>>(),
        })
    }
}

fn region() -> impl Strategy<Value = Region> {
    (0..5_u8, 0..5_u8, any::<bool>()).prop_map(|(shape, turn, mirrored)| Region {
        shape,
        turn,
        mirrored,
    })
}

fn regions() -> impl Strategy<Value = Vec<Region>> {
    prop::collection::vec(region(), 0..=3)
}

fn kms() -> impl Strategy<Value = Kms> {
    (0..2_u8, any::<bool>(), any::<bool>()).prop_map(|(key, alias, arn)| Kms { key, alias, arn })
}

fn sharing() -> impl Strategy<Value = Sharing> {
    select(vec![Sharing::Unsaid, Sharing::Off, Sharing::On])
}

fn tags(keys: u8) -> impl Strategy<Value = BTreeMap<u8, u8>> {
    prop::collection::btree_map(0..keys, 0..3_u8, 0..=3)
}

fn home() -> impl Strategy<Value = Kind> {
    let parts = (
        1..8_u8,
        prop::option::of(0..5_u8),
        0..2_u8,
        prop::option::of(0..2_u8),
        prop::option::of(kms()),
    );
    parts.prop_map(|(labels, confidence, bucket, prefix, kms)| Kind::Home {
        labels,
        confidence,
        bucket,
        prefix,
        kms,
    })
}

fn face() -> impl Strategy<Value = Kind> {
    (0..9_u8, 0..2_u8, prop::option::of(0..3_u8))
        .prop_map(|(data, collection, threshold)| Kind::Face { data, collection, threshold })
}

fn camera(tag_keys: u8) -> impl Strategy<Value = Camera> {
    let kind = prop_oneof![3 => home(), 2 => face()];
    let topic = prop::option::weighted(0.7, 0..2_u8);
    (0..3_u8, 0..9_u8, kind, topic, regions(), sharing(), tags(tag_keys)).prop_map(
        |(role, video, kind, topic, regions, sharing, tags)| Camera {
            role,
            video,
            kind,
            topic,
            regions,
            sharing,
            tags,
        },
    )
}

/// One thing that the files say otherwise than what lives.
#[derive(Clone, Debug)]
enum Edit {
    Role(u8),
    Video(u8),
    Labels(u8),
    Confidence(Option<u8>),
    Bucket(u8),
    Prefix(Option<u8>),
    Topic(Option<u8>),
    Kms(Option<Kms>),
    Data(u8),
    Collection(u8),
    Threshold(Option<u8>),
    Regions(Vec<Region>),
    /// The same regions in another order, each drawn from another corner.
    Redraw(u8),
    Sharing(Sharing),
    Tag(u8, Option<u8>),
    Kind(Kind),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        1 => (0..3_u8).prop_map(Edit::Role),
        1 => (0..9_u8).prop_map(Edit::Video),
        3 => (1..8_u8).prop_map(Edit::Labels),
        3 => prop::option::of(0..5_u8).prop_map(Edit::Confidence),
        1 => (0..2_u8).prop_map(Edit::Bucket),
        1 => prop::option::of(0..2_u8).prop_map(Edit::Prefix),
        1 => prop::option::of(0..2_u8).prop_map(Edit::Topic),
        2 => prop::option::of(kms()).prop_map(Edit::Kms),
        1 => (0..9_u8).prop_map(Edit::Data),
        1 => (0..2_u8).prop_map(Edit::Collection),
        1 => prop::option::of(0..3_u8).prop_map(Edit::Threshold),
        3 => regions().prop_map(Edit::Regions),
        3 => any::<u8>().prop_map(Edit::Redraw),
        3 => sharing().prop_map(Edit::Sharing),
        3 => (0..4_u8, prop::option::of(0..3_u8)).prop_map(|(key, value)| Edit::Tag(key, value)),
        1 => prop_oneof![home(), face()].prop_map(Edit::Kind),
    ]
}

impl Edit {
    fn apply(self, camera: &mut Camera) {
        match (self, &mut camera.kind) {
            (Edit::Role(to), _) => camera.role = to,
            (Edit::Video(to), _) => camera.video = to,
            (Edit::Labels(to), Kind::Home { labels, .. }) => *labels = to,
            (Edit::Confidence(to), Kind::Home { confidence, .. }) => *confidence = to,
            (Edit::Bucket(to), Kind::Home { bucket, .. }) => *bucket = to,
            (Edit::Prefix(to), Kind::Home { prefix, .. }) => *prefix = to,
            (Edit::Topic(to), _) => camera.topic = to,
            (Edit::Kms(to), Kind::Home { kms, .. }) => *kms = to,
            (Edit::Data(to), Kind::Face { data, .. }) => *data = to,
            (Edit::Collection(to), Kind::Face { collection, .. }) => *collection = to,
            (Edit::Threshold(to), Kind::Face { threshold, .. }) => *threshold = to,
            (Edit::Regions(to), _) => camera.regions = to,
            (Edit::Redraw(by), _) => {
                camera.regions.reverse();
                for region in &mut camera.regions {
                    region.turn = by % 5;
                    region.mirrored = by % 2 == 1;
                }
            }
            (Edit::Sharing(to), _) => camera.sharing = to,
            (Edit::Tag(key, Some(value)), _) => drop(camera.tags.insert(key, value)),
            (Edit::Tag(key, None), _) => drop(camera.tags.remove(&key)),
            (Edit::Kind(to), _) => camera.kind = to,
            // An attribute of the other kind.
            _ => {}
        }
    }
}

/// A live processor and what the files make of it.
type Part = (Camera, Status, Option<Vec<Edit>>, Extras);
/// `desired_status`, `ignore_changes`, `prevent_destroy`.
type Extras = (Option<bool>, BTreeSet<u8>, bool);

fn extras() -> impl Strategy<Value = Extras> {
    let ignores = prop_oneof![
        3 => Just(BTreeSet::new()),
        1 => prop::collection::btree_set(0..13_u8, 1..=2),
    ];
    (prop::option::of(any::<bool>()), ignores, prop::bool::weighted(0.08))
}

fn part() -> impl Strategy<Value = Part> {
    let status = select(vec![
        Status::Stopped,
        Status::Failed,
        Status::Starting,
        Status::Running,
        Status::Stopping,
    ]);
    let edits = prop::option::weighted(0.9, prop::collection::vec(edit(), 0..=4));
    (camera(5), status, edits, extras())
}

/// How the declared processors exchange their streams.
#[derive(Clone, Copy, Debug)]
enum Exchange {
    None,
    Swap,
    Rotate,
}

/// A world of one to four live processors and up to two new ones.
pub fn world() -> impl Strategy<Value = World> {
    let exchange = prop_oneof![
        4 => Just(Exchange::None),
        1 => Just(Exchange::Swap),
        1 => Just(Exchange::Rotate),
    ];
    let new = prop::collection::vec((camera(4), extras()), 0..=2);
    (prop::collection::vec(part(), 1..=4), new, exchange, any::<[bool; 3]>()).prop_map(
        |(parts, new, exchange, [exclusive, ignores_tags, widened])| {
            assemble(parts, new, exchange, exclusive, ignores_tags, widened)
        },
    )
}

/// A world from a seed, without shrinking.
pub fn world_of(seed: u64) -> World {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    world().new_tree(&mut runner).unwrap().current()
}

fn assemble(
    parts: Vec<Part>,
    new: Vec<(Camera, Extras)>,
    exchange: Exchange,
    exclusive: bool,
    ignores_tags: bool,
    widened: bool,
) -> World {
    let mut world = World {
        live: BTreeMap::new(),
        files: BTreeMap::new(),
        exclusive,
        ignores_tags,
        widened,
        marks: None,
    };
    // Each live processor begins with a stream of its own: its position.
    for (index, (mut camera, status, edits, extras)) in (0_u8..).zip(parts) {
        camera.video = index;
        if let Kind::Face { data, .. } = &mut camera.kind {
            *data = index;
        }
        let status = match (status, camera.is_face()) {
            (Status::Running | Status::Stopping, false) => Status::Stopped,
            (status, _) => status,
        };
        if let Some(edits) = edits {
            let mut declared = camera.clone();
            // AWS's own tags stand in no file.
            declared.tags.remove(&4);
            edits.into_iter().for_each(|edit| edit.apply(&mut declared));
            world.files.insert(index, declare(declared, extras));
        }
        world.live.insert(index, Lived { camera, status });
    }
    exchange_streams(&mut world, exchange);
    for (index, (camera, extras)) in (4_u8..).zip(new) {
        world.files.insert(index, declare(camera, extras));
    }
    give_each_its_stream(&mut world);
    world
}

fn declare(camera: Camera, (runs, ignores, protected): Extras) -> Declared {
    let runs = runs.filter(|_| camera.is_face());
    Declared { camera, runs, ignores, protected, wrong: None }
}

fn exchange_streams(world: &mut World, exchange: Exchange) {
    let declared: Vec<u8> = world.files.keys().copied().collect();
    let count = match exchange {
        Exchange::None => return,
        Exchange::Swap => 2,
        Exchange::Rotate => 3,
    };
    if declared.len() < count {
        return;
    }
    let videos: Vec<u8> = declared.iter().map(|index| world.files[index].camera.video).collect();
    for (at, index) in declared[..count].iter().enumerate() {
        world.files.get_mut(index).unwrap().camera.video = videos[(at + 1) % count];
    }
}

/// Two declared processors on one stream are an error of the files; whoever
/// comes second gets a stream that nobody knows.
fn give_each_its_stream(world: &mut World) {
    let (mut videos, mut streams) = (BTreeSet::new(), BTreeSet::new());
    for (index, declared) in &mut world.files {
        let camera = &mut declared.camera;
        if !videos.insert(camera.video) {
            camera.video = 100 + index;
            videos.insert(camera.video);
        }
        if let Kind::Face { data, .. } = &mut camera.kind
            && !streams.insert(*data)
        {
            *data = 100 + index;
            streams.insert(*data);
        }
    }
}
