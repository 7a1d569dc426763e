//! Policies, held against what the service is really asked for: nothing that a run needs is
//! missing, and nothing is allowed that no run asks for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rekon::emulator::{Emulator, Operation, State};
use serde_json::{Value, json};

use crate::applying::world::with_faults;
use crate::support::{rekon, remembering};
use crate::world::camera::{ACCOUNT, REGION};
use crate::world::served::{Served, Verdict, write_files};

fn arn(resource: &str) -> String {
    format!("arn:aws:rekognition:{REGION}:{ACCOUNT}:{resource}")
}

/// A service, the names of what it holds with their tags, and the policy that is kept to.
struct Judge {
    served: Served,
    /// The tags of each processor, as the calls that were judged left them.
    tags: BTreeMap<String, Value>,
    judged: usize,
    used: BTreeSet<String>,
}

impl Judge {
    async fn new(processors: Value, faults: &[&str]) -> Judge {
        let options = remembering(with_faults(faults));
        let snapshot = json!({"account_id": ACCOUNT, "region": REGION, "complete": true,
            "format_version": "1.0", "processors": processors});
        let state = State::from_snapshot(&snapshot, &options).unwrap();
        let served = Served::new(Emulator::new(options, state), |_| Verdict::Answer).await;
        let held = processors.as_array().unwrap().iter();
        let tags = held.map(|wire| {
            (
                wire["Name"].as_str().unwrap().to_owned(),
                wire.get("Tags").cloned().unwrap_or_default(),
            )
        });
        Judge { tags: tags.collect(), served, judged: 0, used: BTreeSet::new() }
    }

    /// Runs a command, whose exit code is to be this, and judges what it asked for.
    async fn run(&mut self, policy: &Value, args: &[&str], code: i32) {
        let mut command = self.served.rekon(args);
        let run = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        let said = format!("{}{said}", String::from_utf8_lossy(&run.stdout));
        assert_eq!(run.status.code(), Some(code), "{args:?}: {said}");
        let calls = self.served.emulator.journal();
        for call in &calls[self.judged..] {
            let request = Value::Object(call.request.clone());
            self.judge(policy, call.operation, &request);
            let name = call.processor.clone().unwrap_or_default();
            if call.took_effect {
                let tags = self.tags.entry(name.clone()).or_default();
                match call.operation {
                    Operation::CreateStreamProcessor => *tags = request["Tags"].clone(),
                    Operation::TagResource => {
                        for (key, value) in request["Tags"].as_object().unwrap() {
                            tags[key] = value.clone();
                        }
                    }
                    Operation::DeleteStreamProcessor => drop(self.tags.remove(&name)),
                    _ => {}
                }
            }
        }
        self.judged = calls.len();
    }

    fn judge(&mut self, policy: &Value, operation: Operation, request: &Value) {
        let text = |member: &str| request[member].as_str().map(str::to_owned);
        let action = match operation {
            Operation::GetCallerIdentity => return,
            Operation::GetResources => "tag:GetResources".to_owned(),
            other => format!("rekognition:{}", other.name()),
        };
        let named = text("Name").map(|name| arn(&format!("streamprocessor/{name}")));
        let resource = text("ResourceArn").or(named).unwrap_or_else(|| "*".to_owned());
        let name = resource.rsplit_once('/').map_or("", |(_, name)| name).to_owned();
        let context = |key: &str| {
            let tag = |tags: &Value, key: &str| tags[key].as_str().map(str::to_owned);
            match key.split_once('/') {
                Some(("aws:ResourceTag", key)) => tag(self.tags.get(&name)?, key),
                Some(("aws:RequestTag", key)) => tag(&request["Tags"], key),
                _ if key == "aws:RequestedRegion" => Some(REGION.to_owned()),
                _ if key == "iam:PassedToService" => Some("rekognition.amazonaws.com".to_owned()),
                _ => None,
            }
        };
        let mut asked = vec![(action, resource.clone())];
        if operation == Operation::CreateStreamProcessor {
            asked.push(("iam:PassRole".to_owned(), text("RoleArn").unwrap()));
            if request["Tags"].as_object().is_some_and(|tags| !tags.is_empty()) {
                asked.push(("rekognition:TagResource".to_owned(), resource));
            }
            if let Some(id) = request["Settings"]["FaceSearch"]["CollectionId"].as_str() {
                asked.push((
                    "rekognition:CreateStreamProcessor".to_owned(),
                    arn(&format!("collection/{id}")),
                ));
            }
        }
        for (action, resource) in asked {
            assert!(
                allows(policy, &action, &resource, &context),
                "{action} on {resource} is missing: {policy:#}"
            );
            self.used.insert(action);
        }
    }
}

fn listed(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
        value => value.as_str().into_iter().collect(),
    }
}

fn allows(
    policy: &Value,
    action: &str,
    resource: &str,
    context: &dyn Fn(&str) -> Option<String>,
) -> bool {
    policy["Statement"].as_array().unwrap().iter().any(|statement| {
        let covers = |pattern: &str| match pattern.strip_suffix('*') {
            Some(start) => resource.starts_with(start),
            None => pattern == resource,
        };
        let conditions = statement["Condition"]["StringEquals"].as_object().into_iter().flatten();
        listed(&statement["Action"]).contains(&action)
            && listed(&statement["Resource"]).into_iter().any(covers)
            && conditions.into_iter().all(|(key, value)| context(key).as_deref() == value.as_str())
    })
}

fn actions(policy: &Value) -> BTreeSet<String> {
    let statements = policy["Statement"].as_array().unwrap().iter();
    statements.flat_map(|one| listed(&one["Action"])).map(str::to_owned).collect()
}

/// What the program says that a command needs.
fn policy(dir: &Path, verb: &str) -> Value {
    let run = rekon(&["iam-policy", verb, dir.to_str().unwrap()]).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    serde_json::from_slice(&run.stdout).unwrap()
}

fn home(name: &str, stream: &str) -> String {
    format!(
        "[processor.{name}]\n\
         input.kinesis_video_stream.arn = \"arn:aws:kinesisvideo:{REGION}:{ACCOUNT}:stream/{stream}/1590000000000\"\n\
         output.s3_destination.bucket = \"results\"\n\
         settings.connected_home.labels = [\"PERSON\"]\n"
    )
}

fn face(collection: &str) -> String {
    format!(
        "[processor.lobby]\ndesired_status = \"running\"\n\
         input.kinesis_video_stream.arn = \"arn:aws:kinesisvideo:{REGION}:{ACCOUNT}:stream/lobby/1590000000000\"\n\
         output.kinesis_data_stream.arn = \"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/lobby\"\n\
         settings.face_search.collection_id = \"{collection}\"\n"
    )
}

fn write(dir: &Path, stack: &str, parts: &[String]) {
    let text = format!(
        "[stack]\nname = \"home\"\naccount_id = \"{ACCOUNT}\"\nregion = \"{REGION}\"\n{stack}\n\
         [guard]\nmax_replacements = 9\n\
         [defaults]\nrole_arn = \"arn:aws:iam::{ACCOUNT}:role/Streams\"\n{}",
        parts.concat()
    );
    write_files(dir, &[("rekon.toml".to_owned(), text)]);
}

/// A processor that nobody has marked.
fn found(name: &str) -> Value {
    json!({
        "Name": name, "RoleArn": format!("arn:aws:iam::{ACCOUNT}:role/Streams"), "Tags": {"team": "east"},
        "Input": {"KinesisVideoStream": {"Arn": format!("arn:aws:kinesisvideo:{REGION}:{ACCOUNT}:stream/{name}/1590000000000")}},
        "Output": {"S3Destination": {"Bucket": "results"}},
        "Settings": {"ConnectedHome": {"Labels": ["PET"]}},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_allows_what_its_command_asks_for_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let here = dir.to_str().unwrap();
    let apply = ["apply", here, "--auto-approve"];
    let mut judge = Judge::new(json!([found("porch"), found("stranger")]), &[]).await;
    // Adopts, updates, creates, starts.
    write(
        dir,
        "",
        &[home("porch", "porch") + "tags.team = \"west\"\n", home("yard", "yard"), face("staff")],
    );
    judge.run(&policy(dir, "apply"), &apply, 0).await;
    // Untags, replaces what runs, deletes what no file declares any more.
    write(dir, "", &[home("porch", "porch"), face("guests")]);
    let last = policy(dir, "apply");
    judge.run(&last, &apply, 0).await;
    assert_eq!(judge.used, actions(&last));

    for verb in ["plan", "drift", "accept", "snapshot"] {
        judge.used.clear();
        let last = policy(dir, verb);
        // What is not yet as declared is asked about in full.
        write(dir, "", &[home("porch", "porch") + "tags.team = \"west\"\n", face("guests")]);
        judge.run(&last, &[verb, here], 0).await;
        assert_eq!(judge.used, actions(&last), "{verb}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_file_declares_any_more_may_be_taken_away_and_brought_back() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let here = dir.to_str().unwrap();
    let apply = ["apply", here, "--auto-approve"];
    let fault = "CreateStreamProcessor/heir=error:InvalidParameterException";
    let mut judge = Judge::new(json!([]), &[fault]).await;
    write(dir, "", &[home("yard", "yard")]);
    judge.run(&policy(dir, "apply"), &apply, 0).await;
    // The heir takes the stream of one that goes, and cannot be created.
    write(dir, "", &[home("heir", "yard")]);
    judge.run(&policy(dir, "apply"), &apply, 5).await;
    assert!(!judge.tags.contains_key("yard"));
    judge.run(&policy(dir, "restore"), &["restore", here, "yard", "--auto-approve"], 0).await;
    assert_eq!(judge.tags["yard"]["rekon:stack"], "home");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_tag_is_not_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let mut judge = Judge::new(json!([found("porch"), found("stranger")]), &[]).await;
    write(dir, "ownership = \"none\"", &[home("porch", "porch") + "kms_key_id = \"alias/new\"\n"]);
    let policy = policy(dir, "apply");
    let apply = ["apply", dir.to_str().unwrap(), "--auto-approve"];
    judge.run(&policy, &apply, 0).await;
    assert!(!actions(&policy).contains("rekognition:UntagResource"), "{policy:#}");
    let written = [format!("streamprocessor/{}", "porch")].map(|name| arn(&name));
    let statements = policy["Statement"].as_array().unwrap();
    let writing = statements.iter().find(|one| one["Sid"] == "Write").unwrap();
    assert_eq!(writing["Resource"], json!(written));
}

#[test]
fn who_is_asked_by_drift_alone() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/doorbells");
    let run = |args: &[&str]| rekon(args).output().unwrap();
    let drift = run(&["iam-policy", "drift", dir, "--who"]);
    let policy: Value = serde_json::from_slice(&drift.stdout).unwrap();
    assert!(actions(&policy).contains("cloudtrail:LookupEvents"));
    assert_eq!(run(&["iam-policy", "plan", dir, "--who"]).status.code(), Some(1));
    assert_eq!(run(&["iam-policy", "validate", dir]).status.code(), Some(1));
}
