//! What there is to say about lines of the files: what is wrong there, and what each
//! causes. The formats that point at lines draw these and nothing else.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use super::{drift, outcome, summary};
use crate::diagnostic::{Code, Record, RecordLabel, Severity};
use crate::model::{Attribute, Location};
use crate::plan::{
    Action, AttributeChange, Category, Change, Drift, Effect, Finding, Operation, Outcome, Plan,
    Refusal, RefusalCode, blindness,
};
use crate::report::review::Document;
use crate::report::values::{at_least, count, difference, first_of, pair};

/// How many names are told of what is alike.
const MOST_NAMES: usize = 10;

/// How much a remark weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::report) enum Level {
    /// Nothing goes on because of it, or something is lost.
    Error,
    /// A camera goes blind, or something is to be looked at.
    Warning,
    /// Worth knowing.
    Notice,
}

/// Something to say about a line, or about none.
#[derive(Clone, Debug)]
pub(in crate::report) struct Remark<'a> {
    pub level: Level,
    pub rule: Rule,
    /// In a few words.
    pub title: String,
    /// In full; texts as they came.
    pub message: String,
    pub place: Option<Place<'a>>,
    /// What else belongs to it, and what is there.
    pub others: Vec<(Place<'a>, &'a str)>,
    /// What tells it from others of its rule, wherever it stands.
    pub identity: Vec<String>,
}

/// A place in a file; the end, where it is known, is behind the last character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::report) struct Place<'a> {
    pub file: &'a str,
    pub start: (usize, usize),
    pub end: Option<(usize, usize)>,
}

/// What kind of remark it is. Its name is stable.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::report) enum Rule {
    /// By the code of the diagnostic.
    Diagnostic(String),
    Refusal(RefusalCode),
    Change(Action),
    Drift(Category),
    /// A processor that is gone and was not meant to be.
    Removed,
    Failed,
    Moved,
    NotTried,
}

impl Rule {
    /// The stable name.
    pub(in crate::report) fn name(&self) -> String {
        match self {
            Rule::Diagnostic(code) => code.clone(),
            Rule::Refusal(code) => format!("refusal/{}", code.as_str()),
            Rule::Change(action) => format!("change/{}", verb(*action)),
            Rule::Drift(category) => format!("drift/{}", category.as_str()),
            Rule::Removed => "outcome/removed".to_owned(),
            Rule::Failed => "outcome/failed".to_owned(),
            Rule::Moved => "outcome/moved".to_owned(),
            Rule::NotTried => "outcome/not-tried".to_owned(),
        }
    }

    /// What it means, in a sentence.
    pub(in crate::report) fn about(&self) -> &'static str {
        match self {
            Rule::Diagnostic(code) => Code::ALL
                .iter()
                .find(|known| known.as_str() == code)
                .map_or("Another version of rekon said this.", |known| known.about()),
            Rule::Refusal(code) => code.about(),
            Rule::Change(action) => match action {
                Action::Delete => "The processor is deleted, and its camera goes blind.",
                Action::Replace => {
                    "The processor is deleted and created again; meanwhile its camera is blind."
                }
                Action::Create => "The processor is created.",
                Action::Update => "The processor is changed in place.",
                Action::Adopt => "The processor is marked as this stack's.",
                Action::Record => {
                    "The marks of the processor are brought up to date, or taken away."
                }
                Action::Start => "The face search is started.",
                Action::Stop => "The face search is stopped.",
            },
            Rule::Drift(category) => match category {
                Category::Changed => "The processor was changed outside of the files.",
                Category::Missing => "The processor is declared and not there.",
                Category::Failed => "The status of the processor is FAILED.",
                Category::Undeclared => "No file declares the processor.",
                Category::Unknown => "The processor differs, and no record says which side moved.",
                Category::Pending => "The files moved, and were not applied yet.",
            },
            Rule::Removed => "The processor was deleted and could not be created again.",
            Rule::Failed => "Not all was done to the processor that was planned.",
            Rule::Moved => "The processor was not as the plan expects, so nothing was done to it.",
            Rule::NotTried => "Nothing was done to the processor because of something else.",
        }
    }
}

/// What is said of a document, the worst first.
pub(in crate::report) fn remarks(document: Document<'_>) -> Vec<Remark<'_>> {
    let mut remarks = match document {
        Document::Plan(plan, _) => of_plan(plan),
        Document::Drift(drift, _) => of_drift(drift),
        Document::Outcome(outcome, plan) => of_outcome(outcome, plan),
        Document::Diagnostics { records, .. } => records.iter().map(of_record).collect(),
    };
    remarks.sort_by_key(|remark| remark.level);
    remarks
}

impl<'a> Place<'a> {
    fn of(Location { file, line, column }: &'a Location) -> Place<'a> {
        Place { file, start: (*line, *column), end: None }
    }

    fn label(label: &'a RecordLabel) -> Place<'a> {
        let RecordLabel { file, line, column, end_line, end_column, message: _ } = label;
        Place { file, start: (*line, *column), end: Some((*end_line, *end_column)) }
    }
}

fn of_record(record: &Record) -> Remark<'_> {
    let Record { code, severity, message, help, labels } = record;
    let help = help.iter().map(|help| format!("\nhelp: {help}"));
    Remark {
        level: match severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warning,
            Severity::Note => Level::Notice,
        },
        rule: Rule::Diagnostic(code.clone()),
        title: code.clone(),
        message: std::iter::once(message.clone()).chain(help).collect(),
        place: labels.first().map(Place::label),
        others: labels
            .iter()
            .skip(1)
            .map(|label| (Place::label(label), label.message.as_str()))
            .collect(),
        identity: vec![message.clone()],
    }
}

fn of_plan(plan: &Plan) -> Vec<Remark<'_>> {
    let mut remarks = of_refusals(plan);
    remarks.extend(plan.diagnostics.iter().map(of_record));
    remarks.extend(of_changes(plan));
    remarks
}

fn by_name(plan: &Plan) -> HashMap<&str, &Change> {
    plan.changes.iter().map(|change| (change.name.as_str(), change)).collect()
}

/// A refusal points at its processor; one of a guard at the first that it is about.
fn of_refusals(plan: &Plan) -> Vec<Remark<'_>> {
    let by_name = by_name(plan);
    let first_to = |action| {
        let mut changes = plan.changes.iter().filter(|change| change.source.is_some());
        changes.find(|change| change.actions.contains(&action))
    };
    let remarks = plan.refusals.iter().map(|refusal| {
        let Refusal { code, name, message: _, help } = refusal;
        let change = match (name, code) {
            (Some(name), _) => by_name.get(name.as_str()).copied(),
            (None, RefusalCode::GuardDeletes) => first_to(Action::Delete),
            (None, RefusalCode::GuardReplacements) => first_to(Action::Replace),
            (None, RefusalCode::GuardUpdates) => first_to(Action::Update),
            (None, RefusalCode::GuardCreates) => first_to(Action::Create),
            (None, _) => None,
        };
        let help = help.iter().map(|help| format!("\nhelp: {help}"));
        Remark {
            level: Level::Error,
            rule: Rule::Refusal(*code),
            title: format!("refused: {}", code.as_str()),
            message: std::iter::once(summary::refusal(refusal)).chain(help).collect(),
            place: change.and_then(cause).map(Place::of),
            others: Vec::new(),
            identity: name.iter().cloned().collect(),
        }
    });
    remarks.collect()
}

/// The line that a change is due to: of what forces a replacement, else its table.
fn cause(change: &Change) -> Option<&Location> {
    let forces = change.attributes.iter().find(|one| one.effect == Effect::Replace);
    forces.and_then(|one| one.source.as_ref()).or(change.source.as_ref())
}

/// What is said at once of all that one line causes.
#[derive(PartialEq, Eq, Hash)]
struct Cause<'a> {
    action: Action,
    /// The name that it had, if it gets another one.
    moved_from: Option<&'a str>,
    place: Option<&'a Location>,
    /// What the line does; nothing, where it is the processor as a whole.
    what: Option<[String; 2]>,
}

fn of_changes(plan: &Plan) -> Vec<Remark<'_>> {
    let moved: BTreeSet<&str> =
        plan.changes.iter().filter_map(|change| change.moved_from.as_deref()).collect();
    let mut causes: Vec<(Cause<'_>, Vec<&Change>)> = Vec::new();
    let mut places: HashMap<Cause<'_>, usize> = HashMap::new();
    // A new name is one change with the old one.
    for change in plan.changes.iter().filter(|change| !moved.contains(change.name.as_str())) {
        for cause in causes_of(change) {
            match places.get(&cause) {
                Some(at) => causes[*at].1.push(change),
                None => {
                    let again = Cause { what: cause.what.clone(), ..cause };
                    places.insert(again, causes.len());
                    causes.push((cause, vec![change]));
                }
            }
        }
    }
    causes.sort_by_key(|(cause, changes)| (weight(cause), Reverse(changes.len())));
    let operations: HashMap<&str, Operation> =
        plan.calls.iter().map(|call| (call.id.as_str(), call.operation)).collect();
    causes.into_iter().map(|(cause, changes)| of_cause(cause, &changes, &operations)).collect()
}

/// The worst first, with a new name as a replacement.
fn weight(cause: &Cause<'_>) -> Action {
    if cause.moved_from.is_some() { Action::Replace } else { cause.action }
}

/// Each line that has a part in a change.
fn causes_of(change: &Change) -> Vec<Cause<'_>> {
    let moved_from = change.moved_from.as_deref();
    let whole = |action| Cause { action, moved_from, place: change.source.as_ref(), what: None };
    let has = |action: Action| change.actions.contains(&action);
    for action in [Action::Delete, Action::Create] {
        if has(action) {
            return vec![whole(action)];
        }
    }
    let causes = change.attributes.iter().map(|one| {
        let AttributeChange { attribute, before, after, effect, source, .. } = one;
        let (old, new) = pair(attribute, before.as_ref(), after.as_ref());
        let more = difference(attribute, before.as_ref(), after.as_ref());
        let more = more.map(|more| format!(" ({more})")).unwrap_or_default();
        let action = match effect {
            Effect::Replace => Action::Replace,
            _ if *attribute == Attribute::DesiredStatus && has(Action::Start) => Action::Start,
            _ if *attribute == Attribute::DesiredStatus && has(Action::Stop) => Action::Stop,
            Effect::InPlace | Effect::Create | Effect::Delete => Action::Update,
        };
        let place = source.as_ref().or(change.source.as_ref());
        let what = Some([attribute.to_string(), format!("{old} → {new}{more}")]);
        Cause { action, moved_from: None, place, what }
    });
    let mut causes: Vec<Cause<'_>> = causes.collect();
    let told = |action: &Action| causes.iter().any(|cause| cause.action == *action);
    let rest = change.actions.iter().filter(|action| !told(action)).copied();
    let rest: Vec<Cause<'_>> = rest.map(whole).collect();
    causes.extend(rest);
    causes
}

fn of_cause<'a>(
    cause: Cause<'a>,
    changes: &[&'a Change],
    operations: &HashMap<&str, Operation>,
) -> Remark<'a> {
    let Cause { action, moved_from, place, what } = cause;
    let names: Vec<&str> = changes.iter().map(|change| change.name.as_str()).collect();
    let who = who(&names);
    let title = match moved_from {
        Some(old) => format!("new name for {old}: {who}"),
        None => format!("{} {who}", verb(action)),
    };
    let mut message = match (&what, names.len()) {
        (Some([path, values]), 1) => format!("{path}: {values}"),
        (Some([path, values]), many) => {
            format!("{path}: {values} on {}", count(many, "processor"))
        }
        _ => Rule::Change(action).about().to_owned(),
    };
    if let Some(named) = named(&names) {
        message.push_str(&format!("\n{named}"));
    }
    let blind = moved_from.is_some() || action == Action::Replace;
    let calls = changes.first().into_iter().flat_map(|change| &change.calls);
    let calls: Vec<Operation> =
        calls.filter_map(|id| operations.get(id.as_str()).copied()).collect();
    if let Some(time) = blindness(&calls).filter(|_| blind) {
        message.push_str(&format!("\nblind for at least {}", at_least(time)));
    }
    Remark {
        level: match action {
            Action::Delete => Level::Warning,
            _ if blind => Level::Warning,
            _ => Level::Notice,
        },
        rule: Rule::Change(action),
        title,
        message,
        place: place.map(Place::of),
        others: Vec::new(),
        identity: match what {
            // Who else has the same line does not make it another one.
            Some(what) => what.to_vec(),
            None => vec![names.join(" ")],
        },
    }
}

fn of_drift<'a>(drift: &'a Drift) -> Vec<Remark<'a>> {
    let findings: HashMap<(&str, Category), &'a Finding> =
        drift.findings.iter().map(|one| ((one.name.as_str(), one.category), one)).collect();
    let mut remarks: Vec<Remark<'a>> = drift.diagnostics.iter().map(of_record).collect();
    for entry in drift::drift_entries(drift) {
        let first = entry.names.first().and_then(|name| findings.get(&(*name, entry.category)));
        let Some(first) = first else { continue };
        let words = drift::category(entry.category);
        let about = [entry.message, entry.who.as_deref(), entry.standing.as_deref()];
        let named = named(&entry.names);
        let remark = |what: Option<String>, path: Option<&String>, place: Option<&'a Location>| {
            let lines = what.as_deref().into_iter().chain(about.iter().copied().flatten());
            let lines: Vec<&str> = lines.chain(named.as_deref()).collect();
            Remark {
                level: match entry.category {
                    Category::Missing | Category::Failed => Level::Error,
                    Category::Changed | Category::Unknown => Level::Warning,
                    Category::Undeclared | Category::Pending => Level::Notice,
                },
                rule: Rule::Drift(entry.category),
                title: format!("{}: {words}", who(&entry.names)),
                message: if lines.is_empty() { words.to_owned() } else { lines.join("\n") },
                place: place.map(Place::of),
                others: Vec::new(),
                identity: std::iter::once(entry.names.join(" ")).chain(path.cloned()).collect(),
            }
        };
        let rows = entry.rows.iter().zip(&first.attributes).map(|(row, one)| {
            let note = row.note.iter().map(|note| format!("\n{note}")).collect::<String>();
            let what = format!("{}: {}{note}", row.path, row.text);
            remark(Some(what), Some(&row.path), one.source.as_ref().or(first.source.as_ref()))
        });
        remarks.extend(rows);
        if entry.rows.is_empty() {
            remarks.push(remark(None, None, first.source.as_ref()));
        }
    }
    remarks
}

fn of_outcome<'a>(outcome: &'a Outcome, plan: &'a Plan) -> Vec<Remark<'a>> {
    let by_name = by_name(plan);
    let source = |name: &str| by_name.get(name)?.source.as_ref().map(Place::of);
    let remark = |level, rule, names: &[&str], words: &str, message: String| Remark {
        level,
        rule,
        title: format!("{}: {words}", who(names)),
        message,
        place: names.first().and_then(|name| source(name)),
        others: Vec::new(),
        identity: names.iter().map(|name| (*name).to_owned()).collect(),
    };
    let gone = outcome.removed.iter().filter(|removed| !removed.planned).map(|removed| {
        let message = format!("restore it with: {}", removed.restore);
        remark(Level::Error, Rule::Removed, &[&removed.name], "removed and not recreated", message)
    });
    let mut remarks: Vec<Remark<'a>> = gone.collect();
    remarks.extend(of_refusals(plan));
    for group in outcome::groups(outcome, plan).into_iter().rev() {
        let Some(first) = group.first() else { continue };
        let (level, rule) = match first.fated {
            outcome::Fated::Failed => (Level::Error, Rule::Failed),
            outcome::Fated::Moved => (Level::Warning, Rule::Moved),
            outcome::Fated::NotTried => (Level::Warning, Rule::NotTried),
            outcome::Fated::Done => continue,
        };
        let names: Vec<&str> = group.iter().map(|one| one.name).collect();
        let said = first.reasons().into_iter().chain(first.notes.iter().map(String::as_str));
        let named = named(&names);
        let message = said.chain(first.help).chain(named.as_deref());
        let message = message.collect::<Vec<_>>().join("\n");
        let words = outcome::fated(first.fated, first.operation);
        remarks.push(remark(level, rule, &names, &words, message));
    }
    remarks
}

fn who(names: &[&str]) -> String {
    match names {
        [one] => (*one).to_owned(),
        many => count(many.len(), "processor"),
    }
}

/// Of several that are alike, the first by name.
fn named(names: &[&str]) -> Option<String> {
    (names.len() > 1).then(|| first_of(names.iter().copied(), MOST_NAMES))
}

fn verb(action: Action) -> &'static str {
    match action {
        Action::Delete => "delete",
        Action::Replace => "replace",
        Action::Create => "create",
        Action::Update => "update",
        Action::Adopt => "adopt",
        Action::Record => "record",
        Action::Start => "start",
        Action::Stop => "stop",
    }
}
