//! Makes text from elsewhere harmless to a terminal.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Spells out every character that could act on a terminal or hide in a line.
///
/// Control characters (ESC, the C1 range, line breaks), bidirectional overrides,
/// and characters that are invisible or pass for a space become `\u{1b}`; the
/// usual ones `\n`, `\r` and `\t`. All other text is returned as it is.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        push_escaped(&mut escaped, character);
    }
    Cow::Owned(escaped)
}

/// Like [`escape`], but keeps line breaks: for text that rekon composed.
pub(super) fn escape_lines(text: &str) -> String {
    text.split('\n')
        .map(|line| escape(line.strip_suffix('\r').unwrap_or(line)))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Appends one character in the form that [`escape`] gives it.
pub(super) fn push_escaped(out: &mut String, character: char) {
    match character {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        _ if is_unsafe(character) => out.extend(character.escape_unicode()),
        _ => out.push(character),
    }
}

/// Whether a character must not reach a terminal as it is.
///
/// Beside control characters these are Unicode's default ignorable code points,
/// the line and paragraph separators, the interlinear marks, and the spaces that
/// cannot be told from the plain one. The wide ideographic space can, and stays.
pub(super) fn is_unsafe(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    character.is_control()
        || (character.is_whitespace() && character != '\u{3000}')
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// A JSON text in which characters that are `marked` are spelt as `\u` escapes. They can only
/// stand inside strings: the rest of JSON is ASCII, of which it must mark nothing.
pub(super) fn escape_in_json(text: String, marked: impl Fn(char) -> bool) -> String {
    if !text.chars().any(&marked) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 64);
    for character in text.chars() {
        if marked(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_act_on_a_terminal_is_spelled_out() {
        assert_eq!(escape("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(escape("one\ntwo\r\tthree"), "one\\ntwo\\r\\tthree");
        assert_eq!(escape("\u{9b}31m\u{7f}\u{0}"), "\\u{9b}31m\\u{7f}\\u{0}");
        assert_eq!(escape("user\u{202e}txt.exe"), "user\\u{202e}txt.exe");
        assert_eq!(escape("a\u{200b}b\u{feff}c\u{2028}d"), "a\\u{200b}b\\u{feff}c\\u{2028}d");
        assert_eq!(escape("a\u{a0}b\u{e0041}"), "a\\u{a0}b\\u{e0041}");
    }

    #[test]
    fn ordinary_text_of_any_language_is_left_alone() {
        for text in ["front-door", "Türklingel → 2", "玄関\u{3000}カメラ", "👋", "שלום", ""]
        {
            assert!(matches!(escape(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn composed_text_keeps_its_line_breaks_and_nothing_else() {
        assert_eq!(escape_lines("a\r\nb\u{1b}"), "a\nb\\u{1b}");
    }
}
