//! From a file's text to its raw tables.
//!
//! A large file is parsed in parts, cut before headers, because a document
//! takes some forty times the room of its text. Wherever the parts could mean
//! anything else than the whole, the whole is parsed instead.

use toml::de::{DeTable, DeValue};

use super::outline::outline;
use super::raw::File;
use super::reader::{Reader, Table};
use super::value::{At, Reported};
use super::words::{closest, did_you_mean, list};
use super::{syntax, value::Slot};
use crate::diagnostic::{Code, Diagnostic, SourceId, Span};

/// How long a part is, give or take a section.
const PART: usize = 128 * 1024;

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
    if !outline.has_preamble {
        let parts = outline.parts(text, PART);
        let found = diagnostics.len();
        if parts.len() > 1 {
            if let Some(file) = in_parts(source, text, &parts, diagnostics) {
                return Ok(file);
            }
            diagnostics.truncate(found);
        }
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok(read(source, 0, table.get_ref(), diagnostics));
    }
    diagnostics.extend(syntax::diagnostics(source, text, table.get_ref(), &errors));
    Err(Box::new(read(source, 0, table.get_ref(), &mut Vec::new())))
}

/// Parses parts and joins them; none if they do not simply add up.
fn in_parts(
    source: SourceId,
    text: &str,
    parts: &[std::ops::Range<usize>],
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<File> {
    let mut whole = File::default();
    for part in parts {
        let (table, errors) = DeTable::parse_recoverable(&text[part.clone()]);
        let keys = File::keys();
        let plain = table.get_ref().iter().all(|(key, value)| {
            keys.contains(&key.get_ref().as_ref()) && value.get_ref().is_table()
        });
        if !errors.is_empty() || !plain {
            return None;
        }
        let file = read(source, part.start, table.get_ref(), diagnostics);
        let File { stack, guard, defaults, template, zone, processor } = file;
        join(&mut whole.stack, stack, |_, _| None)?;
        join(&mut whole.guard, guard, |_, _| None)?;
        join(&mut whole.defaults, defaults, |_, _| None)?;
        join(&mut whole.template, template, join_names)?;
        join(&mut whole.zone, zone, join_names)?;
        join(&mut whole.processor, processor, join_names)?;
    }
    Some(whole)
}

/// Joins what two parts say of a table.
fn join<T>(
    whole: &mut Slot<T>,
    part: Slot<T>,
    join_values: impl Fn(&mut T, T) -> Option<()>,
) -> Option<()> {
    match (&mut whole.0, part.0) {
        (_, None) => Some(()),
        (empty @ None, part) => {
            *empty = part;
            Some(())
        }
        (Some(At { value: Ok(whole), .. }), Some(At { value: Ok(part), .. })) => {
            join_values(whole, part)
        }
        (Some(_), Some(_)) => None,
    }
}

/// Joins named tables, unless one name is in both parts.
fn join_names<T>(whole: &mut super::leaf::Map<T>, part: super::leaf::Map<T>) -> Option<()> {
    part.into_iter().all(|(name, at)| whole.insert(name, at).is_none()).then_some(())
}

/// Reads a document's tables.
fn read(
    source: SourceId,
    offset: usize,
    table: &DeTable<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> File {
    let mut reader = Reader::new(source, offset, diagnostics);
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
