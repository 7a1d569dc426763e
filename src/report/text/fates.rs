//! What became of each processor, in the report and while it happens.

use std::collections::HashMap;

use crate::model::Location;
use crate::plan::{Fate, Operation, Outcome, Plan, ProcessorOutcome};
use crate::report::escape::escape_lines;
use crate::report::layout::{Line, heading, paragraph};
use crate::report::palette::Meaning;
use crate::report::values::count;
use crate::report::{Settings, escape};

const INDENT: usize = 4;

/// From how many processors on the same fate is told once.
const CROWD: usize = 3;

/// Where processors are declared, by name.
type Places<'a> = HashMap<&'a str, &'a Location>;

/// Draws one line for a processor that has just ended.
pub fn event(name: &str, fate: &Fate, settings: Settings) -> String {
    let text = match fate {
        Fate::Done => String::new(),
        Fate::Failed { call: _, operation, reason, help: _ } => {
            format!(": {}: {}", failure(*operation), escape(reason))
        }
        Fate::NotTried { reason } => format!(": not tried: {}", escape(reason)),
        Fate::Moved { differences } => {
            let differences: Vec<_> = differences.iter().map(|text| escape(text)).collect();
            format!(": moved, nothing was done: {}", differences.join("; "))
        }
    };
    let mut out = String::new();
    title(fate, &escape(name), settings).push(Meaning::Plain, &text).finish(&mut out);
    out
}

/// Draws every processor that did not end as planned, and how many did.
pub(super) fn fates(out: &mut String, outcome: &Outcome, plan: &Plan, settings: Settings) {
    let places: Places<'_> = plan
        .changes
        .iter()
        .filter_map(|change| Some((change.name.as_str(), change.source.as_ref()?)))
        .collect();
    let groups = gather(&outcome.processors);
    let (done, rest): (Vec<_>, Vec<_>) = groups
        .into_iter()
        .partition(|group| matches!(group.first().map(|one| &one.fate), Some(Fate::Done)));
    let (noted, done): (Vec<_>, Vec<_>) =
        done.into_iter().partition(|group| group.first().is_some_and(|one| !one.notes.is_empty()));
    if !settings.is_quiet() {
        let done: Vec<&ProcessorOutcome> = done.into_iter().flatten().collect();
        all_done(out, &done, outcome, settings);
    }
    for group in noted.iter().chain(&rest) {
        one(out, group, &places, settings);
        out.push('\n');
    }
}

/// Gathers processors that share everything but their names; few of a kind stay
/// single. The gravest come last, next to the summary and the prompt.
fn gather(processors: &[ProcessorOutcome]) -> Vec<Vec<&ProcessorOutcome>> {
    let mut groups: Vec<Vec<&ProcessorOutcome>> = Vec::new();
    let mut places: HashMap<_, usize> = HashMap::new();
    for processor in processors {
        let ProcessorOutcome { name: _, fate, made, notes } = processor;
        let key = (fate_key(fate), made, notes);
        let place = *places.entry(key).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(processor),
            None => groups.push(vec![processor]),
        }
    }
    groups.sort_by_key(|group| group.first().map(|one| gravity(&one.fate)));
    groups
        .into_iter()
        .flat_map(|group| {
            if group.len() >= CROWD {
                vec![group]
            } else {
                group.into_iter().map(|one| vec![one]).collect()
            }
        })
        .collect()
}

/// What two fates must share to be told as one: all but the call's number.
fn fate_key(fate: &Fate) -> (u8, Option<Operation>, &str, Option<&str>, &[String]) {
    let (operation, reason, help, differences): (_, _, _, &[String]) = match fate {
        Fate::Done => (None, "", None, &[]),
        Fate::NotTried { reason } => (None, reason.as_str(), None, &[]),
        Fate::Moved { differences } => (None, "", None, differences),
        Fate::Failed { call: _, operation, reason, help } => {
            (*operation, reason.as_str(), help.as_deref(), &[])
        }
    };
    (gravity(fate), operation, reason, help, differences)
}

fn gravity(fate: &Fate) -> u8 {
    match fate {
        Fate::Done => 0,
        Fate::NotTried { .. } => 1,
        Fate::Moved { .. } => 2,
        Fate::Failed { .. } => 3,
    }
}

fn all_done(out: &mut String, done: &[&ProcessorOutcome], outcome: &Outcome, settings: Settings) {
    if done.is_empty() {
        return;
    }
    if settings.is_verbose() {
        let operations = |one: &ProcessorOutcome| {
            one.made.iter().map(|operation| operation.as_str()).collect::<Vec<_>>().join(", ")
        };
        for one in done {
            let right = [Line::new(settings).push(Meaning::Faint, &operations(one))];
            heading(out, title(&one.fate, &escape(&one.name), settings), &right, settings);
        }
        out.push('\n');
    } else if done.len() < outcome.processors.len() {
        // When all is done the summary line says so; else the reader wants to
        // know which are.
        let names: Vec<_> = done.iter().take(MOST_NAMES).map(|one| escape(&one.name)).collect();
        let more = done.len().saturating_sub(names.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let lead = title(&Fate::Done, "done", settings).push(Meaning::Plain, ": ");
        paragraph(out, &lead, 2, &format!("{}{more}", names.join(", ")), settings);
        out.push('\n');
    }
}

/// How many names of processors without trouble are told.
const MOST_NAMES: usize = 10;

/// Draws one processor's fate, or that of several who share it.
fn one(out: &mut String, group: &[&ProcessorOutcome], places: &Places<'_>, settings: Settings) {
    let Some(ProcessorOutcome { name, fate, made, notes }) = group.first().copied() else { return };
    let crowd = group.len() > 1;
    let left = if crowd { count(group.len(), "processor") } else { escape(name).into_owned() };
    let (words, reasons, help) = match fate {
        Fate::Done => ("done".to_owned(), Vec::new(), None),
        Fate::Failed { call: _, operation, reason, help } => {
            (failure(*operation), vec![reason], help.as_ref())
        }
        Fate::NotTried { reason } => ("not tried".to_owned(), vec![reason], None),
        Fate::Moved { differences } => (
            "moved since the plan: nothing was done".to_owned(),
            differences.iter().collect(),
            None,
        ),
    };
    let place = places.get(name.as_str()).filter(|_| !crowd);
    let place = place.map_or_else(String::new, ToString::to_string);
    let right = [
        Line::new(settings).push(meaning(fate), &words),
        Line::new(settings).push(Meaning::Faint, &escape(&place)),
    ];
    heading(out, title(fate, &left, settings), &right, settings);
    let indented = Line::new(settings).pad_to(INDENT);
    for reason in reasons {
        paragraph(out, &indented, INDENT + 2, &escape(reason), settings);
    }
    for note in notes {
        paragraph(out, &indented, INDENT + 2, &escape(note), settings);
    }
    if !made.is_empty() {
        let made: Vec<_> = made.iter().map(|operation| operation.as_str()).collect();
        let lead = indented.clone().push(Meaning::Faint, "made: ");
        paragraph(out, &lead, INDENT + 6, &made.join(", "), settings);
    }
    if let Some(help) = help {
        let lead = indented.clone().push(Meaning::Help, "help: ");
        paragraph(out, &lead, INDENT + 6, &escape_lines(help), settings);
    }
    if crowd {
        let names: Vec<_> = group.iter().map(|one| escape(&one.name)).collect();
        let all = settings.is_verbose() || matches!(fate, Fate::Failed { .. } | Fate::Moved { .. });
        if all {
            paragraph(out, &indented, INDENT, &names.join(", "), settings);
        } else {
            indented.push(Meaning::Faint, "(--verbose lists them)").finish(out);
        }
    }
}

fn failure(operation: Option<Operation>) -> String {
    match operation {
        Some(operation) => format!("{} failed", operation.as_str()),
        None => "failed".to_owned(),
    }
}

fn title(fate: &Fate, text: &str, settings: Settings) -> Line {
    let symbol = match fate {
        Fate::Done => settings.charset.pick("✓", "+"),
        Fate::Failed { .. } => settings.charset.pick("✗", "x"),
        Fate::NotTried { .. } => settings.charset.pick("·", "."),
        Fate::Moved { .. } => settings.charset.pick("≠", "!"),
    };
    Line::new(settings)
        .push(meaning(fate), symbol)
        .push(Meaning::Plain, " ")
        .push(Meaning::Strong, text)
}

fn meaning(fate: &Fate) -> Meaning {
    match fate {
        Fate::Done => Meaning::Good,
        Fate::Failed { .. } => Meaning::Error,
        Fate::NotTried { .. } | Fate::Moved { .. } => Meaning::Warning,
    }
}
