//! One-of tables: a processor has one kind and one output.

use crate::config::{Node, Table};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::model::Kind;

/// Where the keys of a table within another are written.
fn named<const COUNT: usize>(
    table: &Table,
    name: &str,
    keys: [&str; COUNT],
) -> [Option<Span>; COUNT] {
    let inner = table.get(name).and_then(Node::table);
    keys.map(|key| Some(inner?.get(key)?.key))
}

/// Reports tables that name both of what can only be one.
pub(super) fn check(table: &Table, diagnostics: &mut Vec<Diagnostic>) {
    if let [Some(home), Some(face)] = named(table, "settings", ["connected_home", "face_search"]) {
        diagnostics.push(
            Diagnostic::new(Code::TwoKinds, "a processor has one kind, and this names two")
                .label(face, "face search")
                .label(home, "label detection")
                .help("keep one of `connected_home` and `face_search`"),
        );
    }
    if let [Some(bucket), Some(stream)] =
        named(table, "output", ["s3_destination", "kinesis_data_stream"])
    {
        diagnostics.push(
            Diagnostic::new(Code::TwoOutputs, "a processor has one output, and this names two")
                .label(stream, "a data stream, for face search")
                .label(bucket, "an S3 destination, for label detection")
                .help("keep the one that fits the kind of processor"),
        );
    }
}

/// Reports the defaults of one kind that hold the settings of the other.
pub(in super::super) fn kind_defaults(
    kind: Kind,
    defaults: &Node,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let (own, other) = match kind {
        Kind::LabelDetection => ("connected_home", "face_search"),
        Kind::FaceSearch => ("face_search", "connected_home"),
    };
    let Some(table) = defaults.table() else { return };
    // A table that names both kinds has been reported for that.
    if let [None, Some(span)] = named(table, "settings", [own, other]) {
        diagnostics.push(
            Diagnostic::new(
                Code::WrongKindDefaults,
                format!("the defaults of {} hold `{other}`", kind.as_str()),
            )
            .label(span, "settings of the other kind")
            .label(defaults.key, format!("defaults of {}", kind.as_str()))
            .help("move them to the defaults of their own kind"),
        );
    }
}
