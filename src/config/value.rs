//! Values that remember where they were written.
//!
//! Spans live beside the values here, not in a document to be asked by path:
//! resolving moves values between layers and files, and a value that carries
//! its place cannot lose it on the way.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::diagnostic::Span;

/// A mistake was found here and has been reported, so nothing that follows from
/// it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reported;

/// Something that a file says, and where.
#[derive(Clone, Debug)]
pub struct At<T> {
    /// The key, or the value itself for an item of an array.
    pub key: Span,
    /// The value; for a table with a header, the header.
    pub span: Span,
    pub value: Result<T, Reported>,
}

impl<T> At<T> {
    /// The value, unless it was unusable.
    pub fn get(&self) -> Option<&T> {
        self.value.as_ref().ok()
    }
}

/// A key of a table that may be left out.
///
/// Beside `Option`, this exists so that the schema of a key is the schema of
/// its value: TOML has no null.
#[derive(Clone, Debug)]
pub struct Slot<T>(pub Option<At<T>>);

impl<T> Default for Slot<T> {
    fn default() -> Slot<T> {
        Slot(None)
    }
}

impl<T> Slot<T> {
    /// What was written, usable or not.
    pub fn at(&self) -> Option<&At<T>> {
        self.0.as_ref()
    }

    /// What was written, if it is usable.
    pub fn get(&self) -> Option<&T> {
        self.at().and_then(At::get)
    }

    /// Whether the key was written but is unusable.
    pub fn is_reported(&self) -> bool {
        self.at().is_some_and(|at| at.value.is_err())
    }

    /// Notes that a mistake elsewhere stands in for this key.
    pub(super) fn report(&mut self, span: Span) {
        if self.0.is_none() {
            self.0 = Some(At { key: span, span, value: Err(Reported) });
        }
    }
}

impl<T: JsonSchema> JsonSchema for Slot<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}
