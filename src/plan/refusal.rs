//! Why a plan must not be applied, and how to go on.

use serde::{Deserialize, Serialize};

use super::Origin;
use super::item::{Intent, Item, Work};
use super::order::HeldStream;
use super::ownership::{Owner, origin};
use crate::desired::{Desired, OnDrift};
use crate::model::{ProcessorName, STACK_TAG};

/// Why a plan must not be applied, and how to go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What kind of refusal it is.
    pub code: RefusalCode,
    /// The processor concerned; absent when it is the plan as a whole.
    pub name: Option<String>,
    /// The refusal, in one sentence.
    pub message: String,
    /// What to do if that is what is wanted.
    pub help: Option<String>,
}

/// What a refusal is about. Its JSON is stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalCode {
    /// More deletes than the guard allows.
    GuardDeletes,
    /// More replacements than the guard allows.
    GuardReplacements,
    /// More updates than the guard allows.
    GuardUpdates,
    /// More creations than the guard allows.
    GuardCreates,
    /// `lifecycle.prevent_destroy` protects the processor.
    PreventDestroy,
    /// A replacement would lose tags that nobody has read.
    TagsUnknown,
    /// A replacement would lose members that this version does not know.
    MembersUnknown,
    /// Another stack manages the processor.
    OwnedByAnother,
    /// `--drift refuse`, and the service changed what the files declare.
    Drift,
    /// `--deny-undeclared`, and the account holds what no file declares.
    Undeclared,
    /// Another processor keeps the stream.
    StreamHeld,
    /// The other part of an exchange of streams is left out.
    SwapCut,
}

impl RefusalCode {
    /// The code as JSON has it.
    pub fn as_str(self) -> &'static str {
        match self {
            RefusalCode::GuardDeletes => "guard-deletes",
            RefusalCode::GuardReplacements => "guard-replacements",
            RefusalCode::GuardUpdates => "guard-updates",
            RefusalCode::GuardCreates => "guard-creates",
            RefusalCode::PreventDestroy => "prevent-destroy",
            RefusalCode::TagsUnknown => "tags-unknown",
            RefusalCode::MembersUnknown => "members-unknown",
            RefusalCode::OwnedByAnother => "owned-by-another",
            RefusalCode::Drift => "drift",
            RefusalCode::Undeclared => "undeclared",
            RefusalCode::StreamHeld => "stream-held",
            RefusalCode::SwapCut => "swap-cut",
        }
    }

    /// What it means, in one sentence.
    pub fn about(self) -> &'static str {
        match self {
            RefusalCode::GuardDeletes => "The plan deletes more than the guard allows.",
            RefusalCode::GuardReplacements => "The plan replaces more than the guard allows.",
            RefusalCode::GuardUpdates => "The plan updates more than the guard allows.",
            RefusalCode::GuardCreates => "The plan creates more than the guard allows.",
            RefusalCode::PreventDestroy => "`lifecycle.prevent_destroy` protects the processor.",
            RefusalCode::TagsUnknown => "A replacement would lose tags that nobody has read.",
            RefusalCode::MembersUnknown => {
                "The processor has members that this version does not know and would lose."
            }
            RefusalCode::OwnedByAnother => "Another stack manages the processor.",
            RefusalCode::Drift => "The service changed what the files declare.",
            RefusalCode::Undeclared => "The account holds what no file declares.",
            RefusalCode::StreamHeld => "Another processor keeps the stream.",
            RefusalCode::SwapCut => "The other part of an exchange of streams is left out.",
        }
    }
}

impl Refusal {
    fn of(item: &Item<'_>, code: RefusalCode, message: String, help: String) -> Refusal {
        Refusal { code, name: Some(item.name.to_string()), message, help: Some(help) }
    }
}

/// What forbids what is to be done to a processor.
pub(super) fn of_item(item: &Item<'_>, desired: &Desired, intent: Intent) -> Vec<Refusal> {
    let mut refusals = match item.work {
        Work::Replace => of_replacement(item),
        Work::Delete => of_delete(item),
        _ => Vec::new(),
    };
    refusals.extend(of_another(item, desired));
    if intent.on_drift == OnDrift::Refuse {
        refusals.extend(drifted(item, desired));
    }
    refusals
}

/// Another stack manages what the files declare.
fn of_another(item: &Item<'_>, desired: &Desired) -> Option<Refusal> {
    let (Owner::Other(stack), Some(_)) = (&item.owner, item.declaration) else { return None };
    if desired.ownership.accepts_from.contains(stack) {
        return None;
    }
    let name = item.name;
    let message = format!("{name} is managed by the stack {stack}, as its tag {STACK_TAG} says");
    let help = format!(
        "to take it over, write accepts_from = [\"{stack}\"] in [stack], and there [[moved]] with to_stack = \"{}\"",
        desired.stack.name
    );
    Some(Refusal::of(item, RefusalCode::OwnedByAnother, message, help))
}

/// What the service changed, where that is to be decided first.
fn drifted(item: &Item<'_>, desired: &Desired) -> Option<Refusal> {
    let record = item.owner.record();
    let moved = item.differences.iter().filter(|difference| {
        item.work != Work::Delete
            && matches!(origin(difference, record, desired), Origin::Drift | Origin::Both)
    });
    let moved: Vec<String> = moved.map(|difference| difference.attribute.to_string()).collect();
    if moved.is_empty() {
        return None;
    }
    let message = format!("{} was changed outside of rekon: {}", item.name, moved.join(", "));
    let help = "to put it back: --drift revert; to leave it: --drift keep; to take it into the files: rekon accept";
    Some(Refusal::of(item, RefusalCode::Drift, message, help.into()))
}

/// What forbids deleting a processor that no file declares any more.
fn of_delete(item: &Item<'_>) -> Vec<Refusal> {
    let name = item.name;
    let protected = item.owner.record().is_some_and(|record| record.protected);
    let unknown = item.live.map_or(&[][..], |live| &live.unknown);
    let rules = [
        protected.then(|| {
            let message = format!(
                "{name} is protected by lifecycle.prevent_destroy, as it was applied last, and no file declares it any more"
            );
            let help = format!(
                "to keep it unmanaged: [[removed]] with name = \"{name}\" and destroy = false; to delete it, declare it without prevent_destroy, apply, and remove it then"
            );
            Refusal::of(item, RefusalCode::PreventDestroy, message, help)
        }),
        (!unknown.is_empty()).then(|| {
            let message = format!(
                "{name} would be deleted, but this version does not know {} and could not bring it back",
                unknown.join(", ")
            );
            let help = "use a newer rekon, or delete it by other means";
            Refusal::of(item, RefusalCode::MembersUnknown, message, help.into())
        }),
    ];
    rules.into_iter().flatten().collect()
}

/// What forbids replacing a processor.
fn of_replacement(item: &Item<'_>) -> Vec<Refusal> {
    let name = item.name;
    let protected =
        item.declaration.is_some_and(|declaration| declaration.lifecycle.prevent_destroy);
    let unknown = item.live.map_or(&[][..], |live| &live.unknown);
    let rules = [
        protected.then(|| {
            let message = format!(
                "{name} is protected by lifecycle.prevent_destroy, and this change would delete and recreate it"
            );
            let help = "take the change back, add the attribute to lifecycle.ignore_changes, or remove prevent_destroy";
            Refusal::of(item, RefusalCode::PreventDestroy, message, help.into())
        }),
        (!item.tags_are_known()).then(|| {
            let message = format!(
                "{name} would be deleted and recreated, but its tags are not known and would be lost"
            );
            let help = "plan against the live service, or take a snapshot that includes tags";
            Refusal::of(item, RefusalCode::TagsUnknown, message, help.into())
        }),
        (!unknown.is_empty()).then(|| {
            let message = format!(
                "{name} would be deleted and recreated, but this version does not know {} and would lose it",
                unknown.join(", ")
            );
            let help = "use a newer rekon, or change this by other means";
            Refusal::of(item, RefusalCode::MembersUnknown, message, help.into())
        }),
    ];
    rules.into_iter().flatten().collect()
}

/// What the account and region hold beside what the files declare.
pub(super) fn undeclared(count: usize) -> Refusal {
    let (processors, are) = if count == 1 { ("processor", "is") } else { ("processors", "are") };
    Refusal {
        code: RefusalCode::Undeclared,
        name: None,
        message: format!(
            "{count} {processors} of this account and region {are} declared by no file, which --deny-undeclared forbids"
        ),
        help: Some("declare what is to stay; `rekon plan --verbose` names all of them".to_owned()),
    }
}

/// A creation or replacement whose stream another processor keeps.
pub(super) fn stream_held(item: &Item<'_>, held: &HeldStream) -> Refusal {
    let HeldStream { stream, holder, left_out, item: _ } = held;
    let name = item.name;
    if left_out.is_empty() {
        return Refusal::of(
            item,
            RefusalCode::StreamHeld,
            format!(
                "{name} needs {stream}, which {holder} holds; the service allows one processor a stream"
            ),
            format!(
                "give {name} another stream, or let {holder} go first: this plan does not delete it"
            ),
        );
    }
    let others: Vec<&str> = left_out.iter().map(ProcessorName::as_str).collect();
    let only: Vec<String> = others.iter().map(|other| format!("--only {other}")).collect();
    Refusal::of(
        item,
        RefusalCode::SwapCut,
        format!(
            "{name} takes over {stream} from {holder}, which gives it up only in a part of the plan that is left out"
        ),
        format!(
            "include {} as well: {}, without an --exclude that covers it, or with a higher --limit",
            others.join(" and "),
            only.join(" ")
        ),
    )
}
