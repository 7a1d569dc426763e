//! Writing a snapshot: a processor a line, so that two can be compared, and of what only the emulator needs that which
//! still matters at the time.

use serde_json::json;

use super::Extra;
use crate::emulator::clock::Time;
use crate::emulator::state::State;

const FORMAT_VERSION: &str = "1.0";

impl State {
    /// What only the emulator needs, of what still matters.
    fn extra(&self, now: Time) -> Extra {
        let mut extra = Extra::default();
        for (name, processor) in &self.processors {
            if let Some(next) = &processor.next {
                extra.next.insert(name.clone(), next.clone());
            }
            if !processor.is_visible(now) {
                extra.hidden_until.insert(name.clone(), processor.hidden_until);
            }
            if let Some(stale) = &processor.stale_tags {
                extra.stale_tags.insert(name.clone(), stale.clone());
            }
        }
        extra.stale_tags.retain(|_, stale| stale.until > now);
        extra.held_names = self.held_names.clone();
        extra.held_names.retain(|_, until| *until > now);
        extra.departed = self.departed.clone();
        extra.departed.retain(|_, departed| departed.until > now);
        extra
    }

    /// The text of the snapshot, a processor a line.
    pub(crate) fn render(&self, now: Time) -> String {
        let processors = self.processors.iter();
        let processors: Vec<&str> =
            processors.map(|(name, processor)| processor.saved(name, || self.arn(name))).collect();
        let extra = json!(self.extra(now));
        let members = extra.as_object().into_iter().flatten();
        let mut members: Vec<String> =
            members.map(|(name, value)| format!("{}: {value}", json!(name))).collect();
        // The records are text already, as a processor's part is.
        let records: Vec<&str> = self.trail.kept().collect();
        members.push(format!("\"trail\": {}", lines(&records)));
        format!(
            "{{\n\"format_version\": {},\n\"taken_at\": {},\n\"account_id\": {},\n\"region\": {},\n\"complete\": true,\n\
             \"processors\": {},\n\"emulator\": {{\n{}\n}}\n}}\n",
            json!(FORMAT_VERSION),
            json!(now.iso()),
            json!(self.account_id),
            json!(self.region),
            lines(&processors),
            members.join(",\n"),
        )
    }
}

/// A list of which each item has a line.
fn lines(items: &[&str]) -> String {
    if items.is_empty() { "[]".to_owned() } else { format!("[\n{}\n]", items.join(",\n")) }
}
