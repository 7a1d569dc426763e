//! What a live processor should become, given what the files say of it.

use std::collections::BTreeSet;

use crate::model::{
    Attribute, Default, Definition, KmsComparison, Path, Record, TagKnowledge, TagPolicy, TagScope,
    Value, compare_kms_keys,
};

/// A live processor's future, in the two shapes that planning needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// What to compare the live definition with: wherever the files do not
    /// manage a value, or mean the same as the live one, it is the live one.
    pub after: Definition,
    /// How the files spell what `after` has in the live spelling.
    pub spelled: Vec<(Attribute, Option<Value>)>,
    /// One side names a KMS alias and the other a key, so that only KMS could
    /// tell whether they differ. Taken for equal.
    pub kms_key_unclear: bool,
}

impl Target {
    /// A future that has nothing to do with what lives.
    pub fn new(after: Definition) -> Target {
        Target { after, spelled: Vec::new(), kms_key_unclear: false }
    }

    /// Leaves these attributes as they live. Where the kind changes, what belongs to a kind
    /// stays or goes together.
    pub fn hold(&mut self, live: &Definition, held: &BTreeSet<Attribute>) {
        let of_kind = |attribute: &Attribute| attribute.shape().kind.is_some();
        let whole = self.after.kind() != live.kind() && held.iter().any(of_kind);
        let stays = |attribute: &Attribute| held.contains(attribute) || whole && of_kind(attribute);
        self.after.take_over(live, stays);
        self.spelled.retain(|(attribute, _)| !stays(attribute));
    }

    /// What to create if it comes to a replacement: the files' own spelling, with
    /// the live values that a replacement has to keep. AWS's own tags do not
    /// come back, since nobody else can set them.
    pub fn into_replacement(self) -> Definition {
        let Target { mut after, spelled, kms_key_unclear: _ } = self;
        for (attribute, value) in spelled {
            after.set(attribute, value);
        }
        after.retain(|attribute| attribute.tag().is_none_or(|key| !key.starts_with("aws:")));
        after
    }
}

/// Works out what `live` should become.
///
/// `ignored` are the paths of `lifecycle.ignore_changes`, whose live values stay. The
/// tags that the record says rekon set are managed, also where no file declares them.
pub fn target(
    desired: &Definition,
    ignored: &[Path],
    policy: &TagPolicy,
    record: Option<&Record>,
    live: &Definition,
) -> Target {
    let mut after = desired.clone();
    let same_kind = desired.kind() == live.kind();
    if same_kind && desired.run_state().is_none() {
        after.take_over(live, |attribute| *attribute == Attribute::DesiredStatus);
    }
    manage_tags(&mut after, policy, record, live);
    for path in ignored {
        keep_live(&mut after, live, path);
    }
    if !same_kind {
        // Ignoring all of `settings` keeps the kind, with everything that belongs
        // to it; otherwise nothing of the old kind fits.
        let whole = if after.kind() == live.kind() { live } else { desired };
        after.take_over(whole, |attribute| attribute.shape().kind.is_some());
    }
    let Settled { spelled, kms_key_unclear } = settle_equivalents(&mut after, live);
    Target { after, spelled, kms_key_unclear }
}

/// Leaves the live tags that are not managed as they are.
fn manage_tags(
    after: &mut Definition,
    policy: &TagPolicy,
    record: Option<&Record>,
    live: &Definition,
) {
    let set = |key: &str| record.is_some_and(|record| record.set_tag(key));
    after.tags = live.tags;
    let unmanaged = |attribute: &Attribute| {
        attribute.tag().is_some_and(|key| {
            live.tags == TagKnowledge::Unknown
                || policy.protects(key)
                || policy.scope == TagScope::Declared && live.get(attribute).is_some() && !set(key)
        })
    };
    let declared: Vec<(Attribute, Value)> = after
        .iter()
        .filter(|(attribute, _)| attribute.tag().is_some_and(|key| !policy.protects(key)))
        .map(|(attribute, value)| (attribute.clone(), value.clone()))
        .collect();
    after.take_over(live, unmanaged);
    if live.tags != TagKnowledge::Unknown {
        declared.into_iter().for_each(|(attribute, value)| after.put(attribute, value));
    }
}

/// Puts the live values of everything that the path covers into a definition.
///
/// Below a one-of table, where both sides have the same variant; a path to the
/// whole table takes over the live variant with it.
fn keep_live(definition: &mut Definition, live: &Definition, path: &Path) {
    let kept: Vec<&str> = ["settings", "output"]
        .into_iter()
        .filter(|table| {
            path.segments().len() == 1 || definition.variant(table) == live.variant(table)
        })
        .collect();
    definition.take_over(live, |attribute| {
        path.covers(attribute) && attribute.variant().is_none_or(|(table, _)| kept.contains(&table))
    });
}

/// How `settle_equivalents` went.
pub(super) struct Settled {
    spelled: Vec<(Attribute, Option<Value>)>,
    kms_key_unclear: bool,
}

/// Takes over the live spelling of what means the same; says how it was spelled,
/// and whether a KMS key was taken for equal without knowing.
pub(super) fn settle_equivalents(after: &mut Definition, live: &Definition) -> Settled {
    let mut settled = Settled { spelled: Vec::new(), kms_key_unclear: false };
    for attribute in Attribute::FIXED {
        let Some(shown) = live.get(attribute) else { continue };
        let wanted = after.get(attribute).cloned();
        let same = match (&wanted, attribute.shape().default) {
            (None, Default::Shown(number)) => {
                after.kind() == live.kind() && *shown == Value::Number(number)
            }
            (Some(Value::Text(wanted)), _) if *attribute == Attribute::KmsKeyId => {
                let shown = shown.as_text().unwrap_or_default();
                let comparison = compare_kms_keys(wanted, shown);
                settled.kms_key_unclear |= comparison == KmsComparison::Unknown;
                comparison != KmsComparison::Different
            }
            _ => false,
        };
        if same {
            settled.spelled.push((attribute.clone(), wanted));
            after.put(attribute.clone(), shown.clone());
        }
    }
    settled
}
