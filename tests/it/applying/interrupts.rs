//! Being asked to stop, at every step.

use std::cell::Cell;
use std::time::Duration;

use rekon::apply::{self, Event};
use rekon::emulator::{Options, Settle};
use rekon::plan::Fate;
use tokio::time::Instant;

use super::world::{World, camera, camera_toml};

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
                stopper.stop("SIGINT");
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
    assert_eq!(outcome.interrupted, Some("SIGINT"));
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
    stopper.stop("SIGTERM");
    let outcome = world.apply_with(&plan, stop, &|_| {}).await.unwrap();
    assert_eq!(outcome.interrupted, Some("SIGTERM"));
    assert_eq!(world.write_requests(), 0);
    assert!(outcome.processors.iter().all(|one| matches!(one.fate, Fate::NotTried { .. })));
}

#[tokio::test(start_paused = true)]
async fn calls_that_wait_for_their_turn_are_not_sent_any_more() {
    let names: Vec<String> = (0..60).map(|index| format!("camera-{index:02}")).collect();
    let live: Vec<_> = names.iter().map(|name| camera(name, name)).collect();
    let toml: Vec<_> = names
        .iter()
        .map(|name| camera_toml(name, name, "Other", "\"PERSON\"", "team = \"home\""))
        .collect();
    let world = World::new(&live, &toml, Options::default()).await.paced().await;
    let plan = world.plan().await;
    let (stopper, stop) = apply::stopper();
    let deletes = || world.writes().iter().filter(|write| write.starts_with("Del")).count();
    let (calls, then) = (Cell::new(0), Cell::new((0, None)));
    let outcome = world
        .apply_with(&plan, stop, &|event| {
            if matches!(event, Event::CallDone { .. }) {
                calls.set(calls.get() + 1);
                if calls.get() == 15 {
                    stopper.stop("SIGTERM");
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
                stopper.stop("SIGINT");
                stopper.stop("SIGINT");
            }
        })
        .await
        .unwrap();
    assert!(asked.get().unwrap().elapsed() < Duration::from_secs(1));
    assert_eq!(outcome.interrupted, Some("SIGINT"));
    let names = world.names();
    for name in super::world::names(&world.before).difference(&names) {
        assert!(outcome.removed.iter().any(|removed| removed.name == *name), "{name}");
    }
}
