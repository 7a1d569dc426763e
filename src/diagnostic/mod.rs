//! What is wrong in a user's files: values that point at the place.
//!
//! A diagnostic is the user's to mend; what the world does wrong (network,
//! permissions) is an error of the edge where it happens, and never comes here.
//! Deliberately absent: how a diagnostic is drawn, which is `report`'s.

mod code;
mod record;
mod source;

pub use code::Code;
pub use record::{Record, RecordLabel};
pub use source::{Source, SourceId, Sources, Span};

/// How much a diagnostic weighs.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The service refuses or alters the value, or the file contradicts itself.
    Error,
    /// Odd, but it can be done. `--deny-warnings` makes it count as an error.
    Warning,
    /// Worth knowing, nobody's mistake; never counted against anyone.
    Note,
}

/// One complaint, with every place that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind of complaint it is.
    pub code: Code,
    /// The complaint, in one sentence.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The first is where the problem is; others are what it conflicts with.
    pub labels: Vec<Label>,
}

/// A place in a file and what is the matter there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is there, in a few words.
    pub message: String,
}

impl Diagnostic {
    /// A diagnostic with no place yet.
    pub fn new(code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic { code, message: message.into(), help: None, labels: Vec::new() }
    }

    /// Adds a place.
    #[must_use]
    pub fn label(mut self, span: Span, message: impl Into<String>) -> Diagnostic {
        self.labels.push(Label { span, message: message.into() });
        self
    }

    /// Says what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// How much it weighs; each code has one severity.
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}
