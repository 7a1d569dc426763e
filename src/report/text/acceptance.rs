//! What the files take over, for people.

use super::super::layout::{Line, paragraph};
use super::super::palette::Meaning;
use super::super::values::{count, first_of, pair};
use super::super::{Settings, diff, escape};
use super::INDENT;
use crate::plan::{Acceptance, Accepted, LeftReason, Origin};

/// How many names are told.
const MOST: usize = 10;

/// Whether the files are as they were, or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Nothing was written: it is shown what would be.
    Not,
    /// The files say it.
    Done,
}

/// Draws what was taken over, value by value with its place; what would be, as a diff of
/// the files too.
pub fn acceptance(acceptance: &Acceptance, written: Written, settings: Settings) -> String {
    let Acceptance { stack: _, accepted, left: _, files } = acceptance;
    let mut out = String::new();
    let mut last = None;
    for one in accepted {
        if last != Some(&one.name) {
            Line::new(settings).push(Meaning::Strong, &one.name).finish(&mut out);
            last = Some(&one.name);
        }
        value(&mut out, one, settings);
    }
    if written == Written::Not && !files.is_empty() {
        out.push('\n');
        out.push_str(&diff::files(files, settings));
    }
    if !accepted.is_empty() {
        out.push('\n');
    }
    let mut names: Vec<&str> = accepted.iter().map(|one| one.name.as_str()).collect();
    names.dedup();
    let what = match accepted.is_empty() {
        true => "Nothing to accept: no live value has moved away from the files.".to_owned(),
        false => {
            let verb = if written == Written::Done { "Accepted" } else { "Would accept" };
            let values = count(accepted.len(), "value");
            let (of, files) = (count(names.len(), "processor"), count(files.len(), "file"));
            format!("{verb} {values} of {of}, in {files}.")
        }
    };
    Line::new(settings).push(Meaning::Strong, &what).finish(&mut out);
    out
}

fn value(out: &mut String, one: &Accepted, settings: Settings) {
    let Accepted { name: _, attribute, before, after, origin, table, source } = one;
    let (before, after) = pair(attribute, before.as_ref(), after.as_ref());
    let line = Line::new(settings)
        .push(Meaning::Plain, &format!("{:INDENT$}{attribute}: ", ""))
        .push(Meaning::Before, &before)
        .push(Meaning::Plain, " → ")
        .push(Meaning::After, &after);
    let line = match origin {
        Origin::Both => line.push(Meaning::Warning, ", which the file had changed too"),
        _ => line,
    };
    line.finish(out);
    let place = format!("{:width$}{source} [{table}]", "", width = 2 * INDENT);
    Line::new(settings).push(Meaning::Faint, &place).finish(out);
}

/// Draws what was asked for and is left as it is; empty if there is nothing.
pub fn left(acceptance: &Acceptance, settings: Settings) -> String {
    let most = if settings.is_verbose() { usize::MAX } else { MOST };
    let mut out = String::new();
    for (reason, words) in [
        (
            LeftReason::OriginUnknown,
            "nothing tells whether the files or the service changed; to take over all that \
             lives there, give the whole names",
        ),
        (LeftReason::Missing, "there is nothing to take over, because it does not exist"),
    ] {
        let left = acceptance.left.iter().filter(|left| left.reason == reason);
        let names: Vec<&str> = left.map(|left| left.name.as_str()).collect();
        if !names.is_empty() {
            let names = first_of(names.into_iter(), most);
            let lead = Line::new(settings).push(Meaning::Note, "note: ");
            paragraph(&mut out, &lead, 6, &escape(&format!("{names}: {words}")), settings);
        }
    }
    out
}
