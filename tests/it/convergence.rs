//! Minimal calls and convergence, over random worlds: the plan is judged by a
//! search that shares nothing with the planner, and then applied.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use rekon::config::Loaded;
use rekon::desired;
use rekon::emulator::{Options, Quirks, Settle};
use rekon::plan::{Fate, Plan};
use serde_json::{Value, json};

use crate::world::goal::Goal;
use crate::world::marks::{Lot, RECORD, RIGHT, STACK};
use crate::world::search::{Cost, cheapest};
use crate::world::service::{Call, State, beginning, lighter, perform};
use crate::world::stage::{Project, Stage, comparable, essence, paused, planned};
use crate::world::{Camera, Dice, Kind, World, files, strategy};

/// Runs the property over as many worlds as `PROPTEST_CASES` says, or this many;
/// always the same ones, unless `REKON_SEED` says otherwise.
pub fn for_worlds(cases: u32, property: impl Fn(&World, u64) -> Result<(), String>) {
    let config = Config { failure_persistence: None, ..Config::with_cases(cases) };
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    let config = Config { cases: cases.unwrap_or(config.cases), ..config };
    let seed: u64 = std::env::var("REKON_SEED").map_or(0, |text| text.parse().unwrap());
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let outcome = runner.run(&(strategy::world(), any::<u64>()), |(world, seed)| {
        property(&world, seed).map_err(|problem| {
            let text: String = files::write(&world, &mut Dice::new(seed))
                .into_iter()
                .map(|(path, text)| format!("--- {path}\n{text}"))
                .collect();
            let live = world.snapshot();
            TestCaseError::fail(format!("{problem}\nseed {seed}, live {live:#}\n{text}"))
        })
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(reason, _)) => panic!("{}", reason.message()),
        Err(error) => panic!("{error}"),
    }
}

/// What each declared processor is to become.
pub fn goals(world: &World) -> BTreeMap<&'static str, Goal> {
    let declared = world.files.keys();
    declared.map(|index| (World::name(*index), Goal::of(*index, world))).collect()
}

/// The first goal that the service does not meet.
pub fn missed(
    goals: &BTreeMap<&'static str, Goal>,
    holds: &BTreeMap<String, Value>,
    recreated: &BTreeSet<String>,
) -> Option<String> {
    goals.iter().find_map(|(name, goal)| {
        let missed = match holds.get(*name) {
            Some(wire) => goal.missed_by(wire, recreated.contains(*name)),
            None => Some("it is not there".to_owned()),
        };
        missed.map(|why| format!("{name}: {why}"))
    })
}

/// The first processor of which no file has a table, and of which not the right thing
/// became.
pub fn mistreated(
    lots: &BTreeMap<&'static str, Lot>,
    before: &BTreeMap<String, Value>,
    holds: &BTreeMap<String, Value>,
) -> Option<String> {
    lots.iter().find_map(|(name, lot)| {
        let mut expected = before.get(*name).map(essence);
        match lot {
            Lot::Kept => {}
            Lot::Released => {
                let tags = expected.as_mut()?["Tags"].as_object_mut().unwrap();
                tags.retain(|key, _| ![STACK, RECORD].contains(&key.as_str()));
            }
            Lot::Pruned { .. } => expected = None,
        }
        let found = holds.get(*name).map(essence);
        (found != expected).then(|| format!("{name}, not declared and {lot:?}, is {found:#?}"))
    })
}

/// The processors that a plan creates, for the first time or again.
pub fn created(plan: &Plan) -> BTreeSet<String> {
    let creates = planned(plan).into_iter().filter(|call| call.operation.starts_with("Create"));
    creates.map(|call| call.processor().to_owned()).collect()
}

/// Quirks that change nothing about what a client can reach.
pub fn some_quirks(world: &World, dice: &mut Dice) -> Quirks {
    let mut quirks = Quirks::default();
    for quirk in Quirks::ALL {
        if quirk.name != "labels-update" && quirk.name != "notification-channel" {
            quirks.set(quirk.name, dice.pick(quirk.variants).name).unwrap();
        }
    }
    // A live alias that shows as the key behind it would be another world: which
    // key that is, the search does not know.
    let alias =
        |camera: &Camera| matches!(camera.kind, Kind::Home { kms: Some(kms), .. } if kms.alias);
    if world.live.values().any(|lived| alias(&lived.camera)) {
        quirks.set("kms-key", ["as-sent", "arn"][dice.below(2)]).unwrap();
    }
    quirks
}

/// Checks a plan by itself: it is refused for the right reasons, or it reaches
/// the goals at the least cost, without anything that could be left out.
fn judge(world: &World, plan: &Plan, goals: &BTreeMap<&'static str, Goal>) -> Result<(), String> {
    let mut start = beginning(world);
    for (name, goal) in goals.iter().filter(|(_, goal)| goal.record.is_some()) {
        if let Some(record) = start.get_mut(*name).and_then(|wire| wire["Tags"].get_mut(RECORD)) {
            *record = json!(if goal.is_recorded { RIGHT } else { "stale" });
        }
    }
    let start = start;
    let lots = world.lots();
    let costs: BTreeMap<&str, Cost> =
        goals.iter().map(|(name, goal)| (*name, cheapest(name, start.get(*name), goal))).collect();

    let codes: BTreeSet<(&str, &str)> = plan
        .refusals
        .iter()
        .map(|refusal| (refusal.name.as_deref().unwrap_or_default(), refusal.code.as_str()))
        .collect();
    let mut expected: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (name, lot) in &lots {
        if *lot == (Lot::Pruned { protected: true }) {
            expected.insert((name, "prevent-destroy"));
        }
    }
    for (index, declared) in &world.files {
        let name = World::name(*index);
        if world.is_others(*index) {
            expected.insert((name, "owned-by-another"));
        }
        if declared.protected && costs[name].deletes > 0 {
            expected.insert((name, "prevent-destroy"));
        }
        // A stream is held if whoever holds it now will not let it go.
        let wanted = goals[name].streams();
        let moves = costs[name].deletes > 0 || !start.contains_key(name);
        let keeps = |other: &str| match goals.get(other) {
            Some(goal) => goal.streams(),
            None if matches!(lots[other], Lot::Pruned { .. }) => Vec::new(),
            None => crate::world::goal::streams(&start[other]),
        };
        let held = start.keys().any(|other| {
            other != name
                && crate::world::goal::streams(&start[other])
                    .iter()
                    .any(|stream| wanted.contains(stream) && keeps(other).contains(stream))
        });
        if moves && held {
            expected.insert((name, "stream-held"));
        }
    }
    if codes != expected {
        return Err(format!("refused {codes:?}, and should be {expected:?}"));
    }
    if !plan.refusals.is_empty() {
        return Ok(());
    }

    let calls = planned(plan);
    let deletes = calls.iter().filter(|call| call.operation.starts_with("Delete")).count();
    let cost = Cost { deletes, calls: calls.len() };
    let of_lots = lots.iter().map(|(name, lot)| match lot {
        Lot::Kept => Cost { deletes: 0, calls: 0 },
        Lot::Released => Cost { deletes: 0, calls: 1 },
        Lot::Pruned { .. } => {
            Cost { deletes: 1, calls: 1 + usize::from(start[*name]["Status"] == "RUNNING") }
        }
    });
    let least =
        costs.values().copied().chain(of_lots).fold(Cost { deletes: 0, calls: 0 }, |sum, cost| {
            Cost { deletes: sum.deletes + cost.deletes, calls: sum.calls + cost.calls }
        });
    if cost != least {
        return Err(format!("the plan takes {cost:?}, and {least:?} would do: {calls:#?}"));
    }
    let recreated = created(plan);
    let reached = run(&start, &calls)?;
    if let Some(missed) = missed(goals, &reached, &recreated) {
        return Err(format!("the plan does not lead there: {missed}\n{calls:#?}"));
    }
    if let Some(mistreated) = mistreated(&lots, &start, &reached) {
        return Err(format!("the plan does not lead there: {mistreated}\n{calls:#?}"));
    }
    for at in 0..calls.len() {
        for lighter in lighter(&calls[at]) {
            let mut fewer = calls.clone();
            match lighter {
                Some(call) => drop(std::mem::replace(&mut fewer[at], call)),
                None => drop(fewer.remove(at)),
            }
            let reached = run(&start, &fewer);
            if reached.is_ok_and(|reached| {
                missed(goals, &reached, &recreated).is_none()
                    && mistreated(&lots, &start, &reached).is_none()
            }) {
                return Err(format!("{:?} carries more than it has to", calls[at]));
            }
        }
    }
    Ok(())
}

fn run(start: &State, calls: &[Call]) -> Result<State, String> {
    let mut state = start.clone();
    for call in calls {
        perform(&mut state, call)?;
    }
    Ok(state)
}

/// Checks that the calls that were made are those of the plan: all of them, and
/// those of one processor in order.
pub fn same_calls(planned: &[Call], made: &[Call]) -> Result<(), String> {
    let by_processor = |calls: &[Call]| {
        let mut sorted: BTreeMap<String, Vec<Call>> = BTreeMap::new();
        for call in calls {
            sorted.entry(call.processor().to_owned()).or_default().push(comparable(call));
        }
        sorted
    };
    if by_processor(planned) == by_processor(made) {
        return Ok(());
    }
    Err(format!("planned {planned:#?}\nand made {made:#?}"))
}

#[test]
fn a_plan_takes_the_fewest_calls_there_are_and_applying_it_converges() {
    for_worlds(80, converges);
}

#[test]
fn so_it_does_where_stacks_leave_marks() {
    for_worlds(80, |world, seed| {
        let world = world.marked(&mut Dice::new(seed));
        converges(&world, seed).map_err(|problem| {
            let files = files::write(&world, &mut Dice::new(seed));
            format!("{problem}\n{:#?}\n{files:#?}", world.marks)
        })
    });
}

/// Plans, judges, applies, and plans again.
fn converges(world: &World, seed: u64) -> Result<(), String> {
    paused(async {
        let mut dice = Dice::new(seed);
        let project = Project::new(&files::write(world, &mut dice))?;
        let goals = goals(world);
        let options = Options {
            quirks: some_quirks(world, &mut dice),
            settle: Settle::all(Duration::from_millis(*dice.pick(&[0, 200, 7000]))),
            ..Options::default()
        };
        let stage = Stage::new(&world.snapshot(), options).await;
        let plan = stage.plan(&project).await.map_err(|error| error.to_string())?;
        if !plan.complete {
            return Err("the read was incomplete".to_owned());
        }
        judge(world, &plan, &goals)?;
        let recovery = tempfile::tempdir().unwrap();
        let before = stage.holds();
        if !plan.refusals.is_empty() {
            let refused = stage.apply(&plan, recovery.path()).await;
            return match (refused, stage.attempts()) {
                (Err(_), 0) => Ok(()),
                (refused, writes) => Err(format!("{writes} writes although refused: {refused:?}")),
            };
        }

        let outcome = stage
            .apply(&plan, recovery.path())
            .await
            .map_err(|error| format!("it did not begin: {error}"))?;
        let undone = outcome.processors.iter().find(|processor| processor.fate != Fate::Done);
        if let Some(processor) = undone {
            return Err(format!("{processor:?}"));
        }
        same_calls(&planned(&plan), &stage.writes())?;
        let holds = stage.holds();
        let recreated = created(&plan);
        if let Some(missed) = missed(&goals, &holds, &recreated) {
            return Err(format!("after applying, {missed}"));
        }
        if let Some(mistreated) = mistreated(&world.lots(), &before, &holds) {
            return Err(format!("after applying, {mistreated}"));
        }

        let again = stage.plan(&project).await.map_err(|error| error.to_string())?;
        if !again.changes.is_empty() || !again.calls.is_empty() || !again.refusals.is_empty() {
            return Err(format!("planned again: {:#?}", again.changes));
        }
        let writes = stage.attempts();
        let idle = stage.apply(&again, recovery.path()).await;
        match (idle, stage.attempts() - writes) {
            (Ok(_), 0) => Ok(()),
            (idle, writes) => Err(format!("applied again: {writes} writes, {idle:?}")),
        }
    })
}

/// What the service refuses or would alter, for face search or not, and the code of the
/// error that it is.
const FORBIDDEN: [(bool, (&str, &str), &str); 6] = [
    (true, ("kms_key_id", r#""alias/cameras""#), "kms-key-on-face-search"),
    (true, ("settings.face_search.face_match_threshold", "79.9"), "threshold-too-low"),
    (false, ("settings.connected_home.min_confidence", "100.1"), "out-of-range"),
    (false, ("settings.connected_home.labels", "[]"), "no-labels"),
    (false, ("desired_status", r#""running""#), "desired-status-on-label-detection"),
    (false, ("role_arn", r#""""#), "invalid-arn"),
];

#[test]
fn what_the_service_refuses_is_an_error_of_the_files_in_any_world() {
    let seen = RefCell::new(BTreeSet::new());
    for_worlds(100, |world, seed| {
        for (of_face, wrong, code) in FORBIDDEN {
            let mut world = world.clone();
            let mut declared = world.files.iter_mut();
            let Some((index, one)) = declared.find(|(_, one)| one.camera.is_face() == of_face)
            else {
                continue;
            };
            one.wrong = Some(wrong);
            let name = World::name(*index);
            let files = files::write(&world, &mut Dice::new(seed));
            let texts = files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
            let checked = desired::resolve(&Loaded::from_texts(texts));
            let codes: Vec<&str> =
                checked.diagnostics.iter().map(|found| found.code.as_str()).collect();
            if checked.desired.is_some() || !codes.contains(&code) {
                return Err(format!("{name}: {wrong:?} is told as {codes:?}"));
            }
            seen.borrow_mut().insert(wrong);
        }
        Ok(())
    });
    assert_eq!(seen.into_inner().len(), FORBIDDEN.len());
}
