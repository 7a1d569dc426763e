//! The API model's string patterns.
//!
//! They are written for Java and match the whole value. Three things differ from Rust's dialect: `\d` and `\w` mean
//! ASCII only, `.` matches no kind of line break, and one pattern looks ahead, which is why this uses `fancy_regex`.

use std::sync::OnceLock;

use fancy_regex::Regex;

/// One pattern of the model, compiled when it is first needed: a server that starts for one call compiles one.
#[derive(Debug)]
pub(crate) struct Pattern {
    source: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    pub(crate) fn new(source: String) -> Pattern {
        Pattern { source, compiled: OnceLock::new() }
    }

    /// The pattern as the model writes it, for messages.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// Whether the whole of `text` matches.
    ///
    /// A pattern that does not compile matches nothing; a test compiles every pattern of the model.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| Regex::new(&translate(&self.source)).ok());
        compiled.as_ref().is_some_and(|regex| regex.is_match(text).unwrap_or(false))
    }

    #[cfg(test)]
    pub(crate) fn compiles(&self) -> bool {
        Regex::new(&translate(&self.source)).is_ok()
    }
}

/// The same pattern in Rust's dialect, anchored at both ends.
fn translate(java: &str) -> String {
    let mut rust = String::from(r"\A(?:");
    let mut in_class = false;
    let mut characters = java.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match (characters.next(), in_class) {
                (Some('d'), true) => rust.push_str("0-9"),
                (Some('d'), false) => rust.push_str("[0-9]"),
                (Some('w'), true) => rust.push_str("A-Za-z0-9_"),
                (Some('w'), false) => rust.push_str("[A-Za-z0-9_]"),
                (Some(escaped), _) => {
                    rust.push('\\');
                    rust.push(escaped);
                }
                (None, _) => rust.push('\\'),
            },
            '.' if !in_class => rust.push_str(r"[^\n\r\x{85}\x{2028}\x{2029}]"),
            _ => {
                match character {
                    '[' => in_class = true,
                    ']' => in_class = false,
                    _ => {}
                }
                rust.push(character);
            }
        }
    }
    rust.push_str(r")\z");
    rust
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        let pattern = Pattern::new(pattern.to_owned());
        assert!(pattern.compiles());
        pattern.matches(text)
    }

    #[test]
    fn the_whole_value_must_match() {
        assert!(matches(r"[a-zA-Z0-9_.\-]+", "front-door.2"));
        assert!(!matches(r"[a-zA-Z0-9_.\-]+", "front door!"));
        assert!(!matches(r"[a-zA-Z0-9_.\-]+", "front-door\n"));
        assert!(!matches("a|ab", "abc"));
        assert!(matches("a|ab", "ab"));
    }

    #[test]
    fn digits_and_words_are_ascii() {
        assert!(matches(r"\d{2}[a\d-]", "12-"));
        assert!(!matches(r"\d", "٣"));
        assert!(!matches(r"[\d]", "٣"));
        assert!(matches(r"\w+", "a_9"));
        assert!(!matches(r"\w", "é"));
    }

    #[test]
    fn a_dot_stops_at_line_breaks() {
        assert!(matches("(^a:.+$)", "a:b c"));
        for end in ['\n', '\r', '\u{85}', '\u{2028}'] {
            assert!(!matches("(^a:.+$)", &format!("a:b{end}")));
        }
        assert!(matches("[.]", "."));
        assert!(!matches("[.]", "x"));
    }

    #[test]
    fn looks_ahead() {
        let tag_key = r"^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]*$";
        assert!(matches(tag_key, "größe α"));
        assert!(matches(tag_key, "my:aws:tag"));
        assert!(!matches(tag_key, "aws:cloudformation:stack-name"));
    }
}
