//! Random fleets through every source: what is written is valid and differs in nothing.

use rekon::emulator::Options as Service;
use rekon::import::{Inventory, Options, RunStates, Split};
use rekon::model::Live;

use super::{added, anew, changes, joined, texts};
use crate::convergence::{for_worlds, some_quirks};
use crate::world::stage::{Project, Stage, paused};
use crate::world::strategy::World;
use crate::world::{Dice, files};

/// Reads a world as `rekon import` does.
async fn lives(world: &World, seed: u64) -> Result<Live, String> {
    let quirks = some_quirks(world, &mut Dice::new(seed));
    let stage = Stage::new(&world.snapshot(), Service { quirks, ..Service::default() }).await;
    let reader = stage.connection.reader();
    let account = crate::world::camera::ACCOUNT;
    rekon::live::read_for_certain(&reader, account, &|_| true, &|_| {})
        .await
        .map_err(|error| error.to_string())
}

fn options(dice: &mut Dice) -> Options {
    Options {
        split: match dice.below(3) {
            0 => Split::None,
            1 => Split::ByName,
            _ => Split::ByTag("site".to_owned()),
        },
        run_states: if dice.once_in(2) { RunStates::Declared } else { RunStates::Unmanaged },
    }
}

/// Composes a new project for what lives, and plans it.
pub fn round_trip(inventory: &Inventory, live: &Live, dice: &mut Dice) -> Result<(), String> {
    let composed = anew(inventory, &options(dice))?;
    if !composed.refused.is_empty() || !composed.left_alone.is_empty() {
        return Err(format!("{composed:#?}"));
    }
    let project = joined(&[], &composed).map_err(|error| error + &texts(&composed))?;
    let plan = project.plan(live);
    changes(&plan).map_err(|error| error + &texts(&composed))?;
    let same = plan.summary.unchanged + plan.summary.adopt;
    if same == 0 || same != live.processors.len() {
        return Err(format!("{same} of {}", live.processors.len()));
    }
    // The same input, the same bytes.
    let again = anew(inventory, &options(&mut Dice::new(1)))?;
    let other = anew(inventory, &options(&mut Dice::new(1)))?;
    if texts(&again) != texts(&other) {
        return Err("composed twice, the files differ".to_owned());
    }
    Ok(())
}

#[test]
fn whatever_lives_is_no_change_after_its_import() {
    for_worlds(150, |world, seed| {
        paused(async {
            let live = lives(world, seed).await?;
            round_trip(&live.clone().into(), &live, &mut Dice::new(seed))
        })
    });
}

#[test]
fn a_snapshot_is_no_change_after_its_import() {
    for_worlds(100, |world, seed| {
        paused(async {
            let live = super::read(&world.snapshot());
            round_trip(&live.clone().into(), &live, &mut Dice::new(seed))
        })
    });
}

/// Some of a fleet's names are declared, in any layout, with defaults of their own and
/// differences; all others are added, and the whole is no change but for those.
#[test]
fn into_a_project_only_what_is_missing_is_added() {
    const DEFAULTS: &str = "\n[defaults]\nrole_arn = \"arn:aws:iam::111122223333:role/Streams1\"\n\
        tags = { team = \"north\", extra = \"x\" }\nsettings.connected_home.min_confidence = 70\n\
        [defaults.label_detection]\nkms_key_id = \"alias/cameras-0\"\n\
        regions_of_interest = [{ bounding_box = { left = 0, top = 0, width = 1, height = 1 } }]\n\
        data_sharing_preference.opt_in = true\noutput.s3_destination.key_prefix = \"all/\"\n\
        [defaults.face_search]\nsettings.face_search.face_match_threshold = 95\n\
        desired_status = \"stopped\"\n";
    let (mut added_any, mut left_any) = (0, 0);
    let counts = std::cell::RefCell::new((&mut added_any, &mut left_any));
    for_worlds(150, |world, seed| {
        let mut dice = Dice::new(seed);
        let live = paused(async { super::read(&world.snapshot()) });
        let mut declared = world.clone();
        declared.files.retain(|_, _| dice.once_in(2));
        let mut there = files::write(&declared, &mut dice);
        there[0].1.push_str(DEFAULTS);
        // Defaults may make the files of such a world wrong; that is another test's.
        let project = Project::new(&there)?;
        // Nor can two processors have one stream.
        let composed = added(&live.clone().into(), &project, &options(&mut dice))?;
        let before = project.plan(&live);
        let joined = joined(&there, &composed).map_err(|error| error + &texts(&composed))?;
        let after = joined.plan(&live);
        let names = |plan: &rekon::plan::Plan| {
            plan.changes.iter().map(|change| change.name.clone()).collect::<Vec<_>>()
        };
        if names(&before) != names(&after) {
            return Err(format!("{:#?}\n{}", after.changes, texts(&composed)));
        }
        for alone in &composed.left_alone {
            let change = before.changes.iter().find(|change| change.name == alone.name.as_str());
            let attributes = change.map_or(0, |change| change.attributes.len());
            if alone.differs.len() != attributes {
                return Err(format!("{alone:?}, {change:#?}"));
            }
        }
        let new: usize = composed.files.iter().map(|file| file.processors().count()).sum();
        if new + composed.left_alone.len() + composed.refused.len() != live.processors.len() {
            return Err(format!("{composed:#?}"));
        }
        let mut counts = counts.borrow_mut();
        *counts.0 += new;
        *counts.1 += composed.left_alone.len();
        // What is there is not added a second time.
        let again = added(&live.into(), &joined, &options(&mut dice))?;
        match again.files.is_empty() {
            true => Ok(()),
            false => Err(texts(&again)),
        }
    });
    assert!(added_any > 50 && left_any > 50, "{added_any} {left_any}");
}
