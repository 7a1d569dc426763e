//! Runs in which a call fails or a processor is ruled out: what is put back, what
//! is dropped with it, and what goes on.

use super::*;

#[test]
fn a_failed_creation_is_undone_and_holds_every_other_delete() {
    let mut draft = Draft::new();
    draft.replace("a", &[]);
    draft.replace("b", &[]);
    draft.call("c", "UpdateStreamProcessor", &[], &[]);
    let mut schedule = draft.schedule();
    assert_eq!(steps(&mut schedule), [Step::Call(0), Step::Call(4), Step::Call(8)]);
    schedule.call_ended(0, End::Done);
    done(&mut schedule, 1);
    assert_eq!(steps(&mut schedule), [Step::Call(2)]);
    schedule.call_ended(2, failure(Effect::None));
    // The stop of b is under way: it is put back as soon as it has ended.
    assert_eq!(steps(&mut schedule), [Step::Undo { unit: 0, call: 2 }]);
    schedule.call_ended(4, End::Done);
    assert_eq!(steps(&mut schedule), [Step::Undo { unit: 1, call: 5 }]);
    schedule.undone(0);
    schedule.undone(1);
    assert!(matches!(schedule.fate(0), Fate::Failed { .. }));
    let Fate::Failed { reason, .. } = schedule.fate(1) else { panic!() };
    assert_eq!(reason, "no delete begins after CreateStreamProcessor of a failed");
    schedule.call_ended(8, End::Done);
    assert_eq!(steps(&mut schedule), [Step::Verify(2)], "updates go on");
}

#[test]
fn a_delete_that_may_have_happened_is_undone_like_one_that_did() {
    for (effect, call) in [(Effect::None, 1), (Effect::Unknown, 2), (Effect::Taken, 2)] {
        let mut draft = Draft::new();
        draft.replace("a", &[]);
        let mut schedule = draft.schedule();
        done(&mut schedule, 0);
        assert_eq!(steps(&mut schedule), [Step::Call(1)]);
        schedule.call_ended(1, failure(effect));
        assert_eq!(steps(&mut schedule), [Step::Undo { unit: 0, call }], "{effect:?}");
    }
}

#[test]
fn a_stop_that_failed_leaves_nothing_to_undo() {
    let mut draft = Draft::new();
    draft.replace("a", &[]);
    let mut schedule = draft.schedule();
    assert_eq!(steps(&mut schedule), [Step::Call(0)]);
    schedule.call_ended(0, failure(Effect::None));
    assert_eq!(steps(&mut schedule), []);
    assert_eq!(schedule.newly_decided(), [0_usize]);
}

#[test]
fn members_of_a_swap_are_undone_together_and_verified_together() {
    let swap = || {
        let mut draft = Draft::new();
        let (a, b) = (("CreateStreamProcessor", "a"), ("CreateStreamProcessor", "b"));
        draft.call("a", "DeleteStreamProcessor", &[], &[]);
        draft.call("b", "DeleteStreamProcessor", &[0], &[a]);
        draft.call("a", "CreateStreamProcessor", &[1], &[a, b]);
        draft.call("b", "CreateStreamProcessor", &[2], &[("DeleteStreamProcessor", "a"), a, b]);
        draft.schedule()
    };
    let mut schedule = swap();
    for call in 0..3 {
        done(&mut schedule, call);
    }
    assert_eq!(steps(&mut schedule), [Step::Call(3)], "a is not verified before b is made");
    schedule.call_ended(3, End::Done);
    assert_eq!(steps(&mut schedule), [Step::Verify(0), Step::Verify(1)]);

    let mut schedule = swap();
    for call in 0..3 {
        done(&mut schedule, call);
    }
    steps(&mut schedule);
    schedule.call_ended(3, failure(Effect::None));
    assert_eq!(steps(&mut schedule), [Step::Undo { unit: 0, call: 3 }]);
    schedule.undone(0);
    assert_eq!(schedule.newly_decided(), [0_usize, 1]);
    let Fate::Failed { reason, .. } = schedule.fate(0) else { panic!() };
    assert_eq!(reason, "CreateStreamProcessor of b failed");
}

#[test]
fn a_start_that_fails_does_not_keep_another_from_starting() {
    let mut draft = Draft::new();
    let (a, b) = (("CreateStreamProcessor", "a"), ("CreateStreamProcessor", "b"));
    draft.call("a", "DeleteStreamProcessor", &[], &[]);
    draft.call("b", "DeleteStreamProcessor", &[0], &[a]);
    draft.call("a", "CreateStreamProcessor", &[1], &[a, b]);
    draft.call("b", "CreateStreamProcessor", &[2], &[a, b]);
    draft.call("a", "StartStreamProcessor", &[3], &[]);
    draft.call("b", "StartStreamProcessor", &[3], &[]);
    let mut schedule = draft.schedule();
    for call in 0..4 {
        done(&mut schedule, call);
    }
    assert_eq!(schedule.next(), Some(Step::Call(4)));
    schedule.call_ended(4, failure(Effect::Taken));
    assert_eq!(schedule.newly_decided(), [0_usize]);
    assert_eq!(schedule.next(), Some(Step::Call(5)));
    schedule.call_ended(5, End::Done);
    assert_eq!(steps(&mut schedule), [Step::Verify(1)]);
}

#[test]
fn ruling_one_out_rules_out_its_whole_swap_and_what_follows() {
    let mut draft = Draft::new();
    let a = ("CreateStreamProcessor", "a");
    draft.call("a", "DeleteStreamProcessor", &[], &[]);
    draft.call("b", "DeleteStreamProcessor", &[0], &[a]);
    draft.call("b", "CreateStreamProcessor", &[1], &[a]);
    draft.call("a", "CreateStreamProcessor", &[2], &[a]);
    draft.call("c", "CreateStreamProcessor", &[2, 3], &[]);
    draft.call("d", "UpdateStreamProcessor", &[], &[]);
    let mut schedule = draft.schedule();
    schedule.rule_out(1, Fate::Moved { differences: vec![] });
    assert_eq!(steps(&mut schedule), [Step::Call(5)]);
    assert!(!schedule.may_begin(0));
    for subject in [0, 2] {
        let Fate::NotTried { reason } = schedule.fate(subject) else { panic!("{subject}") };
        assert_eq!(reason, "b, which it depends on, moved since it was planned");
    }
}

#[test]
fn who_shares_a_swap_with_a_failure_is_not_told_to_have_failed() {
    let mut draft = Draft::new();
    let [a, b] = ["a", "b"].map(|name| ("StartStreamProcessor", name));
    let [old_a, old_b] = ["a", "b"].map(|name| ("CreateStreamProcessor", name));
    draft.call("a", "StopStreamProcessor", &[], &[]);
    draft.call("b", "StopStreamProcessor", &[0], &[a]);
    draft.call("c", "DeleteStreamProcessor", &[1], &[a, b]);
    draft.call("a", "DeleteStreamProcessor", &[2], &[("CreateStreamProcessor", "c"), a, b]);
    draft.call("b", "DeleteStreamProcessor", &[3], &[old_a, a, b]);
    draft.call("a", "CreateStreamProcessor", &[4], &[old_a, old_b, a, b]);
    let mut schedule = draft.schedule();
    done(&mut schedule, 0);
    assert_eq!(steps(&mut schedule), [Step::Call(1)]);
    schedule.call_ended(1, failure(Effect::None));
    assert_eq!(steps(&mut schedule), [Step::Undo { unit: 0, call: 1 }]);
    schedule.undone(0);
    assert_eq!(told(&schedule, 0), "StopStreamProcessor of b failed");
    assert!(matches!(
        schedule.fate(1),
        Fate::Failed { operation: Some(Operation::StopStreamProcessor), .. }
    ));
    let Fate::NotTried { reason } = schedule.fate(2) else { panic!() };
    assert_eq!(reason, "StopStreamProcessor of b failed");
}
