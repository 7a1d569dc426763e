//! Describing everything that the service lists.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;

use super::ask::{Answer, Question, ask};
use super::fetch::Progress;
use super::problems::Problems;
use crate::aws::{Class, Error, Listing, Reader};
use crate::model::Tags;

/// Waits before describing again what the listing named and Describe did not
/// find: a processor that was just created may take a moment to show.
const RECHECKS: [Duration; 4] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// What the service describes, as far as it could be read.
#[derive(Debug)]
pub(super) struct Descriptions<T> {
    /// What is kept of each description, by the name that the listing gave.
    pub(super) by_name: BTreeMap<String, T>,
    /// What is listed and was not wanted.
    pub(super) skipped: BTreeSet<String>,
    pub(super) problems: Problems,
}

/// What is kept of the description of a name, since the wire's JSON of a large fleet
/// is large; and the ARN, where the tags are wanted as well.
pub(super) type Keep<'a, T> = dyn Fn(&str, Value) -> (T, Option<String>) + Sync + 'a;

/// How what is read of each processor is taken.
pub(super) struct Reading<'a, T> {
    /// Whether a name is to be described.
    pub(super) wanted: &'a (dyn Fn(&str) -> bool + Sync),
    pub(super) keep: &'a Keep<'a, T>,
    /// Takes tags, or says what is wrong with them. `None`: it is gone.
    pub(super) tag: &'a (dyn Fn(&mut T, TagAnswer) -> Result<(), String> + Sync),
    pub(super) progress: &'a (dyn Fn(Progress) + Sync),
}

/// What came of asking for tags.
pub(super) type TagAnswer = Result<Option<Tags>, Error>;

/// Lists every stream processor, and describes those that are wanted.
///
/// Fails when the listing fails, when nothing at all could be described for a
/// reason that does not concern the processors, and as soon as one turns out to
/// be another than the one that was asked for.
pub(super) async fn describe_all<T>(
    reader: &Reader,
    reading: &Reading<'_, T>,
) -> Result<Descriptions<T>, Error> {
    let Listing { names, nameless, cut } = reader.list().await?;
    let (listed, skipped): (BTreeSet<String>, BTreeSet<String>) =
        names.into_iter().partition(|name| (reading.wanted)(name));
    let mut count = Progress { done: 0, total: listed.len() };
    (reading.progress)(count);

    let (total, mut failures) = (listed.len(), Vec::new());
    let (by_name, problems) = (BTreeMap::new(), Problems::default());
    let mut found = Descriptions { by_name, skipped, problems };
    if let Some(reason) = cut {
        found.problems.add_unnamed(reason);
    }
    if nameless > 0 {
        let reason = format!("ListStreamProcessors has entries without a name: {nameless}");
        found.problems.add_unnamed(reason);
    }
    let mut missing =
        describe(reader, listed, reading, &mut found, &mut failures, &mut count).await?;

    for wait in RECHECKS {
        if missing.is_empty() {
            break;
        }
        tokio::time::sleep(wait).await;
        count.total += missing.len();
        missing = describe(reader, missing, reading, &mut found, &mut failures, &mut count).await?;
    }
    if !missing.is_empty() {
        let still: BTreeSet<String> = reader.list().await?.names.into_iter().collect();
        for name in missing.intersection(&still) {
            found.problems.add(
                name,
                "ListStreamProcessors names it, but DescribeStreamProcessor does not find it",
            );
        }
    }

    if found.by_name.is_empty()
        && let Some((_, first)) = failures.first()
        && failures.len() == total
        && (first.class().concerns_every_call()
            || first.class().is_retryable()
            || first.class() == Class::Denied)
    {
        return Err(first.clone());
    }
    for (name, error) in failures {
        found.problems.add(&name, format!("{}: {}", error.operation(), error.reason()));
    }
    Ok(found)
}

/// Describes these, and returns the names of those that do not exist.
async fn describe<T>(
    reader: &Reader,
    names: BTreeSet<String>,
    reading: &Reading<'_, T>,
    found: &mut Descriptions<T>,
    failures: &mut Vec<(String, Error)>,
    count: &mut Progress,
) -> Result<BTreeSet<String>, Error> {
    let mut missing = BTreeSet::new();
    // Once it is clear that this is another account or region, nobody asks on.
    let elsewhere = OnceLock::new();
    let questions = names.into_iter().take_while(|_| elsewhere.get().is_none());
    ask(reader, questions.map(|name| Question::Description { name }), |answer| {
        count.done += 1;
        let question = match answer {
            Answer::Description { name, answer: Ok(Some(wire)) } => {
                let (kept, arn) = (reading.keep)(&name, wire);
                found.by_name.insert(name.clone(), kept);
                arn.map(|arn| Question::Tags { name, arn })
            }
            Answer::Description { name, answer: Ok(None) } => {
                missing.insert(name);
                None
            }
            Answer::Description { name, answer: Err(error) } => {
                match error.class() {
                    Class::Elsewhere => drop(elsewhere.get_or_init(|| error)),
                    _ => failures.push((name, error)),
                }
                None
            }
            Answer::Tags { name, answer } => {
                if let Some(kept) = found.by_name.get_mut(&name)
                    && let Err(reason) = (reading.tag)(kept, answer)
                {
                    found.problems.add(&name, reason);
                }
                None
            }
        };
        count.total += usize::from(question.is_some());
        (reading.progress)(*count);
        question
    })
    .await;
    elsewhere.into_inner().map_or(Ok(missing), Err)
}
