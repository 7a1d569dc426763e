//! Rekon under the points that nobody knows about the service: a covering set
//! of all the ways in which they can play out.

use std::collections::BTreeSet;
use std::time::Duration;

use rekon::emulator::{LabelsUpdate, Options, Quirks, Settle};
use rekon::model::{Attribute, Value};
use rekon::plan::{Deviation, Failure, Fate, Plan, Reason};

use crate::world::camera::Camera;
use crate::world::stage::{Project, Stage, paused};
use crate::world::strategy::{World, world_of};
use crate::world::{Dice, files};

/// Positions of quirks and their variants, in the order of [`Quirks::ALL`].
type Row = Vec<usize>;

/// Rows in which every two variants of any two quirks meet: of some random
/// rows, always the one that brings most new pairs.
fn pairwise() -> Vec<Row> {
    let sizes: Vec<usize> = Quirks::ALL.iter().map(|quirk| quirk.variants.len()).collect();
    let mut missing = BTreeSet::new();
    for first in 0..sizes.len() {
        for second in first + 1..sizes.len() {
            for one in 0..sizes[first] {
                for other in 0..sizes[second] {
                    missing.insert((first, one, second, other));
                }
            }
        }
    }
    let pairs = |row: &Row| -> Vec<(usize, usize, usize, usize)> {
        let firsts = 0..row.len();
        firsts
            .flat_map(|first| (first + 1..row.len()).map(move |second| (first, second)))
            .map(|(first, second)| (first, row[first], second, row[second]))
            .collect()
    };
    let mut dice = Dice::new(1);
    let mut rows = vec![vec![0; sizes.len()]];
    missing.retain(|pair| !pairs(&rows[0]).contains(pair));
    while !missing.is_empty() {
        let candidates: Vec<Row> =
            (0..60).map(|_| sizes.iter().map(|size| dice.below(*size)).collect()).collect();
        let gain = |row: &Row| pairs(row).iter().filter(|pair| missing.contains(*pair)).count();
        let best = candidates.into_iter().max_by_key(gain).unwrap();
        if gain(&best) > 0 {
            missing.retain(|pair| !pairs(&best).contains(pair));
            rows.push(best);
        }
    }
    rows
}

fn quirks(row: &Row) -> Quirks {
    let mut quirks = Quirks::default();
    for (quirk, variant) in Quirks::ALL.iter().zip(row) {
        quirks.set(quirk.name, quirk.variants[*variant].name).unwrap();
    }
    quirks
}

/// A world in which every label detection says where to announce its results.
fn announced(mut world: World) -> World {
    let announce = |camera: &mut Camera| {
        if !camera.is_face() {
            camera.topic.get_or_insert(0);
        }
    };
    world.live.values_mut().for_each(|lived| announce(&mut lived.camera));
    world.files.values_mut().for_each(|declared| {
        announce(&mut declared.camera);
        declared.protected = false;
    });
    world
}

/// The processors that lose a label in place.
fn lose_labels(plan: &Plan) -> BTreeSet<String> {
    let lost = |change: &rekon::plan::Change| {
        change.attributes.iter().any(|attribute| {
            let labels = |value: &Option<Value>| -> BTreeSet<String> {
                value.as_ref().and_then(Value::as_labels).cloned().unwrap_or_default()
            };
            attribute.attribute == Attribute::Labels
                && attribute.effect == rekon::plan::Effect::InPlace
                && !labels(&attribute.before).is_subset(&labels(&attribute.after))
        }) && !change.actions.contains(&rekon::plan::Action::Replace)
    };
    plan.changes.iter().filter(|change| lost(change)).map(|change| change.name.clone()).collect()
}

#[test]
fn however_the_service_turns_out_applying_converges_or_says_that_it_cannot() {
    let rows = pairwise();
    let mut stubborn = 0;
    let mut applied = 0;
    for (number, row) in rows.iter().enumerate() {
        for seed in 0..6 {
            let seed = seed + 6 * number as u64;
            let lost = paused(run(&announced(world_of(seed)), seed, quirks(row)));
            match lost {
                Ok(Some(lost)) => {
                    applied += 1;
                    stubborn += lost;
                }
                Ok(None) => {}
                Err(problem) => panic!("seed {seed}, {}: {problem}", quirks(row)),
            }
        }
    }
    assert!(stubborn > 0, "no update ever took a label away from a service that keeps them");
    assert!(applied > rows.len(), "{applied} of {} plans were not refused", rows.len() * 6);
}

/// How many processors could not converge; `None`: the plan was refused.
async fn run(world: &World, seed: u64, quirks: Quirks) -> Result<Option<usize>, String> {
    let options =
        Options { quirks, settle: Settle::all(Duration::from_secs(3)), ..Options::default() };
    let stage = Stage::new(&world.snapshot(), options).await;
    let project = Project::new(&files::write(world, &mut Dice::new(seed)))?;
    let plan = stage.plan(&project).await.map_err(|error| error.to_string())?;
    if !plan.refusals.is_empty() {
        return Ok(None);
    }
    let keeps_labels = quirks.labels_update == LabelsUpdate::Merge;
    let stubborn = if keeps_labels { lose_labels(&plan) } else { BTreeSet::new() };
    let recovery = tempfile::tempdir().unwrap();
    let outcome = stage.apply(&plan, recovery.path()).await.map_err(|error| error.to_string())?;
    for told in &outcome.processors {
        let expected = match &told.fate {
            Fate::Done => !stubborn.contains(&told.name),
            // Verification fails, and says what is there instead.
            Fate::Failed(Failure { call: None, reason: Reason::Deviates(deviations) }) => {
                let of_labels = |deviation: &Deviation| {
                    matches!(deviation, Deviation::Attribute(difference)
                        if difference.attribute == Attribute::Labels)
                };
                stubborn.contains(&told.name) && deviations.iter().all(of_labels)
            }
            _ => false,
        };
        if !expected {
            return Err(format!("{told:#?}"));
        }
    }
    let again = stage.plan(&project).await.map_err(|error| error.to_string())?;
    let left: BTreeSet<String> = again.changes.iter().map(|change| change.name.clone()).collect();
    if left != stubborn {
        return Err(format!("planned again: {:#?}", again.changes));
    }
    Ok(Some(stubborn.len()))
}

#[test]
fn a_tagging_api_that_names_no_processor_is_not_believed() {
    // The one case in which its silence agrees with the files: nothing declared,
    // and every tag to be removed.
    let mut world = (0..)
        .map(world_of)
        .find(|world| {
            let plain =
                |index| world.files.get(index).is_some_and(|declared| declared.ignores.is_empty());
            world.live.keys().any(plain)
        })
        .unwrap();
    let index = *world.live.keys().find(|index| world.files.contains_key(*index)).unwrap();
    let lived = world.live[&index].clone();
    world.live.retain(|name, _| *name == index);
    world.files.retain(|name, _| *name == index);
    let declared = world.files.get_mut(&index).unwrap();
    declared.camera = lived.camera.clone();
    (declared.runs, declared.protected) = (None, false);
    declared.ignores.clear();
    declared.camera.tags.clear();
    world.live.get_mut(&index).unwrap().camera.tags = [(0, 0), (1, 1)].into();
    (world.exclusive, world.ignores_tags) = (true, false);
    for tagging in Quirks::ALL.iter().find(|quirk| quirk.name == "tagging").unwrap().variants {
        let mut quirks = Quirks::default();
        quirks.set("tagging", tagging.name).unwrap();
        let plan = paused(async {
            let options = Options { quirks, ..Options::default() };
            let stage = Stage::new(&world.snapshot(), options).await;
            let project = Project::new(&files::write(&world, &mut Dice::new(1))).unwrap();
            stage.plan(&project).await.unwrap()
        });
        let calls: Vec<serde_json::Value> =
            plan.calls.iter().map(|call| call.request["TagKeys"].clone()).collect();
        assert_eq!(calls, [serde_json::json!(["site", "team"])], "{}", tagging.name);
    }
}
