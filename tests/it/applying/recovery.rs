//! Nothing is deleted before it is safe.

use rekon::apply::{self, ApplyError, RecoveryRoot};
use rekon::emulator::Options;

use serde_json::{Value, json};

use super::world::{World, camera, camera_toml, face, face_toml, with_faults};

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

#[tokio::test(start_paused = true)]
async fn what_no_file_would_bring_back_is_not_deleted_and_nothing_else_begins() {
    let mut threshold = face("a", "STOPPED");
    threshold["Settings"]["FaceSearch"]["FaceMatchThreshold"] = json!(70);
    let mut key = camera("a", "a");
    key["Tags"] = json!({"": "x", "team": "home"});
    let home = "team = \"home\"";
    let odd: [(Value, String, &str); 2] = [
        (threshold, face_toml("a", "guests", ""), "face_match_threshold"),
        (key, camera_toml("a", "a", "Other", "\"PERSON\"", home), "tags = {"),
    ];
    for (live, toml, named) in odd {
        let world = World::new(
            &[live, camera("b", "b")],
            &[toml, camera_toml("b", "b", "Streams", "\"PET\"", home)],
            Options::default(),
        )
        .await;
        let plan = world.plan().await;
        let (_stopper, stop) = apply::stopper();
        let error = world.apply_with(&plan, stop, &|_| {}).await.unwrap_err();
        let ApplyError::Unrestorable { name, reason, .. } = &error else { panic!("{error}") };
        assert_eq!(name, "a");
        assert!(reason.contains(named), "{reason}");
        assert!(error.help().unwrap().contains("--exclude=a"));
        assert_eq!(world.write_requests(), 0);
        assert!(!world.folder.path().join(".rekon").exists());
    }
}

/// Replaces `a` in vain, so that it is removed, and then restores it by its
/// recovery folder. Gives both states of the service.
async fn removed_and_restored(live: Value, toml: String) -> [Value; 2] {
    let faults = with_faults(&["CreateStreamProcessor/a=error:LimitExceededException"]);
    let world = World::new(&[live], &[toml], faults).await;
    let before = world.emulator.snapshot();
    let plan = world.plan().await;
    let outcome = world.apply(&plan).await;
    let [removed] = &outcome.removed[..] else { panic!("{outcome:#?}") };
    let mut restoring = world.in_peace().await;
    let copy = tempfile::tempdir().unwrap();
    std::fs::copy(&removed.recovery_file, copy.path().join("rekon.toml")).unwrap();
    restoring.folder = copy;
    let plan = restoring.plan().await;
    let outcome = restoring.apply(&plan).await;
    assert!(super::world::all_done(&outcome), "{outcome:#?}");
    [before, restoring.emulator.snapshot()].map(|snapshot| {
        let mut processor = snapshot["processors"][0].clone();
        for moving in ["CreationTimestamp", "LastUpdateTimestamp"] {
            processor.as_object_mut().unwrap().remove(moving);
        }
        processor.as_object_mut().unwrap().retain(|_, value| *value != json!([]));
        processor
    })
}

#[tokio::test(start_paused = true)]
async fn what_files_reserve_is_restored_as_it_was() {
    let mut odd = camera("a", "a");
    odd["Output"]["S3Destination"]["KeyPrefix"] = json!("${team}/$${site}");
    let toml = camera_toml("a", "a", "Other", "\"PERSON\"", "team = \"home\"");
    let toml = toml.replace("key_prefix = \"a\"", "key_prefix = \"b\"");
    let [before, after] = removed_and_restored(odd, toml).await;
    assert_eq!(before, after);
}

#[tokio::test(start_paused = true)]
async fn a_face_search_that_ran_is_restored_and_runs() {
    let [before, after] =
        removed_and_restored(face("a", "RUNNING"), face_toml("a", "guests", "")).await;
    assert_eq!(before["Settings"], after["Settings"]);
    assert_eq!(after["Status"], "RUNNING");
}
