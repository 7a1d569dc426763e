//! What a processor must have once its layers are merged.
//!
//! Required are what the API model requires of CreateStreamProcessor and what
//! its members need to mean anything: the role, the video stream, one kind with
//! its labels or collection, its output.

use crate::config::{Processor, list, shorten};
use crate::desired::layer::{Layer, OneOf};
use crate::diagnostic::{Code, Diagnostic, Span};

const ROLE: &str = "role_arn = \"arn:aws:iam::ACCOUNT:role/NAME\"";
const INPUT: &str =
    "input.kinesis_video_stream.arn = \"arn:aws:kinesisvideo:REGION:ACCOUNT:stream/NAME/CREATED\"";
const LABELS: &str = "settings.connected_home.labels = [\"PERSON\"]";
const COLLECTION: &str = "settings.face_search.collection_id = \"NAME\"";
const BUCKET: &str = "output.s3_destination.bucket = \"NAME\"";
const STREAM: &str =
    "output.kinesis_data_stream.arn = \"arn:aws:kinesis:REGION:ACCOUNT:stream/NAME\"";

/// Reports what is missing at the processor's name, with the lines to write.
pub(in super::super) fn required(
    name: &str,
    span: Span,
    processor: &Processor,
    merged: &Layer<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if processor.is_blank() && processor.doubtful {
        // Whatever was meant, that the table has it wrong has been said.
        return;
    }
    let mut lines = Vec::new();
    let mut need = |missing: bool, line: &'static str| {
        if missing {
            lines.push(line);
        }
    };
    need(merged.role_arn.is_absent(), ROLE);
    need(merged.video_stream.is_absent(), INPUT);
    let mut no_kind = false;
    match &merged.settings {
        OneOf::Absent => no_kind = true,
        OneOf::Reported => {}
        OneOf::First(_, home) => need(home.labels.is_absent(), LABELS),
        OneOf::Second(_, face) => need(face.collection_id.is_absent(), COLLECTION),
    }
    match (&merged.output, &merged.settings) {
        (OneOf::Absent, OneOf::First(..)) => need(true, BUCKET),
        (OneOf::Absent, OneOf::Second(..)) => need(true, STREAM),
        // Which output is needed follows from the kind, and is said with it.
        (OneOf::Absent | OneOf::Reported, _) => {}
        (OneOf::First(_, destination), _) => need(destination.bucket.is_absent(), BUCKET),
        (OneOf::Second(_, stream), _) => need(stream.arn.is_absent(), STREAM),
    }
    let name = shorten(name);
    if no_kind && processor.is_blank() {
        lines.push(LABELS);
        lines.push(BUCKET);
        diagnostics.push(
            Diagnostic::new(Code::EmptyProcessor, format!("the processor `{name}` is empty"))
                .label(span, "nothing is said of it")
                .help(format!("remove it, or write:\n{}", lines.join("\n"))),
        );
        return;
    }
    if no_kind {
        diagnostics.push(
            Diagnostic::new(
                Code::MissingKind,
                format!("`{name}` is neither label detection nor face search"),
            )
            .label(span, "no kind")
            .help(format!(
                "write, for label detection:\n{LABELS}\nor, for face search:\n{COLLECTION}"
            )),
        );
    }
    if !lines.is_empty() {
        let paths: Vec<String> =
            lines.iter().map(|line| line.split(" = ").next().unwrap_or(line).to_owned()).collect();
        diagnostics.push(
            Diagnostic::new(Code::MissingAttribute, format!("`{name}` lacks {}", list(&paths)))
                .label(span, "something is missing here")
                .help(format!("write, here or in a lower layer:\n{}", lines.join("\n"))),
        );
    }
}
