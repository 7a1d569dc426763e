//! What of a processor is otherwise than a plan says.

use super::observe::Observed;
use crate::diff::unlike;
use crate::model::{Attribute, Definition, TagKnowledge};
use crate::plan::Deviation;

/// What of a processor is otherwise than a plan's result.
///
/// `mentioned` says whether a plan speaks of a tag that should not be there: all
/// other tags that the result lacks are somebody else's, as are AWS's own.
pub(super) fn deviations(
    result: Option<&Definition>,
    observed: &Observed,
    mentioned: &dyn Fn(&str) -> bool,
) -> Vec<Deviation> {
    let (wanted, live) = match (result, observed) {
        (None, Observed::Gone) => return Vec::new(),
        (None, Observed::Present(_)) => return vec![Deviation::Exists],
        (Some(_), Observed::Gone) => return vec![Deviation::Missing],
        (Some(wanted), Observed::Present(live)) => (wanted, live),
    };
    let differences = unlike(wanted, &live.definition);
    let tags_known =
        live.definition.tags != TagKnowledge::Unknown && wanted.tags != TagKnowledge::Unknown;
    let counts = |attribute: &Attribute| match attribute.tag() {
        Some(key) => {
            tags_known
                && !key.starts_with("aws:")
                && (wanted.get(attribute).is_some() || mentioned(key))
        }
        None => *attribute != Attribute::DesiredStatus || wanted.run_state().is_some(),
    };
    let mut deviations: Vec<Deviation> = differences
        .into_iter()
        .filter(|difference| counts(&difference.attribute))
        .map(Deviation::Attribute)
        .collect();
    let not_running = |deviation: &Deviation| matches!(deviation,
        Deviation::Attribute(difference) if difference.attribute == Attribute::DesiredStatus);
    if let Some(message) = &live.status_message
        && deviations.iter().any(not_running)
    {
        deviations.push(Deviation::StatusMessage(message.clone()));
    }
    deviations
}

/// What of a processor is no longer as a plan expects it.
pub(super) fn movements(expect: Option<&Definition>, observed: &Observed) -> Vec<Deviation> {
    match (expect, observed) {
        (None, Observed::Gone) => Vec::new(),
        (None, Observed::Present(_)) => vec![Deviation::Exists],
        (Some(_), Observed::Gone) => vec![Deviation::Missing],
        (Some(expect), Observed::Present(live)) => {
            let tags_known = live.definition.tags != TagKnowledge::Unknown
                && expect.tags != TagKnowledge::Unknown;
            unlike(expect, &live.definition)
                .into_iter()
                .filter(|difference| tags_known || difference.attribute.tag().is_none())
                .map(Deviation::Attribute)
                .collect()
        }
    }
}

/// Whether two definitions mean the same, apart from tags and run state.
pub(super) fn same_definition(one: &Definition, other: &Definition) -> bool {
    unlike(one, other).iter().all(|difference| {
        difference.attribute.tag().is_some() || difference.attribute == Attribute::DesiredStatus
    })
}
