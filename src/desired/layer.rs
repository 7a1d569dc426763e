//! The layers under a processor, and laying one over another.
//!
//! A layer only refers to what the files say, so that ten thousand processors
//! over one template share its values, each with its place.

use std::collections::BTreeMap;

use crate::config::{At, Attributes, List, Region, Slot};
use crate::diagnostic::Span;
use crate::model::RunState;

/// An attribute's value in force.
#[derive(Debug, Default)]
pub(super) enum Leaf<'a, T> {
    /// No layer gives one.
    #[default]
    Absent,
    /// One was written but is unusable, which has been reported.
    Reported,
    Here(&'a T, Span),
}

impl<T> Clone for Leaf<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Leaf<'_, T> {}

impl<'a, T> Leaf<'a, T> {
    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Leaf::Absent)
    }

    pub(super) fn get(self) -> Option<(&'a T, Span)> {
        match self {
            Leaf::Here(value, span) => Some((value, span)),
            Leaf::Absent | Leaf::Reported => None,
        }
    }

    fn over(self, lower: Self) -> Self {
        if self.is_absent() { lower } else { self }
    }

    /// Takes the value away; whether there was one.
    pub(super) fn clear(&mut self) -> bool {
        !std::mem::take(self).is_absent()
    }
}

/// One of two tables, of which a processor has one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum OneOf<A, B> {
    #[default]
    Absent,
    /// It cannot be said which, and the reason has been reported.
    Reported,
    First(Span, A),
    Second(Span, B),
}

/// `settings.connected_home`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ConnectedHome<'a> {
    pub(super) labels: Leaf<'a, List<String>>,
    pub(super) min_confidence: Leaf<'a, f64>,
}

/// `settings.face_search`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FaceSearch<'a> {
    pub(super) collection_id: Leaf<'a, String>,
    pub(super) face_match_threshold: Leaf<'a, f64>,
}

/// `output.s3_destination`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct S3Destination<'a> {
    pub(super) bucket: Leaf<'a, String>,
    pub(super) key_prefix: Leaf<'a, String>,
}

/// `output.kinesis_data_stream`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct KinesisDataStream<'a> {
    pub(super) arn: Leaf<'a, String>,
}

/// The attributes that some layers together give.
#[derive(Clone, Debug, Default)]
pub(super) struct Layer<'a> {
    pub(super) role_arn: Leaf<'a, String>,
    pub(super) video_stream: Leaf<'a, String>,
    pub(super) output: OneOf<S3Destination<'a>, KinesisDataStream<'a>>,
    pub(super) settings: OneOf<ConnectedHome<'a>, FaceSearch<'a>>,
    pub(super) sns_topic: Leaf<'a, String>,
    pub(super) kms_key_id: Leaf<'a, String>,
    pub(super) regions_of_interest: Leaf<'a, List<Region>>,
    pub(super) opt_in: Leaf<'a, bool>,
    pub(super) tags: BTreeMap<&'a str, Leaf<'a, String>>,
    pub(super) prevent_destroy: Leaf<'a, bool>,
    pub(super) ignore_changes: Leaf<'a, List<String>>,
    pub(super) desired_status: Leaf<'a, RunState>,
}

/// A table that can be laid over another.
pub(super) trait Over {
    #[must_use]
    fn over(self, lower: Self) -> Self;
}

impl Over for ConnectedHome<'_> {
    fn over(self, lower: Self) -> Self {
        ConnectedHome {
            labels: self.labels.over(lower.labels),
            min_confidence: self.min_confidence.over(lower.min_confidence),
        }
    }
}

impl Over for FaceSearch<'_> {
    fn over(self, lower: Self) -> Self {
        FaceSearch {
            collection_id: self.collection_id.over(lower.collection_id),
            face_match_threshold: self.face_match_threshold.over(lower.face_match_threshold),
        }
    }
}

impl Over for S3Destination<'_> {
    fn over(self, lower: Self) -> Self {
        S3Destination {
            bucket: self.bucket.over(lower.bucket),
            key_prefix: self.key_prefix.over(lower.key_prefix),
        }
    }
}

impl Over for KinesisDataStream<'_> {
    fn over(self, lower: Self) -> Self {
        KinesisDataStream { arn: self.arn.over(lower.arn) }
    }
}

impl<A: Over, B: Over> Over for OneOf<A, B> {
    /// Naming the other table replaces the whole of this one.
    fn over(self, lower: Self) -> Self {
        match (self, lower) {
            (OneOf::Absent, lower) => lower,
            (OneOf::First(at, higher), OneOf::First(_, lower)) => {
                OneOf::First(at, higher.over(lower))
            }
            (OneOf::Second(at, higher), OneOf::Second(_, lower)) => {
                OneOf::Second(at, higher.over(lower))
            }
            (higher, _) => higher,
        }
    }
}

impl<'a> Layer<'a> {
    /// What one table says.
    pub(super) fn new(attributes: &'a Attributes) -> Layer<'a> {
        let Attributes {
            role_arn,
            input,
            output,
            settings,
            notification_channel,
            kms_key_id,
            regions_of_interest,
            data_sharing_preference,
            tags,
            lifecycle,
            desired_status,
            doubtful: _,
        } = attributes;
        Layer {
            role_arn: leaf(role_arn),
            video_stream: within(input, |input| match input.kinesis_video_stream.at() {
                None if input.doubtful => Leaf::Reported,
                None => Leaf::Absent,
                Some(_) => within(&input.kinesis_video_stream, |stream| {
                    leaf_of(&stream.arn, stream.doubtful)
                }),
            }),
            output: one_of(
                output,
                |output| output.doubtful,
                |output| table(&output.s3_destination),
                |output| table(&output.kinesis_data_stream),
                |table| S3Destination {
                    bucket: leaf_of(&table.bucket, table.doubtful),
                    key_prefix: leaf(&table.key_prefix),
                },
                |table| KinesisDataStream { arn: leaf_of(&table.arn, table.doubtful) },
            ),
            settings: one_of(
                settings,
                |settings| settings.doubtful,
                |settings| table(&settings.connected_home),
                |settings| table(&settings.face_search),
                |table| ConnectedHome {
                    labels: leaf_of(&table.labels, table.doubtful),
                    min_confidence: leaf(&table.min_confidence),
                },
                |table| FaceSearch {
                    collection_id: leaf_of(&table.collection_id, table.doubtful),
                    face_match_threshold: leaf(&table.face_match_threshold),
                },
            ),
            sns_topic: within(notification_channel, |channel| {
                leaf_of(&channel.sns_topic_arn, channel.doubtful)
            }),
            kms_key_id: leaf(kms_key_id),
            regions_of_interest: leaf(regions_of_interest),
            opt_in: within(data_sharing_preference, |preference| leaf(&preference.opt_in)),
            tags: tags
                .get()
                .into_iter()
                .flatten()
                .map(|(key, at)| (key.as_str(), value(at)))
                .collect(),
            prevent_destroy: within(lifecycle, |lifecycle| leaf(&lifecycle.prevent_destroy)),
            ignore_changes: within(lifecycle, |lifecycle| leaf(&lifecycle.ignore_changes)),
            desired_status: leaf(desired_status),
        }
    }

    /// Lays this over a lower layer: tables merge, arrays and values replace.
    #[must_use]
    pub(super) fn over(self, lower: Layer<'a>) -> Layer<'a> {
        let mut tags = lower.tags;
        tags.extend(self.tags);
        Layer {
            role_arn: self.role_arn.over(lower.role_arn),
            video_stream: self.video_stream.over(lower.video_stream),
            output: self.output.over(lower.output),
            settings: self.settings.over(lower.settings),
            sns_topic: self.sns_topic.over(lower.sns_topic),
            kms_key_id: self.kms_key_id.over(lower.kms_key_id),
            regions_of_interest: self.regions_of_interest.over(lower.regions_of_interest),
            opt_in: self.opt_in.over(lower.opt_in),
            tags,
            prevent_destroy: self.prevent_destroy.over(lower.prevent_destroy),
            ignore_changes: self.ignore_changes.over(lower.ignore_changes),
            desired_status: self.desired_status.over(lower.desired_status),
        }
    }
}

fn value<T>(at: &At<T>) -> Leaf<'_, T> {
    match &at.value {
        Ok(value) => Leaf::Here(value, at.span),
        Err(_) => Leaf::Reported,
    }
}

fn leaf<T>(slot: &Slot<T>) -> Leaf<'_, T> {
    slot.at().map_or(Leaf::Absent, value)
}

/// A value of a table. If there is none, a key that is unknown may have been
/// meant, which has been reported.
fn leaf_of<T>(slot: &Slot<T>, doubtful: bool) -> Leaf<'_, T> {
    match leaf(slot) {
        Leaf::Absent if doubtful => Leaf::Reported,
        leaf => leaf,
    }
}

/// A value inside a table; a table that is unusable makes it so too.
fn within<'a, T, U>(slot: &'a Slot<T>, inner: impl FnOnce(&'a T) -> Leaf<'a, U>) -> Leaf<'a, U> {
    match slot.at().map(|at| &at.value) {
        None => Leaf::Absent,
        Some(Err(_)) => Leaf::Reported,
        Some(Ok(table)) => inner(table),
    }
}

/// A table and the key that names it.
type Named<'a, T> = Option<(Span, Option<&'a T>)>;

fn table<T>(slot: &Slot<T>) -> Named<'_, T> {
    slot.at().map(|at| (at.key, at.get()))
}

fn one_of<'a, T, A: 'a, B: 'a, C, D>(
    slot: &'a Slot<T>,
    doubtful: impl FnOnce(&'a T) -> bool,
    first: impl FnOnce(&'a T) -> Named<'a, A>,
    second: impl FnOnce(&'a T) -> Named<'a, B>,
    read_first: impl FnOnce(&'a A) -> C,
    read_second: impl FnOnce(&'a B) -> D,
) -> OneOf<C, D> {
    match slot.at().map(|at| &at.value) {
        None => OneOf::Absent,
        Some(Err(_)) => OneOf::Reported,
        Some(Ok(table)) => match (first(table), second(table)) {
            (None, None) if doubtful(table) => OneOf::Reported,
            (None, None) => OneOf::Absent,
            (Some((at, Some(found))), None) => OneOf::First(at, read_first(found)),
            (None, Some((at, Some(found)))) => OneOf::Second(at, read_second(found)),
            // Both, which `rules::variants` reports, or an unusable one.
            _ => OneOf::Reported,
        },
    }
}
