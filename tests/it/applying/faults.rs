//! Lost answers, throttles and failures: none of them changes what is done.

use std::cell::RefCell;
use std::time::Duration;

use rekon::apply::{self, Event};
use rekon::aws::Notice;
use rekon::emulator::{Lag, Options, Settle};
use tokio::time::Instant;

use rekon::model::Attribute;
use rekon::plan::{CallEffect, Deviation, Failure, Fate, Reason};

use super::world::{World, all_done, with_faults};

const WRITES: [&str; 7] = [
    "CreateStreamProcessor",
    "UpdateStreamProcessor",
    "StartStreamProcessor",
    "StopStreamProcessor",
    "DeleteStreamProcessor",
    "TagResource",
    "UntagResource",
];

/// Applies everything, and expects it to be done in spite of the options.
async fn succeeds(options: Options, about: &str) -> World {
    let world = World::full(options).await;
    let plan = world.plan_in_peace().await;
    let outcome = world.apply(&plan).await;
    assert!(all_done(&outcome), "{about}: {outcome:#?}");
    world.check(&plan, &outcome).await;
    world
}

#[tokio::test(start_paused = true)]
async fn the_calls_made_are_the_calls_planned() {
    let settle = Settle::all(Duration::ZERO);
    let world = World::full(Options { settle, ..Options::default() }).await;
    let plan = world.plan().await;
    let outcome = world.apply(&plan).await;
    assert!(all_done(&outcome), "{outcome:#?}");
    world.check(&plan, &outcome).await;
    assert_eq!(world.write_requests(), plan.calls.len());
    assert_eq!(outcome.tally.made, plan.calls.len() as u64);
    assert_eq!((outcome.tally.retried, outcome.tally.throttled), (0, 0));
    assert_eq!(outcome.removed, []);
    assert_eq!(world.plan().await.calls, []);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_to_any_write_is_settled_by_reading() {
    for operation in WRITES {
        for fault in ["reset-before", "reset-after", "hang", "truncate", "internal"] {
            for times in ["1", "1x3"] {
                let script = format!("{operation}:{times}={fault}");
                succeeds(with_faults(&[&script]), &script).await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_took_effect_is_not_sent_again() {
    for operation in ["CreateStreamProcessor", "DeleteStreamProcessor", "UpdateStreamProcessor"] {
        let mut options = with_faults(&[&format!("{operation}=reset-after")]);
        options.settle = Settle::all(Duration::ZERO);
        let world = succeeds(options, operation).await;
        let calls = world.emulator.journal();
        let mut sent: Vec<_> = calls
            .iter()
            .filter(|call| call.operation.name() == operation)
            .map(|call| call.processor.clone())
            .collect();
        let all = sent.len();
        sent.sort();
        sent.dedup();
        assert_eq!(sent.len(), all, "{operation}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_vanished_after_a_lost_answer_may_have_been_written_to() {
    // The first attempt goes unanswered, nobody may read what came of it, and then the
    // processor is gone.
    let world = World::full(with_faults(&[
        "UpdateStreamProcessor/porch:1=reset-after",
        "DescribeStreamProcessor/porch:2x99=error:AccessDeniedException",
        "UpdateStreamProcessor/porch:2=error:ResourceNotFoundException",
    ]))
    .await;
    let plan = world.plan_in_peace().await;
    let outcome = world.apply(&plan).await;
    assert!(world.writes().contains(&"UpdateStreamProcessor porch".to_owned()));
    let told = outcome.calls.iter().find(|call| call.processor == "porch").unwrap();
    assert_eq!(told.effect, CallEffect::Unknown, "{outcome:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_delete_of_which_no_answer_ever_comes_is_given_up() {
    for fault in ["reset-before", "internal"] {
        let script = format!("DeleteStreamProcessor:1x1000={fault}");
        let world = World::full(with_faults(&[&script])).await;
        let outcome = world.apply(&world.plan_in_peace().await).await;
        assert!(outcome.elapsed < Duration::from_mins(15), "{fault}: {:?}", outcome.elapsed);
        let east = outcome.processors.iter().find(|it| it.name == "east").unwrap();
        assert!(matches!(east.fate, Fate::Failed(_)), "{fault}: {:?}", east.fate);
        assert_eq!(outcome.removed, []);
    }
}

#[tokio::test(start_paused = true)]
async fn throttling_is_told_when_it_happens() {
    let faults = ["DescribeStreamProcessor:1x2=throttle", "CreateStreamProcessor/new:1x3=throttle"];
    let world = World::full(with_faults(&faults)).await;
    let plan = world.plan_in_peace().await;
    let (_stopper, stop) = apply::stopper();
    let told: RefCell<Vec<(Instant, Event)>> = RefCell::default();
    let tell = |event| told.borrow_mut().push((Instant::now(), event));
    let outcome = world.apply_with(&plan, stop, &tell).await.unwrap();
    assert!(all_done(&outcome), "{outcome:#?}");
    let told = told.into_inner();
    let started = told.iter().position(|(_, event)| matches!(event, Event::Started { .. }));
    let throttled = |events: &[(Instant, Event)]| -> Vec<(Instant, u64)> {
        let all = events.iter();
        all.filter_map(|(at, event)| match event {
            Event::Delayed(Notice::Throttled { times, .. }) => Some((*at, *times)),
            _ => None,
        })
        .collect()
    };
    let (reading, writing) = told.split_at(started.unwrap());
    assert_eq!(throttled(reading).iter().map(|(_, times)| *times).collect::<Vec<_>>(), [1, 2]);
    let writing = throttled(writing);
    assert_eq!(writing.iter().map(|(_, times)| *times).collect::<Vec<_>>(), [3, 4, 5]);
    // Between them are the waits of the one call that they were about.
    assert!(writing.is_sorted_by(|(before, _), (after, _)| before < after), "{writing:?}");
}

#[tokio::test(start_paused = true)]
async fn throttles_are_waited_out() {
    for operation in WRITES {
        for fault in ["throttle", "rate"] {
            let script = format!("{operation}:1x12={fault}");
            succeeds(with_faults(&[&script]), &script).await;
        }
    }
    succeeds(with_faults(&["DescribeStreamProcessor:1x30=throttle"]), "reads").await;
}

#[tokio::test(start_paused = true)]
async fn reads_that_fail_are_repeated() {
    for operation in ["DescribeStreamProcessor", "ListTagsForResource"] {
        for fault in ["reset-before", "hang", "truncate", "internal"] {
            let script = format!("{operation}:1x5={fault}");
            succeeds(with_faults(&[&script]), &script).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_service_is_waited_for() {
    for seconds in [5, 60] {
        let settle = Settle::all(Duration::from_secs(seconds));
        succeeds(Options { settle, ..Options::default() }, &format!("{seconds} s")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_created_may_take_a_while_to_show() {
    let lag = Lag { created: Duration::from_secs(10), ..Lag::default() };
    succeeds(Options { lag, ..Options::default() }, "lag").await;
    let mut options = with_faults(&["CreateStreamProcessor=reset-after"]);
    options.lag = lag;
    succeeds(options, "lost and late").await;
}

#[tokio::test(start_paused = true)]
async fn every_quirk_of_the_service_is_borne() {
    use rekon::emulator::Quirks;
    for quirk in Quirks::ALL {
        for variant in quirk.variants {
            // Labels that can only be added are no way to take one away.
            if (quirk.name, variant.name) == ("labels-update", "merge") {
                continue;
            }
            let mut options = Options::default();
            options.quirks.set(quirk.name, variant.name).unwrap();
            succeeds(options, &format!("{}={}", quirk.name, variant.name)).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_update_that_does_not_do_what_was_planned_is_a_failure() {
    let mut options = Options::default();
    options.quirks.set("labels-update", "merge").unwrap();
    let world = World::full(options).await;
    let plan = world.plan().await;
    let outcome = world.apply(&plan).await;
    let fate = super::world::fate(&outcome, "porch");
    let Fate::Failed(Failure { call: None, reason: Reason::Deviates(deviations) }) = fate else {
        panic!("{outcome:#?}");
    };
    let [Deviation::Attribute(labels)] = &deviations[..] else { panic!("{deviations:?}") };
    assert_eq!(labels.attribute, Attribute::Labels);
}
