//! What a processor must have once its layers are merged.
//!
//! Required are what the API model requires of CreateStreamProcessor and what
//! its members need to mean anything: the role, the video stream, one kind with
//! its labels or collection, its output.

use std::collections::BTreeMap;

use super::facts::Processor;
use crate::config::{Node, concerning, list, quoted, shorten};
use crate::desired::extends::extended;
use crate::desired::layer::{Completeness, Merged};
use crate::desired::names::Names;
use crate::diagnostic::{Code, Diagnostic, Span};
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

/// What processors lack, gathered by what they extend.
#[derive(Debug, Default)]
pub(in super::super) struct Lacking<'a>(BTreeMap<Vec<&'a str>, Vec<Lack<'a>>>);

/// What one processor lacks.
#[derive(Debug)]
struct Lack<'a> {
    processor: Processor<'a>,
    /// Neither label detection nor face search.
    no_kind: bool,
    /// The lines to write.
    lines: Vec<&'static str>,
}

impl Lack<'_> {
    /// Whether the processor has nothing at all, in its table or below.
    fn is_empty(&self) -> bool {
        self.no_kind && self.processor.table.is_empty()
    }
}

impl<'a> Lacking<'a> {
    /// Notes what a merged processor lacks.
    pub(in super::super) fn add(
        &mut self,
        processor: Processor<'a>,
        merged: &Merged<'_>,
        completeness: Completeness,
    ) {
        let table = processor.table;
        // Where a table has nothing but mistakes, they have been reported.
        if completeness == Completeness::Partial || table.is_empty() && table.doubtful {
            return;
        }
        let missing = LINES.iter().filter(|(attribute, _)| is_missing(attribute, merged));
        let lines = missing.map(|(_, line)| *line).collect();
        let extends = extended(table).iter().filter_map(Node::text).collect();
        let no_kind = merged.lacks_variant("settings");
        self.0.entry(extends).or_default().push(Lack { processor, no_kind, lines });
    }

    /// Reports what is missing at each processor's name, with the lines to write;
    /// but once, and in the layer below, what all have in common that lie over it.
    pub(in super::super) fn report(self, names: &Names<'_>, diagnostics: &mut Vec<Diagnostic>) {
        for (extends, all) in self.0 {
            let (empty, mut all): (Vec<_>, Vec<_>) = all.into_iter().partition(Lack::is_empty);
            let layer = match extends.as_slice() {
                [first, ..] => names
                    .templates
                    .by_name
                    .get(first)
                    .map(|node| (node.key, format!("that extends `{}`", quoted(first)))),
                [] => names.defaults.map(|node| (node.key, "without a template".to_owned())),
            };
            if let (Some((span, layer)), [_, _, ..]) = (layer, all.as_slice()) {
                in_common(span, &layer, &mut all, diagnostics);
            }
            for lack in empty.iter().chain(&all) {
                alone(lack, diagnostics);
            }
        }
    }
}

/// Reports what all processors over a layer lack, and takes it for told.
fn in_common(span: Span, layer: &str, all: &mut [Lack<'_>], diagnostics: &mut Vec<Diagnostic>) {
    // A stream is a processor's own, which no layer could give to several.
    let is_shared = |line: &&str| {
        !line.contains("_stream.arn") && all.iter().all(|lack| lack.lines.contains(line))
    };
    let lines: Vec<&str> = all[0].lines.iter().copied().filter(is_shared).collect();
    let no_kind = all.iter().all(|lack| lack.no_kind);
    let concerned = all.iter().map(|lack| lack.processor.name).collect();
    let concerned = concerning(&concerned);
    let mut tell = |code, what: String, help: String| {
        let message = format!("no processor {layer} {what}{concerned}");
        diagnostics
            .push(Diagnostic::new(code, message).label(span, "not given here either").help(help));
    };
    if no_kind {
        let what = "is label detection or face search".to_owned();
        tell(Code::MissingKind, what, kind_help());
    }
    if !lines.is_empty() {
        let help = format!("write, here or in each processor:\n{}", lines.join("\n"));
        tell(Code::MissingAttribute, format!("has {}", list(&paths(&lines))), help);
    }
    for lack in all {
        lack.no_kind &= !no_kind;
        lack.lines.retain(|line| !lines.contains(line));
    }
}

/// Reports what a processor lacks at its name.
fn alone(lack: &Lack<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let Lack { processor: Processor { name, span, .. }, no_kind, ref lines } = *lack;
    let name = shorten(name);
    if lack.is_empty() {
        let lines = [&lines[..], &[LABELS, BUCKET]].concat();
        diagnostics.push(
            Diagnostic::new(Code::EmptyProcessor, format!("the processor `{name}` is empty"))
                .label(span, "nothing is said of it")
                .help(format!("remove it, or write:\n{}", lines.join("\n"))),
        );
        return;
    }
    if no_kind {
        let message = format!("`{name}` is neither label detection nor face search");
        diagnostics.push(
            Diagnostic::new(Code::MissingKind, message).label(span, "no kind").help(kind_help()),
        );
    }
    if !lines.is_empty() {
        let message = format!("`{name}` lacks {}", list(&paths(lines)));
        diagnostics.push(
            Diagnostic::new(Code::MissingAttribute, message)
                .label(span, "something is missing here")
                .help(format!("write, here or in a lower layer:\n{}", lines.join("\n"))),
        );
    }
}

fn kind_help() -> String {
    format!("write, for label detection:\n{LABELS}\nor, for face search:\n{COLLECTION}")
}

/// The keys that lines give.
fn paths<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    lines.iter().map(|line| line.split(" = ").next().unwrap_or(line)).collect()
}
