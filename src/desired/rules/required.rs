//! What a processor must have once its layers are merged.
//!
//! Required are what the API model requires of CreateStreamProcessor and what
//! its members need to mean anything: the role, the video stream, one kind with
//! its labels or collection, its output.

use super::facts::Processor;
use crate::config::{list, shorten};
use crate::desired::layer::{Completeness, Merged};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::Attribute;

const LABELS: &str = "settings.connected_home.labels = [\"PERSON\"]";
const COLLECTION: &str = "settings.face_search.collection_id = \"NAME\"";
const BUCKET: &str = "output.s3_destination.bucket = \"NAME\"";

/// What is required, with the line to write.
const LINES: [(Attribute, &str); 6] = [
    (Attribute::RoleArn, "role_arn = \"arn:aws:iam::ACCOUNT:role/NAME\""),
    (
        Attribute::Input,
        "input.kinesis_video_stream.arn = \"arn:aws:kinesisvideo:REGION:ACCOUNT:stream/NAME/CREATED\"",
    ),
    (Attribute::Labels, LABELS),
    (Attribute::CollectionId, COLLECTION),
    (Attribute::OutputBucket, BUCKET),
    (
        Attribute::OutputDataStream,
        "output.kinesis_data_stream.arn = \"arn:aws:kinesis:REGION:ACCOUNT:stream/NAME\"",
    ),
];

/// Whether a merged processor needs an attribute that it has not.
fn is_missing(attribute: &Attribute, merged: &Merged<'_>) -> bool {
    merged.lacks(attribute)
        && match attribute.variant() {
            None => true,
            Some((table, variant)) if !merged.lacks_variant(table) => {
                merged.variant(table).is_some_and(|(named, _)| named == variant)
            }
            // Which output is needed follows from the kind, if there is none.
            Some((table, _)) => {
                let kind = merged.kind().map(|(kind, _)| kind);
                table == "output" && kind.is_some() && attribute.shape().kind == kind
            }
        }
}

/// Reports what is missing at the processor's name, with the lines to write.
pub(in super::super) fn required(
    processor: &Processor<'_>,
    merged: &Merged<'_>,
    completeness: Completeness,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let Processor { name, span, table } = *processor;
    // Where a table has nothing but mistakes, they have been reported.
    if completeness == Completeness::Partial || table.is_empty() && table.doubtful {
        return;
    }
    let missing = LINES.iter().filter(|(attribute, _)| is_missing(attribute, merged));
    let mut lines: Vec<&str> = missing.map(|(_, line)| *line).collect();
    let no_kind = merged.lacks_variant("settings");
    let name = shorten(name);
    if no_kind && table.is_empty() {
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
