//! `[[drift.ignore]]`: each entry names processors, an attribute, a value and a reason.

use globset::GlobBuilder;

use crate::config::{Node, Table};
use crate::desired::DriftIgnore;
use crate::desired::names::Names;
use crate::desired::shapes::Zones;
use crate::desired::values;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::model::{Attribute, Default, Path, Value};

/// Reads the entries of all files.
pub(in super::super) fn drift_ignores(
    names: &Names<'_>,
    zones: &Zones<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<DriftIgnore> {
    let entries = names.drift_ignores.iter().filter_map(|node| Some((*node, node.table()?)));
    entries.filter_map(|(node, table)| entry(node, table, zones, diagnostics)).collect()
}

fn entry(
    node: &Node,
    table: &Table,
    zones: &Zones<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<DriftIgnore> {
    let mut complain = |span: Span, message: String, label: &str, help: &str| {
        let diagnostic = Diagnostic::new(Code::InvalidDriftIgnore, message);
        diagnostics.push(diagnostic.label(span, label).help(help));
    };
    for (key, help) in [
        ("processor", "write `processor = \"NAME\"`, or a glob"),
        (
            "attribute",
            "write `attribute = \"settings.connected_home.min_confidence\"`, or another path",
        ),
        ("reason", "write `reason = \"...\"`, for whoever reads it later"),
    ] {
        if table.get(key).is_none() && !table.doubtful {
            complain(node.span, format!("this entry lacks `{key}`"), "incomplete", help);
        }
    }
    let named = table.get("processor")?;
    let processors = match GlobBuilder::new(named.text()?).build() {
        Ok(glob) => glob.compile_matcher(),
        Err(error) => {
            let message = format!("`{}` is no glob: {}", named.text()?, error.kind());
            complain(named.span, message, "invalid", "a name, or a glob such as `porch-*`");
            return None;
        }
    };
    let path = table.get("attribute")?;
    let parsed = Path::parse(path.text()?);
    let attribute = parsed.tag().or_else(|| parsed.to_string().parse::<Attribute>().ok());
    let Some(attribute) = attribute else {
        let message = format!("`{}` is no attribute", path.text()?);
        complain(path.span, message, "unknown", "name one attribute, as plans do: its whole path");
        return None;
    };
    let value = match table.get("value") {
        None => None,
        Some(node) => {
            let value = values::value(node, attribute.shape().value, zones);
            if value.is_none() {
                let message = format!("this is no value of `{attribute}`");
                complain(
                    node.span,
                    message,
                    "of another type",
                    "write it as in the table of a processor",
                );
                return None;
            }
            value
        }
    };
    let empty = |value: &Value| attribute.shape().default == Default::Empty && value.is_empty();
    Some(DriftIgnore {
        processors,
        value: value.filter(|value| !empty(value)),
        until: table.get("until").and_then(Node::date),
        reason: table.get("reason")?.text()?.to_owned(),
        span: node.span,
        attribute,
    })
}
