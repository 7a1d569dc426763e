//! A stream processor's definition.

use std::collections::BTreeSet;

use super::{Float32, Regions, Tags};

/// What the service uses when a label detection processor sets no MinConfidence.
pub const DEFAULT_MIN_CONFIDENCE: Float32 = Float32::whole(50);

/// What the service uses when a face search processor sets no FaceMatchThreshold.
pub const DEFAULT_FACE_MATCH_THRESHOLD: Float32 = Float32::whole(80);

/// A stream processor's whole definition, canonical, beside its name.
///
/// The files and the service both become values of this type; a difference
/// between two of them is a difference that the service would notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Processor {
    pub role_arn: String,
    /// The Kinesis video stream's ARN.
    pub input: String,
    pub output: Output,
    pub settings: Settings,
    /// The SNS topic's ARN.
    pub notification_channel: Option<String>,
    pub kms_key_id: Option<String>,
    pub regions_of_interest: Regions,
    /// `data_sharing_preference.opt_in`; absent means false.
    pub data_sharing: bool,
    pub tags: Tags,
    /// Whether it runs or should run. `None` in a file: not managed. `None` in
    /// the service: label detection, whose status comes and goes with sessions.
    pub run_state: Option<RunState>,
}

/// Where results go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    S3Destination { bucket: Option<String>, key_prefix: Option<String> },
    KinesisDataStream { arn: String },
}

/// What is looked for; it also decides what can change in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settings {
    ConnectedHome { labels: BTreeSet<String>, min_confidence: Option<Float32> },
    FaceSearch { collection_id: Option<String>, face_match_threshold: Float32 },
}

/// The two kinds of stream processors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    LabelDetection,
    FaceSearch,
}

/// Whether a face search processor runs.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    Running,
    Stopped,
}

impl RunState {
    /// The word used in TOML and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            RunState::Running => "running",
            RunState::Stopped => "stopped",
        }
    }
}

impl Processor {
    /// The kind that the settings make it.
    pub fn kind(&self) -> Kind {
        match self.settings {
            Settings::ConnectedHome { .. } => Kind::LabelDetection,
            Settings::FaceSearch { .. } => Kind::FaceSearch,
        }
    }

    /// The ARNs of which the account and region may hold one processor each:
    /// the Kinesis video stream and, for face search, the Kinesis data stream.
    pub fn exclusive_streams(&self) -> impl Iterator<Item = &str> {
        let data = match &self.output {
            Output::KinesisDataStream { arn } => Some(arn.as_str()),
            Output::S3Destination { .. } => None,
        };
        std::iter::once(self.input.as_str()).chain(data)
    }
}

impl Kind {
    /// The kind in words, as the service's documentation has them.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::LabelDetection => "label detection",
            Kind::FaceSearch => "face search",
        }
    }
}
