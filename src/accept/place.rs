//! Where each value goes: over the one in force, if that is right for all that get it from
//! there, and else onto the processor itself.

use std::collections::{BTreeMap, BTreeSet};

use super::convert::Wanted;
use crate::config::{Change, Edit, Loaded, Node, Step};
use crate::desired::{Declaration, Desired, Layer, Zone, shape};
use crate::diagnostic::{SourceId, Span};
use crate::model::{
    Attribute, BoundingBox, Kind, Path, ProcessorName, RegionOfInterest, Regions, Value,
};
use crate::report::toml;

/// Edits, and where they write each value.
#[derive(Default)]
pub(super) struct Placed {
    pub(super) edits: BTreeMap<SourceId, Vec<Edit>>,
    pub(super) tables: Tables,
}

/// The table that a value was written into, or taken out of.
pub(super) type Tables = BTreeMap<Key, (SourceId, Vec<String>)>;

/// Places what the files do not say yet, given where they were edited before.
pub(super) fn place(
    loaded: &Loaded,
    desired: &Desired,
    wanted: &Wanted,
    pending: &BTreeSet<Key>,
    written: &Tables,
) -> Placed {
    let mut placing = Placing {
        loaded,
        desired,
        wanted,
        written,
        users: users(desired),
        placed: Placed::default(),
        agreed: BTreeMap::new(),
        shared: BTreeSet::new(),
        taken_back: BTreeSet::new(),
        unsetting: BTreeSet::new(),
        edited_zones: BTreeSet::new(),
    };
    let mut moved = placing.zones(pending);
    moved.extend(placing.variants(pending));
    for (name, attribute) in pending {
        if !moved.contains(&(name.clone(), attribute.clone())) {
            placing.value(name, attribute);
        }
    }
    placing.placed
}

/// What stands at a path of keys in a file.
pub(super) fn find<'a, 'k>(
    loaded: &'a Loaded,
    source: SourceId,
    path: impl IntoIterator<Item = &'k str>,
) -> Option<&'a Node> {
    let file = loaded.files.iter().find(|file| file.source == source)?;
    let mut path = path.into_iter();
    let first = file.tables.get(path.next()?)?;
    path.try_fold(first, |node, key| node.table()?.get(key))
}

/// The processors that get an attribute from each place of a layer below them.
type Users<'a> = BTreeMap<Span, Vec<&'a ProcessorName>>;

fn users(desired: &Desired) -> Users<'_> {
    let mut users = Users::new();
    for (name, declaration) in &desired.processors {
        let shared = declaration.places.values().filter(|place| place.layer != Layer::Processor);
        shared.for_each(|place| users.entry(place.span).or_default().push(name));
    }
    users
}

type Key = (ProcessorName, Attribute);

struct Placing<'a> {
    loaded: &'a Loaded,
    desired: &'a Desired,
    wanted: &'a Wanted,
    /// What was done before.
    written: &'a Tables,
    users: Users<'a>,
    placed: Placed,
    /// Whether all that share a place are to say the same.
    agreed: BTreeMap<Span, bool>,
    /// The places of layers that are edited already, for one of those that share them.
    shared: BTreeSet<Span>,
    /// What tables take back already, for one of those that share them.
    taken_back: BTreeSet<(SourceId, Vec<String>, Attribute)>,
    /// The tables that get an `unset`, or one more path in it.
    unsetting: BTreeSet<(SourceId, Vec<String>)>,
    /// The zones that are about to get another shape.
    edited_zones: BTreeSet<&'a str>,
}

/// A table that gives values, and the way to one of them.
struct Owner {
    source: SourceId,
    table: Vec<String>,
    path: Vec<String>,
}

impl Owner {
    fn edit(&self, path: impl IntoIterator<Item = Step>, change: Change) -> Edit {
        let below = self.path.iter().cloned().map(Step::Key);
        Edit { table: self.table.clone(), path: below.chain(path).collect(), change }
    }

    /// The same table, and another way.
    fn at(self, path: &[&str]) -> Owner {
        Owner { path: path.iter().map(|key| (*key).to_owned()).collect(), ..self }
    }
}

impl<'a> Placing<'a> {
    fn value(&mut self, name: &ProcessorName, attribute: &Attribute) {
        let (Some(declaration), Some(value)) = (
            self.desired.processors.get(name),
            self.wanted.get(name).and_then(|values| values.get(attribute)),
        ) else {
            return;
        };
        let own = own(name, declaration, attribute);
        if let (None, Some((source, table))) =
            (value, self.written.get(&(name.clone(), attribute.clone())))
        {
            // It was taken out there, and now a lower layer gives it.
            let table = Owner { source: *source, table: table.clone(), path: Vec::new() };
            return self.unset(name, attribute, table);
        }
        let place = declaration.place(attribute);
        let Some(place) = place.filter(|place| place.layer != Layer::Processor) else {
            let node = place.and_then(|place| self.written(&own, place.span));
            self.put(name, attribute, own, node, value.as_ref());
            return;
        };
        if !self.agree(place.span, attribute) {
            match value {
                Some(_) => self.put(name, attribute, own, None, value.as_ref()),
                None => self.unset(name, attribute, own),
            }
            return;
        }
        let layer = layer(&place.layer, place.span.source, attribute);
        if self.shared.insert(place.span) {
            let node = self.written(&layer, place.span);
            self.put(name, attribute, layer, node, value.as_ref());
        } else {
            self.note(name, attribute, &layer);
        }
    }

    /// Whether all that get an attribute from a place are to say the same of it instead.
    fn agree(&mut self, span: Span, attribute: &Attribute) -> bool {
        let (users, wanted) = (&self.users, self.wanted);
        *self.agreed.entry(span).or_insert_with(|| {
            let users = users.get(&span).into_iter().flatten();
            let mut values =
                users.map(|user| wanted.get(*user).and_then(|values| values.get(attribute)));
            let first = values.next().flatten();
            first.is_some() && values.all(|value| value == first)
        })
    }

    /// What is written at a place, if it is there in one piece.
    fn written(&self, owner: &Owner, span: Span) -> Option<&'a Node> {
        let path = owner.table.iter().chain(&owner.path).map(String::as_str);
        find(self.loaded, owner.source, path).filter(|node| node.span == span)
    }

    /// Writes a value into a table, or takes it out.
    fn put(
        &mut self,
        name: &ProcessorName,
        attribute: &Attribute,
        owner: Owner,
        node: Option<&'a Node>,
        value: Option<&Value>,
    ) {
        let items = node.filter(|node| node.is_written_out()).and_then(Node::items);
        let edits = match (value, items) {
            (None, _) => vec![owner.edit([], Change::Remove)],
            (Some(Value::Regions(live)), Some(items)) => {
                let kept = items.iter().map(|item| self.region(item)).collect();
                items_edits(&owner, kept, live.iter().cloned(), |one| self.spelled(one))
            }
            (Some(Value::Labels(live)), Some(items)) => {
                let texts: Vec<&str> = items.iter().filter_map(Node::text).collect();
                // A label that is written twice is a label all the same.
                let again = texts
                    .iter()
                    .enumerate()
                    .filter(|(at, text)| texts[..*at].contains(text) && live.contains(**text));
                let again = again.map(|(_, text)| (*text).to_owned());
                let kept = items.iter().map(|item| item.text().map(str::to_owned)).collect();
                let labels = live.iter().cloned().chain(again);
                items_edits(&owner, kept, labels, |label| toml::string(label))
            }
            (Some(Value::Regions(live)), None) => {
                vec![owner.edit([], Change::Set(self.list(live)))]
            }
            (Some(value), _) => vec![owner.edit([], Change::Set(toml::inline(value)))],
        };
        self.note(name, attribute, &owner);
        self.placed.edits.entry(owner.source).or_default().extend(edits);
    }

    /// Has a table take back what lower layers give.
    fn unset(&mut self, name: &ProcessorName, attribute: &Attribute, owner: Owner) {
        let Owner { source, mut table, path: _ } = owner;
        self.placed.tables.insert((name.clone(), attribute.clone()), (source, table.clone()));
        if !self.taken_back.insert((source, table.clone(), attribute.clone())) {
            return;
        }
        let keys = table.iter().map(String::as_str);
        let node = find(self.loaded, source, keys.chain(["unset"]));
        let mut path = vec!["unset".to_owned()];
        if table[0] == "defaults" {
            // All of the defaults are one table to edit.
            path.splice(0..0, table.drain(1..));
        }
        let own = Owner { source, table, path };
        let path = toml::string(&unset_path(attribute));
        let begun = !self.unsetting.insert((own.source, [&own.table[..], &own.path].concat()));
        let change = match node.is_some() || begun {
            true => Change::Push(path),
            false => Change::Set(format!("[{path}]")),
        };
        self.placed.edits.entry(own.source).or_default().push(own.edit([], change));
    }

    fn note(&mut self, name: &ProcessorName, attribute: &Attribute, owner: &Owner) {
        let mut table = owner.table.clone();
        // A kind's defaults are a table below the defaults.
        table.extend(
            owner.path.first().filter(|first| KINDS.iter().any(|(_, key)| key == first)).cloned(),
        );
        self.placed.tables.insert((name.clone(), attribute.clone()), (owner.source, table));
    }

    /// Takes other variants out of the tables of processors that get another one: naming
    /// both would be a mistake. Gives what needs no edit, because it goes with a variant.
    fn variants(&mut self, pending: &BTreeSet<Key>) -> BTreeSet<Key> {
        let mut turned: BTreeMap<(&ProcessorName, &str), &str> = BTreeMap::new();
        for (name, attribute) in pending {
            let declared = &self.desired.processors[name].definition;
            let wanted = self.wanted.get(name).and_then(|values| values.get(attribute)?.as_ref());
            if let (Some((table, variant)), Some(_)) = (attribute.variant(), wanted)
                && declared.variant(table) != Some(variant)
            {
                turned.insert((name, table), variant);
            }
        }
        for ((name, table), variant) in &turned {
            let declaration = &self.desired.processors[*name];
            let own = own(name, declaration, &Attribute::RoleArn).at(&[table]);
            let path = own.table.iter().chain(&own.path).map(String::as_str);
            let node = find(self.loaded, own.source, path).and_then(Node::table);
            let others = node.into_iter().flat_map(|node| node.iter());
            let others = others.filter(|(key, _)| key != variant).map(|(key, _)| key.to_owned());
            let edits: Vec<Edit> =
                others.map(|key| own.edit([Step::Key(key)], Change::Remove)).collect();
            self.placed.edits.entry(own.source).or_default().extend(edits);
        }
        let goes = |(name, attribute): &&Key| {
            attribute.variant().is_some_and(|(table, variant)| {
                turned.get(&(name, table)).is_some_and(|to| *to != variant)
            })
        };
        let going: BTreeSet<Key> = pending.iter().filter(goes).cloned().collect();
        for (name, attribute) in &going {
            let owner = own(name, &self.desired.processors[name], attribute);
            self.note(name, attribute, &owner);
        }
        going
    }

    /// Gives a zone the shape that all its regions moved to, if they all did. Gives what is
    /// settled by it.
    fn zones(&mut self, pending: &BTreeSet<Key>) -> BTreeSet<Key> {
        let mut by_zone: BTreeMap<&str, BTreeMap<&ProcessorName, usize>> = BTreeMap::new();
        if !pending.iter().any(|(_, attribute)| *attribute == Attribute::RegionsOfInterest) {
            return BTreeSet::new();
        }
        for (name, declaration) in &self.desired.processors {
            let Some(place) = declaration.place(&Attribute::RegionsOfInterest) else { continue };
            let owner = match &place.layer {
                Layer::Processor => own(name, declaration, &Attribute::RegionsOfInterest),
                other => layer(other, place.span.source, &Attribute::RegionsOfInterest),
            };
            let path = owner.table.iter().chain(&owner.path).map(String::as_str);
            let items = find(self.loaded, owner.source, path).and_then(Node::items);
            for item in items.into_iter().flatten() {
                if let Some(zone) = item.table().and_then(|table| table.get("zone")?.text()) {
                    *by_zone.entry(zone).or_default().entry(name).or_default() += 1;
                }
            }
        }
        let mut settled = BTreeSet::new();
        for (zone, users) in by_zone {
            let Some((key, Zone { shape, span })) = self.desired.zones.get_key_value(zone) else {
                continue;
            };
            let moved: BTreeSet<Option<RegionOfInterest>> =
                users.iter().map(|(name, count)| self.moved_to(name, shape, *count)).collect();
            let mut moved = moved.into_iter();
            let (Some(Some(to)), None) = (moved.next(), moved.next()) else { continue };
            // Nobody knows which of two zones of one shape moved, or should.
            let alike = |shape: &RegionOfInterest| {
                self.desired.zones.values().filter(|zone| zone.shape == *shape).count()
            };
            if alike(shape) > 1 || alike(&to) > 0 {
                continue;
            }
            let owner = Owner {
                source: span.source,
                table: vec!["zone".to_owned(), zone.to_owned()],
                path: Vec::new(),
            };
            for name in users.keys() {
                self.note(name, &Attribute::RegionsOfInterest, &owner);
                settled.insert(((*name).clone(), Attribute::RegionsOfInterest));
            }
            self.edited_zones.insert(key);
            let edits = shape_edits(&owner, shape, &to);
            self.placed.edits.entry(owner.source).or_default().extend(edits);
        }
        settled
    }

    /// What became of all the regions of a processor that have this shape, if nothing else
    /// of its regions moved.
    fn moved_to(
        &self,
        name: &ProcessorName,
        shape: &RegionOfInterest,
        count: usize,
    ) -> Option<RegionOfInterest> {
        let regions = &Attribute::RegionsOfInterest;
        let declared = self.desired.processors.get(name)?.definition.get(regions)?.as_regions()?;
        let live = self.wanted.get(name)?.get(regions)?.as_ref()?.as_regions()?;
        let (gone, come) = (beyond(declared, live), beyond(live, declared));
        let one = come.first()?;
        let whole = gone.len() == count
            && come.len() == count
            && gone.iter().all(|region| region == shape)
            && come.iter().all(|region| region == one);
        whole.then(|| one.clone())
    }

    /// The shape of an item of a list.
    fn region(&self, item: &Node) -> Option<RegionOfInterest> {
        let table = item.table()?;
        match table.get("zone") {
            Some(zone) => Some(self.desired.zones.get(zone.text()?)?.shape.clone()),
            None => shape(table),
        }
    }

    /// A region as an item of a list: the zone of its shape by name.
    fn spelled(&self, region: &RegionOfInterest) -> String {
        let zones = self.desired.zones.iter();
        let zone = zones
            .filter(|(name, _)| !self.edited_zones.contains(name.as_str()))
            .find(|(_, zone)| zone.shape == *region);
        match zone {
            Some((name, _)) => format!("{{ zone = {} }}", toml::string(name)),
            None => toml::region(region),
        }
    }

    /// A list of regions, one to a line.
    fn list(&self, regions: &Regions) -> String {
        let lines = regions.iter().map(|region| format!("  {},\n", self.spelled(region)));
        format!("[\n{}]", lines.collect::<String>())
    }
}

const KINDS: [(Kind, &str); 2] =
    [(Kind::LabelDetection, "label_detection"), (Kind::FaceSearch, "face_search")];

fn own(name: &ProcessorName, declaration: &Declaration, attribute: &Attribute) -> Owner {
    Owner {
        source: declaration.span.source,
        table: vec!["processor".to_owned(), name.to_string()],
        path: attribute.segments().map(str::to_owned).collect(),
    }
}

fn layer(layer: &Layer, source: SourceId, attribute: &Attribute) -> Owner {
    let mut path: Vec<String> = attribute.segments().map(str::to_owned).collect();
    let table = match layer {
        Layer::Template(name) => vec!["template".to_owned(), name.to_string()],
        Layer::KindDefaults(kind) => {
            let key = KINDS.into_iter().find(|(one, _)| one == kind);
            path.splice(0..0, key.map(|(_, key)| key.to_owned()));
            vec!["defaults".to_owned()]
        }
        Layer::Defaults | Layer::Processor => vec!["defaults".to_owned()],
    };
    Owner { source, table, path }
}

/// A path as `unset` has to have it, so that it is read as this attribute's.
fn unset_path(attribute: &Attribute) -> String {
    let plain = attribute.to_string();
    match attribute.tag() {
        Some(key) if Path::parse(&plain).tag().as_ref() != Some(attribute) => {
            format!("tags.{}", toml::string(key))
        }
        _ => plain,
    }
}

/// What the first have more often than the others.
fn beyond(regions: &Regions, others: &Regions) -> Vec<RegionOfInterest> {
    let mut others: Vec<&RegionOfInterest> = others.iter().collect();
    let extra = regions.iter().filter(|region| {
        let found = others.iter().position(|other| other == region);
        found.map(|at| others.swap_remove(at)).is_none()
    });
    extra.cloned().collect()
}

/// Edits after which a list holds what it should, in any order: what goes makes place for
/// what comes.
fn items_edits<T: PartialEq>(
    owner: &Owner,
    written: Vec<Option<T>>,
    wanted: impl Iterator<Item = T>,
    spell: impl Fn(&T) -> String,
) -> Vec<Edit> {
    let mut coming: Vec<T> = wanted.collect();
    let mut going = Vec::new();
    for (at, item) in written.iter().enumerate() {
        let found = item.as_ref().and_then(|item| coming.iter().position(|one| one == item));
        match found {
            Some(found) => drop(coming.remove(found)),
            None => going.push(at),
        }
    }
    let mut coming = coming.into_iter();
    let mut edits = Vec::new();
    let mut left = Vec::new();
    for at in going {
        match coming.next() {
            Some(item) => edits.push(owner.edit([Step::Item(at)], Change::Set(spell(&item)))),
            None => left.push(at),
        }
    }
    let removals = left.into_iter().rev();
    edits.extend(removals.map(|at| owner.edit([Step::Item(at)], Change::Remove)));
    edits.extend(coming.map(|item| owner.edit([], Change::Push(spell(&item)))));
    edits
}

/// Edits that turn one shape of a zone into another.
fn shape_edits(owner: &Owner, from: &RegionOfInterest, to: &RegionOfInterest) -> Vec<Edit> {
    let key = |key: &str| Step::Key(key.to_owned());
    let name = |shape: &RegionOfInterest| match shape {
        RegionOfInterest::BoundingBox(_) => "bounding_box",
        RegionOfInterest::Polygon(_) => "polygon",
    };
    if let (RegionOfInterest::BoundingBox(from), RegionOfInterest::BoundingBox(to)) = (from, to) {
        let sides = |one: &BoundingBox| {
            [("left", one.left), ("top", one.top), ("width", one.width), ("height", one.height)]
        };
        let moved = sides(from).into_iter().zip(sides(to)).filter(|(from, to)| from != to);
        let set = |(_, (side, number))| {
            owner.edit([key("bounding_box"), key(side)], Change::Set(toml::fraction(number)))
        };
        return moved.map(set).collect();
    }
    let mut edits = Vec::new();
    if name(from) != name(to) {
        edits.push(owner.edit([key(name(from))], Change::Remove));
    }
    edits.push(owner.edit([key(name(to))], Change::Set(toml::shape(to))));
    edits
}
