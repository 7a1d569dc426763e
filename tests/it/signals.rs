//! Signals, crashes and closed pipes, on the real program: at each call that
//! writes, a signal arrives, and nothing is lost by it.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rekon::emulator::{Emulator, Operation, Options, Settle, State};
use serde_json::Value;

use crate::convergence::{goals, missed};
use crate::support::{copy_of, rekon, remembering};
use crate::world::camera::{Sharing, Status};
use crate::world::served::{Served, Verdict, write_files};
use crate::world::stage::holds;
use crate::world::strategy::{Declared, Lived};
use crate::world::{Camera, Dice, Kind, World, files};

fn face(video: u8, data: u8) -> Camera {
    Camera {
        role: 0,
        video,
        kind: Kind::Face { data, collection: 0, threshold: None },
        topic: None,
        regions: Vec::new(),
        sharing: Sharing::Unsaid,
        tags: BTreeMap::from([(0, 0), (1, 2)]),
    }
}

fn home(video: u8, labels: u8) -> Camera {
    Camera {
        kind: Kind::Home { labels, confidence: Some(2), bucket: 0, prefix: None, kms: None },
        topic: Some(0),
        ..face(video, 0)
    }
}

/// Two running face searches that swap their streams, a label detection that
/// changes in place, and a new one.
fn world() -> World {
    let lived = |camera, status| Lived { camera, status };
    let declared = |camera: Camera| {
        let runs = camera.is_face().then_some(true);
        Declared { camera, runs, ignores: Default::default(), protected: false, wrong: None }
    };
    World {
        live: BTreeMap::from([
            (0, lived(face(0, 0), Status::Running)),
            (1, lived(face(1, 1), Status::Running)),
            (2, lived(home(2, 1), Status::Stopped)),
        ]),
        files: BTreeMap::from([
            (0, declared(face(1, 0))),
            (1, declared(face(0, 1))),
            (2, declared(home(2, 3))),
            (3, declared(home(3, 7))),
        ]),
        exclusive: false,
        ignores_tags: false,
        widened: true,
        marks: None,
    }
}

/// Stop, delete, create and start two, update one, create one.
const WRITES: usize = 10;

/// A server, a project, and the program's process for the server to signal.
struct Set {
    served: Served,
    folder: tempfile::TempDir,
    process: Arc<Mutex<Option<u32>>>,
}

impl Set {
    /// `signal` goes out when the program sends its call number `at` that writes.
    async fn new(signal: &'static str, at: usize) -> Set {
        let options =
            Options { settle: Settle::all(Duration::from_millis(150)), ..Options::default() };
        let state = State::from_snapshot(&world().snapshot(), &options).unwrap();
        let process: Arc<Mutex<Option<u32>>> = Arc::default();
        let target = process.clone();
        let writes = AtomicUsize::new(0);
        let served = Served::new(Emulator::new(remembering(options), state), move |operation| {
            let writes_now = Operation::named(operation).is_some_and(Operation::writes);
            if writes_now && writes.fetch_add(1, Ordering::SeqCst) + 1 == at {
                let process = target.lock().unwrap().expect("it is running").to_string();
                assert!(Command::new("kill").args([signal, &process]).status().unwrap().success());
            }
            Verdict::Answer
        });
        let folder = tempfile::tempdir().unwrap();
        write_files(folder.path(), &files::write(&world(), &mut Dice::new(1)));
        Set { served: served.await, folder, process }
    }

    fn dir(&self) -> &str {
        self.folder.path().to_str().unwrap()
    }

    async fn apply(&self) -> (ExitStatus, Vec<u8>, String) {
        let mut command =
            self.served.rekon(&["apply", self.dir(), "--auto-approve", "--format", "json"]);
        let process = self.process.clone();
        let run = tokio::task::spawn_blocking(move || {
            let mut noted = process.lock().unwrap();
            let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            *noted = Some(child.id());
            drop(noted);
            child.wait_with_output().unwrap()
        });
        let output = run.await.unwrap();
        (output.status, output.stdout, String::from_utf8_lossy(&output.stderr).into_owned())
    }

    fn holds(&self) -> BTreeMap<String, Value> {
        holds(&self.served.emulator.snapshot())
    }

    /// Everything that lived is there, or is in a recovery file.
    fn check_nothing_lost(&self, context: &str) {
        let removed = self.folder.path().join(".rekon/removed");
        let files = recovery_files(&removed);
        for index in world().live.keys() {
            let name = World::name(*index);
            let saved = files.iter().any(|folder| folder.ends_with(&format!("-{name}")));
            assert!(self.holds().contains_key(name) || saved, "{context}: {name} is lost");
        }
    }

    /// Applying again comes to an end, and leaves nothing to plan.
    async fn finish(&self, context: &str) {
        let (status, stdout, stderr) = self.apply().await;
        let stdout = String::from_utf8_lossy(&stdout);
        assert_eq!(status.code(), Some(0), "{context}, applied again: {stderr}{stdout}");
        let world = world();
        assert_eq!(missed(&goals(&world), &self.holds(), &Default::default()), None, "{context}");
        let mut command = self.served.rekon(&["plan", self.dir(), "--detailed-exitcode"]);
        let again = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        assert_eq!(again.status.code(), Some(0), "{context}, planned again");
    }
}

fn recovery_files(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("rekon.toml").is_file())
        .map(|path| path.display().to_string())
        .collect()
}

async fn interrupted(signal: &'static str, code: i32, at: usize) {
    let context = format!("{signal} at call {at}");
    let set = Set::new(signal, at).await;
    let (status, stdout, stderr) = set.apply().await;
    let report = String::from_utf8_lossy(&stdout).into_owned();
    assert_eq!(status.code(), Some(code), "{context}: {stderr}{report}");
    set.check_nothing_lost(&context);

    let report: Value = serde_json::from_str(&report).expect("a report");
    let told = report["processors"].as_array().unwrap();
    assert_eq!(told.len(), world().files.len(), "{context}: {report:#}");
    let goals = goals(&world());
    for one in told.iter().filter(|one| one["result"] == "done") {
        let name = one["name"].as_str().unwrap();
        let goal = goals.iter().find(|(goal, _)| **goal == name).unwrap();
        let one = BTreeMap::from([(*goal.0, goal.1.clone())]);
        assert_eq!(missed(&one, &set.holds(), &Default::default()), None, "{context}: {report:#}");
    }
    for name in report["removed"].as_array().unwrap().iter().map(|one| &one["name"]) {
        assert!(!set.holds().contains_key(name.as_str().unwrap()), "{context}: {report:#}");
    }
    // Of a swap, both are there or neither was begun: no stream is left without its camera.
    let streams = set.holds().values().flat_map(crate::world::goal::streams).count();
    assert!(streams >= 5, "{context}: {report:#}");
    set.finish(&context).await;
}

async fn killed(at: usize) {
    let context = format!("killed at call {at}");
    let set = Set::new("-KILL", at).await;
    let (status, ..) = set.apply().await;
    assert_eq!(status.code(), None, "{context}");
    set.check_nothing_lost(&context);
    set.finish(&context).await;
}

/// Runs some at once: most of the time of each is spent waiting.
async fn together(runs: Vec<std::pin::Pin<Box<dyn Future<Output = ()> + Send>>>) {
    let places = Arc::new(tokio::sync::Semaphore::new(5));
    let mut tasks = tokio::task::JoinSet::new();
    for run in runs {
        let places = places.clone();
        tasks.spawn(async move {
            let _place = places.acquire_owned().await;
            run.await;
        });
    }
    while let Some(done) = tasks.join_next().await {
        if let Err(error) = done {
            std::panic::resume_unwind(error.into_panic());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_at_any_call_ends_in_a_true_report_and_loses_nothing() {
    together(
        (1..=WRITES)
            .map(|at| -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
                match at % 2 {
                    0 => Box::pin(interrupted("-INT", 130, at)),
                    _ => Box::pin(interrupted("-TERM", 143, at)),
                }
            })
            .collect(),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_crash_at_any_call_applying_again_converges() {
    together(
        (1..=WRITES)
            .map(|at| -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
                Box::pin(killed(at))
            })
            .collect(),
    )
    .await;
}

#[test]
fn a_read_that_a_signal_ends_says_so_to_programs() {
    let (_folder, dir) = copy_of("minimal");
    // It takes a request and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    for (signal, name, code) in [("-TERM", "SIGTERM", 143), ("-INT", "SIGINT", 130)] {
        let mut command = rekon(&["plan", &dir, "--format", "json"]);
        command
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("AWS_ENDPOINT_URL", &endpoint);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let _kept_open = listener.accept().unwrap();
        let kill = Command::new("kill").args([signal, &child.id().to_string()]).status();
        assert!(kill.unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code));
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        let told = &document["diagnostics"][0];
        assert_eq!(told["code"], "interrupted");
        let message = format!("{name} came before there was a result: nothing was changed");
        assert_eq!(told["message"], message);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_listening_does_not_keep_the_work_from_being_finished() {
    let set = Set::new("-0", usize::MAX).await;
    let mut command = set.served.rekon(&["apply", set.dir(), "--auto-approve"]);
    let status = tokio::task::spawn_blocking(move || {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop((child.stdout.take(), child.stderr.take()));
        child.wait().unwrap()
    });
    let status = status.await.unwrap();
    assert_eq!(status.code(), Some(0));
    assert_eq!(missed(&goals(&world()), &set.holds(), &Default::default()), None);
    let writes = set.served.emulator.journal().into_iter().filter(|call| call.took_effect).count();
    assert_eq!(writes, WRITES);
}
