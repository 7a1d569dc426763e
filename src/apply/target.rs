//! What the service should hold when a processor's calls are made.

use serde_json::Value;

use super::look::Seen;
use crate::diff::{Difference, unlike};
use crate::model::{Attribute, Processor, TagKnowledge, from_json, set};
use crate::plan::{Action, Change};
use crate::report::pair;

/// What a processor should be.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Target {
    Gone,
    Holds(Box<Processor>),
}

/// The definition that a change leads to: what it expects, with the changed
/// attributes' new values.
pub(super) fn target(change: &Change) -> Result<Target, String> {
    if change.actions.contains(&Action::Delete) {
        return Ok(Target::Gone);
    }
    let mut json = change.expect.clone().unwrap_or_else(|| Value::Object(Default::default()));
    // Taking away comes first: what takes the place of another variant of
    // `output` or `settings` must not be taken for a part of it.
    let (gone, come): (Vec<_>, Vec<_>) =
        change.attributes.iter().partition(|attribute| attribute.after.is_null());
    for changed in gone.into_iter().chain(come) {
        let attribute: Attribute =
            changed.path.parse().map_err(|error| format!("{}: {error}", change.name))?;
        set(&mut json, &attribute, changed.after.clone());
    }
    let processor = from_json(&json).map_err(|error| format!("{}: {error}", change.name))?;
    Ok(Target::Holds(Box::new(processor)))
}

/// What of a processor is otherwise than it should be.
///
/// `mentioned` says whether a plan speaks of a tag that should not be there: all
/// other tags that the target lacks are somebody else's, as are AWS's own.
pub(super) fn deviations(
    target: &Target,
    seen: &Seen,
    mentioned: &dyn Fn(&str) -> bool,
) -> Vec<String> {
    match (target, seen) {
        (Target::Gone, Seen::Gone) => Vec::new(),
        (Target::Gone, Seen::Present(_)) => vec!["it is still there".to_owned()],
        (Target::Holds(_), Seen::Gone) => vec!["it is not there".to_owned()],
        (Target::Holds(wanted), Seen::Present(described)) => {
            let mut wanted = Processor::clone(wanted);
            let mut live = described.processor.clone();
            if described.fact.tags == TagKnowledge::Unknown {
                wanted.tags.clear();
                live.tags.clear();
            } else {
                wanted.tags.retain(|key, _| !key.starts_with("aws:"));
                live.tags.retain(|key, _| wanted.tags.contains_key(key) || mentioned(key));
            }
            if wanted.run_state.is_none() {
                wanted.run_state = live.run_state;
            }
            let mut deviations: Vec<String> =
                unlike(&wanted, &live).iter().map(|difference| told(difference, "is")).collect();
            if wanted.run_state != live.run_state
                && let Some(message) = &described.fact.status_message
            {
                deviations.push(format!("the service says: {message}"));
            }
            deviations
        }
    }
}

/// What of a processor is no longer as a plan expects it.
pub(super) fn movements(expect: Option<&Processor>, seen: &Seen) -> Vec<String> {
    match (expect, seen) {
        (None, Seen::Gone) => Vec::new(),
        (None, Seen::Present(_)) => vec!["it exists now".to_owned()],
        (Some(_), Seen::Gone) => vec!["it does not exist any more".to_owned()],
        (Some(expect), Seen::Present(described)) => {
            let mut live = described.processor.clone();
            if described.fact.tags == TagKnowledge::Unknown {
                live.tags.clone_from(&expect.tags);
            }
            unlike(expect, &live).iter().map(|difference| told(difference, "is now")).collect()
        }
    }
}

/// Whether two definitions mean the same, apart from tags and run state.
pub(super) fn same_definition(one: &Processor, other: &Processor) -> bool {
    unlike(&super::look::bare(one), &super::look::bare(other)).is_empty()
}

/// One difference in words: what is found (`before`), and what should be.
pub(super) fn told(difference: &Difference, verb: &str) -> String {
    let Difference { attribute, before, after } = difference;
    let (found, wanted) = pair(&attribute.to_string(), before, after);
    if found == wanted {
        // Regions are told by their number.
        return format!("{attribute} {verb} not the same");
    }
    format!("{attribute} {verb} {found} instead of {wanted}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::live::described;
    use crate::plan::{AttributeChange, Effect, Origin};

    fn expect() -> Value {
        json!({
            "role_arn": "r", "input": {"kinesis_video_stream": {"arn": "v"}},
            "output": {"s3_destination": {"bucket": "b"}},
            "settings": {"connected_home": {"labels": ["PET"], "min_confidence": 80}},
            "tags": {"a": "1"},
        })
    }

    fn seen(confidence: Value, tags: Value) -> Seen {
        let wire = json!({
            "Name": "x", "StreamProcessorArn": "arn", "Status": "STOPPED", "RoleArn": "r",
            "Input": {"KinesisVideoStream": {"Arn": "v"}},
            "Output": {"S3Destination": {"Bucket": "b"}},
            "Settings": {"ConnectedHome": {"Labels": ["PET"], "MinConfidence": confidence}},
            "Tags": tags,
        });
        Seen::Present(Box::new(described(&wire).unwrap()))
    }

    fn change(attributes: &[(&str, Value)]) -> Change {
        Change {
            name: "x".into(),
            actions: vec![Action::Update],
            fingerprint: String::new(),
            source: None,
            attributes: attributes
                .iter()
                .map(|(path, after)| AttributeChange {
                    path: (*path).into(),
                    before: Value::Null,
                    after: after.clone(),
                    effect: Effect::InPlace,
                    origin: Origin::Unknown,
                    source: None,
                })
                .collect(),
            expect: Some(expect()),
            calls: vec![],
        }
    }

    const CONFIDENCE: &str = "settings.connected_home.min_confidence";

    #[test]
    fn the_target_is_what_is_expected_with_the_changes() {
        let target = target(&change(&[(CONFIDENCE, json!(60))])).unwrap();
        assert!(deviations(&target, &seen(json!(60), json!({"a": "1"})), &|_| false).is_empty());
        assert_eq!(
            deviations(&target, &seen(json!(80), json!({"a": "2"})), &|_| false),
            [
                "settings.connected_home.min_confidence is 80 instead of 60",
                "tags.a is 2 instead of 1"
            ]
        );
    }

    #[test]
    fn a_confidence_that_was_taken_away_may_show_its_default() {
        let target = target(&change(&[(CONFIDENCE, Value::Null)])).unwrap();
        for shown in [Value::Null, json!(50)] {
            assert!(deviations(&target, &seen(shown, json!({"a": "1"})), &|_| false).is_empty());
        }
        assert!(!deviations(&target, &seen(json!(80), json!({"a": "1"})), &|_| false).is_empty());
    }

    #[test]
    fn tags_of_others_are_no_deviation_and_removed_ones_are() {
        let target = target(&change(&[("tags.b", Value::Null)])).unwrap();
        let tags = json!({"a": "1", "aws:x": "y", "CreatedBy": "someone"});
        let mentioned = |key: &str| key == "b";
        assert!(deviations(&target, &seen(json!(80), tags), &mentioned).is_empty());
        let tags = json!({"a": "1", "b": "2"});
        assert_eq!(
            deviations(&target, &seen(json!(80), tags), &mentioned),
            ["tags.b is 2 instead of none"]
        );
    }

    #[test]
    fn what_moved_is_told_with_both_values() {
        let expect = from_json(&expect()).unwrap();
        assert!(movements(Some(&expect), &seen(json!(80), json!({"a": "1"}))).is_empty());
        assert!(movements(Some(&expect), &seen(json!(80), Value::Null)).is_empty());
        assert_eq!(
            movements(Some(&expect), &seen(json!(70), json!({"a": "1", "n": "2"}))),
            [
                "settings.connected_home.min_confidence is now 70 instead of 80",
                "tags.n is now 2 instead of none"
            ]
        );
        assert_eq!(movements(Some(&expect), &Seen::Gone), ["it does not exist any more"]);
        assert_eq!(movements(None, &seen(json!(80), Value::Null)), ["it exists now"]);
    }
}
