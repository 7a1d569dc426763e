//! Columns: measuring, padding, wrapping and shortening text for a terminal.
//!
//! This is the edge at which text is made harmless: whatever a line is given
//! passes through [`escape`] on its way.

use std::borrow::Cow;

use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::escape::escape_lines;
use super::palette::Meaning;
use super::{Settings, escape};

/// The columns that a text fills.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// What stands for the middle of a text that was left out.
pub(super) const ELLIPSIS: &str = "…";

/// A line under construction, which knows how wide it looks.
#[derive(Clone, Debug)]
pub(super) struct Line {
    text: String,
    width: usize,
    color: bool,
}

impl Line {
    pub(super) fn new(settings: Settings) -> Line {
        Line { text: String::new(), width: 0, color: settings.color }
    }

    /// Appends text.
    pub(super) fn push(mut self, meaning: Meaning, text: &str) -> Line {
        let text = escape(text);
        self.text.push_str(&meaning.paint(self.color, &text));
        self.width += width(&text);
        self
    }

    /// Appends another line.
    pub(super) fn append(mut self, other: &Line) -> Line {
        self.text.push_str(&other.text);
        self.width += other.width;
        self
    }

    /// Fills up with spaces to a column, if it is not beyond it.
    pub(super) fn pad_to(mut self, column: usize) -> Line {
        for _ in self.width..column {
            self.text.push(' ');
        }
        self.width = self.width.max(column);
        self
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Ends the line.
    pub(super) fn finish(&self, out: &mut String) {
        out.push_str(self.text.trim_end());
        out.push('\n');
    }
}

/// Writes `left`, and `right` at the margin; what does not fit beside `left`
/// follows below it, a piece to a line.
pub(super) fn heading(out: &mut String, left: Line, right: &[Line], settings: Settings) {
    const GAP: usize = 4;
    let pieces = right.iter().filter(|piece| piece.width > 0);
    let total = pieces.clone().map(|piece| piece.width + GAP).sum::<usize>();
    let margin = settings.margin();
    if left.width + total <= margin {
        let mut column = margin - total.saturating_sub(GAP);
        let mut line = left;
        for piece in pieces {
            line = line.pad_to(column).append(piece);
            column = line.width + GAP;
        }
        line.finish(out);
        return;
    }
    left.finish(out);
    for piece in pieces {
        Line::new(settings).pad_to(GAP).append(piece).finish(out);
    }
}

/// Writes pieces with a separator between them, over as many lines as it takes;
/// no piece is broken. Lines after the first are indented.
pub(super) fn flow(
    out: &mut String,
    pieces: &[Line],
    separator: &str,
    indent: usize,
    settings: Settings,
) {
    let mut line = Line::new(settings);
    for (at, piece) in pieces.iter().enumerate() {
        let added = width(separator) + piece.width;
        if at > 0 && settings.limit().is_some_and(|limit| line.width + added > limit) {
            line.finish(out);
            line = Line::new(settings).pad_to(indent);
        } else if at > 0 {
            line = line.push(Meaning::Faint, separator);
        }
        line = line.append(piece);
    }
    line.finish(out);
}

/// Where a text may be broken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Break {
    /// Between words only: prose, in which a long path is better left whole.
    Words,
    /// Between words, and within a word that is too long for a line.
    Anywhere,
}

/// Breaks text into lines of at most `limit` columns, where there is a limit.
pub(super) fn wrap(text: &str, limit: Option<usize>, at: Break) -> Vec<String> {
    let text = escape(text);
    let lines = textwrap::wrap(&text, options(limit, at));
    lines.into_iter().map(Cow::into_owned).collect()
}

fn options<'a>(limit: Option<usize>, at: Break) -> Options<'a> {
    const NARROWEST: usize = 8;
    Options::new(limit.map_or(usize::MAX, |limit| limit.max(NARROWEST)))
        .break_words(at == Break::Anywhere)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit)
}

/// Writes prose with a first and a hanging indent, wrapped to the terminal.
///
/// `first` may be styled; its width counts for the first line only. Line breaks
/// in the text are kept.
pub(super) fn paragraph(
    out: &mut String,
    first: &Line,
    indent: usize,
    text: &str,
    settings: Settings,
) {
    let (lead, hanging) = (" ".repeat(first.width), " ".repeat(indent));
    let options =
        options(settings.limit(), Break::Words).initial_indent(&lead).subsequent_indent(&hanging);
    for (at, line) in textwrap::wrap(&escape_lines(text), options).iter().enumerate() {
        match line.strip_prefix(&lead).filter(|_| at == 0) {
            Some(rest) => first.clone().push(Meaning::Plain, rest).finish(out),
            None => Line::new(settings).push(Meaning::Plain, line).finish(out),
        }
    }
}

/// Writes names below each other, in as many columns as fit.
pub(super) fn grid(out: &mut String, indent: usize, names: &[&str], settings: Settings) {
    const GAP: usize = 3;
    let names: Vec<Line> =
        names.iter().map(|name| Line::new(settings).push(Meaning::Strong, name)).collect();
    let column = names.iter().map(|name| name.width).max().unwrap_or(0) + GAP;
    let room = settings.limit().unwrap_or(settings.margin()).saturating_sub(indent);
    let columns = ((room + GAP) / column).max(1);
    let rows = names.len().div_ceil(columns);
    for row in 0..rows {
        let mut line = Line::new(settings);
        for (at, name) in names.iter().skip(row).step_by(rows).enumerate() {
            line = line.pad_to(indent + at * column).append(name);
        }
        line.finish(out);
    }
}

/// Writes what to do about something, below it.
pub(super) fn help(out: &mut String, indent: usize, text: Option<&str>, settings: Settings) {
    const LEAD: &str = "help: ";
    let Some(text) = text else { return };
    let lead = Line::new(settings).pad_to(indent).push(Meaning::Help, LEAD);
    paragraph(out, &lead, indent + LEAD.len(), text, settings);
}

/// Shortens text to `limit` columns by leaving out its middle.
pub(super) fn elide(text: &str, limit: usize) -> String {
    let text = escape(text);
    if width(&text) <= limit {
        return text.into_owned();
    }
    let room = limit.saturating_sub(width(ELLIPSIS));
    let head = take(text.chars(), room.div_ceil(2));
    let tail = take(text.chars().rev(), room / 2);
    let tail: String = tail.chars().rev().collect();
    format!("{head}{ELLIPSIS}{tail}")
}

/// The first characters that fit into `room` columns.
fn take(characters: impl Iterator<Item = char>, room: usize) -> String {
    let mut filled = 0;
    characters
        .take_while(|character| {
            filled += character.width().unwrap_or(0);
            filled <= room
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elided_text_keeps_both_ends_and_fits() {
        assert_eq!(elide("arn:aws:iam::1:role/Recorder", 15), "arn:aws…ecorder");
        assert_eq!(elide("short", 5), "short");
        let wide = elide("玄関カメラ玄関カメラ", 9);
        assert!(width(&wide) <= 9, "{wide}");
    }

    #[test]
    fn wrapping_breaks_between_words_and_within_only_when_allowed() {
        assert_eq!(wrap("one two three", Some(8), Break::Words), ["one two", "three"]);
        assert_eq!(wrap("abcdefghijkl", Some(8), Break::Words), ["abcdefghijkl"]);
        assert_eq!(wrap("a bcdefghijkl", Some(8), Break::Anywhere), ["a", "bcdefghi", "jkl"]);
        assert_eq!(wrap("one two three", None, Break::Words), ["one two three"]);
    }

    #[test]
    fn a_paragraph_hangs_below_its_first_line() {
        let settings = Settings { width: Some(40), ..Settings::default() };
        let mut out = String::new();
        let first = Line::new(settings).push(Meaning::Error, "error: ");
        paragraph(&mut out, &first, 4, "the quick brown fox jumps over the lazy dog", settings);
        assert_eq!(out, "error: the quick brown fox jumps over\n    the lazy dog\n");
    }
}
