//! What reading tells of a call whose answer does not.

use super::look::{Seen, look, look_at_tags};
use super::target::same_definition;
use crate::aws::{Reader, Request};
use crate::live;
use crate::model::{Processor, Status};
use crate::plan::Operation;

/// Why something failed, and how sure it is that nothing came of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Failure {
    pub(super) reason: String,
    pub(super) help: Option<String>,
    pub(super) effect: Effect,
}

/// What a failed call did to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    None,
    /// It could not be found out.
    Unknown,
    /// It took effect, but what should follow did not.
    Taken,
}

impl Failure {
    /// A failure of which nothing came.
    pub(super) fn known(reason: impl Into<String>) -> Failure {
        Failure { reason: reason.into(), help: None, effect: Effect::None }
    }
}

/// What the service shows of a call's effect.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Evidence {
    /// It shows.
    Took(Seen),
    /// It does not show.
    Not(Seen),
    /// Something else is there instead.
    Contradicts(Seen),
}

/// Looks for a call's effect. `target` is what an update should lead to.
pub(super) async fn evidence(
    reader: &Reader,
    request: &Request,
    target: Option<&Processor>,
) -> Result<Evidence, super::look::Blind> {
    let name = request.processor();
    let seen = look(reader, name).await?;
    let Seen::Present(described) = &seen else {
        return Ok(match request.operation() {
            Operation::DeleteStreamProcessor => Evidence::Took(seen),
            _ => Evidence::Not(seen),
        });
    };
    let status = &described.fact.status;
    let took = match request.operation() {
        Operation::CreateStreamProcessor => {
            let wanted = live::processor(request.json());
            let same = wanted.is_ok_and(|wanted| same_definition(&wanted, &described.processor));
            return Ok(if same { Evidence::Took(seen) } else { Evidence::Contradicts(seen) });
        }
        Operation::DeleteStreamProcessor => false,
        Operation::UpdateStreamProcessor => {
            target.is_some_and(|target| same_definition(target, &described.processor))
        }
        Operation::StartStreamProcessor => matches!(status, Status::Starting | Status::Running),
        Operation::StopStreamProcessor => {
            matches!(status, Status::Stopping | Status::Stopped | Status::Failed)
        }
        Operation::TagResource | Operation::UntagResource => {
            let Some(tags) = look_at_tags(reader, name, &described.fact.arn).await? else {
                return Ok(Evidence::Not(Seen::Gone));
            };
            let json = request.json();
            let set = json.get("Tags").and_then(|tags| tags.as_object());
            let removed = json.get("TagKeys").and_then(|keys| keys.as_array());
            set.into_iter()
                .flatten()
                .all(|(key, value)| tags.get(key).map(String::as_str) == value.as_str())
                && removed
                    .into_iter()
                    .flatten()
                    .all(|key| key.as_str().is_some_and(|key| !tags.contains_key(key)))
        }
    };
    Ok(if took { Evidence::Took(seen) } else { Evidence::Not(seen) })
}
