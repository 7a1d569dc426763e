//! Random layers that several processors share, moved at random.

use std::fmt::Write as _;

use serde_json::json;

use super::{Files, accept, applied, attributes, edited, read};
use crate::world::camera::{ACCOUNT, REGION, role};
use crate::world::dice::Dice;
use crate::world::stage::{Project, paused};

const NAMES: [&str; 6] = ["attic", "cellar", "garage", "hall", "porch", "yard"];
const SHAPES: [f64; 3] = [0.0, 0.25, 0.5];

fn bounds(left: f64) -> String {
    format!("{{ left = {left:?}, top = 0.5, width = 0.25, height = 0.5 }}")
}

/// What a layer gives: any of what may differ, in one of two layouts.
fn gives(text: &mut String, table: &str, dice: &mut Dice, zones: usize) {
    let mut lines: Vec<String> = Vec::new();
    if dice.once_in(2) {
        let confidence = dice.pick(&[60, 70, 80]);
        lines.push(format!("settings.connected_home.min_confidence = {confidence} # percent"));
    }
    if dice.once_in(3) {
        lines.push(format!("kms_key_id = \"alias/{}\" # a key", dice.pick(&["low", "high"])));
    }
    if dice.once_in(3) {
        let region = match dice.below(zones + 1) {
            0 => format!("{{ bounding_box = {} }}", bounds(*dice.pick(&SHAPES))),
            zone => format!("{{ zone = \"z{}\" }}", zone - 1),
        };
        lines.push(format!("regions_of_interest = [\n  {region}, # here\n]"));
    }
    let team = *dice.pick(&["east", "west"]);
    match dice.below(3) {
        0 => lines.push(format!("tags = {{ team = \"{team}\" }} # theirs")),
        1 => lines.push(format!("[{table}.tags]\nteam = \"{team}\" # theirs")),
        _ => {}
    }
    for line in lines {
        writeln!(text, "{line}").unwrap();
    }
}

fn project(dice: &mut Dice) -> Files {
    let zones = dice.below(3);
    let mut text = format!(
        "[stack]\nname = \"home\"\naccount_id = \"{ACCOUNT}\"\nregion = \"{REGION}\"\n\
         include = [\"more.toml\"]\n\
         [defaults]\nrole_arn = \"{}\"\noutput.s3_destination.bucket = \"results\"\n\
         settings.connected_home.labels = [\"PET\"]\n",
        role(0)
    );
    gives(&mut text, "defaults", dice, zones);
    text.push_str("[defaults.label_detection]\n");
    gives(&mut text, "defaults.label_detection", dice, zones);
    let mut more = String::new();
    for (zone, left) in SHAPES[..zones].iter().enumerate() {
        writeln!(more, "[zone.z{zone}]\nbounding_box = {} # a zone", bounds(*left)).unwrap();
    }
    for (template, extends) in [("a", "[]"), ("b", "[\"a\"]"), ("c", "[]")] {
        writeln!(more, "[template.{template}]\nextends = {extends}").unwrap();
        gives(&mut more, &format!("template.{template}"), dice, zones);
    }
    for name in NAMES {
        let extends = dice.pick(&["[]", "[\"a\"]", "[\"b\"]", "[\"a\", \"c\"]", "[\"c\", \"b\"]"]);
        let out = if dice.once_in(2) { &mut text } else { &mut more };
        write!(
            out,
            "[processor.{name}] # {name}\nextends = {extends}\ninput.kinesis_video_stream.arn = \
             \"arn:aws:kinesisvideo:{REGION}:{ACCOUNT}:stream/{name}/1590000000000\"\n"
        )
        .unwrap();
        gives(out, &format!("processor.{name}"), dice, zones);
    }
    vec![("rekon.toml".to_owned(), text), ("more.toml".to_owned(), more)]
}

#[test]
fn shared_layers_say_what_lives_after_any_move() {
    let seeds: Vec<u64> = match std::env::var("REKON_SEED") {
        Ok(seed) => vec![seed.parse().unwrap()],
        Err(_) => (0..60).collect(),
    };
    let mut tables = std::collections::BTreeSet::new();
    for seed in seeds {
        let mut dice = Dice::new(seed);
        let files = project(&mut dice);
        let outcome: Result<(), String> = paused(async {
            let mut snapshot = applied(&files).await?;
            // Sometimes all of them move to the same.
            let together = dice.once_in(2);
            let mut draw = |sides: usize, common: &mut Option<usize>| {
                let drawn = dice.below(sides);
                if together { *common.get_or_insert(drawn) } else { drawn }
            };
            let mut common = [None; 4];
            for wire in snapshot["processors"].as_array_mut().unwrap() {
                match draw(4, &mut common[0]) {
                    0 => wire["Settings"]["ConnectedHome"]["MinConfidence"] = json!(90),
                    1 => {
                        let home = wire["Settings"]["ConnectedHome"].as_object_mut().unwrap();
                        home.remove("MinConfidence");
                    }
                    _ => {}
                }
                match draw(4, &mut common[1]) {
                    0 => wire["KmsKeyId"] = json!("alias/new"),
                    1 => drop(wire.as_object_mut().unwrap().remove("KmsKeyId")),
                    _ => {}
                }
                match draw(4, &mut common[2]) {
                    0 => {
                        wire["RegionsOfInterest"] = json!([{"BoundingBox":
                            {"Left": 0.75, "Top": 0.5, "Width": 0.25, "Height": 0.5}}]);
                    }
                    1 => drop(wire.as_object_mut().unwrap().remove("RegionsOfInterest")),
                    _ => {}
                }
                match draw(4, &mut common[3]) {
                    0 => wire["Tags"]["team"] = json!("north"),
                    1 => drop(wire["Tags"].as_object_mut().unwrap().remove("team")),
                    _ => {}
                }
            }
            let project = Project::new(&files)?;
            let live = read(&project, &snapshot).await?;
            let acceptance = accept(&project, &live, &[])?;
            let after = edited(&files, &acceptance);
            let plan = Project::new(&after)?.plan(&live);
            if !attributes(&plan).is_empty() {
                return Err(format!("{:?} are left\n{after:#?}", attributes(&plan)));
            }
            let comments = |files: &Files| -> usize {
                files.iter().map(|(_, text)| text.matches('#').count()).sum()
            };
            if comments(&files) != comments(&after) {
                return Err(format!("a comment was lost\n{after:#?}"));
            }
            tables.extend(
                acceptance
                    .accepted
                    .into_iter()
                    .map(|one| one.table.split('.').next().unwrap().to_owned()),
            );
            Ok(())
        });
        if let Err(problem) = outcome {
            let texts: String = files.iter().map(|(_, text)| text.as_str()).collect();
            panic!("REKON_SEED={seed}: {problem}\n{texts}");
        }
    }
    // Every layer was edited somewhere.
    if std::env::var_os("REKON_SEED").is_none() {
        let expected = ["defaults", "processor", "template", "zone"].map(str::to_owned);
        assert_eq!(tables.into_iter().collect::<Vec<_>>(), expected);
    }
}
