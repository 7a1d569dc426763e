//! One-of tables: a processor has one kind and one output.

use crate::config::{At, Attributes, KindDefaults};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::Kind;

/// Reports tables that name both of what can only be one.
pub(super) fn check(attributes: &Attributes, diagnostics: &mut Vec<Diagnostic>) {
    if let Some(settings) = attributes.settings.get()
        && let (Some(home), Some(face)) = (settings.connected_home.at(), settings.face_search.at())
    {
        diagnostics.push(
            Diagnostic::new(Code::TwoKinds, "a processor has one kind, and this names two")
                .label(face.key, "face search")
                .label(home.key, "label detection")
                .help("keep one of `connected_home` and `face_search`"),
        );
    }
    if let Some(output) = attributes.output.get()
        && let (Some(bucket), Some(stream)) =
            (output.s3_destination.at(), output.kinesis_data_stream.at())
    {
        diagnostics.push(
            Diagnostic::new(Code::TwoOutputs, "a processor has one output, and this names two")
                .label(stream.key, "a data stream, for face search")
                .label(bucket.key, "an S3 destination, for label detection")
                .help("keep the one that fits the kind of processor"),
        );
    }
}

/// Reports the defaults of one kind that hold the settings of the other.
pub(in super::super) fn kind_defaults(
    kind: Kind,
    defaults: &At<KindDefaults>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let settings = defaults.get().and_then(|defaults| defaults.attributes.settings.get());
    let Some(settings) = settings else { return };
    let (other, name) = match kind {
        Kind::LabelDetection => (settings.face_search.at().map(|at| at.key), "face_search"),
        Kind::FaceSearch => (settings.connected_home.at().map(|at| at.key), "connected_home"),
    };
    // A table that names both kinds has been reported for that.
    let both = settings.face_search.at().is_some() && settings.connected_home.at().is_some();
    if let Some(span) = other.filter(|_| !both) {
        diagnostics.push(
            Diagnostic::new(
                Code::WrongKindDefaults,
                format!("the defaults of {} hold `{name}`", kind.as_str()),
            )
            .label(span, "settings of the other kind")
            .label(defaults.key, format!("defaults of {}", kind.as_str()))
            .help("move them to the defaults of their own kind"),
        );
    }
}
