//! The one protocol of reading: list, describe, hint, ask, confirm.

use std::collections::BTreeSet;

use super::describe_all::each;
use super::fetch::{Progress, fetch};
use super::problems::Problems;
use crate::aws::{Error, Reader};
use crate::desired::Desired;
use crate::model::{Live, ProcessorName, TagKnowledge, Tags};
use crate::plan::tags_in_question;

/// Reads everything that planning needs of the service: every processor, and
/// for certain the tags of those whose tags are in question.
pub async fn read(
    reader: &Reader,
    desired: &Desired,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Live, Error> {
    let live = fetch(reader, &desired.stack.account_id, progress).await?;
    Ok(confirm(reader, desired, live).await)
}

/// Makes certain of what was fetched, as far as planning for this needs it.
pub async fn confirm(reader: &Reader, desired: &Desired, mut live: Live) -> Live {
    let questions = tags_in_question(desired, &live);
    confirm_tags(reader, &mut live, &questions).await;
    live
}

/// Reads the tags of these processors from ListTagsForResource, whatever was
/// believed of them. Those that cannot be read become problems: a plan must not
/// build on what could not be confirmed.
pub async fn confirm_tags(reader: &Reader, live: &mut Live, names: &BTreeSet<ProcessorName>) {
    let asked: Vec<(ProcessorName, String)> = names
        .iter()
        .filter_map(|name| Some((name.clone(), live.processors.get(name)?.arn.clone())))
        .collect();
    let mut problems = Problems::default();
    each(
        reader,
        asked,
        |reader, (name, arn)| async move { reader.tags(name.as_str(), &arn).await },
        |(name, _), answer| {
            let Some(processor) = live.processors.get_mut(&name) else { return };
            let problem = match answer {
                Ok(Some(tags)) => {
                    processor.definition.set_tags(&tags, TagKnowledge::Confirmed);
                    return;
                }
                Ok(None) => {
                    "it was deleted, or replaced, while its tags were being read".to_owned()
                }
                Err(error) => format!("{}: {}", error.operation(), error.reason()),
            };
            problems.add(name.as_str(), problem);
            processor.definition.set_tags(&Tags::new(), TagKnowledge::Unknown);
        },
    )
    .await;
    live.problems.extend(problems.into_list());
}
