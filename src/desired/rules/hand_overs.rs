//! `[[removed]]` and `[[moved]]`: what becomes of processors that go.

use std::collections::BTreeMap;

use globset::GlobBuilder;

use crate::config::{Node, Table};
use crate::desired::names::Names;
use crate::desired::{Destination, HandOvers, Moved, Removed};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::model::ProcessorName;

/// Reads the entries of all files. What one of them says must not contradict what the
/// files declare: an entry is about what they no longer declare.
pub(in super::super) fn hand_overs(
    names: &Names<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> HandOvers {
    let mut hand_overs = HandOvers::default();
    let mut reader = Reader { names, diagnostics };
    for (node, table) in names.removed.iter().filter_map(with_table) {
        hand_overs.removed.extend(reader.removed(node, table));
    }
    let mut moved_from: BTreeMap<ProcessorName, Span> = BTreeMap::new();
    for (node, table) in names.moved.iter().filter_map(with_table) {
        let Some(moved) = reader.moved(node, table) else { continue };
        match moved_from.get(&moved.from) {
            None => {
                moved_from.insert(moved.from.clone(), moved.span);
                hand_overs.moved.push(moved);
            }
            Some(first) => {
                let message = format!("`{}` is moved twice", moved.from);
                let diagnostic = Diagnostic::new(Code::InvalidHandOver, message);
                reader.diagnostics.push(
                    diagnostic
                        .label(moved.span, "moved again here")
                        .label(*first, "first moved here"),
                );
            }
        }
    }
    hand_overs
}

fn with_table<'a>(node: &&'a Node) -> Option<(&'a Node, &'a Table)> {
    Some((*node, node.table()?))
}

struct Reader<'a, 'b> {
    names: &'a Names<'a>,
    diagnostics: &'b mut Vec<Diagnostic>,
}

impl Reader<'_, '_> {
    fn complain(&mut self, span: Span, message: impl Into<String>, label: &str, help: &str) {
        let diagnostic = Diagnostic::new(Code::InvalidHandOver, message);
        self.diagnostics.push(diagnostic.label(span, label).help(help));
    }

    /// A value that an entry has to have.
    fn needed<'n>(&mut self, entry: &Node, table: &'n Table, key: &str) -> Option<&'n Node> {
        let node = table.get(key);
        if node.is_none() && !table.doubtful {
            let help = format!("write `{key} = \"NAME\"`");
            self.complain(entry.span, format!("this entry lacks `{key}`"), "incomplete", &help);
        }
        node
    }

    fn name(&mut self, node: &Node) -> Option<ProcessorName> {
        let text = node.text()?;
        let name = ProcessorName::new(text).ok();
        if name.is_none() {
            let help = "a name is 1 to 128 letters, digits, `_`, `.` and `-`";
            self.complain(node.span, format!("`{text}` is no processor's name"), "invalid", help);
        }
        name
    }

    /// Complains if something that goes is still declared.
    fn gone(&mut self, node: &Node, goes: impl Fn(&str) -> bool, help: &str) -> bool {
        let mut declared = self.names.processors.by_name.iter().filter(|(name, _)| goes(name));
        let Some((name, place)) = declared.next() else { return true };
        let message = format!("`{name}` goes here and is still declared");
        let diagnostic = Diagnostic::new(Code::InvalidHandOver, message);
        let diagnostic = diagnostic.label(node.span, "goes here").label(place.key, "declared here");
        self.diagnostics.push(diagnostic.help(help.to_owned()));
        false
    }

    fn removed(&mut self, entry: &Node, table: &Table) -> Option<Removed> {
        let node = self.needed(entry, table, "name")?;
        let text = node.text()?;
        let names = match GlobBuilder::new(text).build() {
            Ok(glob) => glob.compile_matcher(),
            Err(error) => {
                let message = format!("`{text}` is no glob: {}", error.kind());
                self.complain(node.span, message, "invalid", "a name, or a glob such as `porch-*`");
                return None;
            }
        };
        let help = "take the table or the entry away; an entry is about what no file declares";
        self.gone(node, |name| names.is_match(name), help).then_some(())?;
        let destroy = table.get("destroy").and_then(Node::flag).unwrap_or(true);
        Some(Removed { names, destroy, span: node.span })
    }

    fn moved(&mut self, entry: &Node, table: &Table) -> Option<Moved> {
        let node = self.needed(entry, table, "from")?;
        let from = self.name(node)?;
        let help = "declare it under its new name only, or take the entry away";
        self.gone(node, |name| name == from.as_str(), help).then_some(())?;
        let to = match (table.get("to"), table.get("to_stack")) {
            (Some(to), None) => {
                let name = self.name(to)?;
                if !self.names.processors.by_name.contains_key(name.as_str()) {
                    let help = "declare it under its new name, with the settings that it keeps";
                    let message = format!("`{name}` is not declared");
                    self.complain(to.span, message, "no such processor", help);
                    return None;
                }
                Destination::Name(name)
            }
            (None, Some(stack)) => Destination::Stack(stack.text()?.to_owned()),
            (None, None) if table.doubtful => return None,
            _ => {
                let help = "write `to = \"NAME\"`, or `to_stack = \"NAME\"`, and not both";
                self.complain(entry.span, "this entry does not say where to", "where to?", help);
                return None;
            }
        };
        Some(Moved { from, to, span: node.span })
    }
}
