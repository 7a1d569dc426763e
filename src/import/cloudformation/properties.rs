//! A resource's properties, to the wire's JSON of a description.

use serde_json::{Map, Value as Json, json};

use super::complaint;
use super::intrinsics::{Resolver, Unresolved};
use super::tree::{Key, Node};
use super::unknown;
use crate::diagnostic::{Code, Span};
use crate::import::Found;
use crate::import::foreign::Complaint;
use crate::model::{Definition, Dialect, ProcessorName, insert};

/// What a property holds.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Text,
    Number,
    Flag,
    Texts,
    /// A list of boxes.
    Boxes,
    /// A list of lists of points.
    Polygons,
    /// A list of keys and values.
    Tags,
}

/// Every property by its dotted path, where it goes, and what it holds.
const PROPERTIES: [(&str, &str, Kind); 16] = [
    ("Name", "Name", Kind::Text),
    ("RoleArn", "RoleArn", Kind::Text),
    ("KinesisVideoStream.Arn", "Input.KinesisVideoStream.Arn", Kind::Text),
    ("KinesisDataStream.Arn", "Output.KinesisDataStream.Arn", Kind::Text),
    ("S3Destination.BucketName", "Output.S3Destination.Bucket", Kind::Text),
    ("S3Destination.ObjectKeyPrefix", "Output.S3Destination.KeyPrefix", Kind::Text),
    ("ConnectedHomeSettings.Labels", "Settings.ConnectedHome.Labels", Kind::Texts),
    ("ConnectedHomeSettings.MinConfidence", "Settings.ConnectedHome.MinConfidence", Kind::Number),
    ("FaceSearchSettings.CollectionId", "Settings.FaceSearch.CollectionId", Kind::Text),
    (
        "FaceSearchSettings.FaceMatchThreshold",
        "Settings.FaceSearch.FaceMatchThreshold",
        Kind::Number,
    ),
    ("NotificationChannel.Arn", "NotificationChannel.SNSTopicArn", Kind::Text),
    ("KmsKeyId", "KmsKeyId", Kind::Text),
    ("DataSharingPreference.OptIn", "DataSharingPreference.OptIn", Kind::Flag),
    ("BoundingBoxRegionsOfInterest", "RegionsOfInterest", Kind::Boxes),
    ("PolygonRegionsOfInterest", "RegionsOfInterest", Kind::Polygons),
    ("Tags", "Tags", Kind::Tags),
];

/// Why a property is not taken.
enum Fault {
    Unresolved(Unresolved),
    Wrong(Span, String),
}

impl From<Unresolved> for Fault {
    fn from(unresolved: Unresolved) -> Fault {
        Fault::Unresolved(unresolved)
    }
}

/// Reads a resource's properties: the processor and its name, if nothing is wrong.
pub(super) fn read(
    resolver: &Resolver<'_>,
    id: &Key,
    properties: &Node,
    complaints: &mut Vec<Complaint>,
) -> Option<(ProcessorName, Found)> {
    let mut reading =
        Reading { resolver, wire: Map::new(), regions: Vec::new(), faults: Vec::new() };
    reading.wire.insert("Tags".to_owned(), json!({}));
    reading.table("", properties);
    let Reading { mut wire, regions, mut faults, .. } = reading;
    wire.insert("RegionsOfInterest".to_owned(), Json::Array(regions));
    let name = wire.remove("Name").and_then(|name| name.as_str().map(str::to_owned));
    let is_named = faults.iter().any(|(path, _)| path == "Name");
    let valid = match &name {
        None if is_named => None,
        None => {
            let what = "is missing, and CloudFormation makes one up".to_owned();
            faults.push(("Name".to_owned(), Fault::Wrong(id.span, what)));
            None
        }
        Some(name) => ProcessorName::new(name)
            .map_err(|error| {
                let span = properties.get("Name").map_or(id.span, |node| node.span);
                faults
                    .push(("Name".to_owned(), Fault::Wrong(span, format!("is {name:?}: {error}"))));
            })
            .ok(),
    };
    if faults.is_empty() {
        match (valid, Definition::from_json(&Json::Object(wire), Dialect::Wire)) {
            (Some(name), Ok(definition)) => {
                return Some((name, Found { definition, remarks: Vec::new() }));
            }
            (_, Err(error)) => {
                let property = PROPERTIES.iter().find(|(_, wire, _)| *wire == error.path);
                let path = match (property, error.path.as_str()) {
                    (Some((path, ..)), _) => path,
                    (None, "Settings") => "ConnectedHomeSettings` or `FaceSearchSettings",
                    (None, "Output") => "S3Destination` or `KinesisDataStream",
                    (None, path) => path,
                };
                faults.push((path.to_owned(), Fault::Wrong(id.span, error.reason)));
            }
            (None, Ok(_)) => {}
        }
    }
    let name = name.as_deref();
    complaints.extend(faults.into_iter().map(|(path, fault)| match fault {
        Fault::Unresolved(unresolved) => unknown(name, &id.text, &path, unresolved),
        Fault::Wrong(span, what) => {
            let message = format!("`{}`: `{path}` {what}", id.text);
            complaint(name, Code::ForeignValue, span, "here", message)
        }
    }));
    None
}

struct Reading<'a> {
    resolver: &'a Resolver<'a>,
    wire: Map<String, Json>,
    regions: Vec<Json>,
    /// What is wrong, by the property's path.
    faults: Vec<(String, Fault)>,
}

impl Reading<'_> {
    /// Reads the entries of a table of properties.
    fn table(&mut self, path: &str, node: &Node) {
        let value = match self.resolver.value(node) {
            Ok(Some(value)) => value.into_owned(),
            Ok(None) => return,
            Err(unresolved) => {
                let path = if path.is_empty() { "Properties" } else { path };
                return self.faults.push((path.to_owned(), unresolved.into()));
            }
        };
        for (key, inner) in value.entries() {
            let path = match path {
                "" => key.text.clone(),
                path => format!("{path}.{}", key.text),
            };
            match PROPERTIES.iter().find(|(known, ..)| *known == path) {
                Some((_, wire, kind)) => {
                    if let Err(fault) = self.property(wire, *kind, inner) {
                        self.faults.push((path, fault));
                    }
                }
                None if PROPERTIES.iter().any(|(it, ..)| it.starts_with(&format!("{path}."))) => {
                    self.table(&path, inner);
                }
                None => {
                    let what = "is no property that rekon knows".to_owned();
                    self.faults.push((path, Fault::Wrong(key.span, what)));
                }
            }
        }
    }

    fn property(&mut self, wire: &str, kind: Kind, node: &Node) -> Result<(), Fault> {
        let Some(value) = self.resolver.value(node)? else { return Ok(()) };
        let value = &*value;
        let json = match kind {
            Kind::Text => json!(self.text(node)?),
            Kind::Number => self.number(node)?,
            Kind::Flag => match self.text(node)?.as_str() {
                "true" | "True" | "TRUE" => json!(true),
                "false" | "False" | "FALSE" => json!(false),
                _ => return Err(Fault::Wrong(node.span, "must be true or false".to_owned())),
            },
            Kind::Texts => {
                let texts = list(value)?.iter().map(|item| self.text(item));
                json!(texts.collect::<Result<Vec<String>, Fault>>()?)
            }
            Kind::Boxes => {
                for item in list(value)? {
                    let sides = self.numbers(item, &["Left", "Top", "Width", "Height"])?;
                    self.regions.push(json!({ "BoundingBox": sides }));
                }
                return Ok(());
            }
            Kind::Polygons => {
                for item in list(value)? {
                    let points = self.resolver.value(item)?;
                    let points = list(points.as_deref().unwrap_or(item))?;
                    let points = points.iter().map(|point| self.numbers(point, &["X", "Y"]));
                    let points = points.collect::<Result<Vec<Json>, Fault>>()?;
                    self.regions.push(json!({ "Polygon": points }));
                }
                return Ok(());
            }
            Kind::Tags => return self.tags(value),
        };
        insert(&mut self.wire, wire, json);
        Ok(())
    }

    fn tags(&mut self, value: &Node) -> Result<(), Fault> {
        let mut tags = Map::new();
        for item in list(value)? {
            let Some(tag) = self.resolver.value(item)? else { continue };
            let (Some(key), Some(value)) = (tag.get("Key"), tag.get("Value")) else {
                let what = "must have a `Key` and a `Value`".to_owned();
                return Err(Fault::Wrong(item.span, what));
            };
            tags.insert(self.text(key)?, json!(self.text(value)?));
        }
        self.wire.insert("Tags".to_owned(), Json::Object(tags));
        Ok(())
    }

    fn text(&self, node: &Node) -> Result<String, Fault> {
        let text = self.resolver.text(node)?;
        text.ok_or_else(|| {
            Fault::Wrong(node.span, "is `AWS::NoValue` where it has to be a text".to_owned())
        })
    }

    fn number(&self, node: &Node) -> Result<Json, Fault> {
        let number = self.text(node)?.parse::<f64>().ok().filter(|number| number.is_finite());
        number
            .map(|number| json!(number))
            .ok_or_else(|| Fault::Wrong(node.span, "must be a number".to_owned()))
    }

    /// A map of numbers under these keys, and no others.
    fn numbers(&self, node: &Node, keys: &[&str]) -> Result<Json, Fault> {
        let value = self.resolver.value(node)?;
        let mut numbers = Map::new();
        for (key, inner) in value.as_deref().unwrap_or(node).entries() {
            if !keys.contains(&key.text.as_str()) {
                let what = format!("has `{}`, which is none of {}", key.text, keys.join(", "));
                return Err(Fault::Wrong(key.span, what));
            }
            numbers.insert(key.text.clone(), self.number(inner)?);
        }
        if numbers.len() != keys.len() {
            return Err(Fault::Wrong(node.span, format!("needs {}", keys.join(", "))));
        }
        Ok(Json::Object(numbers))
    }
}

fn list(node: &Node) -> Result<&[Node], Fault> {
    node.items().ok_or_else(|| Fault::Wrong(node.span, "must be a list".to_owned()))
}
