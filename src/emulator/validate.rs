//! Reading a request's JSON against the API model: a clean value, or everything that is wrong with it.
//!
//! All constraints are checked in one walk and reported together, phrased and placed as AWS does it. The result holds
//! only what the model knows: unknown members and nulls are gone, as the service ignores them, and every float has
//! been through float32, as it has on the service's side. Rules that relate several members stand in [`super::rules`].

use std::fmt::Display;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::model::{Range, ServiceModel, Shape};

/// A JSON object.
pub(crate) type Object = Map<String, Value>;

/// One constraint that one value breaks.
#[derive(Debug)]
pub(crate) struct Violation {
    /// Where in the request the value stands, as messages name it: `regionsOfInterest.1.member.boundingBox`.
    path: String,
    message: String,
}

impl Violation {
    /// The member of the request in which the value stands.
    pub(crate) fn member(&self) -> &str {
        self.path.split('.').next().unwrap_or_default()
    }
}

/// The message AWS gives for a request with these violations.
pub(crate) fn message(violations: &[Violation]) -> String {
    let plural = if violations.len() == 1 { "error" } else { "errors" };
    let all: Vec<&str> = violations.iter().map(|violation| violation.message.as_str()).collect();
    format!("{} validation {plural} detected: {}", violations.len(), all.join("; "))
}

/// Reads `input` as the structure named `shape`.
pub(crate) fn read(
    service: &ServiceModel,
    shape: &str,
    mut input: Object,
) -> Result<Object, Vec<Violation>> {
    let mut walk = Walk { service, path: String::new(), violations: Vec::new() };
    if let Shape::Structure { required, members } = service.shape(shape) {
        walk.structure(required, members, &mut input);
    }
    if walk.violations.is_empty() { Ok(input) } else { Err(walk.violations) }
}

struct Walk<'a> {
    service: &'a ServiceModel,
    path: String,
    violations: Vec<Violation>,
}

type Members = std::collections::BTreeMap<String, String>;

impl Walk<'_> {
    /// Checks a structure and leaves in it what the model knows.
    fn structure(&mut self, required: &[String], members: &Members, input: &mut Object) {
        input.retain(|name, value| !value.is_null() && members.contains_key(name));
        for name in required.iter().filter(|name| !input.contains_key(*name)) {
            self.within(&lower_first(name), |walk| {
                walk.broken(&Value::Null, "Member must not be null");
            });
        }
        for (name, value) in input {
            self.within(&lower_first(name), |walk| walk.value(&members[name], value));
        }
    }

    /// Goes a step down.
    fn within(&mut self, step: &str, walk: impl FnOnce(&mut Self)) {
        let above = self.path.len();
        self.path.push_str(if above == 0 { "" } else { "." });
        self.path.push_str(step);
        walk(self);
        self.path.truncate(above);
    }

    /// Checks a value and makes of it what the service makes of it.
    fn value(&mut self, shape: &str, value: &mut Value) {
        let service = self.service;
        match (service.shape(shape), value) {
            (Shape::Structure { required, members }, Value::Object(input)) => {
                self.structure(required, members, input);
            }
            (Shape::List { length, member }, value @ Value::Array(_)) => {
                self.length(length, value.as_array().map_or(0, Vec::len), value);
                for (index, item) in value.as_array_mut().into_iter().flatten().enumerate() {
                    let place = format!("{}.member", index + 1);
                    self.within(&place, |walk| walk.item(member, item));
                }
            }
            (Shape::Map { length, key, value: member }, value @ Value::Object(_)) => {
                self.length(length, value.as_object().map_or(0, Object::len), value);
                for (name, entry) in value.as_object_mut().into_iter().flatten() {
                    let mut text = json!(name);
                    self.within(&format!("{name}.key"), |walk| walk.value(key, &mut text));
                    self.within(&format!("{name}.member"), |walk| walk.item(member, entry));
                }
            }
            (Shape::String { length, pattern, values }, value @ Value::String(_)) => {
                let text = value.as_str().unwrap_or_default();
                self.length(length, text.chars().count(), value);
                if let Some(pattern) = pattern.as_ref().filter(|pattern| !pattern.matches(text)) {
                    let demand = "Member must satisfy regular expression pattern";
                    self.broken(value, &format!("{demand}: {}", pattern.source()));
                }
                if !values.is_empty() && !values.iter().any(|known| known == text) {
                    let known = values.join(", ");
                    self.broken(value, &format!("Member must satisfy enum value set: [{known}]"));
                }
            }
            (Shape::Integer(range), value @ Value::Number(_)) => {
                let whole = as_whole(value).filter(|whole| i32::try_from(*whole).is_ok());
                self.number(value, whole, range, "a whole number within its type's range");
            }
            (Shape::Long(range), value @ Value::Number(_)) => {
                let whole = as_whole(value);
                self.number(value, whole, range, "a whole number within its type's range");
            }
            (Shape::Float(range), value @ Value::Number(_)) => {
                let single = value.as_f64().map(|double| double as f32);
                let finite = single.filter(|single| single.is_finite());
                self.number(value, finite, range, "a single-precision floating point number");
            }
            (Shape::Boolean, Value::Bool(_)) | (Shape::Timestamp, Value::Number(_)) => {}
            (shape, value) => self.broken(value, &format!("Member must be {}", kind(shape))),
        }
    }

    /// An item of a list or a value of a map, where null is a violation rather than an absence.
    fn item(&mut self, shape: &str, value: &mut Value) {
        if value.is_null() {
            self.broken(value, "Member must not be null");
        } else {
            self.value(shape, value);
        }
    }

    fn length(&mut self, range: &Range<usize>, length: usize, value: &Value) {
        self.range("length", range, length, value);
    }

    /// Checks a number and makes of it what its type makes of it.
    fn number<T>(&mut self, value: &mut Value, read: Option<T>, range: &Range<T>, demand: &str)
    where
        T: Copy + PartialOrd + Display + Serialize,
    {
        let Some(read) = read else {
            return self.broken(value, &format!("Member must be {demand}"));
        };
        self.range("value", range, read, value);
        *value = json!(read);
    }

    fn range<T>(&mut self, what: &str, range: &Range<T>, given: T, value: &Value)
    where
        T: PartialOrd + Display,
    {
        if let Some(min) = range.min.as_ref().filter(|min| given < **min) {
            self.broken(value, &format!("Member must have {what} greater than or equal to {min}"));
        }
        if let Some(max) = range.max.as_ref().filter(|max| given > **max) {
            self.broken(value, &format!("Member must have {what} less than or equal to {max}"));
        }
    }

    fn broken(&mut self, value: &Value, constraint: &str) {
        let path = self.path.clone();
        let value = match value {
            Value::Null => "null".to_owned(),
            Value::String(text) => format!("'{text}'"),
            other => format!("'{other}'"),
        };
        let message =
            format!("Value {value} at '{path}' failed to satisfy constraint: {constraint}");
        self.violations.push(Violation { path, message });
    }
}

/// The number as an integer, also when a client wrote `5.0`.
fn as_whole(number: &Value) -> Option<i64> {
    // 2^63 is exactly representable, so the comparison below is exact and the conversion loses nothing.
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    number.as_i64().or_else(|| {
        let double = number.as_f64()?;
        (double.fract() == 0.0 && (-LIMIT..LIMIT).contains(&double)).then_some(double as i64)
    })
}

fn kind(shape: &Shape) -> &'static str {
    match shape {
        Shape::Structure { .. } => "a structure",
        Shape::List { .. } => "a list",
        Shape::Map { .. } => "a map",
        Shape::String { .. } => "a string",
        Shape::Integer(_) | Shape::Long(_) => "a whole number",
        Shape::Float(_) => "a number",
        Shape::Boolean => "a boolean",
        Shape::Timestamp => "a timestamp in epoch seconds",
    }
}

/// AWS names members in messages and in CloudTrail with a small first letter, whatever the wire calls them.
pub(crate) fn lower_first(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_ascii_lowercase().to_string() + characters.as_str()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(operation: &str, input: Value) -> Result<Object, Vec<Violation>> {
        let service = ServiceModel::named("rekognition");
        read(service, service.input_of(operation).unwrap(), input.as_object().unwrap().clone())
    }

    fn complaint(operation: &str, input: Value) -> String {
        message(&check(operation, input).unwrap_err())
    }

    #[test]
    fn phrases_a_violation_as_aws_does() {
        assert_eq!(
            complaint("DescribeStreamProcessor", json!({"Name": "front door!"})),
            "1 validation error detected: Value 'front door!' at 'name' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: [a-zA-Z0-9_.\\-]+"
        );
        assert_eq!(
            complaint("DescribeStreamProcessor", json!({})),
            "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null"
        );
    }

    #[test]
    fn reports_everything_at_once_with_its_place() {
        let all = complaint(
            "UpdateStreamProcessor",
            json!({
                "Name": "",
                "SettingsForUpdate": {"ConnectedHomeForUpdate": {"Labels": [], "MinConfidence": 101}},
                "ParametersToDelete": ["RegionsOfInterest", "Name"],
                "DataSharingPreferenceForUpdate": {},
                "RegionsOfInterestForUpdate": [{"Polygon": [{"X": "left"}]}]
            }),
        );
        assert!(all.starts_with("7 validation errors detected: "), "{all}");
        for part in [
            "at 'name' failed to satisfy constraint: Member must have length greater than or equal to 1",
            "at 'settingsForUpdate.connectedHomeForUpdate.labels' failed",
            "Value '101' at 'settingsForUpdate.connectedHomeForUpdate.minConfidence' failed to satisfy constraint: \
             Member must have value less than or equal to 100",
            "Value 'Name' at 'parametersToDelete.2.member' failed to satisfy constraint: Member must satisfy enum value \
             set: [ConnectedHomeMinConfidence, RegionsOfInterest]",
            "Value null at 'dataSharingPreferenceForUpdate.optIn'",
            "Value 'left' at 'regionsOfInterestForUpdate.1.member.polygon.1.member.x' failed to satisfy constraint: \
             Member must be a number",
        ] {
            assert!(all.contains(part), "{part}\n{all}");
        }
    }

    #[test]
    fn unknown_members_and_nulls_are_no_members() {
        let clean =
            check("DescribeStreamProcessor", json!({"Name": "a", "Colour": "red", "Tags": null}))
                .unwrap();
        assert_eq!(Value::Object(clean), json!({"Name": "a"}));
    }

    #[test]
    fn floats_are_float32() {
        let update = |confidence: Value| json!({"Name": "a", "SettingsForUpdate": {"ConnectedHomeForUpdate": {"MinConfidence": confidence}}});
        let clean = check("UpdateStreamProcessor", update(json!(80.1))).unwrap();
        assert_eq!(
            clean["SettingsForUpdate"]["ConnectedHomeForUpdate"]["MinConfidence"],
            json!(80.0999984741211)
        );
        for bad in
            [json!("NaN"), json!("Infinity"), json!("80"), json!(1e39), json!(-0.1), json!(true)]
        {
            assert!(check("UpdateStreamProcessor", update(bad.clone())).is_err(), "{bad}");
        }
    }

    #[test]
    fn whole_numbers_are_whole_and_in_range() {
        let list = |max: Value| check("ListStreamProcessors", json!({ "MaxResults": max }));
        assert_eq!(list(json!(5.0)).unwrap()["MaxResults"], json!(5));
        for bad in [json!(0), json!(1.5), json!(3_000_000_000_u32), json!(1e300), json!("5")] {
            assert!(list(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn keys_of_maps_are_checked_too() {
        let tags = |tags: Value| {
            let arn = "arn:aws:rekognition:us-east-1:111122223333:streamprocessor/a";
            check("TagResource", json!({"ResourceArn": arn, "Tags": tags}))
        };
        assert!(tags(json!({"a": "b", "": null})).is_err());
        assert!(message(&tags(json!({"aws:x": "b"})).unwrap_err()).contains("'tags.aws:x.key'"));
        assert!(message(&tags(json!({"x": "a#b"})).unwrap_err()).contains("'tags.x.member'"));
        assert!(tags(json!({"x": ""})).is_ok());
    }

    proptest! {
        /// Whatever arrives, reading ends, and what it lets through passes a second time unchanged.
        #[test]
        fn what_is_accepted_is_accepted_again(name in ".{0,140}", confidence in any::<f64>(), labels in proptest::collection::vec(".{0,8}", 0..4)) {
            let input = json!({"Name": name, "SettingsForUpdate": {"ConnectedHomeForUpdate": {"Labels": labels, "MinConfidence": confidence}}});
            match check("UpdateStreamProcessor", input) {
                Ok(clean) => {
                    prop_assert!((0.0..=100.0).contains(&(confidence as f32)));
                    prop_assert!(!labels.is_empty());
                    prop_assert!((1..=128).contains(&name.len()));
                    prop_assert_eq!(check("UpdateStreamProcessor", Value::Object(clean.clone())).unwrap(), clean);
                }
                Err(violations) => prop_assert!(!violations.is_empty()),
            }
        }
    }
}
