//! A definition as JSON, in the shape of the TOML or in that of the wire.
//!
//! Plans store the first, the service speaks the second; both follow from the
//! table of attributes. Numbers are the shortest that mean the float32, regions
//! are written whole, and what is absent is left out.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::members::{Unreadable, insert, lookup};
use super::{
    Attribute, BoundingBox, Definition, Float32, Kind, Point, Polygon, RegionOfInterest, Regions,
    Required, RunState, TagKnowledge, Type, Value,
};

/// How names and regions are spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// As in TOML: snake_case, a point is `[x, y]`.
    Toml,
    /// As in the API: PascalCase, a point is `{"X": x, "Y": y}`.
    Wire,
}

impl Dialect {
    /// An attribute's dotted place; empty where it has none.
    fn place(self, attribute: &Attribute) -> &'static str {
        let shape = attribute.shape();
        match self {
            Dialect::Toml => shape.path,
            Dialect::Wire => shape.wire,
        }
    }

    /// The tables of which there is one variant, each with all its variants.
    fn one_of(self, table: &str) -> (&'static str, Vec<&'static str>) {
        let mut variants = Vec::new();
        let mut name = "";
        for attribute in Attribute::FIXED {
            let place = self.place(attribute).split('.').take(2).collect::<Vec<_>>();
            if let (Some((of, _)), [outer, variant]) = (attribute.variant(), place.as_slice())
                && of == table
            {
                name = outer;
                if !variants.contains(variant) {
                    variants.push(*variant);
                }
            }
        }
        (name, variants)
    }

    fn pick(self, toml: &'static str, wire: &'static str) -> &'static str {
        match self {
            Dialect::Toml => toml,
            Dialect::Wire => wire,
        }
    }
}

impl Definition {
    /// Writes the definition. What is known of its tags is always said: an empty
    /// table where there are none, nothing where they are unknown.
    pub fn to_json(&self, dialect: Dialect) -> Json {
        let mut root = Map::new();
        for (attribute, value) in self.iter() {
            let place = dialect.place(attribute);
            match attribute.tag() {
                Some(key) => {
                    let tags = root.entry(place).or_insert_with(|| json!({}));
                    tags[key] = value.to_json(dialect);
                }
                None if place.is_empty() => {}
                None => insert(&mut root, place, value.to_json(dialect)),
            }
        }
        // A description may hold a destination that says nothing. What is written of it can be read again.
        if self.variant("output").is_none() {
            let attribute = match self.kind() {
                Kind::LabelDetection => Attribute::OutputBucket,
                Kind::FaceSearch => Attribute::OutputDataStream,
            };
            if let Some((destination, _)) = dialect.place(&attribute).rsplit_once('.') {
                insert(&mut root, destination, json!({}));
            }
        }
        if self.tags != TagKnowledge::Unknown && dialect == Dialect::Toml {
            root.entry("tags").or_insert_with(|| json!({}));
        }
        Json::Object(root)
    }

    /// Reads a definition in any spelling that means the same.
    ///
    /// Members that are no attributes are not looked at; [`unknown_members`](super::unknown_members)
    /// finds them.
    pub fn from_json(json: &Json, dialect: Dialect) -> Result<Definition, Unreadable> {
        let kind = match dialect.one_of_in(json, "settings")? {
            "connected_home" | "ConnectedHome" => Kind::LabelDetection,
            _ => Kind::FaceSearch,
        };
        dialect.one_of_in(json, "output")?;
        let mut definition = Definition::new(kind);
        for attribute in Attribute::FIXED {
            let place = dialect.place(attribute);
            if place.is_empty() {
                continue;
            }
            let shape = attribute.shape();
            match lookup(json, place)? {
                Some(value) => {
                    let value = Value::from_json(value, shape.value, dialect, place)?;
                    definition.put(attribute.clone(), value);
                }
                None if shape.required == Required::Always
                    && shape.kind.is_none_or(|only| only == kind) =>
                {
                    return Err(Unreadable::new(place, "is missing"));
                }
                None => {}
            }
        }
        let place = dialect.pick("tags", "Tags");
        match lookup(json, place)? {
            None => definition.tags = TagKnowledge::Unknown,
            Some(Json::Object(tags)) => {
                for (key, value) in tags {
                    let Json::String(text) = value else {
                        return Err(Unreadable::new(format!("{place}.{key}"), "must be a string"));
                    };
                    definition.put(Attribute::Tag(key.as_str().into()), Value::text(text));
                }
            }
            Some(_) => return Err(Unreadable::new(place, "must be an object")),
        }
        Ok(definition)
    }
}

impl Dialect {
    /// The variant of a one-of table that some JSON has.
    fn one_of_in(self, json: &Json, table: &str) -> Result<&'static str, Unreadable> {
        let (name, variants) = self.one_of(table);
        let Some(outer) = lookup(json, name)? else {
            return Err(Unreadable::new(name, "is missing"));
        };
        let mut found = Vec::new();
        for variant in &variants {
            if lookup(outer, variant)
                .map_err(|error| Unreadable::new(name, error.reason))?
                .is_some()
            {
                found.push(*variant);
            }
        }
        match found.as_slice() {
            [one] => Ok(one),
            [] => Err(Unreadable::new(name, format!("holds neither {}", variants.join(" nor ")))),
            _ => Err(Unreadable::new(name, format!("holds both {}", found.join(" and ")))),
        }
    }
}

impl Value {
    /// Writes the value.
    pub fn to_json(&self, dialect: Dialect) -> Json {
        match self {
            Value::Text(text) => json!(&**text),
            Value::Number(number) => number.to_json(),
            Value::Flag(flag) => json!(flag),
            Value::Labels(labels) => json!(labels.iter().collect::<Vec<_>>()),
            Value::Regions(regions) => {
                regions.iter().map(|region| region_to_json(region, dialect)).collect()
            }
            Value::RunState(state) => json!(state.as_str()),
        }
    }

    /// Reads a value of a type; `path` is for complaints.
    pub fn from_json(
        json: &Json,
        kind: Type,
        dialect: Dialect,
        path: &str,
    ) -> Result<Value, Unreadable> {
        let fault = |reason: &str| Unreadable::new(path, reason);
        match kind {
            Type::Text { .. } => match json {
                Json::String(text) => Ok(Value::text(text)),
                _ => Err(fault("must be a string")),
            },
            Type::Percent => number(json, path).map(Value::Number),
            Type::Flag => {
                json.as_bool().map(Value::Flag).ok_or_else(|| fault("must be true or false"))
            }
            Type::Labels => {
                let items = json.as_array().ok_or_else(|| fault("must be a list"))?;
                let labels = items.iter().enumerate().map(|(at, item)| match item {
                    Json::String(text) => Ok(text.clone()),
                    _ => Err(Unreadable::new(format!("{path}[{at}]"), "must be a string")),
                });
                Ok(Value::Labels(Arc::new(labels.collect::<Result<BTreeSet<_>, _>>()?)))
            }
            Type::Regions => {
                let items = json.as_array().ok_or_else(|| fault("must be a list"))?;
                let regions = items
                    .iter()
                    .enumerate()
                    .map(|(at, item)| region_from_json(item, dialect, &format!("{path}[{at}]")));
                let regions = Regions::new(regions.collect::<Result<_, _>>()?);
                Ok(Value::Regions(Arc::new(regions)))
            }
            Type::RunState => json
                .as_str()
                .and_then(RunState::parse)
                .map(Value::RunState)
                .ok_or_else(|| fault("must be running or stopped")),
        }
    }
}

impl Float32 {
    /// The shortest JSON number that means the float32; whole ones without a point.
    pub fn to_json(self) -> Json {
        let shortest = self.to_shortest_f64();
        #[expect(clippy::cast_possible_truncation, reason = "guarded to be whole and small")]
        if shortest.fract() == 0.0 && shortest.abs() < 1e15 {
            json!(shortest as i64)
        } else {
            json!(shortest)
        }
    }
}

fn number(json: &Json, path: &str) -> Result<Float32, Unreadable> {
    json.as_f64()
        .and_then(|number| Float32::from_f64(number).ok())
        .ok_or_else(|| Unreadable::new(path, "must be a number that is finite as a float32"))
}

fn region_to_json(region: &RegionOfInterest, dialect: Dialect) -> Json {
    match region {
        RegionOfInterest::BoundingBox(BoundingBox { left, top, width, height }) => {
            let [left, top, width, height] = [left, top, width, height].map(|side| side.to_json());
            match dialect {
                Dialect::Toml => json!({"bounding_box":
                    {"left": left, "top": top, "width": width, "height": height}}),
                Dialect::Wire => json!({"BoundingBox":
                    {"Left": left, "Top": top, "Width": width, "Height": height}}),
            }
        }
        RegionOfInterest::Polygon(polygon) => {
            let points = polygon.points().iter().map(|point| {
                let (x, y) = (point.x.to_json(), point.y.to_json());
                match dialect {
                    Dialect::Toml => json!([x, y]),
                    Dialect::Wire => json!({"X": x, "Y": y}),
                }
            });
            json!({ dialect.pick("polygon", "Polygon"): points.collect::<Vec<_>>() })
        }
    }
}

fn region_from_json(
    json: &Json,
    dialect: Dialect,
    path: &str,
) -> Result<RegionOfInterest, Unreadable> {
    let (bounds, polygon) =
        (dialect.pick("bounding_box", "BoundingBox"), dialect.pick("polygon", "Polygon"));
    let below = |error: Unreadable| Unreadable::new(path, error.reason);
    match (lookup(json, bounds).map_err(below)?, lookup(json, polygon).map_err(below)?) {
        (Some(sides), None) => {
            let path = format!("{path}.{bounds}");
            let side = |name: &str| {
                let found =
                    lookup(sides, name).map_err(|error| Unreadable::new(&*path, error.reason))?;
                found.map(|side| number(side, &format!("{path}.{name}"))).transpose()
            };
            let needed = |name: &str| {
                side(name)?.ok_or_else(|| Unreadable::new(format!("{path}.{name}"), "is missing"))
            };
            // The wire may leave zeros out, and an edge may well be at zero.
            Ok(RegionOfInterest::BoundingBox(BoundingBox {
                left: side(dialect.pick("left", "Left"))?.unwrap_or(Float32::whole(0)),
                top: side(dialect.pick("top", "Top"))?.unwrap_or(Float32::whole(0)),
                width: needed(dialect.pick("width", "Width"))?,
                height: needed(dialect.pick("height", "Height"))?,
            }))
        }
        (None, Some(points)) => {
            let path = format!("{path}.{polygon}");
            let points =
                points.as_array().ok_or_else(|| Unreadable::new(&*path, "must be a list"))?;
            let points = points.iter().enumerate();
            let points = points.map(|(at, item)| point(item, dialect, &format!("{path}[{at}]")));
            let points: Vec<Point> = points.collect::<Result<_, _>>()?;
            Ok(RegionOfInterest::Polygon(Polygon::new(&points)))
        }
        (Some(_), Some(_)) => {
            Err(Unreadable::new(path, format!("holds both {bounds} and {polygon}")))
        }
        (None, None) => Err(Unreadable::new(path, format!("holds neither {bounds} nor {polygon}"))),
    }
}

fn point(json: &Json, dialect: Dialect, path: &str) -> Result<Point, Unreadable> {
    match dialect {
        Dialect::Toml => match json.as_array().map(Vec::as_slice) {
            Some([x, y]) => Ok(Point { x: number(x, path)?, y: number(y, path)? }),
            _ => Err(Unreadable::new(path, "must be a list of two numbers")),
        },
        Dialect::Wire => {
            let side = |name: &str| {
                let found =
                    lookup(json, name).map_err(|error| Unreadable::new(path, error.reason))?;
                let path = format!("{path}.{name}");
                number(found.ok_or_else(|| Unreadable::new(&*path, "is missing"))?, &path)
            };
            Ok(Point { x: side("X")?, y: side("Y")? })
        }
    }
}

impl serde::Serialize for RegionOfInterest {
    /// In the shape of the TOML.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        region_to_json(self, Dialect::Toml).serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for RegionOfInterest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        region_from_json(&json, Dialect::Toml, "").map_err(serde::de::Error::custom)
    }
}

impl serde::Serialize for Definition {
    /// In the shape of the TOML.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json(Dialect::Toml).serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for Definition {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        Definition::from_json(&json, Dialect::Toml).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doorbell() -> Json {
        json!({
            "role_arn": "arn:aws:iam::111122223333:role/R",
            "input": {"kinesis_video_stream": {"arn": "arn:aws:kinesisvideo:us-east-1:111122223333:stream/a/1"}},
            "output": {"s3_destination": {"bucket": "results", "key_prefix": "a/"}},
            "settings": {"connected_home": {"labels": ["PACKAGE", "PERSON"], "min_confidence": 80.1}},
            "kms_key_id": "alias/a",
            "regions_of_interest": [
                {"bounding_box": {"left": 0, "top": 0, "width": 0.25, "height": 0.5}},
                {"polygon": [[0, 0], [0, 1], [1, 1]]},
            ],
            "data_sharing_preference": {"opt_in": true},
            "tags": {"a.b": "c"},
        })
    }

    fn lobby() -> Json {
        json!({
            "role_arn": "r", "input": {"kinesis_video_stream": {"arn": "v"}},
            "output": {"kinesis_data_stream": {"arn": "d"}},
            "settings": {"face_search": {"collection_id": "staff", "face_match_threshold": 92.5}},
            "desired_status": "running", "tags": {},
        })
    }

    #[test]
    fn a_definition_survives_the_trip_through_both_dialects() {
        for json in [doorbell(), lobby()] {
            let definition = Definition::from_json(&json, Dialect::Toml).unwrap();
            assert_eq!(definition.to_json(Dialect::Toml), json);
            let wire = definition.to_json(Dialect::Wire);
            let mut back = Definition::from_json(&wire, Dialect::Wire).unwrap();
            // The wire says neither a run state nor that there are no tags.
            back.set(Attribute::DesiredStatus, definition.get(&Attribute::DesiredStatus).cloned());
            back.tags = definition.tags;
            assert_eq!(back, definition);
        }
    }

    #[test]
    fn an_output_that_says_nothing_survives_too() {
        for (mut json, destination) in
            [(doorbell(), "s3_destination"), (lobby(), "kinesis_data_stream")]
        {
            json["output"][destination] = json!({});
            let definition = Definition::from_json(&json, Dialect::Toml).unwrap();
            assert_eq!(definition.to_json(Dialect::Toml), json);
        }
    }

    #[test]
    fn every_attribute_has_its_own_place_in_both_dialects() {
        for dialect in [Dialect::Toml, Dialect::Wire] {
            let places = Attribute::FIXED.iter().map(|attribute| dialect.place(attribute));
            let places: Vec<&str> = places.filter(|place| !place.is_empty()).collect();
            let distinct: BTreeSet<&str> = places.iter().copied().collect();
            assert_eq!(places.len(), distinct.len());
        }
    }

    #[test]
    fn numbers_are_the_shortest_that_mean_the_float32() {
        let mut widened = doorbell();
        widened["settings"]["connected_home"]["min_confidence"] = json!(80.099_998_474_121_1);
        let definition = Definition::from_json(&widened, Dialect::Toml).unwrap();
        assert_eq!(definition.to_json(Dialect::Toml), doorbell());
    }

    #[test]
    fn unknown_tags_are_told_from_none() {
        let mut json = doorbell();
        json.as_object_mut().unwrap().remove("tags");
        let unknown = Definition::from_json(&json, Dialect::Toml).unwrap();
        assert_eq!(unknown.tags, TagKnowledge::Unknown);
        assert_eq!(unknown.to_json(Dialect::Toml), json);
    }

    #[test]
    fn what_is_no_definition_is_refused_with_its_path() {
        let mut json = doorbell();
        json["role_arn"] = json!(7);
        let error = Definition::from_json(&json, Dialect::Toml).unwrap_err();
        assert_eq!(error.to_string(), "role_arn must be a string");
        let text = Definition::from_json(&json!("x"), Dialect::Toml).unwrap_err();
        assert_eq!(text.to_string(), "the value must be an object");
    }
}
