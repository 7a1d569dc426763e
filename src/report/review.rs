//! What is reviewed, and in which format: the one place where the two meet.

use super::{Settings, diagnostics, diff, github, html, json, markdown, sarif, text};
use crate::desired::Stack;
use crate::diagnostic::Record;
use crate::plan::{Drift, Made, Outcome, Plan};

/// A way to tell a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// For reading in a terminal.
    Text,
    /// A unified diff from what lives to what is declared; of a plan alone.
    Diff,
    /// The versioned document.
    Json,
    /// A comment on a pull request, an issue, or the summary of a job.
    Markdown,
    /// A page by itself, for a browser.
    Html,
    /// Annotations on lines, for a workflow of GitHub Actions.
    Github,
    /// A SARIF log, for code scanning.
    Sarif,
}

impl Format {
    /// All of them, as a list of them reads best.
    pub const ALL: [Format; 7] = [
        Format::Text,
        Format::Diff,
        Format::Json,
        Format::Markdown,
        Format::Html,
        Format::Github,
        Format::Sarif,
    ];

    /// The word that options use.
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Diff => "diff",
            Format::Json => "json",
            Format::Markdown => "markdown",
            Format::Html => "html",
            Format::Github => "github",
            Format::Sarif => "sarif",
        }
    }

    /// Whether it is also told in it why there is no result. People are told on stderr.
    pub fn tells_failures(self) -> bool {
        !matches!(self, Format::Text | Format::Diff)
    }
}

/// What a result is about, or would have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// What would be done.
    Plan,
    /// What moved away.
    Drift,
    /// What became of a plan.
    Outcome,
}

/// What is told.
#[derive(Clone, Copy, Debug)]
pub enum Document<'a> {
    /// A plan, and when and against what it was made, where that is known.
    Plan(&'a Plan, Option<&'a Made>),
    /// What drift found, and when and in what.
    Drift(&'a Drift, Option<&'a Made>),
    /// What became of a plan.
    Outcome(&'a Outcome, &'a Plan),
    /// Why there is no result, or what else is to be said of the files.
    Diagnostics {
        /// Of what there is none.
        of: Subject,
        /// Whose it would have been, where that is known.
        stack: Option<&'a Stack>,
        /// All that there is to say.
        records: &'a [Record],
    },
}

/// Tells a document in a format. Its paths are as they are to be shown.
pub fn review(document: Document<'_>, format: Format, settings: Settings) -> String {
    match format {
        Format::Text => match document {
            Document::Plan(plan, _) => text::plan(plan, settings),
            Document::Drift(drift, _) => text::drift(drift, settings),
            Document::Outcome(outcome, plan) => text::outcome(outcome, plan, settings),
            Document::Diagnostics { records, .. } => diagnostics::records(records, settings),
        },
        Format::Diff => match document {
            Document::Plan(plan, _) | Document::Outcome(_, plan) => diff::plan(plan, settings),
            // What reads diffs skips what stands before one.
            Document::Diagnostics { records, .. } => diagnostics::records(records, settings),
            Document::Drift(..) => String::new(),
        },
        Format::Json => match document {
            Document::Plan(plan, _) => json::plan(plan),
            Document::Drift(drift, _) => json::drift(drift),
            Document::Outcome(outcome, plan) => json::outcome(outcome, plan),
            Document::Diagnostics { records, .. } => json::diagnostics(records),
        },
        Format::Markdown => markdown::review(document, settings.max_bytes),
        Format::Html => html::review(document, &html::Frames::new()),
        Format::Github => github::review(document),
        Format::Sarif => sarif::review(document),
    }
}

#[cfg(test)]
mod tests;
