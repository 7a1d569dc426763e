//! The schedules in `examples/schedule`: their files are well formed, their commands run, and
//! the policies allow what these call and nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use granit_parser::{Event, Parser};
use rekon::emulator::{Emulator, Options};
use serde_json::{Map, Value, json};

use crate::support::{Run, copy_of, remembering};
use crate::world::served::{Served, Verdict};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/schedule")
}

fn text(path: &str) -> String {
    fs::read_to_string(folder().join(path)).unwrap()
}

fn json_of(path: &str) -> Value {
    serde_json::from_str(&text(path)).unwrap()
}

/// The documents of a YAML file, all scalars as texts.
fn yaml(path: &str) -> Vec<Value> {
    /// A list, or a map with the key whose value is yet to come.
    enum Open {
        List(Vec<Value>),
        Map(Map<String, Value>, Option<String>),
    }
    let text = text(path);
    let (mut open, mut documents) = (Vec::<Open>::new(), Vec::new());
    for event in Parser::new_from_str(&text) {
        let (event, _) = event.unwrap_or_else(|error| panic!("{path}: {}", error.info()));
        let done = match event {
            Event::Scalar(text, ..) => json!(text),
            Event::SequenceStart(..) => {
                open.push(Open::List(Vec::new()));
                continue;
            }
            Event::MappingStart(..) => {
                open.push(Open::Map(Map::new(), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop().unwrap() {
                Open::List(items) => Value::Array(items),
                Open::Map(members, _) => Value::Object(members),
            },
            _ => continue,
        };
        match open.last_mut() {
            None => documents.push(done),
            Some(Open::List(items)) => items.push(done),
            Some(Open::Map(_, key @ None)) => *key = Some(done.as_str().unwrap().to_owned()),
            Some(Open::Map(members, key)) => {
                let key = key.take().unwrap();
                assert!(members.insert(key.clone(), done).is_none(), "{path}: {key} twice");
            }
        }
    }
    documents
}

/// The settings of a unit, by section and name.
fn unit(path: &str) -> Vec<(String, String, String)> {
    let mut section = String::new();
    let mut settings = Vec::new();
    for line in text(path).lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            name.clone_into(&mut section);
            continue;
        }
        let (name, value) = line.split_once('=').unwrap_or_else(|| panic!("{path}: {line}"));
        settings.push((section.clone(), name.to_owned(), value.to_owned()));
    }
    settings
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

/// The command line of each of the four, as a shell takes it.
fn commands() -> [String; 4] {
    let workflow = yaml("github-actions/drift.yml").remove(0);
    let steps = workflow["jobs"]["drift"]["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["name"] == "Look for drift").unwrap();
    let service = unit("systemd/rekon-drift.service");
    let (.., start) = service.iter().find(|(_, name, _)| name == "ExecStart").unwrap();
    let job = yaml("kubernetes/cronjob.yaml").into_iter().find(|one| one["kind"] == "CronJob");
    let pod = &job.unwrap()["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    let pod = [texts(&container["command"]), texts(&container["args"])].concat();
    let template = json_of("ecs/template.json");
    let task = &template["Resources"]["Task"]["Properties"]["ContainerDefinitions"][0];
    let task = [texts(&task["EntryPoint"]), texts(&task["Command"])].concat();
    let run = step["run"].as_str().unwrap().to_owned();
    [run, start.replace("/usr/local/bin/", ""), pod.join(" "), task.join(" ")]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_schedule_runs_and_its_policy_allows_what_it_calls() {
    let program = Path::new(env!("CARGO_BIN_EXE_rekon")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let policy = json_of("policy.json");
    let statements = policy["Statement"].as_array().unwrap().iter();
    let allowed: BTreeSet<String> = statements
        .flat_map(|one| match &one["Action"] {
            Value::String(action) => vec![action.clone()],
            actions => texts(actions),
        })
        .map(|action| action.split_once(':').unwrap().1.to_owned())
        .collect();
    let mut called = BTreeSet::from(["ListTagsForResource"]);
    for command in commands() {
        let (folder, dir) = copy_of("doorbells");
        let state = Path::new(&dir).join("live.json");
        let emulator = Emulator::open(remembering(Options::default()), Some(&state), None);
        let served = Served::new(emulator.unwrap(), |_| Verdict::Answer).await;
        // The folders of the machine are one of the test's.
        let own = folder.path().display().to_string();
        let command = command
            .replace("/etc/rekon/doorbells", &dir)
            .replace("/fleet", &dir)
            .replace("/var/lib/rekon", &own)
            .replace("/var/lib/node_exporter/textfile_collector", &own)
            .replace("/seen", &own);
        let prepared = served.rekon(&[]);
        let mut shell = Command::new("sh");
        shell.args(["-c", &command]).current_dir(&dir).env_clear();
        shell.envs(prepared.get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell.env("PATH", &path).env("GITHUB_STEP_SUMMARY", format!("{own}/summary.md"));
        shell.env("REKON_NOTIFY_URL", "");
        let run: Run = shell.output().unwrap().into();
        assert_eq!(run.code, 2, "{command}: {}", run.stderr);
        let kept = |name: &str| fs::read_dir(name).unwrap().map(|entry| entry.unwrap().path());
        let mut kept = kept(&own).chain(kept(&dir));
        let is_memory = |path: &PathBuf| {
            let text = fs::read_to_string(path).unwrap_or_default();
            path.extension().is_some_and(|it| it == "json") && text.contains("\"digest\"")
        };
        assert!(kept.any(|path| is_memory(&path)), "{command} remembers nothing");
        called.extend(served.counts().into_keys().filter(|name| *name != "GetCallerIdentity"));
    }
    assert_eq!(allowed, called.into_iter().map(str::to_owned).collect());
}

#[test]
fn every_file_is_well_formed_and_says_every_half_hour() {
    let schedule = "7,37 * * * *";
    let workflow = yaml("github-actions/drift.yml").remove(0);
    assert_eq!(workflow["on"]["schedule"][0]["cron"], schedule);
    assert_eq!(workflow["permissions"]["id-token"], "write");
    let documents = yaml("kubernetes/cronjob.yaml");
    let kinds: Vec<&Value> = documents.iter().map(|one| &one["kind"]).collect();
    assert_eq!(kinds, ["ServiceAccount", "PersistentVolumeClaim", "CronJob"]);
    assert_eq!(documents[2]["spec"]["schedule"], schedule);
    let timer = unit("systemd/rekon-drift.timer");
    let calendar = ("Timer".to_owned(), "OnCalendar".to_owned(), "*:07,37".to_owned());
    assert!(timer.contains(&calendar), "{timer:?}");
    for folder in ["github-actions", "kubernetes"] {
        let trust = json_of(&format!("{folder}/trust-policy.json"));
        assert_eq!(trust["Statement"][0]["Action"], "sts:AssumeRoleWithWebIdentity");
    }
    // The template has the policy built in, for its own account and region.
    let template = json_of("ecs/template.json");
    let own = &template["Resources"]["TaskRole"]["Properties"]["Policies"][0]["PolicyDocument"];
    let own = own
        .to_string()
        .replace(r#"{"Ref":"AWS::Region"}"#, r#""us-east-1""#)
        .replace(r#"{"Fn::Sub":"arn:${AWS::Partition}:rekognition:${AWS::Region}:${AWS::AccountId}:streamprocessor/*"}"#,
            r#""arn:aws:rekognition:us-east-1:111122223333:streamprocessor/*""#);
    assert_eq!(serde_json::from_str::<Value>(&own).unwrap(), json_of("policy.json"));
    // Whatever it refers to is there.
    let known = |name: &str| {
        let is = |section: &str| template[section].get(name).is_some();
        name.starts_with("AWS::") || is("Resources") || is("Parameters")
    };
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("Ref").and_then(Value::as_str));
                let of = members.get("Fn::GetAtt").and_then(|pair| pair[0].as_str());
                found.extend(of);
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    references(&template, &mut found);
    assert!(found.len() > 15, "{found:?}");
    assert!(found.iter().all(|name| known(name)), "{found:?}");
}
