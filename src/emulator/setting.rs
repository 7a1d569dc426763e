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
    /// Two values for the same thing.
    #[error("`{0}` is set twice")]
    Twice(String),
    /// No processor can have this name.
    #[error(
        "`{0}` is the name of no stream processor: 1 to 128 of letters, digits, `_`, `.` and `-`"
    )]
    Processor(String),
    /// An error needs a type, which is made of letters and digits.
    #[error("`{0}` is the type of no error: write error:CODE or error:CODE:MESSAGE")]
    Code(String),
    /// The fault would never strike.
    #[error("`{0}` strikes nothing: {1}")]
    Vain(String, &'static str),
    /// It is no region's name.
    #[error("`{0}` is the name of no region: write one such as us-east-1")]
    Region(String),
    /// It is nobody.
    #[error(
        "`{0}` is nobody: write an ARN, or the name of a user: 1 to 64 of letters, digits and `_+=,.@-`"
    )]
    Identity(String),
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
        if fields.insert(name.to_owned(), json!(read(value)?)).is_some() {
            return Err(BadSetting::Twice(name.to_owned()));
        }
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

/// The name that a stream processor may have.
pub fn processor(text: &str) -> Result<String, BadSetting> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    match (1..=128).contains(&text.len()) && text.bytes().all(legal) {
        true => Ok(text.to_owned()),
        false => Err(BadSetting::Processor(text.to_owned())),
    }
}

/// The name that a region may have.
pub fn region(text: &str) -> Result<String, BadSetting> {
    let lower = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match text.split('-').collect::<Vec<_>>()[..] {
        [first, ref between @ .., last]
            if !between.is_empty()
                && lower(first)
                && between.iter().all(|part| lower(part))
                && digits(last) =>
        {
            Ok(text.to_owned())
        }
        _ => Err(BadSetting::Region(text.to_owned())),
    }
}

/// Somebody who may call: an ARN, or the name of a user.
pub fn identity(text: &str) -> Result<String, BadSetting> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    let name = (1..=64).contains(&text.len()) && text.bytes().all(legal);
    match name
        || text.starts_with("arn:") && text.split(':').nth(5).is_some_and(|it| !it.is_empty())
    {
        true => Ok(text.to_owned()),
        false => Err(BadSetting::Identity(text.to_owned())),
    }
}

/// Names in a row, as messages list them.
pub(super) fn list(names: impl Iterator<Item = impl Display>) -> String {
    names.map(|name| name.to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_aws_allows() {
        for name in ["front-door", "a", "A.b_9"] {
            assert_eq!(processor(name).as_deref(), Ok(name));
        }
        for name in ["", "front door", "front/door", "tür", &"n".repeat(129)] {
            assert!(processor(name).is_err(), "{name}");
        }
        for name in ["us-east-1", "us-gov-west-1", "ap-southeast-12"] {
            assert_eq!(region(name).as_deref(), Ok(name));
        }
        for name in ["", "us", "us-1", "US-east-1", "us-east-", "us-east-1 ", "us--1", "us_east_1"]
        {
            assert!(region(name).is_err(), "{name}");
        }
        for name in ["ci", "a=b", "arn:aws:iam::111122223333:user/ci", "arn:aws:iam::1:root"] {
            assert_eq!(identity(name).as_deref(), Ok(name));
        }
        for name in ["", "a b", "a/b", "arn:aws:iam::1", "arn:aws:iam::1:", &"n".repeat(65)] {
            assert!(identity(name).is_err(), "{name}");
        }
    }
}
