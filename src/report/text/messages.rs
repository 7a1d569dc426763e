//! The short things that commands say beside their results.

use super::INDENT;
use crate::desired::Stack;
use crate::model::ReadProblem;
use crate::plan::{Operation, Signal};
use crate::report::layout::{Line, help, paragraph};
use crate::report::palette::Meaning;
use crate::report::values::{count, first_of};
use crate::report::{Settings, escape};

/// How many names of unread processors are told, unless all are asked for.
const MOST_NAMES: usize = 10;

/// Draws what went wrong, and what to do about it.
pub fn error(message: &str, advice: Option<&str>, settings: Settings) -> String {
    let mut out = said(Meaning::Error, "error: ", INDENT, message, settings);
    help(&mut out, INDENT, advice, settings);
    out
}

/// Draws what is worth knowing and nobody's mistake.
pub fn note(message: &str, settings: Settings) -> String {
    said(Meaning::Note, "note: ", 6, message, settings)
}

/// Says that a project has no errors, and how much it declares.
pub fn valid(stack: &Stack, processors: usize, settings: Settings) -> String {
    let text = format!("stack {}, {}.", stack.name, count(processors, "processor"));
    said(Meaning::Good, "Valid: ", INDENT, &text, settings)
}

/// Draws what could not be read of the live state, and why; empty if all was.
pub fn incomplete(problems: &[ReadProblem], settings: Settings) -> String {
    let most = if settings.is_verbose() { usize::MAX } else { MOST_NAMES };
    let problems = problems.iter().map(|ReadProblem { names, reason }| {
        let what = match names {
            None => "an unknown part of the fleet".to_owned(),
            Some(names) => first_of(names.iter().map(String::as_str), most),
        };
        said(Meaning::Error, "not read: ", INDENT, &format!("{what}: {reason}"), settings)
    });
    problems.collect()
}

/// Says beside a progress bar that a call took effect.
pub fn call_done(processor: &str, operation: Operation) -> String {
    format!("{} {}", operation.as_str(), escape(processor))
}

/// Says beside a progress bar that a processor has to settle first.
pub fn waiting(processor: &str, status: &str) -> String {
    format!("{} is {}", escape(processor), escape(status))
}

/// Says beside a progress bar that a processor was created and does not show.
pub fn unseen(processor: &str) -> String {
    format!("{} does not show yet", escape(processor))
}

/// Says beside a progress bar that a processor cannot be created yet.
pub fn taken(processor: &str) -> String {
    format!("the name or stream of {} is not free yet", escape(processor))
}

/// Says how far work is: what is done of how much, as far as that is known, and what
/// happens now.
pub fn progress(work: &str, of: Option<(u64, u64)>, now: &str) -> String {
    let far = match of {
        None => "waiting for the service".to_owned(),
        Some((done, total)) => format!("{done} of {total}"),
    };
    let now = if now.is_empty() { String::new() } else { format!("; {now}") };
    format!("{work}: {far}{now}")
}

/// Says that a request was not answered, of what it failed, and that it is sent again.
pub fn unanswered(operation: &str, why: &str) -> String {
    format!("{operation} gets no proper answer ({}); trying again", escape(why))
}

/// Says beside a progress bar that the service asked to slow down.
pub fn throttled(times: u64) -> String {
    format!("slowed down {times} times by the service")
}

/// Says that a signal arrived, and what another one would do.
pub fn stopping(signal: Signal, settings: Settings) -> String {
    let lead = format!("Stopping after {}: ", signal.as_str());
    let text = "finishing what is under way; once more breaks it off.";
    said(Meaning::Warning, &lead, INDENT, text, settings)
}

/// Draws one message, whatever line breaks it holds spelled out.
fn said(meaning: Meaning, lead: &str, indent: usize, text: &str, settings: Settings) -> String {
    let mut out = String::new();
    let lead = Line::new(settings).push(meaning, lead);
    paragraph(&mut out, &lead, indent, &escape(text), settings);
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
    fn a_name_that_is_taken_is_not_called_missing() {
        assert_eq!(waiting("lobby", "STOPPING"), "lobby is STOPPING");
        assert_eq!(taken("lobby"), "the name or stream of lobby is not free yet");
        assert_eq!(unseen("lobby\n"), "lobby\\n does not show yet");
    }

    #[test]
    fn a_valid_project_is_told_with_its_size() {
        let text = valid(&samples::stack(), 1, Settings::default());
        assert_eq!(text, "Valid: stack doorbells, 1 processor.\n");
    }

    #[test]
    fn what_was_not_read_is_named_with_the_reason() {
        assert_eq!(incomplete(&[], Settings::default()), "");
        let names = (10..30).map(|number| format!("camera-{number}")).collect();
        let problems = [
            ReadProblem { names: None, reason: "ThrottlingException: Slow down...".into() },
            ReadProblem { names: Some(names), reason: "AccessDeniedException".into() },
        ];
        let text = incomplete(&problems, Settings::default());
        assert!(text.starts_with("not read: an unknown part of the fleet: ThrottlingException"));
        assert!(text.contains("camera-19 and 10 more: AccessDeniedException\n"), "{text}");
        assert!(incomplete(&problems, samples::verbose()).contains("camera-29: AccessDenied"));
    }
}
