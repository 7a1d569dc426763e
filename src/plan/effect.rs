//! Which attributes the service changes in place.

use super::Effect;
use crate::model::{Attribute, Kind};

/// What changing an attribute of a live processor takes.
///
/// UpdateStreamProcessor has members for four attributes and rejects face
/// search processors; tags and the run state have operations of their own.
/// Everything else is fixed at creation.
pub(super) fn effect(kind: Kind, attribute: &Attribute) -> Effect {
    match (kind, attribute) {
        (_, Attribute::Tag(_))
        | (Kind::FaceSearch, Attribute::DesiredStatus)
        | (
            Kind::LabelDetection,
            Attribute::Labels
            | Attribute::MinConfidence
            | Attribute::RegionsOfInterest
            | Attribute::DataSharing,
        ) => Effect::InPlace,
        _ => Effect::Replace,
    }
}
