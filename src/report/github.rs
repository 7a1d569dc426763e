//! Workflow commands of GitHub Actions: an annotation on the line that causes a change, a
//! refusal or a complaint, the worst first.
//!
//! GitHub shows ten of a level for each step of a job. What is more is counted by the last.

use super::escape;
use super::review::Document;
use super::values::count;
use super::view::{self, Level, Place, Remark};

/// How many annotations of a level GitHub takes from a step.
const MOST: usize = 10;
/// How long a message is told in full; GitHub cuts what is longer than 64 KiB.
const MOST_CHARACTERS: usize = 4_000;

/// Draws a document; nothing, if there is nothing to say of any line.
pub fn review(document: Document<'_>) -> String {
    let remarks = view::remarks(document);
    let mut out = String::new();
    for level in [Level::Error, Level::Warning, Level::Notice] {
        let all: Vec<&Remark<'_>> = remarks.iter().filter(|remark| remark.level == level).collect();
        let told = if all.len() > MOST { MOST - 1 } else { all.len() };
        all.iter().take(told).for_each(|remark| out.push_str(&command(remark)));
        out.push_str(&rest(level, &all[told..]));
    }
    out
}

fn command(remark: &Remark<'_>) -> String {
    let Remark { level, title, message, place, .. } = remark;
    let place = place.map(|Place { file, start: (line, column), end }| {
        let (end_line, end_column) = end.unwrap_or((line, column));
        format!(
            "file={},line={line},endLine={end_line},col={column},endColumn={end_column},",
            property(file)
        )
    });
    let (place, title) = (place.unwrap_or_default(), property(&format!("rekon: {title}")));
    format!("::{} {place}title={title}::{}\n", word(*level), data(message))
}

/// What there is no room for, by rule.
fn rest(level: Level, remarks: &[&Remark<'_>]) -> String {
    let mut kinds: Vec<(String, usize)> = Vec::new();
    for remark in remarks {
        let name = remark.rule.name();
        match kinds.iter_mut().find(|(kind, _)| *kind == name) {
            Some((_, number)) => *number += 1,
            None => kinds.push((name, 1)),
        }
    }
    if kinds.is_empty() {
        return String::new();
    }
    let kinds: Vec<String> =
        kinds.iter().map(|(kind, number)| format!("{number} {kind}")).collect();
    let (word, more) = (word(level), count(remarks.len(), &format!("more {}", word(level))));
    format!("::{word} title={}::{}\n", property(&format!("rekon: {more}")), data(&kinds.join(", ")))
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Notice => "notice",
    }
}

/// A message: lines that rekon made, with what a stranger wrote in them harmless.
fn data(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(|line| escape(line).into_owned()).collect();
    let mut text = lines.join("\n");
    if let Some((end, _)) = text.char_indices().nth(MOST_CHARACTERS) {
        text.truncate(end);
        text.push('…');
    }
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property, which also ends at a comma and a colon.
fn property(text: &str) -> String {
    data(&escape(text)).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Record, RecordLabel, Severity};
    use crate::report::review::Subject;
    use crate::report::samples;

    fn record(file: &str, message: &str) -> Record {
        let label = RecordLabel {
            file: file.into(),
            line: 3,
            column: 1,
            end_line: 3,
            end_column: 9,
            message: String::new(),
        };
        Record {
            code: "unknown-key".into(),
            severity: Severity::Error,
            message: message.into(),
            help: Some("did you mean name?".into()),
            labels: vec![label],
        }
    }

    fn drawn(records: &[Record]) -> String {
        review(Document::Diagnostics { of: Subject::Plan, stack: None, records })
    }

    #[test]
    fn a_complaint_stands_on_its_line_and_ends_where_it_ends() {
        assert_eq!(
            drawn(&[record("cameras/x.toml", "there is no key nmae")]),
            "::error file=cameras/x.toml,line=3,endLine=3,col=1,endColumn=9,\
             title=rekon%3A unknown-key::there is no key nmae%0Ahelp: did you mean name?\n"
        );
        let hostile = record("a,b:c%\n::x.toml", "100%\r\n::error::pwned\u{1b}[2J");
        assert_eq!(
            drawn(&[hostile]),
            "::error file=a%2Cb%3Ac%25\\n%3A%3Ax.toml,line=3,endLine=3,col=1,endColumn=9,\
             title=rekon%3A unknown-key::100%25\\r%0A::error::pwned\\u{1b}[2J%0A\
             help: did you mean name?\n"
        );
    }

    #[test]
    fn the_tenth_counts_what_github_would_not_show() {
        let records: Vec<Record> =
            (0..40).map(|number| record("a.toml", &format!("mistake {number}"))).collect();
        let lines = drawn(&records);
        assert_eq!(lines.lines().count(), 10, "{lines}");
        let last = lines.lines().last().unwrap();
        assert_eq!(last, "::error title=rekon%3A 31 more errors::31 unknown-key");
        assert_eq!(drawn(&records[..10]).lines().count(), 10);
        assert_eq!(drawn(&[]), "");
    }

    #[test]
    fn one_line_that_changes_a_fleet_is_annotated_once_and_what_goes_blind_comes_first() {
        let plan = samples::sample();
        let lines = review(Document::Plan(&plan, None));
        assert!(
            lines.starts_with(
                "::warning file=cameras/garage.toml,line=5,endLine=5,col=1,endColumn=1,\
                 title=rekon%3A replace garage::role_arn: role/OldRole → role/RekognitionStreams"
            ),
            "{lines}"
        );
    }
}
