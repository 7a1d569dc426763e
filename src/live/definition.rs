//! From the wire's JSON to a canonical definition.
//!
//! The rules come from the API reference of DescribeStreamProcessor and
//! CreateStreamProcessor: what is unset comes back absent, data sharing that is
//! absent is off, and a threshold that was never set is 80.

use serde_json::Value;

use crate::model::{
    BoundingBox, DEFAULT_FACE_MATCH_THRESHOLD, Fact, Float32, Kind, Output, Point, Polygon,
    Processor, RegionOfInterest, Regions, Settings, Status, TagKnowledge, Tags,
};

/// One stream processor as the service described it.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    pub name: String,
    pub processor: Processor,
    pub fact: Fact,
}

/// The JSON is no description of a stream processor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path} {reason}")]
pub struct Unreadable {
    /// Where in the JSON, like `Settings.ConnectedHome.Labels[2]`.
    pub path: String,
    pub reason: &'static str,
}

/// Reads the output of DescribeStreamProcessor, to which a snapshot adds `Tags`.
///
/// Members that this version does not know are ignored.
pub fn described(wire: &Value) -> Result<Described, Unreadable> {
    let root = Node::root(wire);
    let status = Status::parse(&root.required("Status")?.text()?);
    let mut processor = processor(wire)?;
    // The status of label detection comes and goes with its sessions.
    processor.run_state = (processor.kind() == Kind::FaceSearch).then(|| status.run_state());
    let tags = match root.get("Tags")? {
        Some(_) => TagKnowledge::Confirmed,
        None => TagKnowledge::Unknown,
    };
    Ok(Described {
        name: root.required("Name")?.text()?,
        processor,
        fact: Fact {
            arn: root.required("StreamProcessorArn")?.text()?,
            status,
            status_message: root.optional_text("StatusMessage")?,
            tags,
        },
    })
}

/// Reads what a description and a CreateStreamProcessor request have in common:
/// the definition, without a run state.
pub fn processor(wire: &Value) -> Result<Processor, Unreadable> {
    let root = Node::root(wire);
    let input = root.required("Input")?.required("KinesisVideoStream")?;
    Ok(Processor {
        role_arn: root.required("RoleArn")?.text()?,
        input: input.required("Arn")?.text()?,
        output: output(&root.required("Output")?)?,
        settings: settings(&root.required("Settings")?)?,
        notification_channel: match root.get("NotificationChannel")? {
            Some(channel) => channel.optional_text("SNSTopicArn")?,
            None => None,
        },
        kms_key_id: root.optional_text("KmsKeyId")?,
        regions_of_interest: match root.get("RegionsOfInterest")? {
            Some(list) => Regions::new(list.items()?.iter().map(region).collect::<Result<_, _>>()?),
            None => Regions::default(),
        },
        data_sharing: match root.get("DataSharingPreference")? {
            Some(preference) => match preference.get("OptIn")? {
                Some(flag) => flag.flag()?,
                None => false,
            },
            None => false,
        },
        tags: match root.get("Tags")? {
            Some(tags) => tags.texts_by_name()?,
            None => Tags::new(),
        },
        run_state: None,
    })
}

fn output(output: &Node<'_>) -> Result<Output, Unreadable> {
    if let Some(stream) = output.get("KinesisDataStream")? {
        return Ok(Output::KinesisDataStream { arn: stream.required("Arn")?.text()? });
    }
    match output.get("S3Destination")? {
        Some(destination) => Ok(Output::S3Destination {
            bucket: destination.optional_text("Bucket")?,
            key_prefix: destination.optional_text("KeyPrefix")?,
        }),
        None => Err(output.unreadable("holds neither KinesisDataStream nor S3Destination")),
    }
}

fn settings(settings: &Node<'_>) -> Result<Settings, Unreadable> {
    match (settings.get("ConnectedHome")?, settings.get("FaceSearch")?) {
        (Some(home), None) => Ok(Settings::ConnectedHome {
            labels: home
                .required("Labels")?
                .items()?
                .iter()
                .map(Node::text)
                .collect::<Result<_, _>>()?,
            min_confidence: home.optional_number("MinConfidence")?,
        }),
        (None, Some(face)) => Ok(Settings::FaceSearch {
            collection_id: face.optional_text("CollectionId")?,
            face_match_threshold: face
                .optional_number("FaceMatchThreshold")?
                .unwrap_or(DEFAULT_FACE_MATCH_THRESHOLD),
        }),
        (Some(_), Some(_)) => Err(settings.unreadable("holds both ConnectedHome and FaceSearch")),
        (None, None) => Err(settings.unreadable("holds neither ConnectedHome nor FaceSearch")),
    }
}

fn region(region: &Node<'_>) -> Result<RegionOfInterest, Unreadable> {
    match (region.get("BoundingBox")?, region.get("Polygon")?) {
        (Some(bounds), None) => {
            let side = |name| bounds.required(name)?.number();
            Ok(RegionOfInterest::BoundingBox(BoundingBox {
                left: side("Left")?,
                top: side("Top")?,
                width: side("Width")?,
                height: side("Height")?,
            }))
        }
        (None, Some(polygon)) => {
            let corners = polygon.items()?;
            let corners = corners.iter().map(|corner| {
                Ok(Point { x: corner.required("X")?.number()?, y: corner.required("Y")?.number()? })
            });
            let corners: Vec<Point> = corners.collect::<Result<_, _>>()?;
            Ok(RegionOfInterest::Polygon(Polygon::new(&corners)))
        }
        (Some(_), Some(_)) => Err(region.unreadable("holds both BoundingBox and Polygon")),
        (None, None) => Err(region.unreadable("holds neither BoundingBox nor Polygon")),
    }
}

/// A value and its path, so that what is wrong can be found.
struct Node<'a> {
    value: &'a Value,
    path: String,
}

impl<'a> Node<'a> {
    fn root(value: &'a Value) -> Node<'a> {
        Node { value, path: String::new() }
    }

    /// A member; null counts as absent.
    fn get(&self, name: &str) -> Result<Option<Node<'a>>, Unreadable> {
        let Value::Object(members) = self.value else {
            return Err(self.unreadable("must be an object"));
        };
        let member = members.get(name).filter(|value| !value.is_null());
        Ok(member.map(|value| Node { value, path: self.path_of(name) }))
    }

    fn required(&self, name: &str) -> Result<Node<'a>, Unreadable> {
        self.get(name)?.ok_or_else(|| Unreadable { path: self.path_of(name), reason: "is missing" })
    }

    fn items(&self) -> Result<Vec<Node<'a>>, Unreadable> {
        let Value::Array(items) = self.value else {
            return Err(self.unreadable("must be a list"));
        };
        let items = items.iter().enumerate();
        Ok(items.map(|(at, value)| Node { value, path: format!("{}[{at}]", self.path) }).collect())
    }

    fn text(&self) -> Result<String, Unreadable> {
        match self.value {
            Value::String(text) => Ok(text.clone()),
            _ => Err(self.unreadable("must be a string")),
        }
    }

    fn optional_text(&self, name: &str) -> Result<Option<String>, Unreadable> {
        self.get(name)?.map(|node| node.text()).transpose()
    }

    fn number(&self) -> Result<Float32, Unreadable> {
        let number = self.value.as_f64().map(Float32::from_f64);
        match number {
            Some(Ok(number)) => Ok(number),
            _ => Err(self.unreadable("must be a number that is finite as a float32")),
        }
    }

    fn optional_number(&self, name: &str) -> Result<Option<Float32>, Unreadable> {
        self.get(name)?.map(|node| node.number()).transpose()
    }

    fn flag(&self) -> Result<bool, Unreadable> {
        self.value.as_bool().ok_or_else(|| self.unreadable("must be true or false"))
    }

    fn texts_by_name(&self) -> Result<Tags, Unreadable> {
        let Value::Object(members) = self.value else {
            return Err(self.unreadable("must be an object"));
        };
        let members = members.iter();
        members
            .map(|(key, value)| {
                let value = Node { value, path: self.path_of(key) }.text()?;
                Ok((key.clone(), value))
            })
            .collect()
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    fn unreadable(&self, reason: &'static str) -> Unreadable {
        let path = if self.path.is_empty() { "the value" } else { &self.path };
        Unreadable { path: path.to_owned(), reason }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{RunState, to_json};

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
            "Novelty": 7,
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
        let read = described(&doorbell()).unwrap();
        assert_eq!(
            to_json(&read.processor),
            json!({
                "role_arn": "role",
                "input": {"kinesis_video_stream": {"arn": "video"}},
                "output": {"s3_destination": {"bucket": "results", "key_prefix": "a/"}},
                "settings": {"connected_home": {"labels": ["PACKAGE", "PERSON"], "min_confidence": 80.1}},
                "notification_channel": {"sns_topic_arn": "topic"},
                "regions_of_interest": [{"polygon": [[0, 0], [0, 1], [1, 0]]}],
            })
        );
        assert_eq!(read.fact.status, Status::Starting);
        assert_eq!(read.fact.tags, TagKnowledge::Unknown);
    }

    #[test]
    fn face_search_has_a_run_state_a_default_threshold_and_tags() {
        let read = described(&lobby()).unwrap();
        assert_eq!(read.processor.run_state, Some(RunState::Running));
        let Settings::FaceSearch { face_match_threshold, .. } = read.processor.settings else {
            panic!("face search");
        };
        assert_eq!(face_match_threshold, DEFAULT_FACE_MATCH_THRESHOLD);
        assert_eq!(read.processor.tags["team"], "a");
        assert_eq!(read.fact.tags, TagKnowledge::Confirmed);
    }

    #[test]
    fn a_minimum_confidence_is_kept_as_shown() {
        let mut wire = doorbell();
        wire["Settings"]["ConnectedHome"] = json!({"Labels": ["PET"]});
        let Settings::ConnectedHome { min_confidence, .. } = processor(&wire).unwrap().settings
        else {
            panic!("label detection");
        };
        assert_eq!(min_confidence, None);
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
            broken("/Settings/ConnectedHome/MinConfidence", json!("NaN")),
            "Settings.ConnectedHome.MinConfidence must be a number that is finite as a float32"
        );
        assert_eq!(
            broken("/RegionsOfInterest/0/Polygon/2/Y", Value::Null),
            "RegionsOfInterest[0].Polygon[2].Y is missing"
        );
        assert_eq!(broken("/Status", json!(3)), "Status must be a string");
    }
}
