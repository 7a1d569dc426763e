//! What a change of the files means, with no service to ask: the plan that leads from what
//! one project leaves when it is applied to what another one says.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::build::{Options, items, plan};
use super::item::Intent;
use super::{Against, Plan};
use crate::desired::{Desired, Lifecycle};
use crate::diagnostic::{Code, Diagnostic, Sources};
use crate::model::{
    Attribute, Kind, Live, LiveProcessor, ProcessorName, RunState, Status, TagKnowledge, Value,
};

/// Plans how to get from `base`, applied, to `desired`. `name` is what the base is called;
/// such a plan is never applied.
pub fn between(
    base: &Arc<Desired>,
    name: &str,
    desired: &Desired,
    sources: &Sources,
    warnings: &[Diagnostic],
    options: &Options,
) -> Plan {
    let live = applied(base, desired);
    let options = Options { base: Some(Arc::clone(base)), ..options.clone() };
    let notes: Vec<Diagnostic> = warnings.iter().cloned().chain(settings(base, desired)).collect();
    let mut plan = plan(desired, sources, &notes, &live, &options);
    for change in &mut plan.changes {
        let unmanaged = base.processors.get(change.name.as_str()).is_some_and(|declaration| {
            declaration.definition.kind() == Kind::FaceSearch
                && declaration.definition.run_state().is_none()
        });
        if !unmanaged {
            continue;
        }
        let attributes = change.attributes.iter_mut();
        for one in attributes.filter(|one| one.attribute == Attribute::DesiredStatus) {
            one.before = None;
        }
        if let Some(expect) = &mut change.expect {
            expect.set(Attribute::DesiredStatus, None);
        }
    }
    plan.base = Some(name.to_owned());
    plan
}

impl Plan {
    /// What it was made against, as far as the plan itself says.
    pub fn against(&self) -> Option<Against> {
        let files = self.base.as_ref().map(|base| Against::Files { base: base.clone() });
        files.or_else(|| self.made.as_ref().map(|made| made.against.clone()))
    }
}

/// What lives once the files are applied where nothing was.
fn applied(base: &Desired, desired: &Desired) -> Live {
    let nothing = Live::default();
    if elsewhere(base, desired) {
        return nothing;
    }
    let born = items(base, &nothing, None, Intent::default()).into_iter().map(|item| {
        let mut definition = item.after.into_owned();
        definition.tags = TagKnowledge::Confirmed;
        let name = item.name.clone();
        if definition.kind() == Kind::FaceSearch && definition.run_state().is_none() {
            // Whatever it does, the files begin to manage it.
            let managed = desired.processors.get(&name).and_then(|new| new.definition.run_state());
            let assumed = match managed {
                Some(RunState::Stopped) => RunState::Running,
                Some(RunState::Running) | None => RunState::Stopped,
            };
            definition.set(Attribute::DesiredStatus, Some(Value::text(assumed.as_str())));
        }
        let status = match definition.run_state() {
            Some(RunState::Running) => Status::Running,
            Some(RunState::Stopped) | None => Status::Stopped,
        };
        let arn = base.stack.arn(&name);
        let live =
            LiveProcessor { definition, arn, status, status_message: None, unknown: Vec::new() };
        (name, live)
    });
    Live { processors: born.collect(), ..nothing }
}

/// Whether the two are of different accounts or regions, and so of different fleets.
fn elsewhere(base: &Desired, desired: &Desired) -> bool {
    let place =
        |desired: &Desired| (desired.stack.account_id.clone(), desired.stack.region.clone());
    place(base) != place(desired)
}

/// Says which settings differ that make no difference to what is declared.
fn settings(base: &Desired, desired: &Desired) -> Option<Diagnostic> {
    let lifecycles = |desired: &Desired| -> BTreeMap<ProcessorName, Lifecycle> {
        let processors = desired.processors.iter();
        processors.map(|(name, one)| (name.clone(), one.lifecycle.clone())).collect()
    };
    let (before, after) = (lifecycles(base), lifecycles(desired));
    let edited =
        after.iter().filter(|(name, one)| before.get(*name).is_some_and(|old| old != *one));
    let edited = edited.count();
    let lifecycle = match edited {
        1 => "the lifecycle of a processor".to_owned(),
        number => format!("the lifecycles of {number} processors"),
    };
    let moves = [
        (base.stack.name != desired.stack.name, "the stack's name".to_owned()),
        (elsewhere(base, desired), "the account or region, where all is new".to_owned()),
        (base.tag_policy != desired.tag_policy, "which tags are managed".to_owned()),
        (base.ownership != desired.ownership, "what is known to be the stack's".to_owned()),
        (base.guard != desired.guard, "the guard".to_owned()),
        (base.drift_ignores != desired.drift_ignores, "what drift ignores".to_owned()),
        (edited > 0, lifecycle),
    ];
    let moved: Vec<String> =
        moves.into_iter().filter(|(moves, _)| *moves).map(|(_, what)| what).collect();
    let message = format!("the files also change {}", moved.join(", "));
    (!moved.is_empty()).then(|| {
        Diagnostic::new(Code::SettingsDiffer, message)
            .help("what that does depends on what lives: rekon plan shows it")
    })
}
