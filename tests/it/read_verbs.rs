//! Read verbs cannot write, and read no more than they have to. `import` writes files
//! that are new, and no others.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;
use std::sync::{Arc, Mutex};

use rekon::emulator::{Emulator, Operation, Options, Quirks, State, Tagging};
use serde_json::{Value, json};

use crate::support::remembering;
use crate::world::camera::{ACCOUNT, REGION};
use crate::world::served::{Served, Verdict, write_files};
use crate::world::stage::{Project, Stage, paused};
use crate::world::strategy::world_of;
use crate::world::{Dice, files};

/// A service that notes every call that would write, and refuses it.
async fn read_only(snapshot: &Value, options: Options) -> (Served, Arc<Mutex<Vec<String>>>) {
    let state = State::from_snapshot(snapshot, &options).unwrap();
    let writes: Arc<Mutex<Vec<String>>> = Arc::default();
    let noted = writes.clone();
    let served = Served::new(Emulator::new(remembering(options), state), move |operation| {
        if Operation::named(operation).is_none_or(Operation::writes) {
            noted.lock().unwrap().push(operation.to_owned());
            return Verdict::Refuse;
        }
        Verdict::Answer
    });
    (served.await, writes)
}

async fn output(mut command: std::process::Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

/// Seeds of worlds in which there is something of every kind to be done.
fn worth_planning() -> impl Iterator<Item = u64> {
    (0..).filter(|seed| {
        let world = world_of(*seed);
        let project = Project::new(&files::write(&world, &mut Dice::new(*seed))).unwrap();
        let plan = paused(async {
            let stage = Stage::new(&world.snapshot(), Options::default()).await;
            stage.plan(&project).await.unwrap()
        });
        let summary = &plan.summary;
        plan.refusals.is_empty() && summary.create > 0 && summary.update > 0 && summary.replace > 0
    })
}

/// Everything in a folder, with its bytes.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else {
            found.insert(path.display().to_string(), std::fs::read(&path).unwrap());
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn no_read_verb_ever_writes_to_the_service_or_to_the_project() {
    let seeds = tokio::task::spawn_blocking(|| worth_planning().take(2).collect::<Vec<u64>>());
    for seed in seeds.await.unwrap() {
        let world = world_of(seed);
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join("project");
        write_files(&project, &files::write(&world, &mut Dice::new(seed)));
        let (served, writes) = read_only(&world.snapshot(), Options::default()).await;
        let dir = project.to_str().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let (plan, snapshot, new) = (path("plan.json"), path("live.json"), path("new"));

        let taken = output(served.rekon(&["snapshot", dir])).await;
        assert!(taken.status.success(), "{}", String::from_utf8_lossy(&taken.stderr));
        std::fs::write(&snapshot, &taken.stdout).unwrap();
        let before = contents(&project);
        let verbs: &[&[&str]] = &[
            &["validate", dir],
            &["validate", dir, "--format", "json"],
            &["plan", dir],
            &["plan", dir, "--verbose"],
            &["plan", dir, "--format", "json"],
            &["plan", dir, "--format", "diff"],
            &["plan", dir, "--detailed-exitcode"],
            &["plan", dir, "--out", &plan],
            &["show", &plan],
            &["show", &plan, "--format", "json"],
            &["show", &plan, "--format", "diff"],
            &["plan", dir, "--live", &snapshot],
            &["accept", dir, "--dry-run"],
            &["snapshot", dir],
            &["import", dir, "--dry-run"],
            &["import", &new, "--live", &snapshot],
            &["import", &new, "--region", REGION],
            &["iam-policy", "apply", dir],
            &["schema"],
            &["completions", "bash"],
            // Neither do those that come to nothing.
            &["plan", dir, "--only", "nobody"],
            &["plan", dir, "--allow-replacements", "0"],
            &["apply", dir],
        ];
        for args in verbs {
            let run = output(served.rekon(args)).await;
            let code = run.status.code();
            let stderr = String::from_utf8_lossy(&run.stderr);
            assert!(matches!(code, Some(0..=3)), "{args:?} ended with {code:?}: {stderr}");
            assert_eq!(*writes.lock().unwrap(), Vec::<String>::new(), "{args:?}");
            assert_eq!(contents(&project), before, "{args:?}");
        }
        // The test would notice.
        let run = output(served.rekon(&["apply", dir, "--auto-approve"])).await;
        assert_eq!(run.status.code(), Some(1), "{}", String::from_utf8_lossy(&run.stderr));
        assert!(!writes.lock().unwrap().is_empty(), "seed {seed}");
    }
}

/// A fleet of label detection that differs from nothing, every third one tagged.
pub fn fleet(count: usize) -> (Value, String) {
    let processors = (0..count).map(|number| {
        let tags = if number % 3 == 0 { json!({"site": "north"}) } else { json!({}) };
        json!({
            "Name": format!("camera-{number}"),
            "RoleArn": format!("arn:aws:iam::{ACCOUNT}:role/Streams"),
            "Input": {"KinesisVideoStream": {"Arn":
                format!("arn:aws:kinesisvideo:{REGION}:{ACCOUNT}:stream/camera-{number}/1574421418636")}},
            "Output": {"S3Destination": {"Bucket": "results"}},
            "Settings": {"ConnectedHome": {"Labels": ["PERSON"]}},
            "Tags": tags,
        })
    });
    let snapshot = json!({"account_id": ACCOUNT, "region": REGION, "complete": true,
        "format_version": "1.0", "processors": processors.collect::<Vec<_>>()});
    let mut toml = format!(
        "[stack]\nname = \"fleet\"\naccount_id = \"{ACCOUNT}\"\nregion = \"{REGION}\"\n\
         ownership = \"none\"\n\
         [defaults]\nrole_arn = \"arn:aws:iam::{ACCOUNT}:role/Streams\"\n\
         output.s3_destination.bucket = \"results\"\n\
         settings.connected_home.labels = [\"PERSON\"]\n"
    );
    for number in 0..count {
        toml.push_str(&format!(
            "[processor.camera-{number}]\ninput.kinesis_video_stream.arn = \
             \"arn:aws:kinesisvideo:{REGION}:{ACCOUNT}:stream/camera-{number}/1574421418636\"\n"
        ));
        if number % 3 == 0 {
            toml.push_str("tags.site = \"north\"\n");
        }
    }
    (snapshot, toml)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_reads_what_the_design_allows_and_no_more() {
    // The program keeps to the quota of 20 calls a second, so more of them take real time.
    const COUNT: usize = 40;
    let (_, toml) = fleet(COUNT);
    // Two in question: a tag to add, and a processor to replace.
    let changed = toml.replacen("tags.site = \"north\"", "tags.site = \"south\"", 1).replacen(
        "[processor.camera-1]\n",
        "[processor.camera-1]\nkms_key_id = \"alias/new\"\n",
        1,
    );
    let all = COUNT.div_ceil(3);
    let cases = [
        // The files, whether GetResources knows the processors, and the ListTagsForResource.
        (toml.clone(), Tagging::Covered, 0),
        (changed.clone(), Tagging::Covered, 2),
        (toml, Tagging::Absent, all),
        (changed, Tagging::Absent, all + 1),
    ];
    let runs = cases.map(|(toml, tagging, tags)| async move {
        let options =
            Options { quirks: Quirks { tagging, ..Quirks::default() }, ..Options::default() };
        let (served, writes) = read_only(&fleet(COUNT).0, options).await;
        let folder = tempfile::tempdir().unwrap();
        write_files(folder.path(), &[("rekon.toml".to_owned(), toml)]);
        let run = output(served.rekon(&[
            "plan",
            folder.path().to_str().unwrap(),
            "--allow-replacements",
            "1",
        ]));
        let run = run.await;
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        let listed = if tagging == Tagging::Covered { all.div_ceil(100) } else { 1 };
        let mut expected = BTreeMap::from([
            ("GetCallerIdentity", 1),
            ("ListStreamProcessors", 1),
            ("DescribeStreamProcessor", COUNT),
            ("GetResources", listed),
        ]);
        if tags > 0 {
            expected.insert("ListTagsForResource", tags);
        }
        assert_eq!(served.counts(), expected, "{tagging:?}");
        assert!(writes.lock().unwrap().is_empty());
    });
    runs.into_iter().collect::<tokio::task::JoinSet<()>>().join_all().await;
}
