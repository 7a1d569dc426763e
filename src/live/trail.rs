//! Who made the last change to what drifted, as far as CloudTrail says.

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
    for (operation, names) in sought {
        trails.insert(operation, trail(reader, operation, names, began).await);
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
    Failed(Error),
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
                trail.cut = Some(Cut::Failed(error));
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
        (Some(Cut::Failed(error)), _) if error.class() == Class::Denied => nobody(format!(
            "CloudTrail is closed to the caller, who is not allowed {}",
            error.operation().permission()
        )),
        (Some(Cut::Failed(error)), _) => {
            nobody(format!("CloudTrail could not be read: {}", error.reason()))
        }
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
