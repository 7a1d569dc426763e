//! From the SDK's output shapes to the wire's JSON.

use aws_sdk_rekognition::operation::describe_stream_processor::DescribeStreamProcessorOutput;
use aws_sdk_rekognition::types::{
    BoundingBox, Point, RegionOfInterest, StreamProcessorOutput, StreamProcessorSettings,
};
use aws_smithy_types::DateTime;
use serde_json::{Map, Value, json};

use crate::model::Float32;

/// Writes a Describe output as the service wrote it, with numbers as short as
/// a float32 allows.
pub(super) fn described(output: &DescribeStreamProcessorOutput) -> Value {
    object([
        ("Name", text(output.name())),
        ("StreamProcessorArn", text(output.stream_processor_arn())),
        ("Status", text(output.status().map(|status| status.as_str()))),
        ("StatusMessage", text(output.status_message())),
        ("CreationTimestamp", output.creation_timestamp().map(time)),
        ("LastUpdateTimestamp", output.last_update_timestamp().map(time)),
        (
            "Input",
            output.input().map(|input| {
                let stream = input.kinesis_video_stream();
                let stream = stream.map(|stream| object([("Arn", text(stream.arn()))]));
                object([("KinesisVideoStream", stream)])
            }),
        ),
        ("Output", output.output().map(destination)),
        ("RoleArn", text(output.role_arn())),
        ("Settings", output.settings().map(settings)),
        (
            "NotificationChannel",
            output
                .notification_channel()
                .map(|channel| json!({ "SNSTopicArn": channel.sns_topic_arn() })),
        ),
        ("KmsKeyId", text(output.kms_key_id())),
        (
            "RegionsOfInterest",
            output.regions_of_interest.as_ref().map(|list| list.iter().map(region).collect()),
        ),
        (
            "DataSharingPreference",
            output
                .data_sharing_preference()
                .map(|preference| json!({ "OptIn": preference.opt_in() })),
        ),
    ])
}

fn destination(output: &StreamProcessorOutput) -> Value {
    object([
        (
            "KinesisDataStream",
            output.kinesis_data_stream().map(|stream| object([("Arn", text(stream.arn()))])),
        ),
        (
            "S3Destination",
            output.s3_destination().map(|bucket| {
                object([
                    ("Bucket", text(bucket.bucket())),
                    ("KeyPrefix", text(bucket.key_prefix())),
                ])
            }),
        ),
    ])
}

fn settings(settings: &StreamProcessorSettings) -> Value {
    object([
        (
            "FaceSearch",
            settings.face_search().map(|face| {
                object([
                    ("CollectionId", text(face.collection_id())),
                    ("FaceMatchThreshold", face.face_match_threshold().map(float)),
                ])
            }),
        ),
        (
            "ConnectedHome",
            settings.connected_home().map(|home| {
                object([
                    ("Labels", Some(json!(home.labels()))),
                    ("MinConfidence", home.min_confidence().map(float)),
                ])
            }),
        ),
    ])
}

fn region(region: &RegionOfInterest) -> Value {
    object([
        ("BoundingBox", region.bounding_box().map(bounding_box)),
        ("Polygon", region.polygon.as_ref().map(|points| points.iter().map(point).collect())),
    ])
}

fn bounding_box(bounds: &BoundingBox) -> Value {
    object([
        ("Width", bounds.width().map(float)),
        ("Height", bounds.height().map(float)),
        ("Left", bounds.left().map(float)),
        ("Top", bounds.top().map(float)),
    ])
}

fn point(point: &Point) -> Value {
    object([("X", point.x().map(float)), ("Y", point.y().map(float))])
}

/// The members that are there.
fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let members = members.into_iter();
    let present = members.filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(present.collect::<Map<_, _>>())
}

fn text(value: Option<&str>) -> Option<Value> {
    value.map(|value| json!(value))
}

/// JSON has no number for what is not finite; the protocol spells it in letters.
fn float(value: f32) -> Value {
    match Float32::new(value) {
        Ok(value) => crate::model::float_to_json(value),
        Err(_) => json!(value.to_string()),
    }
}

/// Epoch seconds, with as many decimals as it takes down to the millisecond.
fn time(value: &DateTime) -> Value {
    // The wire's number is a double, so that the nearest millisecond is meant.
    let millis = (value.as_secs_f64() * 1000.0).round();
    #[expect(clippy::cast_possible_truncation, reason = "whole, and small for a time")]
    if millis % 1000.0 == 0.0 { json!((millis / 1000.0) as i64) } else { json!(millis / 1000.0) }
}
