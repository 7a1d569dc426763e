//! Reading every processor of a plan again before anything begins.

use std::collections::BTreeMap;
use std::time::Duration;

use super::deviation::movements;
use super::observe::{Blind, Observed, WithTags, observe};
use super::prepare::Prepared;
use super::{ApplyError, Event, Known, StopSignal};
use crate::aws::Reader;
use crate::live::each;
use crate::model::{Live, TagKnowledge};
use crate::plan::{Fate, Reason};

/// How old a reading may be that is not made again.
const FRESH: Duration = Duration::from_mins(1);

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Preflight {
    /// What is there, by position of the processor.
    pub(super) observed: BTreeMap<usize, Observed>,
    /// Processors that cannot be worked on, and why.
    pub(super) ruled_out: BTreeMap<usize, Fate>,
}

/// Reads all processors and compares them with what the plan expects. The
/// holders of streams that the plan takes are among them: planning refuses what
/// would take a stream from a processor that the plan does not replace.
///
/// Fails when not one of them can be read.
pub(super) async fn preflight(
    reader: &Reader,
    prepared: &Prepared,
    known: Option<Known<'_>>,
    stop: &StopSignal,
    tell: &dyn Fn(Event),
) -> Result<Preflight, ApplyError> {
    let mut blind: Vec<(usize, Blind)> = Vec::new();
    let mut found = Preflight::default();
    let known = known.filter(|known| known.at.elapsed() < FRESH);
    let mut asked = Vec::new();
    for (subject, change) in prepared.subjects.iter().enumerate() {
        let tags = if prepared.needs_tags(subject) { WithTags::Yes } else { WithTags::No };
        match known.and_then(|known| seen_before(known.live, &change.name, tags)) {
            Some(observed) => drop(found.observed.insert(subject, observed)),
            None => asked.push((subject, change.name.clone(), tags)),
        }
    }
    let total = asked.len();
    let mut read = 0;
    let reading = each(
        reader,
        asked,
        |_| false,
        |reader, (_, name, tags): (usize, String, WithTags)| async move {
            observe(&reader, &name, tags).await
        },
        |(subject, ..), answer| {
            match answer {
                Ok(observed) => drop(found.observed.insert(subject, observed)),
                Err(reason) => blind.push((subject, reason)),
            }
            read += 1;
            tell(Event::Reading { read, total });
            None
        },
    );
    tokio::select! {
        () = reading => {}
        () = stop.stopped() => return Ok(Preflight::default()),
    }

    if found.observed.is_empty()
        && let Some(error) = blind.iter().find_map(|(_, blind)| blind.error.clone())
    {
        return Err(ApplyError::Unreadable(error));
    }
    for (subject, blind) in blind {
        found.ruled_out.insert(subject, Fate::NotTried(Reason::Unread(blind.answer)));
    }
    for (subject, observed) in &found.observed {
        let moved = movements(prepared.subjects[*subject].expect.as_ref(), observed);
        if !moved.is_empty() {
            found.ruled_out.insert(*subject, Fate::Moved(moved));
        }
    }
    Ok(found)
}

/// What an earlier reading of everything says of a processor, if it says enough.
fn seen_before(live: &Live, name: &str, tags: WithTags) -> Option<Observed> {
    let Some(processor) = live.processors.get(name) else {
        return live.is_complete().then_some(Observed::Gone);
    };
    let certain = processor.definition.tags == TagKnowledge::Confirmed;
    (tags == WithTags::No || certain).then(|| Observed::Present(Box::new(processor.clone())))
}
