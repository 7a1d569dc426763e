//! The lines below a change's heading: each attribute, before and after.

use super::INDENT;
use crate::report::Settings;
use crate::report::layout::{self, Break, Line, elide, wrap};
use crate::report::palette::Meaning;
use crate::report::view::{Below, Row};

/// Between the longest path and the values.
const GAP: usize = 4;

/// A path longer than this stands on a line of its own, so that one tag with a
/// long key does not push all values to the right.
const LONGEST_PATH: usize = 42;

/// With less room for values than this, they stand below their paths.
const LEAST_ROOM: usize = 30;

const ARROW: &str = "→ ";

/// Draws rows, their values below each other.
pub(super) fn columns(out: &mut String, rows: &[Row], settings: Settings) {
    let widths = rows.iter().map(|row| layout::width(&row.path));
    let longest = widths.filter(|width| *width <= LONGEST_PATH).max().unwrap_or(0);
    let mut column = INDENT + longest + GAP;
    let stacked = settings.limit().is_some_and(|limit| limit < column + LEAST_ROOM);
    if stacked {
        column = 2 * INDENT;
    }
    for row in rows {
        let path = Line::new(settings).pad_to(INDENT).push(Meaning::Plain, &row.path);
        let own_line = stacked || layout::width(&row.path) > LONGEST_PATH;
        let mut cell = Cell { out, line: path, column, settings };
        if own_line {
            cell.next();
        }
        cell.extend(|line| line.pad_to(column));
        cell.row(row);
    }
}

fn values(row: &Row, settings: Settings) -> Line {
    let line = Line::new(settings);
    let line = match &row.before {
        Some(before) => {
            line.push(Meaning::Before, before).push(Meaning::Plain, &format!(" {ARROW}"))
        }
        None => line,
    };
    line.push(Meaning::After, &row.after)
}

/// A place for values, which goes on below itself.
struct Cell<'a> {
    out: &'a mut String,
    line: Line,
    column: usize,
    settings: Settings,
}

impl Cell<'_> {
    fn row(&mut self, row: &Row) {
        let Row { path: _, before, after, notes, below } = row;
        let values = values(row, self.settings);
        if self.fits(values.width()) {
            self.extend(|line| line.append(&values));
        } else if let Some(before) = before {
            self.put("", Meaning::Before, &wrapped(before, self.room()));
            self.next();
            self.put(ARROW, Meaning::After, &wrapped(after, self.room_behind(ARROW)));
        } else {
            // What comes or goes is there for orientation, unless asked for whole.
            let lines = match self.room().filter(|_| !self.settings.is_verbose()) {
                Some(room) => vec![elide(after, room)],
                None => wrapped(after, self.room()),
            };
            self.put("", Meaning::After, &lines);
        }
        for (meaning, note) in notes {
            let beside = Line::new(self.settings).push(Meaning::Plain, "   ").push(*meaning, note);
            if self.fits(beside.width()) {
                self.extend(|line| line.append(&beside));
            } else {
                self.next();
                self.put("", *meaning, &wrap(note, self.room(), Break::Words));
            }
        }
        for one in below {
            self.next();
            self.below(one);
        }
        self.line.finish(self.out);
    }

    fn below(&mut self, below: &Below) {
        let Below { number, sign, meaning, text, becomes } = below;
        let sign = format!("{number} {sign}");
        let whole = Line::new(self.settings).push(Meaning::Plain, &sign).push(*meaning, text);
        let whole = match becomes {
            Some(after) => whole.push(Meaning::Plain, " → ").push(Meaning::After, after),
            None => whole,
        };
        if self.fits(whole.width()) {
            self.extend(|line| line.append(&whole));
            return;
        }
        self.put(&sign, *meaning, &wrapped(text, self.room_behind(&sign)));
        if let Some(after) = becomes {
            let lead = format!("{:width$}{ARROW}", "", width = layout::width(&sign));
            self.next();
            self.put(&lead, Meaning::After, &wrapped(after, self.room_behind(&lead)));
        }
    }

    fn extend(&mut self, more: impl FnOnce(Line) -> Line) {
        let line = std::mem::replace(&mut self.line, Line::new(self.settings));
        self.line = more(line);
    }

    /// Ends the line and begins another one below it.
    fn next(&mut self) {
        self.line.finish(self.out);
        self.line = Line::new(self.settings).pad_to(self.column);
    }

    /// Appends lines, indented as far as the first one's lead is wide.
    fn put(&mut self, lead: &str, meaning: Meaning, lines: &[String]) {
        for (at, text) in lines.iter().enumerate() {
            let column = self.column + layout::width(lead);
            if at > 0 {
                self.next();
                self.extend(|line| line.pad_to(column));
            } else {
                self.extend(|line| line.push(Meaning::Plain, lead));
            }
            self.extend(|line| line.push(meaning, text));
        }
    }

    fn room(&self) -> Option<usize> {
        self.room_behind("")
    }

    fn room_behind(&self, lead: &str) -> Option<usize> {
        let taken = self.column + layout::width(lead);
        self.settings.limit().map(|limit| limit.saturating_sub(taken))
    }

    fn fits(&self, more: usize) -> bool {
        self.settings.limit().is_none_or(|limit| self.line.width() + more <= limit)
    }
}

fn wrapped(text: &str, room: Option<usize>) -> Vec<String> {
    wrap(text, room, Break::Anywhere)
}
