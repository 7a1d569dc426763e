//! Why a plan must not be applied, in words.

use super::Refusal;
use super::item::{Item, Work};
use super::order::HeldStream;
use crate::model::ProcessorName;

/// A replacement of a processor that `lifecycle.prevent_destroy` protects.
pub(super) fn prevent_destroy(item: &Item<'_>) -> Option<Refusal> {
    let protected = item.work == Work::Replace && item.declaration.lifecycle.prevent_destroy;
    protected.then(|| Refusal {
        code: "prevent-destroy".into(),
        name: Some(item.name.to_string()),
        message: format!(
            "{} is protected by lifecycle.prevent_destroy, and this change would delete and recreate it",
            item.name
        ),
        help: Some(
            "take the change back, add the attribute to lifecycle.ignore_changes, or remove prevent_destroy"
                .into(),
        ),
    })
}

/// A replacement of a processor whose tags nobody has read: they would be lost.
pub(super) fn tags_unknown(item: &Item<'_>) -> Option<Refusal> {
    let blind = item.work == Work::Replace && !item.tags_are_known();
    blind.then(|| Refusal {
        code: "tags-unknown".into(),
        name: Some(item.name.to_string()),
        message: format!(
            "{} would be deleted and recreated, but its tags are not known and would be lost",
            item.name
        ),
        help: Some("plan against the live service, or take a snapshot that includes tags".into()),
    })
}

/// A creation or replacement whose stream another processor keeps.
pub(super) fn stream_held(item: &Item<'_>, held: &HeldStream) -> Refusal {
    let HeldStream { stream, holder, left_out, item: _ } = held;
    let name = item.name;
    if !left_out.is_empty() {
        let others: Vec<&str> = left_out.iter().map(ProcessorName::as_str).collect();
        let only: Vec<String> = others.iter().map(|other| format!("--only {other}")).collect();
        return Refusal {
            code: "swap-cut".into(),
            name: Some(name.to_string()),
            message: format!(
                "{name} takes over {stream} from {holder}, which gives it up only in a part of the plan that is left out"
            ),
            help: Some(format!(
                "include {} as well: {}, without an --exclude that covers it, or with a higher --limit",
                others.join(" and "),
                only.join(" ")
            )),
        };
    }
    Refusal {
        code: "stream-held".into(),
        name: Some(name.to_string()),
        message: format!(
            "{name} needs {stream}, which {holder} holds; the service allows one processor a stream"
        ),
        help: Some(format!(
            "give {name} another stream, or let {holder} go first: this plan does not delete it"
        )),
    }
}
