//! From a merged processor to its declaration.
//!
//! Only called when no file holds an error; still, nothing is taken for
//! granted: what cannot be built is none, and the caller has no desired state.

use std::collections::{BTreeMap, BTreeSet};

use super::layer::{ConnectedHome, FaceSearch, Layer, Leaf, OneOf};
use super::names::Names;
use super::types::{Declaration, Lifecycle};
use crate::config::At;
use crate::diagnostic::Span;
use crate::model::{
    Attribute, DEFAULT_FACE_MATCH_THRESHOLD, Float32, Output, Processor, Regions, Settings,
};

/// Notes where values were written while handing them on.
#[derive(Default)]
struct Spans(BTreeMap<Attribute, Span>);

impl Spans {
    fn take<'a, T>(&mut self, attribute: Attribute, leaf: Leaf<'a, T>) -> Option<&'a T> {
        let (value, span) = leaf.get()?;
        self.0.insert(attribute, span);
        Some(value)
    }
}

/// Builds a processor's declaration.
pub(super) fn declaration(
    span: Span,
    merged: &Layer<'_>,
    names: &Names<'_>,
) -> Option<Declaration> {
    let Layer {
        role_arn,
        video_stream,
        output,
        settings,
        sns_topic,
        kms_key_id,
        regions_of_interest,
        opt_in,
        tags,
        prevent_destroy,
        ignore_changes,
        desired_status,
    } = merged;
    let mut spans = Spans::default();
    let regions = match spans.take(Attribute::RegionsOfInterest, *regions_of_interest) {
        None => Regions::default(),
        Some(list) => Regions::new(
            list.iter()
                .map(|at| super::region::region(at.get()?, names))
                .collect::<Option<Vec<_>>>()?,
        ),
    };
    let processor = Processor {
        role_arn: spans.take(Attribute::RoleArn, *role_arn)?.clone(),
        input: spans.take(Attribute::Input, *video_stream)?.clone(),
        output: match output {
            OneOf::First(_, destination) => Output::S3Destination {
                bucket: spans.take(Attribute::OutputBucket, destination.bucket).cloned(),
                key_prefix: spans.take(Attribute::OutputKeyPrefix, destination.key_prefix).cloned(),
            },
            OneOf::Second(_, stream) => Output::KinesisDataStream {
                arn: spans.take(Attribute::OutputDataStream, stream.arn)?.clone(),
            },
            OneOf::Absent | OneOf::Reported => return None,
        },
        settings: match settings {
            OneOf::First(_, home) => connected_home(home, &mut spans)?,
            OneOf::Second(_, face) => face_search(face, &mut spans)?,
            OneOf::Absent | OneOf::Reported => return None,
        },
        notification_channel: spans.take(Attribute::NotificationChannel, *sns_topic).cloned(),
        kms_key_id: spans.take(Attribute::KmsKeyId, *kms_key_id).cloned(),
        regions_of_interest: regions,
        data_sharing: spans.take(Attribute::DataSharing, *opt_in).copied().unwrap_or(false),
        tags: tags
            .iter()
            .map(|(key, value)| {
                let value = spans.take(Attribute::Tag((*key).to_owned()), *value)?;
                Some(((*key).to_owned(), value.clone()))
            })
            .collect::<Option<_>>()?,
        run_state: spans.take(Attribute::DesiredStatus, *desired_status).copied(),
    };
    let lifecycle = Lifecycle {
        prevent_destroy: prevent_destroy.get().is_some_and(|(value, _)| *value),
        ignore_changes: ignore_changes
            .get()
            .into_iter()
            .flat_map(|(paths, _)| paths.iter().filter_map(At::get))
            .map(|path| Attribute::split_path(path))
            .collect(),
    };
    Some(Declaration { processor, lifecycle, span, attribute_spans: spans.0 })
}

fn connected_home(home: &ConnectedHome<'_>, spans: &mut Spans) -> Option<Settings> {
    let labels = spans.take(Attribute::Labels, home.labels)?;
    Some(Settings::ConnectedHome {
        labels: labels.iter().map(|at| at.get().cloned()).collect::<Option<BTreeSet<_>>>()?,
        min_confidence: match spans.take(Attribute::MinConfidence, home.min_confidence) {
            None => None,
            Some(number) => Some(Float32::from_f64(*number).ok()?),
        },
    })
}

fn face_search(face: &FaceSearch<'_>, spans: &mut Spans) -> Option<Settings> {
    let threshold = spans.take(Attribute::FaceMatchThreshold, face.face_match_threshold);
    Some(Settings::FaceSearch {
        collection_id: Some(spans.take(Attribute::CollectionId, face.collection_id)?.clone()),
        face_match_threshold: match threshold {
            None => DEFAULT_FACE_MATCH_THRESHOLD,
            Some(number) => Float32::from_f64(*number).ok()?,
        },
    })
}
