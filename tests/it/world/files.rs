//! A world's files as TOML, in one of many layouts that all mean the same.

use super::camera::{
    ACCOUNT, CONFIDENCES, Camera, Kind, REGION, Region, Shape, Sharing, TAG_KEYS, THRESHOLDS, data,
    role, topic, video,
};
use super::marks::{Leaves, OTHER, OWN};
use super::strategy::{Declared, IGNORABLE, World};
use super::{Dice, camera};

/// A path and a value, as TOML spells them.
type Assignment = (String, String);

/// Writes the project: its files by path, `rekon.toml` first. Another seed of
/// the dice gives another layout of the same meaning.
pub fn write(world: &World, dice: &mut Dice) -> Vec<(String, String)> {
    let mut parts: Vec<String> = Vec::new();
    for (index, declared) in &world.files {
        parts.extend(processor(World::name(*index), declared, dice));
    }
    if let Some(marks) = &world.marks {
        let released = marks.released.iter().map(|index| World::name(*index));
        parts.extend(
            released.map(|name| format!("[[removed]]\nname = \"{name}\"\ndestroy = false\n")),
        );
        let handed = marks.handed.iter().map(|index| World::name(*index));
        parts.extend(
            handed.map(|name| format!("[[moved]]\nfrom = \"{name}\"\nto_stack = \"{OTHER}\"\n")),
        );
    }
    dice.shuffle(&mut parts);

    let mut files = vec![("rekon.toml".to_owned(), stack(world, dice))];
    for number in 0..dice.below(3) {
        files.push((format!("parts/{number}.toml"), String::new()));
    }
    for part in parts {
        let file = dice.below(files.len());
        let text = &mut files[file].1;
        if dice.once_in(2) {
            text.push_str("\n# What somebody wanted to say, \"quoted\" = [1]\n\n\n");
        }
        text.push_str(&part);
        text.push('\n');
    }
    files
}

fn stack(world: &World, dice: &mut Dice) -> String {
    let mut lines = vec![
        format!("name = \"{OWN}\""),
        format!("account_id = \"{ACCOUNT}\""),
        format!("region = \"{REGION}\""),
        "include = [\"parts/*.toml\"]".to_owned(),
        format!("tags = \"{}\"", if world.exclusive { "exclusive" } else { "declared" }),
    ];
    match world.leaves() {
        Leaves::Nothing => lines.push("ownership = \"none\"".to_owned()),
        Leaves::Bond => lines.push("record = \"none\"".to_owned()),
        Leaves::Record => {}
    }
    if world.marks.as_ref().is_some_and(|marks| marks.accepts) {
        lines.push(format!("accepts_from = [\"{OTHER}\"]"));
    }
    if world.ignores_tags {
        lines.push("ignore_tags = [\"CreatedBy\", \"cost:*\"]".to_owned());
    }
    dice.shuffle(&mut lines);
    format!("[stack]\n{}\n\n[guard]\nmax_replacements = 100\n\n", lines.join("\n"))
}

/// A processor's table, and those of the templates and zones that it uses.
fn processor(name: &str, declared: &Declared, dice: &mut Dice) -> Vec<String> {
    let mut parts = Vec::new();
    let Declared { camera, runs, ignores, protected, wrong } = declared;
    let zone_prefix = name.replace('.', "-");
    let mut assignments = attributes(camera, &zone_prefix, &mut parts, dice);
    if let Some(runs) = runs {
        let word = if *runs { "running" } else { "stopped" };
        assignments.push(("desired_status".into(), string(word)));
    }
    if let Some((path, value)) = wrong {
        assignments.retain(|(other, _)| other != path);
        assignments.push(((*path).to_owned(), (*value).to_owned()));
    }
    let mut lifecycle = Vec::new();
    if *protected {
        lifecycle.push(("lifecycle.prevent_destroy".to_owned(), "true".to_owned()));
    }
    if !ignores.is_empty() {
        let paths = ignores.iter().map(|path| string(IGNORABLE[usize::from(*path)]));
        let paths: Vec<String> = paths.collect();
        lifecycle.push(("lifecycle.ignore_changes".to_owned(), format!("[{}]", paths.join(", "))));
    }

    // Any part of the attributes may come from a template.
    if dice.once_in(3) {
        let (lower, upper): (Vec<_>, Vec<_>) =
            assignments.into_iter().partition(|_| dice.once_in(2));
        let template = format!("{zone_prefix}-base");
        parts.push(table(&format!("template.{template}"), lower, dice));
        assignments = upper;
        assignments.push(("extends".into(), string(&template)));
    }
    assignments.extend(lifecycle);
    parts.push(table(&format!("processor.{}", key(name)), assignments, dice));
    parts
}

/// Writes a table: all keys dotted, or `settings` and `output` as tables of
/// their own.
fn table(path: &str, mut assignments: Vec<Assignment>, dice: &mut Dice) -> String {
    dice.shuffle(&mut assignments);
    let nested = dice.once_in(2);
    let (inner, outer): (Vec<_>, Vec<_>) = assignments.into_iter().partition(|(key, _)| {
        nested && (key.starts_with("settings.") || key.starts_with("output."))
    });
    let mut text = format!("[{path}]\n");
    for (key, value) in outer {
        let space = if dice.once_in(2) { " " } else { "    " };
        text.push_str(&format!("{key}{space}={space}{value}\n"));
    }
    for group in ["output", "settings"] {
        let mut header = false;
        for (key, value) in &inner {
            let Some(rest) = key.strip_prefix(&format!("{group}.")) else { continue };
            if !header {
                text.push_str(&format!("\n  [{path}.{group}]\n"));
                header = true;
            }
            text.push_str(&format!("  {rest} = {value} # {group}\n"));
        }
    }
    text
}

fn attributes(
    camera: &Camera,
    prefix: &str,
    parts: &mut Vec<String>,
    dice: &mut Dice,
) -> Vec<Assignment> {
    let mut all: Vec<Assignment> = Vec::new();
    let mut put = |path: &str, value: String| all.push((path.to_owned(), value));
    put("role_arn", string(&role(camera.role)));
    put("input.kinesis_video_stream.arn", string(&video(camera.video)));
    match &camera.kind {
        Kind::Home { labels: _, confidence, bucket, prefix, kms } => {
            let mut labels: Vec<String> = camera.labels().into_iter().map(string).collect();
            dice.shuffle(&mut labels);
            put("settings.connected_home.labels", format!("[{}]", labels.join(", ")));
            if let Some(confidence) = confidence {
                let text = CONFIDENCES[usize::from(*confidence)];
                put("settings.connected_home.min_confidence", number(text, dice));
            }
            put("output.s3_destination.bucket", string(&format!("results-{bucket}")));
            match prefix {
                Some(prefix) => {
                    put("output.s3_destination.key_prefix", string(&format!("camera/{prefix}/")));
                }
                // An empty one is none.
                None if dice.once_in(3) => put("output.s3_destination.key_prefix", string("")),
                None => {}
            }
            if let Some(kms) = kms {
                put("kms_key_id", string(&kms.spelled()));
            }
        }
        Kind::Face { data: stream, collection, threshold } => {
            put("output.kinesis_data_stream.arn", string(&data(*stream)));
            put("settings.face_search.collection_id", string(&format!("people-{collection}")));
            if let Some(threshold) = threshold {
                let text = THRESHOLDS[usize::from(*threshold)];
                put("settings.face_search.face_match_threshold", number(text, dice));
            }
        }
    }
    if let Some(channel) = camera.topic {
        put("notification_channel.sns_topic_arn", string(&topic(channel)));
    }
    match camera.sharing {
        Sharing::Unsaid => {}
        Sharing::Off => put("data_sharing_preference.opt_in", "false".into()),
        Sharing::On => put("data_sharing_preference.opt_in", "true".into()),
    }
    for (tag, value) in &camera.tags {
        let (tag, value) = (TAG_KEYS[usize::from(*tag)], camera::TAG_VALUES[usize::from(*value)]);
        put(&format!("tags.{}", key(tag)), string(value));
    }
    if !camera.regions.is_empty() {
        let mut regions: Vec<String> = Vec::new();
        for (number, region) in camera.regions.iter().enumerate() {
            let shape = shape(*region, dice);
            if dice.once_in(3) {
                let zone = format!("{prefix}-{number}");
                parts.push(format!("[zone.{zone}]\n{shape}\n"));
                regions.push(format!("{{ zone = \"{zone}\" }}"));
            } else {
                regions.push(format!("{{ {shape} }}"));
            }
        }
        dice.shuffle(&mut regions);
        put("regions_of_interest", format!("[\n  {},\n]", regions.join(",\n  ")));
    }
    all
}

/// A region's shape, from whichever corner the dice say.
fn shape(region: Region, dice: &mut Dice) -> String {
    match region.shape() {
        Shape::Box(sides) => {
            let names = ["left", "top", "width", "height"];
            let mut sides: Vec<String> = names
                .iter()
                .zip(sides)
                .map(|(name, side)| format!("{name} = {}", number(side, dice)))
                .collect();
            dice.shuffle(&mut sides);
            format!("bounding_box = {{ {} }}", sides.join(", "))
        }
        Shape::Polygon(_) => {
            let turned = Region {
                turn: u8::try_from(dice.below(5)).unwrap(),
                mirrored: dice.once_in(2),
                ..region
            };
            let points = turned.points().into_iter();
            let points: Vec<String> = points
                .map(|(x, y)| format!("[{}, {}]", number(x, dice), number(y, dice)))
                .collect();
            format!("polygon = [{}]", points.join(", "))
        }
    }
}

/// One of the spellings of a number that are the same float32.
fn number(text: &str, dice: &mut Dice) -> String {
    let exact: f64 = text.parse().unwrap();
    let narrow: f32 = text.parse().unwrap();
    let whole = !text.contains('.');
    match dice.below(5) {
        0 if whole => format!("{text}.0"),
        0 => format!("{text}00"),
        1 => format!("{exact:e}"),
        2 if !whole => format!("{:?}", f64::from(narrow)),
        3 => format!("+{text}"),
        _ => text.to_owned(),
    }
}

fn string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn key(text: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if text.bytes().all(bare) { text.to_owned() } else { string(text) }
}
