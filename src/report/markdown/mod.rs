//! Comments: on a pull request, an issue, or in the summary of a job.
//!
//! Whatever a file, the service or a trail said stands in code, where a renderer looks for
//! no mentions, links, references or HTML; what could end the code or its cell is spelt as
//! a character reference.

mod drift;
mod text;

use super::review::Document;
use super::settings::MaxBytes;
use super::view;

/// Draws a document that has no more than so many bytes.
pub fn review(document: Document<'_>, _max_bytes: MaxBytes) -> String {
    match document {
        Document::Drift(found, _) => drift::drift(found),
        Document::Plan(plan, _) | Document::Outcome(_, plan) => {
            let said = view::actions(&plan.summary).into_iter().map(|(_, text)| text);
            format!("{}.\n", said.collect::<Vec<_>>().join(", "))
        }
        Document::Diagnostics { records, .. } => format!("{} problems.\n", records.len()),
    }
}
