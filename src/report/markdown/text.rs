//! Texts in Markdown, so that they mean nothing but themselves.

use std::fmt::Write as _;

use crate::desired::Stack;
use crate::report::review::Subject;
use crate::report::{escape, values};

/// The longest text that is told in full.
const MOST_CHARACTERS: usize = 200;
/// How many bytes a part of the marker has at the most, so that it fits into any comment.
const MOST_OF_MARKER: usize = 60;

/// Some texts from elsewhere, and how many more there are.
pub(super) fn first_of(texts: &[impl AsRef<str>], most: usize) -> String {
    let shown: Vec<String> = texts.iter().map(|text| code(text.as_ref())).collect();
    values::first_of(shown.iter().map(String::as_str), most)
}

/// A text from elsewhere, as code that means nothing to a renderer.
pub(super) fn code(text: &str) -> String {
    let text = shortened(text);
    let is_plain =
        |character: char| character.is_alphanumeric() || " -_.,:;/()%'\"=+→…−×".contains(character);
    let links = ["://", "www."].iter().any(|link| text.contains(link));
    // Spaces at the ends of a code span would go.
    if !text.is_empty() && text.trim() == text && text.chars().all(is_plain) && !links {
        return format!("`{text}`");
    }
    html(&text)
}

/// A text from elsewhere where HTML stands, in which backticks are no code.
pub(super) fn code_in_html(text: &str) -> String {
    html(&shortened(text))
}

fn shortened(text: &str) -> String {
    let mut text = escape(text).into_owned();
    if let Some((end, _)) = text.char_indices().nth(MOST_CHARACTERS) {
        text.truncate(end);
        text.push('…');
    }
    text
}

fn html(text: &str) -> String {
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

/// The comment that does not show, by which a bot finds what it wrote before.
///
/// It depends on what the comment is about and on whose stack, and on nothing else.
pub(super) fn marker(of: Subject, stack: Option<&Stack>) -> String {
    let word = match of {
        Subject::Plan => "plan",
        Subject::Drift => "drift",
        Subject::Outcome => "outcome",
    };
    let whose = stack.map(|Stack { name, account_id, region }| {
        let [name, account, region] = [name, account_id, region].map(|text| in_comment(text));
        format!(" stack={name} account={account} region={region}")
    });
    format!("<!-- rekon:{word}{} -->\n", whose.unwrap_or_default())
}

/// A text that cannot end the comment in which it stands, percent-encoded; of a long one
/// the beginning and what tells it from others.
fn in_comment(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'-' if out.ends_with('-') => out.push_str("%2D"),
            b'-' | b'_' | b'.' => out.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    if out.len() > MOST_OF_MARKER {
        // All that stands in it is ASCII.
        out.truncate(MOST_OF_MARKER - 17);
        let _ = write!(out, "~{}", &crate::report::digest([text])[..16]);
    }
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
        assert_eq!(code_in_html("a`b"), "<code>a&#96;b</code>");
        let long = code(&"x".repeat(10_000));
        assert_eq!(long.chars().count(), MOST_CHARACTERS + 3);
    }

    #[test]
    fn a_marker_is_one_comment_whatever_the_stack_is_called() {
        let marked = |name: &str| {
            let stack = Stack { name: name.into(), account_id: "1".into(), region: "r".into() };
            marker(Subject::Plan, Some(&stack))
        };
        let plain = "<!-- rekon:plan stack=door-bells account=1 region=r -->\n";
        assert_eq!(marked("door-bells"), plain);
        assert_eq!(
            marked("a --> <b>\n@me"),
            "<!-- rekon:plan stack=a%20-%2D%3E%20%3Cb%3E%0A%40me account=1 region=r -->\n"
        );
        let (one, other) = (marked(&"ü".repeat(256)), marked(&"ü".repeat(255)));
        assert_ne!(one, other);
        assert!(one.len() < 140 && one.is_ascii(), "{one}");
        assert_eq!(marker(Subject::Drift, None), "<!-- rekon:drift -->\n");
    }
}
