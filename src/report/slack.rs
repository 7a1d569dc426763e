//! What drift found, as a message to an incoming webhook of Slack.
//!
//! Names and values stand in code, with what Slack takes for a mention, a link or its end
//! spelt otherwise; the message stays within Slack's bounds.

use serde_json::{Value, json};

use super::escape;
use super::values::{count, first_of};
use super::view::{self, DriftEntry, DriftRow};
use crate::plan::Drift;

/// How many findings are told; a message has at most 50 blocks.
const MOST_ENTRIES: usize = 20;
/// How many names of what is alike are told.
const MOST_NAMES: usize = 10;
/// How many attributes of a finding are told.
const MOST_ROWS: usize = 8;
/// How long a text from elsewhere may be; a block has at most 3,000 characters.
const MOST_CHARACTERS: usize = 120;
/// How long a block may be, after what is spelt otherwise.
const MOST_IN_BLOCK: usize = 2_900;

/// The message, as compact JSON.
pub fn drift(drift: &Drift) -> String {
    let (_, verdict) = view::drift_verdict(drift);
    let said = view::drift_summary(drift);
    let said: Vec<&str> = said.iter().map(|(_, text)| text.as_str()).collect();
    let stack = &drift.stack;
    let whose =
        format!("{} ({}, {})", plain(&stack.name), plain(&stack.account_id), plain(&stack.region));
    let head = format!("rekon, {whose}: {verdict} {}.", said.join(", "));
    let mut blocks = vec![block(&head)];
    let entries = view::drift_entries(drift);
    blocks.extend(entries.iter().take(MOST_ENTRIES).map(|one| block(&entry(one))));
    let untold: usize = entries.iter().skip(MOST_ENTRIES).map(|one| one.names.len()).sum();
    if untold > 0 {
        blocks.push(block(&format!("And {} more.", count(untold, "finding"))));
    }
    let resolved = view::drift_resolved(drift).into_iter().take(MOST_ENTRIES);
    blocks.extend(resolved.map(|(names, text)| block(&format!("{} {text}", some(&names)))));
    json!({"text": head, "blocks": blocks}).to_string()
}

fn entry(entry: &DriftEntry<'_>) -> String {
    let mut lines = vec![format!("{} {}", some(&entry.names), view::category(entry.category))];
    if let Some(standing) = &entry.standing {
        lines[0].push_str(&format!(" ({standing})"));
    }
    let rows = entry.rows.iter().take(MOST_ROWS);
    lines.extend(
        rows.map(|DriftRow { path, text, .. }| format!("• {}: {}", code(path), code(text))),
    );
    if entry.rows.len() > MOST_ROWS {
        lines.push(format!("• and {} more", count(entry.rows.len() - MOST_ROWS, "attribute")));
    }
    let about = [entry.message, entry.who.as_deref()].into_iter().flatten();
    lines.extend(about.map(|text| format!("• {}", code(text))));
    // Whole lines, so that nothing is cut within what is spelt otherwise.
    let mut text = String::new();
    for line in lines {
        if text.chars().count() + line.chars().count() > MOST_IN_BLOCK {
            break;
        }
        text.push_str(&line);
        text.push('\n');
    }
    text.trim_end().to_owned()
}

fn some(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| code(name)).collect();
    first_of(names.iter().map(String::as_str), MOST_NAMES)
}

/// A block in which Slack looks for no names and addresses by itself.
fn block(text: &str) -> Value {
    json!({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": true}})
}

/// A text from elsewhere, as code.
fn code(text: &str) -> String {
    format!("`{}`", plain(text))
}

fn plain(text: &str) -> String {
    let mut text = escape(text).into_owned();
    if let Some((end, _)) = text.char_indices().nth(MOST_CHARACTERS) {
        text.truncate(end);
        text.push('…');
    }
    text.replace('`', "'").replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_mentions_links_or_ends_its_code() {
        for (text, expected) in [
            ("front-door", "`front-door`"),
            ("<!channel> <@U1>", "`&lt;!channel&gt; &lt;@U1&gt;`"),
            ("<http://a.example|b>", "`&lt;http://a.example|b&gt;`"),
            ("a`b & c\nd", "`a'b &amp; c\\nd`"),
        ] {
            assert_eq!(code(text), expected);
        }
    }
}
