//! The data of a page as JSON in which equal values stand once.
//!
//! Ten thousand processors share most of what is said of them. So a value, once it is in
//! the pool, is known by its number: a list is `[0, item, ...]`, an object `[shape, value,
//! ...]` with its keys in `shapes`, and anything else itself. What a value is made of is
//! in the pool before it, so that the page builds them all in one pass.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::rc::Rc;

use serde_json::Value as Json;

use crate::report::escape;
use crate::report::escape::is_unsafe;

/// A value of the pool, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Node(usize);

/// Values by their numbers.
#[derive(Debug, Default)]
pub(super) struct Pool {
    nodes: Distinct,
    shapes: Distinct,
}

/// Texts in the order in which they came, each once.
#[derive(Debug, Default)]
struct Distinct {
    texts: Vec<Rc<str>>,
    places: HashMap<Rc<str>, usize>,
}

impl Distinct {
    fn place(&mut self, text: &str) -> usize {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        let (text, place) = (Rc::<str>::from(text), self.texts.len());
        self.texts.push(Rc::clone(&text));
        self.places.insert(text, place);
        place
    }
}

impl Pool {
    /// Text that is shown, with what could deceive the eye spelled out.
    pub(super) fn text(&mut self, text: &str) -> Node {
        self.raw(&escape(text))
    }

    /// Text, or null.
    pub(super) fn maybe(&mut self, text: Option<&str>) -> Node {
        match text {
            Some(text) => self.text(text),
            None => self.scalar(&Json::Null),
        }
    }

    /// A list.
    pub(super) fn list(&mut self, items: &[Node]) -> Node {
        self.node(0, items)
    }

    /// A list of texts.
    pub(super) fn texts<'a>(&mut self, texts: impl IntoIterator<Item = &'a str>) -> Node {
        let items: Vec<Node> = texts.into_iter().map(|text| self.text(text)).collect();
        self.list(&items)
    }

    /// An object.
    pub(super) fn object<const N: usize>(&mut self, members: [(&str, Node); N]) -> Node {
        let (keys, values): (Vec<&str>, Vec<Node>) = members.into_iter().unzip();
        self.shaped(&keys, &values)
    }

    /// JSON as it is, to be shown as JSON.
    pub(super) fn json(&mut self, value: &Json) -> Node {
        match value {
            Json::Array(items) => {
                let items: Vec<Node> = items.iter().map(|item| self.json(item)).collect();
                self.list(&items)
            }
            Json::Object(members) => {
                let keys: Vec<&str> = members.keys().map(String::as_str).collect();
                let values: Vec<Node> = members.values().map(|value| self.json(value)).collect();
                self.shaped(&keys, &values)
            }
            Json::String(text) => self.raw(text),
            scalar => self.scalar(scalar),
        }
    }

    fn shaped(&mut self, keys: &[&str], values: &[Node]) -> Node {
        let keys: Vec<String> = keys.iter().map(|key| quoted(key)).collect();
        let shape = self.shapes.place(&format!("[{}]", keys.join(",")));
        self.node(shape + 1, values)
    }

    fn node(&mut self, shape: usize, values: &[Node]) -> Node {
        let mut text = format!("[{shape}");
        for Node(place) in values {
            let _ = write!(text, ",{place}");
        }
        text.push(']');
        Node(self.nodes.place(&text))
    }

    fn raw(&mut self, text: &str) -> Node {
        Node(self.nodes.place(&quoted(text)))
    }

    fn scalar(&mut self, value: &Json) -> Node {
        Node(self.nodes.place(&value.to_string()))
    }

    /// The whole as JSON that may stand in a script element: the last value is the page's.
    pub(super) fn finish(self, Node(root): Node) -> String {
        let (nodes, shapes) = (self.nodes.texts.join(",\n"), self.shapes.texts.join(",\n"));
        format!("{{\"root\":{root},\n\"shapes\":[\n{shapes}\n],\n\"nodes\":[\n{nodes}\n]}}")
    }
}

/// A JSON string in which nothing can end a script element or open a comment, and nothing
/// is unseen.
fn quoted(text: &str) -> String {
    let text = Json::from(text).to_string();
    if !text.chars().any(is_marked) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_marked(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(character);
        }
    }
    out
}

fn is_marked(character: char) -> bool {
    matches!(character, '<' | '>' | '&') || is_unsafe(character)
}

/// What the page makes of the pool.
#[cfg(test)]
pub(super) fn unpack(text: &str) -> Json {
    let data: Json = serde_json::from_str(text).expect("the pool is JSON");
    let at = |place: &Json| usize::try_from(place.as_u64().expect("a place")).expect("a place");
    let mut values: Vec<Json> = Vec::new();
    for node in data["nodes"].as_array().expect("nodes") {
        let value = match node.as_array().map(Vec::as_slice) {
            Some([shape, places @ ..]) => {
                let parts = places.iter().map(|place| values[at(place)].clone());
                match at(shape) {
                    0 => parts.collect(),
                    shape => {
                        let keys = data["shapes"][shape - 1].as_array().expect("keys");
                        let keys = keys.iter().map(|key| key.as_str().expect("a key").to_owned());
                        Json::Object(keys.zip(parts).collect())
                    }
                }
            }
            _ => node.clone(),
        };
        values.push(value);
    }
    values.swap_remove(at(&data["root"]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_packed_is_what_is_unpacked() {
        let value = json!({
            "a": [1, 2.5, null, true, "text", [], {}],
            "b": {"a": [1, 2.5], "__proto__": "</script><!--\u{2028}\u{202e}&"},
        });
        let mut pool = Pool::default();
        let root = pool.json(&value);
        let text = pool.finish(root);
        assert_eq!(unpack(&text), value);
        assert!(!text.contains(['<', '>', '&', '\u{2028}', '\u{202e}']), "{text}");
    }

    #[test]
    fn what_is_equal_stands_once() {
        let request = json!({"Name": "a", "Settings": {"ConnectedHome": {"Labels": ["PERSON"]}}});
        let mut pool = Pool::default();
        let first = pool.json(&request);
        let length = pool.nodes.texts.len();
        assert_eq!(pool.json(&request), first);
        assert_eq!(pool.nodes.texts.len(), length);
    }

    #[test]
    fn what_is_shown_has_nothing_unseen() {
        let mut pool = Pool::default();
        let root = pool.text("a\u{202e}b");
        assert_eq!(unpack(&pool.finish(root)), json!("a\\u{202e}b"));
    }
}
