//! What the service demands beyond the API model, as its documentation states it.
//!
//! Each rule is about a request alone; what depends on other processors or on a status stands with the operation.

use std::fmt::Display;

use serde_json::Value;

use super::error::ServiceError;
use super::quirks::{self, Quirks};
use super::validate::Object;

/// Where label detection is offered.
const LABEL_DETECTION_REGIONS: [&str; 5] =
    ["us-east-1", "us-east-2", "us-west-2", "ap-south-1", "eu-west-1"];
/// Where face search is offered.
const FACE_SEARCH_REGIONS: [&str; 5] =
    ["us-east-1", "us-west-2", "ap-northeast-1", "eu-central-1", "eu-west-1"];

type Checked<T> = Result<T, ServiceError>;

/// The two kinds of processors, told apart by their settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    LabelDetection,
    FaceSearch,
}

impl Kind {
    /// The kind of a definition that has one.
    pub(crate) fn of(definition: &Object) -> Kind {
        match lookup(definition, "Settings.FaceSearch") {
            Some(_) => Kind::FaceSearch,
            None => Kind::LabelDetection,
        }
    }
}

/// Checks that the definition of a processor fits together, and says which kind it is.
pub(crate) fn definition(definition: &Object) -> Checked<Kind> {
    let given = |path: &str| lookup(definition, path).is_some();
    let (face_search, connected_home) =
        (given("Settings.FaceSearch"), given("Settings.ConnectedHome"));
    demand(
        face_search || connected_home,
        "Settings must specify either FaceSearch or ConnectedHome.",
    )?;
    demand(
        !(face_search && connected_home),
        "Settings must specify only one of FaceSearch and ConnectedHome.",
    )?;
    demand(
        given("Input.KinesisVideoStream.Arn"),
        "Input must specify the Arn of a KinesisVideoStream.",
    )?;
    let kind = Kind::of(definition);
    let (name, other, output, needed) = match kind {
        Kind::FaceSearch => {
            let collection = given("Settings.FaceSearch.CollectionId");
            demand(collection, "FaceSearch must specify a CollectionId.")?;
            let output = given("Output.KinesisDataStream.Arn");
            ("FaceSearch", "S3Destination", output, "Arn of a KinesisDataStream")
        }
        Kind::LabelDetection => {
            let output = given("Output.S3Destination.Bucket");
            ("ConnectedHome", "KinesisDataStream", output, "Bucket of an S3Destination")
        }
    };
    demand(
        !given(&format!("Output.{other}")),
        format_args!("Output of a {name} stream processor must not specify {other}."),
    )?;
    demand(output, format_args!("Output of a {name} stream processor must specify the {needed}."))?;
    demand(
        kind == Kind::LabelDetection || !given("KmsKeyId"),
        "KmsKeyId is not supported for a FaceSearch stream processor.",
    )?;
    regions(lookup(definition, "RegionsOfInterest"))?;
    Ok(kind)
}

/// Checks what only a creation must heed.
pub(crate) fn creation(
    definition: &Object,
    kind: Kind,
    region: &str,
    quirks: &Quirks,
) -> Checked<()> {
    let anywhere = quirks.unsupported_region == quirks::UnsupportedRegion::Accept;
    let (name, regions) = match kind {
        Kind::LabelDetection => ("ConnectedHome", LABEL_DETECTION_REGIONS),
        Kind::FaceSearch => ("FaceSearch", FACE_SEARCH_REGIONS),
    };
    demand(
        anywhere || regions.contains(&region),
        format_args!("{name} stream processors are not supported in {region}."),
    )?;
    let needed = kind == Kind::LabelDetection
        && quirks.notification_channel == quirks::NotificationChannel::Required;
    demand(
        !needed || definition.contains_key("NotificationChannel"),
        "NotificationChannel is required for a ConnectedHome stream processor.",
    )
}

/// Checks that each region is a box or a polygon of 3 to 10 points.
pub(crate) fn regions(regions: Option<&Value>) -> Checked<()> {
    for (region, number) in regions.and_then(Value::as_array).into_iter().flatten().zip(1..) {
        let at = format!("RegionsOfInterest.{number}");
        let (corner, polygon) = (region.get("BoundingBox"), region.get("Polygon"));
        demand(
            corner.is_some() || polygon.is_some(),
            format_args!("{at} must specify a BoundingBox or a Polygon."),
        )?;
        demand(
            corner.is_none() || polygon.is_none(),
            format_args!("{at} must specify only one of BoundingBox and Polygon."),
        )?;
        for side in ["Left", "Top", "Width", "Height"] {
            demand(
                corner.is_none_or(|corner| corner.get(side).is_some()),
                format_args!("{at}: BoundingBox must specify {side}."),
            )?;
        }
        let Some(points) = polygon.and_then(Value::as_array) else { continue };
        demand(
            (3..=10).contains(&points.len()),
            format_args!("{at}: Polygon must have 3 to 10 points, but has {}.", points.len()),
        )?;
        demand(
            points.iter().all(|point| point.get("X").is_some() && point.get("Y").is_some()),
            format_args!("{at}: each point of a Polygon must specify X and Y."),
        )?;
    }
    Ok(())
}

/// No regions and an empty list of them are the same thing; only the first is kept.
pub(crate) fn drop_empty_regions(definition: &mut Object) {
    if definition.get("RegionsOfInterest").and_then(Value::as_array).is_some_and(Vec::is_empty) {
        definition.remove("RegionsOfInterest");
    }
}

/// Checks the selectors of StartStreamProcessor, and gives the seconds that a label detection session may last.
pub(crate) fn session_seconds(kind: Kind, input: &Object) -> Checked<Option<u64>> {
    if kind == Kind::FaceSearch {
        for selector in ["StartSelector", "StopSelector"] {
            demand(
                !input.contains_key(selector),
                format_args!("{selector} is not supported for a FaceSearch stream processor."),
            )?;
        }
        return Ok(None);
    }
    let start = lookup(input, "StartSelector.KVSStreamStartSelector");
    let chosen = |start: &Value| {
        start.get("ProducerTimestamp").is_some() || start.get("FragmentNumber").is_some()
    };
    demand(
        start.is_some_and(chosen),
        "StartSelector is required for a ConnectedHome stream processor: a ProducerTimestamp or a FragmentNumber.",
    )?;
    let seconds = lookup(input, "StopSelector.MaxDurationInSeconds").and_then(Value::as_u64);
    demand(
        seconds.is_some(),
        "StopSelector with MaxDurationInSeconds is required for a ConnectedHome stream processor.",
    )?;
    Ok(seconds)
}

/// The value at a path of member names.
pub(crate) fn lookup<'a>(object: &'a Object, path: &str) -> Option<&'a Value> {
    let mut names = path.split('.');
    let first = object.get(names.next()?)?;
    names.try_fold(first, |value, name| value.get(name))
}

/// An InvalidParameterException with this message, unless the demand is met.
pub(crate) fn demand(met: bool, message: impl Display) -> Checked<()> {
    if met { Ok(()) } else { Err(ServiceError::invalid(message.to_string())) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn label_detection() -> Value {
        json!({
            "Input": {"KinesisVideoStream": {"Arn": "video"}},
            "Output": {"S3Destination": {"Bucket": "results"}},
            "Settings": {"ConnectedHome": {"Labels": ["PERSON"]}},
            "KmsKeyId": "alias/doorbells",
        })
    }

    fn face_search() -> Value {
        json!({
            "Input": {"KinesisVideoStream": {"Arn": "video"}},
            "Output": {"KinesisDataStream": {"Arn": "data"}},
            "Settings": {"FaceSearch": {"CollectionId": "staff"}},
        })
    }

    fn check(mut base: Value, member: &str, value: Value) -> Checked<Kind> {
        base[member] = value;
        definition(base.as_object().unwrap())
    }

    #[test]
    fn the_output_fits_the_kind() {
        let (bucket, stream) = (
            json!({"S3Destination": {"Bucket": "b"}}),
            json!({"KinesisDataStream": {"Arn": "data"}}),
        );
        let both = json!({"S3Destination": {"Bucket": "b"}, "KinesisDataStream": {"Arn": "data"}});
        assert_eq!(check(label_detection(), "Output", bucket.clone()), Ok(Kind::LabelDetection));
        assert_eq!(check(face_search(), "Output", stream.clone()), Ok(Kind::FaceSearch));
        for (base, output) in [
            (label_detection(), stream),
            (face_search(), bucket),
            (label_detection(), both.clone()),
            (face_search(), both),
            (label_detection(), json!({})),
            (label_detection(), json!({"S3Destination": {"KeyPrefix": "x"}})),
            (face_search(), json!({"KinesisDataStream": {}})),
        ] {
            assert!(check(base, "Output", output.clone()).is_err(), "{output}");
        }
    }

    #[test]
    fn a_processor_has_one_kind_and_what_it_needs() {
        let settings = |settings: Value| check(face_search(), "Settings", settings);
        assert!(settings(json!({})).is_err());
        assert!(settings(json!({"FaceSearch": {}})).is_err());
        assert!(
            settings(
                json!({"FaceSearch": {"CollectionId": "a"}, "ConnectedHome": {"Labels": ["PET"]}})
            )
            .is_err()
        );
        assert!(check(face_search(), "KmsKeyId", json!("alias/a")).is_err());
        assert!(check(label_detection(), "Input", json!({"KinesisVideoStream": {}})).is_err());
    }

    #[test]
    fn a_region_is_a_box_or_a_polygon() {
        let one = |region: Value| regions(Some(&json!([region])));
        let frame = json!({"Left": 0.0, "Top": 0.0, "Width": 1.0, "Height": 1.0});
        let polygon = |points: usize| json!({"Polygon": vec![json!({"X": 0.0, "Y": 0.0}); points]});
        assert_eq!(one(json!({ "BoundingBox": frame })), Ok(()));
        assert_eq!((one(polygon(3)), one(polygon(10))), (Ok(()), Ok(())));
        for bad in [
            json!({}),
            json!({"BoundingBox": frame, "Polygon": polygon(3)["Polygon"]}),
            polygon(2),
            polygon(11),
            json!({"BoundingBox": {"Left": 0.0}}),
            json!({"Polygon": [{"X": 0.0}, {"X": 0.0, "Y": 1.0}, {"X": 1.0, "Y": 1.0}]}),
        ] {
            assert!(one(bad.clone()).is_err(), "{bad}");
        }
        assert_eq!(regions(None), Ok(()));
    }

    #[test]
    fn selectors_belong_to_label_detection() {
        let full = json!({
            "StartSelector": {"KVSStreamStartSelector": {"FragmentNumber": "1"}},
            "StopSelector": {"MaxDurationInSeconds": 30},
        });
        let seconds = |kind, input: &Value| session_seconds(kind, input.as_object().unwrap());
        assert_eq!(seconds(Kind::LabelDetection, &full), Ok(Some(30)));
        assert!(seconds(Kind::FaceSearch, &full).is_err());
        assert_eq!(seconds(Kind::FaceSearch, &json!({})), Ok(None));
        for missing in ["StartSelector", "StopSelector"] {
            let mut input = full.clone();
            input.as_object_mut().unwrap().remove(missing);
            assert!(seconds(Kind::LabelDetection, &input).is_err(), "{missing}");
        }
    }
}
