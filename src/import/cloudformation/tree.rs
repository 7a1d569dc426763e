//! A template's text as a tree whose nodes know their places. YAML's short forms of
//! intrinsics (`!Ref X`) become the long ones (`{"Ref": X}`), so that both and JSON,
//! which is YAML too, are read in one way.

use std::collections::{HashMap, HashSet};

use granit_parser::{Event, Parser, ScalarStyle, Span as Place, Tag};

use crate::diagnostic::{SourceId, Span};

/// How many nodes a text may have, those that aliases repeat included.
const MOST_NODES: usize = 1_000_000;

/// A value in a template, with its place.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) span: Span,
    pub(super) value: Value,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    /// Nothing: `null`, `~`, or no text at all.
    Null,
    /// A text, number or flag: what it is depends on where it stands.
    Scalar(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// A key, with its place.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) span: Span,
    pub(super) text: String,
}

/// Why a text is no tree.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) span: Span,
    pub(super) reason: String,
}

impl Node {
    /// The node at a key of a map.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(found, _)| found.text == key).map(|(_, node)| node)
    }

    /// The entries of a map; none of anything else.
    pub(super) fn entries(&self) -> &[(Key, Node)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list.
    pub(super) fn items(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// The text of a scalar.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// A text at the place of this node.
    pub(super) fn with_text(&self, text: String) -> Node {
        Node { span: self.span, value: Value::Scalar(text) }
    }

    fn count(&self) -> usize {
        match &self.value {
            Value::Null | Value::Scalar(_) => 1,
            Value::List(items) => 1 + items.iter().map(Node::count).sum::<usize>(),
            Value::Map(entries) => 1 + entries.iter().map(|(_, node)| node.count()).sum::<usize>(),
        }
    }
}

/// Reads a text that is YAML or JSON.
pub(super) fn read(source: SourceId, text: &str) -> Result<Node, Fault> {
    let mut builder =
        Builder { source, open: Vec::new(), done: None, anchors: HashMap::new(), nodes: 0 };
    for event in Parser::new_from_str(text) {
        let built = match event {
            Ok((event, place)) => builder.take(event, &place),
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or_default().min(text.len());
                Err(Fault { span: Span::new(source, at..at), reason: error.info() })
            }
        };
        if let Err(fault) = built {
            // JSON writes characters in a way that YAML does not; its places are lost then.
            let json = serde_json::from_str(text).ok();
            return json.map(|json| plain(source, json)).ok_or(fault);
        }
    }
    builder.done.ok_or(Fault { span: Span::new(source, 0..0), reason: "it is empty".to_owned() })
}

/// JSON as a tree without places.
fn plain(source: SourceId, json: serde_json::Value) -> Node {
    let span = Span::new(source, 0..0);
    let value = match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::String(text) => Value::Scalar(text),
        serde_json::Value::Array(items) => {
            Value::List(items.into_iter().map(|item| plain(source, item)).collect())
        }
        serde_json::Value::Object(members) => {
            let entry = |(text, member)| (Key { span, text }, plain(source, member));
            Value::Map(members.into_iter().map(entry).collect())
        }
        scalar => Value::Scalar(scalar.to_string()),
    };
    Node { span, value }
}

/// A list or map whose end is yet to come.
struct Open {
    start: usize,
    anchor: usize,
    tag: Option<String>,
    items: Vec<Node>,
    is_map: bool,
}

struct Builder {
    source: SourceId,
    open: Vec<Open>,
    done: Option<Node>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, place: &Place) -> Result<(), Fault> {
        let range = place.byte_range().unwrap_or_default();
        let start = place.tag_start().and_then(|tag| tag.byte_offset()).unwrap_or(range.start);
        let span = Span::new(self.source, start..range.end.max(start));
        match event {
            Event::DocumentStart(..) if self.done.is_some() => {
                let reason = "there is more than one document in it".to_owned();
                Err(Fault { span, reason })
            }
            Event::Scalar(text, style, anchor, tag) => {
                let is_null = style == ScalarStyle::Plain
                    && tag.is_none()
                    && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                let value = match is_null {
                    true => Value::Null,
                    false => Value::Scalar(text.into_owned()),
                };
                self.put(Node { span, value }, anchor, intrinsic(tag.as_deref()))
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.begin(start, anchor, tag.as_deref(), false);
                Ok(())
            }
            Event::MappingStart(_, anchor, tag) => {
                self.begin(start, anchor, tag.as_deref(), true);
                Ok(())
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor).cloned();
                let fault = Fault { span, reason: "this names what is not there yet".to_owned() };
                let node = node.ok_or(fault)?;
                self.nodes += node.count();
                self.put(Node { span, ..node }, 0, None)
            }
            _ => Ok(()),
        }
    }

    fn begin(&mut self, start: usize, anchor: usize, tag: Option<&Tag>, is_map: bool) {
        self.open.push(Open { start, anchor, tag: intrinsic(tag), items: Vec::new(), is_map });
    }

    /// Ends the list or map that was begun last.
    fn close(&mut self, end: Span) -> Result<(), Fault> {
        let Some(Open { start, anchor, tag, items, is_map }) = self.open.pop() else {
            return Ok(());
        };
        let last = items.last().map_or(start, |item| item.span.range().end);
        // The end of a block is where the next thing begins; what it holds ends before.
        let span = Span::new(self.source, start..last.max(start));
        let span = if end.range().len() == 1 { span.to(end) } else { span };
        let value = match is_map {
            false => Value::List(items),
            true => {
                let mut entries: Vec<(Key, Node)> = Vec::with_capacity(items.len() / 2);
                let (mut items, mut keys) = (items.into_iter(), HashSet::new());
                while let (Some(key), Some(node)) = (items.next(), items.next()) {
                    let text = key.text().unwrap_or_default().to_owned();
                    if !keys.insert(text.clone()) {
                        let reason = format!("the key `{text}` is written twice");
                        return Err(Fault { span: key.span, reason });
                    }
                    entries.push((Key { span: key.span, text }, node));
                }
                Value::Map(entries)
            }
        };
        self.put(Node { span, value }, anchor, tag)
    }

    /// Puts a whole node where it belongs; a short form becomes a long one.
    fn put(&mut self, node: Node, anchor: usize, intrinsic: Option<String>) -> Result<(), Fault> {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            return Err(Fault { span: node.span, reason: "it is too large".to_owned() });
        }
        let node = match intrinsic {
            None => node,
            Some(text) => {
                let span = node.span;
                Node { span, value: Value::Map(vec![(Key { span, text }, node)]) }
            }
        };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut() {
            Some(open) => open.items.push(node),
            None => self.done = Some(node),
        }
        Ok(())
    }
}

/// The intrinsic whose short form a tag is.
fn intrinsic(tag: Option<&Tag>) -> Option<String> {
    let tag = tag.filter(|tag| tag.is_custom())?;
    Some(match tag.suffix() {
        name @ ("Ref" | "Condition") => name.to_owned(),
        name => format!("Fn::{name}"),
    })
}
