//! Every kind of fault at random, many times over.

use std::time::Duration;

use rekon::emulator::{Faults, Options, Settle};
use rekon::plan::Fate;

use super::world::{World, all_done};

/// Every kind of fault, each with this probability.
fn tortured(seed: u64, probability: f64) -> Options {
    let faults = [
        "throttle",
        "rate",
        "internal",
        "reset-before",
        "reset-after",
        "hang",
        "truncate",
        "slow:3s",
        "hide:4s",
        "lag:20s",
        "linger:60s",
        "deny",
        "error:LimitExceededException",
    ];
    let random = faults.iter().map(|fault| format!("{fault}={probability}").parse().unwrap());
    Options {
        faults: Faults { scripted: vec![], random: random.collect(), seed },
        settle: Settle::all(Duration::from_millis(seed % 5 * 700)),
        ..Options::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_tortured_run_tells_the_truth_and_a_second_one_converges() {
    // More of them: REKON_TORTURE=1000 cargo test --test it torture
    let seeds = std::env::var("REKON_TORTURE").ok().and_then(|text| text.parse().ok());
    let mut done = 0_u32;
    let first = std::env::var("REKON_TORTURE_FROM").ok().and_then(|text| text.parse().ok());
    let first = first.unwrap_or(0_u64);
    for seed in first..first + seeds.unwrap_or(24) {
        let probability = [0.01, 0.03, 0.08][(seed % 3) as usize];
        let world = World::full(tortured(seed, probability)).await;
        let plan = world.plan_in_peace().await;
        let (_stopper, stop) = rekon::apply::stopper();
        let outcome = match world.apply_with(&plan, stop, &|_| {}).await {
            Ok(outcome) => outcome,
            Err(error) => {
                assert_eq!(world.writes(), Vec::<String>::new(), "seed {seed}: {error}");
                continue;
            }
        };
        eprintln!("seed {seed}: {:?}", outcome.tally);
        world.check(&plan, &outcome).await;
        done += u32::from(all_done(&outcome));

        let peace = world.in_peace().await;
        let plan = peace.plan().await;
        let again = peace.apply(&plan).await;
        assert!(all_done(&again), "seed {seed}: {again:#?}");
        assert_eq!(peace.plan().await.calls, [], "seed {seed}");
        let broken = outcome.processors.iter().filter(|one| one.fate != Fate::Done).count();
        assert!(broken > 0 || plan.calls.is_empty(), "seed {seed}: done, and not done");
    }
    assert!(done > 0, "some runs get through all of it");
}
