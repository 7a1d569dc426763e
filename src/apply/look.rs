//! Reading one stream processor, for certain.

use crate::aws::Reader;
use crate::live::{self, Described};
use crate::model::{Processor, Tags};

/// What the service says of a name.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Seen {
    Gone,
    Present(Box<Described>),
}

impl Seen {
    /// The status in the service's word.
    pub(super) fn status(&self) -> &str {
        match self {
            Seen::Gone => "not there",
            Seen::Present(described) => described.fact.status.as_str(),
        }
    }
}

/// Why nothing could be seen.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Blind {
    pub(super) reason: String,
    pub(super) help: Option<String>,
    /// What the call failed of; `None`: the answer cannot be understood.
    pub(super) error: Option<crate::aws::Error>,
}

/// Describes a stream processor; its tags stay unknown.
pub(super) async fn look(reader: &Reader, name: &str) -> Result<Seen, Blind> {
    match reader.describe(name).await {
        Ok(None) => Ok(Seen::Gone),
        Ok(Some(wire)) => match live::described(&wire) {
            Ok(described) => Ok(Seen::Present(Box::new(described))),
            Err(error) => Err(Blind {
                reason: format!("the service's description of {name} cannot be read: {error}"),
                help: None,
                error: None,
            }),
        },
        Err(error) => Err(blind(error)),
    }
}

/// Describes a stream processor and lists its tags.
pub(super) async fn look_with_tags(reader: &Reader, name: &str) -> Result<Seen, Blind> {
    let Seen::Present(mut described) = look(reader, name).await? else {
        return Ok(Seen::Gone);
    };
    match reader.tags(name, &described.fact.arn).await {
        Ok(Some(tags)) => {
            described.processor.tags = tags;
            described.fact.tags = crate::model::TagKnowledge::Confirmed;
            Ok(Seen::Present(described))
        }
        Ok(None) => Ok(Seen::Gone),
        Err(error) => Err(blind(error)),
    }
}

/// Lists the tags of a stream processor, by its ARN.
pub(super) async fn look_at_tags(
    reader: &Reader,
    name: &str,
    arn: &str,
) -> Result<Option<Tags>, Blind> {
    reader.tags(name, arn).await.map_err(blind)
}

/// The definition alone: no tags, no run state.
pub(super) fn bare(processor: &Processor) -> Processor {
    Processor { tags: Tags::new(), run_state: None, ..processor.clone() }
}

fn blind(error: crate::aws::Error) -> Blind {
    Blind { reason: error.to_string(), help: error.help(), error: Some(error) }
}
