//! The few lines of a file that a diagnostic is about, fit to be shown.
//!
//! An excerpt is a text of its own: lines are cut to the terminal's width around
//! what is marked, tabs are spaces, and harmful characters are spelled out. Marks
//! are ranges in that text; the true lines and columns are kept beside it.

use std::ops::Range;

use super::LABEL_LEAD;
use crate::diagnostic::{Label, Source, Sources};
use crate::report::escape::{escape, push_escaped};
use crate::report::layout::{self, ELLIPSIS};

/// How far a tab moves, at most.
const TAB: usize = 4;

/// Marks at most so many lines apart share an excerpt.
const NEARBY: usize = 3;

/// How much of a line stays before a mark that is moved to the left, at least.
const LEAD: usize = 12;

/// The room that a label is given to the right of its mark, if it needs so much.
const LABEL: usize = 40;

/// How many characters around a mark are looked at. It bounds the work on lines
/// of any length, and is wider than terminals are.
const REACH: usize = 1000;

/// Lines of one file that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    /// The file's path, escaped.
    pub(super) file: String,
    /// The number of the text's first line, from 1.
    pub(super) first_line: usize,
    /// Lines, each ended by a line break.
    pub(super) text: String,
    pub(super) marks: Vec<Mark>,
}

/// Something marked in an excerpt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// Bytes of the excerpt's text; empty for a place between characters.
    pub(super) range: Range<usize>,
    /// Where the mark starts in the file, from 1.
    pub(super) line: usize,
    pub(super) column: usize,
    /// The columns of the excerpt's line before the mark.
    pub(super) indent: usize,
    pub(super) message: String,
    /// Whether this is the place of the problem, not what it conflicts with.
    pub(super) primary: bool,
}

/// A label with its place in lines, before anything is drawn.
struct Place<'a> {
    label: &'a Label,
    line: usize,
    column: usize,
    primary: bool,
}

/// Cuts the excerpts for a diagnostic's labels, in the labels' order. Labels in
/// a file without text, one that is missing say, are left to the caller.
pub(super) fn excerpts(labels: &[Label], sources: &Sources, columns: usize) -> Vec<Excerpt> {
    let mut groups: Vec<Vec<Place<'_>>> = Vec::new();
    for (at, label) in labels.iter().enumerate() {
        let source = sources.get(label.span.source);
        if source.text.is_empty() {
            continue;
        }
        let start = sources.locate(label.span);
        let place = Place { label, line: start.line, column: start.column, primary: at == 0 };
        let near = groups.iter_mut().find(|group| {
            group.iter().any(|other| {
                other.label.span.source == label.span.source
                    && other.line.abs_diff(place.line) <= NEARBY
            })
        });
        match near {
            Some(group) => group.push(place),
            None => groups.push(vec![place]),
        }
    }
    groups
        .into_iter()
        .map(|group| {
            let source = sources.get(group[0].label.span.source);
            cut(source, group, columns)
        })
        .collect()
}

/// Cuts one excerpt, with a line of context on either side.
fn cut(source: &Source, mut places: Vec<Place<'_>>, columns: usize) -> Excerpt {
    places.sort_by_key(|place| (place.line, place.label.span.start));
    let first = &places[0];
    let mut excerpt = Excerpt {
        file: escape(&source.path).into_owned(),
        first_line: first.line,
        text: String::new(),
        marks: Vec::new(),
    };
    let text = source.text.as_ref();
    let mut start = line_start(text, floor(text, first.label.span.start as usize));
    if start.known && start.at > 0 {
        let previous = line_start(text, start.at - 1);
        excerpt.first_line -= 1;
        let end = line_end(text, previous.at);
        push_line(&mut excerpt, text, &previous, end, &[], columns);
    }
    let last_line = places.last().map_or(first.line, |place| place.line);
    let mut line = first.line;
    loop {
        let here: Vec<&Place<'_>> = places.iter().filter(|place| place.line == line).collect();
        let furthest = here.iter().map(|place| place.label.span.start as usize).max();
        let end = line_end(text, furthest.map_or(start.at, |mark| floor(text, mark).max(start.at)));
        push_line(&mut excerpt, text, &start, end, &here, columns);
        // One more line than is marked, for context, unless the file ends or the
        // line goes on beyond reach.
        let next = match end {
            Edge { at, known: true } => Some(at + 1),
            Edge { at, known: false } if line < last_line => {
                text[at..].find('\n').map(|length| at + length + 1)
            }
            Edge { .. } => None,
        };
        let Some(next) = next.filter(|next| line <= last_line && *next < text.len()) else { break };
        line += 1;
        start = Edge { at: next, known: true };
    }
    excerpt
}

/// Where a line begins or ends, or where looking for that was given up.
#[derive(Clone, Copy)]
struct Edge {
    at: usize,
    known: bool,
}

fn line_start(text: &str, from: usize) -> Edge {
    let reach = floor(text, from.saturating_sub(REACH));
    match text[reach..from].rfind('\n') {
        Some(at) => Edge { at: reach + at + 1, known: true },
        None => Edge { at: reach, known: reach == 0 },
    }
}

fn line_end(text: &str, from: usize) -> Edge {
    let reach = floor(text, from.saturating_add(REACH).min(text.len()));
    match text[from..reach].find('\n') {
        Some(at) => Edge { at: from + at, known: true },
        None => Edge { at: reach, known: reach == text.len() },
    }
}

/// The nearest boundary between characters at or before a byte.
fn floor(text: &str, byte: usize) -> usize {
    let byte = byte.min(text.len());
    (0..=byte).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Appends one line, cut to the columns around its first mark.
fn push_line(
    excerpt: &mut Excerpt,
    text: &str,
    start: &Edge,
    end: Edge,
    places: &[&Place<'_>],
    columns: usize,
) {
    let line = &text[start.at..end.at];
    let line = line.strip_suffix('\r').filter(|_| end.known).unwrap_or(line);
    let cells = cells(line);
    let total = cells.last().map_or(0, |cell| cell.column + cell.width);
    let offset = |byte: usize| floor(text, byte).saturating_sub(start.at).min(line.len());
    let index = |byte: usize| cells.partition_point(|cell| cell.byte < offset(byte));
    let marks: Vec<Range<usize>> = places
        .iter()
        .map(|place| {
            let first = index(place.label.span.start as usize);
            first..index(place.label.span.end as usize).max(first)
        })
        .collect();
    let column_of = |at: usize| cells.get(at).map_or(total, |cell| cell.column);
    let marked = places.iter().zip(&marks).map(|(place, mark)| Marked {
        start: column_of(mark.start),
        end: column_of(mark.end),
        label: layout::width(&escape(&place.label.message)),
    });
    let marked: Vec<Marked> = marked.collect();
    let (left, room) = window(&marked, total, columns, layout::width(ELLIPSIS));
    let from = cells.partition_point(|cell| cell.column < left);
    let to = cells.partition_point(|cell| cell.column + cell.width <= column_of(from) + room);
    let mut offsets = Vec::with_capacity(to - from + 1);
    let cut_left = from > 0 || !start.known;
    let cut_right = to < cells.len() || !end.known;
    if cut_left {
        excerpt.text.push_str(ELLIPSIS);
    }
    let lead = if cut_left { layout::width(ELLIPSIS) } else { 0 };
    for cell in &cells[from..to] {
        offsets.push(excerpt.text.len());
        cell.show(&mut excerpt.text);
    }
    offsets.push(excerpt.text.len());
    if cut_right {
        excerpt.text.push_str(ELLIPSIS);
    }
    let place_in_text = |at: usize| offsets[at.clamp(from, to) - from];
    for (place, mark) in places.iter().zip(&marks) {
        let first = place_in_text(mark.start);
        let visible = mark.start.clamp(from, to);
        excerpt.marks.push(Mark {
            range: first..place_in_text(mark.end),
            line: place.line,
            column: place.column,
            indent: lead + column_of(visible).saturating_sub(column_of(from)),
            message: place.label.message.clone(),
            primary: place.primary,
        });
    }
    excerpt.text.push('\n');
}

/// A mark in columns of its whole line.
struct Marked {
    start: usize,
    end: usize,
    /// How wide its label is.
    label: usize,
}

/// Which columns of a line to show: the first, and how many.
///
/// The marks come before all else, then something of what stands before them,
/// then room for a label to the right of its mark.
fn window(marked: &[Marked], total: usize, columns: usize, ellipsis: usize) -> (usize, usize) {
    let first = marked.iter().map(|mark| mark.start).min().unwrap_or(0);
    let last = marked.iter().map(|mark| mark.end).max().unwrap_or(0);
    let reach = |mark: &Marked| (mark.start + mark.end) / 2 + LABEL_LEAD + mark.label.min(LABEL);
    let labels_end = marked.iter().map(reach).max().unwrap_or(0);
    if total <= columns && labels_end <= columns {
        return (0, columns);
    }
    let room = columns.saturating_sub(2 * ellipsis).max(8);
    let before = first.saturating_sub(room / 3);
    let for_marks = last.saturating_sub(room).min(first);
    let for_labels = labels_end.saturating_sub(room).min(first.saturating_sub(LEAD));
    let left = if total <= columns { 0 } else { before };
    (left.max(for_marks).max(for_labels), room)
}

/// One character of a line, and where it is shown.
struct Cell {
    /// Where it starts in the line.
    byte: usize,
    character: char,
    /// In columns from the line's start.
    column: usize,
    width: usize,
}

impl Cell {
    fn show(&self, out: &mut String) {
        if self.character == '\t' {
            out.extend(std::iter::repeat_n(' ', self.width));
        } else {
            push_escaped(out, self.character);
        }
    }
}

fn cells(line: &str) -> Vec<Cell> {
    let mut column = 0;
    let mut shown = String::new();
    line.char_indices()
        .map(|(byte, character)| {
            let width = match character {
                '\t' => TAB - column % TAB,
                ' '..='~' => 1,
                _ => {
                    shown.clear();
                    push_escaped(&mut shown, character);
                    layout::width(&shown)
                }
            };
            let cell = Cell { byte, character, column, width };
            column += width;
            cell
        })
        .collect()
}

#[cfg(test)]
mod tests;
