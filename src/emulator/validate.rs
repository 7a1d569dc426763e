//! Reading a request's JSON against the API model: a clean value, or everything that is wrong with it.
//!
//! All constraints are checked in one walk and reported together, phrased and placed as AWS does it. The result holds
//! only what the model knows: unknown members and nulls are gone, as the service ignores them, and every float has
//! been through float32, as it has on the service's side. Rules that relate several members stand in [`super::rules`].

use std::fmt::{self, Display};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::model::{Range, ServiceModel, Shape};

/// A JSON object.
pub(crate) type Object = Map<String, Value>;

/// The most violations that a message lists; the others are counted.
const MAX_LISTED: usize = 20;
/// The most bytes of a value or a step of a path that a message repeats.
const MAX_ECHO: usize = 200;

/// The constraints that a request breaks.
#[derive(Debug, Default)]
pub(crate) struct Violations {
    /// The first of them, in words.
    listed: Vec<String>,
    count: usize,
    /// The member of the request in which the first one is.
    member: String,
}

impl Violations {
    /// The member of the request in which the first value stands that breaks one.
    pub(crate) fn member(&self) -> &str {
        &self.member
    }
}

impl Display for Violations {
    /// The message AWS gives for a request with these violations.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Violations { listed, count, .. } = self;
        let plural = if *count == 1 { "error" } else { "errors" };
        write!(f, "{count} validation {plural} detected: {}", listed.join("; "))?;
        match count - listed.len() {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

/// Reads `input` as the structure named `shape`.
pub(crate) fn read(
    service: &ServiceModel,
    shape: &str,
    mut input: Object,
) -> Result<Object, Violations> {
    let mut walk = Walk { service, violations: Violations::default() };
    if let Shape::Structure { required, members } = service.shape(shape) {
        walk.structure(required, members, &mut input, None);
    }
    if walk.violations.count == 0 { Ok(input) } else { Err(walk.violations) }
}

struct Walk<'a> {
    service: &'a ServiceModel,
    violations: Violations,
}

type Members = std::collections::BTreeMap<String, String>;

/// Where in the request a value stands: the last step, and those before.
#[derive(Clone, Copy)]
struct Path<'a> {
    above: Option<&'a Path<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Member(&'a str),
    /// An item of a list, from 1.
    Item(usize),
    Key(&'a str),
    /// The value under a key.
    Value(&'a str),
}

impl Display for Path<'_> {
    /// As messages name it: `regionsOfInterest.1.member.boundingBox`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(above) = self.above {
            write!(f, "{above}.")?;
        }
        match self.step {
            Step::Member(name) => f.write_str(&lower_first(name)),
            Step::Item(number) => write!(f, "{number}.member"),
            Step::Key(name) => write!(f, "{}.key", cut(name, MAX_ECHO)),
            Step::Value(name) => write!(f, "{}.member", cut(name, MAX_ECHO)),
        }
    }
}

impl Path<'_> {
    fn member(&self) -> String {
        match (self.above, self.step) {
            (Some(above), _) => above.member(),
            (None, Step::Member(name)) => lower_first(name),
            (None, _) => String::new(),
        }
    }
}

impl Walk<'_> {
    /// Checks a structure and leaves in it what the model knows.
    fn structure(
        &mut self,
        required: &[String],
        members: &Members,
        input: &mut Object,
        above: Option<&Path<'_>>,
    ) {
        input.retain(|name, value| !value.is_null() && members.contains_key(name));
        for name in required.iter().filter(|name| !input.contains_key(*name)) {
            let path = Path { above, step: Step::Member(name) };
            self.broken(&path, &Value::Null, "Member must not be null");
        }
        for (name, value) in input {
            self.value(&members[name], value, &Path { above, step: Step::Member(name) });
        }
    }

    /// Checks a value and makes of it what the service makes of it.
    fn value(&mut self, shape: &str, value: &mut Value, path: &Path<'_>) {
        let service = self.service;
        let above = Some(path);
        match (service.shape(shape), value) {
            (Shape::Structure { required, members }, Value::Object(input)) => {
                self.structure(required, members, input, above);
            }
            (Shape::List { length, member }, value @ Value::Array(_)) => {
                self.length(path, length, value.as_array().map_or(0, Vec::len), value);
                for (item, number) in value.as_array_mut().into_iter().flatten().zip(1..) {
                    self.item(member, item, &Path { above, step: Step::Item(number) });
                }
            }
            (Shape::Map { length, key, value: member }, value @ Value::Object(_)) => {
                self.length(path, length, value.as_object().map_or(0, Object::len), value);
                for (name, entry) in value.as_object_mut().into_iter().flatten() {
                    self.value(key, &mut json!(name), &Path { above, step: Step::Key(name) });
                    self.item(member, entry, &Path { above, step: Step::Value(name) });
                }
            }
            (Shape::String { length, pattern, values }, value @ Value::String(_)) => {
                let text = value.as_str().unwrap_or_default();
                let characters = text.chars().count();
                self.length(path, length, characters, value);
                // A text that is too long already may take a pattern longer than it is worth.
                let short = length.max.is_none_or(|max| characters <= max);
                let pattern = pattern.as_ref().filter(|_| short);
                if let Some(pattern) = pattern.filter(|pattern| !pattern.matches(text)) {
                    let demand = "Member must satisfy regular expression pattern";
                    self.broken(path, value, format_args!("{demand}: {}", pattern.source()));
                }
                if !values.is_empty() && !values.iter().any(|known| known == text) {
                    let known = values.join(", ");
                    let demand = "Member must satisfy enum value set";
                    self.broken(path, value, format_args!("{demand}: [{known}]"));
                }
            }
            (Shape::Integer(range), value @ Value::Number(_)) => {
                let whole = as_whole(value).filter(|whole| i32::try_from(*whole).is_ok());
                self.number(path, value, whole, range, "a whole number within its type's range");
            }
            (Shape::Long(range), value @ Value::Number(_)) => {
                let whole = as_whole(value);
                self.number(path, value, whole, range, "a whole number within its type's range");
            }
            (Shape::Float(range), value @ Value::Number(_)) => {
                let single = value.as_f64().map(|double| double as f32);
                let finite = single.filter(|single| single.is_finite());
                self.number(path, value, finite, range, "a single-precision floating point number");
            }
            (Shape::Boolean, Value::Bool(_)) | (Shape::Timestamp, Value::Number(_)) => {}
            (shape, value) => {
                self.broken(path, value, format_args!("Member must be {}", kind(shape)));
            }
        }
    }

    /// An item of a list or a value of a map, where null is a violation rather than an absence.
    fn item(&mut self, shape: &str, value: &mut Value, path: &Path<'_>) {
        if value.is_null() {
            self.broken(path, value, "Member must not be null");
        } else {
            self.value(shape, value, path);
        }
    }

    fn length(&mut self, path: &Path<'_>, range: &Range<usize>, length: usize, value: &Value) {
        self.range(path, "length", range, length, value);
    }

    /// Checks a number and makes of it what its type makes of it.
    fn number<T>(
        &mut self,
        path: &Path<'_>,
        value: &mut Value,
        read: Option<T>,
        range: &Range<T>,
        demand: &str,
    ) where
        T: Copy + PartialOrd + Display + Serialize,
    {
        let Some(read) = read else {
            return self.broken(path, value, format_args!("Member must be {demand}"));
        };
        self.range(path, "value", range, read, value);
        *value = json!(read);
    }

    fn range<T>(&mut self, path: &Path<'_>, what: &str, range: &Range<T>, given: T, value: &Value)
    where
        T: PartialOrd + Display,
    {
        let demand = "Member must have";
        if let Some(min) = range.min.as_ref().filter(|min| given < **min) {
            self.broken(
                path,
                value,
                format_args!("{demand} {what} greater than or equal to {min}"),
            );
        }
        if let Some(max) = range.max.as_ref().filter(|max| given > **max) {
            self.broken(path, value, format_args!("{demand} {what} less than or equal to {max}"));
        }
    }

    fn broken(&mut self, path: &Path<'_>, value: &Value, constraint: impl Display) {
        let violations = &mut self.violations;
        if violations.count == 0 {
            violations.member = path.member();
        }
        violations.count += 1;
        if violations.listed.len() == MAX_LISTED {
            return;
        }
        let value = match value {
            Value::Null => "null".to_owned(),
            Value::String(text) => format!("'{}'", shortened(text)),
            other => format!("'{}'", shortened(&other.to_string())),
        };
        violations
            .listed
            .push(format!("Value {value} at '{path}' failed to satisfy constraint: {constraint}"));
    }
}

/// The beginning of a text, no longer than so many bytes.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// A text that a message may repeat, with a sign where it was cut.
fn shortened(text: &str) -> String {
    let end = if text.len() > MAX_ECHO { "..." } else { "" };
    format!("{}{end}", cut(text, MAX_ECHO))
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

    fn check(operation: &str, input: Value) -> Result<Object, Violations> {
        let service = ServiceModel::named("rekognition");
        read(service, service.input_of(operation).unwrap(), input.as_object().unwrap().clone())
    }

    fn complaint(operation: &str, input: Value) -> String {
        check(operation, input).unwrap_err().to_string()
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
    fn a_message_is_short_whatever_it_is_about() {
        let long = "ä".repeat(500_000);
        let huge = [
            json!({"Name": long}),
            json!({"Name": [long.clone()]}),
            json!({"Name": "a", "ParametersToDelete": vec![long.clone(); 3]}),
            json!({"Name": "a", "ParametersToDelete": vec!["x"; 200_000]}),
            json!({"Name": "a", "RegionsOfInterestForUpdate": vec![json!({"Polygon": [7, 8]}); 50_000]}),
        ];
        for input in huge {
            let message = complaint("UpdateStreamProcessor", input);
            assert!(message.len() < 10_000, "{} bytes: {}", message.len(), cut(&message, 500));
        }
        let arn = "arn:aws:rekognition:us-east-1:111122223333:streamprocessor/a";
        let tags: Object =
            (0..5000).map(|key| (format!("{key}{}", "#".repeat(1000)), json!(7))).collect();
        let message = complaint("TagResource", json!({"ResourceArn": arn, "Tags": tags}));
        assert!(message.len() < 20_000, "{}", message.len());
        assert!(
            message.starts_with("10001 validation errors detected: "),
            "{}",
            cut(&message, 100)
        );
        assert!(message.ends_with("; and 9981 more"));
        let long = complaint("DescribeStreamProcessor", json!({"Name": "n".repeat(201)}));
        assert!(long.contains(&format!("Value '{}...' at 'name'", "n".repeat(200))), "{long}");
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
        assert!(tags(json!({"aws:x": "b"})).unwrap_err().to_string().contains("'tags.aws:x.key'"));
        assert!(tags(json!({"x": "a#b"})).unwrap_err().to_string().contains("'tags.x.member'"));
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
                Err(violations) => prop_assert!(violations.count > 0),
            }
        }
    }
}
