//! The one protocol of reading: list, describe, hint, ask, confirm.

use std::collections::BTreeSet;

use super::ask::{Answer, Question, ask};
use super::fetch::{Hints, Progress, fetch_some, fetch_with_tags};
use super::problems::Problems;
use crate::aws::{Error, Reader};
use crate::desired::Desired;
use crate::model::{Live, LiveProcessor, ProcessorName, TagKnowledge, Tags};
use crate::plan::{ChangedSince, Narrowing, is_in_question, tags_in_question};

/// How many strangers are asked for their tags where the Tagging API tells of none: what
/// takes ten seconds.
const FEW: usize = 100;

/// Reads everything that planning needs of the service: every processor, and
/// for certain the tags of those that the plan covers and whose tags are in question.
pub async fn read(
    reader: &Reader,
    desired: &Desired,
    narrowing: &Narrowing,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Live, Error> {
    let in_question =
        |name: &ProcessorName, live: &LiveProcessor| is_in_question(desired, narrowing, name, live);
    let account_id = &desired.stack.account_id;
    let (live, hints) = fetch_with_tags(reader, account_id, &in_question, progress).await?;
    Ok(confirm_after(reader, desired, narrowing, live, hints).await)
}

/// Reads the processors that a change of the files concerns, and for certain their tags
/// where planning needs them. Of the others it is only known that they are there.
pub async fn read_changed(
    reader: &Reader,
    desired: &Desired,
    narrowing: &Narrowing,
    changed: &ChangedSince,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Live, Error> {
    if let ChangedSince::Everything(_) = changed {
        return read(reader, desired, narrowing, progress).await;
    }
    let account_id = &desired.stack.account_id;
    let concerned = |name: &ProcessorName| changed.concerns(name);
    let live = fetch_some(reader, account_id, &concerned, progress).await?;
    Ok(confirm(reader, desired, narrowing, live).await)
}

/// Reads every processor, and for certain the tags of those that are wanted.
pub async fn read_for_certain(
    reader: &Reader,
    account_id: &str,
    wanted: &(dyn Fn(&ProcessorName) -> bool + Sync),
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Live, Error> {
    let in_question = |name: &ProcessorName, _: &LiveProcessor| wanted(name);
    let (mut live, _) = fetch_with_tags(reader, account_id, &in_question, progress).await?;
    let is_certain = |live: &LiveProcessor| live.definition.tags == TagKnowledge::Confirmed;
    let questions = live.processors.iter().filter(|(name, live)| wanted(name) && !is_certain(live));
    let questions = questions.map(|(name, _)| name.clone()).collect();
    confirm_tags(reader, &mut live, &questions).await;
    Ok(live)
}

/// Makes certain of what was fetched, as far as planning for this needs it.
pub async fn confirm(
    reader: &Reader,
    desired: &Desired,
    narrowing: &Narrowing,
    live: Live,
) -> Live {
    confirm_after(reader, desired, narrowing, live, Hints::Failed).await
}

/// Makes certain, given what the Tagging API had to say.
///
/// Where it told of no tags at all, either there are none or it does not cover stream
/// processors here. What the files declare is asked about then. As long as none of that has
/// a tag, the rest is believed to have none, unless it is few: one of them may be marked all
/// the same, and have lost its table.
async fn confirm_after(
    reader: &Reader,
    desired: &Desired,
    narrowing: &Narrowing,
    mut live: Live,
    hints: Hints,
) -> Live {
    let mut questions = tags_in_question(desired, narrowing, &live);
    if hints == Hints::Nothing {
        let declared = |name: &ProcessorName| desired.processors.contains_key(name);
        let (first, rest): (BTreeSet<_>, BTreeSet<_>) = questions.into_iter().partition(declared);
        confirm_tags(reader, &mut live, &first).await;
        let asked = || first.iter().filter_map(|name| live.processors.get(name));
        let untagged = |live: &LiveProcessor| {
            live.definition.tags == TagKnowledge::Confirmed
                && live.definition.tags().next().is_none()
        };
        if rest.len() > FEW && !first.is_empty() && asked().all(untagged) {
            for name in &rest {
                if let Some(live) = live.processors.get_mut(name) {
                    live.definition.set_tags(&Tags::new(), TagKnowledge::Hinted);
                }
            }
            return live;
        }
        questions = rest;
    }
    confirm_tags(reader, &mut live, &questions).await;
    live
}

/// Reads the tags of these processors from ListTagsForResource, whatever was
/// believed of them. Those that cannot be read become problems: a plan must not
/// build on what could not be confirmed.
pub async fn confirm_tags(reader: &Reader, live: &mut Live, names: &BTreeSet<ProcessorName>) {
    let asked: Vec<Question> = names
        .iter()
        .filter_map(|name| {
            let arn = live.processors.get(name)?.arn.clone();
            Some(Question::Tags { name: name.to_string(), arn })
        })
        .collect();
    let mut problems = Problems::default();
    ask(reader, asked, |answer| {
        let Answer::Tags { name, answer } = answer else { return None };
        let name = ProcessorName::new(&name).ok()?;
        let processor = live.processors.get_mut(&name)?;
        let problem = match answer {
            Ok(Some(tags)) => {
                processor.definition.set_tags(&tags, TagKnowledge::Confirmed);
                return None;
            }
            Ok(None) => "it was deleted, or replaced, while its tags were being read".to_owned(),
            Err(error) => format!("{}: {}", error.operation(), error.reason()),
        };
        problems.add(name.as_str(), problem);
        processor.definition.set_tags(&Tags::new(), TagKnowledge::Unknown);
        None
    })
    .await;
    live.problems.extend(problems.into_list());
}
