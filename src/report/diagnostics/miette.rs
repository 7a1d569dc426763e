//! The bridge to miette: a diagnostic and its excerpts as one of its reports.

use std::fmt;
use std::ops::Range;

use ::miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents,
    SourceCode, SourceSpan, SpanContents, ThemeCharacters, ThemeStyles,
};

use super::LABEL_LEAD;
use super::excerpt::{Excerpt, excerpts};
use super::records::word;
use crate::diagnostic::{Diagnostic, Severity, Sources};
use crate::report::escape::escape_lines;
use crate::report::layout::{Break, wrap};
use crate::report::{Settings, escape};

/// Without a terminal nothing has to fit one, but long lines are still cut:
/// nobody reads a line of 100 kB in a log.
const WIDTH_WITHOUT_TERMINAL: usize = 200;

/// The columns before a source line, with a line number of five digits.
const GUTTER: usize = 9;

/// Labels are not wrapped into less room than this; the terminal then does it.
const LEAST_LABEL: usize = 24;

/// Draws diagnostics, all alike.
pub(super) struct Pencil {
    handler: GraphicalReportHandler,
    /// Where drawn lines end.
    width: usize,
    settings: Settings,
}

impl Pencil {
    pub(super) fn new(settings: Settings) -> Pencil {
        let theme = GraphicalTheme {
            characters: ThemeCharacters::unicode(),
            styles: if settings.color { ThemeStyles::ansi() } else { ThemeStyles::none() },
        };
        // Text comes wrapped: miette would break names at their hyphens.
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_links(false)
            .with_wrap_lines(false)
            .with_context_lines(1);
        Pencil { handler, width: settings.limit().unwrap_or(WIDTH_WITHOUT_TERMINAL), settings }
    }

    /// Appends one diagnostic.
    pub(super) fn draw(&self, out: &mut String, diagnostic: &Diagnostic, sources: &Sources) {
        let Diagnostic { code, message, help, labels } = diagnostic;
        let columns = self.width.saturating_sub(GUTTER);
        let excerpts = excerpts(labels, sources, columns);
        let causes = labels.iter().rev().filter_map(|label| {
            let source = sources.get(label.span.source);
            source.text.is_empty().then(|| {
                let separator = if label.message.is_empty() { "" } else { ": " };
                format!("{}{separator}{}", escape(&source.path), escape(&label.message))
            })
        });
        let cause = causes.fold(None, |next, text| {
            Some(Cause { text: self.wrapped(&text, 6), next: next.map(Box::new) })
        });
        let drawing = Drawing {
            severity: diagnostic.severity(),
            code: format!("{}[{}]", word(diagnostic.severity()), code.as_str()),
            message: self.wrapped(&escape_lines(message), 4),
            help: help.as_ref().map(|help| self.wrapped(&escape_lines(help), 8)),
            cause,
            page: Page::new(excerpts, |label, indent| {
                let room = columns.saturating_sub(indent + LABEL_LEAD);
                let limit = self.settings.limit().map(|_| room).filter(|room| *room >= LEAST_LABEL);
                wrap(label, limit, Break::Words).join("\n")
            }),
        };
        self.handler.render_report(out, &drawing).expect("a string takes all text");
    }

    /// Breaks prose into lines that fit behind an indent.
    fn wrapped(&self, text: &str, indent: usize) -> String {
        let limit = self.settings.limit().map(|limit| limit.saturating_sub(indent));
        let lines = text.split('\n').flat_map(|line| wrap(line, limit, Break::Words));
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// A diagnostic in miette's terms, all text escaped and wrapped.
#[derive(Debug)]
struct Drawing {
    severity: Severity,
    code: String,
    message: String,
    help: Option<String>,
    /// The places that have no text to be shown: files that are missing, say.
    cause: Option<Cause>,
    page: Page,
}

impl fmt::Display for Drawing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Drawing {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_ref().map(|cause| cause as _)
    }
}

impl ::miette::Diagnostic for Drawing {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.code))
    }

    fn severity(&self) -> Option<::miette::Severity> {
        Some(match self.severity {
            Severity::Error => ::miette::Severity::Error,
            Severity::Warning => ::miette::Severity::Warning,
            Severity::Note => ::miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as _)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.page)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let marks = self.page.parts.iter().flat_map(|part| &part.marks);
        Some(Box::new(marks.map(|mark| {
            let label = (!mark.label.is_empty()).then(|| mark.label.clone());
            let span = (mark.range.start, mark.range.len());
            if mark.primary {
                LabeledSpan::new_primary_with_span(label, span)
            } else {
                LabeledSpan::new_with_span(label, span)
            }
        })))
    }
}

/// A place that is named and not drawn.
#[derive(Debug)]
struct Cause {
    text: String,
    next: Option<Box<Cause>>,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Cause {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.next.as_deref().map(|next| next as _)
    }
}

/// All excerpts one below the other, as miette wants one source for a report.
#[derive(Debug)]
struct Page {
    text: String,
    parts: Vec<Part>,
}

/// Where an excerpt stands on the page.
#[derive(Debug)]
struct Part {
    range: Range<usize>,
    file: String,
    first_line: usize,
    marks: Vec<PageMark>,
}

/// A mark with its place on the page.
#[derive(Debug)]
struct PageMark {
    range: Range<usize>,
    line: usize,
    column: usize,
    label: String,
    primary: bool,
}

impl Page {
    /// Lays the excerpts out. `wrap` breaks a label that begins in a column.
    fn new(excerpts: Vec<Excerpt>, wrap: impl Fn(&str, usize) -> String) -> Page {
        let mut page = Page { text: String::new(), parts: Vec::with_capacity(excerpts.len()) };
        for excerpt in excerpts {
            let base = page.text.len();
            let marks = excerpt.marks.into_iter().map(|mark| {
                let middle = mark.indent + mark.range.len() / 2;
                PageMark {
                    range: base + mark.range.start..base + mark.range.end,
                    line: mark.line,
                    column: mark.column,
                    label: wrap(&escape(&mark.message), middle),
                    primary: mark.primary,
                }
            });
            let marks = marks.collect();
            page.text.push_str(&excerpt.text);
            page.parts.push(Part {
                range: base..page.text.len(),
                file: excerpt.file,
                first_line: excerpt.first_line,
                marks,
            });
        }
        page
    }
}

impl SourceCode for Page {
    /// Answers with the whole excerpt that holds a span; with the true line and
    /// column of a mark when no context is asked for, which is how miette learns
    /// what to write above an excerpt. A span over two excerpts is refused, so
    /// that miette draws them apart.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        context_lines_before: usize,
        _context_lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let range = span.offset()..span.offset() + span.len();
        let part = self
            .parts
            .iter()
            .find(|part| part.range.contains(&range.start) && range.end <= part.range.end)
            .ok_or(MietteError::OutOfBounds)?;
        let mark = part.marks.iter().find(|mark| mark.range == range);
        let (shown, line, column) = match mark {
            Some(mark) if context_lines_before == 0 => (range, mark.line - 1, mark.column - 1),
            _ => (part.range.clone(), part.first_line - 1, 0),
        };
        let data = &self.text.as_bytes()[shown.clone()];
        let lines = data.iter().filter(|byte| **byte == b'\n').count();
        Ok(Box::new(MietteSpanContents::new_named(
            part.file.clone(),
            data,
            (shown.start, shown.len()).into(),
            line,
            column,
            lines,
        )))
    }
}
