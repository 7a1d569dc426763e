//! A diagnostic as plans and machine formats carry it, with lines and columns.

use serde::{Deserialize, Serialize};

use super::{Diagnostic, Severity, Sources};

/// A diagnostic that needs no source text to be understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The stable name of the complaint.
    pub code: String,
    /// How grave it is.
    pub severity: Severity,
    /// The complaint, in one sentence.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Where, the main place first.
    pub labels: Vec<RecordLabel>,
}

/// A place; lines and columns are from 1, the end is behind the last character.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordLabel {
    /// Relative to the project, with `/`.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// The line of its end, counted from 1.
    pub end_line: usize,
    /// The column behind its last character.
    pub end_column: usize,
    /// What is there, in a few words.
    pub message: String,
}

impl Record {
    /// Resolves a diagnostic's spans.
    pub fn new(diagnostic: &Diagnostic, sources: &Sources) -> Record {
        let labels = diagnostic.labels.iter().map(|label| {
            let start = sources.locate(label.span);
            let (end_line, end_column) = sources.end(label.span);
            RecordLabel {
                file: start.file.to_string(),
                line: start.line,
                column: start.column,
                end_line,
                end_column,
                message: label.message.clone(),
            }
        });
        Record {
            code: diagnostic.code.as_str().to_owned(),
            severity: diagnostic.severity(),
            message: diagnostic.message.clone(),
            help: diagnostic.help.clone(),
            labels: labels.collect(),
        }
    }
}
