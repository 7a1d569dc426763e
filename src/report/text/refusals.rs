//! Why a plan will not be applied, and how to go on.

use crate::plan::Refusal;
use crate::report::escape::escape_lines;
use crate::report::layout::{Line, paragraph};
use crate::report::palette::Meaning;
use crate::report::{Settings, escape};

/// Draws all refusals, and at the end that nothing will be done.
pub(super) fn refusals(out: &mut String, refusals: &[Refusal], settings: Settings) {
    for Refusal { code, name, message, help } in refusals {
        let lead = Line::new(settings)
            .push(Meaning::Error, &format!("refused[{}]", escape(code)))
            .push(Meaning::Plain, ": ");
        let message = match name {
            // A message that already begins with the name is not given it twice.
            Some(name) if !message.starts_with(name.as_str()) => {
                format!("{}: {}", escape(name), escape(message))
            }
            _ => escape(message).into_owned(),
        };
        paragraph(out, &lead, 4, &message, settings);
        if let Some(help) = help {
            let lead = Line::new(settings).pad_to(4).push(Meaning::Help, "help: ");
            paragraph(out, &lead, 10, &escape_lines(help), settings);
        }
    }
    let reasons = match refusals.len() {
        1 => "the reason".to_owned(),
        number => format!("the {number} reasons"),
    };
    let lead = Line::new(settings).push(Meaning::Error, "Refused: ");
    let text = format!("nothing of this plan will be applied, for {reasons} above.");
    paragraph(out, &lead, 4, &text, settings);
}
