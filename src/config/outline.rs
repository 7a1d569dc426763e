//! The coarse shape of a TOML text, found by its tokens alone.
//!
//! Three questions are answered before, or instead of, parsing: where the text
//! can be cut into parts that mean the same when parsed apart, whether it nests
//! so deep that parsing it would be reckless, and which construct a syntax error
//! belongs to. None needs the text to be valid.

use std::ops::Range;

use toml_parser::Source;
use toml_parser::lexer::TokenKind;

/// How deep brackets may nest, and how many parts a dotted key may have.
///
/// The deepest configuration that means anything has six levels. Trees this
/// shallow can be built and dropped by recursion on any thread's stack.
const DEEPEST: usize = 32;

/// What a walk over the tokens found.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// Where a header of at most two parts begins: `[stack]`, `[zone.porch]`.
    pub(super) headers: Vec<usize>,
    /// Where any header begins.
    all_headers: Vec<usize>,
    /// Whether keys stand before the first header.
    pub(super) has_preamble: bool,
    /// The first bracket or dot that goes too deep.
    pub(super) too_deep: Option<Range<usize>>,
    /// Values in brackets at the top level that span several lines.
    pub(super) constructs: Vec<Construct>,
}

/// An array or inline table over several lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Construct {
    /// From its opening bracket to behind its closing one, or to the end.
    pub(super) range: Range<usize>,
    pub(super) closed: bool,
}

/// Walks over the tokens once.
pub(super) fn outline(text: &str) -> Outline {
    let mut outline = Outline::default();
    let mut depth = 0_usize;
    let mut dots = 0_usize;
    let mut opened_at = 0;
    let mut line_starts = true;
    let mut header: Option<usize> = None;
    let mut several_lines = false;
    for token in Source::new(text).lex() {
        let span = token.span().start()..token.span().end();
        match token.kind() {
            TokenKind::Whitespace | TokenKind::Comment => continue,
            TokenKind::Newline => {
                if header.is_some() {
                    // A header ends with its line, whether it was closed or not.
                    (depth, header) = (0, None);
                }
                several_lines |= depth > 0;
                line_starts = depth == 0;
                dots = 0;
                continue;
            }
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => {
                if line_starts && token.kind() == TokenKind::LeftSquareBracket {
                    header = Some(span.start);
                    outline.headers.push(span.start);
                    outline.all_headers.push(span.start);
                } else if depth == 0 {
                    (opened_at, several_lines) = (span.start, false);
                }
                depth += 1;
                dots = 0;
                if depth > DEEPEST && outline.too_deep.is_none() {
                    outline.too_deep = Some(span);
                }
            }
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => {
                if depth == 1 && header.is_none() && several_lines {
                    let range = opened_at..span.end;
                    outline.constructs.push(Construct { range, closed: true });
                }
                depth = depth.saturating_sub(1);
                dots = 0;
            }
            TokenKind::Dot => {
                dots += 1;
                if dots == 2 && header.is_some_and(|start| outline.headers.last() == Some(&start)) {
                    outline.headers.pop();
                }
                if dots > DEEPEST && outline.too_deep.is_none() {
                    outline.too_deep = Some(span);
                }
            }
            TokenKind::Equals | TokenKind::Comma => dots = 0,
            TokenKind::Eof => {}
            TokenKind::LiteralString
            | TokenKind::BasicString
            | TokenKind::MlLiteralString
            | TokenKind::MlBasicString
            | TokenKind::Atom => {
                outline.has_preamble |= outline.all_headers.is_empty();
            }
        }
        line_starts = false;
    }
    if depth > 0 && header.is_none() {
        outline.constructs.push(Construct { range: opened_at..text.len(), closed: false });
    }
    outline
}

impl Outline {
    /// Cuts the text before headers into parts of at least `size` bytes.
    pub(super) fn parts(&self, text: &str, size: usize) -> Vec<Range<usize>> {
        let mut parts = Vec::new();
        let mut start = 0;
        for &header in &self.headers {
            if header - start >= size {
                parts.push(start..header);
                start = header;
            }
        }
        parts.push(start..text.len());
        parts
    }

    /// The last header that begins before a position.
    pub(super) fn header_before(&self, position: usize) -> Option<usize> {
        let at = self.all_headers.partition_point(|header| *header < position);
        at.checked_sub(1).map(|at| self.all_headers[at])
    }

    /// The construct of several lines that holds a position.
    pub(super) fn construct_at(&self, position: usize) -> Option<&Construct> {
        let at = self.constructs.partition_point(|found| found.range.end < position);
        self.constructs.get(at).filter(|found| found.range.start <= position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_told_from_brackets_in_values_strings_and_comments() {
        let text =
            "# [no]\n[stack]\na = [\n[1],\n]\nb = '''\n[no]\n'''\n  [zone.x] # yes\n[a.b.c]\n";
        let headers = outline(text).headers;
        let found: Vec<&str> = headers.iter().map(|at| &text[*at..*at + 6]).collect();
        assert_eq!(found, ["[stack", "[zone."]);
    }

    #[test]
    fn nesting_beyond_reason_is_found_wherever_it_is() {
        for text in [
            format!("a = {}", "[".repeat(100_000)),
            "[".repeat(100_000),
            format!("a = {}", "{a=".repeat(100_000)),
            format!("{}a = 1", "a.".repeat(100)),
            format!("[{}a]", "a.".repeat(100)),
        ] {
            assert!(outline(&text).too_deep.is_some());
        }
        assert_eq!(outline("a = [[0.5, 0.5], [0.5, 0.5]]\n").too_deep, None);
    }

    #[test]
    fn a_position_finds_its_construct() {
        let outline = outline("a = [\n1\n]\nb = [1]\nc = {\n");
        assert_eq!(outline.construct_at(6).unwrap().range, 4..9);
        assert_eq!(outline.construct_at(13), None);
        assert!(!outline.construct_at(23).unwrap().closed);
    }
}
