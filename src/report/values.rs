//! Values, counts and times in words: how they read in a sentence or a column.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use crate::desired::Stack;
use crate::model::{Attribute, Default, Value};

/// What no region of interest means.
const WHOLE_FRAME: &str = "whole frame";

/// A value that is another one for each of several processors.
pub(super) const EACH_ITS_OWN: &str = "each its own";

/// How an attribute's value reads; that it is absent, too.
pub(super) fn text(attribute: &Attribute, value: Option<&Value>) -> String {
    match value {
        None => match attribute {
            Attribute::DataSharing => "false",
            Attribute::DesiredStatus => "not managed",
            Attribute::RegionsOfInterest => WHOLE_FRAME,
            _ => "none",
        }
        .to_owned(),
        Some(Value::Text(text)) => word(text),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Flag(flag)) => flag.to_string(),
        Some(Value::Labels(labels)) => {
            labels.iter().map(|label| word(label)).collect::<Vec<_>>().join(", ")
        }
        Some(Value::Regions(regions)) if regions.is_empty() => WHOLE_FRAME.to_owned(),
        Some(Value::Regions(regions)) => count(regions.len(), "region"),
        Some(Value::RunState(state)) => state.as_str().to_owned(),
    }
}

/// Both sides of a change, without the part of two ARNs that they share.
pub(super) fn pair(
    attribute: &Attribute,
    before: Option<&Value>,
    after: Option<&Value>,
) -> (String, String) {
    if let (Some((scope, short)), Some((other_scope, other_short))) = (arn(before), arn(after))
        && scope == other_scope
    {
        return (word(short), word(other_short));
    }
    (text(attribute, before), text(attribute, after))
}

/// A value that stands by itself, without what an ARN shares with its stack.
pub(super) fn alone(attribute: &Attribute, value: Option<&Value>, stack: &Stack) -> String {
    if let Some((scope, short)) = arn(value)
        && let [_, "aws", _, region, account] = scope.split(':').collect::<Vec<_>>()[..]
        && account == stack.account_id
        && (region.is_empty() || region == stack.region)
    {
        return word(short);
    }
    text(attribute, value)
}

/// What the two sides of a change do not say: what came and what went.
pub(super) fn difference(
    attribute: &Attribute,
    before: Option<&Value>,
    after: Option<&Value>,
) -> Option<String> {
    match (before, after) {
        (Some(Value::Labels(before)), Some(Value::Labels(after))) => labels(before, after),
        (_, None) => match attribute.shape().default {
            Default::Shown(number) => Some(format!("the service's default, {number}, applies")),
            _ => None,
        },
        _ => None,
    }
}

fn labels(before: &BTreeSet<String>, after: &BTreeSet<String>) -> Option<String> {
    let came = after.difference(before).map(|label| format!("+{}", word(label)));
    let went = before.difference(after).map(|label| format!("−{}", word(label)));
    let changed = !before.is_empty() && !after.is_empty() && before != after;
    changed.then(|| came.chain(went).collect::<Vec<_>>().join(" "))
}

/// A count and its noun, in the plural unless it is one.
pub(crate) fn count(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// The first of some names, and how many more there are.
pub(crate) fn first_of<'a>(names: impl ExactSizeIterator<Item = &'a str>, most: usize) -> String {
    let more = names.len().saturating_sub(most);
    let mut text = names.take(most).collect::<Vec<_>>().join(", ");
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

/// Some names: all of them if they are few, or else the first ones and the last.
pub(super) fn first_and_last(names: &[&str], most: usize) -> String {
    match names {
        [first @ .., last] if names.len() > most => {
            let first = &first[..most.saturating_sub(1)];
            format!("{} … {last}", first.join(", "))
        }
        _ => names.join(", "),
    }
}

/// A time that something takes at the least, in seconds or tenths of one.
pub(super) fn at_least(duration: Duration) -> String {
    match duration.as_secs() {
        0..10 => format!("{}.{} s", duration.as_secs(), duration.subsec_millis() / 100),
        seconds => format!("{seconds} s"),
    }
}

/// A time as people foretell it.
pub(super) fn duration(seconds: f64) -> String {
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

/// Splits an ARN behind its account.
fn arn(value: Option<&Value>) -> Option<(&str, &str)> {
    let text = value?.as_text().filter(|text| text.starts_with("arn:"))?;
    let (colon, _) = text.match_indices(':').nth(4)?;
    Some((&text[..colon], &text[colon + 1..]))
}

/// Text as it stands, or in quotes when it would be taken for something else.
fn word(text: &str) -> String {
    let ambiguous = text.is_empty()
        || text.starts_with([' ', '"'])
        || text.ends_with(' ')
        || text.contains('→')
        || matches!(text, "none" | "not managed" | EACH_ITS_OWN);
    if ambiguous { format!("\"{text}\"") } else { text.to_owned() }
}

/// A moment in UTC, to the minute, and how long ago that was. A moment to come has no age: one
/// of the two clocks is wrong.
pub(super) fn moment(then: Timestamp, now: Timestamp) -> String {
    let at = then.strftime("%Y-%m-%d %H:%M UTC");
    let Ok(seconds) = u64::try_from(now.duration_since(then).as_secs()) else {
        return format!("{at}, which is yet to come");
    };
    let (number, unit) = match seconds / 60 {
        0 => return format!("{at}, just now"),
        minutes @ 1..90 => (minutes, "minute"),
        minutes @ 90..2160 => (minutes / 60, "hour"),
        minutes => (minutes / 60 / 24, "day"),
    };
    format!("{at}, {} ago", count(usize::try_from(number).unwrap_or(usize::MAX), unit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Float32;

    #[test]
    fn arns_lose_what_both_sides_share_and_only_that() {
        let role =
            |account: &str, name: &str| Value::text(&format!("arn:aws:iam::{account}:role/{name}"));
        let (old, new) = (role("111122223333", "Old"), role("111122223333", "New"));
        let foreign = role("444455556666", "New");
        let both = |after| pair(&Attribute::RoleArn, Some(&old), after);
        assert_eq!(both(Some(&new)), ("role/Old".into(), "role/New".into()));
        assert_eq!(both(Some(&foreign)).1, "arn:aws:iam::444455556666:role/New");
        assert_eq!(both(None).1, "none");
    }

    #[test]
    fn a_value_that_could_be_taken_for_something_else_is_quoted() {
        let tag = Attribute::Tag("x".into());
        for (value, shown) in [("", "\"\""), ("none", "\"none\""), (" a", "\" a\""), ("a b", "a b")]
        {
            assert_eq!(text(&tag, Some(&Value::text(value))), shown);
        }
        assert_eq!(text(&tag, None), "none");
        assert_eq!(text(&Attribute::RegionsOfInterest, None), "whole frame");
    }

    #[test]
    fn a_confidence_that_goes_leaves_the_default() {
        let before = Some(Value::Number(Float32::whole(80)));
        assert_eq!(
            difference(&Attribute::MinConfidence, before.as_ref(), None).as_deref(),
            Some("the service's default, 50, applies")
        );
        assert_eq!(difference(&Attribute::FaceMatchThreshold, before.as_ref(), None), None);
    }

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

    #[test]
    fn moments_are_told_with_their_age() {
        let then: Timestamp = "2026-11-24T15:31:10Z".parse().unwrap();
        for (now, age) in [
            ("2026-11-24T15:31:09Z", "which is yet to come"),
            ("2026-11-24T15:32:00Z", "just now"),
            ("2026-11-24T15:32:10Z", "1 minute ago"),
            ("2026-11-24T17:01:00Z", "89 minutes ago"),
            ("2026-11-24T17:01:10Z", "1 hour ago"),
            ("2026-11-26T03:31:00Z", "35 hours ago"),
            ("2026-11-26T03:31:10Z", "1 day ago"),
            ("9999-12-30T22:00:00Z", "2912114 days ago"),
        ] {
            let told = format!("2026-11-24 15:31 UTC, {age}");
            assert_eq!(moment(then, now.parse().unwrap()), told);
        }
    }

    #[test]
    fn of_many_names_the_first_are_told() {
        let names = ["a", "b", "c"];
        assert_eq!(first_of(names.into_iter(), 3), "a, b, c");
        assert_eq!(first_of(names.into_iter(), 1), "a and 2 more");
        assert_eq!(first_and_last(&names, 3), "a, b, c");
        assert_eq!(first_and_last(&names, 2), "a … c");
    }
}
