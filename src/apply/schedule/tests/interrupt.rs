//! Runs that end early: what is brought to its end, what is put back, what does
//! not begin, and how each is told.

use super::*;

#[test]
fn an_interrupted_replacement_is_finished_only_past_its_deletes() {
    for begun in 0..4 {
        let mut draft = Draft::new();
        draft.replace("a", &[]);
        let mut schedule = draft.schedule();
        for call in 0..begun {
            done(&mut schedule, call);
        }
        assert_eq!(steps(&mut schedule), [Step::Call(begun)]);
        schedule.end_early(Early::Stopped);
        schedule.call_ended(begun, End::Done);
        let next = steps(&mut schedule);
        match begun {
            0 => assert_eq!(next, [Step::Rollback { group: 0, call: 1 }]),
            3 => assert_eq!(next, [Step::Verify(0)]),
            _ => assert_eq!(next, [Step::Call(begun + 1)]),
        }
    }
}

#[test]
fn an_interrupt_keeps_new_work_from_beginning() {
    let mut draft = Draft::new();
    draft.call("a", "UpdateStreamProcessor", &[], &[]);
    draft.call("b", "UpdateStreamProcessor", &[], &[]);
    let mut schedule = draft.schedule();
    assert_eq!(schedule.next(), Some(Step::Call(0)));
    schedule.end_early(Early::Stopped);
    assert_eq!(schedule.next(), None);
    schedule.call_ended(0, End::Done);
    assert_eq!(schedule.next(), Some(Step::Verify(0)), "what was done is still checked");
    schedule.verified(0, Ok(()));
    assert_eq!(schedule.fate(0), Fate::Done);
    let update = Operation::UpdateStreamProcessor;
    assert_eq!(not_tried(&schedule, 1), Reason::Stopped { after: None, before: Some(update) });
}

#[test]
fn a_stopped_run_names_the_next_call_and_blames_none() {
    let mut draft = Draft::new();
    draft.replace("a", &[]);
    draft.replace("b", &[]);
    let mut schedule = draft.schedule();
    assert_eq!(steps(&mut schedule), [Step::Call(0)]);
    schedule.end_early(Early::Stopped);
    schedule.call_ended(0, End::Done);
    assert_eq!(steps(&mut schedule), [Step::Rollback { group: 0, call: 1 }], "b was not touched");
    schedule.rolled_back(0, None);
    let stopped = |after, before| Reason::Stopped { after, before: Some(before) };
    let (stop, delete) = (Operation::StopStreamProcessor, Operation::DeleteStreamProcessor);
    assert_eq!(failed(&schedule, 0), stopped(Some(stop), delete));
    assert_eq!(not_tried(&schedule, 1), stopped(None, stop));
}

#[test]
fn a_call_that_fails_after_the_run_was_stopped_decides_what_is_put_back() {
    for (effect, undo) in [(CallEffect::None, None), (CallEffect::Unknown, Some(1))] {
        let mut draft = Draft::new();
        draft.replace("a", &[]);
        let mut schedule = draft.schedule();
        assert_eq!(steps(&mut schedule), [Step::Call(0)]);
        schedule.end_early(Early::Stopped);
        schedule.call_ended(0, failure(effect));
        let expected: Vec<Step> =
            undo.map(|call| Step::Rollback { group: 0, call }).into_iter().collect();
        assert_eq!(steps(&mut schedule), expected, "{effect:?}");
    }
}

#[test]
fn what_is_broken_off_is_told_with_what_was_under_way() {
    let mut draft = Draft::new();
    draft.replace("a", &[]);
    draft.call("b", "UpdateStreamProcessor", &[], &[]);
    let mut schedule = draft.schedule();
    done(&mut schedule, 4);
    assert_eq!(steps(&mut schedule), [Step::Verify(1)]);
    schedule.verified(1, Ok(()));
    done(&mut schedule, 0);
    assert_eq!(steps(&mut schedule), [Step::Call(1)]);
    schedule.end_early(Early::Stopped);
    let delete = During::Call(Operation::DeleteStreamProcessor);
    assert_eq!(failed(&schedule, 0), Reason::BrokenOff(delete));

    let mut draft = Draft::new();
    draft.call("b", "UpdateStreamProcessor", &[], &[]);
    let mut schedule = draft.schedule();
    done(&mut schedule, 0);
    assert_eq!(steps(&mut schedule), [Step::Verify(0)]);
    schedule.end_early(Early::Stopped);
    assert_eq!(failed(&schedule, 0), Reason::BrokenOff(During::Verification));
}
