//! What fits a kind of processor and what does not.
//!
//! Label detection writes to S3 and has no run state to manage, face search
//! writes to a data stream; so the documentation of CreateStreamProcessor,
//! StreamProcessorOutput and StopStreamProcessor. Attributes that only label
//! detection uses are accepted on face search, which makes them odd, not wrong.

use crate::desired::layer::{Layer, OneOf};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::model::Kind;

use super::StackFacts;

/// Where each kind is offered, by the guidelines and quotas of the service.
const LABEL_DETECTION_REGIONS: [&str; 5] =
    ["us-east-1", "us-east-2", "us-west-2", "ap-south-1", "eu-west-1"];
const FACE_SEARCH_REGIONS: [&str; 5] =
    ["us-east-1", "us-west-2", "ap-northeast-1", "eu-central-1", "eu-west-1"];

/// Checks a merged processor. `partial`: some of its layers are unknown.
pub(in super::super) fn fit(
    name: &str,
    span: Span,
    merged: &Layer<'_>,
    partial: bool,
    diagnostics: &mut Vec<Diagnostic>,
) {
    match &merged.settings {
        OneOf::Absent | OneOf::Reported => {}
        OneOf::First(kind, _) => {
            if let OneOf::Second(output, _) = merged.output {
                diagnostics.push(
                    Diagnostic::new(
                        Code::OutputMismatch,
                        "label detection writes to S3, not to a data stream",
                    )
                    .label(output, "an output for face search")
                    .label(*kind, "label detection")
                    .help("write `output.s3_destination = { bucket = \"NAME\" }`"),
                );
            }
            if let Some((_, at)) = merged.desired_status.get() {
                diagnostics.push(
                    Diagnostic::new(
                        Code::DesiredStatusOnLabelDetection,
                        "label detection has no run state to manage",
                    )
                    .label(at, "for face search only")
                    .label(*kind, "label detection")
                    .help(format!(
                        "its sessions come and go: remove it from `{name}`, or move it to \
                         `[defaults.face_search]`"
                    )),
                );
            }
            if merged.sns_topic.is_absent() && !partial {
                diagnostics.push(
                    Diagnostic::new(
                        Code::MissingNotificationChannel,
                        "label detection without a notification channel announces nothing",
                    )
                    .label(*kind, "label detection")
                    .label(span, format!("`{name}` has no `notification_channel`"))
                    .help(
                        "write, here or in a lower layer:\n\
                         notification_channel.sns_topic_arn = \"arn:aws:sns:REGION:ACCOUNT:NAME\"",
                    ),
                );
            }
        }
        OneOf::Second(kind, _) => {
            if let OneOf::First(output, _) = merged.output {
                diagnostics.push(
                    Diagnostic::new(
                        Code::OutputMismatch,
                        "face search writes to a data stream, not to S3",
                    )
                    .label(output, "an output for label detection")
                    .label(*kind, "face search")
                    .help("write `output.kinesis_data_stream.arn = \"arn:aws:kinesis:REGION:ACCOUNT:stream/NAME\"`"),
                );
            }
            let odd = [
                ("a KMS key", merged.kms_key_id.get().map(|(_, at)| at)),
                ("a notification channel", merged.sns_topic.get().map(|(_, at)| at)),
                (
                    "regions of interest",
                    merged
                        .regions_of_interest
                        .get()
                        .filter(|(regions, _)| !regions.is_empty())
                        .map(|(_, at)| at),
                ),
            ];
            for (what, at) in odd {
                diagnostics.extend(at.map(|at| {
                    Diagnostic::new(
                        Code::NotForFaceSearch,
                        format!("face search makes no use of {what}"),
                    )
                    .label(at, "for label detection only")
                    .label(*kind, "face search")
                    .help("remove it, or move it to `[defaults.label_detection]`")
                }));
            }
        }
    }
}

/// Warns of kinds that the stack's region does not offer.
pub(in super::super) fn offered(
    stack: &StackFacts<'_>,
    used: impl IntoIterator<Item = (Kind, Span)>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let Some((region, span)) = stack.region else { return };
    for (kind, example) in used {
        let regions = match kind {
            Kind::LabelDetection => LABEL_DETECTION_REGIONS,
            Kind::FaceSearch => FACE_SEARCH_REGIONS,
        };
        if !regions.contains(&region) {
            diagnostics.push(
                Diagnostic::new(
                    Code::UnsupportedRegion,
                    format!("{} is not known to run in `{region}`", kind.as_str()),
                )
                .label(span, "the stack's region")
                .label(example, format!("{}, such as here", kind.as_str()))
                .help(format!("it runs in {}", regions.join(", "))),
            );
        }
    }
}
