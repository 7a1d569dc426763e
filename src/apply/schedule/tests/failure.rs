//! Runs in which a call fails or a processor is ruled out: what is put back, what
//! is dropped with it, and what goes on.

use super::*;

#[test]
fn a_failed_creation_is_undone_and_holds_every_other_delete() {
    let mut draft = Draft::new();
    for name in ["a", "b", "c"] {
        draft.replace(name, &[]);
    }
    let mut schedule = draft.schedule();
    for call in 0..4 {
        done(&mut schedule, call);
    }
    assert_eq!(steps(&mut schedule), [Step::Verify(0)]);
    schedule.verified(0, Ok(()));
    assert_eq!(steps(&mut schedule), [Step::Call(4), Step::Call(8)]);
    schedule.call_ended(4, End::Done);
    done(&mut schedule, 5);
    assert_eq!(steps(&mut schedule), [Step::Call(6)]);
    schedule.call_ended(6, failure(CallEffect::None));
    // The stop of c is under way: it is put back as soon as it has ended.
    assert_eq!(steps(&mut schedule), [Step::Rollback { group: 1, call: 6 }]);
    schedule.call_ended(8, End::Done);
    assert_eq!(steps(&mut schedule), [Step::Rollback { group: 2, call: 9 }]);
    schedule.rolled_back(1, None);
    schedule.rolled_back(2, None);
    assert!(matches!(schedule.fate(1), Fate::Failed(_)));
    let held =
        Reason::DeletesHeld { operation: Operation::CreateStreamProcessor, name: "b".into() };
    assert_eq!(failed(&schedule, 2), held);
}

#[test]
fn a_delete_that_may_have_happened_is_undone_like_one_that_did() {
    for (effect, call) in [(CallEffect::None, 1), (CallEffect::Unknown, 2), (CallEffect::Taken, 2)]
    {
        let mut draft = Draft::new();
        draft.replace("a", &[]);
        let mut schedule = draft.schedule();
        done(&mut schedule, 0);
        assert_eq!(steps(&mut schedule), [Step::Call(1)]);
        schedule.call_ended(1, failure(effect));
        assert_eq!(steps(&mut schedule), [Step::Rollback { group: 0, call }], "{effect:?}");
    }
}

#[test]
fn a_stop_that_failed_leaves_nothing_to_undo() {
    let mut draft = Draft::new();
    draft.replace("a", &[]);
    let mut schedule = draft.schedule();
    assert_eq!(steps(&mut schedule), [Step::Call(0)]);
    schedule.call_ended(0, failure(CallEffect::None));
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
    schedule.call_ended(3, failure(CallEffect::None));
    assert_eq!(steps(&mut schedule), [Step::Rollback { group: 0, call: 3 }]);
    schedule.rolled_back(0, None);
    assert_eq!(schedule.newly_decided(), [0_usize, 1]);
    assert_eq!(failed(&schedule, 0), call_failed(Operation::CreateStreamProcessor, "b"));
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
    schedule.rule_out(1, Fate::Moved(vec![]));
    assert_eq!(steps(&mut schedule), [Step::Call(5)]);
    assert!(!schedule.may_begin(0));
    for subject in [0, 2] {
        assert_eq!(not_tried(&schedule, subject), depends_on("b", Trouble::Moved));
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
    schedule.call_ended(1, failure(CallEffect::None));
    assert_eq!(steps(&mut schedule), [Step::Rollback { group: 0, call: 1 }]);
    schedule.rolled_back(0, None);
    let stop_failed = call_failed(Operation::StopStreamProcessor, "b");
    assert_eq!(failed(&schedule, 0), stop_failed);
    let Fate::Failed(own) = schedule.fate(1) else { panic!() };
    assert_eq!(own.call, Some(("c1".into(), Operation::StopStreamProcessor)));
    assert_eq!(not_tried(&schedule, 2), stop_failed);
}
