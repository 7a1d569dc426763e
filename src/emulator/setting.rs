//! How settings are written: durations, names of operations, and several values as `NAME=VALUE,NAME=VALUE`.

use std::fmt::Display;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::operation::Operation;

/// A setting that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSetting {
    /// It is no time such as `2s` or `200ms`.
    #[error("`{0}` is no duration: write 500ms, 2s or 1m")]
    Duration(String),
    /// It has another form than such settings have.
    #[error("`{given}` is not of the form {form}")]
    Form {
        /// What was given.
        given: String,
        /// How it should look.
        form: &'static str,
    },
    /// A part of it has no such name.
    #[error("{0}")]
    Field(String),
    /// It is no rate.
    #[error("`{0}` is no rate: write requests per second, more than 0, or off")]
    Rate(String),
    /// It is no whole number, or 0 where there has to be something.
    #[error("`{0}` is no limit: write a whole number")]
    Limit(String),
    /// An operation is shortened so that it may be one of two.
    #[error("`{given}` could be {first} or {second}")]
    Ambiguous {
        /// What was given.
        given: String,
        /// One that it may mean.
        first: Operation,
        /// Another that it may mean.
        second: Operation,
    },
    /// There is nothing of that name.
    #[error("`{given}` is no {what}: they are {known}")]
    Unknown {
        /// What kind of thing it should name.
        what: &'static str,
        /// What was given.
        given: String,
        /// What would be understood.
        known: String,
    },
    /// The quirk has no such answer.
    #[error("quirk {quirk} has no `{given}`: it is {known}")]
    Variant {
        /// The quirk.
        quirk: &'static str,
        /// What was given.
        given: String,
        /// What would be understood.
        known: String,
    },
    /// It is no probability between 0 and 1.
    #[error("`{0}` is no probability: write a number from 0 to 1")]
    Probability(String),
}

impl BadSetting {
    pub(super) fn unknown(what: &'static str, given: &str, known: String) -> BadSetting {
        BadSetting::Unknown { what, given: given.to_owned(), known }
    }

    pub(super) fn form(given: &str, form: &'static str) -> BadSetting {
        BadSetting::Form { given: given.to_owned(), form }
    }
}

/// The two sides of `NAME=VALUE`.
pub(super) fn assignment(text: &str) -> Result<(&str, &str), BadSetting> {
    text.split_once('=').ok_or_else(|| BadSetting::form(text, "NAME=VALUE"))
}

/// The settings that `text` gives as `NAME=VALUE,NAME=VALUE`, each value in the form that serde has for its field.
pub(super) fn assigned<S: DeserializeOwned, T: Serialize>(
    text: &str,
    read: impl Fn(&str) -> Result<T, BadSetting>,
) -> Result<S, BadSetting> {
    let mut fields = Map::new();
    for part in text.split(',') {
        let (name, value) = assignment(part)?;
        fields.insert(name.to_owned(), json!(read(value)?));
    }
    S::deserialize(Value::Object(fields)).map_err(|error| BadSetting::Field(error.to_string()))
}

/// A duration with its unit; zero needs none.
pub(super) fn duration(text: &str) -> Result<Duration, BadSetting> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let parsed = text.parse::<jiff::SignedDuration>().ok();
    let parsed = parsed.and_then(|duration| Duration::try_from(duration).ok());
    parsed.ok_or_else(|| BadSetting::Duration(text.to_owned()))
}

/// The operation whose name this is or begins.
pub(super) fn operation(text: &str) -> Result<Operation, BadSetting> {
    if let Some(exact) = Operation::named(text) {
        return Ok(exact);
    }
    let begins = |operation: &Operation| !text.is_empty() && operation.name().starts_with(text);
    let mut candidates = Operation::ALL.iter().copied().filter(begins);
    match (candidates.next(), candidates.next()) {
        (None, _) => Err(BadSetting::unknown("operation", text, list(Operation::ALL.iter()))),
        (Some(only), None) => Ok(only),
        (Some(first), Some(second)) => {
            Err(BadSetting::Ambiguous { given: text.to_owned(), first, second })
        }
    }
}

/// Names in a row, as messages list them.
pub(super) fn list(names: impl Iterator<Item = impl Display>) -> String {
    names.map(|name| name.to_string()).collect::<Vec<_>>().join(", ")
}
