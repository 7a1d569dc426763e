//! Colours by meaning, in one place.

use anstyle::{AnsiColor, Effects, Style};

/// What a piece of text means to the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Plain,
    /// What stands out without judging: names, results.
    Strong,
    /// What may be skipped: places, calls, hints.
    Faint,
    Create,
    Update,
    Replace,
    Delete,
    RunState,
    Before,
    After,
    Error,
    Warning,
    Note,
    Help,
    Good,
}

impl Meaning {
    fn style(self) -> Style {
        let color = |color: AnsiColor| color.on_default();
        match self {
            Meaning::Plain => Style::new(),
            Meaning::Strong => Style::new().bold(),
            Meaning::Faint => Style::new().effects(Effects::DIMMED),
            Meaning::Create | Meaning::After | Meaning::Good => color(AnsiColor::Green),
            Meaning::Update => color(AnsiColor::Yellow),
            Meaning::Replace => color(AnsiColor::Magenta).bold(),
            Meaning::Delete | Meaning::Error => color(AnsiColor::Red).bold(),
            Meaning::Before => color(AnsiColor::Red),
            Meaning::Warning => color(AnsiColor::Yellow).bold(),
            Meaning::RunState | Meaning::Note | Meaning::Help => color(AnsiColor::Cyan),
        }
    }

    /// Wraps text in this meaning's ANSI style, if there is colour at all.
    pub(super) fn paint(self, color: bool, text: &str) -> String {
        if !color || self == Meaning::Plain || text.is_empty() {
            return text.to_owned();
        }
        let style = self.style();
        format!("{style}{text}{style:#}")
    }
}
