//! What of a processor is otherwise than a plan says.

use super::observe::Observed;
use crate::diff::unlike;
use crate::model::{Attribute, Definition, TagKnowledge};
use crate::plan::Deviation;

/// What of a processor is otherwise than a plan's result.
///
/// `mentioned` says whether a plan speaks of a tag that should not be there: all
/// other tags that the result lacks are somebody else's, as are AWS's own.
pub(super) fn deviations(
    result: Option<&Definition>,
    observed: &Observed,
    mentioned: &dyn Fn(&str) -> bool,
) -> Vec<Deviation> {
    let (wanted, live) = match (result, observed) {
        (None, Observed::Gone) => return Vec::new(),
        (None, Observed::Present(_)) => return vec![Deviation::Exists],
        (Some(_), Observed::Gone) => return vec![Deviation::Missing],
        (Some(wanted), Observed::Present(live)) => (wanted, live),
    };
    let differences = unlike(wanted, &live.definition);
    let tags_known =
        live.definition.tags != TagKnowledge::Unknown && wanted.tags != TagKnowledge::Unknown;
    let counts = |attribute: &Attribute| match attribute.tag() {
        Some(key) => {
            tags_known
                && !key.starts_with("aws:")
                && (wanted.get(attribute).is_some() || mentioned(key))
        }
        None => *attribute != Attribute::DesiredStatus || wanted.run_state().is_some(),
    };
    let mut deviations: Vec<Deviation> = differences
        .into_iter()
        .filter(|difference| counts(&difference.attribute))
        .map(Deviation::Attribute)
        .collect();
    let not_running = |deviation: &Deviation| {
        matches!(deviation,
        Deviation::Attribute(difference) if difference.attribute == Attribute::DesiredStatus)
    };
    if let Some(message) = &live.status_message
        && deviations.iter().any(not_running)
    {
        deviations.push(Deviation::StatusMessage(message.clone()));
    }
    deviations
}

/// What of a processor is no longer as a plan expects it.
pub(super) fn movements(expect: Option<&Definition>, observed: &Observed) -> Vec<Deviation> {
    match (expect, observed) {
        (None, Observed::Gone) => Vec::new(),
        (None, Observed::Present(_)) => vec![Deviation::Exists],
        (Some(_), Observed::Gone) => vec![Deviation::Missing],
        (Some(expect), Observed::Present(live)) => {
            let tags_known = live.definition.tags != TagKnowledge::Unknown
                && expect.tags != TagKnowledge::Unknown;
            unlike(expect, &live.definition)
                .into_iter()
                .filter(|difference| tags_known || difference.attribute.tag().is_none())
                .map(Deviation::Attribute)
                .collect()
        }
    }
}

/// Whether two definitions mean the same, apart from tags and run state.
pub(super) fn same_definition(one: &Definition, other: &Definition) -> bool {
    unlike(one, other).iter().all(|difference| {
        difference.attribute.tag().is_some() || difference.attribute == Attribute::DesiredStatus
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::live::described;
    use crate::model::Dialect;

    fn definition(confidence: Value, tags: Value) -> Definition {
        let json = json!({
            "role_arn": "r", "input": {"kinesis_video_stream": {"arn": "v"}},
            "output": {"s3_destination": {"bucket": "b"}},
            "settings": {"connected_home": {"labels": ["PET"], "min_confidence": confidence}},
            "tags": tags,
        });
        Definition::from_json(&json, Dialect::Toml).unwrap()
    }

    fn observed(confidence: Value, tags: Value) -> Observed {
        let wire = json!({
            "Name": "x", "StreamProcessorArn": "arn", "Status": "STOPPED", "RoleArn": "r",
            "Input": {"KinesisVideoStream": {"Arn": "v"}},
            "Output": {"S3Destination": {"Bucket": "b"}},
            "Settings": {"ConnectedHome": {"Labels": ["PET"], "MinConfidence": confidence}},
            "Tags": tags,
        });
        Observed::Present(Box::new(described(&wire).unwrap().1))
    }

    /// The attributes that deviate, with what is found.
    fn paths(deviations: &[Deviation]) -> Vec<(String, Value)> {
        let attribute = |deviation: &Deviation| match deviation {
            Deviation::Attribute(difference) => {
                let found = difference.before.as_ref();
                let found = found.map_or(Value::Null, |value| value.to_json(Dialect::Toml));
                (difference.attribute.to_string(), found)
            }
            other => panic!("{other:?}"),
        };
        deviations.iter().map(attribute).collect()
    }

    const CONFIDENCE: &str = "settings.connected_home.min_confidence";

    #[test]
    fn what_is_not_as_planned_is_named_with_what_is_found() {
        let result = definition(json!(60), json!({"a": "1"}));
        let nothing = |_: &str| false;
        let right = observed(json!(60), json!({"a": "1"}));
        assert_eq!(deviations(Some(&result), &right, &nothing), []);
        let wrong = observed(json!(80), json!({"a": "2"}));
        assert_eq!(
            paths(&deviations(Some(&result), &wrong, &nothing)),
            [(CONFIDENCE.to_owned(), json!(80)), ("tags.a".to_owned(), json!("2"))]
        );
        assert_eq!(deviations(Some(&result), &Observed::Gone, &nothing), [Deviation::Missing]);
        assert_eq!(deviations(None, &right, &nothing), [Deviation::Exists]);
    }

    #[test]
    fn a_confidence_that_was_taken_away_may_show_its_default() {
        let result = definition(Value::Null, json!({}));
        let deviates =
            |shown| !deviations(Some(&result), &observed(shown, json!({})), &|_| false).is_empty();
        assert!(!deviates(Value::Null) && !deviates(json!(50)) && deviates(json!(80)));
    }

    #[test]
    fn tags_of_others_are_no_deviation_and_removed_ones_are() {
        let result = definition(json!(80), json!({"a": "1"}));
        let mentioned = |key: &str| key == "b";
        let others = observed(json!(80), json!({"a": "1", "aws:x": "y", "CreatedBy": "someone"}));
        assert_eq!(deviations(Some(&result), &others, &mentioned), []);
        let kept = observed(json!(80), json!({"a": "1", "b": "2"}));
        assert_eq!(
            paths(&deviations(Some(&result), &kept, &mentioned)),
            [("tags.b".to_owned(), json!("2"))]
        );
    }

    #[test]
    fn whatever_moved_is_named_where_it_is_known() {
        let expect = definition(json!(80), json!({"a": "1"}));
        let moved = |observed| movements(Some(&expect), &observed);
        assert_eq!(moved(observed(json!(80), json!({"a": "1"}))), []);
        assert_eq!(moved(observed(json!(80), Value::Null)), [], "tags were not read");
        assert_eq!(
            paths(&moved(observed(json!(70), json!({"a": "1", "n": "2"})))),
            [(CONFIDENCE.to_owned(), json!(70)), ("tags.n".to_owned(), json!("2"))]
        );
        assert_eq!(moved(Observed::Gone), [Deviation::Missing]);
        assert_eq!(movements(None, &observed(json!(80), json!({}))), [Deviation::Exists]);
    }
}
