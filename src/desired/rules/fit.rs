//! What fits a kind of processor and what does not.
//!
//! Label detection writes to S3 and has no run state to manage, face search
//! writes to a data stream; so the documentation of CreateStreamProcessor,
//! StreamProcessorOutput and StopStreamProcessor. The service refuses a KMS key
//! on face search, and accepts the other attributes that only label detection
//! uses, which makes them odd, not wrong.

use crate::desired::layer::{Completeness, Merged};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::model::{Attribute, Kind};

use super::facts::{Processor, StackFacts};

/// Where each kind is offered, by the guidelines and quotas of the service.
const LABEL_DETECTION_REGIONS: [&str; 5] =
    ["us-east-1", "us-east-2", "us-west-2", "ap-south-1", "eu-west-1"];
const FACE_SEARCH_REGIONS: [&str; 5] =
    ["us-east-1", "us-west-2", "ap-northeast-1", "eu-central-1", "eu-west-1"];

/// Checks a merged processor.
pub(in super::super) fn fit(
    processor: &Processor<'_>,
    merged: &Merged<'_>,
    completeness: Completeness,
    diagnostics: &mut Vec<Diagnostic>,
) {
    match merged.kind() {
        Some((Kind::LabelDetection, kind)) => {
            label_detection(processor, merged, kind, diagnostics);
            if completeness == Completeness::Whole && merged.lacks(&Attribute::NotificationChannel)
            {
                diagnostics.push(silent(processor, kind));
            }
        }
        Some((Kind::FaceSearch, kind)) => face_search(merged, kind, diagnostics),
        None => {}
    }
}

fn label_detection(
    processor: &Processor<'_>,
    merged: &Merged<'_>,
    kind: Span,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if let Some(("kinesis_data_stream", output)) = merged.variant("output") {
        diagnostics.push(
            Diagnostic::new(
                Code::OutputMismatch,
                "label detection writes to S3, not to a data stream",
            )
            .label(output, "an output for face search")
            .label(kind, "label detection")
            .help("write `output.s3_destination = { bucket = \"NAME\" }`"),
        );
    }
    if let Some(node) = merged.get(Attribute::DesiredStatus) {
        diagnostics.push(
            Diagnostic::new(
                Code::DesiredStatusOnLabelDetection,
                "label detection has no run state to manage",
            )
            .label(node.span, "for face search only")
            .label(kind, "label detection")
            .help(format!(
                "its sessions come and go: remove it from `{}`, or move it to \
                 `[defaults.face_search]`",
                processor.name
            )),
        );
    }
}

fn silent(processor: &Processor<'_>, kind: Span) -> Diagnostic {
    Diagnostic::new(
        Code::MissingNotificationChannel,
        "label detection without a notification channel announces nothing",
    )
    .label(kind, "label detection")
    .label(processor.span, format!("`{}` has no `notification_channel`", processor.name))
    .help(
        "write, here or in a lower layer:\n\
         notification_channel.sns_topic_arn = \"arn:aws:sns:REGION:ACCOUNT:NAME\"",
    )
}

fn face_search(merged: &Merged<'_>, kind: Span, diagnostics: &mut Vec<Diagnostic>) {
    if let Some(("s3_destination", output)) = merged.variant("output") {
        diagnostics.push(
            Diagnostic::new(Code::OutputMismatch, "face search writes to a data stream, not to S3")
                .label(output, "an output for label detection")
                .label(kind, "face search")
                .help("write `output.kinesis_data_stream.arn = \"arn:aws:kinesis:REGION:ACCOUNT:stream/NAME\"`"),
        );
    }
    let odd = [
        (Attribute::KmsKeyId, Code::KmsKeyOnFaceSearch, "takes no KMS key"),
        (
            Attribute::NotificationChannel,
            Code::NotForFaceSearch,
            "makes no use of a notification channel",
        ),
        (
            Attribute::RegionsOfInterest,
            Code::NotForFaceSearch,
            "makes no use of regions of interest",
        ),
    ];
    for (attribute, code, what) in odd {
        let node =
            merged.get(attribute).filter(|node| node.items().is_none_or(|items| !items.is_empty()));
        diagnostics.extend(node.map(|node| {
            Diagnostic::new(code, format!("face search {what}"))
                .label(node.span, "for label detection only")
                .label(kind, "face search")
                .help("remove it, or move it to `[defaults.label_detection]`")
        }));
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
