//! The API model: the shapes and constraints of every operation, as AWS publishes them for its clients.
//!
//! The model is data (`api-model.json`), so no constraint is written down a second time in code: [`super::validate`]
//! walks it. What it does not say stands in [`super::rules`].

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::pattern::Pattern;

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    // The file is part of the binary and a test reads all of it, so it cannot be wrong at run time.
    serde_json::from_str(include_str!("api-model.json"))
        .expect("the embedded API model is well-formed")
});

/// The whole model, by service.
#[derive(Debug, Deserialize)]
pub(crate) struct Model {
    services: BTreeMap<String, ServiceModel>,
}

/// One service of the model.
#[derive(Debug, Deserialize)]
pub(crate) struct ServiceModel {
    pub(crate) target_prefix: String,
    operations: BTreeMap<String, OperationModel>,
    shapes: BTreeMap<String, Shape>,
    #[serde(default)]
    errors: BTreeMap<String, ErrorModel>,
}

#[derive(Debug, Deserialize)]
struct OperationModel {
    input: String,
    output: String,
}

#[derive(Debug, Deserialize)]
struct ErrorModel {
    http_status: u16,
}

/// What a value may be.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(crate) enum Shape {
    Structure {
        #[serde(default)]
        required: Vec<String>,
        members: BTreeMap<String, String>,
    },
    List {
        #[serde(flatten)]
        length: Range<usize>,
        member: String,
    },
    Map {
        #[serde(flatten)]
        length: Range<usize>,
        key: String,
        value: String,
    },
    String {
        #[serde(flatten)]
        length: Range<usize>,
        #[serde(default, deserialize_with = "pattern")]
        pattern: Option<Pattern>,
        #[serde(default, rename = "enum")]
        values: Vec<String>,
    },
    Integer(Range<i64>),
    Long(Range<i64>),
    Float(Range<f32>),
    Boolean,
    Timestamp,
}

/// How small and how large something may be.
#[derive(Debug, Deserialize)]
pub(crate) struct Range<T> {
    pub(crate) min: Option<T>,
    pub(crate) max: Option<T>,
}

fn pattern<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Pattern>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(Pattern::new))
}

impl ServiceModel {
    /// The service under its name in the model; the names are fixed in [`super::operation`], and a test tries them all.
    pub(crate) fn named(name: &str) -> &'static ServiceModel {
        &MODEL.services[name]
    }

    /// The name of the shape that an operation's input must have; `None` if there is no such operation.
    pub(crate) fn input_of(&self, operation: &str) -> Option<&str> {
        self.operations.get(operation).map(|operation| operation.input.as_str())
    }

    /// The name of the shape that an operation's output has.
    pub(crate) fn output_of(&self, operation: &str) -> Option<&str> {
        self.operations.get(operation).map(|operation| operation.output.as_str())
    }

    pub(crate) fn shape(&self, name: &str) -> &Shape {
        &self.shapes[name]
    }

    /// The HTTP status of an error; 400, the protocol's default, for one that the model does not list.
    pub(crate) fn status_of(&self, error: &str) -> u16 {
        self.errors.get(error).map_or(400, |error| error.http_status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_leads_to_a_shape_and_every_pattern_compiles() {
        let mut patterns = 0;
        for service in MODEL.services.values() {
            let there = |name: &String| service.shapes.contains_key(name);
            assert!(
                service
                    .operations
                    .values()
                    .all(|operation| there(&operation.input) && there(&operation.output))
            );
            for (name, shape) in &service.shapes {
                let whole = match shape {
                    Shape::Structure { required, members } => {
                        required.iter().all(|member| members.contains_key(member))
                            && members.values().all(there)
                    }
                    Shape::List { member, .. } => there(member),
                    Shape::Map { key, value, .. } => there(key) && there(value),
                    Shape::String { pattern: Some(pattern), .. } => {
                        patterns += 1;
                        pattern.compiles()
                    }
                    _ => true,
                };
                assert!(whole, "{name}");
            }
        }
        assert!(patterns > 15, "the patterns are read at all: {patterns}");
    }

    #[test]
    fn throttling_is_a_server_error_as_the_model_says() {
        let rekognition = ServiceModel::named("rekognition");
        assert_eq!(rekognition.status_of("ThrottlingException"), 500);
        assert_eq!(rekognition.status_of("InternalServerError"), 500);
        assert_eq!(rekognition.status_of("ResourceInUseException"), 400);
        assert_eq!(rekognition.status_of("SomethingElse"), 400);
    }
}
