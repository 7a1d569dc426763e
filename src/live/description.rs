//! From a description, the wire's JSON, to a live processor.

use serde_json::Value;

use crate::model::Value as AttributeValue;
use crate::model::{
    Attribute, Definition, Dialect, Kind, LiveProcessor, Status, Unreadable, lookup,
    unknown_members,
};

/// The members of a description that are no attributes.
const BESIDE: [&str; 7] = [
    "Name",
    "StreamProcessorArn",
    "Status",
    "StatusMessage",
    "CreationTimestamp",
    "LastUpdateTimestamp",
    "Tags",
];

/// Reads the output of DescribeStreamProcessor, to which a snapshot adds `Tags`:
/// the processor and its name, as the service spells it.
pub fn described(wire: &Value) -> Result<(String, LiveProcessor), Unreadable> {
    let status = Status::parse(&required(wire, "Status")?);
    let mut definition = Definition::from_json(wire, Dialect::Wire)?;
    // The status of label detection comes and goes with its sessions.
    if definition.kind() == Kind::FaceSearch {
        let state = AttributeValue::RunState(status.run_state());
        definition.put(Attribute::DesiredStatus, state);
    }
    let live = LiveProcessor {
        definition,
        arn: required(wire, "StreamProcessorArn")?,
        status,
        status_message: text(wire, "StatusMessage")?,
        unknown: unknown_members(wire, &BESIDE),
    };
    Ok((required(wire, "Name")?, live))
}

fn text(wire: &Value, member: &str) -> Result<Option<String>, Unreadable> {
    match lookup(wire, member)? {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Unreadable::new(member, "must be a string")),
    }
}

fn required(wire: &Value, member: &str) -> Result<String, Unreadable> {
    text(wire, member)?.ok_or_else(|| Unreadable::new(member, "is missing"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{RunState, TagKnowledge};

    fn doorbell() -> Value {
        json!({
            "Name": "front-door",
            "StreamProcessorArn": "arn:aws:rekognition:us-east-1:1:streamprocessor/front-door",
            "Status": "STARTING",
            "Input": {"KinesisVideoStream": {"Arn": "video"}},
            "Output": {"S3Destination": {"Bucket": "results", "KeyPrefix": "a/"}},
            "RoleArn": "role",
            "Settings": {"ConnectedHome": {"Labels": ["PERSON", "PACKAGE"], "MinConfidence": 80.099_998_474_121_1}},
            "NotificationChannel": {"SNSTopicArn": "topic"},
            "RegionsOfInterest": [{"Polygon": [{"X": 1, "Y": 0}, {"X": 0, "Y": 0}, {"X": 0, "Y": 1}]}],
        })
    }

    fn lobby() -> Value {
        json!({
            "Name": "lobby",
            "StreamProcessorArn": "arn:aws:rekognition:us-east-1:1:streamprocessor/lobby",
            "Status": "RUNNING",
            "Input": {"KinesisVideoStream": {"Arn": "video"}},
            "Output": {"KinesisDataStream": {"Arn": "data"}},
            "RoleArn": "role",
            "Settings": {"FaceSearch": {"CollectionId": "staff"}},
            "DataSharingPreference": {"OptIn": false},
            "Tags": {"team": "a"},
        })
    }

    #[test]
    fn label_detection_becomes_canonical_and_its_status_no_run_state() {
        let (name, live) = described(&doorbell()).unwrap();
        assert_eq!(name, "front-door");
        assert_eq!(
            live.definition.to_json(Dialect::Toml),
            json!({
                "role_arn": "role",
                "input": {"kinesis_video_stream": {"arn": "video"}},
                "output": {"s3_destination": {"bucket": "results", "key_prefix": "a/"}},
                "settings": {"connected_home": {"labels": ["PACKAGE", "PERSON"], "min_confidence": 80.1}},
                "notification_channel": {"sns_topic_arn": "topic"},
                "regions_of_interest": [{"polygon": [[0, 0], [0, 1], [1, 0]]}],
            })
        );
        assert_eq!(live.status, Status::Starting);
        assert_eq!(live.definition.tags, TagKnowledge::Unknown);
        assert!(live.unknown.is_empty());
    }

    #[test]
    fn face_search_has_a_run_state_a_default_threshold_and_tags() {
        let (_, live) = described(&lobby()).unwrap();
        let json = live.definition.to_json(Dialect::Toml);
        assert_eq!(live.definition.run_state(), Some(RunState::Running));
        assert_eq!(json["settings"]["face_search"]["face_match_threshold"], 80);
        assert_eq!(json["tags"], json!({"team": "a"}));
        assert_eq!(live.definition.tags, TagKnowledge::Confirmed);
    }

    #[test]
    fn a_minimum_confidence_is_kept_as_shown() {
        let mut wire = doorbell();
        wire["Settings"]["ConnectedHome"] = json!({"Labels": ["PET"]});
        let (_, live) = described(&wire).unwrap();
        assert_eq!(live.definition.get(&Attribute::MinConfidence), None);
    }

    #[test]
    fn an_edge_at_zero_may_be_left_out_and_an_empty_prefix_is_none() {
        let mut wire = doorbell();
        wire["RegionsOfInterest"] = json!([{"BoundingBox": {"Width": 0.5, "Height": 1}}]);
        wire["Output"]["S3Destination"]["KeyPrefix"] = json!("");
        let json = described(&wire).unwrap().1.definition.to_json(Dialect::Toml);
        let whole = json!({"left": 0, "top": 0, "width": 0.5, "height": 1});
        assert_eq!(json["regions_of_interest"], json!([{ "bounding_box": whole }]));
        assert_eq!(json["output"], json!({"s3_destination": {"bucket": "results"}}));
    }

    #[test]
    fn members_that_are_not_known_are_named_by_their_paths() {
        let mut wire = doorbell();
        wire["Novelty"] = json!(7);
        wire["Settings"]["ConnectedHome"]["Sensitivity"] = json!({"Level": 3});
        wire["RegionsOfInterest"][0]["Name"] = json!("step");
        wire["RegionsOfInterest"][0]["Polygon"][0]["Z"] = json!(0);
        wire["Input"]["Other"] = json!(null);
        assert_eq!(
            described(&wire).unwrap().1.unknown,
            [
                "Novelty",
                "RegionsOfInterest.Name",
                "RegionsOfInterest.Polygon.Z",
                "Settings.ConnectedHome.Sensitivity",
            ]
        );
    }

    #[test]
    fn what_cannot_be_read_is_named_by_its_path() {
        let broken = |pointer: &str, value: Value| {
            let mut wire = doorbell();
            *wire.pointer_mut(pointer).unwrap() = value;
            described(&wire).unwrap_err().to_string()
        };
        assert_eq!(
            broken("/Settings", json!({})),
            "Settings holds neither ConnectedHome nor FaceSearch"
        );
        assert_eq!(
            broken("/Output/S3Destination", json!(null)),
            "Output holds neither S3Destination nor KinesisDataStream"
        );
        assert_eq!(
            broken("/Settings/ConnectedHome/MinConfidence", json!("NaN")),
            "Settings.ConnectedHome.MinConfidence must be a number that is finite as a float32"
        );
        assert_eq!(
            broken("/RegionsOfInterest/0/Polygon/2/Y", Value::Null),
            "RegionsOfInterest[0].Polygon[2].Y is missing"
        );
        assert_eq!(broken("/Status", json!(3)), "Status must be a string");
        let mut both = doorbell();
        both["Output"]["KinesisDataStream"] = json!({"Arn": "data"});
        assert_eq!(
            described(&both).unwrap_err().to_string(),
            "Output holds both S3Destination and KinesisDataStream"
        );
    }
}
