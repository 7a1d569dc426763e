//! Nothing is deleted before it is safe.

use rekon::apply::{self, ApplyError, RecoveryRoot};
use rekon::emulator::Options;

use super::world::World;

#[tokio::test(start_paused = true)]
async fn without_a_place_for_recovery_files_nothing_begins() {
    let world = World::full(Options::default()).await;
    let plan = world.plan().await;
    let file = world.folder.path().join("occupied");
    std::fs::write(&file, "").unwrap();
    let (_stopper, stop) = apply::stopper();
    let root = RecoveryRoot::Folder(file.join("removed"));
    let error = world.apply_to(&plan, stop, &|_| {}, root).await.unwrap_err();
    assert!(matches!(error, ApplyError::Recovery { .. }), "{error}");
    assert!(error.help().unwrap().contains("--recovery-dir"));
    assert_eq!(world.write_requests(), 0);
}

#[tokio::test(start_paused = true)]
async fn each_processor_that_is_deleted_has_its_file_and_no_other() {
    let world = World::full(Options::default()).await;
    let plan = world.plan().await;
    world.apply(&plan).await;
    let folder = world.folder.path().join(".rekon/removed");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let stamped = |name: &str| format!("20261122T150300Z-{name}");
    assert_eq!(names, ["east", "garage", "lobby", "west"].map(stamped));
}
