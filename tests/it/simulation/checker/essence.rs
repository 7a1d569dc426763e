//! What a processor is, from the wire's JSON or a plan's, in words that can be compared.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::world::marks::{RECORD, STACK};

/// A definition, tags and run state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Essence {
    pub attributes: BTreeMap<&'static str, String>,
    pub tags: BTreeMap<String, String>,
    /// Only a face search runs.
    pub runs: bool,
}

/// Each attribute where the wire has it and where a plan has it.
const ATTRIBUTES: [(&str, &str); 9] = [
    ("/RoleArn", "/role_arn"),
    ("/Input/KinesisVideoStream/Arn", "/input/kinesis_video_stream/arn"),
    ("/Output/KinesisDataStream/Arn", "/output/kinesis_data_stream/arn"),
    ("/Output/S3Destination/Bucket", "/output/s3_destination/bucket"),
    ("/Output/S3Destination/KeyPrefix", "/output/s3_destination/key_prefix"),
    ("/Settings/FaceSearch/CollectionId", "/settings/face_search/collection_id"),
    ("/Settings/ConnectedHome/Labels", "/settings/connected_home/labels"),
    ("/Settings/ConnectedHome/MinConfidence", "/settings/connected_home/min_confidence"),
    ("/NotificationChannel/SNSTopicArn", "/notification_channel/sns_topic_arn"),
];

impl Essence {
    pub fn of_wire(wire: &Value, tags: &Value) -> Essence {
        let is_face = wire.pointer("/Settings/FaceSearch").is_some();
        let is_up = matches!(wire["Status"].as_str(), Some("RUNNING" | "STARTING"));
        let read = |(here, _): &(&'static str, &str)| Some((*here, word(wire.pointer(here)?)));
        Essence {
            attributes: ATTRIBUTES.iter().filter_map(read).collect(),
            tags: texts(tags),
            runs: is_face && is_up,
        }
    }

    pub fn without_marks(&self) -> Essence {
        let mut essence = self.clone();
        essence.tags.retain(|key, _| ![STACK, RECORD].contains(&key.as_str()));
        essence
    }

    /// `None` where the plan says that nothing is there.
    pub fn of_plan(definition: &Value) -> Option<Essence> {
        if definition.is_null() {
            return None;
        }
        let read =
            |(wire, here): &(&'static str, &str)| Some((*wire, word(definition.pointer(here)?)));
        Some(Essence {
            attributes: ATTRIBUTES.iter().filter_map(read).collect(),
            tags: texts(&definition["tags"]),
            runs: definition["desired_status"] == "running",
        })
    }
}

fn texts(tags: &Value) -> BTreeMap<String, String> {
    let tags = tags.as_object().into_iter().flatten();
    tags.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
}

fn word(value: &Value) -> String {
    match value {
        Value::Number(number) => number.as_f64().map_or_else(String::new, |it| it.to_string()),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
