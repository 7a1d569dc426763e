//! Random fleets that are moved at random: after taking over, nothing is planned, and the
//! files differ in nothing else.

use rekon::model::Attribute;
use serde_json::{Map, Value, json};

use super::{Files, accept, applied, attributes, edited, read};
use crate::convergence::for_worlds;
use crate::world::camera::data;
use crate::world::stage::{Project, paused};
use crate::world::strategy::world_of;
use crate::world::{Dice, World, files};

/// The files of a world, whose stack leaves marks.
fn marked(world: &World, dice: &mut Dice) -> Files {
    let mut files = files::write(world, dice);
    files[0].1 = files[0].1.replace("ownership = \"none\"\n", "");
    files
}

const MEMBERS: [&str; 8] = [
    "RoleArn",
    "NotificationChannel",
    "RegionsOfInterest",
    "DataSharingPreference",
    "KmsKeyId",
    "Tags",
    "Status",
    "Settings",
];

/// Gives processors some of what those of another world have, by hand.
fn moved(snapshot: &Value, other: &World, dice: &mut Dice) -> Value {
    let mut snapshot = snapshot.clone();
    let donors: Vec<Map<String, Value>> =
        other.live.values().map(|lived| lived.camera.wire(false)).collect();
    for (number, wire) in (0_u8..).zip(snapshot["processors"].as_array_mut().unwrap()) {
        let donor = dice.pick(&donors).clone();
        let wire = wire.as_object_mut().unwrap();
        let kind = |wire: &Map<String, Value>| wire["Settings"].get("FaceSearch").is_some();
        for member in MEMBERS {
            if !dice.once_in(2) {
                continue;
            }
            match member {
                "Status" if kind(wire) => {
                    wire.insert("Status".into(), json!(dice.pick(&["RUNNING", "STOPPED"])));
                }
                "Status" => {}
                "Tags" => {
                    let marks = wire["Tags"].as_object().unwrap().clone();
                    let marks = marks.into_iter().filter(|(key, _)| key.starts_with("rekon:"));
                    let mut tags = donor.get("Tags").cloned().unwrap_or_else(|| json!({}));
                    tags.as_object_mut().unwrap().extend(marks);
                    wire.insert("Tags".into(), tags);
                }
                // Somebody made it anew, as one of another kind. No two share a stream.
                "Settings" if kind(wire) != kind(&donor) => {
                    let stream = json!({"KinesisDataStream": {"Arn": data(200 + number)}});
                    let output = if kind(&donor) { stream } else { donor["Output"].clone() };
                    wire.insert("Settings".into(), donor["Settings"].clone());
                    wire.insert("Output".into(), output);
                    wire.insert("Status".into(), json!("STOPPED"));
                    wire.remove("KmsKeyId");
                }
                "Settings" => {
                    wire.insert(member.into(), donor[member].clone());
                    if !kind(wire) {
                        wire.insert("Output".into(), donor["Output"].clone());
                    }
                }
                _ => match donor.get(member) {
                    Some(value) if member != "KmsKeyId" || !kind(wire) => {
                        wire.insert(member.into(), value.clone());
                    }
                    _ if member == "RoleArn" => {}
                    _ => drop(wire.remove(member)),
                },
            }
        }
    }
    snapshot
}

fn comments(files: &Files) -> usize {
    files.iter().map(|(_, text)| text.matches('#').count()).sum()
}

#[test]
fn after_taking_over_nothing_is_planned_and_the_texts_differ_only_where_they_must() {
    let accepted = std::cell::Cell::new(0);
    for_worlds(100, |world, seed| {
        paused(async {
            let mut dice = Dice::new(seed);
            let files = marked(world, &mut dice);
            let snapshot = applied(&files).await?;
            let project = Project::new(&files)?;
            let untouched = accept(&project, &read(&project, &snapshot).await?, &[])?;
            if !untouched.files.is_empty() || !untouched.accepted.is_empty() {
                return Err(format!("nothing moved, and yet {:#?}", untouched.accepted));
            }
            let snapshot = moved(&snapshot, &world_of(seed ^ 1), &mut dice);
            let live = read(&project, &snapshot).await?;
            let before = project.plan(&live);
            let acceptance = accept(&project, &live, &[])?;
            let after = edited(&files, &acceptance);
            let said = || format!("{:#?}\n{after:#?}", acceptance.accepted);
            let edited = Project::new(&after)?;
            let plan = edited.plan(&live);
            if !attributes(&plan).is_empty() {
                return Err(format!("{:?} are left: {}", attributes(&plan), said()));
            }
            // A run state that the files do not say is none that they manage.
            let unmanaged = before.changes.iter().flat_map(|change| &change.attributes);
            let unmanaged = unmanaged
                .filter(|one| one.attribute == Attribute::DesiredStatus && one.after.is_none());
            if acceptance.accepted.len() + unmanaged.count() != attributes(&before).len() {
                return Err(format!("{:?} were there: {}", attributes(&before), said()));
            }
            if comments(&files) != comments(&after) {
                return Err(format!("a comment was lost: {}", said()));
            }
            let again = accept(&edited, &live, &[])?;
            if !again.files.is_empty() {
                return Err(format!("taken over twice: {:#?}", again.files));
            }
            accepted.set(accepted.get() + acceptance.accepted.len());
            Ok(())
        })
    });
    assert!(accepted.get() > 100, "{}", accepted.get());
}
