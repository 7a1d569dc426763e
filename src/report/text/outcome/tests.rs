use std::time::Duration;

use super::*;
use crate::diff::Difference;
use crate::model::{Attribute, Value};
use crate::plan::{
    Action, Answer, CallOutcome, CallTally, Deviation, Failure, Note, Operation, ProcessorOutcome,
    Reason, Signal,
};
use crate::report::Detail;
use crate::report::samples::{PlanBuilder, at, sample, taken};

const CREATE: Operation = Operation::CreateStreamProcessor;

fn processor(name: &str, fate: Fate) -> ProcessorOutcome {
    ProcessorOutcome { name: name.into(), fate, notes: Vec::new() }
}

fn failed(message: &str) -> Fate {
    let help = "raise the quota in the Service Quotas console, then apply again";
    let reason = Reason::answer(message, Some(help.into()));
    Fate::Failed(Failure { call: Some(("c2".into(), CREATE)), reason })
}

fn not_tried() -> Fate {
    Fate::NotTried(Reason::CallFailed { operation: CREATE, name: "garage".into() })
}

fn moved(value: &str) -> Deviation {
    Deviation::Attribute(Difference {
        attribute: Attribute::RoleArn,
        before: Some(Value::text(value)),
        after: Some(Value::text("planned")),
    })
}

fn calls() -> Vec<CallOutcome> {
    vec![
        taken("c1", "garage", Operation::DeleteStreamProcessor),
        taken("c3", "front-door", Operation::UpdateStreamProcessor),
    ]
}

fn mixed() -> Outcome {
    let mut garage = processor(
        "garage",
        failed("LimitExceededException: Stream processor limit exceeded for account, limit - 5."),
    );
    garage.notes.push(Note::NotRestored);
    Outcome {
        processors: vec![
            garage,
            processor("front-door", Fate::Done),
            processor("shed", not_tried()),
            processor("porch", Fate::Moved(vec![moved("other")])),
        ],
        calls: calls(),
        tally: CallTally { made: 2, reads: 5, retried: 3, throttled: 1 },
        elapsed: Duration::from_millis(1234),
        interrupted: Some(Signal::Interrupt),
        broken_off: false,
        removed: vec![Removed {
            name: "garage".into(),
            recovery_file: ".rekon/removed/garage.toml".into(),
            restore: "rekon apply .rekon/removed/garage".into(),
            planned: false,
        }],
    }
}

#[test]
fn the_report_says_what_was_done_what_not_and_what_to_do() {
    insta::assert_snapshot!(outcome(&mixed(), &sample(), at(80)), @r#"
    ✓ done: front-door

    · shed                                          not tried    cameras/shed.toml:1
        CreateStreamProcessor of garage failed

    ≠ porch                                   moved since the plan: nothing was done
        role_arn is now other instead of planned

    ✗ garage                   CreateStreamProcessor failed    cameras/garage.toml:3
        LimitExceededException: Stream processor limit exceeded for account, limit -
          5.
        its old definition could not be put back
        made: DeleteStreamProcessor
        help: raise the quota in the Service Quotas console, then apply again

    Removed and not recreated:
        garage   its definition is in .rekon/removed/garage.toml
            restore it with: rekon apply .rekon/removed/garage

    Interrupted by SIGINT: not all that was under way could be finished, and no new
        delete was begun.
    Applied in part: 1 done, 1 failed, 1 not tried, 1 moved.
        2 writes, 5 reads, 3 retried, 1 throttled, 1.2 s.
    A new plan shows what remains.
    "#);
}

#[test]
fn success_is_one_line() {
    let result = Outcome {
        processors: vec![processor("a", Fate::Done), processor("b", Fate::Done)],
        tally: CallTally { made: 1, reads: 4, retried: 0, throttled: 0 },
        elapsed: Duration::from_secs(200),
        ..Outcome::default()
    };
    let plan = PlanBuilder::new()
        .change("a", &[Action::Update], None, vec![], &[])
        .change("b", &[Action::Update], None, vec![], &[])
        .build();
    let text = outcome(&result, &plan, Settings::default());
    assert_eq!(text, "Applied: 2 done. 1 write, 4 reads, 3 min 20 s.\n");
    assert_eq!(outcome(&Outcome::default(), &plan, Settings::default()), "Nothing to do.\n");
    let quiet = Settings { detail: Detail::Quiet, ..Settings::default() };
    assert_eq!(outcome(&result, &plan, quiet), "");
}

#[test]
fn nothing_written_is_not_called_a_part() {
    let fate = Fate::Moved(vec![Deviation::Missing]);
    let result = Outcome { processors: vec![processor("a", fate)], ..Outcome::default() };
    let text = outcome(&result, &sample(), Settings::default());
    assert!(text.contains("Nothing was applied: 1 moved. 0 writes, 0 reads"), "{text}");
}

#[test]
fn many_that_share_a_fate_are_told_once_and_those_that_failed_are_named() {
    let mut processors: Vec<ProcessorOutcome> = (0..500)
        .map(|number| processor(&format!("camera-{number}"), Fate::NotTried(Reason::NoTurn)))
        .collect();
    processors.extend(
        (0..3).map(|number| processor(&format!("bad-{number}"), failed("AccessDeniedException"))),
    );
    let result = Outcome { processors, ..Outcome::default() };
    insta::assert_snapshot!(outcome(&result, &sample(), at(80)), @r#"
    · 500 processors                                                       not tried
        the run ended before its turn
        (--verbose lists them)

    ✗ 3 processors                                      CreateStreamProcessor failed
        AccessDeniedException
        help: raise the quota in the Service Quotas console, then apply again
        bad-0, bad-1, bad-2

    Nothing was applied: 3 failed, 500 not tried. 0 writes, 0 reads, 0.0 s.
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
    assert_eq!(
        event("shed", &not_tried(), settings),
        "· shed: not tried: CreateStreamProcessor of garage failed\n"
    );
    let fate = Fate::Moved(vec![moved("a"), Deviation::Exists]);
    assert_eq!(
        event("porch", &fate, settings),
        "≠ porch: moved, nothing was done: role_arn is now a instead of planned; it exists now\n"
    );
}

#[test]
fn hostile_words_of_the_service_are_spelled_out() {
    let hostile = "\u{1b}[2J\u{202e}\n\u{9b}x";
    let answer = Answer::new(hostile, Some(hostile.into()));
    let mut result = mixed();
    result.processors[0].notes = vec![Note::RestorationUnread(answer.clone())];
    for processor in &mut result.processors {
        processor.name = hostile.into();
    }
    for fate in [
        Fate::Failed(Failure { call: None, reason: Reason::Answer(answer) }),
        Fate::NotTried(Reason::CallFailed { operation: CREATE, name: hostile.into() }),
        Fate::Moved(vec![moved(hostile), Deviation::StatusMessage(hostile.into())]),
    ] {
        result.processors.push(processor(hostile, fate.clone()));
        assert_eq!(event(hostile, &fate, Settings::default()).matches('\n').count(), 1);
    }
    result.removed[0] = Removed {
        name: hostile.into(),
        recovery_file: hostile.into(),
        restore: hostile.into(),
        planned: false,
    };
    for settings in [Settings::default(), at(40), Settings { detail: Detail::Verbose, ..at(80) }] {
        for text in [outcome(&result, &sample(), settings), removed(&result, settings)] {
            assert!(text.split('\n').all(|line| escape(line) == line), "{text:?}");
        }
    }
}

#[test]
fn an_interrupted_run_says_whether_it_finished_what_was_under_way() {
    let text = |broken_off| {
        let interrupted = Some(Signal::Terminate);
        let processors = vec![processor("a", Fate::Done)];
        let result = Outcome { processors, interrupted, broken_off, ..Outcome::default() };
        outcome(&result, &sample(), Settings::default())
    };
    assert!(text(false).contains("Interrupted by SIGTERM: what was under way was finished"));
    assert!(text(true).contains("Interrupted by SIGTERM: what was under way was broken off"));
}
