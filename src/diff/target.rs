//! What a live processor should become, given what the files say of it.

use crate::model::{
    Attribute, DEFAULT_MIN_CONFIDENCE, Float32, KmsComparison, Output, Processor, Settings,
    TagKnowledge, TagPolicy, TagScope, Tags, compare_kms_keys,
};

/// A live processor's future, in the two shapes that planning needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// What to compare the live definition with: wherever the files do not
    /// manage a value, or mean the same as the live one, it is the live one.
    pub after: Processor,
    spelled: Spelling,
    /// One side names a KMS alias and the other a key, so that only KMS could
    /// tell whether they differ. Taken for equal.
    pub kms_key_unclear: bool,
}

/// How the files spell what `after` has in the live spelling.
#[derive(Clone, Debug, PartialEq)]
struct Spelling {
    kms_key_id: Option<String>,
    min_confidence: Option<Float32>,
}

impl Target {
    /// What to create if it comes to a replacement: the files' own spelling, with
    /// the live values that a replacement has to keep.
    pub fn into_replacement(self) -> Processor {
        let Target { mut after, spelled, kms_key_unclear: _ } = self;
        after.kms_key_id = spelled.kms_key_id;
        if let Settings::ConnectedHome { min_confidence, .. } = &mut after.settings {
            *min_confidence = spelled.min_confidence;
        }
        after
    }
}

/// Works out what `live` should become.
///
/// `ignored` are the paths of `lifecycle.ignore_changes`, whose live values stay.
pub fn target(
    desired: &Processor,
    ignored: &[Vec<String>],
    policy: &TagPolicy,
    live: &Processor,
    knowledge: TagKnowledge,
) -> Target {
    let mut after = desired.clone();
    if desired.kind() == live.kind() && desired.run_state.is_none() {
        after.run_state = live.run_state;
    }
    after.tags = match knowledge {
        TagKnowledge::Unknown => live.tags.clone(),
        TagKnowledge::Confirmed | TagKnowledge::Hinted => {
            managed_tags(&desired.tags, policy, &live.tags)
        }
    };
    for path in ignored {
        keep_live(&mut after, live, path);
    }
    fit_kind(&mut after, desired, live);
    let spelled = Spelling {
        kms_key_id: after.kms_key_id.clone(),
        min_confidence: match &after.settings {
            Settings::ConnectedHome { min_confidence, .. } => *min_confidence,
            Settings::FaceSearch { .. } => None,
        },
    };
    let kms_key_unclear = settle_equivalents(&mut after, live);
    Target { after, spelled, kms_key_unclear }
}

/// Takes over the live spelling of what means the same; says whether a KMS key
/// was taken for equal without knowing.
pub(super) fn settle_equivalents(after: &mut Processor, live: &Processor) -> bool {
    if let (
        Settings::ConnectedHome { min_confidence: wanted @ None, .. },
        Settings::ConnectedHome { min_confidence: shown, .. },
    ) = (&mut after.settings, &live.settings)
        && *shown == Some(DEFAULT_MIN_CONFIDENCE)
    {
        *wanted = *shown;
    }
    let (Some(wanted), Some(shown)) = (&mut after.kms_key_id, &live.kms_key_id) else {
        return false;
    };
    match compare_kms_keys(wanted, shown) {
        KmsComparison::Different => false,
        KmsComparison::Same => {
            wanted.clone_from(shown);
            false
        }
        KmsComparison::Unknown => {
            wanted.clone_from(shown);
            true
        }
    }
}

/// The tags that a processor should have, given those that it has.
fn managed_tags(declared: &Tags, policy: &TagPolicy, live: &Tags) -> Tags {
    let kept = |key: &str| policy.scope == TagScope::Declared || policy.protects(key);
    let mut tags: Tags = live
        .iter()
        .filter(|(key, _)| kept(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let managed = declared.iter().filter(|(key, _)| !policy.protects(key));
    tags.extend(managed.map(|(key, value)| (key.clone(), value.clone())));
    tags
}

/// Puts the live values of everything that the path covers into a definition.
fn keep_live(definition: &mut Processor, live: &Processor, path: &[String]) {
    let is = |table: &str| path.len() == 1 && path[0] == table;
    if is("settings") {
        definition.settings = live.settings.clone();
    }
    if is("output") {
        definition.output = live.output.clone();
    }
    for attribute in Attribute::FIXED.iter().filter(|attribute| attribute.is_covered_by(path)) {
        keep_live_attribute(definition, live, attribute);
    }
    match path {
        [tags] if tags == "tags" => definition.tags = live.tags.clone(),
        [tags, key] if tags == "tags" => match live.tags.get(key) {
            Some(value) => {
                definition.tags.insert(key.clone(), value.clone());
            }
            None => {
                definition.tags.remove(key);
            }
        },
        _ => {}
    }
}

/// Settles what the two kinds do not share, where the files declare another
/// kind than the one that lives. Ignoring all of `settings` keeps the kind, with
/// everything that belongs to it; otherwise nothing of the old kind fits.
fn fit_kind(definition: &mut Processor, desired: &Processor, live: &Processor) {
    if desired.kind() == live.kind() {
        return;
    }
    let whole = if definition.kind() == live.kind() { live } else { desired };
    let Processor { output, settings, notification_channel, kms_key_id, run_state, .. } =
        whole.clone();
    *definition = Processor {
        output,
        settings,
        notification_channel,
        kms_key_id,
        run_state,
        ..definition.clone()
    };
}

fn keep_live_attribute(definition: &mut Processor, live: &Processor, attribute: &Attribute) {
    use Settings::{ConnectedHome, FaceSearch};
    match attribute {
        Attribute::RoleArn => definition.role_arn.clone_from(&live.role_arn),
        Attribute::Input => definition.input.clone_from(&live.input),
        Attribute::OutputBucket => {
            if let (
                Output::S3Destination { bucket, .. },
                Output::S3Destination { bucket: shown, .. },
            ) = (&mut definition.output, &live.output)
            {
                bucket.clone_from(shown);
            }
        }
        Attribute::OutputKeyPrefix => {
            if let (
                Output::S3Destination { key_prefix, .. },
                Output::S3Destination { key_prefix: shown, .. },
            ) = (&mut definition.output, &live.output)
            {
                key_prefix.clone_from(shown);
            }
        }
        Attribute::OutputDataStream => {
            if let (Output::KinesisDataStream { arn }, Output::KinesisDataStream { arn: shown }) =
                (&mut definition.output, &live.output)
            {
                arn.clone_from(shown);
            }
        }
        Attribute::NotificationChannel => {
            definition.notification_channel.clone_from(&live.notification_channel);
        }
        Attribute::KmsKeyId => definition.kms_key_id.clone_from(&live.kms_key_id),
        Attribute::Labels => {
            if let (ConnectedHome { labels, .. }, ConnectedHome { labels: shown, .. }) =
                (&mut definition.settings, &live.settings)
            {
                labels.clone_from(shown);
            }
        }
        Attribute::MinConfidence => {
            if let (
                ConnectedHome { min_confidence, .. },
                ConnectedHome { min_confidence: shown, .. },
            ) = (&mut definition.settings, &live.settings)
            {
                *min_confidence = *shown;
            }
        }
        Attribute::CollectionId => {
            if let (FaceSearch { collection_id, .. }, FaceSearch { collection_id: shown, .. }) =
                (&mut definition.settings, &live.settings)
            {
                collection_id.clone_from(shown);
            }
        }
        Attribute::FaceMatchThreshold => {
            if let (
                FaceSearch { face_match_threshold, .. },
                FaceSearch { face_match_threshold: shown, .. },
            ) = (&mut definition.settings, &live.settings)
            {
                *face_match_threshold = *shown;
            }
        }
        Attribute::RegionsOfInterest => {
            definition.regions_of_interest.clone_from(&live.regions_of_interest);
        }
        Attribute::DataSharing => definition.data_sharing = live.data_sharing,
        Attribute::DesiredStatus => definition.run_state = live.run_state,
        // Tag keys are open, so `keep_live` matches them by path.
        Attribute::Tag(_) => {}
    }
}
