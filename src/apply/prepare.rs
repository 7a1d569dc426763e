//! A plan, checked and indexed for execution.

use std::collections::{BTreeMap, BTreeSet};

use super::ApplyError;
use crate::aws::Request;
use crate::model::{Attribute, Definition, RECORD_TAG, STACK_TAG};
use crate::plan::{CallId, Change, FORMAT_VERSION, Operation, Plan};

/// A plan whose every request can be sent. Calls, subjects and groups are named
/// by their positions.
#[derive(Debug)]
pub(super) struct Prepared {
    /// In the plan's order: each waits only for earlier ones.
    pub(super) calls: Vec<PreparedCall>,
    /// The processors, one for each change, in the plan's order.
    pub(super) subjects: Vec<Subject>,
    pub(super) groups: Vec<Group>,
}

/// One call.
#[derive(Debug)]
pub(super) struct PreparedCall {
    pub(super) id: CallId,
    pub(super) subject: usize,
    pub(super) operation: Operation,
    pub(super) request: Request,
    /// Calls that have to be done before.
    pub(super) after: Vec<usize>,
    /// Subjects that have to be verified before.
    pub(super) after_verified: Vec<usize>,
    /// What puts the old processors back when this call fails.
    pub(super) fallback: Vec<FallbackStep>,
}

/// One call of a rollback.
#[derive(Debug)]
pub(super) struct FallbackStep {
    pub(super) subject: usize,
    pub(super) request: Request,
}

/// One processor of the plan.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) name: String,
    /// What must be there before anything begins; `None`: nothing.
    pub(super) expect: Option<Definition>,
    /// What is there in the end; `None`: nothing.
    pub(super) result: Option<Definition>,
    /// Keys of tags that the plan changes.
    pub(super) tag_keys: BTreeSet<String>,
    pub(super) calls: Vec<usize>,
    pub(super) group: usize,
}

/// Processors that only work out together: mostly one, and all members of a
/// replacement that exchanges streams.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) subjects: Vec<usize>,
    pub(super) calls: Vec<usize>,
    /// Whether anything is deleted in it.
    pub(super) destroys: bool,
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

    /// The group of a call.
    pub(super) fn group_of(&self, call: usize) -> usize {
        self.subjects[self.calls[call].subject].group
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
    let index = Index::new(plan)?;
    let calls: Vec<PreparedCall> =
        plan.calls.iter().map(|call| index.call(call)).collect::<Result<_, _>>()?;
    let mut own = vec![Vec::new(); plan.changes.len()];
    for (at, call) in calls.iter().enumerate() {
        own[call.subject].push(at);
    }
    let mut groups: Vec<Group> = Vec::new();
    let mut positions: BTreeMap<&str, usize> = BTreeMap::new();
    let mut subjects: Vec<Subject> = Vec::with_capacity(plan.changes.len());
    for (at, (change, own)) in plan.changes.iter().zip(own).enumerate() {
        if !own.iter().map(|call| &calls[*call].id).eq(&change.calls) {
            let name = &change.name;
            return Err(damaged(format!("the calls of {name} are not those that it lists")));
        }
        let group = *positions.entry(&change.group).or_insert(groups.len());
        if group == groups.len() {
            groups.push(Group::default());
        }
        groups[group].subjects.push(at);
        groups[group].calls.extend(&own);
        subjects.push(subject(change, own, group));
    }
    for group in &mut groups {
        group.calls.sort_unstable();
        let deletes = |call: &usize| calls[*call].operation == Operation::DeleteStreamProcessor;
        group.destroys = group.calls.iter().any(deletes);
    }
    Ok(Prepared { calls, subjects, groups })
}

fn damaged(reason: String) -> ApplyError {
    ApplyError::Damaged(reason)
}

/// Where everything stands in a plan, by name.
struct Index<'a> {
    plan: &'a Plan,
    subjects: BTreeMap<&'a str, usize>,
    calls: BTreeMap<&'a str, usize>,
}

impl<'a> Index<'a> {
    fn new(plan: &'a Plan) -> Result<Index<'a>, ApplyError> {
        let mut subjects = BTreeMap::new();
        for (at, change) in plan.changes.iter().enumerate() {
            if subjects.insert(change.name.as_str(), at).is_some() {
                return Err(damaged(format!("{} is there twice", change.name)));
            }
        }
        let mut calls = BTreeMap::new();
        for (at, call) in plan.calls.iter().enumerate() {
            if calls.insert(call.id.as_str(), at).is_some() {
                return Err(damaged(format!("call {} is there twice", call.id)));
            }
        }
        Ok(Index { plan, subjects, calls })
    }

    fn subject(&self, name: &str, call: &str) -> Result<usize, ApplyError> {
        let found = self.subjects.get(name).copied();
        found.ok_or_else(|| damaged(format!("call {call} is about {name}, which does not change")))
    }

    fn call(&self, call: &crate::plan::Call) -> Result<PreparedCall, ApplyError> {
        let own = self.calls[call.id.as_str()];
        let earlier = |id: &String| {
            let found = self.calls.get(id.as_str()).copied().filter(|other| *other < own);
            found.ok_or_else(|| {
                damaged(format!("call {} waits for one that does not come before it", call.id))
            })
        };
        let fallback = call.on_failure.iter().flatten().map(|step| {
            let request = Request::new(&step.processor, step.operation, &step.request)?;
            self.check_scope(&request)?;
            Ok(FallbackStep { subject: self.subject(&step.processor, &call.id)?, request })
        });
        let verified = call.after_verified.iter().map(|name| self.subject(name, &call.id));
        let request = Request::new(&call.processor, call.operation, &call.request)?;
        self.check_scope(&request)?;
        Ok(PreparedCall {
            id: call.id.clone(),
            subject: self.subject(&call.processor, &call.id)?,
            operation: call.operation,
            request,
            after: call.after.iter().map(earlier).collect::<Result<_, _>>()?,
            after_verified: verified.collect::<Result<_, _>>()?,
            fallback: fallback.collect::<Result<_, ApplyError>>()?,
        })
    }

    /// A request about tags names its resource by ARN, which must be of the plan's
    /// account and region.
    fn check_scope(&self, request: &Request) -> Result<(), ApplyError> {
        let Some(arn) = request.resource_arn() else { return Ok(()) };
        let stack = &self.plan.stack;
        let mut parts = arn.split(':').skip(3);
        if (parts.next(), parts.next()) == (Some(&stack.region), Some(&stack.account_id)) {
            Ok(())
        } else {
            Err(damaged(format!("{arn} is not of the plan's account and region")))
        }
    }
}

/// Whether a mark is put on, changed or taken away.
fn differs(change: &Change, key: &str) -> bool {
    let tag = |definition: &Option<Definition>| {
        let attribute = Attribute::Tag(key.into());
        definition.as_ref().and_then(|definition| definition.get(&attribute).cloned())
    };
    tag(&change.expect) != tag(&change.result)
}

fn subject(change: &Change, calls: Vec<usize>, group: usize) -> Subject {
    let tags = change.attributes.iter().filter_map(|change| change.attribute.tag());
    let marks = [STACK_TAG, RECORD_TAG].into_iter().filter(|key| differs(change, key));
    Subject {
        name: change.name.clone(),
        expect: change.expect.clone(),
        result: change.result.clone(),
        tag_keys: tags.chain(marks).map(str::to_owned).collect(),
        calls,
        group,
    }
}
