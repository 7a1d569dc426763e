//! The line that sums a plan up, and durations in words.

use crate::diagnostic::Code;
use crate::plan::{Calls, Plan, Summary};
use crate::report::Settings;
use crate::report::layout::{Line, flow};
use crate::report::palette::Meaning;
use crate::report::values::count;

/// Draws the summary line of a plan.
pub(super) fn summary(out: &mut String, plan: &Plan, settings: Settings) {
    let Summary {
        create,
        update,
        replace,
        delete,
        adopt,
        record,
        start,
        stop,
        unchanged,
        calls: Calls { total, by_operation: _, seconds },
    } = &plan.summary;
    if plan.changes.is_empty() {
        nothing(out, plan, settings);
        return;
    }
    let always = [
        (create, "create", Meaning::Create),
        (update, "update", Meaning::Update),
        (replace, "replace", Meaning::Replace),
        (delete, "delete", Meaning::Delete),
    ];
    let sometimes = [
        (adopt, "adopt", Meaning::Update),
        (start, "start", Meaning::RunState),
        (stop, "stop", Meaning::RunState),
        (record, "record", Meaning::Update),
    ];
    let sometimes = sometimes.into_iter().filter(|(number, ..)| **number > 0);
    let mut pieces = vec![Line::new(settings).push(Meaning::Strong, "Plan:")];
    for (number, verb, meaning) in always.into_iter().chain(sometimes) {
        let meaning = if *number > 0 { meaning } else { Meaning::Plain };
        let piece = Line::new(settings).push(meaning, &format!("{number} to {verb}"));
        pieces.push(piece.push(Meaning::Plain, ","));
    }
    let cost = format!("{}, {}.", count(*total, "API call"), duration(*seconds));
    for text in [format!("{unchanged} unchanged."), cost] {
        pieces.push(Line::new(settings).push(Meaning::Plain, &text));
    }
    flow(out, &pieces, " ", 6, settings);
}

/// Says that there is nothing to do, as loudly as the read allows.
fn nothing(out: &mut String, plan: &Plan, settings: Settings) {
    let unchanged = plan.summary.unchanged;
    let line = Line::new(settings);
    let line = if !plan.complete {
        let rest = format!(" to the {} that could be read.", count(unchanged, "processor"));
        line.push(Meaning::Warning, "No changes").push(Meaning::Plain, &rest)
    } else if plan.diagnostics.iter().any(|record| record.code == Code::TagsUnknown.as_str()) {
        let rest = format!(" to {}, but not all tags are known.", count(unchanged, "processor"));
        line.push(Meaning::Warning, "No changes").push(Meaning::Plain, &rest)
    } else if unchanged == 1 {
        line.push(Meaning::Good, "No changes.")
            .push(Meaning::Plain, " The processor is as declared.")
    } else {
        let rest = match unchanged {
            0 => " No processor is declared and chosen.".to_owned(),
            _ => format!(" All {unchanged} processors are as declared."),
        };
        line.push(Meaning::Good, "No changes.").push(Meaning::Plain, &rest)
    };
    line.finish(out);
}

/// A time as people say it.
pub fn duration(seconds: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast saturates, and no run takes so long that it matters"
    )]
    let whole = seconds.ceil() as u64;
    match whole {
        _ if seconds < 1.0 => "under a second".to_owned(),
        0..90 => format!("about {whole} s"),
        90..5400 => format!("about {} min", whole.div_ceil(60)),
        _ => {
            let minutes = whole.div_ceil(60);
            format!("about {} h {} min", minutes / 60, minutes % 60)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_told_as_people_tell_them() {
        for (seconds, words) in [
            (0.0, "under a second"),
            (0.95, "under a second"),
            (1.0, "about 1 s"),
            (20.8, "about 21 s"),
            (500.0, "about 9 min"),
            (7200.0, "about 2 h 0 min"),
            (f64::NAN, "about 0 s"),
        ] {
            assert_eq!(duration(seconds), words);
        }
    }
}
