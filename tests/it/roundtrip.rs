//! What lives, written as TOML and read again, is no change; and the same
//! meaning written otherwise is the same plan.

use rekon::emulator::Options;
use rekon::plan::Plan;
use rekon::report;
use serde_json::{Value, json};

use crate::convergence::{for_worlds, some_quirks};
use crate::world::stage::{Project, Stage, paused};
use crate::world::strategy::World;
use crate::world::{Dice, files};

#[test]
fn whatever_lives_is_no_change_when_written_as_toml() {
    for_worlds(100, |world, seed| {
        paused(async {
            let quirks = some_quirks(world, &mut Dice::new(seed));
            let options = Options { quirks, ..Options::default() };
            let stage = Stage::new(&world.snapshot(), options).await;
            let any = Project::new(&files::write(world, &mut Dice::new(seed)))?;
            let live = stage.read(&any).await.map_err(|error| error.to_string())?;

            let mut text = report::toml::stack(&any.desired().stack);
            text.push_str("ownership = \"none\"\n");
            // What GetResources only hints at is made certain first.
            let mut confirmed = live.clone();
            let all = live.processors.keys().cloned().collect();
            let reader = stage.connection.reader();
            rekon::live::confirm_tags(&reader, &mut confirmed, &all).await;
            for (name, live) in &confirmed.processors {
                text.push_str(&report::toml::processor(name.as_str(), &live.definition));
            }
            let written = Project::new(&[("rekon.toml".to_owned(), text.clone())])?;
            let plan = stage.plan(&written).await.map_err(|error| error.to_string())?;
            if !plan.changes.is_empty() || !plan.refusals.is_empty() {
                return Err(format!("{:#?}\n{text}", plan.changes));
            }
            if plan.summary.unchanged != world.live.len() {
                return Err(format!("{} of {}", plan.summary.unchanged, world.live.len()));
            }
            Ok(())
        })
    });
}

/// What a plan does, and nothing that only explains it.
fn essence(plan: &Plan) -> Value {
    let changes = plan.changes.iter().map(|change| {
        let attributes = change.attributes.iter().map(|attribute| {
            let json = json!(attribute);
            json!([json["path"], json["before"], json["after"], json["effect"]])
        });
        let calls = change.calls.iter().map(|id| {
            let find = |id: &String| plan.calls.iter().find(|call| call.id == *id).unwrap();
            let call = find(id);
            let after = call.after.iter().map(|id| {
                let before = find(id);
                json!([before.processor, before.operation])
            });
            json!([call.operation, call.request, after.collect::<Value>(), call.on_failure])
        });
        json!([
            change.name,
            change.actions,
            attributes.collect::<Value>(),
            calls.collect::<Value>()
        ])
    });
    changes.collect()
}

#[test]
fn a_fingerprint_moves_with_what_would_be_done_and_with_nothing_else() {
    let (mut moved, mut stayed) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    for_worlds(50, |world, seed| {
        paused(async {
            let stage = Stage::new(&world.snapshot(), Options::default()).await;
            let plan = async |world: &World, layout: u64| -> Result<Plan, String> {
                let project = Project::new(&files::write(world, &mut Dice::new(layout)))?;
                stage.plan(&project).await.map_err(|error| error.to_string())
            };
            let one = plan(world, seed).await?;
            // The same bytes from the same files; the same plan from others.
            if report::json::plan(&one) != report::json::plan(&plan(world, seed).await?) {
                return Err("planned twice, the JSON differs".to_owned());
            }
            for layout in 1..4 {
                let other = plan(world, seed ^ layout).await?;
                if other.fingerprint != one.fingerprint {
                    return Err(format!("layout {layout} moved the fingerprint"));
                }
                let each = |plan: &Plan| {
                    let changes = plan.changes.iter();
                    changes.map(|change| change.fingerprint.clone()).collect::<Vec<_>>()
                };
                if each(&one) != each(&other) {
                    return Err(format!("layout {layout} moved the fingerprint of a change"));
                }
            }
            for other in neighbours(world, seed) {
                let other = plan(&other, seed).await?;
                let same = essence(&one) == essence(&other);
                if same != (one.fingerprint == other.fingerprint) {
                    return Err(format!(
                        "{} and {} for {:#}\nand {:#}",
                        one.fingerprint,
                        other.fingerprint,
                        essence(&one),
                        essence(&other)
                    ));
                }
                let count = if same { &stayed } else { &moved };
                count.set(count.get() + 1);
            }
            Ok(())
        })
    });
    // Both happened.
    assert!(*moved.get_mut() > 0 && *stayed.get_mut() > 0);
}

/// Worlds whose files differ from this one's in one thing.
fn neighbours(world: &World, seed: u64) -> Vec<World> {
    let mut dice = Dice::new(seed);
    let names: Vec<u8> = world.files.keys().copied().collect();
    let mut neighbours = vec![World { exclusive: !world.exclusive, ..world.clone() }];
    if let Some(name) = names.get(dice.below(names.len().max(1))) {
        let changed = |change: &dyn Fn(&mut crate::world::strategy::Declared)| {
            let mut neighbour = world.clone();
            change(neighbour.files.get_mut(name).unwrap());
            neighbour
        };
        let mut without = world.clone();
        without.files.remove(name);
        neighbours.extend([
            without,
            changed(&|declared| declared.camera.role = (declared.camera.role + 1) % 3),
            changed(&|declared| declared.camera.regions.reverse()),
            changed(&|declared| declared.camera.regions.clear()),
            changed(&|declared| declared.camera.tags.extend([(1, 1)])),
            changed(&|declared| declared.protected = !declared.protected),
            changed(&|declared| declared.ignores.extend([0])),
        ]);
    }
    neighbours
}
