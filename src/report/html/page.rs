//! The page around a report: what stands in it for every reader, with and without script.
//!
//! The summary and all that must not be overlooked are plain HTML. The list of changes is
//! data, from which `page.js` builds what is looked at; who runs no script reads a plain
//! list of what destroys, and what else there is in a line each.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::desired::Stack;
use crate::diagnostic::{Record, Severity};
use crate::report::escape;
use crate::report::palette::Meaning;
use crate::report::picture::{self, Embedding};
use crate::report::values::first_of;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// How many messages of a kind stand open; the others are folded up behind them.
const OPEN_MESSAGES: usize = 5;
/// How many messages of a kind are told at all. What is left out is counted.
const MOST_MESSAGES: usize = 1_000;
/// How many lines the plain list has beside what destroys.
const MOST_LINES: usize = 500;

/// All of a page but its data.
pub(super) struct Page<'a> {
    /// What it shows: `Plan`, `Drift` or `Outcome`.
    pub kind: &'static str,
    /// Whose it is, where that is known.
    pub stack: Option<&'a Stack>,
    /// What it comes to, in a sentence.
    pub verdict: (Meaning, String),
    /// How many of each kind there are.
    pub counts: Vec<Count>,
    pub messages: Vec<Message>,
    /// What there is beside the list, a sentence each and the names that it is about.
    pub outside: Vec<(String, Vec<&'a str>)>,
    pub facts: Vec<(&'static str, String)>,
    pub lines: Vec<PlainLine<'a>>,
    /// The entries, as [`Pool`](super::pool::Pool) writes them.
    pub data: String,
}

/// How many there are of a kind by which the list can be narrowed.
pub(super) struct Count {
    pub kind: &'static str,
    pub number: usize,
    pub word: &'static str,
}

/// Something to read before the list.
pub(super) struct Message {
    pub meaning: Meaning,
    /// What kind of message it is; those of a kind stand together.
    pub kind: &'static str,
    pub code: Option<String>,
    pub text: String,
    pub help: Option<String>,
    /// Where it is about, and what is there.
    pub places: Vec<String>,
    /// To be copied.
    pub command: Option<String>,
}

impl Message {
    pub(super) fn new(meaning: Meaning, kind: &'static str, text: String) -> Message {
        Message { meaning, kind, code: None, text, help: None, places: Vec::new(), command: None }
    }

    pub(super) fn of_record(record: &Record) -> Message {
        let (meaning, kind) = match record.severity {
            Severity::Error => (Meaning::Error, "Error"),
            Severity::Warning => (Meaning::Warning, "Warning"),
            Severity::Note => (Meaning::Note, "Note"),
        };
        let places = record.labels.iter().map(|label| {
            format!("{}:{}:{}  {}", label.file, label.line, label.column, label.message)
        });
        Message {
            code: Some(record.code.clone()),
            help: record.help.clone(),
            places: places.collect(),
            ..Message::new(meaning, kind, record.message.clone())
        }
    }
}

/// An entry for who runs no script.
pub(super) struct PlainLine<'a> {
    pub what: String,
    /// Whether each is named.
    pub destroys: bool,
    pub names: Vec<&'a str>,
    pub details: Vec<String>,
}

/// Draws a page.
pub(super) fn page(page: &Page<'_>) -> String {
    let Page { kind, stack, verdict, counts, messages, outside, facts, lines, data } = page;
    let mut out = String::with_capacity(data.len() + STYLE.len() + SCRIPT.len() + 8192);
    let name = stack.map_or("no stack", |stack| stack.name.as_str());
    let title = text(&format!("{kind} of {name}"));
    let style = style();
    let place = stack.map(|stack| format!("account {} · {}", stack.account_id, stack.region));
    let _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; \
         style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>{title}</title>\n\
         <style>{style}</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#changes\">Skip to the list</a>\n<header>\n",
        integrity(&style),
        integrity(SCRIPT),
    );
    let (meaning, sentence) = verdict;
    let _ = write!(
        out,
        "<p class=\"kind\">rekon <span>{}</span></p>\n<h1>{}</h1>\n\
         <p class=\"where\">{}</p>\n<p class=\"verdict {}\">{}</p>\n",
        text(&kind.to_lowercase()),
        text(name),
        text(&place.unwrap_or_default()),
        class(*meaning),
        text(sentence),
    );
    if !counts.is_empty() {
        out.push_str("<ul id=\"counts\" aria-label=\"How many\">\n");
        for Count { kind, number, word } in counts {
            let none = if *number == 0 { " class=\"none\"" } else { "" };
            let _ = writeln!(
                out,
                "<li data-kind=\"{kind}\"{none}><b>{number}</b> <span>{word}</span></li>"
            );
        }
        out.push_str("</ul>\n");
    }
    if !facts.is_empty() {
        out.push_str("<dl>\n");
        for (name, value) in facts {
            let _ = writeln!(out, "<div><dt>{name}</dt><dd>{}</dd></div>", text(value));
        }
        out.push_str("</dl>\n");
    }
    out.push_str("</header>\n<main>\n");
    told(&mut out, messages);
    if !outside.is_empty() {
        out.push_str("<section class=\"outside\" aria-label=\"Not touched\">\n");
        for (sentence, names) in outside {
            aside(&mut out, sentence, names);
        }
        out.push_str("</section>\n");
    }
    out.push_str("<section id=\"changes\" tabindex=\"-1\" aria-label=\"The list\">\n<noscript>\n");
    plain(&mut out, lines);
    let _ = write!(
        out,
        "</noscript>\n</section>\n</main>\n<script type=\"application/json\" id=\"data\">\n{data}\n</script>\n\
         <script>{SCRIPT}</script>\n</body>\n</html>\n",
    );
    out
}

/// The rules for the page, and for the pictures in it.
fn style() -> String {
    format!("{STYLE}{}", picture::style(Embedding::InPage))
}

/// Draws messages, those of a kind together, the first ones open.
fn told(out: &mut String, messages: &[Message]) {
    for alike in messages.chunk_by(|one, other| one.kind == other.kind) {
        let Some(first) = alike.first() else { continue };
        let (open, folded) = alike.split_at(alike.len().min(OPEN_MESSAGES));
        let title = match alike.len() {
            1 => first.kind.to_owned(),
            number => format!("{} · {number}", first.kind),
        };
        let _ = write!(
            out,
            "<section class=\"messages {}\">\n<h2>{}</h2>\n",
            class(first.meaning),
            text(&title)
        );
        open.iter().for_each(|one| message(out, one));
        if !folded.is_empty() {
            let _ = writeln!(out, "<details><summary>{} more</summary>", folded.len());
            folded.iter().take(MOST_MESSAGES).for_each(|one| message(out, one));
            if let Some(untold @ 1..) = folded.len().checked_sub(MOST_MESSAGES) {
                let _ = writeln!(out, "<p>{untold} more are told by <code>rekon</code> only.</p>");
            }
            out.push_str("</details>\n");
        }
        out.push_str("</section>\n");
    }
}

fn message(out: &mut String, message: &Message) {
    let Message { meaning: _, kind: _, code, text: said, help, places, command } = message;
    let code = code.as_ref().map(|code| format!(" <code class=\"code\">{}</code>", text(code)));
    let _ = writeln!(
        out,
        "<div class=\"message\">\n<p>{}{}</p>",
        coded(said),
        code.unwrap_or_default()
    );
    if !places.is_empty() {
        let places: Vec<String> =
            places.iter().map(|place| format!("<li>{}</li>", text(place))).collect();
        let _ = writeln!(out, "<ul class=\"places\">{}</ul>", places.join("\n"));
    }
    for line in help.iter() {
        let _ = writeln!(out, "<p class=\"help\">{}</p>", lines_of(line));
    }
    for line in command.iter() {
        let _ = writeln!(out, "<pre>{}</pre>", text(line));
    }
    out.push_str("</div>\n");
}

fn aside(out: &mut String, sentence: &str, names: &[&str]) {
    let sentence = text(sentence);
    if names.is_empty() {
        let _ = writeln!(out, "<p>{sentence}</p>");
        return;
    }
    let names: Vec<String> = names.iter().map(|name| format!("<li>{}</li>", text(name))).collect();
    let _ = writeln!(
        out,
        "<details><summary>{sentence}</summary><ul class=\"names\">{}</ul></details>",
        names.join("\n")
    );
}

/// Draws what a reader without script sees of the list.
fn plain(out: &mut String, lines: &[PlainLine<'_>]) {
    out.push_str("<p>Without JavaScript, each processor that goes blind is named here, and all else in a line for what is alike.</p>\n<ul class=\"plain\">\n");
    let (grave, others): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line.destroys);
    for PlainLine { what, destroys, names, details } in
        grave.iter().copied().chain(others.iter().copied().take(MOST_LINES))
    {
        let most = if *destroys { usize::MAX } else { 3 };
        let names = first_of(names.iter().copied(), most);
        let _ = write!(out, "<li><b>{}</b> <span>{}</span>", text(&names), text(what));
        for detail in details {
            let _ = write!(out, "\n<br>{}", text(detail));
        }
        out.push_str("</li>\n");
    }
    if let Some(untold @ 1..) = others.len().checked_sub(MOST_LINES) {
        let _ = writeln!(out, "<li>{untold} more lines are shown with JavaScript only.</li>");
    }
    out.push_str("</ul>\n");
}

/// The class by which the style sheet knows a meaning.
pub(super) fn class(meaning: Meaning) -> &'static str {
    match meaning {
        Meaning::Plain | Meaning::Strong => "plain",
        Meaning::Faint => "faint",
        Meaning::Create => "create",
        Meaning::Update => "update",
        Meaning::Replace => "replace",
        Meaning::Delete => "delete",
        Meaning::RunState => "run-state",
        Meaning::Before => "before",
        Meaning::After => "after",
        Meaning::Error => "error",
        Meaning::Warning => "warning",
        Meaning::Note => "note",
        Meaning::Help => "help",
        Meaning::Good => "good",
    }
}

/// Text that is no markup, with what could deceive the eye spelled out.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in escape(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(character),
        }
    }
    out
}

/// Text of several lines, which rekon composed.
fn lines_of(lines: &str) -> String {
    lines.split('\n').map(coded).collect::<Vec<_>>().join("<br>")
}

/// A sentence, with what stands in backticks as code.
fn coded(sentence: &str) -> String {
    let parts: Vec<&str> = sentence.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return text(sentence);
    }
    let parts = parts.iter().enumerate().map(|(at, part)| match at % 2 {
        0 => text(part),
        _ => format!("<code>{}</code>", text(part)),
    });
    parts.collect()
}

/// The digest by which a policy of content security knows a script or a style sheet.
fn integrity(source: &str) -> String {
    STANDARD.encode(Sha256::digest(source.as_bytes()))
}

/// A page without what is the same in all of them.
#[cfg(test)]
pub(in crate::report) fn without_furniture(page: &str) -> String {
    let mut page = page.to_owned();
    for (name, source) in [("page.css", style()), ("page.js", SCRIPT.to_owned())] {
        page = page.replace(&source, &format!("{name} stands here"));
        page = page.replace(&integrity(&source), &format!("digest of {name}"));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_no_markup() {
        assert_eq!(
            text("<b a=\"1\" b='2'>&\u{202e}"),
            "&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;\\u{202e}"
        );
    }

    #[test]
    fn style_and_script_cannot_end_their_elements() {
        assert!(!style().contains("</"));
        assert!(!SCRIPT.contains("</") && !SCRIPT.contains("<!--"));
    }
}
