//! What groups of processors share beyond the defaults.
//!
//! A template is worth its table where it takes more characters out of the processors
//! than it and their `extends` add. Tags say where a camera is more than what it does:
//! a template takes one only if all of its group have it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::layers::{Given, Own, Wanted};
use crate::model::{Attribute, Value};
use crate::report::toml;

/// A template, as it will be written.
#[derive(Clone, Debug)]
pub(super) struct Template {
    pub(super) name: String,
    pub(super) values: Given,
    /// What the defaults give and none of its processors has.
    pub(super) unset: Vec<Attribute>,
}

/// What `extends = "NAME"` adds to each processor, and a table to the file.
const EXTENDS: usize = 30;
/// How many of the largest groups are looked at for what they have in common: the
/// pairs of these are what takes time.
const LARGEST: usize = 32;
/// How many groups templates are found for; all others may extend them too.
const GROUPS: usize = 256;

/// Positions of values that several processors have, in order.
type Signature = Vec<usize>;

/// Processors that share the same values.
#[derive(Debug)]
struct Group {
    signature: Signature,
    members: Vec<usize>,
}

/// Finds templates and takes out of each processor what its template gives.
pub(super) fn find(
    wanted: &[Wanted],
    own: &mut [Own],
    taken: &dyn Fn(&str) -> bool,
) -> Vec<Template> {
    let pairs = Pairs::of(own);
    let mut groups = groups(own, &pairs);
    let mut found: Vec<(Signature, Vec<usize>)> = Vec::new();
    let rest = groups.split_off(groups.len().min(GROUPS));
    while let Some(best) = pairs.best(&groups) {
        let (served, left): (Vec<Group>, Vec<Group>) =
            groups.into_iter().partition(|group| holds(&group.signature, &best));
        found.push((best, served.into_iter().flat_map(|group| group.members).collect()));
        groups = left;
    }
    for group in groups.into_iter().chain(rest) {
        let fits = |(at, (signature, _)): (usize, &(Signature, _))| {
            let saved = pairs.saved(signature);
            (saved > 0 && holds(&group.signature, signature)).then_some((saved, at))
        };
        if let Some((_, at)) = found.iter().enumerate().filter_map(fits).max() {
            found[at].1.extend(group.members);
        }
    }

    let mut names = Names::new(wanted, taken);
    let mut templates: Vec<(Template, Vec<usize>)> = found
        .into_iter()
        .map(|(signature, mut members)| {
            members.sort_unstable();
            let mut values = pairs.given(&signature);
            values.extend(common_tags(own, &members));
            let unset = common_unset(own, &members);
            (Template { name: names.choose(&values, &members), values, unset }, members)
        })
        .collect();
    templates.sort_by(|one, other| one.0.name.cmp(&other.0.name));
    for (at, (template, members)) in templates.iter().enumerate() {
        for member in members {
            let one = &mut own[*member];
            one.extends = Some(at);
            one.values.retain(|attribute, _| !template.values.contains_key(attribute));
            one.unset.retain(|attribute| !template.unset.contains(attribute));
        }
    }
    templates.into_iter().map(|(template, _)| template).collect()
}

/// The values that occur more than once, in order, each with the length of its line.
struct Pairs(Vec<(Attribute, Value, usize)>);

impl Pairs {
    fn of(own: &[Own]) -> Pairs {
        let mut counts: HashMap<(&Attribute, &Value), usize> = HashMap::new();
        for pair in own.iter().flat_map(|own| &own.values).filter(|(it, _)| it.tag().is_none()) {
            *counts.entry(pair).or_default() += 1;
        }
        let shared = counts.into_iter().filter(|(_, count)| *count > 1);
        let mut pairs: Vec<_> = shared
            .map(|((attribute, value), _)| {
                let length = toml::assignment(attribute, value).len() + 1;
                (attribute.clone(), value.clone(), length)
            })
            .collect();
        pairs.sort();
        Pairs(pairs)
    }

    fn position(&self, attribute: &Attribute, value: &Value) -> Option<usize> {
        let key = |pair: &(Attribute, Value, usize)| (&pair.0, &pair.1).cmp(&(attribute, value));
        self.0.binary_search_by(key).ok()
    }

    fn given(&self, signature: &[usize]) -> Given {
        let pairs = signature.iter().map(|at| &self.0[*at]);
        pairs.map(|(attribute, value, _)| (attribute.clone(), value.clone())).collect()
    }

    fn length(&self, signature: &[usize]) -> usize {
        signature.iter().map(|at| self.0[*at].2).sum()
    }

    /// The characters that a processor saves by extending a template of these values.
    fn saved(&self, signature: &[usize]) -> usize {
        self.length(signature).saturating_sub(EXTENDS)
    }

    /// The values of which a template saves most.
    fn best(&self, groups: &[Group]) -> Option<Signature> {
        let largest = &groups[..groups.len().min(LARGEST)];
        let mut candidates: BTreeSet<Signature> =
            groups.iter().map(|group| group.signature.clone()).collect();
        for (at, one) in largest.iter().enumerate() {
            candidates
                .extend(largest[..at].iter().map(|other| common(&one.signature, &other.signature)));
        }
        let gain = |signature: &Signature| {
            let served = groups.iter().filter(|group| holds(&group.signature, signature));
            let members: usize = served.map(|group| group.members.len()).sum();
            let taken = self.length(signature) + EXTENDS;
            (members > 1).then(|| (members * self.saved(signature)).checked_sub(taken)).flatten()
        };
        let gains = candidates.into_iter().filter_map(|it| Some((gain(&it)?, it)));
        // Of equals, the one that comes first.
        gains
            .reduce(|best, next| if next.0 > best.0 { next } else { best })
            .filter(|(gain, _)| *gain > 0)
            .map(|(_, signature)| signature)
    }
}

/// Processors by what they share with others, the largest groups first.
fn groups(own: &[Own], pairs: &Pairs) -> Vec<Group> {
    let mut groups: BTreeMap<Signature, Vec<usize>> = BTreeMap::new();
    for (member, own) in own.iter().enumerate() {
        let shared = own.values.iter().filter_map(|(it, value)| pairs.position(it, value));
        let signature: Signature = shared.collect();
        if !signature.is_empty() {
            groups.entry(signature).or_default().push(member);
        }
    }
    let mut groups: Vec<Group> =
        groups.into_iter().map(|(signature, members)| Group { signature, members }).collect();
    groups.sort_by_key(|group| {
        std::cmp::Reverse(group.members.len() * pairs.length(&group.signature))
    });
    groups
}

/// Whether a signature has all values of another one.
fn holds(signature: &[usize], other: &[usize]) -> bool {
    let mut rest = signature.iter();
    other.iter().all(|value| rest.any(|one| one == value))
}

/// What two signatures have in common.
fn common(one: &[usize], other: &[usize]) -> Signature {
    one.iter().copied().filter(|value| other.binary_search(value).is_ok()).collect()
}

/// The tags that all of some processors have.
fn common_tags(own: &[Own], members: &[usize]) -> Given {
    let tags = |member: &usize| own[*member].values.iter().filter(|(it, _)| it.tag().is_some());
    let Some(first) = members.first() else { return Given::new() };
    let by_all = tags(first).filter(|(tag, value)| {
        members.iter().all(|member| own[*member].values.get(tag) == Some(*value))
    });
    by_all.map(|(tag, value)| (tag.clone(), value.clone())).collect()
}

/// What all of some processors take back.
fn common_unset(own: &[Own], members: &[usize]) -> Vec<Attribute> {
    let Some(first) = members.first() else { return Vec::new() };
    let by_all = own[*first]
        .unset
        .iter()
        .filter(|attribute| members.iter().all(|member| own[*member].unset.contains(attribute)));
    by_all.cloned().collect()
}

/// Names for templates: what the names of a group have in common, or what it does.
struct Names<'a> {
    /// The first word of each processor's name.
    words: Vec<&'a str>,
    /// How often each word begins a name.
    counts: BTreeMap<&'a str, usize>,
    is_taken: &'a dyn Fn(&str) -> bool,
    chosen: BTreeSet<String>,
}

impl<'a> Names<'a> {
    fn new(wanted: &'a [Wanted], is_taken: &'a dyn Fn(&str) -> bool) -> Names<'a> {
        let words: Vec<&str> = wanted
            .iter()
            .map(|one| {
                let name = one.name.as_str();
                name.split(|letter: char| !letter.is_ascii_alphabetic()).next().unwrap_or_default()
            })
            .collect();
        let mut counts = BTreeMap::new();
        for word in &words {
            *counts.entry(*word).or_default() += 1;
        }
        Names { words, counts, is_taken, chosen: BTreeSet::new() }
    }

    fn choose(&mut self, values: &Given, members: &[usize]) -> String {
        let name = self.word(members).map_or_else(|| said(values), str::to_owned);
        let numbered = (2..).map(|number| format!("{name}-{number}"));
        let mut names = std::iter::once(name.clone()).chain(numbered);
        let is_free = |name: &String| !self.chosen.contains(name) && !(self.is_taken)(name);
        let name = names.find(is_free).unwrap_or(name);
        self.chosen.insert(name.clone());
        name
    }

    /// The word that begins the names of a group and no other names.
    fn word(&self, members: &[usize]) -> Option<&'a str> {
        let word = self.words[*members.first()?];
        let of_all = members.iter().all(|member| self.words[*member] == word);
        (word.len() > 1 && of_all && self.counts[word] == members.len()).then_some(word)
    }
}

/// What some values say of the processors that have them, as a name.
fn said(values: &Given) -> String {
    let text = |attribute: &Attribute| values.get(attribute)?.as_text();
    let labels = values.get(&Attribute::Labels).and_then(Value::as_labels);
    let labels =
        labels.map(|labels| labels.iter().map(String::as_str).collect::<Vec<_>>().join("-"));
    let attributes = [Attribute::CollectionId, Attribute::OutputBucket];
    let text = labels.or_else(|| attributes.iter().find_map(text).map(str::to_owned));
    super::paths::slug(&text.unwrap_or_default()).unwrap_or_else(|| "shared".to_owned())
}
