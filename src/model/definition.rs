//! A definition as JSON in the TOML's shape: what plans store and compare.
//!
//! Numbers are the shortest that mean the float32, regions are written whole,
//! and what is absent is left out.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{
    Attribute, BoundingBox, DEFAULT_FACE_MATCH_THRESHOLD, Float32, Output, Point, Polygon,
    Processor, RegionOfInterest, Regions, RunState, Settings, Tags,
};

/// The JSON is not a definition that `to_json` could have written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct DefinitionError {
    pub path: String,
    pub reason: &'static str,
}

/// The attributes that a definition has, each with its value as JSON.
///
/// Data sharing that is off and regions that are empty count as absent, like
/// everything else that the service leaves out.
pub fn attributes(processor: &Processor) -> BTreeMap<Attribute, Value> {
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
        run_state,
    } = processor;
    let mut values = BTreeMap::new();
    let mut put = |attribute, value: Option<Value>| {
        if let Some(value) = value {
            values.insert(attribute, value);
        }
    };
    put(Attribute::RoleArn, Some(json!(role_arn)));
    put(Attribute::Input, Some(json!(input)));
    match output {
        Output::S3Destination { bucket, key_prefix } => {
            put(Attribute::OutputBucket, bucket.as_ref().map(|text| json!(text)));
            put(Attribute::OutputKeyPrefix, key_prefix.as_ref().map(|text| json!(text)));
        }
        Output::KinesisDataStream { arn } => put(Attribute::OutputDataStream, Some(json!(arn))),
    }
    match settings {
        Settings::ConnectedHome { labels, min_confidence } => {
            put(Attribute::Labels, Some(json!(labels)));
            put(Attribute::MinConfidence, min_confidence.map(float_to_json));
        }
        Settings::FaceSearch { collection_id, face_match_threshold } => {
            put(Attribute::CollectionId, collection_id.as_ref().map(|text| json!(text)));
            put(Attribute::FaceMatchThreshold, Some(float_to_json(*face_match_threshold)));
        }
    }
    put(Attribute::NotificationChannel, notification_channel.as_ref().map(|text| json!(text)));
    put(Attribute::KmsKeyId, kms_key_id.as_ref().map(|text| json!(text)));
    put(
        Attribute::RegionsOfInterest,
        (!regions_of_interest.is_empty())
            .then(|| regions_of_interest.iter().map(region_to_json).collect()),
    );
    put(Attribute::DataSharing, data_sharing.then_some(json!(true)));
    put(Attribute::DesiredStatus, run_state.map(|state| json!(state.as_str())));
    for (key, value) in tags {
        put(Attribute::Tag(key.clone()), Some(json!(value)));
    }
    values
}

/// One attribute's value as JSON; `None` when the definition has none.
pub fn attribute_value(processor: &Processor, attribute: &Attribute) -> Option<Value> {
    attributes(processor).remove(attribute)
}

/// Writes a definition as JSON in the TOML's shape.
pub fn to_json(processor: &Processor) -> Value {
    let mut root = Map::new();
    for (attribute, value) in attributes(processor) {
        insert(&mut root, &attribute.segments(), value);
    }
    Value::Object(root)
}

/// Reads what `to_json` wrote, in any spelling that means the same.
pub fn from_json(value: &Value) -> Result<Processor, DefinitionError> {
    let text = |attribute: Attribute| -> Result<Option<String>, DefinitionError> {
        lookup(value, &attribute)
            .map(|found| match found {
                Value::String(text) => Ok(text.clone()),
                _ => Err(error(&attribute, "must be a string")),
            })
            .transpose()
    };
    let required = |attribute: Attribute| {
        text(attribute.clone())?.ok_or_else(|| error(&attribute, "is missing"))
    };
    let number = |attribute: Attribute| -> Result<Option<Float32>, DefinitionError> {
        lookup(value, &attribute)
            .map(|found| float(found).ok_or_else(|| error(&attribute, "must be a number")))
            .transpose()
    };
    let output = match text(Attribute::OutputDataStream)? {
        Some(arn) => Output::KinesisDataStream { arn },
        None => Output::S3Destination {
            bucket: text(Attribute::OutputBucket)?,
            key_prefix: text(Attribute::OutputKeyPrefix)?,
        },
    };
    let settings = if value.pointer("/settings/face_search").is_some() {
        Settings::FaceSearch {
            collection_id: text(Attribute::CollectionId)?,
            face_match_threshold: number(Attribute::FaceMatchThreshold)?
                .unwrap_or(DEFAULT_FACE_MATCH_THRESHOLD),
        }
    } else {
        let labels = lookup(value, &Attribute::Labels)
            .and_then(strings)
            .ok_or_else(|| error(&Attribute::Labels, "must be a list of strings"))?;
        Settings::ConnectedHome { labels, min_confidence: number(Attribute::MinConfidence)? }
    };
    let regions_of_interest = match lookup(value, &Attribute::RegionsOfInterest) {
        None => Regions::default(),
        Some(list) => regions(list)
            .ok_or_else(|| error(&Attribute::RegionsOfInterest, "must be a list of regions"))?,
    };
    let data_sharing = match lookup(value, &Attribute::DataSharing) {
        None => false,
        Some(flag) => {
            flag.as_bool().ok_or_else(|| error(&Attribute::DataSharing, "must be a boolean"))?
        }
    };
    let run_state = match text(Attribute::DesiredStatus)?.as_deref() {
        None => None,
        Some("running") => Some(RunState::Running),
        Some("stopped") => Some(RunState::Stopped),
        Some(_) => {
            return Err(error(&Attribute::DesiredStatus, "must be running or stopped"));
        }
    };
    Ok(Processor {
        role_arn: required(Attribute::RoleArn)?,
        input: required(Attribute::Input)?,
        output,
        settings,
        notification_channel: text(Attribute::NotificationChannel)?,
        kms_key_id: text(Attribute::KmsKeyId)?,
        regions_of_interest,
        data_sharing,
        tags: tags(value)?,
        run_state,
    })
}

/// Puts a value at an attribute's place in a definition's JSON; null removes it
/// and the tables that become empty.
pub fn set(definition: &mut Value, attribute: &Attribute, value: Value) {
    if let Value::Object(root) = definition {
        let segments = attribute.segments();
        if value.is_null() {
            remove(root, &segments);
        } else {
            insert(root, &segments, value);
        }
    }
}

/// A float32 as the shortest JSON number that means it; whole numbers without a point.
pub fn float_to_json(value: Float32) -> Value {
    let shortest = value.to_shortest_f64();
    #[expect(clippy::cast_possible_truncation, reason = "guarded to be whole and small")]
    if shortest.fract() == 0.0 && shortest.abs() < 1e15 {
        json!(shortest as i64)
    } else {
        json!(shortest)
    }
}

fn error(attribute: &Attribute, reason: &'static str) -> DefinitionError {
    DefinitionError { path: attribute.to_string(), reason }
}

fn lookup<'a>(value: &'a Value, attribute: &Attribute) -> Option<&'a Value> {
    attribute
        .segments()
        .iter()
        .try_fold(value, |table, segment| table.get(segment))
        .filter(|found| !found.is_null())
}

fn insert(table: &mut Map<String, Value>, segments: &[&str], value: Value) {
    match segments {
        [] => {}
        [last] => {
            table.insert((*last).to_owned(), value);
        }
        [first, rest @ ..] => {
            let child = table.entry(*first).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(child) = child {
                insert(child, rest, value);
            }
        }
    }
}

fn remove(table: &mut Map<String, Value>, segments: &[&str]) {
    match segments {
        [] => {}
        [last] => {
            table.remove(*last);
        }
        [first, rest @ ..] => {
            if let Some(Value::Object(child)) = table.get_mut(*first) {
                remove(child, rest);
                if child.is_empty() {
                    table.remove(*first);
                }
            }
        }
    }
}

fn strings(value: &Value) -> Option<BTreeSet<String>> {
    value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

fn tags(value: &Value) -> Result<Tags, DefinitionError> {
    let wrong = || DefinitionError { path: "tags".into(), reason: "must map strings to strings" };
    match value.get("tags") {
        None | Some(Value::Null) => Ok(Tags::new()),
        Some(Value::Object(map)) => map
            .iter()
            .map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
            .collect::<Option<Tags>>()
            .ok_or_else(wrong),
        Some(_) => Err(wrong()),
    }
}

fn region_to_json(region: &RegionOfInterest) -> Value {
    match region {
        RegionOfInterest::BoundingBox(BoundingBox { left, top, width, height }) => json!({
            "bounding_box": {
                "left": float_to_json(*left),
                "top": float_to_json(*top),
                "width": float_to_json(*width),
                "height": float_to_json(*height),
            }
        }),
        RegionOfInterest::Polygon(polygon) => {
            let points: Vec<Value> = polygon
                .points()
                .iter()
                .map(|point| json!([float_to_json(point.x), float_to_json(point.y)]))
                .collect();
            json!({ "polygon": points })
        }
    }
}

fn regions(value: &Value) -> Option<Regions> {
    value.as_array()?.iter().map(region).collect::<Option<Vec<_>>>().map(Regions::new)
}

fn region(value: &Value) -> Option<RegionOfInterest> {
    if let Some(bounds) = value.get("bounding_box") {
        let side = |name| bounds.get(name).and_then(float);
        return Some(RegionOfInterest::BoundingBox(BoundingBox {
            left: side("left")?,
            top: side("top")?,
            width: side("width")?,
            height: side("height")?,
        }));
    }
    let points = value.get("polygon")?.as_array()?;
    let points = points
        .iter()
        .map(|point| match point.as_array()?.as_slice() {
            [x, y] => Some(Point { x: float(x)?, y: float(y)? }),
            _ => None,
        })
        .collect::<Option<Vec<_>>>()?;
    Some(RegionOfInterest::Polygon(Polygon::new(&points)))
}

fn float(value: &Value) -> Option<Float32> {
    Float32::from_f64(value.as_f64()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doorbell() -> Value {
        json!({
            "role_arn": "arn:aws:iam::111122223333:role/R",
            "input": {"kinesis_video_stream": {"arn": "arn:aws:kinesisvideo:us-east-1:111122223333:stream/a/1"}},
            "output": {"s3_destination": {"bucket": "results", "key_prefix": "a/"}},
            "settings": {"connected_home": {"labels": ["PACKAGE", "PERSON"], "min_confidence": 80.1}},
            "kms_key_id": "alias/a",
            "regions_of_interest": [{"bounding_box": {"left": 0, "top": 0, "width": 0.25, "height": 0.5}}],
            "data_sharing_preference": {"opt_in": true},
            "tags": {"a.b": "c"},
        })
    }

    #[test]
    fn a_definition_survives_the_trip_through_json() {
        let face = json!({
            "role_arn": "r", "input": {"kinesis_video_stream": {"arn": "v"}},
            "output": {"kinesis_data_stream": {"arn": "d"}},
            "settings": {"face_search": {"collection_id": "staff", "face_match_threshold": 92.5}},
            "desired_status": "running",
        });
        for json in [doorbell(), face] {
            assert_eq!(to_json(&from_json(&json).unwrap()), json);
        }
    }

    #[test]
    fn numbers_are_the_shortest_that_mean_the_float32() {
        let mut widened = doorbell();
        set(&mut widened, &Attribute::MinConfidence, json!(80.099_998_474_121_1));
        assert_eq!(to_json(&from_json(&widened).unwrap()), doorbell());
    }

    #[test]
    fn setting_null_removes_the_attribute_and_its_empty_tables() {
        let mut json = doorbell();
        set(&mut json, &Attribute::DataSharing, Value::Null);
        assert!(json.get("data_sharing_preference").is_none());
    }

    #[test]
    fn what_is_no_definition_is_refused_with_its_path() {
        let mut json = doorbell();
        set(&mut json, &Attribute::RoleArn, json!(7));
        assert_eq!(from_json(&json).unwrap_err().path, "role_arn");
    }
}
