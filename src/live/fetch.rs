//! Reading everything that planning needs of the service.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;

use super::describe_all::{Descriptions, Reading, TagAnswer, describe_all};
use super::description::described;
use super::problems::Problems;
use crate::aws::{Error, Reader};
use crate::model::{Live, LiveProcessor, ProcessorName, TagKnowledge, Tags, Unreadable};

/// How long what the Tagging API believes is waited for once all else is there.
const HINTS_LIMIT: Duration = Duration::from_secs(10);

/// How far the reading is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many requests about a processor were answered.
    pub done: usize,
    /// How many there are to be, as far as is known by now.
    pub total: usize,
}

/// Reads every stream processor of the account and region, with what the
/// Resource Groups Tagging API believes of its tags.
///
/// It takes one ListStreamProcessors for 1,000 processors, a
/// DescribeStreamProcessor for each, and one GetResources for 100. What fails
/// for some processors becomes a problem of the result; the reading fails as a
/// whole only where there would be no result. Tags that cannot be had stay
/// unknown: [`confirm_tags`](super::confirm_tags) asks for those that matter.
pub async fn fetch(
    reader: &Reader,
    account_id: &str,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Live, Error> {
    let fetched = fetch_with_tags(reader, account_id, &|_, _| false, progress).await;
    fetched.map(|(live, _)| live)
}

/// Reads the stream processors that are wanted, without their tags; of the others, only
/// the names.
pub(super) async fn fetch_some(
    reader: &Reader,
    account_id: &str,
    wanted: &(dyn Fn(&ProcessorName) -> bool + Sync),
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Live, Error> {
    let reader = &reader.of_account(account_id);
    let keep = |_: &str, wire: Value| (described(&wire), None);
    let wanted = |name: &str| ProcessorName::new(name).is_ok_and(|name| wanted(&name));
    let reading = Reading { wanted: &wanted, keep: &keep, tag: &|_, _| Ok(()), progress };
    let Descriptions { by_name, skipped, problems } = describe_all(reader, &reading).await?;
    let (account_id, region) = (account_id.to_owned(), reader.region().to_owned());
    Ok(Live { account_id, region, skipped, ..gather(by_name, problems) })
}

/// What the Tagging API had to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hints {
    /// The tags of some stream processors.
    Some,
    /// That nothing here has tags, or that it does not cover stream processors.
    Nothing,
    /// It could not be asked.
    Failed,
}

/// Fetches, and asks for the tags of a processor at once where what the Tagging API
/// believes of them is `in_question`.
pub(super) async fn fetch_with_tags(
    reader: &Reader,
    account_id: &str,
    in_question: &(dyn Fn(&ProcessorName, &LiveProcessor) -> bool + Sync),
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<(Live, Hints), Error> {
    let reader = &reader.of_account(account_id);
    let hinted: OnceLock<BTreeMap<String, Tags>> = OnceLock::new();
    let keep = |listed: &str, wire: Value| {
        let description = described(&wire);
        let arn = ask_for_tags(listed, &description, hinted.get(), in_question);
        (description, arn)
    };
    let tag = |description: &mut Description, answer: TagAnswer| {
        // What could not be had is asked for again, and told, when all is there.
        if let (Ok((_, live)), Ok(Some(tags))) = (description, answer) {
            live.definition.set_tags(&tags, TagKnowledge::Confirmed);
        }
        Ok(())
    };
    let reading = Reading { wanted: &|_| true, keep: &keep, tag: &tag, progress };
    let mut describing = pin!(describe_all(reader, &reading));
    let mut hinting = pin!(async {
        let hints = reader.tag_hints().await?;
        hinted.get_or_init(|| hints);
        Ok::<(), Error>(())
    });
    let (descriptions, hints) = tokio::select! {
        biased;
        descriptions = &mut describing => {
            (descriptions?, tokio::time::timeout(HINTS_LIMIT, hinting).await)
        }
        hints = &mut hinting => (describing.await?, Ok(hints)),
    };
    let Descriptions { by_name, skipped: _, problems } = descriptions;
    let mut live = gather(by_name, problems);
    account_id.clone_into(&mut live.account_id);
    reader.region().clone_into(&mut live.region);
    let unused = match hints {
        Ok(Ok(())) => {
            let told = apply_hints(&mut live, hinted.get().cloned().unwrap_or_default());
            return Ok((live, told));
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => "it takes too long".to_owned(),
    };
    live.notes.push(format!(
        "tags are read one processor at a time, because the Resource Groups Tagging API cannot \
         be used: {unused}"
    ));
    Ok((live, Hints::Failed))
}

/// The ARN of a processor whose tags are to be asked for, as far as that is known
/// while others are still being described.
fn ask_for_tags(
    listed: &str,
    description: &Description,
    hinted: Option<&BTreeMap<String, Tags>>,
    in_question: &(dyn Fn(&ProcessorName, &LiveProcessor) -> bool + Sync),
) -> Option<String> {
    let (described, live) = description.as_ref().ok()?;
    let hints = hinted.filter(|hints| !hints.is_empty())?;
    let name = ProcessorName::new(listed).ok().filter(|name| name.as_str() == described)?;
    let mut live = live.clone();
    let tags = hints.get(&live.arn).cloned().unwrap_or_default();
    live.definition.set_tags(&tags, TagKnowledge::Hinted);
    in_question(&name, &live).then_some(live.arn)
}

/// What is read of a processor, with its name.
pub(super) type Description = Result<(String, LiveProcessor), Unreadable>;

/// Turns descriptions into definitions; those that cannot be read are problems.
pub(super) fn gather(
    by_name: impl IntoIterator<Item = (String, Description)>,
    mut problems: Problems,
) -> Live {
    let mut live = Live::default();
    for (listed, description) in by_name {
        let name = match ProcessorName::new(&listed) {
            Ok(name) => name,
            Err(error) => {
                problems.add(&listed, format!("its name cannot be used: {error}"));
                continue;
            }
        };
        match description {
            Ok((described, processor)) if described == listed => {
                live.processors.insert(name, processor);
            }
            Ok(_) => problems.add(&listed, "its description is about another stream processor"),
            Err(error) => {
                problems.add(&listed, format!("its description cannot be read: {error}"));
            }
        }
    }
    live.problems = problems.into_list();
    live
}

/// Takes over hints. The Tagging API never lists what has no tags, so that one
/// which it leaves out is believed to have none; but not where it lists none at
/// all, because it may not cover stream processors everywhere.
fn apply_hints(live: &mut Live, mut hints: BTreeMap<String, Tags>) -> Hints {
    if !live.processors.values().any(|live| hints.contains_key(&live.arn)) {
        return Hints::Nothing;
    }
    let unconfirmed = live.processors.values_mut();
    for live in unconfirmed.filter(|live| live.definition.tags != TagKnowledge::Confirmed) {
        let tags = hints.remove(&live.arn).unwrap_or_default();
        live.definition.set_tags(&tags, TagKnowledge::Hinted);
    }
    // What is left is of what could not be described, or is gone.
    let name = |arn: String| Some(arn.rsplit_once('/')?.1.to_owned());
    live.believed =
        Some(hints.into_iter().filter_map(|(arn, tags)| Some((name(arn)?, tags))).collect());
    Hints::Some
}
