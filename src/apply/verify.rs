//! Reading a processor again after its last call.

use std::time::Duration;

use super::deviation::deviations;
use super::execute::Tools;
use super::observe::{Observed, WithTags, observe};
use super::permit::Permit;
use super::poll::Patience;
use super::prepare::Subject;
use super::stop::Stake;
use crate::model::Status;
use crate::plan::Reason;

/// How long reads may lag behind what was written.
const LAG_LIMIT: Duration = Duration::from_secs(30);

/// What to compare a processor with.
#[derive(Debug)]
pub(super) struct Check<'a> {
    pub(super) subject: &'a Subject,
    /// Whether the plan says anything about its tags.
    pub(super) tags: WithTags,
    /// What the last call saw already.
    pub(super) observed: Option<Observed>,
}

/// Fails unless the service holds what was planned. Reads may lag, so a
/// deviation has to stay for a while before it counts.
pub(super) async fn verify(
    tools: &Tools,
    permit: &mut Permit,
    check: Check<'_>,
) -> Result<(), Reason> {
    let Check { subject, tags, mut observed } = check;
    let mut patience = Patience::new(tools.settle_timeout);
    loop {
        let known =
            observed.take().filter(|known| tags == WithTags::No || *known == Observed::Gone);
        let now = match known {
            Some(known) => Ok(known),
            None => tools.read(Stake::Free, observe(&tools.reader, &subject.name, tags)).await,
        };
        let now = now.map_err(|blind| Reason::Unread(blind.answer))?;
        let mentioned = |key: &str| subject.tag_keys.contains(key);
        let deviations = deviations(subject.result.as_ref(), &now, &mentioned);
        if deviations.is_empty() {
            return Ok(());
        }
        let over = match may_still_change(&now) {
            true => patience.is_over(),
            false => patience.elapsed() >= LAG_LIMIT.min(tools.settle_timeout),
        };
        if over || tools.stop.is_over(Stake::Free) {
            return Err(Reason::Deviates(deviations));
        }
        patience.pause(permit, &tools.stop).await;
    }
}

/// Whether the service says that something is going on.
fn may_still_change(observed: &Observed) -> bool {
    match observed {
        Observed::Gone => false,
        Observed::Present(live) => matches!(live.status, Status::Updating | Status::Stopping),
    }
}
