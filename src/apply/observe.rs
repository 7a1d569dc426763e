//! Reading one stream processor, for certain.

use super::Awaited;
use crate::aws::{Error, Reader};
use crate::live;
use crate::model::{LiveProcessor, TagKnowledge, Tags};
use crate::plan::Answer;

/// What the service says of a name.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Observed {
    Gone,
    Present(Box<LiveProcessor>),
}

impl Observed {
    /// The status in the service's word.
    pub(super) fn status(&self) -> &str {
        match self {
            Observed::Gone => "not there",
            Observed::Present(live) => live.status.as_str(),
        }
    }

    /// What is waited for; `absent` says what, while it is not there.
    pub(super) fn awaited(&self, absent: Awaited) -> Awaited {
        match self {
            Observed::Gone => absent,
            Observed::Present(live) => Awaited::Change(live.status.as_str().to_owned()),
        }
    }
}

/// Why nothing could be observed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Blind {
    pub(super) answer: Answer,
    /// What the call failed of; `None`: the answer cannot be understood.
    pub(super) error: Option<Error>,
}

impl Blind {
    /// Whether another reading may tell more.
    pub(super) fn may_pass(&self) -> bool {
        self.error.as_ref().is_some_and(|error| error.class().is_retryable())
    }
}

impl From<Error> for Blind {
    fn from(error: Error) -> Blind {
        Blind { answer: Answer::new(error.to_string(), error.help()), error: Some(error) }
    }
}

/// Which tags are read as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WithTags {
    Yes,
    No,
}

/// Describes a stream processor, and lists its tags where they are wanted;
/// otherwise they stay unknown.
pub(super) async fn observe(
    reader: &Reader,
    name: &str,
    tags: WithTags,
) -> Result<Observed, Blind> {
    let Some(wire) = reader.describe(name).await? else { return Ok(Observed::Gone) };
    let (_, mut live) = live::described(&wire).map_err(|error| {
        let message = format!("the service's description of {name} cannot be read: {error}");
        Blind { answer: Answer::new(message, None), error: None }
    })?;
    if tags == WithTags::Yes {
        let Some(tags) = observe_tags(reader, name, &live.arn).await? else {
            return Ok(Observed::Gone);
        };
        live.definition.set_tags(&tags, TagKnowledge::Confirmed);
    }
    Ok(Observed::Present(Box::new(live)))
}

/// Lists the tags of a stream processor, by its ARN.
pub(super) async fn observe_tags(
    reader: &Reader,
    name: &str,
    arn: &str,
) -> Result<Option<Tags>, Blind> {
    Ok(reader.tags(name, arn).await?)
}
