//! Writing a snapshot: a processor a line, so that two can be compared, and of what only the emulator needs that which
//! still matters at the time; and writing down a single change to one.

use std::io::{self, Write};

use serde_json::json;

use super::Extra;
use crate::emulator::clock::Time;
use crate::emulator::state::State;
use crate::emulator::trail::Event;

const FORMAT_VERSION: &str = "1.0";

impl State {
    /// What only the emulator needs about these names, of what still matters.
    fn extra<'a>(&'a self, names: impl Iterator<Item = &'a str>, now: Time) -> Extra {
        let mut extra = Extra::default();
        for name in names {
            let key = || name.to_owned();
            if let Some(processor) = self.processors.get(name) {
                extra.next.extend(processor.next.clone().map(|next| (key(), next)));
                if !processor.is_visible(now) {
                    extra.hidden_until.insert(key(), processor.hidden_until);
                }
                let stale = processor.stale_tags.clone().filter(|stale| stale.until > now);
                extra.stale_tags.extend(stale.map(|stale| (key(), stale)));
                if processor.was_tagged && processor.tags.is_empty() {
                    extra.formerly_tagged.insert(key());
                }
            }
            let held = self.held_names.get(name).filter(|until| **until > now);
            extra.held_names.extend(held.map(|until| (key(), *until)));
            let departed = self.departed.get(name).filter(|departed| departed.until > now);
            extra.departed.extend(departed.map(|departed| (key(), departed.clone())));
        }
        extra
    }

    /// The text of the snapshot.
    pub(crate) fn render(&self, now: Time) -> String {
        let mut text = Vec::new();
        // Memory takes all of it, and all of it is text.
        let _ = self.write(None, now, &mut text);
        String::from_utf8(text).unwrap_or_default()
    }

    /// Writes the snapshot, a processor a line, with a call that is about to be recorded.
    pub(crate) fn write(
        &self,
        call: Option<&Event>,
        now: Time,
        to: &mut dyn Write,
    ) -> io::Result<()> {
        let [version, taken_at, account_id, region] =
            [FORMAT_VERSION, &now.iso(), &self.account_id, &self.region].map(|text| json!(text));
        write!(
            to,
            "{{\n\"format_version\": {version},\n\"taken_at\": {taken_at},\n\"account_id\": {account_id},\n\
             \"region\": {region},\n\"complete\": true,\n\"processors\": "
        )?;
        let processors = self.processors.iter();
        lines(to, processors.map(|(name, it)| it.saved(name, &self.arn(name))))?;
        write!(to, ",\n\"emulator\": {{\n")?;
        let names =
            self.processors.keys().chain(self.held_names.keys()).chain(self.departed.keys());
        let extra = json!(self.extra(names.map(String::as_str), now));
        for (name, value) in extra.as_object().into_iter().flatten() {
            writeln!(to, "{}: {value},", json!(name))?;
        }
        write!(to, "\"trail\": ")?;
        // The records are text already, as a processor's part is.
        lines(to, self.trail.changes().chain(call).map(Event::text))?;
        write!(to, "\n}}\n}}\n")
    }

    /// The text of the change that a call about to be recorded made to all that hangs on a name: a line.
    pub(crate) fn render_change(&self, name: &str, call: &Event, now: Time) -> String {
        let processor = self.processors.get(name);
        let processor =
            processor.map_or_else(|| "null".to_owned(), |it| it.saved(name, &self.arn(name)));
        let records: Vec<&str> = self.trail.unsaved().chain([call]).map(Event::text).collect();
        format!(
            "{{\"taken_at\":{},\"name\":{},\"processor\":{processor},\"emulator\":{},\"trail\":[{}]}}\n",
            json!(now.iso()),
            json!(name),
            json!(self.extra(std::iter::once(name), now)),
            records.join(","),
        )
    }
}

/// Writes a list of which each item has a line.
fn lines<T: AsRef<str>>(to: &mut dyn Write, items: impl Iterator<Item = T>) -> io::Result<()> {
    let mut before = "[\n";
    for item in items {
        write!(to, "{before}{}", item.as_ref())?;
        before = ",\n";
    }
    to.write_all(if before == "[\n" { b"[]" } else { b"\n]" })
}
