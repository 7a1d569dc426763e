//! The shapes of the writing operations, closed: an unknown member is an error.

use std::collections::BTreeMap;

use aws_sdk_rekognition::types;
use serde::Deserialize;
use serde_json::Value;

use crate::model::Float32;
use crate::plan::Operation;

/// A request's content.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Body {
    Create(Box<Create>),
    Update(Update),
    Start(Start),
    Stop(Named),
    Delete(Named),
    Tag(Tag),
    Untag(Untag),
}

impl Body {
    pub(crate) fn parse(operation: Operation, json: &Value) -> Result<Body, serde_json::Error> {
        Ok(match operation {
            Operation::CreateStreamProcessor => Body::Create(Deserialize::deserialize(json)?),
            Operation::UpdateStreamProcessor => Body::Update(Deserialize::deserialize(json)?),
            Operation::StartStreamProcessor => Body::Start(Deserialize::deserialize(json)?),
            Operation::StopStreamProcessor => Body::Stop(Deserialize::deserialize(json)?),
            Operation::DeleteStreamProcessor => Body::Delete(Deserialize::deserialize(json)?),
            Operation::TagResource => Body::Tag(Deserialize::deserialize(json)?),
            Operation::UntagResource => Body::Untag(Deserialize::deserialize(json)?),
        })
    }

    /// Whether the request is about the stream processor of this name.
    pub(crate) fn is_about(&self, processor: &str) -> bool {
        let by_arn = |arn: &str| arn.rsplit('/').next() == Some(processor);
        match self {
            Body::Create(body) => body.name == processor,
            Body::Update(body) => body.name == processor,
            Body::Start(body) => body.name == processor,
            Body::Stop(body) | Body::Delete(body) => body.name == processor,
            Body::Tag(body) => by_arn(&body.resource_arn),
            Body::Untag(body) => by_arn(&body.resource_arn),
        }
    }
}

/// Declares shapes: closed, with the wire's names.
macro_rules! shapes {
    ($($(#[$about:meta])* $name:ident { $($(#[$attr:meta])* $field:ident: $type:ty,)* })*) => {
        $(
            $(#[$about])*
            #[derive(Clone, Debug, PartialEq, Deserialize)]
            #[serde(rename_all = "PascalCase", deny_unknown_fields)]
            pub(crate) struct $name {
                $($(#[$attr])* pub(crate) $field: $type,)*
            }
        )*
    };
}

shapes! {
    Create {
        name: String,
        input: Input,
        output: Output,
        role_arn: String,
        settings: Settings,
        notification_channel: Option<NotificationChannel>,
        kms_key_id: Option<String>,
        regions_of_interest: Option<Vec<Region>>,
        data_sharing_preference: Option<DataSharing>,
        tags: Option<BTreeMap<String, String>>,
    }
    Update {
        name: String,
        settings_for_update: Option<SettingsForUpdate>,
        regions_of_interest_for_update: Option<Vec<Region>>,
        data_sharing_preference_for_update: Option<DataSharing>,
        parameters_to_delete: Option<Vec<Parameter>>,
    }
    Start {
        name: String,
        start_selector: Option<StartSelector>,
        stop_selector: Option<StopSelector>,
    }
    Named { name: String, }
    Tag { resource_arn: String, tags: BTreeMap<String, String>, }
    Untag { resource_arn: String, tag_keys: Vec<String>, }

    Input { kinesis_video_stream: Stream, }
    Output {
        kinesis_data_stream: Option<Stream>,
        #[serde(rename = "S3Destination")]
        s3_destination: Option<Bucket>,
    }
    Stream { arn: String, }
    Bucket { bucket: Option<String>, key_prefix: Option<String>, }
    Settings { connected_home: Option<ConnectedHome>, face_search: Option<FaceSearch>, }
    ConnectedHome { labels: Vec<String>, min_confidence: Option<Number>, }
    FaceSearch { collection_id: Option<String>, face_match_threshold: Option<Number>, }
    SettingsForUpdate { connected_home_for_update: Option<ConnectedHomeForUpdate>, }
    ConnectedHomeForUpdate { labels: Option<Vec<String>>, min_confidence: Option<Number>, }
    NotificationChannel {
        #[serde(rename = "SNSTopicArn")]
        sns_topic_arn: String,
    }
    DataSharing { opt_in: bool, }
    Region { bounding_box: Option<Bounds>, polygon: Option<Vec<Corner>>, }
    Bounds { left: Number, top: Number, width: Number, height: Number, }
    Corner { x: Number, y: Number, }
    StartSelector {
        #[serde(rename = "KVSStreamStartSelector")]
        stream: Option<StreamStart>,
    }
    StreamStart { producer_timestamp: Option<i64>, fragment_number: Option<String>, }
    StopSelector { max_duration_in_seconds: Option<i64>, }
}

/// What an update may take away.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub(crate) enum Parameter {
    ConnectedHomeMinConfidence,
    RegionsOfInterest,
}

/// A number that is finite as a float32.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(try_from = "f64")]
pub(crate) struct Number(Float32);

impl TryFrom<f64> for Number {
    type Error = crate::model::NotFinite;

    fn try_from(value: f64) -> Result<Number, crate::model::NotFinite> {
        Float32::from_f64(value).map(Number)
    }
}

impl From<Number> for f32 {
    fn from(number: Number) -> f32 {
        number.0.get()
    }
}

impl From<Input> for types::StreamProcessorInput {
    fn from(Input { kinesis_video_stream: Stream { arn } }: Input) -> Self {
        let stream = types::KinesisVideoStream::builder().arn(arn).build();
        types::StreamProcessorInput::builder().kinesis_video_stream(stream).build()
    }
}

impl From<Output> for types::StreamProcessorOutput {
    fn from(Output { kinesis_data_stream, s3_destination }: Output) -> Self {
        let stream = kinesis_data_stream
            .map(|Stream { arn }| types::KinesisDataStream::builder().arn(arn).build());
        let bucket = s3_destination.map(|Bucket { bucket, key_prefix }| {
            types::S3Destination::builder().set_bucket(bucket).set_key_prefix(key_prefix).build()
        });
        types::StreamProcessorOutput::builder()
            .set_kinesis_data_stream(stream)
            .set_s3_destination(bucket)
            .build()
    }
}

impl From<Settings> for types::StreamProcessorSettings {
    fn from(Settings { connected_home, face_search }: Settings) -> Self {
        let home = connected_home.map(|ConnectedHome { labels, min_confidence }| {
            types::ConnectedHomeSettings::builder()
                .set_labels(Some(labels))
                .set_min_confidence(min_confidence.map(Into::into))
                .build()
                .expect("the labels, all that is required, are set")
        });
        let face = face_search.map(|FaceSearch { collection_id, face_match_threshold }| {
            types::FaceSearchSettings::builder()
                .set_collection_id(collection_id)
                .set_face_match_threshold(face_match_threshold.map(Into::into))
                .build()
        });
        types::StreamProcessorSettings::builder()
            .set_connected_home(home)
            .set_face_search(face)
            .build()
    }
}

impl From<SettingsForUpdate> for types::StreamProcessorSettingsForUpdate {
    fn from(SettingsForUpdate { connected_home_for_update }: SettingsForUpdate) -> Self {
        let home =
            connected_home_for_update.map(|ConnectedHomeForUpdate { labels, min_confidence }| {
                types::ConnectedHomeSettingsForUpdate::builder()
                    .set_labels(labels)
                    .set_min_confidence(min_confidence.map(Into::into))
                    .build()
            });
        types::StreamProcessorSettingsForUpdate::builder()
            .set_connected_home_for_update(home)
            .build()
    }
}

impl From<NotificationChannel> for types::StreamProcessorNotificationChannel {
    fn from(NotificationChannel { sns_topic_arn }: NotificationChannel) -> Self {
        types::StreamProcessorNotificationChannel::builder()
            .sns_topic_arn(sns_topic_arn)
            .build()
            .expect("the topic, all that is required, is set")
    }
}

impl From<DataSharing> for types::StreamProcessorDataSharingPreference {
    fn from(DataSharing { opt_in }: DataSharing) -> Self {
        types::StreamProcessorDataSharingPreference::builder().opt_in(opt_in).build()
    }
}

impl From<Region> for types::RegionOfInterest {
    fn from(Region { bounding_box, polygon }: Region) -> Self {
        let bounds = bounding_box.map(|Bounds { left, top, width, height }| {
            types::BoundingBox::builder()
                .left(left.into())
                .top(top.into())
                .width(width.into())
                .height(height.into())
                .build()
        });
        let polygon = polygon.map(|corners| {
            let corners = corners.into_iter();
            corners
                .map(|Corner { x, y }| types::Point::builder().x(x.into()).y(y.into()).build())
                .collect()
        });
        types::RegionOfInterest::builder().set_bounding_box(bounds).set_polygon(polygon).build()
    }
}

impl From<Parameter> for types::StreamProcessorParameterToDelete {
    fn from(parameter: Parameter) -> Self {
        match parameter {
            Parameter::ConnectedHomeMinConfidence => Self::ConnectedHomeMinConfidence,
            Parameter::RegionsOfInterest => Self::RegionsOfInterest,
        }
    }
}

impl From<StartSelector> for types::StreamProcessingStartSelector {
    fn from(StartSelector { stream }: StartSelector) -> Self {
        let stream = stream.map(|StreamStart { producer_timestamp, fragment_number }| {
            types::KinesisVideoStreamStartSelector::builder()
                .set_producer_timestamp(producer_timestamp)
                .set_fragment_number(fragment_number)
                .build()
        });
        types::StreamProcessingStartSelector::builder()
            .set_kvs_stream_start_selector(stream)
            .build()
    }
}

impl From<StopSelector> for types::StreamProcessingStopSelector {
    fn from(StopSelector { max_duration_in_seconds }: StopSelector) -> Self {
        types::StreamProcessingStopSelector::builder()
            .set_max_duration_in_seconds(max_duration_in_seconds)
            .build()
    }
}
