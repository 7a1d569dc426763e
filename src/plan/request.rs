//! Requests in the wire's JSON.

use serde_json::{Map, Value, json};

use crate::diff::Difference;
use crate::model::{
    Attribute, BoundingBox, Output, Point, Processor, RegionOfInterest, Regions, Settings, Tags,
    float_to_json,
};

/// CreateStreamProcessor for a definition.
///
/// Tags that begin with `aws:` belong to AWS: the service refuses to set them.
pub(super) fn create(name: &str, processor: &Processor) -> Value {
    let Processor {
        role_arn,
        input,
        output,
        settings,
        notification_channel,
        kms_key_id,
        regions_of_interest,
        data_sharing,
        tags,
        run_state: _, // StartStreamProcessor's
    } = processor;
    let mut request = Map::new();
    let mut put = |member: &str, value: Value| request.insert(member.to_owned(), value);
    put("Name", json!(name));
    put("RoleArn", json!(role_arn));
    put("Input", json!({"KinesisVideoStream": {"Arn": input}}));
    put("Output", output_to_wire(output));
    put("Settings", settings_to_wire(settings));
    if let Some(topic) = notification_channel {
        put("NotificationChannel", json!({"SNSTopicArn": topic}));
    }
    if let Some(key) = kms_key_id {
        put("KmsKeyId", json!(key));
    }
    if !regions_of_interest.is_empty() {
        put("RegionsOfInterest", regions_to_wire(regions_of_interest));
    }
    if *data_sharing {
        put("DataSharingPreference", json!({"OptIn": true}));
    }
    let tags: Tags = tags
        .iter()
        .filter(|(key, _)| !key.starts_with("aws:"))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if !tags.is_empty() {
        put("Tags", json!(tags));
    }
    Value::Object(request)
}

/// The one UpdateStreamProcessor that closes the differences; `None` when none
/// of them is its business.
///
/// The service leaves an absent member as it is, so the request carries only
/// what changed. What is removed goes into `ParametersToDelete` and nowhere
/// else: setting and deleting the same thing, or an empty list of regions, is
/// undocumented.
pub(super) fn update(name: &str, after: &Processor, differences: &[Difference]) -> Option<Value> {
    let mut request = Map::new();
    let mut settings = Map::new();
    let mut deletions = Vec::new();
    for difference in differences {
        match (&difference.attribute, &after.settings) {
            (Attribute::Labels, Settings::ConnectedHome { labels, .. }) => {
                settings.insert("Labels".into(), json!(labels));
            }
            (Attribute::MinConfidence, Settings::ConnectedHome { min_confidence, .. }) => {
                match min_confidence {
                    Some(value) => {
                        settings.insert("MinConfidence".into(), float_to_json(*value));
                    }
                    None => deletions.push("ConnectedHomeMinConfidence"),
                }
            }
            (Attribute::RegionsOfInterest, _) => {
                if after.regions_of_interest.is_empty() {
                    deletions.push("RegionsOfInterest");
                } else {
                    request.insert(
                        "RegionsOfInterestForUpdate".into(),
                        regions_to_wire(&after.regions_of_interest),
                    );
                }
            }
            (Attribute::DataSharing, _) => {
                request.insert(
                    "DataSharingPreferenceForUpdate".into(),
                    json!({"OptIn": after.data_sharing}),
                );
            }
            _ => {}
        }
    }
    if !settings.is_empty() {
        request.insert("SettingsForUpdate".into(), json!({"ConnectedHomeForUpdate": settings}));
    }
    if !deletions.is_empty() {
        request.insert("ParametersToDelete".into(), json!(deletions));
    }
    if request.is_empty() {
        return None;
    }
    request.insert("Name".into(), json!(name));
    Some(Value::Object(request))
}

/// TagResource with what is new or changed; `None` when nothing is.
pub(super) fn tag(arn: &str, before: &Tags, after: &Tags) -> Option<Value> {
    let changed: Tags = after
        .iter()
        .filter(|(key, value)| before.get(*key) != Some(value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    (!changed.is_empty()).then(|| json!({"ResourceArn": arn, "Tags": changed}))
}

/// UntagResource with what is gone; `None` when nothing is.
pub(super) fn untag(arn: &str, before: &Tags, after: &Tags) -> Option<Value> {
    let gone: Vec<&String> = before.keys().filter(|key| !after.contains_key(*key)).collect();
    (!gone.is_empty()).then(|| json!({"ResourceArn": arn, "TagKeys": gone}))
}

/// StartStreamProcessor, StopStreamProcessor or DeleteStreamProcessor: a face
/// search processor takes no selectors, so the name is all there is.
pub(super) fn by_name(name: &str) -> Value {
    json!({"Name": name})
}

fn output_to_wire(output: &Output) -> Value {
    match output {
        Output::S3Destination { bucket, key_prefix } => {
            let mut destination = Map::new();
            if let Some(bucket) = bucket {
                destination.insert("Bucket".into(), json!(bucket));
            }
            if let Some(prefix) = key_prefix {
                destination.insert("KeyPrefix".into(), json!(prefix));
            }
            json!({"S3Destination": destination})
        }
        Output::KinesisDataStream { arn } => json!({"KinesisDataStream": {"Arn": arn}}),
    }
}

fn settings_to_wire(settings: &Settings) -> Value {
    let mut members = Map::new();
    match settings {
        Settings::ConnectedHome { labels, min_confidence } => {
            members.insert("Labels".into(), json!(labels));
            if let Some(value) = min_confidence {
                members.insert("MinConfidence".into(), float_to_json(*value));
            }
            json!({"ConnectedHome": members})
        }
        Settings::FaceSearch { collection_id, face_match_threshold } => {
            if let Some(collection) = collection_id {
                members.insert("CollectionId".into(), json!(collection));
            }
            members.insert("FaceMatchThreshold".into(), float_to_json(*face_match_threshold));
            json!({"FaceSearch": members})
        }
    }
}

fn regions_to_wire(regions: &Regions) -> Value {
    regions
        .iter()
        .map(|region| match region {
            RegionOfInterest::BoundingBox(BoundingBox { left, top, width, height }) => json!({
                "BoundingBox": {
                    "Left": float_to_json(*left),
                    "Top": float_to_json(*top),
                    "Width": float_to_json(*width),
                    "Height": float_to_json(*height),
                }
            }),
            RegionOfInterest::Polygon(polygon) => {
                let points: Vec<Value> = polygon
                    .points()
                    .iter()
                    .map(|Point { x, y }| json!({"X": float_to_json(*x), "Y": float_to_json(*y)}))
                    .collect();
                json!({ "Polygon": points })
            }
        })
        .collect()
}
