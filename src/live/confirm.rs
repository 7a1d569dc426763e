//! Asking the authority on tags.

use std::collections::BTreeSet;

use super::describe_all::each;
use super::problems::Problems;
use crate::aws::Reader;
use crate::model::{Live, ProcessorName, TagKnowledge};

/// Reads the tags of these processors from ListTagsForResource, whatever was
/// believed of them. Those that cannot be read become problems: a plan must not
/// build on what could not be confirmed.
pub async fn confirm_tags(reader: &Reader, live: &mut Live, names: &BTreeSet<ProcessorName>) {
    let asked: Vec<(ProcessorName, String)> = names
        .iter()
        .filter_map(|name| Some((name.clone(), live.facts.get(name)?.arn.clone())))
        .collect();
    let mut problems = Problems::default();
    each(
        reader,
        asked,
        |reader, (name, arn)| async move { reader.tags(name.as_str(), &arn).await },
        |(name, _), answer| {
            let knowledge = match answer {
                Ok(Some(tags)) => {
                    if let Some(processor) = live.inventory.get_mut(&name) {
                        processor.tags = tags;
                    }
                    TagKnowledge::Confirmed
                }
                Ok(None) => {
                    problems.add(
                        name.as_str(),
                        "it was deleted, or replaced, while its tags were being read",
                    );
                    TagKnowledge::Unknown
                }
                Err(error) => {
                    let reason = format!("{}: {}", error.operation(), error.reason());
                    problems.add(name.as_str(), reason);
                    TagKnowledge::Unknown
                }
            };
            if let Some(fact) = live.facts.get_mut(&name) {
                fact.tags = knowledge;
            }
        },
    )
    .await;
    live.problems.extend(problems.into_list());
}
