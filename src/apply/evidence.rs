//! What reading tells of a call whose answer does not.

use super::deviation::same_definition;
use super::observe::{Blind, Observed, WithTags, observe, observe_tags};
use crate::aws::{Reader, Request};
use crate::model::{Definition, Dialect, Status};
use crate::plan::Operation;

/// What the service shows of a call's effect.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Evidence {
    /// It shows.
    Took(Observed),
    /// It does not show.
    Not(Observed),
    /// Something else is there instead.
    Contradicts(Observed),
}

/// Looks for a call's effect. `result` is what an update should lead to.
pub(super) async fn evidence(
    reader: &Reader,
    request: &Request,
    result: Option<&Definition>,
) -> Result<Evidence, Blind> {
    let name = request.processor();
    let observed = observe(reader, name, WithTags::No).await?;
    let Observed::Present(live) = &observed else {
        return Ok(match request.operation() {
            Operation::DeleteStreamProcessor => Evidence::Took(observed),
            _ => Evidence::Not(observed),
        });
    };
    let took = match request.operation() {
        Operation::CreateStreamProcessor => {
            let wanted = Definition::from_json(request.json(), Dialect::Wire);
            let same = wanted.is_ok_and(|wanted| same_definition(&wanted, &live.definition));
            return Ok(match same {
                true => Evidence::Took(observed),
                false => Evidence::Contradicts(observed),
            });
        }
        Operation::DeleteStreamProcessor => false,
        Operation::UpdateStreamProcessor => {
            result.is_some_and(|result| same_definition(result, &live.definition))
        }
        Operation::StartStreamProcessor => {
            matches!(live.status, Status::Starting | Status::Running)
        }
        Operation::StopStreamProcessor => {
            matches!(live.status, Status::Stopping | Status::Stopped | Status::Failed)
        }
        Operation::TagResource | Operation::UntagResource => {
            let Some(tags) = observe_tags(reader, name, &live.arn).await? else {
                return Ok(Evidence::Not(Observed::Gone));
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
    Ok(if took { Evidence::Took(observed) } else { Evidence::Not(observed) })
}
