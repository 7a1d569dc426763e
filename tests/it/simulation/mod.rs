//! A simulation that hunts: the whole of apply, under a paused clock, against the
//! embedded service, on a way that is as bad as a seed makes it.
//!
//! ```text
//! seed ─▶ scene (what lives, what is declared) ┐
//!      └▶ weather (what goes wrong, and when)  ┴▶ play ─▶ apply ⇄ wire ⇄ emulator
//!                                                             │
//!                             checker ◀── every request, its effect, its answer
//! ```
//!
//! The checker reads what reached the service and what the client got to see, and
//! only then holds the report against it. It uses nothing of rekon but the words
//! of the report: what `apply` does is described in it a second time.
//!
//! `REKON_SEED=N` plays one seed, `REKON_SEEDS=N` that many.

mod checker;
mod play;
mod scene;
mod trace;
mod weather;
mod wire;

use std::collections::BTreeMap;

use crate::world::stage::paused;
use play::{Broken, play};

const SEEDS: u64 = 500;
/// As many threads as tests, so that all cores are used.
const PARTS: u64 = 4;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

/// Plays every so many seeds.
fn seeds_from(first: u64) {
    let seeds = match number("REKON_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("REKON_SEEDS").unwrap_or(SEEDS),
    };
    let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
    let mut problems = Vec::new();
    let goes_on = number("REKON_SEED_GOES_ON").is_some();
    for seed in seeds.clone().filter(|seed| seed % PARTS == first) {
        match paused(play(seed)) {
            Ok(end) => *ends.entry(end).or_default() += 1,
            Err(broken) if goes_on => {
                let first: String = broken.problem.lines().next().unwrap_or_default().into();
                problems.push(format!("seed {seed}: {first}"));
            }
            Err(broken) => fail(seed, &broken),
        }
    }
    assert!(problems.is_empty(), "{}\n{ends:?}", problems.join("\n"));
    // The mix is only worth something if it reaches every kind of end.
    if seeds.end - seeds.start >= SEEDS {
        for end in ["done", "in part", "not begun", "interrupted", "died", "lost"] {
            assert!(ends.contains_key(end), "{end} never happened: {ends:?}");
        }
    }
    println!("{ends:?}");
}

fn fail(seed: u64, broken: &Broken) -> ! {
    let Broken { problem, scene, weather, journal, outcome } = broken;
    panic!(
        "seed {seed}: {problem}\n\n{scene:#?}\n{weather:#?}\n\n{outcome}\n\n{journal}\n\
         seed {seed}: {problem}\n\
         repeat with REKON_SEED={seed} cargo test --test it simulation"
    );
}

mod apply_keeps_its_promises_whatever_goes_wrong {
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
