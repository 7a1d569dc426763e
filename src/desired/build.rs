//! From a merged processor to its declaration.
//!
//! Only called when no file holds an error; still, nothing is taken for
//! granted: what cannot be built is none, and the caller has no desired state.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::layer::{Layer, Leaf, OneOf};
use super::names::Names;
use super::types::{Declaration, Lifecycle, Place};
use crate::config::At;
use crate::diagnostic::Span;
use crate::model::{Attribute, Definition, Float32, Kind, Path, Regions, Value};

struct Builder {
    definition: Definition,
    places: BTreeMap<Attribute, Place>,
}

impl Builder {
    fn put<'a, T>(
        &mut self,
        attribute: Attribute,
        leaf: Leaf<'a, T>,
        value: impl FnOnce(&'a T) -> Option<Value>,
    ) -> Option<()> {
        if let Some((written, span)) = leaf.get() {
            self.places.insert(attribute.clone(), Place { span });
            self.definition.put(attribute, value(written)?);
        }
        Some(())
    }

    fn text<'a>(&mut self, attribute: Attribute, leaf: Leaf<'a, String>) -> Option<()> {
        self.put(attribute, leaf, |text| Some(Value::text(text)))
    }
}

fn number(number: &f64) -> Option<Value> {
    Float32::from_f64(*number).ok().map(Value::Number)
}

/// Builds a processor's declaration.
pub(super) fn declaration(
    span: Span,
    merged: &Layer<'_>,
    names: &Names<'_>,
) -> Option<Declaration> {
    let kind = match merged.settings {
        OneOf::First(..) => Kind::LabelDetection,
        OneOf::Second(..) => Kind::FaceSearch,
        OneOf::Absent | OneOf::Reported => return None,
    };
    let mut build = Builder { definition: Definition::new(kind), places: BTreeMap::new() };
    build.text(Attribute::RoleArn, merged.role_arn)?;
    build.text(Attribute::Input, merged.video_stream)?;
    match &merged.output {
        OneOf::First(_, destination) => {
            build.text(Attribute::OutputBucket, destination.bucket)?;
            build.text(Attribute::OutputKeyPrefix, destination.key_prefix)?;
        }
        OneOf::Second(_, stream) => build.text(Attribute::OutputDataStream, stream.arn)?,
        OneOf::Absent | OneOf::Reported => return None,
    }
    match &merged.settings {
        OneOf::First(_, home) => {
            build.put(Attribute::Labels, home.labels, |labels| {
                let labels = labels.iter().map(|at| at.get().cloned());
                Some(Value::Labels(Arc::new(labels.collect::<Option<BTreeSet<_>>>()?)))
            })?;
            build.put(Attribute::MinConfidence, home.min_confidence, number)?;
        }
        OneOf::Second(_, face) => {
            build.text(Attribute::CollectionId, face.collection_id)?;
            build.put(Attribute::FaceMatchThreshold, face.face_match_threshold, number)?;
        }
        OneOf::Absent | OneOf::Reported => return None,
    }
    build.text(Attribute::NotificationChannel, merged.sns_topic)?;
    build.text(Attribute::KmsKeyId, merged.kms_key_id)?;
    build.put(Attribute::RegionsOfInterest, merged.regions_of_interest, |list| {
        let regions = list.iter().map(|at| super::region::region(at.get()?, names));
        Some(Value::Regions(Arc::new(Regions::new(regions.collect::<Option<_>>()?))))
    })?;
    build.put(Attribute::DataSharing, merged.opt_in, |flag| Some(Value::Flag(*flag)))?;
    for (key, value) in &merged.tags {
        build.text(Attribute::Tag((*key).into()), *value)?;
    }
    build.put(Attribute::DesiredStatus, merged.desired_status, |state| {
        Some(Value::RunState(*state))
    })?;
    let lifecycle = Lifecycle {
        prevent_destroy: merged.prevent_destroy.get().is_some_and(|(value, _)| *value),
        ignore_changes: merged
            .ignore_changes
            .get()
            .into_iter()
            .flat_map(|(paths, _)| paths.iter().filter_map(At::get))
            .map(|path| Path::parse(path))
            .collect(),
    };
    let Builder { definition, places } = build;
    Some(Declaration { definition, lifecycle, span, places })
}
