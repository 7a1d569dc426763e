//! One attribute that a plan changes.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::{Attribute, Dialect, Location, Value};

/// One attribute that differs. Its JSON names the attribute by its dotted path
/// and writes the values in the shape of the TOML, null for absent.
#[derive(Clone, Debug, PartialEq)]
pub struct AttributeChange {
    /// What differs.
    pub attribute: Attribute,
    /// What is live; `None`: nothing.
    pub before: Option<Value>,
    /// What will be; `None`: nothing.
    pub after: Option<Value>,
    /// What the difference leads to.
    pub effect: Effect,
    /// Which side moved.
    pub origin: Origin,
    /// Where the value in force was written; for one that the file leaves out,
    /// absent.
    pub source: Option<Location>,
}

/// What a difference leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// An update, or calls for tags and run state.
    InPlace,
    /// A delete and a create.
    Replace,
    /// It is a part of what is created.
    Create,
    /// It goes with what is deleted.
    Delete,
}

/// Which side moved since rekon last applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The files.
    Config,
    /// The service.
    Drift,
    /// The files and the service, differently.
    Both,
    /// Nothing tells.
    Unknown,
}

#[derive(Serialize, Deserialize)]
struct Written {
    path: String,
    before: serde_json::Value,
    after: serde_json::Value,
    effect: Effect,
    origin: Origin,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    source: Option<Location>,
}

impl Serialize for AttributeChange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let AttributeChange { attribute, before, after, effect, origin, source } = self;
        let json = |side: &Option<Value>| {
            side.as_ref().map_or(serde_json::Value::Null, |value| value.to_json(Dialect::Toml))
        };
        let written = Written {
            path: attribute.to_string(),
            before: json(before),
            after: json(after),
            effect: *effect,
            origin: *origin,
            source: source.clone(),
        };
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for AttributeChange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Written { path, before, after, effect, origin, source } =
            Written::deserialize(deserializer)?;
        let attribute: Attribute = path.parse().map_err(serde::de::Error::custom)?;
        let value = |json: serde_json::Value| match json {
            serde_json::Value::Null => Ok(None),
            json => Value::from_json(&json, attribute.shape().value, Dialect::Toml, &path)
                .map(Some)
                .map_err(serde::de::Error::custom),
        };
        let (before, after) = (value(before)?, value(after)?);
        Ok(AttributeChange { attribute, before, after, effect, origin, source })
    }
}
