//! Describing everything that the service lists.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinSet;

use super::CONCURRENCY;
use super::fetch::Progress;
use super::problems::Problems;
use crate::aws::{Class, Error, Listing, Reader};

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
    pub(super) problems: Problems,
}

/// Lists and describes every stream processor. Of each description only what
/// `keep` makes of it is kept: the wire's JSON of a large fleet is large.
///
/// Fails when the listing fails, when nothing at all could be described for a
/// reason that does not concern the processors, and as soon as one turns out to
/// be another than the one that was asked for.
pub(super) async fn describe_all<T>(
    reader: &Reader,
    keep: &(dyn Fn(Value) -> T + Sync),
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Descriptions<T>, Error> {
    let Listing { names, nameless } = reader.list().await?;
    let listed: BTreeSet<String> = names.into_iter().collect();
    let total = listed.len();
    progress(Progress { described: 0, total });

    let mut found = Descriptions { by_name: BTreeMap::new(), problems: Problems::default() };
    if nameless > 0 {
        let reason = format!("ListStreamProcessors has entries without a name: {nameless}");
        found.problems.add_unnamed(reason);
    }
    let mut failures: Vec<(String, Error)> = Vec::new();
    let mut missing = describe(reader, listed, keep, &mut found, &mut failures, &|described| {
        progress(Progress { described, total });
    })
    .await?;

    for wait in RECHECKS {
        if missing.is_empty() {
            break;
        }
        tokio::time::sleep(wait).await;
        missing = describe(reader, missing, keep, &mut found, &mut failures, &|_| {}).await?;
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
    keep: &(dyn Fn(Value) -> T + Sync),
    found: &mut Descriptions<T>,
    failures: &mut Vec<(String, Error)>,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<BTreeSet<String>, Error> {
    let mut missing = BTreeSet::new();
    let mut described = 0;
    // Once it is clear that this is another account or region, nobody asks on.
    let elsewhere = OnceLock::new();
    each(
        reader,
        names.into_iter().take_while(|_| elsewhere.get().is_none()),
        |reader, name| async move { reader.describe(&name).await },
        |name, answer| {
            match answer {
                Ok(Some(wire)) => {
                    found.by_name.insert(name, keep(wire));
                }
                Ok(None) => {
                    missing.insert(name);
                }
                Err(error) if error.class() == Class::Elsewhere => {
                    elsewhere.get_or_init(|| error);
                }
                Err(error) => failures.push((name, error)),
            }
            described += 1;
            progress(described);
        },
    )
    .await;
    elsewhere.into_inner().map_or(Ok(missing), Err)
}

/// Asks something about each item, many at once, and hands over the answers as
/// they come.
pub(crate) async fn each<I, K, T, F>(
    reader: &Reader,
    items: I,
    ask: impl Fn(Reader, K) -> F,
    mut answered: impl FnMut(K, T),
) where
    I: IntoIterator<Item = K>,
    K: Clone + Send + 'static,
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut items = items.into_iter();
    let mut asking = JoinSet::new();
    loop {
        while asking.len() < CONCURRENCY
            && let Some(item) = items.next()
        {
            let answer = ask(reader.clone(), item.clone());
            asking.spawn(async move { (item, answer.await) });
        }
        match asking.join_next().await {
            Some(Ok((item, answer))) => answered(item, answer),
            Some(Err(error)) => std::panic::resume_unwind(error.into_panic()),
            None => return,
        }
    }
}
