//! Replacements begin one, two, four at a time, when all else is done and as long
//! as each of the wave before is as planned.

use super::*;

/// As many replacements as names.
fn replacements(names: &[&str]) -> Draft {
    let mut draft = Draft::new();
    for name in names {
        draft.replace(name, &[]);
    }
    draft
}

/// Makes all four calls of a replacement and verifies it.
fn replace(schedule: &mut Schedule, subject: usize) {
    for call in 4 * subject..4 * subject + 4 {
        if schedule.calls[call] != CallState::Running {
            assert_eq!(schedule.next(), Some(Step::Call(call)));
        }
        schedule.call_ended(call, End::Done);
    }
    assert_eq!(schedule.next(), Some(Step::Verify(subject)));
    schedule.verified(subject, Ok(()));
}

#[test]
fn each_wave_is_twice_the_one_before_up_to_the_parallelism() {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    let mut schedule = replacements(&names).schedule_of(4);
    for wave in [0..1, 1..3, 3..7, 7..10] {
        let first: Vec<Step> = wave.clone().map(|subject| Step::Call(4 * subject)).collect();
        assert_eq!(steps(&mut schedule), first);
        for subject in wave.clone() {
            schedule.call_ended(4 * subject, End::Done);
        }
        for call in 1..4 {
            for subject in wave.clone() {
                assert_eq!(schedule.next(), Some(Step::Call(4 * subject + call)));
            }
            for subject in wave.clone() {
                schedule.call_ended(4 * subject + call, End::Done);
            }
        }
        let checks: Vec<Step> = wave.clone().map(Step::Verify).collect();
        assert_eq!(steps(&mut schedule), checks);
        for subject in wave {
            assert!(!schedule.has_next(), "the next wave waits for all of this one");
            schedule.verified(subject, Ok(()));
        }
    }
    assert!(!schedule.has_next() && !schedule.is_running());
}

#[test]
fn what_destroys_nothing_comes_first() {
    let mut draft = replacements(&["a"]);
    draft.call("b", "UpdateStreamProcessor", &[], &[]);
    draft.call("c", "CreateStreamProcessor", &[3], &[]);
    let mut schedule = draft.schedule();
    assert_eq!(steps(&mut schedule), [Step::Call(4)]);
    schedule.call_ended(4, End::Done);
    assert_eq!(steps(&mut schedule), [Step::Verify(1)]);
    schedule.verified(1, Err(Reason::Vanished));
    // An update that went wrong brings no camera into danger, and what waits for
    // a replacement is not waited for.
    for call in 0..4 {
        done(&mut schedule, call);
    }
    assert_eq!(steps(&mut schedule), [Step::Verify(0), Step::Call(5)]);
}

#[test]
fn a_replacement_that_is_not_as_planned_ends_the_waves() {
    let mut schedule = replacements(&["a", "b"]).schedule();
    for call in 0..4 {
        done(&mut schedule, call);
    }
    assert_eq!(steps(&mut schedule), [Step::Verify(0)]);
    schedule.verified(0, Err(Reason::Vanished));
    assert_eq!(steps(&mut schedule), []);
    assert_eq!(not_tried(&schedule, 1), depends_on("a", Trouble::NotAsPlanned));
}

#[test]
fn a_wave_of_which_nothing_came_makes_the_next_no_larger() {
    let mut schedule = replacements(&["a", "b", "c", "d"]).schedule();
    schedule.rule_out(0, Fate::NotTried(Reason::NoTurn));
    assert_eq!(steps(&mut schedule), [Step::Call(4)]);
    schedule.call_ended(4, End::HeldBack(Held::Unread(Reason::NoTurn)));
    assert_eq!(steps(&mut schedule), [Step::Call(8)]);
    replace(&mut schedule, 2);
    assert_eq!(steps(&mut schedule), [Step::Call(12)]);
}

#[test]
fn one_that_moved_before_its_delete_is_skipped_and_the_others_go_on() {
    let mut schedule = replacements(&["a", "b"]).schedule();
    done(&mut schedule, 0);
    assert_eq!(steps(&mut schedule), [Step::Call(1)]);
    let moved = vec![Deviation::Missing];
    schedule.call_ended(1, End::HeldBack(Held::Moved(moved.clone())));
    assert_eq!(steps(&mut schedule), [Step::Rollback { group: 0, call: 1 }]);
    schedule.rolled_back(0, None);
    assert_eq!(schedule.fate(0), Fate::Moved(moved));
    replace(&mut schedule, 1);
    assert_eq!(schedule.fate(1), Fate::Done);
}

#[test]
fn a_start_that_fails_rolls_back_and_ends_the_waves() {
    let mut draft = Draft::new();
    let back = [
        ("StopStreamProcessor", "a"),
        ("DeleteStreamProcessor", "a"),
        ("CreateStreamProcessor", "a"),
        ("StartStreamProcessor", "a"),
    ];
    draft.call("a", "DeleteStreamProcessor", &[], &[]);
    draft.call("a", "CreateStreamProcessor", &[0], &back[2..]);
    draft.call("a", "StartStreamProcessor", &[1], &back);
    draft.replace("b", &[]);
    let mut schedule = draft.schedule();
    for call in 0..2 {
        done(&mut schedule, call);
    }
    assert_eq!(steps(&mut schedule), [Step::Call(2)]);
    schedule.call_ended(2, failure(CallEffect::Taken));
    assert!(schedule.is_gate_shut());
    assert_eq!(steps(&mut schedule), [Step::Rollback { group: 0, call: 2 }]);
    schedule.rolled_back(0, None);
    assert_eq!(steps(&mut schedule), []);
    let held = Reason::DeletesHeld { operation: Operation::StartStreamProcessor, name: "a".into() };
    assert_eq!(not_tried(&schedule, 1), held);
}

#[test]
fn a_failed_plain_creation_and_a_failed_restoration_shut_the_gate() {
    let mut draft = replacements(&["a"]);
    draft.call("b", "CreateStreamProcessor", &[], &[]);
    let mut schedule = draft.schedule();
    assert_eq!(steps(&mut schedule), [Step::Call(4)]);
    schedule.call_ended(4, failure(CallEffect::None));
    assert_eq!(steps(&mut schedule), []);
    let held =
        Reason::DeletesHeld { operation: Operation::CreateStreamProcessor, name: "b".into() };
    assert_eq!(not_tried(&schedule, 0), held);

    let mut schedule = replacements(&["a", "b"]).schedule();
    done(&mut schedule, 0);
    assert_eq!(steps(&mut schedule), [Step::Call(1)]);
    schedule.call_ended(1, failure(CallEffect::None));
    assert_eq!(steps(&mut schedule), [Step::Rollback { group: 0, call: 1 }]);
    schedule.rolled_back(0, Some((0, Operation::StartStreamProcessor)));
    assert!(schedule.is_gate_shut());
    assert_eq!(steps(&mut schedule), []);
}
