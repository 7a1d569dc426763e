//! Reading a processor again after its last call.

use std::time::Duration;

use super::execute::Tools;
use super::judge::{Effect, Failure};
use super::look::{Seen, look, look_with_tags};
use super::prepare::Subject;
use super::settle::Patience;
use super::slot::Slot;
use super::stop::Weight;
use super::target::deviations;
use crate::model::Status;

/// How long reads may lag behind what was written.
const LAG_LIMIT: Duration = Duration::from_secs(30);

/// What to compare a processor with.
#[derive(Debug)]
pub(super) struct Check<'a> {
    pub(super) subject: &'a Subject,
    /// Whether the plan says anything about its tags.
    pub(super) with_tags: bool,
    /// What the last call saw already.
    pub(super) seen: Option<Seen>,
}

/// Fails unless the service holds what was planned. Reads may lag, so a
/// deviation has to stay for a while before it counts.
pub(super) async fn verify(
    tools: &Tools,
    slot: &mut Slot,
    check: Check<'_>,
) -> Result<(), Failure> {
    let Check { subject, with_tags, mut seen } = check;
    let mut patience = Patience::new(tools.settle_timeout);
    loop {
        let known = seen.take().filter(|seen| !with_tags || *seen == Seen::Gone);
        let now = match known {
            Some(seen) => Ok(seen),
            None if with_tags => {
                tools.read(Weight::Light, look_with_tags(&tools.reader, &subject.name)).await
            }
            None => tools.read(Weight::Light, look(&tools.reader, &subject.name)).await,
        };
        let now = now.map_err(|blind| Failure {
            reason: format!("it could not be read again: {}", blind.reason),
            help: blind.help,
            effect: Effect::Unknown,
        })?;
        let deviations = deviations(&subject.target, &now, &|key| subject.tag_keys.contains(key));
        if deviations.is_empty() {
            return Ok(());
        }
        let over = match may_still_change(&now) {
            true => patience.is_over(),
            false => patience.elapsed() >= LAG_LIMIT.min(tools.settle_timeout),
        };
        if over || tools.stop.is_over(Weight::Light) {
            return Err(Failure {
                reason: deviations.join("; "),
                help: Some("Plan again to see what is left to do".to_owned()),
                effect: Effect::Taken,
            });
        }
        patience.pause(slot, &tools.stop).await;
    }
}

/// Whether the service says that something is going on.
fn may_still_change(seen: &Seen) -> bool {
    match seen {
        Seen::Gone => false,
        Seen::Present(described) => {
            matches!(described.fact.status, Status::Updating | Status::Stopping)
        }
    }
}
