//! What moved away from what was applied, processor by processor.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::applied::{Applied, Base, origin, real};
use super::build::{Planning, is_renamed, items, undeclared};
use super::item::{Intent, Item, Work};
use super::notices::notices;
use super::ownership::Owner;
use super::seen::{Sighting, Since};
use super::unread::{Unread, matters};
use super::{FORMAT_VERSION, Narrowing, Origin};
use crate::desired::{Desired, Destination, DriftIgnore, OnDrift, Stack};
use crate::diagnostic::{Code, Diagnostic, Record, Sources};
use crate::diff::Difference;
use crate::model::{Attribute, Definition, Dialect, Live, Location, Recorded, Status, Value};

/// What to look for.
#[derive(Clone, Debug, Default)]
pub struct DriftOptions {
    /// Which processors are looked at.
    pub narrowing: Narrowing,
    /// Whether processors that no file declares are findings.
    pub undeclared: bool,
    /// The day, which ends what is known until then.
    pub today: Option<jiff::civil::Date>,
    /// What the files said when they were applied, where no record says it.
    pub base: Option<Arc<Desired>>,
}

/// What moved away from what was applied. Its JSON is versioned.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drift {
    /// The version of the document.
    pub format_version: String,
    /// The version of the rekon that made it.
    pub rekon_version: String,
    /// Whose fleet it is.
    pub stack: Stack,
    /// False when a part that matters could not be read: then nothing is clean.
    pub complete: bool,
    /// The findings in numbers, by category; and what was looked at.
    pub summary: DriftSummary,
    /// By name, then by category.
    pub findings: Vec<Finding>,
    /// What became of the findings since an earlier look, where that was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Since>,
    /// What the files and reading had to say.
    pub diagnostics: Vec<Record>,
    /// The processors that narrowing leaves out.
    #[serde(skip)]
    pub left_out: BTreeSet<String>,
    /// Whether processors that no file declares are findings.
    #[serde(skip)]
    pub looks_for_undeclared: bool,
}

/// The findings in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DriftSummary {
    /// Processors that were looked at.
    pub processors: usize,
    /// Those of them of which there is nothing to say.
    pub clean: usize,
    /// Processors that the service changed.
    pub changed: usize,
    /// Processors that are declared and not there.
    pub missing: usize,
    /// Processors whose status is FAILED.
    pub failed: usize,
    /// Processors that no file declares, and that no stack marked.
    pub undeclared: usize,
    /// Processors that the files changed.
    pub pending: usize,
    /// Processors that differ, and nobody knows which side moved.
    pub unknown: usize,
    /// Differences that `[[drift.ignore]]` takes for granted.
    pub ignored: usize,
}

/// One thing to say of one processor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The processor.
    pub name: String,
    /// What kind of thing it is.
    pub category: Category,
    /// What differs, of what differs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Drifted>,
    /// What the service says of a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What the next apply makes of what is pending, where no attribute says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outlook: Option<Outlook>,
    /// Where the processor is declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Location>,
    /// Who made the last change, where that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub who: Option<Who>,
    /// Whether it was there at an earlier look, where that was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<Sighting>,
    /// The tags that people gave it, as they live and as they are declared.
    #[serde(skip)]
    pub tags: BTreeSet<(String, String)>,
}

/// What kind of thing a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// The service moved.
    Changed,
    /// It is declared and not there.
    Missing,
    /// Its status is FAILED.
    Failed,
    /// No file declares it and no stack marked it.
    Undeclared,
    /// It differs, and nobody knows which side moved.
    Unknown,
    /// The file moved: no drift.
    Pending,
}

impl Category {
    /// All of them, the gravest first.
    pub const ALL: [Category; 6] = [
        Category::Changed,
        Category::Missing,
        Category::Failed,
        Category::Undeclared,
        Category::Unknown,
        Category::Pending,
    ];

    /// The word that JSON and options use.
    pub fn as_str(self) -> &'static str {
        match self {
            Category::Changed => "changed",
            Category::Missing => "missing",
            Category::Failed => "failed",
            Category::Undeclared => "undeclared",
            Category::Unknown => "unknown",
            Category::Pending => "pending",
        }
    }
}

/// What the next apply makes of a processor, whatever its attributes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outlook {
    /// It gets this stack's marks.
    Adopted,
    /// It is deleted, since no file declares it any more.
    Deleted,
    /// It would be deleted, and is protected: apply refuses.
    Protected,
    /// It is deleted and created again under the name that the files give it.
    Renamed,
    /// It loses the marks, and stays.
    Released,
    /// Another stack manages it: apply refuses.
    Refused,
}

impl Outlook {
    /// All of them.
    pub const ALL: [Outlook; 6] = [
        Outlook::Adopted,
        Outlook::Deleted,
        Outlook::Protected,
        Outlook::Renamed,
        Outlook::Released,
        Outlook::Refused,
    ];

    /// The word that JSON uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Outlook::Adopted => "adopted",
            Outlook::Deleted => "deleted",
            Outlook::Protected => "protected",
            Outlook::Renamed => "renamed",
            Outlook::Released => "released",
            Outlook::Refused => "refused",
        }
    }

    fn of(item: &Item<'_>, desired: &Desired) -> Option<Outlook> {
        let moved = desired.hand_overs.moved(item.name);
        let renamed = || moved.is_some_and(|moved| matches!(moved.to, Destination::Name(_)));
        let protected = || item.owner.record().is_some_and(|record| record.protected);
        match (item.declaration, item.work) {
            (None, Work::Delete) if protected() => Some(Outlook::Protected),
            (None, Work::Delete) if renamed() => Some(Outlook::Renamed),
            (None, Work::Delete) => Some(Outlook::Deleted),
            (None, Work::Modify) => Some(Outlook::Released),
            (Some(_), _) if item.is_adopted() => Some(Outlook::Adopted),
            (Some(_), _) if matches!(item.owner, Owner::Other(_)) => Some(Outlook::Refused),
            _ => None,
        }
    }
}

/// One attribute, as it was applied, lives and is declared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drifted {
    /// The attribute's dotted path.
    pub path: String,
    /// What was applied.
    pub recorded: RecordedValue,
    /// What lives; null: nothing.
    pub live: Json,
    /// What is declared; null: nothing.
    pub declared: Json,
    /// Which side moved.
    pub origin: Origin,
    /// Where the declared value was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Location>,
    /// Which attribute it is, and its values, for whoever words it.
    #[serde(skip)]
    pub difference: Difference,
}

/// What was applied, which is recorded as a digest: it is known where it is that of a
/// value on either side.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordedValue {
    /// This value; null: nothing.
    Value(Json),
    /// A value with this digest, which is on neither side.
    Digest(String),
    /// There is no record of it.
    None,
}

/// Who made a change, as CloudTrail says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Who {
    /// The principal; null where the trail does not say.
    pub principal: Option<String>,
    /// What was called.
    pub operation: Option<String>,
    /// When.
    pub at: Option<jiff::Timestamp>,
    /// The address that it came from.
    pub source_ip: Option<String>,
    /// Whether it was a call of rekon's, as the call itself says.
    pub by_rekon: bool,
    /// Why nobody can say.
    pub unknown: Option<String>,
}

/// Compares what lives with what was applied and what is declared.
pub fn drift(
    desired: &Desired,
    sources: &Sources,
    warnings: &[Diagnostic],
    live: &Live,
    options: &DriftOptions,
) -> Drift {
    // What is known is compared like all else, and told apart.
    let intent = Intent {
        on_drift: OnDrift::Revert,
        leaves_config: false,
        ignores: false,
        today: options.today,
    };
    let items = items(desired, live, options.base.as_deref(), intent);
    let unread = Unread::new(live);
    let mut chosen = options.narrowing.choose(&items);
    let all = Narrowing::default().choose(&items);
    let left_out = all.difference(&chosen).map(|index| items[*index].name.to_string()).collect();
    chosen.retain(|index| unread.leaves(&items[*index]));
    let mut comparing =
        Comparing { desired, sources, live, intent, ignored: 0, used: BTreeMap::new() };
    let mut findings = Vec::new();
    for index in &chosen {
        findings.extend(comparing.findings(&items[*index]));
    }
    let others = undeclared(&items, &unread, desired, live);
    if options.undeclared {
        findings.extend(others.iter().map(|name| Finding::new(name, Category::Undeclared)));
    }
    findings.sort_by(|one, other| (&one.name, one.category).cmp(&(&other.name, other.category)));
    let mut summary = DriftSummary {
        processors: chosen.len(),
        undeclared: others.len(),
        ignored: comparing.ignored,
        ..DriftSummary::default()
    };
    let mut concerned: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.category != Category::Undeclared)
        .map(|finding| finding.name.as_str())
        .collect();
    concerned.dedup();
    summary.clean = chosen.len() - concerned.len();
    for finding in &findings {
        match finding.category {
            Category::Changed => summary.changed += 1,
            Category::Missing => summary.missing += 1,
            Category::Failed => summary.failed += 1,
            Category::Unknown => summary.unknown += 1,
            Category::Pending => summary.pending += 1,
            Category::Undeclared => {}
        }
    }
    let complete = !live.problems.iter().any(|problem| matters(problem, desired, live, &items));
    let over = comparing.over();
    let planning = Planning { desired, live, items, chosen };
    let found = notices(&planning).into_iter().filter(|found| {
        // Findings say these.
        !matches!(found.code, Code::ProcessorFailed | Code::Adopts | Code::LeftAlone)
    });
    let diagnostics = warnings.iter().cloned().chain(found).chain(over);
    Drift {
        format_version: FORMAT_VERSION.to_owned(),
        rekon_version: env!("CARGO_PKG_VERSION").to_owned(),
        stack: desired.stack.clone(),
        complete,
        summary,
        findings,
        since: None,
        diagnostics: diagnostics.map(|diagnostic| Record::new(&diagnostic, sources)).collect(),
        left_out,
        looks_for_undeclared: options.undeclared,
    }
}

impl Finding {
    pub(super) fn new(name: &str, category: Category) -> Finding {
        Finding {
            name: name.to_owned(),
            category,
            attributes: Vec::new(),
            message: None,
            outlook: None,
            source: None,
            who: None,
            seen: None,
            tags: BTreeSet::new(),
        }
    }
}

/// What comparing needs and gathers.
struct Comparing<'a> {
    desired: &'a Desired,
    sources: &'a Sources,
    live: &'a Live,
    intent: Intent,
    ignored: usize,
    /// How often each entry of `[[drift.ignore]]` was of use.
    used: BTreeMap<usize, usize>,
}

impl Comparing<'_> {
    /// All that is to be said of one processor.
    fn findings(&mut self, item: &Item<'_>) -> Vec<Finding> {
        let source =
            item.declaration.map(|declaration| self.sources.locate_entry(declaration.span));
        let sides = || item.live.map(|live| &live.definition).into_iter().chain([&*item.after]);
        let finding = |category| Finding {
            source: source.clone(),
            tags: sides().flat_map(Definition::given_tags).collect(),
            ..Finding::new(item.name.as_str(), category)
        };
        let mut findings = Vec::new();
        let Some(live) = item.live else {
            let renamed = is_renamed(item, self.desired, self.live);
            let outlook = renamed.then_some(Outlook::Renamed);
            // What the files did not declare before waits to be created.
            let new = matches!(item.base, Some(Base::Undeclared));
            let category = if renamed || new { Category::Pending } else { Category::Missing };
            return vec![Finding { outlook, ..finding(category) }];
        };
        if live.status == Status::Failed {
            let message = live.status_message.clone();
            findings.push(Finding { message, ..finding(Category::Failed) });
        }
        if item.declaration.is_none() {
            // Its table is gone, or it is to be let go: the files moved.
            let outlook = Outlook::of(item, self.desired);
            findings.push(Finding { outlook, ..finding(Category::Pending) });
            return findings;
        }
        let mut by_category: BTreeMap<Category, Vec<Drifted>> = BTreeMap::new();
        for difference in &item.differences {
            let origin = origin(difference, item.applied(), self.desired);
            let category = match origin {
                Origin::Drift | Origin::Both => Category::Changed,
                Origin::Unknown => Category::Unknown,
                Origin::Config => Category::Pending,
            };
            if category != Category::Pending && self.is_ignored(item, difference) {
                self.ignored += 1;
                continue;
            }
            by_category.entry(category).or_default().push(self.drifted(item, difference, origin));
        }
        // Where nothing else differs, what is to be adopted waits for an apply.
        let outlook = Outlook::of(item, self.desired);
        if outlook.is_some() {
            by_category.entry(Category::Pending).or_default();
        }
        let changed = by_category.into_iter();
        findings.extend(changed.map(|(category, attributes)| {
            let outlook = outlook.filter(|_| category == Category::Pending);
            Finding { attributes, outlook, ..finding(category) }
        }));
        findings
    }

    fn is_ignored(&mut self, item: &Item<'_>, difference: &Difference) -> bool {
        let live = real(&difference.attribute, &difference.before);
        let covers = |one: &DriftIgnore| {
            !one.is_over(self.intent.today) && one.covers(item.name, &difference.attribute, live)
        };
        let found = self.desired.drift_ignores.iter().position(covers);
        if let Some(at) = found {
            *self.used.entry(at).or_default() += 1;
        }
        found.is_some()
    }

    fn drifted(&self, item: &Item<'_>, difference: &Difference, origin: Origin) -> Drifted {
        let Difference { attribute, before, after } = difference;
        let (live, declared) = (json(before.as_ref()), json(after.as_ref()));
        let recorded = match origin {
            Origin::Unknown => RecordedValue::None,
            Origin::Config => RecordedValue::Value(live.clone()),
            Origin::Drift => RecordedValue::Value(declared.clone()),
            Origin::Both => recorded(item, attribute),
        };
        let place = item.declaration.and_then(|declaration| declaration.place(attribute));
        Drifted {
            path: attribute.to_string(),
            recorded,
            live,
            declared,
            origin,
            source: place.filter(|_| after.is_some()).map(|place| self.sources.locate(place.span)),
            difference: difference.clone(),
        }
    }

    /// The entries whose time is over, or that are of no use.
    fn over(&self) -> Vec<Diagnostic> {
        let entries = self.desired.drift_ignores.iter().enumerate();
        entries
            .filter_map(|(at, entry)| {
                let (message, label) = match (entry.is_over(self.intent.today), self.used.get(&at))
                {
                    (true, _) => {
                        (format!("the day of this entry is over: {}", entry.reason), "over")
                    }
                    (false, None) => {
                        (format!("this entry ignores nothing: {}", entry.reason), "of no use")
                    }
                    (false, Some(_)) => return None,
                };
                Some(
                    Diagnostic::new(Code::IdleDriftIgnore, message)
                        .label(entry.span, label)
                        .help("decide anew, or take it away"),
                )
            })
            .collect()
    }
}

/// A side in the TOML's shape.
fn json(side: Option<&Value>) -> Json {
    side.map_or(Json::Null, |value| value.to_json(Dialect::Toml))
}

/// What is known of an attribute that is as it was on neither side.
fn recorded(item: &Item<'_>, attribute: &Attribute) -> RecordedValue {
    let record = match item.applied() {
        Applied::Base(Base::Declared { definition, .. }) => {
            return RecordedValue::Value(json(definition.get(attribute)));
        }
        Applied::Base(Base::Undeclared) | Applied::Unknown => return RecordedValue::None,
        Applied::Record(record) => record,
    };
    match record.recorded(attribute) {
        Recorded::Value(digest) => RecordedValue::Digest(digest.to_string()),
        Recorded::Absent => RecordedValue::Value(Json::Null),
        Recorded::Unmanaged | Recorded::Unknown => RecordedValue::None,
    }
}
