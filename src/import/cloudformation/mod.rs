//! CloudFormation templates, YAML or JSON, with `AWS::Rekognition::StreamProcessor`.
//!
//! The type's properties are those of CreateStreamProcessor under other names, and
//! regions of interest come in two lists. Intrinsics are resolved as far as the template
//! says what they come to.

mod intrinsics;
mod properties;
mod tree;

use std::collections::BTreeMap;

use super::foreign::{Complaint, Foreign, Whereabouts};
use super::{Found, Inventory};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::model::ProcessorName;
use intrinsics::{Help, Resolver, Unresolved};
use tree::{Key, Node};

/// The resource's type.
const TYPE: &str = "AWS::Rekognition::StreamProcessor";
/// Nested templates, which are files of their own.
const NESTED: [&str; 2] = ["AWS::CloudFormation::Stack", "AWS::Serverless::Application"];

/// Reads templates by their paths. `parameters` are values that the templates leave to
/// whoever deploys them.
pub fn cloudformation(
    templates: &[(String, String)],
    parameters: &BTreeMap<String, String>,
    known: &Whereabouts,
) -> Foreign {
    let mut foreign = Foreign::default();
    let mut first: BTreeMap<ProcessorName, Span> = BTreeMap::new();
    for (path, text) in templates {
        let source = foreign.sources.add(path, text);
        let mut complaints = Vec::new();
        let root = match tree::read(source, text) {
            Ok(root) => root,
            Err(tree::Fault { span, reason }) => {
                let message = format!("`{path}` is neither YAML nor JSON: {reason}");
                complaints.push(complaint(None, Code::ForeignFile, span, "here", message));
                foreign.complaints.extend(complaints);
                continue;
            }
        };
        let Some(resources) = root.get("Resources") else {
            let message = format!("`{path}` is no template: it has no `Resources`");
            let start = Span::new(source, 0..0);
            foreign.complaints.push(complaint(None, Code::ForeignFile, start, "", message));
            continue;
        };
        let resolver = Resolver::new(&root, known, parameters);
        let mut template = Template { resolver, complaints, nested: Vec::new() };
        for (key, resource) in resources.entries() {
            let Some((name, found)) = template.resource(key, resource) else { continue };
            if let Some(before) = first.get(&name) {
                let message = format!("{name} is there twice");
                let mut twice =
                    complaint(Some(name.as_str()), Code::ForeignValue, key.span, "again", message);
                twice.diagnostic = twice.diagnostic.label(*before, "first here");
                template.complaints.push(twice);
                continue;
            }
            first.insert(name.clone(), key.span);
            foreign.inventory.processors.insert(name, found);
        }
        let Inventory { notes, .. } = &mut foreign.inventory;
        if !template.nested.is_empty() {
            let names = template.nested.join(", ");
            notes.push(format!("`{path}` has nested stacks, which are not looked into: {names}"));
        }
        foreign.complaints.extend(template.complaints);
    }
    foreign
}

fn complaint(
    name: Option<&str>,
    code: Code,
    span: Span,
    label: &str,
    message: String,
) -> Complaint {
    Complaint {
        name: name.map(str::to_owned),
        diagnostic: Diagnostic::new(code, message).label(span, label),
    }
}

/// A template while it is read.
struct Template<'a> {
    resolver: Resolver<'a>,
    complaints: Vec<Complaint>,
    /// The logical ids of nested stacks.
    nested: Vec<String>,
}

impl Template<'_> {
    /// A resource, if it is a stream processor that can be taken.
    fn resource(&mut self, key: &Key, resource: &Node) -> Option<(ProcessorName, Found)> {
        if key.text.starts_with("Fn::") {
            let message = format!("`{}` makes resources that only AWS knows", key.text);
            let mut made = complaint(None, Code::UnresolvedValue, key.span, "this", message);
            made.diagnostic = made.diagnostic.help("import the template as AWS processed it");
            self.complaints.push(made);
            return None;
        }
        let kind = resource.get("Type").and_then(Node::text)?;
        if NESTED.contains(&kind) {
            self.nested.push(key.text.clone());
        }
        if kind != TYPE {
            return None;
        }
        if let Some(condition) = resource.get("Condition") {
            match self.resolver.condition(condition) {
                Ok(true) => {}
                Ok(false) => return None,
                Err(unresolved) => {
                    self.complaints.push(unknown(None, &key.text, "Condition", unresolved));
                    return None;
                }
            }
        }
        let nothing = Node { span: key.span, value: tree::Value::Null };
        let properties = resource.get("Properties").unwrap_or(&nothing);
        properties::read(&self.resolver, key, properties, &mut self.complaints)
    }
}

/// A complaint about what a template alone does not say.
fn unknown(name: Option<&str>, id: &str, path: &str, unresolved: Unresolved) -> Complaint {
    let Unresolved { span, what, help } = unresolved;
    let code = match help {
        Help::Template => Code::ForeignValue,
        _ => Code::UnresolvedValue,
    };
    let mut one = complaint(name, code, span, "this value", format!("`{id}`: `{path}` {what}"));
    let help = match help {
        Help::Account => "say it: --account ACCOUNT_ID",
        Help::Region => "say it: --region REGION",
        Help::Parameter => "say it: --parameter NAME=VALUE",
        Help::Template => return one,
        Help::Service => "write the value in its place, or import from the service itself",
    };
    one.diagnostic = one.diagnostic.help(help);
    one
}
