//! What the service demands beyond the API model, as its documentation states it.
//!
//! Each rule is about a request alone; what depends on other processors or on a status stands with the operation.

use serde_json::Value;

use super::error::ServiceError;
use super::quirks::{self, Quirks};
use super::validate::Object;

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
    let settings = (given("Settings.FaceSearch"), given("Settings.ConnectedHome"));
    let kind = Kind::of(definition);
    let mut demands = vec![
        (settings != (false, false), "Settings must specify either FaceSearch or ConnectedHome."),
        (
            settings != (true, true),
            "Settings must specify only one of FaceSearch and ConnectedHome.",
        ),
        (
            given("Input.KinesisVideoStream.Arn"),
            "Input must specify the Arn of a KinesisVideoStream.",
        ),
    ];
    demands.extend(match kind {
        Kind::FaceSearch => vec![
            (given("Settings.FaceSearch.CollectionId"), "FaceSearch must specify a CollectionId."),
            (
                !given("Output.S3Destination"),
                "Output of a FaceSearch stream processor must not specify S3Destination.",
            ),
            (
                given("Output.KinesisDataStream.Arn"),
                "Output of a FaceSearch stream processor must specify the Arn of a KinesisDataStream.",
            ),
            (!given("KmsKeyId"), "KmsKeyId is not supported for a FaceSearch stream processor."),
        ],
        Kind::LabelDetection => vec![
            (
                !given("Output.KinesisDataStream"),
                "Output of a ConnectedHome stream processor must not specify KinesisDataStream.",
            ),
            (
                given("Output.S3Destination.Bucket"),
                "Output of a ConnectedHome stream processor must specify the Bucket of an S3Destination.",
            ),
        ],
    });
    if let Some((_, message)) = demands.iter().find(|(met, _)| !met) {
        return invalid(message);
    }
    regions(lookup(definition, "RegionsOfInterest"))?;
    Ok(kind)
}

/// Checks what only a creation must heed.
pub(crate) fn creation(definition: &Object, kind: Kind, quirks: &Quirks) -> Checked<()> {
    let channel_needed = quirks.notification_channel == quirks::NotificationChannel::Required;
    if channel_needed
        && kind == Kind::LabelDetection
        && !definition.contains_key("NotificationChannel")
    {
        return invalid("NotificationChannel is required for a ConnectedHome stream processor.");
    }
    Ok(())
}

/// Checks that each region is a box or a polygon of 3 to 10 points.
pub(crate) fn regions(regions: Option<&Value>) -> Checked<()> {
    for (region, number) in regions.and_then(Value::as_array).into_iter().flatten().zip(1..) {
        let at = format!("RegionsOfInterest.{number}");
        match (region.get("BoundingBox"), region.get("Polygon")) {
            (Some(corner), None) => {
                if let Some(missing) = ["Left", "Top", "Width", "Height"]
                    .iter()
                    .find(|side| corner.get(side).is_none())
                {
                    return invalid(&format!("{at}: BoundingBox must specify {missing}."));
                }
            }
            (None, Some(polygon)) => {
                let points = polygon.as_array().map_or(&[][..], Vec::as_slice);
                if !(3..=10).contains(&points.len()) {
                    return invalid(&format!(
                        "{at}: Polygon must have 3 to 10 points, but has {}.",
                        points.len()
                    ));
                }
                if points.iter().any(|point| point.get("X").is_none() || point.get("Y").is_none()) {
                    return invalid(&format!(
                        "{at}: each point of a Polygon must specify X and Y."
                    ));
                }
            }
            (None, None) => {
                return invalid(&format!("{at} must specify a BoundingBox or a Polygon."));
            }
            (Some(_), Some(_)) => {
                return invalid(&format!("{at} must specify only one of BoundingBox and Polygon."));
            }
        }
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
    match kind {
        Kind::FaceSearch => {
            for selector in ["StartSelector", "StopSelector"] {
                if input.contains_key(selector) {
                    return invalid(&format!(
                        "{selector} is not supported for a FaceSearch stream processor."
                    ));
                }
            }
            Ok(None)
        }
        Kind::LabelDetection => {
            let start = lookup(input, "StartSelector.KVSStreamStartSelector");
            if !start.is_some_and(|start| {
                start.get("ProducerTimestamp").is_some() || start.get("FragmentNumber").is_some()
            }) {
                return invalid(
                    "StartSelector is required for a ConnectedHome stream processor: a ProducerTimestamp or a FragmentNumber.",
                );
            }
            match lookup(input, "StopSelector.MaxDurationInSeconds").and_then(Value::as_u64) {
                Some(seconds) => Ok(Some(seconds)),
                None => invalid(
                    "StopSelector with MaxDurationInSeconds is required for a ConnectedHome stream processor.",
                ),
            }
        }
    }
}

/// The value at a path of member names.
pub(crate) fn lookup<'a>(object: &'a Object, path: &str) -> Option<&'a Value> {
    let mut names = path.split('.');
    let first = object.get(names.next()?)?;
    names.try_fold(first, |value, name| value.get(name))
}

fn invalid<T>(message: &str) -> Checked<T> {
    Err(ServiceError::invalid(message))
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
