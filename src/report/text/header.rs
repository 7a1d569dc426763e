//! The line above a plan: whose fleet this is, and through which door.

use jiff::Timestamp;

use crate::desired::Stack;
use crate::plan::Against;
use crate::report::Settings;
use crate::report::layout::{Line, flow};
use crate::report::palette::Meaning;
use crate::report::values::moment;

/// What a user must know before believing a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Whose fleet it is, and where.
    pub stack: Stack,
    /// What is taken for the live state, if that is known.
    pub against: Option<Against>,
    /// When the plan was made, if that was not just now.
    pub made_at: Option<Timestamp>,
    /// The time.
    pub now: Timestamp,
}

/// Draws the header, with an empty line below it.
pub fn header(header: &Header, settings: Settings) -> String {
    let Header { stack, against, made_at, now } = header;
    let told = |word: &str, at: &Option<Timestamp>| {
        at.map(|at| (Meaning::Plain, format!("{word} {}", moment(at, *now))))
    };
    let mut parts = vec![
        (Meaning::Strong, format!("stack {}", stack.name)),
        (Meaning::Plain, format!("account {}", stack.account_id)),
        (Meaning::Plain, stack.region.clone()),
    ];
    match against {
        None => {}
        Some(Against::Files { base }) => {
            parts.push((Meaning::Note, format!("compared with {base}")));
        }
        Some(Against::Emulator) => parts.push((Meaning::Note, "emulated".to_owned())),
        Some(Against::Snapshot { file, taken_at }) => {
            parts.push((Meaning::Note, format!("snapshot {file}")));
            parts.extend(told("taken", taken_at));
        }
        Some(Against::Service { endpoint, caller }) => {
            let endpoint = endpoint.iter().map(|url| (Meaning::Warning, format!("endpoint {url}")));
            parts.extend(endpoint);
            let whole = settings.is_verbose();
            let short = |caller| if whole { caller } else { short_caller(caller, stack) };
            let caller = caller.iter().map(|caller| short(caller.as_str()));
            parts.extend(caller.map(|caller| (Meaning::Plain, format!("as {caller}"))));
        }
    }
    parts.extend(told("made", made_at));
    let pieces: Vec<Line> =
        parts.iter().map(|(meaning, text)| Line::new(settings).push(*meaning, text)).collect();
    let mut out = String::new();
    flow(&mut out, &pieces, " · ", 2, settings);
    out.push('\n');
    out
}

/// The caller without its ARN's beginning, when that says only what the header
/// has already said.
fn short_caller<'a>(caller: &'a str, stack: &Stack) -> &'a str {
    let said = ["iam", "sts"].map(|service| format!("arn:aws:{service}::{}:", stack.account_id));
    said.iter().find_map(|said| caller.strip_prefix(said)).unwrap_or(caller)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Header {
        Header {
            stack: Stack {
                name: "doorbells".into(),
                account_id: "111122223333".into(),
                region: "us-east-1".into(),
            },
            against: Some(Against::Emulator),
            made_at: None,
            now: "2026-11-24T15:31:10Z".parse().unwrap(),
        }
    }

    #[test]
    fn the_header_names_stack_account_region_and_what_is_unusual() {
        assert_eq!(
            header(&sample(), Settings::default()),
            "stack doorbells · account 111122223333 · us-east-1 · emulated\n\n"
        );
        let real = Header {
            against: Some(Against::Service {
                caller: Some("arn:aws:sts::111122223333:assumed-role/Deploy/ci".into()),
                endpoint: Some("http://localhost:4566".into()),
            }),
            ..sample()
        };
        assert_eq!(
            header(&real, Settings { width: Some(80), ..Settings::default() }),
            "stack doorbells · account 111122223333 · us-east-1\n  \
             endpoint http://localhost:4566 · as assumed-role/Deploy/ci\n\n"
        );
        let whole = header(&real, crate::report::samples::verbose());
        assert!(
            whole.contains(" · as arn:aws:sts::111122223333:assumed-role/Deploy/ci\n"),
            "{whole}"
        );
    }

    #[test]
    fn the_age_of_a_snapshot_and_of_a_plan_are_told() {
        let old = Header {
            against: Some(Against::Snapshot {
                file: "live.json".into(),
                taken_at: Some("2026-11-21T15:00:00Z".parse().unwrap()),
            }),
            made_at: Some("2026-11-24T13:30:00Z".parse().unwrap()),
            ..sample()
        };
        assert_eq!(
            header(&old, Settings { width: Some(80), ..Settings::default() }),
            "stack doorbells · account 111122223333 · us-east-1 · snapshot live.json\n  \
             taken 2026-11-21 15:00 UTC, 3 days ago\n  made 2026-11-24 13:30 UTC, 2 hours ago\n\n"
        );
    }

    #[test]
    fn a_hostile_endpoint_is_escaped() {
        let endpoint = Some("http://\u{1b}[2J".into());
        let against = Some(Against::Service { endpoint, caller: None });
        let hostile = Header { against, ..sample() };
        assert!(header(&hostile, Settings::default()).contains("http://\\u{1b}[2J"));
    }
}
