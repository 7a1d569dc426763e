//! What goes wrong in a world, as data: rolled from a seed, printed when it matters.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rekon::apply;
use rekon::emulator::{Lag, Options, Quirks, Settle};
use rekon::plan::Signal;

use super::scene::Scene;
use crate::world::Dice;

/// A moment in a run: a time, or a while after so many requests, writes or
/// deletes have reached the service.
#[derive(Clone, Copy, Debug)]
pub enum When {
    At(Duration),
    AfterRequests(usize, Duration),
    AfterWrites(usize, Duration),
    AfterDeletes(usize, Duration),
}

/// How the service, or the way to it, is gone for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outage {
    /// Nothing arrives and nothing answers.
    Silent,
    /// No connection is made.
    Refused,
    /// Every connection breaks.
    Reset,
    /// 503 without a type.
    Unavailable,
    /// InternalServerError.
    Failing,
}

/// What becomes of one request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mishap {
    LostBefore,
    LostAfter,
    /// It takes effect at once and is answered after this long.
    Slow(Duration),
    /// The connection breaks at once, or never answers, and a delete takes effect after this long.
    Late(Duration, Outage),
    /// Something on the way sends it twice and passes on the second answer.
    Doubled,
    Truncated,
    Throttled,
    Internal,
}

/// A request that the service does not want.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub operation: &'static str,
    pub code: &'static str,
    /// `None`: whoever it is about.
    pub names: Option<BTreeSet<&'static str>>,
    /// The first of the run's calls of this operation that is refused, from 1.
    pub from: usize,
}

/// What somebody else does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    Update,
    Tag,
    Untag,
    Delete,
    /// Deletes it and creates another one under its name.
    Recreate,
    Stop,
    Start,
}

/// Everything around a run.
#[derive(Clone, Debug)]
pub struct Weather {
    /// The shortest and the longest way of a request or an answer, in milliseconds.
    pub latency: (u64, u64),
    pub settle: Settle,
    /// How long a new processor does not show.
    pub hidden: Duration,
    pub quirks: Quirks,
    pub failing_starts: BTreeSet<&'static str>,
    pub refusals: Vec<Refusal>,
    pub outages: Vec<(When, Duration, Outage)>,
    /// How often in a thousand a write, and a read, meets with one of these.
    pub writes: (usize, Vec<Mishap>),
    pub reads: (usize, Vec<Mishap>),
    pub edits: Vec<(When, &'static str, Edit)>,
    pub signals: Vec<(When, Signal)>,
    pub death: Option<When>,
    pub parallelism: usize,
    pub settle_timeout: Duration,
    /// Whether the run keeps to the pace of the quotas.
    pub paced: bool,
}

fn between(dice: &mut Dice, least: u64, most: u64) -> Duration {
    Duration::from_millis(least + dice.roll() % (most - least + 1))
}

impl When {
    fn roll(dice: &mut Dice, size: usize) -> When {
        // Just after, or a while.
        let most = *dice.pick(&[0, 300, 3_000, 20_000]);
        let then = between(dice, 0, most);
        match dice.below(5) {
            0 => {
                let most = *dice.pick(&[300, 3_000, 30_000]);
                When::At(between(dice, 0, most))
            }
            1 => When::AfterRequests(1 + dice.below(12 * size), then),
            2 => When::AfterWrites(1 + dice.below(2 * size), then),
            _ => When::AfterDeletes(1 + dice.below(1 + size / 2), then),
        }
    }
}

impl Weather {
    pub fn roll(dice: &mut Dice, scene: &Scene) -> Weather {
        let size = scene.live.len().max(scene.files.len());
        let names: Vec<&'static str> =
            scene.live.keys().chain(scene.files.keys()).copied().collect();
        let millis = |dice: &mut Dice, choices: &[u64]| {
            let most = *dice.pick(choices);
            between(dice, 0, most)
        };
        let settle = Settle {
            starting: millis(dice, &[0, 2_000, 20_000]),
            stopping: millis(dice, &[0, 2_000, 20_000]),
            updating: millis(dice, &[0, 2_000]),
            name: millis(dice, &[0, 5_000, 60_000]),
            session: millis(dice, &[2_000, 20_000, 120_000]),
        };
        let mut quirks = Quirks::default();
        for name in ["stop-while-starting", "update-while-busy", "delete-while-starting"] {
            let quirk = Quirks::ALL.iter().find(|quirk| quirk.name == name).unwrap();
            quirks.set(name, dice.pick(quirk.variants).name).unwrap();
        }
        let latency = *dice.pick(&[(1, 1), (5, 50), (20, 150), (100, 380)]);
        let mut weather = Weather {
            latency,
            settle,
            hidden: match dice.once_in(6) {
                true => millis(dice, &[1_000, 20_000]),
                false => Duration::ZERO,
            },
            quirks,
            failing_starts: BTreeSet::new(),
            refusals: Vec::new(),
            outages: Vec::new(),
            writes: (0, Vec::new()),
            reads: (0, Vec::new()),
            edits: Vec::new(),
            signals: Vec::new(),
            death: None,
            parallelism: *dice.pick(&[1, 2, 8, apply::DEFAULT_PARALLELISM]),
            settle_timeout: *dice.pick(&[
                Duration::ZERO,
                Duration::from_secs(3),
                apply::DEFAULT_SETTLE_TIMEOUT,
                apply::DEFAULT_SETTLE_TIMEOUT,
            ]),
            paced: dice.once_in(2),
        };
        // A few things go wrong at a time, so that what comes of each shows.
        for _ in 0..=dice.below(4) {
            weather.worsen(dice, &names, size);
        }
        weather
    }

    fn worsen(&mut self, dice: &mut Dice, names: &[&'static str], size: usize) {
        match dice.below(12) {
            0 | 1 => self.refusals.push(Refusal::roll(dice, names, size)),
            2 => {
                self.failing_starts.extend(some(dice, names));
            }
            3 | 4 => {
                let kinds = [
                    Outage::Silent,
                    Outage::Refused,
                    Outage::Reset,
                    Outage::Unavailable,
                    Outage::Failing,
                ];
                let length = between(dice, 1_000, 120_000);
                self.outages.push((When::roll(dice, size), length, *dice.pick(&kinds)));
            }
            5 | 6 => {
                let slow = between(dice, 100, 30_000);
                let late = between(dice, 0, 60_000);
                let outage = *dice.pick(&[Outage::Silent, Outage::Reset]);
                let all = [
                    Mishap::LostBefore,
                    Mishap::LostAfter,
                    Mishap::Slow(slow),
                    Mishap::Slow(Duration::from_secs(25)),
                    Mishap::Late(late, outage),
                    Mishap::Doubled,
                    Mishap::Truncated,
                    Mishap::Throttled,
                    Mishap::Internal,
                ];
                self.writes = mishaps(dice, &all);
            }
            7 => {
                let slow = between(dice, 100, 3_000);
                let all = [
                    Mishap::LostBefore,
                    Mishap::Slow(slow),
                    Mishap::Slow(Duration::from_secs(25)),
                    Mishap::Truncated,
                    Mishap::Throttled,
                    Mishap::Internal,
                ];
                self.reads = mishaps(dice, &all);
            }
            8 | 9 => {
                for _ in 0..=dice.below(2) {
                    let edits = [
                        Edit::Update,
                        Edit::Tag,
                        Edit::Untag,
                        Edit::Delete,
                        Edit::Recreate,
                        Edit::Stop,
                        Edit::Start,
                    ];
                    self.edits.push((
                        When::roll(dice, size),
                        *dice.pick(names),
                        *dice.pick(&edits),
                    ));
                }
            }
            10 => {
                for _ in 0..=dice.below(2) {
                    let signals = [Signal::Hangup, Signal::Interrupt, Signal::Terminate];
                    self.signals.push((When::roll(dice, size), *dice.pick(&signals)));
                }
            }
            _ => self.death = Some(When::roll(dice, size)),
        }
    }

    /// How the emulator is to be.
    pub fn options(&self) -> Options {
        let failures = self.failing_starts.iter();
        let failures: BTreeMap<String, String> =
            failures.map(|name| ((*name).to_owned(), "Collection not found".to_owned())).collect();
        Options {
            settle: self.settle,
            lag: Lag { created: self.hidden, ..Lag::default() },
            failures,
            quirks: self.quirks,
            ..Options::default()
        }
    }
}

impl Refusal {
    fn roll(dice: &mut Dice, names: &[&'static str], size: usize) -> Refusal {
        let operations = [
            "CreateStreamProcessor",
            "CreateStreamProcessor",
            "CreateStreamProcessor",
            "StartStreamProcessor",
            "StartStreamProcessor",
            "StopStreamProcessor",
            "DeleteStreamProcessor",
            "UpdateStreamProcessor",
            "DescribeStreamProcessor",
            "ListTagsForResource",
        ];
        let codes =
            ["LimitExceededException", "AccessDeniedException", "InvalidParameterException"];
        Refusal {
            operation: operations[dice.below(operations.len())],
            code: codes[dice.below(codes.len())],
            names: dice.once_in(2).then(|| some(dice, names)),
            from: match dice.once_in(2) {
                true => 1,
                false => 1 + dice.below(size),
            },
        }
    }
}

/// One of the names, or about half of them.
fn some(dice: &mut Dice, names: &[&'static str]) -> BTreeSet<&'static str> {
    match dice.once_in(2) {
        true => BTreeSet::from([names[dice.below(names.len())]]),
        false => names.iter().copied().filter(|_| dice.once_in(2)).collect(),
    }
}

fn mishaps(dice: &mut Dice, all: &[Mishap]) -> (usize, Vec<Mishap>) {
    let few: Vec<Mishap> = all.iter().copied().filter(|_| dice.once_in(3)).collect();
    let kinds = if few.is_empty() { vec![*dice.pick(all)] } else { few };
    (*dice.pick(&[20, 100, 300]), kinds)
}
