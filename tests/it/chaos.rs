//! Random faults over random worlds: whatever goes wrong, applying ends either
//! where it should or with a report that is true, nothing is lost, and a second
//! apply without faults gets there.
//!
//! `REKON_SEED=N` repeats one seed, `REKON_SEEDS=N` tries that many.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use rekon::config;
use rekon::emulator::{Fault, Faults, Options, Quirks, RandomFault, Rates, Settle};
use rekon::plan::{
    CallEffect, CallOutcome, Fate, Note, Operation, Outcome, Plan, Reason, RefusalCode,
};
use serde_json::Value;

use crate::convergence::{created, goals, missed, mistreated};
use crate::world::goal::Goal;
use crate::world::marks::{Lot, RECORD, STACK};
use crate::world::stage::{Project, Stage, essence, paused};
use crate::world::strategy::world_of;
use crate::world::{Dice, World, files};

const SEEDS: u64 = 200;

/// A mix of everything that the emulator can do to a client.
fn faults(dice: &mut Dice, seed: u64) -> Faults {
    let millis = |dice: &mut Dice, most| Duration::from_millis(dice.roll() % most);
    let kinds = [
        Fault::Throttle,
        Fault::RateExceeded,
        Fault::Internal,
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::Hang,
        Fault::Truncate,
        Fault::ExpiredToken,
        Fault::Denied,
        Fault::Slow(millis(dice, 30_000)),
        Fault::HideCreated(millis(dice, 20_000)),
        Fault::LagTags(millis(dice, 600_000)),
        Fault::LingerDeleted(millis(dice, 600_000)),
    ];
    let mut random = Vec::new();
    for fault in kinds {
        // Each fault is there or not, and strikes seldom, often or nearly always.
        if dice.once_in(2) {
            let probability = match (dice.below(5), &fault) {
                (_, Fault::Denied) => 0.02,
                (0, _) => 0.5,
                (1 | 2, _) => 0.2,
                _ => 0.05,
            };
            random.push(RandomFault { probability, fault });
        }
    }
    dice.shuffle(&mut random);
    Faults { scripted: Vec::new(), random, seed }
}

fn quirks(dice: &mut Dice) -> Quirks {
    let mut quirks = Quirks::default();
    for name in ["update-while-busy", "stop-while-starting", "delete-while-starting", "tagging"] {
        let quirk = Quirks::ALL.iter().find(|quirk| quirk.name == name).unwrap();
        quirks.set(name, dice.pick(quirk.variants).name).unwrap();
    }
    quirks
}

/// Runs every fourth seed, so that cores share the work.
fn seeds_from(first: u64) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let seeds = match number("REKON_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("REKON_SEEDS").unwrap_or(SEEDS),
    };
    let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in seeds.clone().filter(|seed| seed % 4 == first) {
        match paused(run(seed)) {
            Ok(end) => *ends.entry(end).or_default() += 1,
            Err(problem) => panic!(
                "seed {seed}: {problem}\n\nrepeat with \
                 REKON_SEED={seed} cargo test --test it chaos"
            ),
        }
    }
    // The mix is only worth something if it reaches every kind of end.
    if seeds.end - seeds.start >= SEEDS {
        for end in ["converged", "in part", "not begun"] {
            assert!(ends.contains_key(end), "{end} never happened: {ends:?}");
        }
    }
}

mod whatever_goes_wrong_nothing_is_lost_and_the_report_is_true {
    use super::seeds_from;

    #[test]
    fn one_quarter() {
        seeds_from(0);
    }

    #[test]
    fn another_quarter() {
        seeds_from(1);
    }

    #[test]
    fn a_third_quarter() {
        seeds_from(2);
    }

    #[test]
    fn the_last_quarter() {
        seeds_from(3);
    }
}

/// One world under one mix of faults; says how applying ended.
async fn run(seed: u64) -> Result<&'static str, String> {
    let world = world_of(seed);
    // Two stacks of three leave marks.
    let world = if seed.is_multiple_of(3) { world } else { world.marked(&mut Dice::new(!seed)) };
    let mut dice = Dice::new(seed);
    let project = Project::new(&files::write(&world, &mut dice))?;
    let (goals, lots) = (goals(&world), world.lots());
    let kind = Options {
        settle: Settle::all(Duration::from_millis(*dice.pick(&[0, 200, 2000, 20_000]))),
        quirks: quirks(&mut dice),
        rates: if dice.once_in(3) { Rates::published() } else { Rates::off() },
        ..Options::default()
    };
    let cruel = Options { faults: faults(&mut dice, seed), ..kind.clone() };
    let faulty = Stage::new(&world.snapshot(), cruel.clone()).await;
    let before = faulty.holds();

    // Half the time the plan is made in good weather, so that more of the
    // calls that write meet with faults.
    let plan = if dice.once_in(2) {
        faulty.plan(&project).await
    } else {
        Stage::new(&world.snapshot(), kind.clone()).await.plan(&project).await
    };
    let recovery = tempfile::tempdir().unwrap();
    let outcome = match &plan {
        Ok(plan) => faulty.apply(plan, recovery.path()).await.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    let end = match (&plan, &outcome) {
        (Ok(plan), Ok(outcome)) => {
            let truth = Truth {
                plan,
                outcome,
                goals: &goals,
                lots: &lots,
                before: &before,
                faulty: &faulty,
            };
            truth
                .check()
                .map_err(|problem| format!("{problem}\n\n{outcome:#?}\n\n{}", journal(&faulty)))?
        }
        (_, Err(_)) if faulty.attempts() == 0 => "not begun",
        (_, Err(error)) => return Err(format!("{error}, but calls were sent")),
        (Err(_), Ok(_)) => unreachable!("nothing is applied without a plan"),
    };
    check_untouched(&before, &faulty, &lots)?;

    let healthy = faulty.healthy(kind).await;
    // By then GetResources shows the tags as they are: where it agrees with the
    // files, it is believed.
    tokio::time::sleep(Duration::from_secs(3600)).await;
    let (mut lots, mut before) = (lots, before);
    if let Ok(outcome) = &outcome {
        let restored = restore(outcome, &before, &healthy).await?;
        // A file says nothing of marks: what it brings back is nobody's.
        for (name, lot) in lots.iter_mut().filter(|(name, _)| restored.contains(**name)) {
            *lot = Lot::Kept;
            before.insert((*name).to_owned(), healthy.holds()[*name].clone());
        }
    }
    let aims = Aims { goals: &goals, lots: &lots, before: &before };
    finish(&world, &project, aims, outcome.as_ref().ok(), &healthy).await.map_err(|problem| {
        format!(
            "the second apply: {problem}\n\n{:#?}\n\nafter {outcome:#?}\n\n{}",
            world.marks,
            journal(&faulty)
        )
    })?;
    Ok(end)
}

/// What applying says, and all that it takes to tell whether it is so.
struct Truth<'a> {
    plan: &'a Plan,
    outcome: &'a Outcome,
    goals: &'a BTreeMap<&'static str, Goal>,
    lots: &'a BTreeMap<&'static str, Lot>,
    before: &'a BTreeMap<String, Value>,
    faulty: &'a Stage,
}

impl Truth<'_> {
    fn check(&self) -> Result<&'static str, String> {
        let Truth { plan, outcome, goals, lots, before, faulty } = self;
        let holds = faulty.holds();
        let recreated = created(plan);
        let names: Vec<&String> = plan.changes.iter().map(|change| &change.name).collect();
        let told: Vec<&String> = outcome.processors.iter().map(|told| &told.name).collect();
        if names != told {
            return Err(format!("the plan is about {names:?}, the report about {told:?}"));
        }
        for told in &outcome.processors {
            let name = told.name.as_str();
            let took_effect: Vec<String> = faulty
                .writes()
                .iter()
                .filter(|call| call.processor() == name)
                .map(|call| call.operation.clone())
                .collect();
            let claimed: Vec<Operation> = outcome.made(name).collect();
            for operation in &claimed {
                let count = claimed.iter().filter(|made| *made == operation).count();
                let real = took_effect.iter().filter(|made| *made == operation.as_str()).count();
                if real < count {
                    return Err(format!("{name}: {operation:?} is claimed and was not made"));
                }
            }
            match &told.fate {
                Fate::Done => {
                    let goal = goals.get_key_value(name).map(|(name, goal)| (*name, goal.clone()));
                    let lot = lots.get_key_value(name).map(|(name, lot)| (*name, *lot));
                    let missed = missed(&goal.into_iter().collect(), &holds, &recreated)
                        .or_else(|| mistreated(&lot.into_iter().collect(), before, &holds));
                    if let Some(missed) = missed {
                        return Err(format!("claimed to be done, but {missed}"));
                    }
                    let silent = took_effect
                        .iter()
                        .find(|made| !claimed.iter().any(|told| told.as_str() == *made));
                    if let Some(made) = silent {
                        return Err(format!("{name}: {made} was made and is not told"));
                    }
                }
                Fate::NotTried(_) if !took_effect.is_empty() => {
                    return Err(format!("{name} was not tried, but {took_effect:?} were made"));
                }
                // Nobody else is at work here.
                Fate::Moved(deviations) => {
                    return Err(format!("{name} did not move: {deviations:?}"));
                }
                Fate::NotTried(_) | Fate::Failed(_) => {}
            }
        }
        for (name, _) in before.iter().filter(|(_, wire)| runs(wire)) {
            let stopped = holds.get(name).is_some_and(|wire| !runs(wire));
            let wanted = match goals.get(name.as_str()) {
                Some(goal) => goal.runs != Some(true),
                None => !is_pruned(lots, name),
            };
            let noted = left_stopped(outcome).any(|noted| noted == name);
            if stopped && !wanted && !noted && !is_unsure(outcome, name) {
                return Err(format!("{name} ran before and does not, and nobody says so"));
            }
        }
        let removed: BTreeSet<&String> =
            outcome.removed.iter().map(|removed| &removed.name).collect();
        for name in before.keys() {
            if !holds.contains_key(name) && !removed.contains(name) {
                return Err(format!("{name} is lost, and nobody says so"));
            }
        }
        for removed in &outcome.removed {
            if holds.contains_key(&removed.name) && !is_unsure(outcome, &removed.name) {
                return Err(format!("{} is there, but is told to be removed", removed.name));
            }
            if removed.planned != is_pruned(lots, &removed.name) {
                return Err(format!("{removed:?} is not what was planned"));
            }
            if !Path::new(&removed.recovery_file).is_file() {
                return Err(format!("{removed:?} has no recovery file"));
            }
        }
        let done = outcome.processors.iter().all(|told| told.fate == Fate::Done);
        if done && outcome.removed.iter().any(|removed| !removed.planned) {
            return Err("all is done, and something is removed".to_owned());
        }
        Ok(if done { "converged" } else { "in part" })
    }
}

fn is_pruned(lots: &BTreeMap<&'static str, Lot>, name: &str) -> bool {
    matches!(lots.get(name), Some(Lot::Pruned { .. }))
}

/// Whether the report says of a processor that its state could not be read.
fn is_unsure(outcome: &Outcome, name: &str) -> bool {
    let told = outcome.processors.iter().find(|told| told.name == name).unwrap();
    let unread =
        |note: &Note| matches!(note, Note::RestorationUnread(_) | Note::RestorationBrokenOff);
    let unknown = |call: &CallOutcome| call.processor == name && call.effect == CallEffect::Unknown;
    told.notes.iter().any(unread)
        || outcome.calls.iter().any(unknown)
        || matches!(&told.fate, Fate::Failed(failure) if matches!(failure.reason, Reason::Unread(_)))
}

/// What no file declares is as it was, but for marks that it is to lose, or gone if it is
/// this stack's.
fn check_untouched(
    before: &BTreeMap<String, Value>,
    faulty: &Stage,
    lots: &BTreeMap<&'static str, Lot>,
) -> Result<(), String> {
    let holds = faulty.holds();
    for (name, lot) in lots {
        let told = |what| Err(format!("{name} is not declared and {lot:?}, and {what}"));
        let writes = faulty.writes();
        let mut wrote = writes.iter().filter(|call| call.processor() == *name);
        let may = |operation: &str| match lot {
            Lot::Kept => false,
            Lot::Released => operation == "UntagResource",
            Lot::Pruned { protected } => {
                !protected
                    && ["StopStreamProcessor", "DeleteStreamProcessor", "StartStreamProcessor"]
                        .contains(&operation)
            }
        };
        if wrote.any(|call| !may(&call.operation)) {
            return told("was touched");
        }
        let Some(now) = holds.get(*name) else {
            if is_pruned(lots, name) { continue } else { return told("is gone") }
        };
        let [was, now] = [&before[*name], now].map(|wire| {
            let mut essence = essence(wire);
            if *lot == Lot::Released {
                let tags = essence["Tags"].as_object_mut().unwrap();
                tags.retain(|key, _| ![STACK, RECORD].contains(&key.as_str()));
            }
            essence
        });
        if was != now {
            return told("is not what it was");
        }
    }
    Ok(())
}

/// Follows the report's advice for everything that is gone: the recovery files
/// bring back what was there. Gives those that are back.
async fn restore(
    outcome: &Outcome,
    before: &BTreeMap<String, Value>,
    healthy: &Stage,
) -> Result<BTreeSet<String>, String> {
    let mut all = BTreeSet::new();
    for removed in &outcome.removed {
        if healthy.holds().contains_key(&removed.name) {
            continue;
        }
        let folder = Path::new(&removed.recovery_file).parent().unwrap();
        let project = Project::of(config::load(folder))?;
        let plan = healthy.plan(&project).await.map_err(|error| error.to_string())?;
        if plan.refusals.iter().any(|refusal| refusal.code == RefusalCode::StreamHeld) {
            // Somebody else's new stream; the files say who should have it.
            continue;
        }
        let again = tempfile::tempdir().unwrap();
        healthy
            .apply(&plan, again.path())
            .await
            .map_err(|error| format!("{removed:?} cannot be restored: {error}"))?;
        let goal = |wire: &Value| {
            let mut essence = essence(wire);
            let tags = essence["Tags"].as_object_mut().unwrap();
            tags.retain(|key, _| !key.starts_with("aws:") && ![STACK, RECORD].contains(&&**key));
            (crate::world::goal::canonical(wire), essence["Tags"].clone(), runs(wire))
        };
        let restored = healthy.holds().get(&removed.name).map(goal);
        let old = goal(&before[&removed.name]);
        if restored.as_ref() != Some(&old) {
            return Err(format!("{removed:?} came back as {restored:#?} and was {old:#?}"));
        }
        all.insert(removed.name.clone());
    }
    Ok(all)
}

fn runs(wire: &Value) -> bool {
    wire["Settings"].get("FaceSearch").is_some()
        && ["RUNNING", "STARTING"].contains(&wire["Status"].as_str().unwrap())
}

/// What everything is to be in the end.
struct Aims<'a> {
    goals: &'a BTreeMap<&'static str, Goal>,
    lots: &'a BTreeMap<&'static str, Lot>,
    before: &'a BTreeMap<String, Value>,
}

/// Plans and applies again; everything is as it should be then.
async fn finish(
    world: &World,
    project: &Project,
    Aims { goals, lots, before }: Aims<'_>,
    first: Option<&Outcome>,
    healthy: &Stage,
) -> Result<(), String> {
    let plan = healthy.plan(project).await.map_err(|error| error.to_string())?;
    let recovery = tempfile::tempdir().unwrap();
    if !plan.refusals.is_empty() {
        let lost = before
            .keys()
            .find(|name| !healthy.holds().contains_key(*name) && !is_pruned(lots, name));
        return lost.map_or(Ok(()), |name| Err(format!("{name} is lost: {:?}", plan.refusals)));
    }
    let outcome = healthy.apply(&plan, recovery.path()).await.map_err(|error| error.to_string())?;
    if let Some(told) = outcome.processors.iter().find(|told| told.fate != Fate::Done) {
        return Err(format!("{told:?}"));
    }
    // Nothing brings back AWS's own tags, nor the run state of a processor where
    // the files leave it alone; the first report has said so.
    let recreated: BTreeSet<String> = goals.keys().map(|name| (*name).to_owned()).collect();
    let stopped: Vec<&str> = first.iter().flat_map(|outcome| left_stopped(outcome)).collect();
    let mut goals = goals.clone();
    // A run state that is only for the creation is no longer the second apply's
    // business, whatever the report said of the start that failed.
    for (index, declared) in &world.files {
        let ignored = declared
            .ignores
            .iter()
            .any(|path| crate::world::strategy::IGNORABLE[usize::from(*path)] == "desired_status");
        if ignored && !world.live.contains_key(index) {
            goals.get_mut(World::name(*index)).unwrap().runs = None;
        }
    }
    for (_, goal) in goals.iter_mut().filter(|(name, _)| stopped.contains(name)) {
        goal.runs = None;
    }
    let holds = healthy.holds();
    let missed = missed(&goals, &holds, &recreated);
    if let Some(missed) = missed.or_else(|| mistreated(lots, before, &holds)) {
        return Err(missed);
    }
    let again = healthy.plan(project).await.map_err(|error| error.to_string())?;
    if again.changes.is_empty() { Ok(()) } else { Err(format!("{:#?}", again.changes)) }
}

/// The processors that the report says ran before and do not run now.
fn left_stopped(outcome: &Outcome) -> impl Iterator<Item = &str> {
    let noted = |notes: &[Note]| notes.iter().any(|note| matches!(note, Note::Stopped { .. }));
    let stopped = outcome.processors.iter().filter(move |told| noted(&told.notes));
    stopped.map(|told| told.name.as_str())
}

/// What happened, a line a call.
fn journal(stage: &Stage) -> String {
    let calls = stage.emulator.journal();
    let start = calls.len().saturating_sub(120);
    let lines = calls[start..].iter().map(|call| {
        let fault = call.fault.as_ref().map(ToString::to_string).unwrap_or_default();
        let outcome =
            call.outcome.as_ref().map_or_else(|error| error.code.clone(), |()| "ok".into());
        let processor = call.processor.as_deref().unwrap_or_default();
        format!("{} {} {processor}: {outcome} {fault}\n", call.time.iso(), call.operation)
    });
    lines.collect()
}

#[test]
fn every_kind_of_fault_is_among_those_that_strike() {
    let mut kinds = BTreeSet::new();
    for seed in 0..SEEDS {
        for random in faults(&mut Dice::new(seed), seed).random {
            kinds.insert(random.fault.to_string().split(':').next().unwrap().to_owned());
        }
    }
    // All forms but the one for any other error.
    let forms =
        rekon::emulator::FAULT_FORMS.split(", ").map(|form| form.split(':').next().unwrap());
    let expected: BTreeSet<String> =
        forms.filter(|form| *form != "error").map(str::to_owned).collect();
    assert_eq!(kinds, expected);
}

/// The world that a seed makes does not change by itself, so that a seed that
/// once failed stays worth repeating.
#[test]
fn a_seed_repeats() {
    let text = |world: &World| format!("{world:?}");
    assert_eq!(text(&world_of(7)), text(&world_of(7)));
    assert_ne!(text(&world_of(7)), text(&world_of(8)));
}
