//! Being asked to stop, at every step.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rekon::apply::{self, Event};
use rekon::emulator::{Options, Settle};
use rekon::plan::{Failure, Fate, Note, Operation, Outcome, Reason, Signal};
use tokio::time::Instant;

use super::wire::Wire;
use super::world::{World, answered, camera, camera_toml, face, face_toml, fate, with_faults};

/// Applies everything and asks to stop at the `at`-th event. Says whether there
/// were as many.
async fn interrupted_at(at: usize, settle: Duration) -> bool {
    let world = World::full(Options { settle: Settle::all(settle), ..Options::default() }).await;
    let plan = world.plan().await;
    let (stopper, stop) = apply::stopper();
    let seen = Cell::new(0);
    let asked = Cell::new(None);
    let deletes = Cell::new(0);
    let count_deletes = || world.writes().iter().filter(|write| write.starts_with("Del")).count();
    let outcome = world
        .apply_with(&plan, stop, &|event| {
            if matches!(event, Event::Reading { .. }) {
                return;
            }
            seen.set(seen.get() + 1);
            if seen.get() == at {
                stopper.stop(Signal::Interrupt);
                asked.set(Some(Instant::now()));
                deletes.set(count_deletes());
            }
        })
        .await
        .unwrap();
    let ended = Instant::now();
    world.check(&plan, &outcome).await;
    assert_eq!(world.names().len() + outcome.removed.len(), {
        let created = world.names().contains("new");
        9 + usize::from(created)
    });
    let Some(asked) = asked.get() else {
        assert_eq!(outcome.interrupted, None);
        return false;
    };
    assert_eq!(outcome.interrupted, Some(Signal::Interrupt));
    assert_eq!(outcome.removed, [], "at {at}: {outcome:#?}");
    assert!(ended - asked < Duration::from_secs(15), "at {at}: {:?}", ended - asked);
    // What was sent before the signal may take effect after it, but no more.
    assert!(count_deletes() <= deletes.get() + 1, "at {at}: {:?}", world.writes());
    // Every so often, because it takes a whole run more.
    if !at.is_multiple_of(5) {
        return true;
    }
    let peace = world.in_peace().await;
    let plan = peace.plan().await;
    let outcome = peace.apply(&plan).await;
    assert!(outcome.processors.iter().all(|processor| processor.fate == Fate::Done));
    assert_eq!(peace.plan().await.calls, []);
    true
}

#[tokio::test(start_paused = true)]
async fn a_run_can_be_stopped_at_every_step_without_loss() {
    for settle in [Duration::ZERO, Duration::from_secs(2)] {
        let mut at = 1;
        while interrupted_at(at, settle).await {
            at += 1;
        }
        assert!(at > 20, "{at}");
    }
}

#[tokio::test(start_paused = true)]
async fn stopping_before_anything_began_writes_nothing() {
    let world = World::full(Options::default()).await;
    let plan = world.plan().await;
    let (stopper, stop) = apply::stopper();
    stopper.stop(Signal::Terminate);
    let outcome = world.apply_with(&plan, stop, &|_| {}).await.unwrap();
    assert_eq!(outcome.interrupted, Some(Signal::Terminate));
    assert_eq!(world.write_requests(), 0);
    assert!(outcome.processors.iter().all(|one| matches!(one.fate, Fate::NotTried(_))));
}

#[tokio::test(start_paused = true)]
async fn calls_that_wait_for_their_turn_are_not_sent_any_more() {
    let names: Vec<String> = (0..60).map(|index| format!("camera-{index:02}")).collect();
    let live: Vec<_> = names.iter().map(|name| camera(name, name)).collect();
    let toml: Vec<_> = names
        .iter()
        .map(|name| camera_toml(name, name, "Other", "\"PERSON\"", "team = \"home\""))
        .collect();
    let world =
        World::new(&live, &toml, Options::default()).await.paced("100%".parse().unwrap()).await;
    let plan = world.plan().await;
    let (stopper, stop) = apply::stopper();
    let deletes = || world.writes().iter().filter(|write| write.starts_with("Del")).count();
    let (calls, then) = (Cell::new(0), Cell::new((0, None)));
    let outcome = world
        .apply_with(&plan, stop, &|event| {
            if matches!(event, Event::CallDone { .. }) {
                calls.set(calls.get() + 1);
                if calls.get() == 15 {
                    stopper.stop(Signal::Terminate);
                    then.set((deletes(), Some(Instant::now())));
                }
            }
        })
        .await
        .unwrap();
    let ended = Instant::now();
    world.check(&plan, &outcome).await;
    let (before, asked) = then.get();
    assert!(deletes() <= before + 1, "{before}, then {}", deletes());
    let took = ended - asked.unwrap();
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_eq!(outcome.removed, []);
    assert_eq!(world.names(), super::world::names(&world.before));
}

#[tokio::test(start_paused = true)]
async fn asking_twice_ends_at_once_and_says_what_is_unknown() {
    let settle = Settle::all(Duration::from_secs(60));
    let world = World::full(Options { settle, ..Options::default() }).await;
    let plan = world.plan().await;
    let (stopper, stop) = apply::stopper();
    let asked = Cell::new(None);
    let outcome = world
        .apply_with(&plan, stop, &|event| {
            if matches!(event, Event::Waiting { .. }) && asked.get().is_none() {
                asked.set(Some(Instant::now()));
                stopper.stop(Signal::Interrupt);
                stopper.stop(Signal::Interrupt);
            }
        })
        .await
        .unwrap();
    assert!(asked.get().unwrap().elapsed() < Duration::from_secs(1));
    assert_eq!(outcome.interrupted, Some(Signal::Interrupt));
    let names = world.names();
    for name in super::world::names(&world.before).difference(&names) {
        assert!(outcome.removed.iter().any(|removed| removed.name == *name), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn asking_twice_tells_of_every_processor_once() {
    let settle = Settle::all(Duration::from_secs(60));
    let world = World::full(Options { settle, ..Options::default() }).await;
    let plan = world.plan().await;
    let (stopper, stop) = apply::stopper();
    let over = std::cell::RefCell::new(Vec::new());
    let stopping = Cell::new(0);
    let outcome = world
        .apply_with(&plan, stop, &|event| match event {
            Event::Waiting { .. } => stopper.stop(Signal::Interrupt),
            Event::Stopping { signal } => {
                assert_eq!(signal, Signal::Interrupt);
                stopping.set(stopping.get() + 1);
            }
            Event::ProcessorDone { name, fate, done, total } => {
                over.borrow_mut().push((name, fate));
                assert_eq!((done, total), (over.borrow().len(), plan.changes.len()));
            }
            _ => {}
        })
        .await
        .unwrap();
    assert!(outcome.broken_off);
    let over = over.into_inner();
    let names: BTreeSet<&String> = over.iter().map(|(name, _)| name).collect();
    assert_eq!((over.len(), names.len()), (plan.changes.len(), plan.changes.len()));
    for (name, told) in &over {
        assert_eq!(fate(&outcome, name), told);
    }
    assert!(stopping.get() <= 1);
}

#[tokio::test(start_paused = true)]
async fn being_asked_to_stop_is_told_once() {
    let world = World::full(Options::default()).await;
    let plan = world.plan().await;
    let (stopper, stop) = apply::stopper();
    let (asked, told) = (Cell::new(false), Cell::new(0));
    let outcome = world
        .apply_with(&plan, stop, &|event| match event {
            Event::CallDone { .. } if !asked.replace(true) => stopper.stop(Signal::Terminate),
            Event::Stopping { signal: Signal::Terminate } => told.set(told.get() + 1),
            _ => {}
        })
        .await
        .unwrap();
    assert_eq!(told.get(), 1);
    assert!(!outcome.broken_off);
}

/// Applies a plan, and once this call of `a` was made, asks to stop and lets
/// nothing through to the service any more. Says how long it took from there.
async fn dead_after(world: World, last: Operation) -> (World, Outcome, Duration) {
    let dead = Arc::new(AtomicBool::new(false));
    let rule = dead.clone();
    let world = world
        .over(Arc::new(move |_, _| match rule.load(Ordering::Relaxed) {
            true => Wire::IsDead,
            false => Wire::Passes,
        }))
        .await;
    let plan = world.plan().await;
    let (stopper, stop) = apply::stopper();
    let asked = Cell::new(None);
    let outcome = world
        .apply_with(&plan, stop, &|event| {
            if matches!(&event, Event::CallDone { operation, .. } if *operation == last) {
                dead.store(true, Ordering::Relaxed);
                asked.set(Some(Instant::now()));
                stopper.stop(Signal::Interrupt);
            }
        })
        .await
        .unwrap();
    let took = asked.get().unwrap().elapsed();
    world.check(&plan, &outcome).await;
    (world, outcome, took)
}

#[tokio::test(start_paused = true)]
async fn a_creation_that_nobody_answers_is_tried_for_long_and_told_as_removed() {
    let toml = [camera_toml("a", "a", "Other", "\"PERSON\"", "team = \"home\"")];
    let world = World::new(&[camera("a", "a")], &toml, Options::default()).await;
    let (_, outcome, took) = dead_after(world, Operation::DeleteStreamProcessor).await;
    assert!(took > Duration::from_mins(15), "{took:?}");
    let [removed] = &outcome.removed[..] else { panic!("{outcome:#?}") };
    assert!(removed.restore.ends_with(" a"));
    answered(fate(&outcome, "a"), Operation::CreateStreamProcessor);
    assert_eq!(outcome.interrupted, Some(Signal::Interrupt));
}

#[tokio::test(start_paused = true)]
async fn a_restart_that_nobody_answers_is_tried_for_long_and_told() {
    let toml = [face_toml("a", "guests", "")];
    let world = World::new(&[face("a", "RUNNING")], &toml, Options::default()).await;
    let (_, outcome, took) = dead_after(world, Operation::StopStreamProcessor).await;
    assert!(took > Duration::from_mins(15), "{took:?}");
    assert_eq!(outcome.removed, []);
    let notes = &outcome.processors[0].notes;
    let failed = |note: &Note| matches!(note, Note::FallbackFailed { operation, .. } if *operation == Operation::StartStreamProcessor);
    assert!(notes.iter().any(failed), "{notes:?}");
    assert!(notes.contains(&Note::Stopped { certain: false }), "{notes:?}");
}

#[tokio::test(start_paused = true)]
async fn an_update_that_nobody_answers_ends_within_seconds() {
    let home = "team = \"home\"";
    let toml = [
        camera_toml("a", "a", "Streams", "\"PET\"", home),
        camera_toml("b", "b", "Streams", "\"PET\"", home),
    ];
    let live = [camera("a", "a"), camera("b", "b")];
    let faults = with_faults(&["UpdateStreamProcessor/b=slow:10m"]);
    let world = World::new(&live, &toml, faults).await;
    let (_, outcome, took) = dead_after(world, Operation::UpdateStreamProcessor).await;
    assert!(took < Duration::from_secs(12), "{took:?}");
    assert!(outcome.processors.iter().all(|one| matches!(one.fate, Fate::Failed(_))));
}

#[tokio::test(start_paused = true)]
async fn a_stopped_run_blames_no_call_that_was_never_sent() {
    let live = ["a", "b", "c"].map(|name| face(name, "RUNNING"));
    let toml = ["a", "b", "c"].map(|name| face_toml(name, "guests", ""));
    let settle = Settle::all(Duration::from_secs(2));
    let world = World::new(&live, &toml, Options { settle, ..Options::default() }).await;
    let plan = world.plan().await;
    let (stopper, stop) = apply::stopper();
    let outcome = world
        .apply_with(&plan, stop, &|event| {
            if matches!(event, Event::CallDone { .. }) {
                stopper.stop(Signal::Interrupt);
            }
        })
        .await
        .unwrap();
    world.check(&plan, &outcome).await;
    let (stop, delete) = (Operation::StopStreamProcessor, Operation::DeleteStreamProcessor);
    let reason = Reason::Stopped { after: Some(stop), before: Some(delete) };
    assert_eq!(fate(&outcome, "a"), &Fate::Failed(Failure { call: None, reason }));
    assert_eq!(outcome.processors[0].notes, [Note::StartedAgain]);
    for name in ["b", "c"] {
        let reason = Reason::Stopped { after: None, before: Some(stop) };
        assert_eq!(fate(&outcome, name), &Fate::NotTried(reason));
    }
}

#[tokio::test(start_paused = true)]
async fn a_mistake_in_rekon_ends_one_step_and_lets_the_others_finish() {
    for operation in
        ["CreateStreamProcessor", "DeleteStreamProcessor", "UpdateStreamProcessor", "TagResource"]
    {
        let settle = Settle::all(Duration::from_secs(2));
        let world = World::full(Options { settle, ..Options::default() }).await;
        let world = world
            .over(Arc::new(move |called, _| match called == operation {
                true => Wire::Panics,
                false => Wire::Passes,
            }))
            .await;
        let plan = world.plan().await;
        let outcome = world.apply(&plan).await;
        world.check(&plan, &outcome).await;
        let broken = outcome.processors.iter().filter(
            |one| matches!(&one.fate, Fate::Failed(failure) if failure.reason == Reason::Broken),
        );
        assert!(broken.count() > 0, "{operation}: {outcome:#?}");
        assert!(!outcome.broken_off);
        let unknown = outcome.processors.iter().any(|one| {
            let Fate::Failed(failure) = &one.fate else { return false };
            matches!(failure.reason, Reason::BrokenOff(_))
        });
        assert!(!unknown, "{operation}: {outcome:#?}");
    }
}
