//! Reading every processor of a plan again before anything begins.

use std::collections::BTreeMap;

use super::look::{Blind, Seen, look, look_with_tags};
use super::prepare::Prepared;
use super::target::movements;
use super::{ApplyError, Event, StopSignal};
use crate::aws::Reader;
use crate::live::each;
use crate::plan::Fate;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Preflight {
    /// What is there, by position of the processor.
    pub(super) seen: BTreeMap<usize, Seen>,
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
    stop: &StopSignal,
    tell: &dyn Fn(Event),
) -> Result<Preflight, ApplyError> {
    let total = prepared.subjects.len();
    let mut blind: Vec<(usize, Blind)> = Vec::new();
    let mut found = Preflight::default();
    let asked = (0..total).map(|subject| {
        (subject, prepared.subjects[subject].name.clone(), prepared.needs_tags(subject))
    });
    let mut read = 0;
    let reading = each(
        reader,
        asked,
        |reader, (_, name, with_tags)| async move {
            if with_tags {
                look_with_tags(&reader, &name).await
            } else {
                look(&reader, &name).await
            }
        },
        |(subject, ..), answer| {
            match answer {
                Ok(seen) => {
                    found.seen.insert(subject, seen);
                }
                Err(reason) => blind.push((subject, reason)),
            }
            read += 1;
            tell(Event::Reading { read, total });
        },
    );
    tokio::select! {
        () = reading => {}
        () = stop.stopped() => return Ok(Preflight::default()),
    }

    if found.seen.is_empty()
        && let Some(error) = blind.iter().find_map(|(_, blind)| blind.error.clone())
    {
        return Err(ApplyError::Unreadable(error));
    }
    for (subject, blind) in blind {
        let reason = format!("it could not be read: {}", blind.reason);
        found.ruled_out.insert(subject, Fate::NotTried { reason });
    }
    for (subject, seen) in &found.seen {
        let differences = movements(prepared.subjects[*subject].expect.as_ref(), seen);
        if !differences.is_empty() {
            found.ruled_out.insert(*subject, Fate::Moved { differences });
        }
    }
    Ok(found)
}
