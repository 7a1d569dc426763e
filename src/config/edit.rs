//! Changing values in a text, and nothing else: every other byte stays.
//!
//! A change is a splice at the places that reading a text notes, so that comments, order,
//! spelling and line ends are never written anew. Where it stands is looked up after each
//! change of the same table, by reading again.
//!
//! Deliberately absent: what the values mean. Whoever edits reads the result again.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use toml_parser::Source;
use toml_parser::lexer::TokenKind;

use super::read::read;
use super::tree::{Form, Node, Raw, Table};
use crate::diagnostic::Sources;

/// A change below a table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edit {
    /// The table, from the root of the file. It is there, and stays.
    pub(crate) table: Vec<String>,
    /// Where below it.
    pub(crate) path: Vec<Step>,
    /// What becomes of that.
    pub(crate) change: Change,
}

/// A step down.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// To what stands at a key.
    Key(String),
    /// To an item of an array.
    Item(usize),
}

/// What becomes of a value; each is written as TOML has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Change {
    /// It becomes this one, or is written where there is none.
    Set(String),
    /// The array gets one more item.
    Push(String),
    /// It is taken out, with the tables around it that nothing else is in.
    Remove,
}

/// Makes the changes, those of a table in their order. What cannot be done is left, which
/// reading the result shows. `key` writes a key as TOML has it.
pub(crate) fn edit(
    text: &str,
    edits: impl IntoIterator<Item = Edit>,
    key: impl Fn(&str) -> String,
) -> String {
    let mut queues: BTreeMap<Vec<String>, VecDeque<Edit>> = BTreeMap::new();
    for edit in edits {
        queues.entry(edit.table.clone()).or_default().push_back(edit);
    }
    let mut text = text.to_owned();
    let source = Sources::default().add("", "");
    while !queues.is_empty() {
        // No two tables share a place, so that one change of each can be made at once.
        let found = read(source, &text);
        let place = Placing { text: &text, root: &found.root, key: &key };
        let mut splices = Vec::new();
        queues.retain(|_, queue| {
            if let Some(edit) = queue.front() {
                let Placed { splices: found, done } = place.place(edit);
                splices.extend(found);
                if done {
                    queue.pop_front();
                }
            }
            !queue.is_empty()
        });
        splices.sort_by_key(|splice| (splice.range.start, splice.range.end));
        text = spliced(&text, &splices);
    }
    text
}

/// A text with other words in some ranges, which are in order.
fn spliced(text: &str, splices: &[Splice]) -> String {
    let (mut out, mut done) = (String::with_capacity(text.len()), 0);
    for Splice { range, with } in splices {
        out.push_str(&text[done..range.start]);
        out.push_str(with);
        done = range.end;
    }
    out.push_str(&text[done..]);
    out
}

/// A range of a text, and what takes its place.
struct Splice {
    range: Range<usize>,
    with: String,
}

/// Where a change goes.
struct Placed {
    splices: Vec<Splice>,
    /// Whether that is all of it; otherwise it is looked up again.
    done: bool,
}

impl Placed {
    fn done(splices: Vec<Splice>) -> Placed {
        Placed { splices, done: true }
    }
}

/// A text and what stands where in it.
struct Placing<'a> {
    text: &'a str,
    root: &'a Table,
    key: &'a dyn Fn(&str) -> String,
}

/// A value with all that is around it, from the outside.
#[derive(Clone)]
struct Way<'a> {
    nodes: Vec<&'a Node>,
    keys: Vec<String>,
}

impl<'a> Way<'a> {
    fn last(&self) -> Option<&'a Node> {
        self.nodes.last().copied()
    }

    /// What is around it; `None`: the file.
    fn around(&self) -> Option<Way<'a>> {
        let depth = self.nodes.len().checked_sub(1)?;
        Some(Way { nodes: self.nodes[..depth].to_vec(), keys: self.keys[..depth].to_vec() })
    }

    /// How many of its tables, counted from the outside, are behind the one in whose body
    /// the line or the pair of braces stands that it is written in.
    fn body(&self) -> usize {
        let depth = self.nodes.len();
        let bodies = (0..depth).rev().find(|at| {
            let node = self.nodes[*at];
            matches!(node.form, Form::Header | Form::Value) && node.table().is_some()
        });
        bodies.map_or(0, |at| at + 1)
    }
}

impl<'a> Placing<'a> {
    fn place(&self, edit: &Edit) -> Placed {
        let start = Way { nodes: Vec::new(), keys: Vec::new() };
        let table: Vec<Step> = edit.table.iter().cloned().map(Step::Key).collect();
        let (way, rest) = self.follow(start, &table);
        if !rest.is_empty() {
            return Placed::done(Vec::new());
        }
        let stays = way.nodes.len();
        let (way, rest) = self.follow(way, &edit.path);
        let Some(node) = way.last() else { return Placed::done(Vec::new()) };
        match (&edit.change, rest.is_empty()) {
            (Change::Set(value), true) if node.form == Form::Value => {
                let with = self.with_line_ends(value);
                let mut splices = vec![Splice { range: node.span.range(), with }];
                let comments = self.comments(node.span.range());
                if !comments.is_empty() {
                    // They were between its lines, and stay above it.
                    let at = self.line_start(node.span.range().start);
                    splices.push(Splice { range: at..at, with: comments });
                }
                Placed::done(splices)
            }
            // It is spread over lines: they go, and then it is written.
            (Change::Set(_), true) => Placed { splices: self.removal(&way), done: false },
            (Change::Set(value), false) if rest.iter().all(|step| matches!(step, Step::Key(_))) => {
                Placed::done(self.insertion(&way, rest, &self.with_line_ends(value)))
            }
            (Change::Push(value), true) => Placed::done(self.push(node, value)),
            (Change::Remove, true) => Placed::done(self.removal(&outermost_alone(way, stays))),
            _ => Placed::done(Vec::new()),
        }
    }

    /// Goes as far down as there is something; gives what is left of the path.
    fn follow<'p>(&self, mut way: Way<'a>, path: &'p [Step]) -> (Way<'a>, &'p [Step]) {
        for (at, step) in path.iter().enumerate() {
            let found = match (step, way.last()) {
                (Step::Key(key), None) => self.root.get(key),
                (Step::Key(key), Some(node)) => node.table().and_then(|table| table.get(key)),
                (Step::Item(at), node) => node.and_then(|node| node.items()?.get(*at)),
            };
            let Some(node) = found else { return (way, &path[at..]) };
            way.nodes.push(node);
            way.keys.push(match step {
                Step::Key(key) => key.clone(),
                Step::Item(_) => String::new(),
            });
        }
        (way, &[])
    }

    /// A new key below the table at the end of a way.
    fn insertion(&self, way: &Way<'a>, rest: &[Step], value: &str) -> Vec<Splice> {
        let (Some(node), Some(table)) = (way.last(), way.last().and_then(Node::table)) else {
            return Vec::new();
        };
        let names = rest.iter().filter_map(|step| match step {
            Step::Key(key) => Some((self.key)(key)),
            Step::Item(_) => None,
        });
        let below: Vec<String> = names.collect();
        let pair = |from: usize| {
            let path: Vec<String> = way.keys[from..].iter().map(|key| (self.key)(key)).collect();
            format!("{} = {value}", [path, below.clone()].concat().join("."))
        };
        let (depth, body) = (way.nodes.len(), way.body());
        let last = last_written(table);
        let holder = body.checked_sub(1).map(|at| way.nodes[at]);
        match (node.form, holder) {
            (Form::Value, _) if table.is_empty() => {
                vec![Splice { range: node.span.range(), with: format!("{{ {} }}", pair(depth)) }]
            }
            (Form::Value, _) => behind(last, format!(", {}", pair(depth))),
            (Form::Dotted, Some(holder)) if holder.form == Form::Value => {
                behind(last, format!(", {}", pair(body)))
            }
            (Form::Dotted, _) => self.line_behind(last, &pair(body)),
            (Form::Header, _) => self.line_behind(last.or(Some(node)), &pair(depth)),
            // It has no header of its own yet.
            (Form::Around, _) => {
                let Some(first) = first_header(table) else { return Vec::new() };
                let at = self.line_start(first);
                let path: Vec<String> = way.keys.iter().map(|key| (self.key)(key)).collect();
                let end = self.line_end();
                let with = format!("[{}]{end}{}{end}{end}", path.join("."), pair(depth));
                vec![Splice { range: at..at, with }]
            }
        }
    }

    /// A line below a value or header, standing in as far as that.
    fn line_behind(&self, last: Option<&Node>, line: &str) -> Vec<Splice> {
        let Some(last) = last else { return Vec::new() };
        let indent = self.indent(last.key.range().start);
        let end = self.rest_of_line(last.span.range().end).end;
        let with = format!("{}{indent}{line}", self.line_end());
        vec![Splice { range: end..end, with }]
    }

    /// One more item at the end of an array.
    fn push(&self, array: &Node, value: &str) -> Vec<Splice> {
        let (Some(items), Form::Value) = (array.items(), array.form) else { return Vec::new() };
        let Range { start, end } = array.span.range();
        let Some(item) = items.last() else {
            return vec![Splice { range: start..end, with: format!("[{value}]") }];
        };
        let last = item.span.range();
        let comma = self.comma(last.end..end);
        if !self.text[last.end..end].contains('\n') {
            return behind(Some(item), format!(", {value}"));
        }
        let mut splices = Vec::new();
        if comma.is_none() {
            splices.extend(behind(Some(item), ",".to_owned()));
        }
        let line = self.rest_of_line(comma.map_or(last.end, |comma| comma + 1)).end;
        let comma = if comma.is_some() { "," } else { "" };
        let with = format!("{}{}{value}{comma}", self.line_end(), self.indent(last.start));
        splices.push(Splice { range: line..line, with });
        splices
    }

    /// Takes out what is at the end of a way.
    fn removal(&self, way: &Way<'a>) -> Vec<Splice> {
        let Some(node) = way.last() else { return Vec::new() };
        let inner = || match &node.value {
            Raw::Table(table) => table.iter().map(|(key, node)| (key.to_owned(), node)).collect(),
            Raw::Array(items) => items.iter().map(|item| (String::new(), item)).collect(),
            _ => Vec::new(),
        };
        match node.form {
            Form::Value => self.removal_of_value(way, node),
            Form::Dotted | Form::Around | Form::Header => {
                let header = node.form == Form::Header && node.table().is_some();
                let below = inner().into_iter().flat_map(|(key, node)| {
                    let mut way = way.clone();
                    way.nodes.push(node);
                    way.keys.push(key);
                    self.removal(&way)
                });
                let mut splices: Vec<Splice> = below.collect();
                if header {
                    splices.push(self.removal_of_line(node.span.range()));
                }
                splices
            }
        }
    }

    fn removal_of_value(&self, way: &Way<'a>, node: &Node) -> Vec<Splice> {
        let span = node.span.range();
        let around = way.around().unwrap_or(Way { nodes: Vec::new(), keys: Vec::new() });
        let list = around.last().filter(|around| around.items().is_some());
        let braces = match list {
            Some(array) => Some(array),
            None => around.body().checked_sub(1).map(|at| around.nodes[at]),
        };
        let Some(braces) = braces.filter(|braces| braces.form == Form::Value) else {
            return vec![self.removal_of_line(span)];
        };
        let mut ends = Vec::new();
        written_ends(braces, &mut ends);
        ends.sort_unstable();
        let Range { start, end } = braces.span.range();
        let at = ends.iter().position(|one| *one == span.end).unwrap_or(0);
        let previous = at.checked_sub(1).map(|at| ends[at]);
        let begin = self.behind_blanks(previous.unwrap_or(start + 1)..span.start);
        let is_last = at + 1 == ends.len();
        let before = previous.and_then(|previous| self.comma(previous..begin));
        let before = before.filter(|comma| !self.text[*comma..begin].contains('\n'));
        let whole = match (self.comma(span.end..end), before) {
            // The comma that is taken is the one before it.
            (_, Some(comma)) if is_last => comma..span.end,
            (Some(comma), _) => begin..comma + 1,
            (None, _) => span,
        };
        let whole = whole.start.min(begin)..whole.end;
        if self.text[self.line_start(whole.start)..whole.start].trim().is_empty() {
            return vec![self.removal_of_line(whole)];
        }
        let blank = |letter: &char| matches!(letter, ' ' | '\t');
        let blanks = self.text[whole.end..].chars().take_while(blank).count();
        let end = if is_last { whole.end } else { whole.end + blanks };
        vec![Splice { range: whole.start..end, with: String::new() }]
    }

    /// Takes out lines, but for the comments between and behind them.
    fn removal_of_line(&self, span: Range<usize>) -> Splice {
        let with = self.comments(span.clone());
        let start = self.line_start(span.start);
        let rest = self.rest_of_line(span.end);
        let text = &self.text[rest.clone()];
        let range = match text.trim().is_empty() {
            true => {
                let after = &self.text[rest.end..];
                let end = ["\r\n", "\n"].into_iter().find(|end| after.starts_with(end));
                start..rest.end + end.map_or(0, str::len)
            }
            false if with.is_empty() => {
                let blank = text.len() - text.trim_start().len();
                start + self.indent(span.start).len()..rest.start + blank
            }
            false => {
                let blank = text.len() - text.trim_start().len();
                start..rest.start + blank
            }
        };
        Splice { range, with }
    }

    /// The comments in a range, each on a line of its own.
    fn comments(&self, range: Range<usize>) -> String {
        let indent = self.indent(range.start);
        let end = self.line_end();
        let tokens = Source::new(&self.text[range.clone()]).lex();
        let comments = tokens.filter(|token| token.kind() == TokenKind::Comment).map(|token| {
            let comment =
                &self.text[range.start + token.span().start()..range.start + token.span().end()];
            format!("{indent}{}{end}", comment.trim_end())
        });
        comments.collect()
    }

    /// The comma in a range, comments apart.
    fn comma(&self, range: Range<usize>) -> Option<usize> {
        let mut comment = false;
        let mut letters = self.text[range.clone()].char_indices();
        let found = letters.find(|(_, letter)| {
            comment = (comment || *letter == '#') && *letter != '\n';
            !comment && *letter == ','
        });
        found.map(|(at, _)| range.start + at)
    }

    /// Where something begins in a range, behind white space, commas and comments.
    fn behind_blanks(&self, range: Range<usize>) -> usize {
        let mut comment = false;
        let mut letters = self.text[range.clone()].char_indices();
        let found = letters.find(|(_, letter)| {
            comment = (comment || *letter == '#') && *letter != '\n';
            !comment && !letter.is_whitespace() && *letter != ','
        });
        found.map_or(range.end, |(at, _)| range.start + at)
    }

    /// What is on the line behind a place, without its end.
    fn rest_of_line(&self, at: usize) -> Range<usize> {
        let rest = &self.text[at..];
        let line = rest.split('\n').next().unwrap_or_default();
        at..at + line.strip_suffix('\r').unwrap_or(line).len()
    }

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |end| end + 1)
    }

    fn indent(&self, at: usize) -> &'a str {
        let line = &self.text[self.line_start(at)..];
        &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
    }

    /// A value whose lines end as the text's do.
    fn with_line_ends(&self, value: &str) -> String {
        value.replace('\n', self.line_end())
    }

    /// How lines end here.
    fn line_end(&self) -> &'static str {
        match self.text.find('\n') {
            Some(at) if self.text[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }
}

/// The outermost table that would be empty without what is at the end of a way, or that
/// itself; what is within `stays` stays.
fn outermost_alone(mut way: Way<'_>, stays: usize) -> Way<'_> {
    while let Some(around) = way.around().filter(|around| around.nodes.len() > stays) {
        match around.last().and_then(Node::table) {
            Some(table) if table.len() == 1 => way = around,
            _ => break,
        }
    }
    way
}

/// Something right behind a value.
fn behind(last: Option<&Node>, with: String) -> Vec<Splice> {
    let end = last.map(|last| last.span.range().end);
    end.map(|at| Splice { range: at..at, with }).into_iter().collect()
}

/// The last value that is written in a table's own lines or braces.
fn last_written(table: &Table) -> Option<&Node> {
    let written = table.iter().filter_map(|(_, node)| match (node.form, &node.value) {
        (Form::Value, _) => Some(node),
        (Form::Dotted, Raw::Table(table)) => last_written(table),
        _ => None,
    });
    written.max_by_key(|node| node.span.range().end)
}

/// Where each value ends that is written in these brackets.
fn written_ends(node: &Node, ends: &mut Vec<usize>) {
    let inner: Vec<&Node> = match &node.value {
        Raw::Array(items) => items.iter().collect(),
        Raw::Table(table) => table.iter().map(|(_, node)| node).collect(),
        _ => Vec::new(),
    };
    for node in inner {
        match node.form {
            Form::Dotted => written_ends(node, ends),
            _ => ends.push(node.span.range().end),
        }
    }
}

/// Where the first header below a table begins.
fn first_header(table: &Table) -> Option<usize> {
    let starts = table.iter().filter_map(|(_, node)| match (node.form, &node.value) {
        (Form::Header, Raw::Array(items)) => items.first().map(|item| item.span.range().start),
        (Form::Header, _) => Some(node.span.range().start),
        (Form::Around, Raw::Table(table)) => first_header(table),
        _ => None,
    });
    starts.min()
}

#[cfg(test)]
mod tests;
