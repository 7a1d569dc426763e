//! The least IAM policy that a command needs, as IAM takes it.
//!
//! Which actions can be bound to a resource, and by which conditions, is what the Service
//! Authorization Reference says of Amazon Rekognition, the Resource Groups Tagging API,
//! CloudTrail and IAM.
//!
//! Deliberately absent: `sts:GetCallerIdentity`, which everybody may call.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::desired::{Declaration, Desired, Marks};
use crate::model::{Attribute, Kind, STACK_TAG, TagScope};

/// How many characters a managed policy may have, white space apart.
pub const LONGEST: usize = 6144;

/// A command that asks the service for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// `rekon plan`; `rekon accept` and `rekon import` read the same.
    Plan,
    /// `rekon apply`.
    Apply,
    /// `rekon restore`.
    Restore,
    /// `rekon drift`, and whether it asks who changed something.
    Drift {
        /// Whether CloudTrail is asked.
        who: bool,
    },
    /// `rekon snapshot`.
    Snapshot,
}

/// Which processors may be written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// Those that the files declare, by name, and those that carry the stack's mark.
    Declared,
    /// Of any name, which takes few characters.
    Any,
}

/// A policy, whose members stand in the order in which people write them.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Policy {
    version: &'static str,
    statement: Vec<Statement>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    sid: &'static str,
    effect: &'static str,
    action: Vec<&'static str>,
    resource: Json,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<Json>,
}

/// Writes the policy of a command for a stack.
pub fn policy(verb: Verb, names: Names, desired: &Desired) -> Policy {
    let mut statements = reads(verb, desired);
    if matches!(verb, Verb::Apply | Verb::Restore) {
        statements.extend(writes(verb, names, desired));
    }
    Policy { version: "2012-10-17", statement: statements }
}

/// The characters of a policy that count.
pub fn length(policy: &Policy) -> usize {
    json!(policy).to_string().chars().filter(|letter| !letter.is_whitespace()).count()
}

fn reads(verb: Verb, desired: &Desired) -> Vec<Statement> {
    let mut listing = vec!["rekognition:ListStreamProcessors"];
    if verb != Verb::Snapshot {
        listing.push("tag:GetResources");
    }
    if verb == (Verb::Drift { who: true }) {
        listing.push("cloudtrail:LookupEvents");
    }
    let reading = ["rekognition:DescribeStreamProcessor", "rekognition:ListTagsForResource"];
    let here = json!({ "StringEquals": { "aws:RequestedRegion": desired.stack.region } });
    vec![
        // None of these can be bound to a resource.
        statement("List", &listing, json!("*"), Some(here)),
        // Every processor is described: what no file declares is counted.
        statement("Read", &reading, json!(any_processor(desired)), None),
    ]
}

fn writes(verb: Verb, names: Names, desired: &Desired) -> Vec<Statement> {
    let marked = desired.ownership.marks != Marks::None;
    // What was taken away may have been of another kind than what is declared.
    let updates = verb == Verb::Restore || has_kind(desired, Kind::LabelDetection);
    let untags = marked || desired.tag_policy.scope == TagScope::Exclusive;
    let mut writing =
        vec!["rekognition:CreateStreamProcessor", "rekognition:DeleteStreamProcessor"];
    writing.extend(["rekognition:StartStreamProcessor", "rekognition:StopStreamProcessor"]);
    writing.push("rekognition:TagResource");
    writing.extend(untags.then_some("rekognition:UntagResource"));
    writing.extend(updates.then_some("rekognition:UpdateStreamProcessor"));
    let declared = match names {
        Names::Declared => {
            let declared = desired.processors.keys();
            json!(
                declared
                    .map(|name| arn(desired, "streamprocessor", name.as_str()))
                    .collect::<Vec<_>>()
            )
        }
        Names::Any => json!(any_processor(desired)),
    };
    let mut statements = Vec::new();
    if names == Names::Any || !desired.processors.is_empty() {
        statements.push(statement("Write", &writing, declared, None));
    }
    if marked && names == Names::Declared {
        statements.extend(writes_by_mark(verb, desired));
    }
    let collections = texts(desired, &Attribute::CollectionId);
    if !collections.is_empty() {
        let arns: Vec<String> =
            collections.into_iter().map(|id| arn(desired, "collection", id)).collect();
        let create = ["rekognition:CreateStreamProcessor"];
        statements.push(statement("SearchFaces", &create, json!(arns), None));
    }
    let roles = texts(desired, &Attribute::RoleArn);
    if !roles.is_empty() {
        let to = json!({ "StringEquals": { "iam:PassedToService": "rekognition.amazonaws.com" } });
        statements.push(statement("PassRole", &["iam:PassRole"], json!(roles), Some(to)));
    }
    statements
}

/// What is done to a processor that no file declares any more: it is known by its mark.
fn writes_by_mark(verb: Verb, desired: &Desired) -> Vec<Statement> {
    let by_tag = |id, actions: &[&'static str], key: &str| {
        let key = format!("aws:{key}/{STACK_TAG}");
        let marked = json!({ "StringEquals": { key: desired.stack.name } });
        statement(id, actions, json!(any_processor(desired)), Some(marked))
    };
    let mut taking = vec!["rekognition:DeleteStreamProcessor", "rekognition:StopStreamProcessor"];
    taking.push("rekognition:UntagResource");
    if verb == Verb::Apply {
        return vec![by_tag("Prune", &taking, "ResourceTag")];
    }
    taking.extend(["rekognition:StartStreamProcessor", "rekognition:UpdateStreamProcessor"]);
    let creating = ["rekognition:CreateStreamProcessor", "rekognition:TagResource"];
    vec![by_tag("BringBack", &creating, "RequestTag"), by_tag("AsItWas", &taking, "ResourceTag")]
}

fn statement(
    sid: &'static str,
    actions: &[&'static str],
    resource: Json,
    condition: Option<Json>,
) -> Statement {
    Statement { sid, effect: "Allow", action: actions.to_vec(), resource, condition }
}

fn any_processor(desired: &Desired) -> String {
    arn(desired, "streamprocessor", "*")
}

fn arn(desired: &Desired, resource: &str, name: &str) -> String {
    let (region, account) = (&desired.stack.region, &desired.stack.account_id);
    format!("arn:{}:rekognition:{region}:{account}:{resource}/{name}", partition(region))
}

/// The partition that a region is in.
fn partition(region: &str) -> &'static str {
    let partitions = [("cn-", "aws-cn"), ("us-gov-", "aws-us-gov")];
    let found = partitions.into_iter().find(|(start, _)| region.starts_with(start));
    found.map_or("aws", |(_, partition)| partition)
}

fn has_kind(desired: &Desired, kind: Kind) -> bool {
    desired.processors.values().any(|declaration| declaration.definition.kind() == kind)
}

/// What the declared processors have of a text, each once.
fn texts<'a>(desired: &'a Desired, attribute: &Attribute) -> BTreeSet<&'a str> {
    let text = |declaration: &'a Declaration| declaration.definition.text(attribute);
    desired.processors.values().filter_map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Loaded;
    use crate::desired::resolve;

    fn desired(stack: &str, processors: &str) -> Desired {
        let text = format!(
            "[stack]\nname = \"home\"\naccount_id = \"111122223333\"\n{stack}\n\
             [defaults]\nrole_arn = \"arn:aws:iam::111122223333:role/Streams\"\n{processors}"
        );
        let checked = resolve(&Loaded::from_texts([("rekon.toml", text.as_str())]));
        checked.desired.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics))
    }

    fn written(verb: Verb, names: Names, desired: &Desired) -> Json {
        json!(policy(verb, names, desired))
    }

    const HOME: &str = "\
        [processor.porch]\n\
        input.kinesis_video_stream.arn = \"arn:aws:kinesisvideo:us-east-1:111122223333:stream/porch/1\"\n\
        output.s3_destination.bucket = \"results\"\n\
        settings.connected_home.labels = [\"PET\"]\n";
    const FACE: &str = "\
        [processor.lobby]\n\
        input.kinesis_video_stream.arn = \"arn:aws:kinesisvideo:us-east-1:111122223333:stream/lobby/1\"\n\
        output.kinesis_data_stream.arn = \"arn:aws:kinesis:us-east-1:111122223333:stream/lobby\"\n\
        settings.face_search.collection_id = \"staff\"\n";
    const HERE: &str = "region = \"us-east-1\"";

    /// The statements by their names.
    fn of(policy: &Json) -> std::collections::BTreeMap<&str, &Json> {
        let statements = policy["Statement"].as_array().unwrap().iter();
        statements.map(|one| (one["Sid"].as_str().unwrap(), one)).collect()
    }

    #[test]
    fn what_reads_may_not_write_and_what_asks_nobody_may_not_look() {
        let desired = desired(HERE, HOME);
        let actions = |verb| -> BTreeSet<String> {
            let policy = written(verb, Names::Declared, &desired);
            let actions = policy["Statement"].as_array().unwrap().iter();
            let actions = actions.flat_map(|one| one["Action"].as_array().unwrap().clone());
            actions.map(|action| action.as_str().unwrap().to_owned()).collect()
        };
        let snapshot = actions(Verb::Snapshot);
        assert_eq!(snapshot.len(), 3);
        let plan = actions(Verb::Plan);
        assert_eq!(plan.difference(&snapshot).collect::<Vec<_>>(), ["tag:GetResources"]);
        assert_eq!(actions(Verb::Drift { who: false }), plan);
        let who = actions(Verb::Drift { who: true });
        assert_eq!(who.difference(&plan).collect::<Vec<_>>(), ["cloudtrail:LookupEvents"]);
        assert!(actions(Verb::Apply).is_superset(&plan));
    }

    #[test]
    fn writes_are_bound_to_names_to_the_mark_and_to_what_is_passed_on() {
        let policy =
            written(Verb::Apply, Names::Declared, &desired(HERE, &format!("{HOME}{FACE}")));
        let of = of(&policy);
        let arn = |rest: &str| format!("arn:aws:rekognition:us-east-1:111122223333:{rest}");
        let written = [arn("streamprocessor/lobby"), arn("streamprocessor/porch")];
        assert_eq!(of["Write"]["Resource"], json!(written));
        assert_eq!(
            of["Prune"]["Condition"],
            json!({"StringEquals": {"aws:ResourceTag/rekon:stack": "home"}})
        );
        assert!(!of.contains_key("BringBack"));
        assert_eq!(of["SearchFaces"]["Resource"], json!([arn("collection/staff")]));
        assert_eq!(of["PassRole"]["Resource"], json!(["arn:aws:iam::111122223333:role/Streams"]));
        assert_eq!(
            of["PassRole"]["Condition"],
            json!({"StringEquals": {"iam:PassedToService": "rekognition.amazonaws.com"}})
        );
    }

    #[test]
    fn a_restore_creates_what_carries_the_mark_whatever_its_name() {
        let policy = written(Verb::Restore, Names::Declared, &desired(HERE, HOME));
        let of = of(&policy);
        assert_eq!(of["BringBack"]["Resource"], of["Read"]["Resource"]);
        let condition = json!({"StringEquals": {"aws:RequestTag/rekon:stack": "home"}});
        assert_eq!(of["BringBack"]["Condition"], condition);
        assert!(!of.contains_key("Prune"));
    }

    #[test]
    fn what_no_run_could_need_is_not_in_it() {
        let unmarked = format!("{HERE}\nownership = \"none\"");
        let face = written(Verb::Apply, Names::Declared, &desired(&unmarked, FACE));
        let face_of = of(&face);
        assert!(!face_of.contains_key("Prune"));
        let actions = face_of["Write"]["Action"].as_array().unwrap();
        for action in ["UpdateStreamProcessor", "UntagResource"] {
            assert!(!actions.contains(&json!(format!("rekognition:{action}"))), "{action}");
        }
        let home = written(Verb::Apply, Names::Declared, &desired(&unmarked, HOME));
        assert!(!of(&home).contains_key("SearchFaces"));
        let exclusive = format!("{unmarked}\ntags = \"exclusive\"");
        let home = written(Verb::Apply, Names::Declared, &desired(&exclusive, HOME));
        let actions = of(&home)["Write"]["Action"].clone();
        assert!(actions.as_array().unwrap().contains(&json!("rekognition:UntagResource")));
    }

    #[test]
    fn a_stack_without_processors_may_still_prune() {
        let policy = written(Verb::Apply, Names::Declared, &desired(HERE, ""));
        assert_eq!(of(&policy).into_keys().collect::<Vec<_>>(), ["List", "Prune", "Read"]);
    }

    #[test]
    fn the_partition_follows_from_the_region() {
        assert_eq!(partition("us-east-1"), "aws");
        assert_eq!(partition("cn-north-1"), "aws-cn");
        assert_eq!(partition("us-gov-west-1"), "aws-us-gov");
    }

    #[test]
    fn any_name_is_short_however_many_there_are() {
        let many: String =
            (0..200).map(|at| HOME.replace("porch", &format!("camera-{at}"))).collect();
        let desired = desired(HERE, &many);
        assert!(length(&super::policy(Verb::Apply, Names::Declared, &desired)) > LONGEST);
        let any = super::policy(Verb::Apply, Names::Any, &desired);
        assert!(length(&any) < LONGEST);
        assert_eq!(of(&json!(any))["Write"]["Resource"], json!(any_processor(&desired)));
    }
}
