//! The coarse shape of a TOML text, found by its tokens alone.
//!
//! Three questions are answered before, or instead of, parsing: where the text
//! can be cut, whether it nests so deep that parsing it would be reckless, and
//! which construct a syntax error belongs to. None needs the text to be valid.

use std::ops::Range;

use toml_parser::Source;
use toml_parser::lexer::TokenKind;

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
}

/// The brackets that are open.
#[derive(Default)]
struct Open {
    brackets: Vec<(TokenKind, usize)>,
    /// Whether they are those of a header, which ends with its line.
    header: bool,
    several_lines: bool,
}

/// Walks over the tokens once.
pub(super) fn outline(text: &str) -> Outline {
    let mut outline = Outline::default();
    let mut open = Open::default();
    let mut dots = 0_usize;
    let mut at_line_start = true;
    for token in Source::new(text).lex() {
        let span = token.span().start()..token.span().end();
        match token.kind() {
            TokenKind::Whitespace | TokenKind::Comment => continue,
            TokenKind::Newline => {
                if open.header {
                    open = Open::default();
                }
                open.several_lines |= !open.brackets.is_empty();
                at_line_start = open.brackets.is_empty();
                dots = 0;
                continue;
            }
            kind @ (TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket) => {
                if open.brackets.is_empty() {
                    open.header = at_line_start && kind == TokenKind::LeftSquareBracket;
                    open.several_lines = false;
                    if open.header {
                        outline.headers.push(span.start);
                    }
                }
                // Deeper ones are counted, not kept: nothing can be said of them.
                if open.brackets.len() > DEEPEST {
                    outline.too_deep.get_or_insert(span);
                } else {
                    open.brackets.push((kind, span.start));
                }
                dots = 0;
            }
            TokenKind::RightSquareBracket => {
                outline.close(&mut open, TokenKind::LeftSquareBracket, span.end);
                dots = 0;
            }
            TokenKind::RightCurlyBracket => {
                outline.close(&mut open, TokenKind::LeftCurlyBracket, span.end);
                dots = 0;
            }
            TokenKind::Dot => {
                dots += 1;
                if dots > DEEPEST {
                    outline.too_deep.get_or_insert(span);
                }
            }
            TokenKind::Equals | TokenKind::Comma => dots = 0,
            TokenKind::Eof
            | TokenKind::LiteralString
            | TokenKind::BasicString
            | TokenKind::MlLiteralString
            | TokenKind::MlBasicString
            | TokenKind::Atom => {}
        }
        at_line_start = false;
    }
    if let (false, Some((_, first))) = (open.header, open.brackets.first()) {
        outline.constructs.push(*first..text.len());
        outline.unclosed.extend(open.brackets.iter().map(|(_, start)| *start));
    }
    outline
}

impl Outline {
    /// Closes the last bracket of a kind; those opened since never were.
    fn close(&mut self, open: &mut Open, kind: TokenKind, end: usize) {
        let Some(at) = open.brackets.iter().rposition(|(opened, _)| *opened == kind) else {
            return;
        };
        if !open.header {
            self.unclosed.extend(open.brackets[at + 1..].iter().map(|(_, start)| *start));
            if at == 0 && open.several_lines {
                self.constructs.push(open.brackets[0].1..end);
            }
        }
        open.brackets.truncate(at);
        open.header &= at > 0;
    }

    /// The last bracket in a range that is never closed.
    pub(super) fn unclosed_in(&self, range: Range<usize>) -> Option<usize> {
        self.unclosed.iter().copied().filter(|at| range.contains(at)).max()
    }

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
    use super::*;

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
