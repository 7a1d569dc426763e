//! Texts in Markdown, so that they mean nothing but themselves.

use std::fmt::Write as _;

use crate::report::escape;

/// The longest text that is told in full.
const MOST_CHARACTERS: usize = 200;

/// A text from elsewhere, as code that means nothing to a renderer.
pub(super) fn code(text: &str) -> String {
    let mut text = escape(text).into_owned();
    if let Some((end, _)) = text.char_indices().nth(MOST_CHARACTERS) {
        text.truncate(end);
        text.push('…');
    }
    let is_plain =
        |character: char| character.is_alphanumeric() || " -_.,:;/()%'\"=+→…".contains(character);
    let links = ["://", "www."].iter().any(|link| text.contains(link));
    // Spaces at the ends of a code span would go.
    if !text.is_empty() && text.trim() == text && text.chars().all(is_plain) && !links {
        return format!("`{text}`");
    }
    let mut out = "<code>".to_owned();
    for character in text.chars() {
        match character.is_alphanumeric() || " -".contains(character) {
            true => out.push(character),
            false => {
                let _ = write!(out, "&#{};", u32::from(character));
            }
        }
    }
    out.push_str("</code>");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stranger_wrote_neither_ends_its_code_nor_means_anything() {
        for (text, expected) in [
            ("front-door", "`front-door`"),
            ("false → true", "`false → true`"),
            ("", "<code></code>"),
            (" a", "<code> a</code>"),
            ("a|b", "<code>a&#124;b</code>"),
            ("a`b", "<code>a&#96;b</code>"),
            ("a\\", "<code>a&#92;</code>"),
            ("@me #1", "<code>&#64;me &#35;1</code>"),
            ("[a](b)", "<code>&#91;a&#93;&#40;b&#41;</code>"),
            ("<b>&amp;", "<code>&#60;b&#62;&#38;amp&#59;</code>"),
            ("https://a.example", "<code>https&#58;&#47;&#47;a&#46;example</code>"),
            ("www.a.example", "<code>www&#46;a&#46;example</code>"),
            ("a\nb", "<code>a&#92;nb</code>"),
            ("a\u{202e}b", "<code>a&#92;u&#123;202e&#125;b</code>"),
        ] {
            assert_eq!(code(text), expected, "{text}");
        }
        let long = code(&"x".repeat(10_000));
        assert_eq!(long.chars().count(), MOST_CHARACTERS + 3);
    }
}
