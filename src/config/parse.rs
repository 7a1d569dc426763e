//! From a file's text to its raw tables.
//!
//! A large file is parsed in parts, cut before headers, because a document
//! takes some forty times the room of its text. Wherever the parts could mean
//! anything else than the whole, the whole is parsed instead.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::leaf::Map;
use super::outline::outline;
use super::parallel;
use super::raw::File;
use super::reader::{Reader, Table};
use super::value::{At, Reported};
use super::words::{closest, did_you_mean, list};
use super::{syntax, value::Slot};
use crate::diagnostic::{Code, Diagnostic, SourceId, Span};

/// How long a part is, give or take a section.
const PART: usize = 128 * 1024;

/// A part longer than this is looked over before it is parsed.
const LONG: usize = 8 * PART;

/// A part with more mistakes than this is not worth recovering anything from.
const HOPELESS: usize = 1000;

/// What one part of a text says.
struct Part {
    tables: File,
    /// What is wrong with the tables.
    diagnostics: Vec<Diagnostic>,
    /// What is no TOML; then the tables are what could be recovered.
    syntax: Vec<Diagnostic>,
    /// Whether the part holds known tables only, which can be joined.
    plain: bool,
}

/// Parses a file. One that is no TOML is judged in nothing else.
///
/// For such a file the value is what could be recovered, for the sake of its
/// `stack.include`.
pub(super) fn parse(
    source: SourceId,
    text: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<File, Box<File>> {
    let outline = outline(text);
    if let Some(range) = outline.too_deep {
        let diagnostic = Diagnostic::new(Code::NestingTooDeep, "this is nested beyond reason")
            .label(Span::new(source, range), "too deep here")
            .help("no value of a configuration has more than a few levels");
        diagnostics.push(diagnostic);
        return Err(Box::default());
    }
    let whole = 0..text.len();
    let ranges = if outline.has_preamble { vec![whole.clone()] } else { outline.parts(text, PART) };
    let mut parts = parallel::map(&ranges, |range| part(source, text, range.clone()));
    let is_toml = parts.iter().all(|part| part.syntax.is_empty());
    if is_toml && parts.len() > 1 {
        match join_parts(parts) {
            Ok(joined) => parts = vec![joined],
            // The parts do not simply add up: a table may be spread over them,
            // or be written twice. Only the whole can tell.
            Err(()) => parts = vec![part(source, text, whole)],
        }
    }
    let is_toml = parts.iter().all(|part| part.syntax.is_empty());
    let mut tables = File::default();
    // What is written twice leaves the rest of the text readable; anything else
    // that is no TOML may have swallowed what comes after it.
    let readable = |part: &Part| part.syntax.iter().all(|it| it.code == Code::DuplicateKey);
    let readable = parts.iter().all(readable);
    for part in parts {
        diagnostics.extend(part.syntax);
        if readable {
            diagnostics.extend(part.diagnostics);
        }
        if tables.stack.at().is_none() {
            tables = part.tables;
        }
    }
    if is_toml { Ok(tables) } else { Err(Box::new(tables)) }
}

/// Parses one part of a text.
fn part(source: SourceId, text: &str, range: Range<usize>) -> Part {
    let offset = range.start;
    let text = text.get(range).unwrap_or_default();
    let mut diagnostics = Vec::new();
    if let Some(errors) = (text.len() > LONG).then(|| syntax::hopeless(text, HOPELESS)).flatten() {
        let syntax = syntax::diagnostics(source, offset, text, &DeTable::new(), errors);
        return Part { tables: File::default(), diagnostics, syntax, plain: false };
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    let table = table.get_ref();
    let keys = File::keys();
    let plain = table
        .iter()
        .all(|(key, value)| keys.contains(&key.get_ref().as_ref()) && value.get_ref().is_table());
    let tables = read(source, text, offset, table, &mut diagnostics);
    let syntax = match errors.is_empty() {
        true => Vec::new(),
        false => {
            let errors = errors
                .iter()
                .filter_map(|error| Some((error.span()?, error.message().to_owned())))
                .collect();
            syntax::diagnostics(source, offset, text, table, errors)
        }
    };
    Part { tables, diagnostics, syntax, plain }
}

/// Joins parts, if they simply add up.
fn join_parts(parts: Vec<Part>) -> Result<Part, ()> {
    let mut whole =
        Part { tables: File::default(), diagnostics: Vec::new(), syntax: Vec::new(), plain: true };
    for part in parts {
        if !part.plain {
            return Err(());
        }
        whole.diagnostics.extend(part.diagnostics);
        let File { stack, guard, defaults, template, zone, processor, doubtful: _ } = part.tables;
        let tables = &mut whole.tables;
        let joined = [
            join(&mut tables.stack, stack, |_, _| false),
            join(&mut tables.guard, guard, |_, _| false),
            join(&mut tables.defaults, defaults, |_, _| false),
            join(&mut tables.template, template, join_names),
            join(&mut tables.zone, zone, join_names),
            join(&mut tables.processor, processor, join_names),
        ];
        if joined.contains(&false) {
            return Err(());
        }
    }
    Ok(whole)
}

/// Joins what two parts say of a table; false if that takes more than adding up.
fn join<T>(whole: &mut Slot<T>, part: Slot<T>, values: impl Fn(&mut T, T) -> bool) -> bool {
    match (&mut whole.0, part.0) {
        (_, None) => true,
        (empty @ None, part) => {
            *empty = part;
            true
        }
        (Some(At { value: Ok(whole), .. }), Some(At { value: Ok(part), .. })) => {
            values(whole, part)
        }
        (Some(_), Some(_)) => false,
    }
}

/// Joins named tables, unless one name is in both parts.
fn join_names<T>(whole: &mut Map<T>, part: Map<T>) -> bool {
    part.into_iter().all(|(name, at)| whole.insert(name, at).is_none())
}

/// Reads a document's tables.
fn read(
    source: SourceId,
    text: &str,
    offset: usize,
    table: &DeTable<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> File {
    let mut reader = Reader::new(source, text, offset, diagnostics);
    let mut file = File::default();
    for (key, value) in table {
        if !file.accept(key, value, &mut reader) {
            let span = reader.span(key);
            let diagnostic = unknown(key.get_ref(), value.get_ref(), span, &mut file);
            let Reported = reader.report(diagnostic);
        }
    }
    file
}

/// A key or table that stands at the top and should not.
fn unknown(name: &str, value: &DeValue<'_>, span: Span, file: &mut File) -> Diagnostic {
    let keys = File::keys();
    let meant = closest(name, keys.iter().copied());
    if let Some(meant) = meant {
        file.report(meant, span);
    }
    if value.is_table() || value.is_array() || meant.is_some() {
        return Diagnostic::new(Code::UnknownTable, format!("there is no table `{name}`"))
            .label(span, "unknown table")
            .help(
                did_you_mean(meant).unwrap_or_else(|| format!("the tables are {}", list(&keys))),
            );
    }
    let help = if super::raw::Stack::keys().contains(&name) {
        "it belongs under `[stack]`".to_owned()
    } else if super::raw::Attributes::keys().contains(&name) {
        "it belongs under `[defaults]`, `[template.NAME]` or `[processor.NAME]`".to_owned()
    } else {
        format!("at the top stand the tables {}", list(&keys))
    };
    Diagnostic::new(Code::UnknownKey, format!("`{name}` belongs to no table"))
        .label(span, "unknown key")
        .help(help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Loaded;
    use crate::diagnostic::Record;

    /// What is found in a text, and the processors in it with their places.
    fn found(text: &str) -> (Vec<Record>, Vec<(String, usize)>) {
        let loaded = Loaded::from_texts([("rekon.toml", text)]);
        let records =
            loaded.diagnostics.iter().map(|it| Record::new(it, &loaded.sources)).collect();
        let processors = loaded.files.iter().filter_map(|file| file.tables.processor.get());
        let names = processors.flatten().map(|(name, at)| (name.clone(), at.key.range().start));
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
        assert!(text.len() > 4 * PART);
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
            "]\n".repeat(LONG),
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
