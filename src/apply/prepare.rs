//! A plan, checked and taken apart for execution.

use std::collections::{BTreeMap, BTreeSet};

use super::ApplyError;
use super::target::{Target, target};
use crate::aws::Request;
use crate::live;
use crate::model::{Processor, from_json};
use crate::plan::{Change, FORMAT_VERSION, Operation, Plan};

/// A plan whose every request can be sent and every expectation be compared.
/// Calls, subjects and units are named by their positions.
#[derive(Debug)]
pub(super) struct Prepared {
    /// In the plan's order: each waits only for earlier ones.
    pub(super) calls: Vec<PreparedCall>,
    /// The processors, one for each change, in the plan's order.
    pub(super) subjects: Vec<Subject>,
    pub(super) units: Vec<Unit>,
}

/// One call.
#[derive(Debug)]
pub(super) struct PreparedCall {
    pub(super) id: String,
    pub(super) subject: usize,
    pub(super) operation: Operation,
    pub(super) request: Request,
    pub(super) after: Vec<usize>,
    /// What puts the old processors back when this call fails.
    pub(super) undo: Vec<UndoCall>,
}

/// One call of an undoing.
#[derive(Debug)]
pub(super) struct UndoCall {
    pub(super) subject: usize,
    pub(super) request: Request,
}

/// One processor of the plan.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) name: String,
    /// What must be there before anything begins; `None`: nothing.
    pub(super) expect: Option<Processor>,
    pub(super) target: Target,
    /// Keys of tags that the plan changes.
    pub(super) tag_keys: BTreeSet<String>,
    pub(super) calls: Vec<usize>,
    pub(super) unit: usize,
}

/// Processors that are put back together when one of them fails: mostly one,
/// and all members of a replacement that exchanges streams.
#[derive(Debug, Default)]
pub(super) struct Unit {
    pub(super) subjects: Vec<usize>,
    pub(super) calls: Vec<usize>,
}

impl Prepared {
    /// Whether a processor has a call of this operation.
    pub(super) fn has(&self, subject: usize, operation: Operation) -> bool {
        self.subjects[subject].calls.iter().any(|call| self.calls[*call].operation == operation)
    }

    /// Whether a processor's tags have to be as expected before it begins:
    /// they are changed, or would be lost.
    pub(super) fn needs_tags(&self, subject: usize) -> bool {
        [Operation::TagResource, Operation::UntagResource, Operation::DeleteStreamProcessor]
            .into_iter()
            .any(|operation| self.has(subject, operation))
    }

    /// Whether a processor's calls say anything about its tags.
    pub(super) fn sets_tags(&self, subject: usize) -> bool {
        self.subjects[subject].calls.iter().any(|call| {
            let call = &self.calls[*call];
            match call.operation {
                Operation::TagResource | Operation::UntagResource => true,
                Operation::CreateStreamProcessor => call.request.json().get("Tags").is_some(),
                _ => false,
            }
        })
    }
}

/// Checks that the plan may be applied at all and that it is whole.
pub(super) fn prepare(plan: &Plan) -> Result<Prepared, ApplyError> {
    let major = |version: &str| version.split('.').next().and_then(|part| part.parse().ok());
    let ours: Option<u64> = major(FORMAT_VERSION);
    match major(&plan.format_version) {
        Some(theirs) if Some(theirs) <= ours => {}
        _ => return Err(ApplyError::NewerFormat(plan.format_version.clone())),
    }
    if !plan.complete {
        return Err(ApplyError::Incomplete);
    }
    if let Some(refusal) = plan.refusals.first() {
        return Err(ApplyError::Refused(Box::new(refusal.clone())));
    }

    let mut subject_of: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, change) in plan.changes.iter().enumerate() {
        if subject_of.insert(&change.name, index).is_some() {
            return Err(damaged(format!("{} is there twice", change.name)));
        }
    }
    let calls = calls(plan, &subject_of)?;
    let mut own = vec![Vec::new(); plan.changes.len()];
    for (index, call) in calls.iter().enumerate() {
        own[call.subject].push(index);
    }
    let subjects = plan.changes.iter().zip(own).map(|(change, own)| subject(change, own, &calls));
    let mut subjects: Vec<Subject> = subjects.collect::<Result<_, _>>()?;
    let units = units(&calls, &mut subjects);
    Ok(Prepared { calls, subjects, units })
}

fn damaged(reason: String) -> ApplyError {
    ApplyError::Damaged(reason)
}

fn calls(plan: &Plan, subject_of: &BTreeMap<&str, usize>) -> Result<Vec<PreparedCall>, ApplyError> {
    let find = |name: &str, id: &str| {
        subject_of
            .get(name)
            .copied()
            .ok_or_else(|| damaged(format!("call {id} is about {name}, which does not change")))
    };
    let mut position: BTreeMap<&str, usize> = BTreeMap::new();
    let mut calls = Vec::with_capacity(plan.calls.len());
    for (index, call) in plan.calls.iter().enumerate() {
        let after = call.after.iter().map(|id| position.get(id.as_str()).copied());
        let after: Option<Vec<usize>> = after.collect();
        let after = after.ok_or_else(|| {
            damaged(format!("call {} waits for one that does not come before it", call.id))
        })?;
        let undo = call.on_failure.iter().flatten().map(|fallback| {
            let request = Request::new(&fallback.processor, fallback.operation, &fallback.request)?;
            check_scope(plan, &request)?;
            Ok(UndoCall { subject: find(&fallback.processor, &call.id)?, request })
        });
        let request = Request::new(&call.processor, call.operation, &call.request)?;
        check_scope(plan, &request)?;
        calls.push(PreparedCall {
            id: call.id.clone(),
            subject: find(&call.processor, &call.id)?,
            operation: call.operation,
            request,
            after,
            undo: undo.collect::<Result<_, ApplyError>>()?,
        });
        if position.insert(&call.id, index).is_some() {
            return Err(damaged(format!("call {} is there twice", call.id)));
        }
    }
    Ok(calls)
}

/// A request about tags names its resource by ARN, which must be of the plan's
/// account and region.
fn check_scope(plan: &Plan, request: &Request) -> Result<(), ApplyError> {
    let Some(arn) = request.resource_arn() else { return Ok(()) };
    let mut parts = arn.split(':').skip(3);
    if (parts.next(), parts.next()) == (Some(&plan.stack.region), Some(&plan.stack.account_id)) {
        Ok(())
    } else {
        Err(damaged(format!("{arn} is not of the plan's account and region")))
    }
}

fn subject(
    change: &Change,
    own: Vec<usize>,
    calls: &[PreparedCall],
) -> Result<Subject, ApplyError> {
    if !own.iter().map(|call| &calls[*call].id).eq(&change.calls) {
        return Err(damaged(format!("the calls of {} are not those that it lists", change.name)));
    }
    let expect = change.expect.as_ref().map(from_json).transpose();
    let expect =
        expect.map_err(|error| damaged(format!("what {} expects: {error}", change.name)))?;
    let tag_keys = change
        .attributes
        .iter()
        .filter_map(|attribute| Some(attribute.path.strip_prefix("tags.")?.to_owned()));
    let mut target = target(change).map_err(damaged)?;
    if let Target::Holds(wanted) = &mut target {
        spell_as_created(wanted, &own, calls)?;
    }
    Ok(Subject {
        name: change.name.clone(),
        expect,
        target,
        tag_keys: tag_keys.collect(),
        calls: own,
        unit: 0,
    })
}

/// Takes over how a creation spells the definition. What was not changed is
/// expected as it lived, but a processor that is created again has what its
/// request says: an alias for the key behind it, no confidence for the default.
fn spell_as_created(
    wanted: &mut Processor,
    own: &[usize],
    calls: &[PreparedCall],
) -> Result<(), ApplyError> {
    let mut requests = own.iter().map(|call| &calls[*call].request);
    let creation = requests.find(|request| request.operation() == Operation::CreateStreamProcessor);
    if let Some(request) = creation {
        let created =
            live::processor(request.json()).map_err(|error| damaged(error.to_string()))?;
        let (tags, run_state) = (std::mem::take(&mut wanted.tags), wanted.run_state);
        *wanted = Processor { tags, run_state, ..created };
    }
    Ok(())
}

/// Joins the processors that an undoing names together.
fn units(calls: &[PreparedCall], subjects: &mut [Subject]) -> Vec<Unit> {
    let mut parent: Vec<usize> = (0..subjects.len()).collect();
    fn root(parent: &mut [usize], mut of: usize) -> usize {
        while parent[of] != of {
            parent[of] = parent[parent[of]];
            of = parent[of];
        }
        of
    }
    for call in calls {
        for undo in &call.undo {
            let (one, other) = (root(&mut parent, call.subject), root(&mut parent, undo.subject));
            parent[one.max(other)] = one.min(other);
        }
    }
    let mut units: Vec<Unit> = Vec::new();
    let mut unit_of_root = BTreeMap::new();
    for (index, subject) in subjects.iter_mut().enumerate() {
        let root = root(&mut parent, index);
        let unit = *unit_of_root.entry(root).or_insert_with(|| {
            units.push(Unit::default());
            units.len() - 1
        });
        subject.unit = unit;
        units[unit].subjects.push(index);
        units[unit].calls.extend(&subject.calls);
    }
    for unit in &mut units {
        unit.calls.sort_unstable();
    }
    units
}
