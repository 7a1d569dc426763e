//! The coarse shape of a TOML text, found by its tokens alone.
//!
//! Three questions are answered beside parsing: where the text can be cut,
//! whether it nests so deep that parsing it would be reckless, and which
//! construct a syntax error belongs to. None needs the text to be valid.

use std::ops::Range;

use toml_parser::lexer::{Token, TokenKind};

/// How deep brackets may nest, and how many parts a dotted key may have.
///
/// The deepest configuration that means anything has six levels. Trees this
/// shallow can be built and dropped by recursion on any thread's stack.
const DEEPEST: usize = 16;

/// What a walk over the tokens found.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// Where headers begin.
    headers: Vec<usize>,
    /// The first bracket or dot that goes too deep.
    pub(super) too_deep: Option<Range<usize>>,
    /// Values in brackets at the top level that span several lines.
    constructs: Vec<Range<usize>>,
    /// Brackets of values that no bracket of their kind closes.
    unclosed: Vec<usize>,
    /// The brackets around the place that the walk has come to.
    open: Vec<(TokenKind, usize)>,
    place: Place,
    /// Whether the outermost bracket was on an earlier line.
    several_lines: bool,
    /// How many dots the key has so far.
    dots: usize,
}

/// Where on its line the walk is.
#[derive(Debug, Default, PartialEq)]
enum Place {
    #[default]
    Start,
    /// In the brackets of a header, which ends with its line.
    Header,
    Behind,
}

impl Outline {
    /// Walks over one more token.
    pub(super) fn add(&mut self, token: &Token) {
        let span = token.span().start()..token.span().end();
        match token.kind() {
            TokenKind::Whitespace | TokenKind::Comment => return,
            TokenKind::Newline => {
                if self.place == Place::Header {
                    self.open.clear();
                }
                self.several_lines = !self.open.is_empty();
                self.place = if self.several_lines { Place::Behind } else { Place::Start };
                self.dots = 0;
                return;
            }
            kind @ (TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket) => {
                if self.place == Place::Start && kind == TokenKind::LeftSquareBracket {
                    self.place = Place::Header;
                    self.headers.push(span.start);
                }
                // Deeper ones are counted, not kept: nothing can be said of them.
                if self.open.len() > DEEPEST {
                    self.too_deep.get_or_insert(span);
                } else {
                    self.open.push((kind, span.start));
                }
                self.dots = 0;
            }
            TokenKind::RightSquareBracket => self.close(TokenKind::LeftSquareBracket, span.end),
            TokenKind::RightCurlyBracket => self.close(TokenKind::LeftCurlyBracket, span.end),
            TokenKind::Dot => {
                self.dots += 1;
                if self.dots > DEEPEST {
                    self.too_deep.get_or_insert(span);
                }
            }
            TokenKind::Equals | TokenKind::Comma => self.dots = 0,
            TokenKind::Eof => {
                if let (true, Some((_, first))) = (self.place != Place::Header, self.open.first()) {
                    self.constructs.push(*first..span.end);
                    self.unclosed.extend(self.open.iter().map(|(_, start)| *start));
                }
            }
            TokenKind::LiteralString
            | TokenKind::BasicString
            | TokenKind::MlLiteralString
            | TokenKind::MlBasicString
            | TokenKind::Atom => {}
        }
        if self.place == Place::Start || self.open.is_empty() {
            self.place = Place::Behind;
        }
    }

    /// Closes the last bracket of a kind; those opened since never were.
    fn close(&mut self, kind: TokenKind, end: usize) {
        self.dots = 0;
        let Some(at) = self.open.iter().rposition(|(opened, _)| *opened == kind) else { return };
        if self.place != Place::Header {
            self.unclosed.extend(self.open[at + 1..].iter().map(|(_, start)| *start));
            if at == 0 && self.several_lines {
                self.constructs.push(self.open[0].1..end);
            }
        }
        self.open.truncate(at);
    }

    /// Whether a key or header may begin here, as nothing is open.
    pub(super) fn is_between_lines(&self) -> bool {
        self.place == Place::Start
    }

    /// The last bracket in a range that is never closed.
    pub(super) fn unclosed_in(&self, range: Range<usize>) -> Option<usize> {
        self.unclosed.iter().copied().filter(|at| range.contains(at)).max()
    }

    /// The first header that begins behind a position.
    pub(super) fn header_after(&self, position: usize) -> Option<usize> {
        let at = self.headers.partition_point(|header| *header <= position);
        self.headers.get(at).copied()
    }

    /// The construct of several lines that holds a position.
    pub(super) fn construct_at(&self, position: usize) -> Option<&Range<usize>> {
        let at = self.constructs.partition_point(|found| found.end < position);
        self.constructs.get(at).filter(|found| found.start <= position)
    }
}

#[cfg(test)]
mod tests {
    use toml_parser::Source;

    use super::*;

    fn outline(text: &str) -> Outline {
        let mut outline = Outline::default();
        Source::new(text).lex().for_each(|token| outline.add(&token));
        outline
    }

    #[test]
    fn headers_are_told_from_brackets_in_values_strings_and_comments() {
        let text =
            "# [no]\n[stack]\na = [\n[1],\n]\nb = '''\n[no]\n'''\n  [zone.x] # yes\n[a.b.c]\n";
        let headers = outline(text).headers;
        let found: Vec<&str> = headers.iter().map(|at| &text[*at..*at + 6]).collect();
        assert_eq!(found, ["[stack", "[zone.", "[a.b.c"]);
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
        assert_eq!(outline.construct_at(6).unwrap(), &(4..9));
        assert_eq!(outline.construct_at(13), None);
        assert_eq!(outline.unclosed_in(0..24), Some(22));
    }
}
