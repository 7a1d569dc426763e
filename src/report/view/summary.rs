//! What stands below a plan's changes: counts, and what must not be overlooked.

use super::Said;
use crate::diagnostic::Code;
use crate::plan::{Calls, Divergence, Plan, Refusal, RefusalCode, Summary};
use crate::report::Detail;
use crate::report::palette::Meaning;
use crate::report::values::{count, duration, first_of};

/// How many undeclared processors are named, unless all are asked for.
const MOST_NAMES: usize = 5;

/// How often a plan does what; what it hardly ever does only where it does it.
pub(in crate::report) fn actions(summary: &Summary) -> Vec<Said> {
    let Summary { create, update, replace, delete, adopt, record, start, stop, .. } = *summary;
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
    let sometimes = sometimes.into_iter().filter(|(number, ..)| *number > 0);
    let said = always.into_iter().chain(sometimes).map(|(number, verb, meaning)| {
        let meaning = if number > 0 { meaning } else { Meaning::Plain };
        (meaning, format!("{number} to {verb}"))
    });
    said.collect()
}

/// What a plan's calls cost.
pub(in crate::report) fn cost(calls: &Calls) -> String {
    format!("{}, {}", count(calls.total, "write"), duration(calls.seconds))
}

/// What there is that the plan does not touch, a sentence each and the names that
/// it is about.
pub(in crate::report) fn outside(plan: &Plan, detail: Detail) -> Vec<(String, Vec<&str>)> {
    let Summary { undeclared, other_stacks, skipped, left_out, .. } = plan.summary;
    let number_of = |number: usize| if number == 1 { "is" } else { "are" };
    let names = || plan.undeclared.iter().map(String::as_str);
    let undeclared = (undeclared > 0).then(|| {
        let verb = number_of(undeclared);
        let text =
            format!("{undeclared} more in this account and region {verb} declared by no file");
        match (names().len(), detail) {
            // An older plan knows their number only.
            (0, _) => (format!("{text}."), Vec::new()),
            (_, Detail::Verbose) => (format!("{text}:"), names().collect()),
            (all, _) => {
                let hint = if all > MOST_NAMES { " (--verbose lists them)" } else { "" };
                (format!("{text}: {}{hint}.", first_of(names(), MOST_NAMES)), Vec::new())
            }
        }
    });
    let other_stacks = (other_stacks > 0).then(|| {
        let verb = if other_stacks == 1 { "belongs" } else { "belong" };
        (format!("{other_stacks} more {verb} to other stacks."), Vec::new())
    });
    let skipped = (skipped > 0).then(|| {
        let verb = if skipped == 1 { "was" } else { "were" };
        let same = "because the files say the same of them as they did";
        (format!("{skipped} more {verb} not looked at, {same}."), Vec::new())
    });
    let unreviewed = [Divergence::New, Divergence::Different, Divergence::Dependent];
    let unreviewed =
        unreviewed.into_iter().filter_map(|reason| unreviewed_for(plan, reason, detail));
    let left_out = left_out.saturating_sub(plan.unreviewed.len());
    let left_out = (left_out > 0).then(|| {
        let (changes, verb) = (count(left_out, "change"), number_of(left_out));
        let text = format!("{changes} {verb} left out by --only, --exclude, --tag or --limit.");
        (text, Vec::new())
    });
    undeclared
        .into_iter()
        .chain(other_stacks)
        .chain(skipped)
        .chain(unreviewed)
        .chain(left_out)
        .collect()
}

/// The changes that are left out for this reason, as [`outside`] tells things.
fn unreviewed_for(plan: &Plan, reason: Divergence, detail: Detail) -> Option<(String, Vec<&str>)> {
    let names = plan.unreviewed.iter().filter(|one| one.reason == reason);
    let names: Vec<&str> = names.map(|one| one.name.as_str()).collect();
    let (is, why) = match (names.len(), reason) {
        (0, _) => return None,
        (1, Divergence::New) => ("is", "the reviewed plan does not have it"),
        (_, Divergence::New) => ("are", "the reviewed plan does not have them"),
        (1, Divergence::Different) => ("is", "it is otherwise than was reviewed"),
        (_, Divergence::Different) => ("are", "they are otherwise than was reviewed"),
        (1, Divergence::Dependent) => ("is", "it waits for a change that was not reviewed"),
        (_, Divergence::Dependent) => ("are", "they wait for changes that were not reviewed"),
    };
    let text = format!("{} {is} left out, because {why}", count(names.len(), "change"));
    Some(match detail {
        Detail::Verbose => (format!("{text}:"), names),
        _ => (format!("{text}: {}.", first_of(names.into_iter(), MOST_NAMES)), Vec::new()),
    })
}

/// That there is nothing to do, as loudly as the read allows: a verdict and what
/// it is about.
pub(in crate::report) fn nothing(plan: &Plan) -> (Said, String) {
    let Summary { unchanged, left_out, .. } = plan.summary;
    let tags_unknown =
        plan.diagnostics.iter().any(|record| record.code == Code::TagsUnknown.as_str());
    let processors = count(unchanged, "processor");
    // What is another's, or left as it lives, is not changed and yet not as declared.
    let differs = plan
        .refusals
        .iter()
        .any(|one| matches!(one.code, RefusalCode::OwnedByAnother | RefusalCode::Drift))
        || plan.diagnostics.iter().any(|record| record.code == Code::LeftAlone.as_str());
    let doubtful = |about: String| ((Meaning::Warning, "No changes".to_owned()), about);
    let clean = |about: String| ((Meaning::Good, "No changes.".to_owned()), about);
    match unchanged {
        _ if !plan.complete => doubtful(format!("to the {processors} that could be read.")),
        _ if tags_unknown => doubtful(format!("to {processors}, but not all tags are known.")),
        _ if !plan.unreviewed.is_empty() => doubtful("that anybody agreed to.".to_owned()),
        _ if differs => doubtful(format!("to {processors}, but not all is as declared.")),
        _ if plan.base.is_some() => clean("The files mean the same.".to_owned()),
        0 if plan.changed_since.is_some() => {
            clean("The files say of every processor what they said.".to_owned())
        }
        0 => clean("No processor is declared and chosen.".to_owned()),
        1 if left_out > 0 => clean("The processor that was chosen is as declared.".to_owned()),
        _ if left_out > 0 => clean(format!("The {processors} that were chosen are as declared.")),
        1 => clean("The processor is as declared.".to_owned()),
        _ => clean(format!("All {processors} are as declared.")),
    }
}

/// What it means that a plan is not complete.
pub(in crate::report) const INCOMPLETE: &str = "part of the live state could not be read. What \
    is not shown here may differ too, so this plan cannot be applied.";

/// What a refusal says, and of which processor.
pub(in crate::report) fn refusal(refusal: &Refusal) -> String {
    let Refusal { code: _, name, message, help: _ } = refusal;
    match name {
        // A message that already begins with the name is not given it twice.
        Some(name) if !message.starts_with(name.as_str()) => format!("{name}: {message}"),
        _ => message.clone(),
    }
}

/// What the refusals of a plan mean.
pub(in crate::report) fn refused(refusals: usize) -> String {
    let reasons = match refusals {
        1 => "the reason".to_owned(),
        number => format!("the {number} reasons"),
    };
    format!("nothing of this plan will be applied, for {reasons} above.")
}
