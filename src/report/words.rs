//! What became of a plan, in words. No sentence about it is made anywhere else.

use crate::diff::Difference;
use crate::plan::{Answer, Deviation, During, Note, Operation, Reason, Sent, Trouble, Waited};

use super::values;

/// The names of some calls.
pub(super) fn operations(operations: &[Operation]) -> String {
    operations.iter().map(|operation| operation.as_str()).collect::<Vec<_>>().join(", ")
}

/// Why something failed or was not tried, as programs name it; stable.
pub(super) fn code(reason: &Reason) -> &'static str {
    match reason {
        Reason::Answer(_) => "answer",
        Reason::Contradicted => "contradicted",
        Reason::Unsettled { .. } => "unsettled",
        Reason::StillThere { .. } => "still-there",
        Reason::NotRunning { .. } => "not-running",
        Reason::Vanished => "vanished",
        Reason::OutOfTime(_) => "out-of-time",
        Reason::Deviates(_) => "deviates",
        Reason::Unread(_) => "unread",
        Reason::Unrecorded { .. } => "unrecorded",
        Reason::DependsOn { .. } => "depends-on",
        Reason::CallFailed { .. } => "call-failed",
        Reason::DeletesHeld { .. } => "deletes-held",
        Reason::Stopped { .. } => "stopped",
        Reason::Mistake { .. } => "mistake",
        Reason::Broken => "broken",
        Reason::BrokenOff(_) => "broken-off",
        Reason::NoTurn => "no-turn",
        Reason::PlanRefused => "plan-refused",
        Reason::PlanIncomplete => "plan-incomplete",
    }
}

/// Why something failed or was not tried.
pub(super) fn reason(reason: &Reason) -> String {
    match reason {
        Reason::Answer(given) => answer(given),
        Reason::Contradicted => {
            "a stream processor of this name is there with another definition".to_owned()
        }
        Reason::Unsettled { status, seconds } => format!("still {status} after {seconds} s"),
        Reason::StillThere { status } => {
            format!("the delete was accepted, but it is still {status}")
        }
        Reason::NotRunning { status, message } => {
            let message = message.as_deref().unwrap_or("no reason given");
            format!("started, but it is {status}: {message}")
        }
        Reason::Vanished => "it was deleted meanwhile".to_owned(),
        Reason::OutOfTime(sent) => match sent {
            Sent::Never => "the run ended before it could be made",
            Sent::Refused => "it did not succeed before the run ended",
            Sent::Unanswered => "the service did not answer before the run ended",
        }
        .to_owned(),
        Reason::Deviates(found) => deviations(found, Verb::Is),
        Reason::Unread(given) => format!("it could not be read: {}", answer(given)),
        Reason::Unrecorded { path, error } => {
            format!(
                "it was not begun, because {path} does not hold what would bring it back: {error}"
            )
        }
        Reason::DependsOn { name, trouble } => {
            let trouble = match trouble {
                Trouble::Moved => "moved since it was planned",
                Trouble::Unworkable => "cannot be worked on",
                Trouble::NotAsPlanned => "is not as planned",
            };
            format!("{name}, which it depends on, {trouble}")
        }
        Reason::CallFailed { operation, name } => {
            format!("{} of {name} failed", operation.as_str())
        }
        Reason::DeletesHeld { operation, name } => {
            format!("no delete begins after {} of {name} failed", operation.as_str())
        }
        Reason::Stopped { after, before } => ended("the run was stopped", *after, *before),
        Reason::Mistake { after, before } => {
            ended("the run was ended by a mistake in rekon", *after, *before)
        }
        Reason::Broken => {
            "a mistake in rekon broke this off; what became of it is unknown".to_owned()
        }
        Reason::BrokenOff(during) => {
            let during = match during {
                During::Call(operation) => operation.as_str().to_owned(),
                During::After(operation) => format!("what follows {}", operation.as_str()),
                During::Verification => "its verification".to_owned(),
            };
            format!("broken off during {during}; what became of it is unknown")
        }
        Reason::NoTurn => "the run ended before its turn".to_owned(),
        Reason::PlanRefused => "the plan is refused".to_owned(),
        Reason::PlanIncomplete => "the read was incomplete".to_owned(),
    }
}

/// What to do about it, where something helps.
pub(super) fn help(reason: &Reason) -> Option<&str> {
    match reason {
        Reason::Answer(answer) | Reason::Unread(answer) => answer.help.as_deref(),
        Reason::Contradicted => Some("Plan again to see how it differs"),
        Reason::Unsettled { .. } => {
            Some("Wait until it settles, or give it longer with --settle-timeout")
        }
        Reason::NotRunning { .. } => {
            Some("Mend what the service names, then start it: plan and apply again")
        }
        Reason::Deviates(_) => Some("Plan again to see what is left to do"),
        Reason::Unrecorded { .. } => {
            Some("Make room there, or give a folder that can be written with --recovery-dir")
        }
        Reason::Broken => Some("Plan again to see where it is, and please report this"),
        _ => None,
    }
}

/// An answer that is no success, with all that is known around it.
fn answer(answer: &Answer) -> String {
    let Answer { message, request_id, help: _, waited, unread } = answer;
    let mut text = message.clone();
    if let Some(id) = request_id {
        text.push_str(&format!(" (request {id})"));
    }
    if let Some(Waited { seconds, status }) = waited {
        text.push_str(&format!(" (for {seconds} s; it is {status})"));
    }
    if let Some(unread) = unread {
        text.push_str(&format!("; whether it took effect could not be read: {unread}"));
    }
    text
}

/// How a run ended early, and between which calls of a processor.
fn ended(how: &str, after: Option<Operation>, before: Option<Operation>) -> String {
    let after = after.map(|operation| format!("after {}", operation.as_str()));
    let before = before.map(|operation| format!("before {}", operation.as_str()));
    let place: Vec<String> = after.into_iter().chain(before).collect();
    format!("{how} {}", place.join(" and ")).trim_end().to_owned()
}

/// How what is found is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    /// With what it was to become.
    Is,
    /// With what it was before.
    IsNow,
}

/// Something that is otherwise than it should be.
pub(super) fn deviation(deviation: &Deviation, verb: Verb) -> String {
    match (deviation, verb) {
        (Deviation::Exists, Verb::Is) => "it is still there".to_owned(),
        (Deviation::Exists, Verb::IsNow) => "it exists now".to_owned(),
        (Deviation::Missing, Verb::Is) => "it is not there".to_owned(),
        (Deviation::Missing, Verb::IsNow) => "it does not exist any more".to_owned(),
        (Deviation::StatusMessage(message), _) => format!("the service says: {message}"),
        (Deviation::Attribute(difference), Verb::Is) => told(difference, "is"),
        (Deviation::Attribute(difference), Verb::IsNow) => told(difference, "is now"),
    }
}

/// A difference as a sentence: `tags.a is 2 instead of 1`, where `before` is what
/// is found, and `verb` says how.
pub fn told(difference: &Difference, verb: &str) -> String {
    let Difference { attribute, before, after } = difference;
    let (found, wanted) = values::pair(attribute, before.as_ref(), after.as_ref());
    if found == wanted {
        // Regions are told by their number.
        return format!("{attribute} {verb} not the same");
    }
    format!("{attribute} {verb} {found} instead of {wanted}")
}

fn deviations(found: &[Deviation], verb: Verb) -> String {
    found.iter().map(|one| deviation(one, verb)).collect::<Vec<_>>().join("; ")
}

/// What happened to a processor beside the plan.
pub(super) fn note(note: &Note, name: &str) -> String {
    match note {
        Note::NotNeeded(operation) => format!("{} was not needed any more", operation.as_str()),
        Note::FallbackFailed { operation, reason: why } => format!(
            "{} of {name}, to put the old definition back, failed: {}",
            operation.as_str(),
            reason(why)
        ),
        Note::Restored => "its old definition is in place again".to_owned(),
        Note::Kept => "its old definition is still in place".to_owned(),
        Note::StartedAgain => "it was started again".to_owned(),
        Note::TagsLost(keys) => {
            format!("tags that only AWS can set were lost: {}", keys.join(", "))
        }
        Note::Altered(found) => {
            let found = deviations(found, Verb::IsNow);
            format!("it is there, but not as it was before: {found}")
        }
        Note::NotRestored => "its old definition could not be put back".to_owned(),
        Note::RestorationUnread(given) => {
            format!("whether its old definition is in place could not be read: {}", answer(given))
        }
        Note::RestorationBrokenOff => {
            "putting it back into its old state was broken off".to_owned()
        }
        Note::Stopped { certain } => {
            let now = if *certain { "is" } else { "may be" };
            format!("it ran before and {now} stopped now; desired_status = \"running\" starts it")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Attribute, Float32, Regions, Value};

    fn number(value: u8) -> Option<Value> {
        Some(Value::Number(Float32::whole(value)))
    }

    fn attribute(attribute: Attribute, before: Option<Value>, after: Option<Value>) -> Deviation {
        Deviation::Attribute(Difference { attribute, before, after })
    }

    #[test]
    fn a_deviation_is_told_with_both_values() {
        let confidence = attribute(Attribute::MinConfidence, number(70), number(80));
        assert_eq!(
            deviation(&confidence, Verb::IsNow),
            "settings.connected_home.min_confidence is now 70 instead of 80"
        );
        let tag = attribute(Attribute::Tag("b".into()), Some(Value::text("2")), None);
        assert_eq!(
            reason(&Reason::Deviates(vec![confidence, tag])),
            "settings.connected_home.min_confidence is 70 instead of 80; tags.b is 2 instead of none"
        );
        let regions = || Some(Value::Regions(Regions::default().into()));
        let alike = attribute(Attribute::RegionsOfInterest, regions(), regions());
        assert_eq!(deviation(&alike, Verb::Is), "regions_of_interest is not the same");
        assert_eq!(deviation(&Deviation::Missing, Verb::IsNow), "it does not exist any more");
        assert_eq!(deviation(&Deviation::Exists, Verb::Is), "it is still there");
    }

    #[test]
    fn an_answer_is_told_with_what_is_known_around_it() {
        let full = Answer {
            message: "ResourceInUseException: busy".into(),
            request_id: Some("r-1".into()),
            help: None,
            waited: Some(Waited { seconds: 30, status: "UPDATING".into() }),
            unread: Some("timed out".into()),
        };
        assert_eq!(
            reason(&Reason::Answer(full)),
            "ResourceInUseException: busy (request r-1) (for 30 s; it is UPDATING); \
             whether it took effect could not be read: timed out"
        );
    }

    #[test]
    fn an_early_end_is_told_with_the_calls_around_it() {
        let told = |after, before| reason(&Reason::Stopped { after, before });
        let (stop, delete) = (Operation::StopStreamProcessor, Operation::DeleteStreamProcessor);
        assert_eq!(
            told(Some(stop), Some(delete)),
            "the run was stopped after StopStreamProcessor and before DeleteStreamProcessor"
        );
        assert_eq!(told(None, None), "the run was stopped");
    }
}
