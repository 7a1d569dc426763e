//! The line above a plan: whose fleet this is, and through which door.

use crate::desired::Stack;
use crate::report::Settings;
use crate::report::layout::{Line, flow};
use crate::report::palette::Meaning;

/// What a user must know before believing a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Whose fleet it is, and where.
    pub stack: Stack,
    /// The ARN that the calls are made as, if it is known.
    pub caller: Option<String>,
    /// The endpoint, when it is not AWS's own.
    pub endpoint: Option<String>,
    /// Whether the embedded service answers instead of AWS.
    pub emulated: bool,
    /// The snapshot that stands for the live state.
    pub snapshot: Option<String>,
}

/// Draws the header, with an empty line below it.
pub fn header(header: &Header, settings: Settings) -> String {
    let Header { stack, caller, endpoint, emulated, snapshot } = header;
    let plain = |text: String| Some((Meaning::Plain, text));
    let as_caller = |caller: &String| match settings.is_verbose() {
        true => format!("as {caller}"),
        false => format!("as {}", short_caller(caller, stack)),
    };
    let parts = [
        Some((Meaning::Strong, format!("stack {}", stack.name))),
        plain(format!("account {}", stack.account_id)),
        plain(stack.region.clone()),
        emulated.then(|| (Meaning::Note, "emulated".to_owned())),
        endpoint.as_ref().map(|endpoint| (Meaning::Warning, format!("endpoint {endpoint}"))),
        snapshot.as_ref().map(|snapshot| (Meaning::Note, format!("snapshot {snapshot}"))),
        caller.as_ref().and_then(|caller| plain(as_caller(caller))),
    ];
    let parts = parts.iter().flatten();
    let pieces: Vec<Line> =
        parts.map(|(meaning, text)| Line::new(settings).push(*meaning, text)).collect();
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
            caller: None,
            endpoint: None,
            emulated: true,
            snapshot: None,
        }
    }

    #[test]
    fn the_header_names_stack_account_region_and_what_is_unusual() {
        assert_eq!(
            header(&sample(), Settings::default()),
            "stack doorbells · account 111122223333 · us-east-1 · emulated\n\n"
        );
        let real = Header {
            emulated: false,
            caller: Some("arn:aws:sts::111122223333:assumed-role/Deploy/ci".into()),
            endpoint: Some("http://localhost:4566".into()),
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
    fn a_hostile_endpoint_is_escaped() {
        let hostile = Header { endpoint: Some("http://\u{1b}[2J".into()), ..sample() };
        assert!(header(&hostile, Settings::default()).contains("http://\\u{1b}[2J"));
    }
}
