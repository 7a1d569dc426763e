//! From a file's text to its tables, all mistakes in their shape reported.

use super::check::check;
use super::read::{Fault, Reading, read};
use super::syntax;
use super::tree::Table;
use crate::diagnostic::{Code, Diagnostic, SourceId, Span};

/// What a text says, as far as it can be told.
pub(super) struct Parsed {
    pub(super) tables: Table,
    /// Whether it is TOML; if not, it is judged in nothing else.
    pub(super) is_toml: bool,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// Parses a file.
pub(super) fn parse(source: SourceId, text: &str) -> Parsed {
    let Reading { root: mut tables, outline, faults } = read(source, text);
    if let Some(range) = outline.too_deep {
        let diagnostic = Diagnostic::new(Code::NestingTooDeep, "this is nested beyond reason")
            .label(Span::new(source, range), "too deep here")
            .help("no value of a configuration has more than a few levels");
        return Parsed { tables: Table::default(), is_toml: false, diagnostics: vec![diagnostic] };
    }
    let mut diagnostics = syntax::diagnostics(text, &outline, &faults);
    // What is written twice leaves the rest of the text readable; anything else
    // that is no TOML may have swallowed what comes after it.
    if faults.iter().all(Fault::is_repetition) {
        check(text, &mut tables, &mut diagnostics);
    }
    Parsed { tables, is_toml: faults.is_empty(), diagnostics }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Loaded;
    use crate::config::tree::Node;
    use crate::diagnostic::Record;

    /// What is found in a text, and the processors in it with their places.
    fn found(text: &str) -> (Vec<Record>, Vec<(String, usize)>) {
        let loaded = Loaded::from_texts([("rekon.toml", text)]);
        let records =
            loaded.diagnostics.iter().map(|it| Record::new(it, &loaded.sources)).collect();
        let processors = loaded.files.iter().filter_map(|file| file.tables.get("processor"));
        let named = processors.filter_map(Node::table).flat_map(Table::iter);
        let names = named.map(|(name, node)| (name.to_owned(), node.key.range().start));
        (records, names.collect())
    }

    fn many(count: usize) -> String {
        let one =
            |at: usize| format!("[processor.camera-{at}]\nkms_key_id = \"{}\"\n", "k".repeat(1000));
        (0..count).map(one).collect()
    }

    #[test]
    fn a_large_file_means_the_same_in_parts_as_in_whole() {
        let text = many(1000);
        assert!(text.len() > 500_000);
        let (records, names) = found(&text);
        assert_eq!((records.len(), names.len()), (0, 1000));
        for (name, at) in names {
            assert!(text[at..].starts_with(&name));
        }
    }

    #[test]
    fn what_is_spread_over_parts_is_found_in_the_whole() {
        let twice = format!("{}[processor.camera-0]\n", many(1000));
        let (records, _) = found(&twice);
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].code, "duplicate-key");
        assert_eq!(records[0].labels[1].line, 1);
        let spread = format!("[processor.a]\n{}[processor.a.tags]\nx = \"y\"\n", many(1000));
        let (records, names) = found(&spread);
        assert_eq!((records.len(), names.len()), (0, 1001));
    }

    #[test]
    fn mistakes_of_all_parts_come_at_once_at_their_own_places() {
        let text = format!("{}x = = 1\n{}y = = 1\n", many(500), many(1000).replace("camera", "c"));
        let (records, _) = found(&text);
        let places: Vec<(usize, usize)> =
            records.iter().map(|it| (it.labels[0].line, it.labels[0].column)).collect();
        assert_eq!(places, [(1001, 5), (3002, 5)]);
    }

    #[test]
    fn hostile_texts_are_judged_without_harm() {
        let nested = "{a.a.a.a.a.a.a.a = ".repeat(15);
        let deep = format!("x = {nested}1{}", "}".repeat(15));
        for text in [
            "]\n".repeat(1_000_000),
            "\u{0}".repeat(1000),
            "[".repeat(1_000_000),
            "x = \"\"\"".to_owned(),
            "'".repeat(10_000),
            "[[a]]\n".repeat(10_000),
            "a = [\n".repeat(10),
            format!("{}\u{feff}", many(300)),
            deep,
        ] {
            let (records, _) = found(&text);
            assert!((1..=50).contains(&records.len()), "{}", records.len());
        }
    }
}
