//! What a processor looks like from outside: the answer of DescribeStreamProcessor.

use serde_json::{Value, json};

use super::options::Options;
use super::quirks::{Floats, KmsKey, LabelOrder, NoRegions, PolygonStart, Quirks, RegionOrder};
use super::random;
use super::rules::Kind;
use super::state::{Digits, Processor, State};
use super::validate::Object;

/// The text of the processor as the service shows it, which the quirks have a say in.
pub(crate) fn shown(state: &State, name: &str, processor: &Processor, options: &Options) -> String {
    let quirks = &options.quirks;
    let digits = match quirks.floats {
        Floats::Widened => Digits::Widened,
        Floats::Shortest => Digits::Shortest,
    };
    let text = processor.described(name, &state.arn(name), digits);
    let as_it_is = Quirks { floats: quirks.floats, ..Quirks::default() };
    // Most of the time nothing of this is in question, and most of what is asked is this.
    if *quirks == as_it_is {
        return text;
    }
    // The text was made by the lines above.
    let mut output: Object = serde_json::from_str(&text).unwrap_or_default();
    if quirks.label_order == LabelOrder::Shuffled
        && let Some(Value::Array(labels)) = output
            .get_mut("Settings")
            .and_then(|settings| settings.pointer_mut("/ConnectedHome/Labels"))
    {
        shuffle(labels, name);
    }
    match output.get_mut("RegionsOfInterest") {
        Some(Value::Array(regions)) => {
            if quirks.polygon_start == PolygonStart::Rotated {
                regions
                    .iter_mut()
                    .filter_map(|region| region.get_mut("Polygon")?.as_array_mut())
                    .for_each(|points| rotate(points));
            }
            if quirks.region_order == RegionOrder::Shuffled {
                shuffle(regions, name);
            }
        }
        _ => {
            if quirks.no_regions == NoRegions::Empty && processor.kind() == Kind::LabelDetection {
                output.insert("RegionsOfInterest".to_owned(), json!([]));
            }
        }
    }
    if let Some(Value::String(key)) = output.get_mut("KmsKeyId") {
        *key = kms_key(state, key, quirks.kms_key);
    }
    Value::Object(output).to_string()
}

/// Puts the items into another order, always the same for the same items of the same processor.
fn shuffle(items: &mut [Value], name: &str) {
    let before = items.to_vec();
    items.sort_by_cached_key(|item| {
        random::mix(&[random::hash(name), random::hash(&item.to_string())])
    });
    if *items == before[..] && items.len() > 1 {
        items.rotate_left(1);
    }
}

/// The same outline from another point in the other direction.
fn rotate(points: &mut [Value]) {
    points.reverse();
    points.rotate_left(1);
}

/// A key or alias as the quirk echoes it.
fn kms_key(state: &State, sent: &str, quirk: KmsKey) -> String {
    let arn = |resource: &str| {
        format!("arn:aws:kms:{}:{}:{resource}", state.region(), state.account_id())
    };
    let alias =
        sent.split_once(":alias/").map(|(_, alias)| alias).or_else(|| sent.strip_prefix("alias/"));
    match (quirk, alias) {
        (KmsKey::AsSent, _) => sent.to_owned(),
        (KmsKey::KeyArn, Some(alias)) => arn(&format!("key/{}", random::uuid(random::hash(alias)))),
        (KmsKey::Arn | KmsKey::KeyArn, _) if sent.starts_with("arn:") => sent.to_owned(),
        (KmsKey::Arn, Some(alias)) => arn(&format!("alias/{alias}")),
        (KmsKey::Arn | KmsKey::KeyArn, None) => arn(&format!("key/{sent}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::clock::Time;
    use crate::emulator::model::ServiceModel;
    use crate::emulator::state::Tags;
    use crate::emulator::validate;

    fn show(quirk: &str) -> Object {
        let state = State::new("111122223333", "us-east-1");
        let definition = json!({
            "KmsKeyId": "alias/doorbells",
            "Settings": {"ConnectedHome": {"Labels": ["PERSON", "PET", "PACKAGE"], "MinConfidence": f64::from(80.1_f32)}},
            "RegionsOfInterest": [
                {"Polygon": [{"X": 0.0, "Y": 0.0}, {"X": 1.0, "Y": 0.0}, {"X": 0.5, "Y": 1.0}]},
                {"BoundingBox": {"Left": f64::from(0.7_f32), "Top": 0.0, "Width": 0.25, "Height": 1.0}},
            ],
        });
        let processor =
            Processor::new(definition.as_object().unwrap().clone(), Tags::new(), Time::default());
        let mut options = Options::default();
        if !quirk.is_empty() {
            options.quirks.apply(quirk).unwrap();
        }
        let shown: Object =
            serde_json::from_str(&shown(&state, "front-door", &processor, &options)).unwrap();
        let model = ServiceModel::named("rekognition");
        let read = validate::read(
            model,
            model.output_of("DescribeStreamProcessor").unwrap(),
            shown.clone(),
        );
        assert!(read.is_ok(), "{quirk}: {read:?}");
        shown
    }

    #[test]
    fn floats_come_back_in_two_ways() {
        assert_eq!(
            show("")["Settings"]["ConnectedHome"]["MinConfidence"].to_string(),
            "80.0999984741211"
        );
        assert_eq!(show("")["RegionsOfInterest"][1]["BoundingBox"]["Height"].to_string(), "1.0");
        assert_eq!(
            show("floats=shortest")["Settings"]["ConnectedHome"]["MinConfidence"].to_string(),
            "80.1"
        );
    }

    #[test]
    fn keys_come_back_in_three_ways() {
        let show = |quirk| show(quirk)["KmsKeyId"].as_str().unwrap().to_owned();
        assert_eq!(show(""), "alias/doorbells");
        assert_eq!(show("kms-key=arn"), "arn:aws:kms:us-east-1:111122223333:alias/doorbells");
        assert!(show("kms-key=key-arn").starts_with("arn:aws:kms:us-east-1:111122223333:key/"));
        let state = State::new("111122223333", "us-east-1");
        assert_eq!(
            kms_key(&state, "abc", KmsKey::Arn),
            "arn:aws:kms:us-east-1:111122223333:key/abc"
        );
        assert_eq!(
            kms_key(&state, "arn:aws:kms:r:a:key/abc", KmsKey::KeyArn),
            "arn:aws:kms:r:a:key/abc"
        );
    }

    #[test]
    fn order_is_kept_or_not() {
        let (kept, labels) = (show(""), show("label-order=shuffled"));
        let items = |shown: &Object| {
            let mut items: Vec<String> = shown["Settings"]["ConnectedHome"]["Labels"]
                .as_array()
                .unwrap()
                .iter()
                .map(Value::to_string)
                .collect();
            items.sort();
            items
        };
        assert_ne!(kept["Settings"], labels["Settings"]);
        assert_eq!(items(&kept), items(&labels));
        assert_eq!(show("label-order=shuffled"), labels);
        let regions = show("region-order=shuffled");
        assert_eq!(regions["RegionsOfInterest"][0], kept["RegionsOfInterest"][1]);
        let polygon = show("polygon-start=rotated")["RegionsOfInterest"][0]["Polygon"].clone();
        assert_eq!(polygon[0], kept["RegionsOfInterest"][0]["Polygon"][1]);
        assert_eq!(polygon[1], kept["RegionsOfInterest"][0]["Polygon"][0]);
    }
}
