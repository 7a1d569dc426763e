//! What a power cut leaves of a run's trace brings everything back.
//!
//! Killing a run does not show what it forgot to sync: the system goes on and keeps
//! every byte. So a library is loaded into the real program that notes what was
//! synced (`power_cut.c`); when the run dies, its trace is replaced by what such a
//! disk would hold.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rekon::emulator::{Options, Settle};
use serde_json::{Value, json};

use super::restoring::essence;
use super::world::{World, camera, camera_toml, face, face_toml, names};
use crate::world::served::{Served, Verdict};

/// Builds the library. Whoever links Rust has a `cc`.
fn library(folder: &Path) -> PathBuf {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/applying/power_cut.c");
    let library = folder.join("power_cut.so");
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", source, "-o"]).arg(&library);
    assert!(compiler.arg("-ldl").arg("-pthread").status().unwrap().success());
    library
}

/// Four replacements, and much that only the service knows: no file declares a tag,
/// or that a face search runs.
async fn world() -> World {
    let mut live = [
        face("dock", "RUNNING"),
        face("gate", "RUNNING"),
        camera("hall", "hall"),
        face("yard", "RUNNING"),
    ];
    for processor in &mut live {
        let name = processor["Name"].clone();
        processor["Tags"] = json!({"place": name, "keep": "this", "empty": ""});
    }
    let toml = [
        face_toml("dock", "guests", ""),
        face_toml("gate", "guests", ""),
        camera_toml("hall", "hall", "Other", "\"PERSON\"", ""),
        face_toml("yard", "guests", ""),
    ];
    let settle = Settle::all(Duration::from_millis(150));
    World::new(&live, &toml, Options { settle, ..Options::default() }).await
}

/// What is there of a folder after a power cut: what was synced of it.
fn recover(disk: &Path, folder: u64, to: &Path) {
    fs::create_dir(to).unwrap();
    for line in fs::read_to_string(disk.join(folder.to_string())).unwrap_or_default().lines() {
        let [kind, inode, name] = line.splitn(3, ' ').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        match kind {
            "folder" => recover(disk, inode.parse().unwrap(), &to.join(name)),
            _ => fs::write(to.join(name), fs::read(disk.join(inode)).unwrap_or_default()).unwrap(),
        }
    }
}

/// The recovery file of a processor, in a `.rekon`.
fn recovery_file(trace: &Path, name: &str) -> Option<String> {
    let mut folders = fs::read_dir(trace.join("removed")).ok()?.map(|entry| entry.unwrap().path());
    let own = folders.find(|folder| folder.to_str().unwrap().ends_with(&format!("-{name}")))?;
    fs::read_to_string(own.join("rekon.toml")).ok()
}

/// What must be there of a processor in the end: as it was, or as the run had made it
/// anew when it died, but in any case with all its tags, and running if it ran.
fn wanted(before: &Value, then: &Value, name: &str) -> Value {
    let was = essence(before, name).unwrap();
    let mut wanted = essence(then, name).unwrap_or_else(|| was.clone());
    for member in ["Tags", "runs"] {
        wanted[member] = was[member].clone();
    }
    wanted
}

/// Cuts the power when the run sends a certain delete, which reaches the service or not.
async fn cut(library: PathBuf, at: usize, fate: Verdict) {
    cut_in(world().await, library, at, fate).await;
}

async fn cut_in(world: World, library: PathBuf, at: usize, fate: Verdict) {
    let context = format!("power cut at delete {at}, {fate:?}");
    let process: Arc<OnceLock<u32>> = Arc::default();
    let (target, deletes) = (process.clone(), AtomicUsize::new(0));
    let served = Served::new(world.emulator.clone(), move |operation| {
        let counts = operation == "DeleteStreamProcessor";
        if !counts || deletes.fetch_add(1, Ordering::SeqCst) + 1 != at {
            return Verdict::Answer;
        }
        let process = target.wait().to_string();
        assert!(Command::new("kill").args(["-KILL", &process]).status().unwrap().success());
        fate
    });
    let served = served.await;
    let outside = tempfile::tempdir().unwrap();
    let disk = outside.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let project = world.folder.path();
    let run = async |verb: &str, variables: &[(&str, &Path)]| {
        let mut command = served.rekon(&[verb, project.to_str().unwrap(), "--auto-approve"]);
        command.envs(variables.iter().copied());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = tokio::process::Command::from(command).spawn().unwrap();
        // The first run is the one to kill.
        let _ = process.set(child.id().unwrap());
        child.wait_with_output().await.unwrap()
    };
    let died = run("apply", &[("LD_PRELOAD", &library), ("POWER_CUT_DISK", &disk)]).await;
    let stderr = String::from_utf8_lossy(&died.stderr);
    assert_eq!(died.status.signal(), Some(9), "{context}: {stderr}");
    served.left_alone().await;

    let then = world.emulator.snapshot();
    let before = &world.before;
    let (was, there) = (names(before), names(&then));
    let gone: Vec<_> = was.difference(&there).collect();
    let stopped = was.iter().filter(|name| {
        let runs = |snapshot| essence(snapshot, name).is_some_and(|it| it["runs"] == true);
        runs(before) && !runs(&then)
    });
    assert!(!gone.is_empty() || stopped.count() > 0, "{context}: nothing was taken away");

    let (trace, lost) = (project.join(".rekon"), outside.path().join("lost"));
    let survived = outside.path().join("survived");
    fs::rename(&trace, &lost).unwrap();
    recover(&disk, project.metadata().unwrap().ino(), &survived);
    let kept = fs::rename(survived.join(".rekon"), &trace);
    kept.unwrap_or_else(|error| panic!("{context}: nothing of the trace survived: {error}"));
    for name in gone {
        let written = recovery_file(&lost, name).unwrap();
        let kept = recovery_file(&trace, name);
        assert_eq!(kept, Some(written), "{context}: the recovery file of {name}");
    }

    let restored = run("restore", &[]).await;
    let stderr = String::from_utf8_lossy(&restored.stderr);
    let end = world.emulator.snapshot();
    for name in &was {
        let wanted = wanted(before, &then, name);
        assert_eq!(essence(&end, name), Some(wanted), "{context}: {name}\n{stderr}");
    }
    assert_eq!(restored.status.code(), Some(0), "{context}: {stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_power_cut_at_any_delete_leaves_what_restore_needs() {
    let folder = tempfile::tempdir().unwrap();
    let library = library(folder.path());
    let mut cuts = tokio::task::JoinSet::new();
    // The first is of a face search, so that a refused delete leaves it stopped.
    let (taken, refused) = (Verdict::Answer, Verdict::Refuse);
    for (at, fate) in [(1, taken), (1, refused), (2, taken), (3, taken)] {
        cuts.spawn(cut(library.clone(), at, fate));
    }
    cuts.join_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_lasts_also_in_folders_that_another_run_made_a_moment_ago() {
    let folder = tempfile::tempdir().unwrap();
    let world = world().await;
    for folder in ["removed", "runs"] {
        fs::create_dir_all(world.folder.path().join(".rekon").join(folder)).unwrap();
    }
    cut_in(world, library(folder.path()), 1, Verdict::Answer).await;
}
