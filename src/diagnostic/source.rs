//! Source texts, and positions in them.

use std::ops::Range;
use std::sync::Arc;

use crate::model::Location;

/// Which source a span is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(u32);

/// A range of bytes in a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub source: SourceId,
    /// The first byte.
    pub start: u32,
    /// The byte behind the last.
    pub end: u32,
}

/// One file's text.
#[derive(Clone, Debug)]
pub struct Source {
    /// Relative to the project, with `/` between folders.
    pub path: Arc<str>,
    /// All that stands in it.
    pub text: Arc<str>,
    /// Where each line starts, in bytes.
    line_starts: Vec<u32>,
}

/// Every file of a project, in a stable order.
#[derive(Clone, Debug, Default)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// Adds a file and says how spans name it.
    pub fn add(&mut self, path: &str, text: &str) -> SourceId {
        let line_starts = std::iter::once(0)
            .chain(
                text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1),
            )
            .map(to_u32)
            .collect();
        let id = SourceId(to_u32(self.0.len()));
        self.0.push(Source { path: path.into(), text: text.into(), line_starts });
        id
    }

    /// The file that a span is in.
    pub fn get(&self, id: SourceId) -> &Source {
        &self.0[id.0 as usize]
    }

    /// Each file with its id, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.0.iter().enumerate().map(|(at, source)| (SourceId(to_u32(at)), source))
    }

    /// The same texts under other names.
    #[must_use]
    pub fn renamed(&self, name: impl Fn(&str) -> String) -> Sources {
        let renamed =
            |source: &Source| Source { path: name(&source.path).into(), ..source.clone() };
        Sources(self.0.iter().map(renamed).collect())
    }

    /// Where a span starts.
    pub fn locate(&self, span: Span) -> Location {
        let source = self.get(span.source);
        let (line, column) = source.position(span.start);
        Location { file: source.path.clone(), line, column }
    }

    /// Where the header or key that a span belongs to begins: the first
    /// character of its line that is no white space.
    pub fn locate_entry(&self, span: Span) -> Location {
        let source = self.get(span.source);
        let (line, _) = source.position(span.start);
        let start = source.line_starts[line - 1] as usize;
        let text = source.text.get(start..).unwrap_or_default();
        let indent = text.chars().take_while(|char| matches!(char, ' ' | '\t')).count();
        Location { file: source.path.clone(), line, column: indent + 1 }
    }

    /// Line and column, both from 1, behind the last character of a span.
    pub fn end(&self, span: Span) -> (usize, usize) {
        self.get(span.source).position(span.end)
    }
}

impl Source {
    /// Line and column, both from 1 and the column in characters, of a byte.
    fn position(&self, byte: u32) -> (usize, usize) {
        let line = self.line_starts.partition_point(|start| *start <= byte).max(1);
        let start = self.line_starts[line - 1] as usize;
        let end = (byte as usize).min(self.text.len());
        let column = self.text.get(start..end).map_or(0, |before| before.chars().count());
        (line, column + 1)
    }
}

impl Span {
    /// A span over a range of bytes.
    pub fn new(source: SourceId, range: Range<usize>) -> Span {
        Span { source, start: to_u32(range.start), end: to_u32(range.end) }
    }

    /// From the start of this span to the end of a later one.
    #[must_use]
    pub fn to(self, end: Span) -> Span {
        Span { end: end.end.max(self.end), ..self }
    }

    /// The range of bytes.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// Files are far smaller than 4 GiB; `config::load` refuses larger ones.
fn to_u32(value: usize) -> u32 {
    u32::try_from(value).expect("a source is smaller than 4 GiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_begins_where_its_line_does() {
        let mut sources = Sources::default();
        let id = sources.add("a.toml", "x = 1\n  [processor.a]\n");
        let place = sources.locate_entry(Span::new(id, 19..20));
        assert_eq!((place.line, place.column), (2, 3));
    }

    #[test]
    fn columns_count_characters_and_lines_start_at_one() {
        let mut sources = Sources::default();
        let id = sources.add("a.toml", "x = 1\ntü = 2\n");
        let at = |byte| {
            let place = sources.locate(Span::new(id, byte..byte));
            (place.line, place.column)
        };
        assert_eq!(at(0), (1, 1));
        assert_eq!(at(6), (2, 1));
        assert_eq!(at(10), (2, 4));
        assert_eq!(at(99), (3, 1));
    }
}
