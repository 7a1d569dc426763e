use super::*;
use crate::plan::{Action, Fate, Operation, ProcessorOutcome};
use crate::report::Detail;
use crate::report::samples::{PlanBuilder, at, sample};
use crate::report::text::event;

fn processor(name: &str, fate: Fate, made: &[Operation]) -> ProcessorOutcome {
    ProcessorOutcome { name: name.into(), fate, made: made.to_vec(), notes: Vec::new() }
}

fn failed(reason: &str) -> Fate {
    Fate::Failed {
        call: Some("c2".into()),
        operation: Some(Operation::CreateStreamProcessor),
        reason: reason.into(),
        help: Some("raise the quota in the Service Quotas console, then apply again".into()),
    }
}

fn mixed() -> Outcome {
    let mut garage = processor(
        "garage",
        failed("LimitExceededException: Stream processor limit exceeded for account, limit - 5."),
        &[Operation::DeleteStreamProcessor],
    );
    garage.notes.push("its old definition could not be put back either".into());
    Outcome {
        processors: vec![
            garage,
            processor("front-door", Fate::Done, &[Operation::UpdateStreamProcessor]),
            processor("shed", Fate::NotTried { reason: "a replacement failed".into() }, &[]),
            processor(
                "porch",
                Fate::Moved {
                    differences: vec!["data_sharing_preference.opt_in: true, not false".into()],
                },
                &[],
            ),
        ],
        tally: CallTally { made: 2, retried: 3, throttled: 1 },
        elapsed: Duration::from_millis(1234),
        interrupted: Some("SIGINT"),
        broken_off: false,
        removed: vec![Removed {
            name: "garage".into(),
            recovery_file: ".rekon/removed/garage.toml".into(),
            restore: "rekon apply .rekon/removed/garage".into(),
        }],
    }
}

#[test]
fn the_report_says_what_was_done_what_not_and_what_to_do() {
    insta::assert_snapshot!(outcome(&mixed(), &sample(), at(80)), @r#"
    ✓ done: front-door

    · shed                                          not tried    cameras/shed.toml:1
        a replacement failed

    ≠ porch                                   moved since the plan: nothing was done
        data_sharing_preference.opt_in: true, not false

    ✗ garage                   CreateStreamProcessor failed    cameras/garage.toml:3
        LimitExceededException: Stream processor limit exceeded for account, limit
          - 5.
        its old definition could not be put back either
        made: DeleteStreamProcessor
        help: raise the quota in the Service Quotas console, then apply again

    Removed and not recreated:
        garage   its definition is in .rekon/removed/garage.toml
            restore it with: rekon apply .rekon/removed/garage

    Interrupted by SIGINT: not all that was under way could be finished, and no new
        delete was begun.
    Applied in part: 1 done, 1 failed, 1 not tried, 1 moved.
        2 API calls, 3 retried, 1 throttled, 1.2 s.
    A new plan shows what remains.
    "#);
}

#[test]
fn success_is_one_line() {
    let result = Outcome {
        processors: vec![processor("a", Fate::Done, &[]), processor("b", Fate::Done, &[])],
        tally: CallTally { made: 1, retried: 0, throttled: 0 },
        elapsed: Duration::from_secs(200),
        ..Outcome::default()
    };
    let plan = PlanBuilder::new()
        .change("a", &[Action::Update], None, vec![], &[])
        .change("b", &[Action::Update], None, vec![], &[])
        .build();
    let text = outcome(&result, &plan, Settings::default());
    assert_eq!(text, "Applied: 2 done. 1 API call, 3 min 20 s.\n");
    assert_eq!(outcome(&Outcome::default(), &plan, Settings::default()), "Nothing to do.\n");
}

#[test]
fn nothing_written_is_not_called_a_part() {
    let moved = Fate::Moved { differences: vec!["it is gone".into()] };
    let result = Outcome { processors: vec![processor("a", moved, &[])], ..Outcome::default() };
    let text = outcome(&result, &sample(), Settings::default());
    assert!(text.contains("Nothing was applied: 1 moved. 0 API calls"), "{text}");
}

#[test]
fn many_that_share_a_fate_are_told_once_and_those_that_failed_are_named() {
    let mut processors: Vec<ProcessorOutcome> = (0..500)
        .map(|number| {
            let fate = Fate::NotTried { reason: "interrupted".into() };
            processor(&format!("camera-{number}"), fate, &[])
        })
        .collect();
    processors.extend(
        (0..3).map(|number| {
            processor(&format!("bad-{number}"), failed("AccessDeniedException"), &[])
        }),
    );
    let result = Outcome { processors, ..Outcome::default() };
    insta::assert_snapshot!(outcome(&result, &sample(), at(80)), @r#"
    · 500 processors                                                       not tried
        interrupted
        (--verbose lists them)

    ✗ 3 processors                                      CreateStreamProcessor failed
        AccessDeniedException
        help: raise the quota in the Service Quotas console, then apply again
        bad-0, bad-1, bad-2

    Nothing was applied: 3 failed, 500 not tried. 0 API calls, 0.0 s.
    A new plan shows what remains.
    "#);
    let all = outcome(&result, &sample(), Settings { detail: Detail::Verbose, ..at(80) });
    assert!(all.contains("camera-499"), "{all}");
}

#[test]
fn an_event_is_one_harmless_line() {
    let settings = Settings::default();
    assert_eq!(event("front-door", &Fate::Done, settings), "✓ front-door\n");
    assert_eq!(
        event("garage", &failed("no\nway \u{1b}[2J"), settings),
        "✗ garage: CreateStreamProcessor failed: no\\nway \\u{1b}[2J\n"
    );
    let not_tried = Fate::NotTried { reason: "interrupted".into() };
    assert_eq!(event("shed", &not_tried, settings), "· shed: not tried: interrupted\n");
    let moved = Fate::Moved { differences: vec!["a".into(), "b".into()] };
    assert_eq!(event("porch", &moved, settings), "≠ porch: moved, nothing was done: a; b\n");
}

#[test]
fn hostile_words_of_the_service_are_spelled_out() {
    let hostile = "\u{1b}[2J\u{202e}\n\u{9b}x";
    let mut result = mixed();
    result.processors[0].notes = vec![hostile.into()];
    for processor in &mut result.processors {
        processor.name = hostile.into();
    }
    for fate in [
        Fate::Failed {
            call: None,
            operation: None,
            reason: hostile.into(),
            help: Some(hostile.into()),
        },
        Fate::NotTried { reason: hostile.into() },
        Fate::Moved { differences: vec![hostile.into()] },
    ] {
        result.processors.push(processor(hostile, fate, &[]));
    }
    result.removed[0] =
        Removed { name: hostile.into(), recovery_file: hostile.into(), restore: hostile.into() };
    for settings in [Settings::default(), at(40), Settings { detail: Detail::Verbose, ..at(80) }] {
        let text = outcome(&result, &sample(), settings);
        assert!(text.split('\n').all(|line| escape(line) == line), "{text:?}");
    }
}

#[test]
fn an_interrupted_run_says_whether_it_finished_what_was_under_way() {
    let text = |broken_off| {
        let interrupted = Some("SIGTERM");
        let processors = vec![processor("a", Fate::Done, &[])];
        let result = Outcome { processors, interrupted, broken_off, ..Outcome::default() };
        outcome(&result, &sample(), Settings::default())
    };
    assert!(text(false).contains("Interrupted by SIGTERM: what was under way was finished"));
    assert!(text(true).contains("Interrupted by SIGTERM: what was under way was broken off"));
}
