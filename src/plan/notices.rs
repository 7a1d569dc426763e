//! What a plan has to say beside its changes: what was not read, what is not
//! known, what has failed.

use super::Planning;
use super::item::{Item, Work};
use super::ownership::Owner;
use super::question::manages_tags;
use super::unread::matters;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Attribute, LiveProcessor, RECORD_TAG, ReadProblem, STACK_TAG, Status};

/// How many names a diagnostic lists.
const MOST_NAMES: usize = 10;

/// Everything that there is to say of the live side.
pub(super) fn notices(planning: &Planning<'_>) -> Vec<Diagnostic> {
    let Planning { desired, live, items, chosen, .. } = planning;
    let mut found: Vec<Diagnostic> = live
        .problems
        .iter()
        .map(|problem| unread(problem, matters(problem, desired, live, items)))
        .collect();
    let covered = || chosen.iter().map(|index| &items[*index]);
    let unknown: Vec<&str> = covered()
        .filter(|item| !item.tags_are_known() && manages_tags(item, desired))
        .map(|item| item.name.as_str())
        .collect();
    if !unknown.is_empty() {
        found.push(tags_unknown(&unknown));
    }
    found.extend(adopted(covered().filter(|item| item.is_adopted())));
    let gone = items.iter().filter(|item| item.waits && item.declaration.is_none());
    found.extend(left(covered().chain(gone)));
    found.extend(unbound(items.iter().filter(|item| item.work == Work::Leave)));
    for item in covered() {
        let Some(live) = item.live else { continue };
        found.extend(kms_key_unclear(item, live));
        found.extend(failed(item, live));
        found.extend(members_unknown(item, live));
    }
    found
}

/// The first of many names, and how many more there are.
fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = names.len().saturating_sub(MOST_NAMES);
    let listed: Vec<&str> = names.take(MOST_NAMES).collect();
    match more {
        0 => listed.join(", "),
        more => format!("{} and {more} more", listed.join(", ")),
    }
}

/// Processors that get rekon's marks, which others see too.
fn adopted<'a>(items: impl Iterator<Item = &'a Item<'a>>) -> Option<Diagnostic> {
    let names: Vec<&str> = items.map(|item| item.name.as_str()).collect();
    if names.is_empty() {
        return None;
    }
    let message = format!(
        "{} of rekon's own tags, {STACK_TAG} and {RECORD_TAG}, which also reach the consumers of notifications",
        match names.len() {
            1 => format!("{} gets two", names[0]),
            many => format!("{many} processors get two"),
        }
    );
    Some(Diagnostic::new(Code::Adopts, message).help(
        "where Terraform manages other resources of the account, keep its provider off them:\nignore_tags {\n  key_prefixes = [\"rekon:\"]\n}",
    ))
}

/// What differs and is left as it lives: attributes, and what the files changed about the
/// whole of a processor.
fn left<'a>(items: impl Iterator<Item = &'a Item<'a>>) -> Option<Diagnostic> {
    let of = |item: &'a Item<'a>| {
        let whole = item.waits.then(|| match (item.declaration, item.live) {
            (None, _) => "its table".to_owned(),
            (Some(_), None) => "its new name".to_owned(),
            (Some(_), Some(_)) => "its marks".to_owned(),
        });
        let paths = item.held.iter().map(|one| one.attribute.to_string());
        let paths: Vec<String> = whole.into_iter().chain(paths).collect();
        (!paths.is_empty()).then(|| format!("{} ({})", item.name, paths.join(", ")))
    };
    let told: Vec<String> = items.filter_map(of).collect();
    (!told.is_empty()).then(|| {
        let told = listed(told.iter().map(String::as_str));
        let message = format!("what differs is left as it is of {told}");
        Diagnostic::new(Code::LeftAlone, message)
            .help("a plan without --drift and --no-config, or `rekon drift`, shows it")
    })
}

/// Processors with this stack's mark and no record that binds them to it.
fn unbound<'a>(items: impl Iterator<Item = &'a Item<'a>>) -> Option<Diagnostic> {
    let marked = items.filter(|item| item.owner == Owner::Own(None));
    let names: Vec<&str> = marked.map(|item| item.name.as_str()).collect();
    (!names.is_empty()).then(|| {
        let message = format!(
            "{} carries this stack's mark and no record that was written for it, so it is left alone",
            listed(names.iter().copied())
        );
        Diagnostic::new(Code::UnboundMark, message)
            .help("declare it to manage it; a mark may have been copied with all other tags")
    })
}

/// Processors whose tags the files manage and nobody has read.
fn tags_unknown(names: &[&str]) -> Diagnostic {
    let names = listed(names.iter().copied());
    Diagnostic::new(Code::TagsUnknown, format!("the tags of {names} are not known"))
        .help("no change of tags is planned for them; plan against the service, or take a snapshot with tags")
}

/// What was not read, and why.
fn unread(problem: &ReadProblem, matters: bool) -> Diagnostic {
    let what = match &problem.names {
        None => "an unknown part of the fleet".to_owned(),
        Some(names) => listed(names.iter().map(String::as_str)),
    };
    let message = format!("{what} could not be read: {}", problem.reason);
    match matters {
        true => Diagnostic::new(Code::IncompleteRead, message)
            .help("mend the cause and plan again; until then nothing can be applied"),
        false => Diagnostic::new(Code::UndeclaredUnread, message)
            .help("no file declares it, and this plan takes nothing that it could hold"),
    }
}

fn kms_key_unclear(item: &Item<'_>, live: &LiveProcessor) -> Option<Diagnostic> {
    let declaration = item.declaration.filter(|_| item.kms_key_unclear)?;
    let place = declaration.place(&Attribute::KmsKeyId);
    let declared = declaration.definition.text(&Attribute::KmsKeyId).unwrap_or_default();
    let shown = live.definition.text(&Attribute::KmsKeyId).unwrap_or_default();
    let message = format!("{}: whether {declared} is {shown} is not known here", item.name);
    Some(
        Diagnostic::new(Code::KmsKeyUnclear, message)
            .label(
                place.map_or(declaration.span, |place| place.span),
                format!("the service shows {shown}"),
            )
            .help(format!("write kms_key_id = \"{shown}\" if they are the same key")),
    )
}

fn failed(item: &Item<'_>, live: &LiveProcessor) -> Option<Diagnostic> {
    if live.status != Status::Failed {
        return None;
    }
    let message = match &live.status_message {
        Some(message) => format!("{} has FAILED: {message}", item.name),
        None => format!("{} has FAILED", item.name),
    };
    let diagnostic = Diagnostic::new(Code::ProcessorFailed, message)
        .help("mend the cause; a processor that failed can be started again");
    Some(match item.declaration {
        Some(declaration) => diagnostic.label(declaration.span, "declared here"),
        None => diagnostic,
    })
}

fn members_unknown(item: &Item<'_>, live: &LiveProcessor) -> Option<Diagnostic> {
    let (declaration, unknown) = (item.declaration?, &live.unknown);
    if unknown.is_empty() {
        return None;
    }
    let message =
        format!("{} has {}, which this version does not know", item.name, unknown.join(", "));
    Some(
        Diagnostic::new(Code::MembersUnknown, message)
            .label(declaration.span, "declared here")
            .help("it is left as it is; a replacement would lose it and is refused"),
    )
}
