//! The short things that commands say beside their results.

use crate::desired::Stack;
use crate::model::{Live, ReadProblem};
use crate::plan::Operation;
use crate::report::escape::escape_lines;
use crate::report::layout::{Line, paragraph};
use crate::report::palette::Meaning;
use crate::report::values::count;
use crate::report::{Settings, escape};

/// How many names of unread processors are told, unless all are asked for.
const MOST_NAMES: usize = 10;

/// Draws what went wrong, and what to do about it.
pub fn error(message: &str, help: Option<&str>, settings: Settings) -> String {
    let mut out = String::new();
    let lead = Line::new(settings).push(Meaning::Error, "error: ");
    paragraph(&mut out, &lead, 4, &escape(message), settings);
    if let Some(help) = help {
        let lead = Line::new(settings).pad_to(4).push(Meaning::Help, "help: ");
        paragraph(&mut out, &lead, 10, &escape_lines(help), settings);
    }
    out
}

/// Draws what is worth knowing and nobody's mistake.
pub fn note(message: &str, settings: Settings) -> String {
    let mut out = String::new();
    let lead = Line::new(settings).push(Meaning::Note, "note: ");
    paragraph(&mut out, &lead, 6, &escape(message), settings);
    out
}

/// Says that a project has no errors, and how much it declares.
pub fn valid(stack: &Stack, processors: usize, settings: Settings) -> String {
    let mut out = String::new();
    Line::new(settings)
        .push(Meaning::Good, "Valid:")
        .push(Meaning::Plain, &format!(" stack {}, ", escape(&stack.name)))
        .push(Meaning::Plain, &format!("{}.", count(processors, "processor")))
        .finish(&mut out);
    out
}

/// Draws what could not be read of the live state, and why; empty if all was.
pub fn incomplete(live: &Live, settings: Settings) -> String {
    let mut out = String::new();
    for ReadProblem { names, reason } in &live.problems {
        let what = match names {
            None => "an unknown part of the fleet".to_owned(),
            Some(names) => {
                let most = if settings.is_verbose() { names.len() } else { MOST_NAMES };
                let shown: Vec<_> = names.iter().take(most).map(|name| escape(name)).collect();
                match names.len() - shown.len() {
                    0 => shown.join(", "),
                    more => format!("{} and {more} more", shown.join(", ")),
                }
            }
        };
        let lead = Line::new(settings).push(Meaning::Error, "not read: ");
        paragraph(&mut out, &lead, 4, &format!("{what}: {}", escape(reason)), settings);
    }
    out
}

/// Says beside a progress bar that a call took effect.
pub fn call_done(processor: &str, operation: Operation) -> String {
    format!("{} {}", operation.as_str(), escape(processor))
}

/// Says beside a progress bar that a processor has to settle first.
pub fn waiting(processor: &str, status: &str) -> String {
    format!("{} is {}", escape(processor), escape(status))
}

/// Says beside a progress bar that the service asked to slow down.
pub fn throttled(times: u64) -> String {
    format!("slowed down {times} times by the service")
}

/// Says that a signal arrived, and what another one would do.
pub fn stopping(signal: &str, settings: Settings) -> String {
    let mut out = String::new();
    let lead = Line::new(settings).push(Meaning::Warning, &format!("Stopping after {signal}: "));
    let text = "finishing what is under way; once more breaks it off.";
    paragraph(&mut out, &lead, 4, text, settings);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    #[test]
    fn an_error_is_a_line_or_two() {
        assert_eq!(
            error("no credentials\u{1b}", Some("set AWS_PROFILE"), Settings::default()),
            "error: no credentials\\u{1b}\n    help: set AWS_PROFILE\n"
        );
    }

    #[test]
    fn a_valid_project_is_told_with_its_size() {
        let text = valid(&samples::stack(), 1, Settings::default());
        assert_eq!(text, "Valid: stack doorbells, 1 processor.\n");
    }

    #[test]
    fn what_was_not_read_is_named_with_the_reason() {
        let mut live = Live::default();
        assert_eq!(incomplete(&live, Settings::default()), "");
        let names = (10..30).map(|number| format!("camera-{number}")).collect();
        live.problems = vec![
            ReadProblem { names: None, reason: "ThrottlingException: Slow down...".into() },
            ReadProblem { names: Some(names), reason: "AccessDeniedException".into() },
        ];
        let text = incomplete(&live, Settings::default());
        assert!(text.starts_with("not read: an unknown part of the fleet: ThrottlingException"));
        assert!(text.contains("camera-19 and 10 more: AccessDeniedException\n"), "{text}");
        assert!(incomplete(&live, samples::verbose()).contains("camera-29: AccessDenied"));
    }
}
