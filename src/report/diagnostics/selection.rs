//! Which of many diagnostics are told one by one.
//!
//! Those that are alike but for names are told by the first of them and the places
//! of a few others. What is left beyond the most that are to be told is counted by
//! code, warnings before errors.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use crate::diagnostic::{Diagnostic, Record, Severity, Sources};
use crate::report::layout::{Line, paragraph};
use crate::report::{Settings, escape};

/// As many that are alike are all told in full.
const ALIKE: usize = 3;

/// How many places are listed of those that are alike to one that is told.
const PLACES: usize = 3;

/// What selecting needs to know of a diagnostic.
pub(super) trait Complaint {
    fn code(&self) -> &str;
    fn severity(&self) -> Severity;
    fn message(&self) -> &str;
    fn help(&self) -> Option<&str>;
}

impl Complaint for Diagnostic {
    fn code(&self) -> &str {
        self.code.as_str()
    }

    fn severity(&self) -> Severity {
        self.severity()
    }

    fn message(&self) -> &str {
        &self.message
    }

    fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

impl Complaint for Record {
    fn code(&self) -> &str {
        &self.code
    }

    fn severity(&self) -> Severity {
        self.severity
    }

    fn message(&self) -> &str {
        &self.message
    }

    fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

/// One to be told in full, and those that are alike.
pub(super) type Group<'a, T> = (&'a T, Vec<&'a T>);

/// What is told, in the order given, and what is only counted.
pub(super) struct Selection<'a, T> {
    pub(super) groups: Vec<Group<'a, T>>,
    left_out: BTreeMap<&'a str, usize>,
}

impl<'a, T: Complaint> Selection<'a, T> {
    pub(super) fn new(all: &'a [T], settings: Settings) -> Selection<'a, T> {
        let mut alike: HashMap<Likeness<'a>, Vec<&'a T>> = HashMap::new();
        for one in all {
            alike.entry(Likeness::of(one)).or_default().push(one);
        }
        let mut groups: Vec<Group<'a, T>> = Vec::new();
        for one in all {
            let Some(same) = alike.get_mut(&Likeness::of(one)) else { continue };
            match same.as_slice() {
                [first, others @ ..] if others.len() >= ALIKE => {
                    groups.push((first, others.to_vec()));
                    // What follows is told with the first.
                    same.clear();
                }
                [] => {}
                _ => groups.push((one, Vec::new())),
            }
        }
        let most = settings.max_diagnostics.0;
        let mut left_out = BTreeMap::new();
        if groups.len() > most {
            let mut order: Vec<usize> = (0..groups.len()).collect();
            order.sort_by_key(|at| groups[*at].0.severity());
            let mut kept = vec![false; groups.len()];
            order.iter().take(most).for_each(|at| kept[*at] = true);
            let mut kept = kept.into_iter();
            groups.retain(|(one, others)| {
                let is_kept = kept.next() == Some(true);
                if !is_kept {
                    *left_out.entry(one.code()).or_default() += 1 + others.len();
                }
                is_kept
            });
        }
        Selection { groups, left_out }
    }

    /// Appends what is only counted, if anything is.
    pub(super) fn count_rest(&self, out: &mut String, settings: Settings) {
        let rest: usize = self.left_out.values().sum();
        if rest == 0 {
            return;
        }
        let mut codes: Vec<(&str, usize)> =
            self.left_out.iter().map(|(code, count)| (*code, *count)).collect();
        codes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let codes: Vec<String> =
            codes.into_iter().map(|(code, count)| format!("{count} {}", escape(code))).collect();
        let text = format!("{rest} more: {} (--max-diagnostics tells more)", codes.join(", "));
        paragraph(out, &Line::new(settings), 2, &text, settings);
    }
}

/// Appends where those are that are alike to one that was told; `place` says where,
/// and what if it is not quite the same.
pub(super) fn others<T: Complaint>(
    out: &mut String,
    (told, others): &Group<'_, T>,
    place: impl Fn(&T) -> Option<String>,
    settings: Settings,
) {
    if others.is_empty() {
        return;
    }
    let most = if settings.is_verbose() { settings.max_diagnostics.0 } else { PLACES };
    let shown = others.len().min(most);
    let such_as = if shown < others.len() { ", such as" } else { "" };
    let lead = Line::new(settings).pad_to(2);
    let more = format!("{} more like it{such_as}:", others.len());
    paragraph(out, &lead, 4, &more, settings);
    for other in &others[..shown] {
        let what = (other.message() != told.message()).then(|| escape(other.message()));
        let text: Vec<String> = place(other).into_iter().chain(what.map(Cow::into_owned)).collect();
        let lead = Line::new(settings).pad_to(4);
        paragraph(out, &lead, 6, &text.join(": "), settings);
    }
}

/// Where a diagnostic is.
pub(super) fn place(diagnostic: &Diagnostic, sources: &Sources) -> Option<String> {
    let label = diagnostic.labels.first()?;
    let at = sources.locate(label.span);
    Some(format!("{}:{}:{}", escape(&at.file), at.line, at.column))
}

/// What diagnostics have in common that are alike: all but the names in the message.
#[derive(PartialEq, Eq, Hash)]
struct Likeness<'a> {
    code: &'a str,
    help: Option<&'a str>,
    /// The parts of the message that stand outside backticks.
    words: Vec<&'a str>,
}

impl<'a> Likeness<'a> {
    fn of(one: &'a impl Complaint) -> Likeness<'a> {
        let words = one.message().split('`').step_by(2).collect();
        Likeness { code: one.code(), help: one.help(), words }
    }
}
