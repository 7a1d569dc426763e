//! Comments: on a pull request, an issue, or in the summary of a job.
//!
//! A comment has so many bytes and no more. Counts come first and always fit; what follows
//! is written in the order of its weight as far as there is room, and what is left out is
//! counted by kind at the end.
//!
//! Whatever a file, the service or a trail said stands in code, where a renderer looks for
//! no mentions, links, references or HTML; what could end the code or its cell is spelt as
//! a character reference.

mod diagnostics;
mod drift;
mod outcome;
mod page;
mod plan;
mod text;

use super::review::{Document, Subject};
use super::settings::MaxBytes;
use super::values::count;
use super::view;
use crate::desired::Stack;
use crate::diagnostic::{Record, Severity};
use crate::plan::{Against, Made, Refusal};
use page::{Page, Part};
use text::{code, first_of};

/// How many places are told of complaints that are alike.
const MOST_PLACES: usize = 3;
/// An account and a region are shorter.
const MOST_OF_PLACE: usize = 70;

/// Draws a document that has no more than so many bytes.
pub fn review(document: Document<'_>, max_bytes: MaxBytes) -> String {
    let page = Page::new(max_bytes);
    match document {
        Document::Plan(plan, made) => plan::plan(page, plan, made),
        Document::Drift(drift, made) => drift::drift(page, drift, made),
        Document::Outcome(outcome, plan) => outcome::outcome(page, outcome, plan),
        Document::Diagnostics { of, stack, records } => {
            diagnostics::diagnostics(page, of, stack, records)
        }
    }
}

/// Writes what every comment begins with: the counts always, the title if there is room.
fn begin(page: &mut Page, of: Subject, stack: Option<&Stack>, title: &str, verdict: &str) {
    page.push(&text::marker(of, stack));
    let whose = stack.map(|stack| format!(" {}", code(&stack.name)));
    let title = format!("## {title}{}\n\n", whose.unwrap_or_default());
    if title.len() + verdict.len() <= page.room() {
        page.push(&title);
    }
    page.push(verdict);
}

/// Where a stack is, as a sentence behind others; nothing, where that is no place at all.
fn place(stack: &Stack) -> String {
    let text = format!(" Account {}, {}.", code(&stack.account_id), code(&stack.region));
    if text.len() <= MOST_OF_PLACE { text } else { String::new() }
}

/// A part that must not be overlooked.
fn alert(text: &str) -> String {
    format!("> [!CAUTION]\n> {text}\n\n")
}

/// When and against what it was made, and by which rekon.
///
/// What is read from a snapshot is as old as that, whenever it is read.
fn provenance(made: Option<&Made>, rekon_version: &str) -> String {
    let minute = |at: &jiff::Timestamp| at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    let by = format!("by rekon {}", code(rekon_version));
    match made {
        None => format!("Made {by}."),
        Some(Made { at, against }) => match against {
            Against::Service { endpoint: None, .. } => format!("Made {} {by}.", minute(at)),
            Against::Service { endpoint: Some(url), .. } => {
                format!("Made {} {by}, against the endpoint {}.", minute(at), code(url))
            }
            Against::Files { base } => format!("Made {by}, against the files of {}.", code(base)),
            Against::Emulator => {
                format!("Made {} {by}, against the embedded service.", minute(at))
            }
            Against::Snapshot { file, taken_at } => {
                // The folder is one of the machine that made it.
                let name = code(file.rsplit('/').next().unwrap_or(file));
                let taken = taken_at.as_ref().map(|at| format!(", taken {}", minute(at)));
                format!("Made {by}, against the snapshot {name}{}.", taken.unwrap_or_default())
            }
        },
    }
}

/// Why nothing will be applied, and how many reasons there is no room for.
fn refusals(refusals: &[Refusal], room: usize) -> (String, usize) {
    let mut part = Part::new(room, String::new());
    let mut untold = 0;
    for refusal in refusals {
        let help = refusal.help.as_ref().map(|help| format!("\n  {}", code(help)));
        let (kind, text) = (refusal.code.as_str(), code(&view::refusal(refusal)));
        if !part.add(&format!("- `{kind}`: {text}{}\n", help.unwrap_or_default())) {
            untold += 1;
        }
    }
    (part.finish(), untold)
}

/// Complaints, those that are alike told once, and how many are left out.
fn complaints<'a>(
    title: &str,
    records: impl Iterator<Item = &'a Record>,
    room: usize,
) -> (String, usize) {
    let mut part = Part::new(room, format!("### {title}\n\n"));
    let mut left_out = 0;
    for alike in view::gather(records, |one| (one.severity, &one.code, &one.message)) {
        let Some(one) = alike.first() else { continue };
        let word = match one.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let place = |one: &&Record| {
            one.labels.first().map(|label| format!("{}:{}", label.file, label.line))
        };
        let places: Vec<String> = alike.iter().filter_map(place).collect();
        let at = match places.is_empty() {
            true => String::new(),
            false => format!(" at {}", first_of(&places, MOST_PLACES)),
        };
        let help = one.help.iter().map(|help| format!("; {}", lines(help))).collect::<String>();
        let (kind, message) = (code(&one.code), lines(&one.message));
        if !part.add(&format!("- {word} {kind}{at}: {message}{help}\n")) {
            left_out += alike.len();
        }
    }
    (part.finish(), left_out)
}

/// A text of several lines, one behind the other.
fn lines(text: &str) -> String {
    text.lines().map(code).collect::<Vec<_>>().join(" ")
}

/// What is not told for want of room, by kind.
#[derive(Debug, Default)]
struct LeftOut(Vec<(usize, &'static str)>);

impl LeftOut {
    fn note(&mut self, number: usize, kind: &'static str) {
        if number == 0 {
            return;
        }
        match self.0.iter_mut().find(|(_, other)| *other == kind) {
            Some((sum, _)) => *sum += number,
            None => self.0.push((number, kind)),
        }
    }

    /// The sentence about it, which stays within [`page::LEFT_OUT`].
    fn told(&self) -> String {
        let parts: Vec<String> = self.0.iter().map(|(number, kind)| count(*number, kind)).collect();
        match parts.is_empty() {
            true => String::new(),
            false => format!("**Left out here, for want of room:** {}.\n\n", parts.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests;
