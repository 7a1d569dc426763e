//! Laying the layers over each other, and saying all that is wrong with them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::build::declaration;
use super::extends::{self, Lineage, lineage, listed};
use super::layer::{Layer, OneOf};
use super::names::{Names, gather};
use super::rules::{self, Facts};
use super::types::{Checked, Desired, Guard};
use crate::config::{self, At, Attributes, KindDefaults, List, Loaded, Slot, shorten};
use crate::diagnostic::{Code, Diagnostic, Severity, Span};
use crate::model::{Kind, ProcessorName};

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
    let tag_policy = rules::policy(names.stack.and_then(At::get));
    let facts = Facts { stack, tag_policy, names: &names, complete };
    check_values(&facts, &mut diagnostics);
    extends::cycles(&names, &mut diagnostics);
    let mut merger = Merger::new(&names, main_known && !names.misplaced_defaults);
    let merged = check_processors(&facts, &mut merger, &mut diagnostics);
    merger.report(complete, &mut diagnostics);
    if complete {
        rules::unused(&names, &mut diagnostics);
    }
    diagnostics.sort_by_key(|diagnostic| {
        diagnostic.labels.first().map(|label| (label.span, diagnostic.code))
    });
    let stack = facts.stack.resolve();
    let failed = diagnostics.iter().any(|diagnostic| diagnostic.severity() == Severity::Error);
    let processors = || {
        merged
            .iter()
            .map(|(name, span, layer)| Some((name.clone(), declaration(*span, layer, &names)?)))
            .collect::<Option<BTreeMap<_, _>>>()
    };
    let desired = (!failed).then(|| {
        Some(Desired {
            stack: stack.clone()?,
            guard: guard(names.guard),
            tag_policy: facts.tag_policy.clone(),
            processors: processors()?,
        })
    });
    Checked { desired: desired.flatten(), stack, diagnostics }
}

fn guard(raw: Option<&config::Guard>) -> Guard {
    let default = Guard::default();
    let Some(config::Guard {
        max_deletes,
        max_replacements,
        max_updates,
        max_creates,
        doubtful: _,
    }) = raw
    else {
        return default;
    };
    let limit = |slot: &Slot<u64>, default| slot.get().copied().or(default);
    Guard {
        max_deletes: limit(max_deletes, default.max_deletes),
        max_replacements: limit(max_replacements, default.max_replacements),
        max_updates: limit(max_updates, default.max_updates),
        max_creates: limit(max_creates, default.max_creates),
    }
}

/// Checks every table by itself.
fn check_values(facts: &Facts<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let names = facts.names;
    if let Some(defaults) = names.defaults.and_then(At::get) {
        rules::values(&defaults.attributes, facts, diagnostics);
        let kinds = [
            (Kind::LabelDetection, &defaults.label_detection),
            (Kind::FaceSearch, &defaults.face_search),
        ];
        for (kind, slot) in kinds {
            let Some((at, table)) = slot.at().and_then(|at| Some((at, at.get()?))) else {
                continue;
            };
            rules::values(&table.attributes, facts, diagnostics);
            rules::kind_defaults(kind, at, diagnostics);
            rules::unset(&table.unset, diagnostics);
        }
    }
    for at in names.every_zone() {
        if let Some(zone) = at.get() {
            rules::zone(at, zone, diagnostics);
        }
    }
    for template in names.every_template().filter_map(At::get) {
        rules::values(&template.attributes, facts, diagnostics);
        rules::unset(&template.unset, diagnostics);
        extends::check(names, facts.complete, listed(&template.extends), diagnostics);
    }
    for (name, at) in &names.processors {
        if ProcessorName::new(name).is_err() {
            diagnostics.push(invalid_name(name, at.key));
        }
    }
    for processor in names.every_processor().filter_map(At::get) {
        rules::values(&processor.attributes, facts, diagnostics);
        rules::unset(&processor.unset, diagnostics);
        extends::check(names, facts.complete, listed(&processor.extends), diagnostics);
    }
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

/// Merges and checks every processor.
fn check_processors<'a>(
    facts: &Facts<'a>,
    merger: &mut Merger<'a>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<(ProcessorName, Span, Layer<'a>)> {
    let mut result = Vec::with_capacity(facts.names.processors.len());
    let mut streams = rules::Streams::default();
    let mut kinds: BTreeMap<Kind, Span> = BTreeMap::new();
    let mut fit = Vec::new();
    for (name, at) in &facts.names.processors {
        let Some(processor) = at.get() else { continue };
        let (layer, partial) = merger.merge(processor);
        if !partial {
            rules::required(name, at.key, processor, &layer, diagnostics);
        }
        rules::fit(name, at.key, &layer, partial, &mut fit);
        fit.extend(rules::too_many_tags(name, at.key, layer.tags.len()));
        streams.add(name, at.key, &layer);
        match layer.settings {
            OneOf::First(span, _) => kinds.entry(Kind::LabelDetection).or_insert(span),
            OneOf::Second(span, _) => kinds.entry(Kind::FaceSearch).or_insert(span),
            OneOf::Absent | OneOf::Reported => continue,
        };
        if let Ok(name) = ProcessorName::new(name) {
            result.push((name, at.key, layer));
        }
    }
    rules::offered(&facts.stack, kinds, diagnostics);
    streams.report(diagnostics);
    // What a template says is wrong with each processor over it is wrong once.
    let mut places: BTreeSet<(Code, Option<Span>)> = BTreeSet::new();
    fit.retain(|found: &Diagnostic| {
        places.insert((found.code, found.labels.first().map(|label| label.span)))
    });
    diagnostics.append(&mut fit);
    result
}

/// A kind, if it is known, and the templates that are extended.
type BaseKey<'a> = (Option<Kind>, Vec<&'a str>);

/// Merges layers, each combination of lower layers once.
struct Merger<'a> {
    names: &'a Names<'a>,
    /// Whether it is known what `[defaults]` gives.
    defaults_known: bool,
    bases: HashMap<BaseKey<'a>, (Layer<'a>, bool)>,
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

    /// A processor's attributes, and whether some of its layers are unknown.
    ///
    /// The kind that the processor and its templates or `[defaults]` name says
    /// which kind's defaults lie in between.
    fn merge(&mut self, processor: &'a config::Processor) -> (Layer<'a>, bool) {
        let extends = listed(&processor.extends);
        let own = Layer::new(&processor.attributes);
        let (base, _) = self.base(None, extends);
        let mut settings = Layer { settings: base.settings, ..Layer::default() };
        for path in processor.unset.get().into_iter().flatten().filter_map(At::get) {
            settings.unset(path);
        }
        let kind =
            match (Layer { settings: own.settings, ..Layer::default() }).over(settings).settings {
                OneOf::First(..) => Some(Kind::LabelDetection),
                OneOf::Second(..) => Some(Kind::FaceSearch),
                OneOf::Absent | OneOf::Reported => None,
            };
        let (base, partial) = match kind {
            Some(_) => self.base(kind, extends),
            None => self.base(None, extends),
        };
        let partial = *partial || processor.extends.is_reported() || processor.unset.is_reported();
        let base = base.clone();
        (self.lay(own, &processor.unset, base), partial)
    }

    /// What lies under the processors of a kind that extend some templates.
    fn base(&mut self, kind: Option<Kind>, extends: &'a [At<String>]) -> &(Layer<'a>, bool) {
        let key: Vec<&str> = extends.iter().map(|at| at.get().map_or("", String::as_str)).collect();
        let key = (kind, key);
        if !self.bases.contains_key(&key) {
            let base = self.lay_base(kind, extends, &key.1);
            self.bases.insert(key.clone(), base);
        }
        &self.bases[&key]
    }

    fn lay_base(
        &mut self,
        kind: Option<Kind>,
        extends: &'a [At<String>],
        key: &[&'a str],
    ) -> (Layer<'a>, bool) {
        let names = self.names;
        let lineage =
            self.lineages.entry(key.to_vec()).or_insert_with(|| lineage(names, extends)).clone();
        let mut partial = lineage.partial || !self.defaults_known;
        let mut base = Layer::default();
        if let Some(at) = names.defaults {
            partial |= at.value.is_err();
            if let Some(defaults) = at.get() {
                base = Layer::new(&defaults.attributes);
                let defaults = match kind {
                    None => None,
                    Some(Kind::LabelDetection) => Some(&defaults.label_detection),
                    Some(Kind::FaceSearch) => Some(&defaults.face_search),
                };
                partial |= defaults.is_some_and(Slot::is_reported);
                if let Some(KindDefaults { unset, attributes, .. }) = defaults.and_then(Slot::get) {
                    base = self.lay(kind_layer(kind, attributes), unset, base);
                }
            }
        }
        for template in lineage.templates {
            base = self.lay(Layer::new(&template.attributes), &template.unset, base);
        }
        (base, partial)
    }

    /// Lays a table over lower layers, from which it first takes back.
    fn lay(
        &mut self,
        higher: Layer<'a>,
        unset: &'a Slot<List<String>>,
        mut lower: Layer<'a>,
    ) -> Layer<'a> {
        for at in unset.get().into_iter().flatten() {
            if let Some(path) = at.get() {
                let taken = lower.unset(path);
                self.unset.entry(at.span).or_insert((path, false)).1 |= taken;
            }
        }
        higher.over(lower)
    }

    /// Warns of every `unset` that never took anything back.
    fn report(self, complete: bool, diagnostics: &mut Vec<Diagnostic>) {
        for (span, (path, taken)) in self.unset {
            if complete && !taken && super::unset::is_known(path) {
                diagnostics.push(
                    Diagnostic::new(Code::UnsetNothing, format!("no lower layer gives `{path}`"))
                        .label(span, "nothing to take back")
                        .help("remove it; `unset` is for what a lower layer gave"),
                );
            }
        }
    }
}

/// The defaults of a kind, without settings of the other, which are reported.
fn kind_layer(kind: Option<Kind>, attributes: &Attributes) -> Layer<'_> {
    let mut layer = Layer::new(attributes);
    match (kind, &layer.settings) {
        (Some(Kind::LabelDetection), OneOf::Second(..))
        | (Some(Kind::FaceSearch), OneOf::First(..)) => layer.settings = OneOf::Absent,
        _ => {}
    }
    layer
}

impl Checked {
    /// Whether any diagnostic is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity() == Severity::Error)
    }
}
