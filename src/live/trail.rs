//! Who made the last change to what drifted, as far as CloudTrail says.
//!
//! A lookup takes one attribute. By the source of the events it would page through every
//! description that anybody read, of which a single plan makes thousands; so it is by the
//! name of the operation, for those that can have caused what was found.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::aws::{Class, Error, Reader, TrailEvent};
use crate::plan::{Category, Finding, Operation, Who};

/// How many pages are read of the calls of one operation. Other services tag too, and two
/// pages a second is all that CloudTrail gives.
const MOST_PAGES: usize = 40;
/// After how long no further page is asked for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Says of each finding that a call can have caused who made the last such call. The calls
/// of each operation are read once for all of them, the newest first, and no further than
/// it takes.
pub async fn who(reader: &Reader, findings: &mut [Finding]) {
    let mut sought: BTreeMap<Operation, BTreeSet<String>> = BTreeMap::new();
    for finding in findings.iter() {
        for operation in causes(finding) {
            sought.entry(operation).or_default().insert(finding.name.clone());
        }
    }
    let began = Instant::now();
    let mut trails = BTreeMap::new();
    let mut failed = None;
    for (operation, names) in sought {
        let read = match &failed {
            // What is closed or gone for one operation is so for the next.
            Some(why) => Trail { cut: Some(Cut::Failed(String::clone(why))), ..Trail::default() },
            None => trail(reader, operation, names, began).await,
        };
        if let Some(Cut::Failed(why)) = &read.cut {
            failed.get_or_insert_with(|| why.clone());
        }
        trails.insert(operation, read);
    }
    for finding in findings {
        let causes = causes(finding);
        if !causes.is_empty() {
            finding.who = Some(told(&finding.name, &causes, &trails));
        }
    }
}

/// The calls that can have caused a finding.
fn causes(finding: &Finding) -> BTreeSet<Operation> {
    match finding.category {
        Category::Missing => BTreeSet::from([Operation::DeleteStreamProcessor]),
        Category::Changed => {
            let paths = finding.attributes.iter().map(|attribute| attribute.path.as_str());
            let causes = paths.flat_map(|path| match path {
                "desired_status" => {
                    [Operation::StartStreamProcessor, Operation::StopStreamProcessor]
                }
                _ if path.starts_with("tags.") => {
                    [Operation::TagResource, Operation::UntagResource]
                }
                _ => [Operation::UpdateStreamProcessor, Operation::CreateStreamProcessor],
            });
            // Whoever creates a processor again gives it all of these.
            causes.chain([Operation::CreateStreamProcessor]).collect()
        }
        _ => BTreeSet::new(),
    }
}

/// The calls of an operation, as far as they were read.
#[derive(Default)]
struct Trail {
    /// The last one of each processor that was sought.
    last: BTreeMap<String, TrailEvent>,
    /// Where reading ended before the end; `None`: there was no more to read or to seek.
    cut: Option<Cut>,
}

enum Cut {
    /// All since then was read.
    At(Option<Timestamp>),
    /// Nothing more can be read, for this reason.
    Failed(String),
}

async fn trail(
    reader: &Reader,
    operation: Operation,
    mut sought: BTreeSet<String>,
    began: Instant,
) -> Trail {
    let mut trail = Trail::default();
    let mut token: Option<String> = None;
    let mut oldest = None;
    for page in 0.. {
        if page == MOST_PAGES || began.elapsed() > PATIENCE {
            trail.cut = Some(Cut::At(oldest));
            break;
        }
        let page = match reader.trail(operation, token.as_deref()).await {
            Ok(page) => page,
            Err(error) => {
                trail.cut = Some(Cut::Failed(why_not(&error)));
                break;
            }
        };
        oldest = page.oldest.or(oldest);
        for event in page.events {
            if sought.remove(&event.processor) {
                trail.last.insert(event.processor.clone(), event);
            }
        }
        token = page.next;
        if token.is_none() || sought.is_empty() {
            break;
        }
    }
    trail
}

/// Why CloudTrail says nothing.
fn why_not(error: &Error) -> String {
    match error.class() {
        Class::Denied => format!(
            "CloudTrail is closed to the caller, who is not allowed {}",
            error.operation().permission()
        ),
        _ => format!("CloudTrail could not be read: {}", error.reason()),
    }
}

/// Who made the last of the calls that can have caused a finding.
fn told(name: &str, causes: &BTreeSet<Operation>, trails: &BTreeMap<Operation, Trail>) -> Who {
    let trails = || trails.iter().filter(|(operation, _)| causes.contains(operation));
    let events = trails().filter_map(|(operation, trail)| Some((operation, trail.last.get(name)?)));
    let last = events.max_by_key(|(_, event)| event.at);
    let after = last.map(|(_, event)| event.at);
    // What was not read may hold a later one.
    let cuts = trails().filter(|(_, trail)| !trail.last.contains_key(name));
    let cut = cuts.filter_map(|(_, trail)| trail.cut.as_ref()).find(|cut| match cut {
        Cut::At(oldest) => after.is_none() || *oldest > after,
        Cut::Failed(_) => true,
    });
    let nobody = |why: String| Who {
        principal: None,
        operation: None,
        at: None,
        source_ip: None,
        by_rekon: false,
        unknown: Some(why),
    };
    match (cut, last) {
        (Some(Cut::Failed(why)), _) => nobody(why.clone()),
        (Some(Cut::At(oldest)), _) => {
            let oldest = oldest.map(|at| format!(", to {at},")).unwrap_or_default();
            nobody(format!("CloudTrail was read back as far as time allows{oldest} and no further"))
        }
        (None, None) => nobody(
            "CloudTrail names no such call: it goes back 90 days, and is up to 15 minutes behind"
                .to_owned(),
        ),
        (None, Some((operation, event))) => Who {
            principal: event.principal.clone(),
            operation: Some(operation.as_str().to_owned()),
            at: Some(event.at),
            source_ip: event.source_ip.clone(),
            by_rekon: event.by_rekon,
            unknown: None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn trail(event: Option<i64>, cut: Option<Cut>) -> Trail {
        let event = event.map(|second| TrailEvent {
            at: at(second),
            processor: "a".to_owned(),
            principal: Some("mary".to_owned()),
            source_ip: None,
            by_rekon: false,
        });
        Trail { last: event.map(|event| ("a".to_owned(), event)).into_iter().collect(), cut }
    }

    /// What is said of two operations' trails: when it was, or why nobody knows.
    fn said(update: Trail, create: Trail) -> Result<i64, String> {
        let trails = BTreeMap::from([
            (Operation::UpdateStreamProcessor, update),
            (Operation::CreateStreamProcessor, create),
        ]);
        let who = told("a", &trails.keys().copied().collect(), &trails);
        assert_eq!(who.at.is_some(), who.unknown.is_none());
        who.at.map(Timestamp::as_second).ok_or_else(|| who.unknown.unwrap_or_default())
    }

    #[test]
    fn the_latest_call_counts_unless_an_unread_one_may_be_later() {
        assert_eq!(said(trail(Some(20), None), trail(Some(10), None)), Ok(20));
        assert_eq!(said(trail(Some(10), None), trail(Some(20), None)), Ok(20));
        // All since 15 was read, so that what was not is older.
        assert_eq!(said(trail(None, Some(Cut::At(Some(at(15))))), trail(Some(20), None)), Ok(20));
        let cut = || trail(None, Some(Cut::At(Some(at(15)))));
        let why = said(cut(), trail(Some(10), None)).unwrap_err();
        assert!(why.contains("as far as time allows, to 1970-01-01T00:00:15Z,"), "{why}");
        assert!(said(cut(), trail(None, None)).is_err());
        let why = said(trail(None, None), trail(None, None)).unwrap_err();
        assert!(why.contains("90 days"), "{why}");
        let failed = trail(None, Some(Cut::Failed("it is closed".to_owned())));
        assert_eq!(said(failed, trail(Some(10), None)), Err("it is closed".to_owned()));
    }
}
