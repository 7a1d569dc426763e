//! `[[drift.ignore]]`: differences that are known.

use globset::GlobMatcher;
use jiff::civil::Date;

use crate::diagnostic::Span;
use crate::model::{Attribute, ProcessorName, Value};

/// A difference that is known, and left as it is for a while.
#[derive(Clone, Debug)]
pub struct DriftIgnore {
    /// The processors.
    pub processors: GlobMatcher,
    /// What differs.
    pub attribute: Attribute,
    /// The live value that is known; with another one it is drift again.
    pub value: Option<Value>,
    /// The last day on which it is known; `None`: for ever.
    pub until: Option<Date>,
    /// Why it is as it is.
    pub reason: String,
    /// The entry.
    pub span: Span,
}

impl DriftIgnore {
    /// Whether the entry is about a processor's attribute of this live value.
    pub fn covers(
        &self,
        name: &ProcessorName,
        attribute: &Attribute,
        live: Option<&Value>,
    ) -> bool {
        self.attribute == *attribute
            && self.value.as_ref() == live
            && self.processors.is_match(name.as_str())
    }

    /// Whether it no longer counts on this day; where nobody knows the day, it does.
    pub fn is_over(&self, today: Option<Date>) -> bool {
        matches!((self.until, today), (Some(until), Some(today)) if until < today)
    }
}

impl PartialEq for DriftIgnore {
    fn eq(&self, other: &DriftIgnore) -> bool {
        let glob = |one: &DriftIgnore| one.processors.glob().glob().to_owned();
        glob(self) == glob(other)
            && (&self.attribute, &self.value, &self.until, &self.reason)
                == (&other.attribute, &other.value, &other.until, &other.reason)
    }
}
