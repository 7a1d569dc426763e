//! Laying the layers over each other, and saying all that is wrong with them.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::extends::{self, Lineage, extended, is_unusable, lineage};
use super::layer::{Completeness, Merged, may_unset};
use super::names::{Names, gather};
use super::rules::{self, Facts};
use super::shapes::Zones;
use super::types::{Checked, Declaration, Desired, Guard, Layer, Lifecycle, Place};
use super::values::Typing;
use crate::config::{Loaded, Node, Property, Table, concerning, shorten};
use crate::diagnostic::{Code, Diagnostic, Severity, Span};
use crate::model::{Attribute, Definition, Kind, Path, ProcessorName, Value};

/// Resolves a project to what should exist.
///
/// All complaints come at once, those about reading the files included, in the
/// order of files and places. There is a desired state only if none of them is
/// an error.
pub fn resolve(loaded: &Loaded) -> Checked {
    let mut diagnostics = loaded.diagnostics.clone();
    let names = gather(loaded, &mut diagnostics);
    let complete = loaded.unknown.is_empty();
    let main_known = names.main.is_some_and(|main| loaded.is_known(main));
    let stack = match names.main {
        Some(main) if main_known && (names.stack.is_some() || !names.misplaced_stack) => {
            rules::stack(names.stack, Span::new(main, 0..0), &mut diagnostics)
        }
        _ => rules::StackFacts::default(),
    };
    let tag_policy = rules::policy(names.stack.and_then(Node::table));
    let zones = Zones::new(&names);
    let unusable_frames = &loaded.unusable_frames;
    let facts =
        Facts { stack, tag_policy, names: &names, zones: &zones, unusable_frames, complete };
    let uncontradicted = check_values(&facts, &mut diagnostics);
    extends::cycles(&names, &mut diagnostics);
    let hand_overs = rules::hand_overs(&names, &mut diagnostics);
    let drift_ignores = rules::drift_ignores(&names, &zones, &mut diagnostics);
    let mut merger = Merger::new(&names, main_known && !names.misplaced_defaults);
    let processors = check_processors(&facts, &uncontradicted, &mut merger, &mut diagnostics);
    merger.report(complete, &mut diagnostics);
    if complete {
        rules::unused(&names, &mut diagnostics);
    }
    diagnostics.sort_by_key(|diagnostic| {
        diagnostic.labels.first().map(|label| (label.span, diagnostic.code))
    });
    let diagnostics = names_told_once(diagnostics);
    let mut checked = Checked { desired: None, stack: facts.stack.resolve(), diagnostics };
    if let (false, Some(processors), Some(stack)) =
        (checked.has_errors(), processors, &checked.stack)
    {
        checked.desired = Some(Desired {
            stack: stack.clone(),
            guard: guard(names.guard),
            tag_policy: facts.tag_policy,
            ownership: rules::ownership(names.stack.and_then(Node::table)),
            drift_ignores,
            hand_overs,
            zones: zones.shaped(),
            processors,
        });
    }
    checked
}

/// Tells once of a template or zone that is not there, with the first places that
/// name it.
fn names_told_once(diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    const MOST: usize = 3;
    let mut first: HashMap<(Code, String), (usize, usize)> = HashMap::new();
    let mut told: Vec<Diagnostic> = Vec::with_capacity(diagnostics.len());
    for diagnostic in diagnostics {
        if !matches!(diagnostic.code, Code::UnknownTemplate | Code::UnknownZone) {
            told.push(diagnostic);
            continue;
        }
        match first.entry((diagnostic.code, diagnostic.message.clone())) {
            Entry::Vacant(place) => {
                place.insert((told.len(), 1));
                told.push(diagnostic);
            }
            Entry::Occupied(mut place) => {
                let (at, count) = place.get_mut();
                *count += 1;
                if *count <= MOST {
                    told[*at].labels.extend(diagnostic.labels);
                }
            }
        }
    }
    for (at, count) in first.into_values().filter(|(_, count)| *count > MOST) {
        told[at].message.push_str(&format!(", which {count} places name"));
    }
    told
}

fn guard(table: Option<&Table>) -> Guard {
    let default = Guard::default();
    let limit = |key, default| table.and_then(|table| table.get(key)?.count()).or(default);
    Guard {
        max_deletes: limit("max_deletes", default.max_deletes),
        max_replacements: limit("max_replacements", default.max_replacements),
        max_updates: limit("max_updates", default.max_updates),
        max_creates: limit("max_creates", default.max_creates),
    }
}

/// Where `[defaults]` holds those of each kind.
const KINDS: [(Kind, &str); 2] =
    [(Kind::LabelDetection, "label_detection"), (Kind::FaceSearch, "face_search")];

/// Checks every table by itself. Gives what of the stack no value contradicts.
fn check_values<'a>(facts: &Facts<'a>, diagnostics: &mut Vec<Diagnostic>) -> rules::StackFacts<'a> {
    let names = facts.names;
    let mut resources = rules::Resources::default();
    if let Some(defaults) = names.defaults.and_then(Node::table) {
        rules::values(defaults, None, facts, &mut resources, diagnostics);
        for (kind, key) in KINDS {
            let node = defaults.get(key);
            if let Some((node, table)) = node.and_then(|node| Some((node, node.table()?))) {
                rules::values(table, None, facts, &mut resources, diagnostics);
                rules::kind_defaults(kind, node, diagnostics);
            }
        }
    }
    for (_, zone) in names.zones.every() {
        rules::zone(zone, diagnostics);
    }
    for (name, node) in &names.processors.by_name {
        if ProcessorName::new(name).is_err() {
            diagnostics.push(invalid_name(name, node.key));
        }
    }
    let templates = names.templates.every().map(|(_, node)| (None, node));
    let processors = names.processors.every().map(|(name, node)| (Some(name), node));
    for (processor, node) in templates.chain(processors) {
        let Some(table) = node.table() else { continue };
        rules::values(table, processor, facts, &mut resources, diagnostics);
        extends::check(table, names, facts.complete, diagnostics);
    }
    resources.report(&facts.stack, diagnostics)
}

fn invalid_name(name: &str, span: Span) -> Diagnostic {
    let valid = |letter: char| letter.is_ascii_alphanumeric() || "_.-".contains(letter);
    let words: Vec<&str> =
        name.split(|letter| !valid(letter)).filter(|word| !word.is_empty()).collect();
    let suggestion = words.join("-");
    let rule = "a name is 1 to 128 letters, digits, `_`, `.` and `-`";
    let length = name.chars().count();
    let too_long = length > 128;
    let fault = match name.chars().find(|letter| !valid(*letter)) {
        Some(letter) if !too_long => format!("{letter:?} is not allowed in a name"),
        _ => format!("this has {length} characters"),
    };
    Diagnostic::new(Code::InvalidName, format!("`{}` is no processor's name", shorten(name)))
        .label(span, fault)
        .help(match ProcessorName::new(&suggestion) {
            Ok(suggestion) if !too_long => format!("{rule}, such as `{suggestion}`"),
            _ => rule.to_owned(),
        })
}

/// Merges and checks every processor; none if one of them cannot be declared.
fn check_processors<'a>(
    facts: &Facts<'a>,
    uncontradicted: &rules::StackFacts<'_>,
    merger: &mut Merger<'a>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<BTreeMap<ProcessorName, Declaration>> {
    let mut declared = Some(BTreeMap::new());
    let marks = rules::ownership(facts.names.stack.and_then(Node::table)).marks;
    let mut typing = Typing::new(facts.zones);
    let mut streams = rules::Streams::default();
    let mut kinds: BTreeMap<Kind, Span> = BTreeMap::new();
    let mut lacking = rules::Lacking::default();
    let mut misfits = Misfits::default();
    for (name, node) in &facts.names.processors.by_name {
        let Some(table) = node.table() else {
            declared = None;
            continue;
        };
        let processor = rules::Processor { name, span: node.key, table };
        let (merged, completeness) = merger.merge(table);
        lacking.add(processor, &merged, completeness);
        let mut found = Vec::new();
        rules::fit(&processor, &merged, completeness, &mut found);
        found.extend(rules::too_many_tags(&processor, &merged, marks));
        misfits.add(name, found);
        streams.add(&processor, &merged);
        if let Some((kind, span)) = merged.kind() {
            kinds.entry(kind).or_insert(span);
        }
        let named = ProcessorName::new(name).ok().zip(declaration(node.key, &merged, &mut typing));
        match (&mut declared, named) {
            (Some(all), Some((name, declaration))) => drop(all.insert(name, declaration)),
            _ => declared = None,
        }
    }
    rules::offered(uncontradicted, kinds, diagnostics);
    streams.report(diagnostics);
    lacking.report(facts.names, diagnostics);
    misfits.report(diagnostics);
    declared
}

/// What is wrong with processors as a whole. What a lower layer makes wrong for each
/// of those over it is wrong once.
#[derive(Default)]
struct Misfits<'a>(BTreeMap<(Code, Option<Span>), Misfit<'a>>);

/// A diagnostic, and the processors that it concerns.
type Misfit<'a> = (Diagnostic, BTreeSet<&'a str>);

impl<'a> Misfits<'a> {
    fn add(&mut self, processor: &'a str, found: Vec<Diagnostic>) {
        for diagnostic in found {
            let place = diagnostic.labels.first().map(|label| label.span);
            let known = self.0.entry((diagnostic.code, place));
            known.or_insert((diagnostic, BTreeSet::new())).1.insert(processor);
        }
    }

    fn report(self, diagnostics: &mut Vec<Diagnostic>) {
        diagnostics.extend(self.0.into_values().map(|(mut diagnostic, processors)| {
            diagnostic.message.push_str(&concerning(&processors));
            diagnostic
        }));
    }
}

/// A merged processor's declaration; none if something cannot be what it has to
/// be, which has been reported.
fn declaration(span: Span, merged: &Merged<'_>, typing: &mut Typing<'_>) -> Option<Declaration> {
    let (kind, _) = merged.kind()?;
    let mut definition = Definition::new(kind);
    for (attribute, given) in merged.attributes() {
        definition.put(attribute.clone(), typing.value(given, attribute.shape().value)?);
    }
    let places = merged.attributes().map(|(attribute, given)| {
        let place = Place { span: given.node?.span, layer: given.layer.clone() };
        Some((attribute.clone(), place))
    });
    let flag = merged.property(&Property::PreventDestroy).and_then(Node::flag);
    let paths = merged.property(&Property::IgnoreChanges).map_or(&[][..], Node::listed);
    let lifecycle = Lifecycle {
        prevent_destroy: flag.unwrap_or(false),
        ignore_changes: paths.iter().filter_map(Node::text).map(Path::parse).collect(),
    };
    let frame = merged.property(&Property::Frame).and_then(Node::text).map(str::to_owned);
    let places = places.collect::<Option<_>>()?;
    Some(Declaration { definition, lifecycle, frame, span, places })
}

/// What `[defaults]` and those of a kind give to a processor of the kind that says
/// nothing of its own.
pub fn defaults(loaded: &Loaded, kind: Kind) -> BTreeMap<Attribute, Value> {
    let names = gather(loaded, &mut Vec::new());
    let (zones, nothing) = (Zones::new(&names), Table::default());
    let mut merger = Merger::new(&names, true);
    let (merged, _) = merger.base(Some(kind), &nothing);
    let mut typing = Typing::new(&zones);
    let given = merged.attributes().filter_map(|(attribute, given)| {
        Some((attribute.clone(), typing.value(given, attribute.shape().value)?))
    });
    given.collect()
}

/// A kind, if it is known, and the templates that are extended.
type BaseKey<'a> = (Option<Kind>, Vec<&'a str>);

/// Merges layers, each combination of lower layers once.
struct Merger<'a> {
    names: &'a Names<'a>,
    /// Whether it is known what `[defaults]` gives.
    defaults_known: bool,
    bases: HashMap<BaseKey<'a>, (Merged<'a>, Completeness)>,
    lineages: HashMap<Vec<&'a str>, Lineage<'a>>,
    /// Whether each `unset` ever took something back, by its place.
    unset: BTreeMap<Span, (&'a str, bool)>,
}

impl<'a> Merger<'a> {
    fn new(names: &'a Names<'a>, defaults_known: bool) -> Merger<'a> {
        Merger {
            names,
            defaults_known,
            bases: HashMap::new(),
            lineages: HashMap::new(),
            unset: BTreeMap::new(),
        }
    }

    /// A processor's attributes, and whether all of its layers are known.
    ///
    /// The kind that the processor and its templates or `[defaults]` name says
    /// which kind's defaults lie in between.
    fn merge(&mut self, processor: &'a Table) -> (Merged<'a>, Completeness) {
        let own = Merged::new(processor, &Layer::Processor);
        let kind = own.kind().or_else(|| {
            let mut settings = self.base(None, processor).0.choices();
            for path in unset(processor).filter_map(Node::text) {
                settings.unset(&Path::parse(path));
            }
            own.choices().over(settings).kind()
        });
        let kind = kind.map(|(kind, _)| kind);
        let (base, mut completeness) = self.base(kind, processor).clone();
        if is_unusable(processor, "extends") || is_unusable(processor, "unset") {
            completeness = Completeness::Partial;
        }
        (self.lay(own, processor, base), completeness)
    }

    /// What lies under the processors of a kind that extend the same templates.
    fn base(&mut self, kind: Option<Kind>, processor: &'a Table) -> &(Merged<'a>, Completeness) {
        let extends = extended(processor).iter();
        let key = (kind, extends.map(|node| node.text().unwrap_or_default()).collect());
        if !self.bases.contains_key(&key) {
            let base = self.lay_base(kind, processor, &key.1);
            self.bases.insert(key.clone(), base);
        }
        &self.bases[&key]
    }

    fn lay_base(
        &mut self,
        kind: Option<Kind>,
        processor: &'a Table,
        extends: &[&'a str],
    ) -> (Merged<'a>, Completeness) {
        let names = self.names;
        let known = self.lineages.entry(extends.to_vec());
        let lineage = known.or_insert_with(|| lineage(names, extended(processor))).clone();
        let mut partial = lineage.partial || !self.defaults_known;
        let mut base = Merged::default();
        partial |= names.defaults.is_some_and(Node::is_unusable);
        if let Some(defaults) = names.defaults.and_then(Node::table) {
            base = Merged::new(defaults, &Layer::Defaults);
            let named = KINDS.into_iter().find(|(named, _)| Some(*named) == kind);
            if let Some((kind, node)) =
                named.and_then(|(kind, key)| Some((kind, defaults.get(key)?)))
            {
                partial |= node.is_unusable();
                if let Some(table) = node.table() {
                    let own = Merged::new(table, &Layer::KindDefaults(kind));
                    // Settings of the other kind have been reported.
                    base = self.lay(own.without_other(kind), table, base);
                }
            }
        }
        for (name, template) in lineage.templates {
            let own = Merged::new(template, &Layer::Template(name.into()));
            base = self.lay(own, template, base);
        }
        (base, if partial { Completeness::Partial } else { Completeness::Whole })
    }

    /// Lays a table over lower layers, from which it first takes back.
    fn lay(&mut self, own: Merged<'a>, table: &'a Table, mut lower: Merged<'a>) -> Merged<'a> {
        for (path, span) in unset(table).filter_map(|node| Some((node.text()?, node.span))) {
            let taken = lower.unset(&Path::parse(path));
            self.unset.entry(span).or_insert((path, false)).1 |= taken;
        }
        own.over(lower)
    }

    /// Warns of every `unset` that never took anything back.
    fn report(self, complete: bool, diagnostics: &mut Vec<Diagnostic>) {
        for (span, (path, taken)) in self.unset {
            if complete && !taken && may_unset(&Path::parse(path)) {
                diagnostics.push(
                    Diagnostic::new(Code::UnsetNothing, format!("no lower layer gives `{path}`"))
                        .label(span, "nothing to take back")
                        .help("remove it; `unset` is for what a lower layer gave"),
                );
            }
        }
    }
}

/// The paths that a table takes back.
fn unset(table: &Table) -> std::slice::Iter<'_, Node> {
    table.get("unset").map_or(&[][..], Node::listed).iter()
}

impl Checked {
    /// Whether any diagnostic is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity() == Severity::Error)
    }
}
