//! Replacements that fail put the old processors back.

use std::time::Duration;

use rekon::emulator::Options;
use rekon::plan::{Failure, Fate, Note, Operation, Reason};
use serde_json::{Value, json};

use super::world::{
    World, all_done, answered, camera, camera_toml, data, face, face_toml, fate, names, video,
    with_faults,
};

const HOME: &str = "team = \"home\"";
const PERSON: &str = "\"PERSON\"";

/// Cameras that are all to be replaced.
async fn replacing(cameras: &[&str], options: Options) -> World {
    let live: Vec<Value> = cameras.iter().map(|name| camera(name, name)).collect();
    let toml: Vec<String> =
        cameras.iter().map(|name| camera_toml(name, name, "Other", PERSON, HOME)).collect();
    World::new(&live, &toml, options).await
}

/// What the service says of processors, without what moves by itself.
fn definitions(world: &World, snapshot: &Value) -> Vec<Value> {
    let mut processors = snapshot["processors"].as_array().unwrap().clone();
    for processor in &mut processors {
        let processor = processor.as_object_mut().unwrap();
        for moving in ["CreationTimestamp", "LastUpdateTimestamp", "StatusMessage"] {
            processor.remove(moving);
        }
        processor.retain(|_, value| *value != json!([]));
    }
    processors.sort_by_key(|processor| processor["Name"].to_string());
    assert!(!world.names().is_empty());
    processors
}

#[tokio::test(start_paused = true)]
async fn a_failed_creation_puts_the_old_one_back_and_no_further_delete_begins() {
    let cameras = ["a", "b", "c", "d", "e", "f"];
    for refused in cameras {
        let script = format!("CreateStreamProcessor/{refused}:1=error:LimitExceededException:no");
        let world = replacing(&cameras, with_faults(&[&script])).await;
        let plan = world.plan().await;
        let outcome = world.apply(&plan).await;
        world.check(&plan, &outcome).await;
        assert_eq!(world.names(), names(&world.before), "{refused}");
        assert_eq!(outcome.removed, [], "{refused}");
        let failed = outcome.processors.iter().find(|processor| processor.name == refused).unwrap();
        let answer = answered(&failed.fate, Operation::CreateStreamProcessor);
        assert!(answer.message.starts_with("LimitExceededException: no"), "{answer:?}");
        assert!(answer.help.is_some());
        assert_eq!(failed.notes, [Note::Restored]);
        let after_failure = world
            .writes()
            .iter()
            .skip_while(|write| **write != format!("CreateStreamProcessor {refused}"))
            .filter(|write| write.starts_with("Delete"))
            .count();
        assert_eq!(after_failure, 0, "{refused}");
        if refused == "a" {
            assert_eq!(world.writes(), ["DeleteStreamProcessor a", "CreateStreamProcessor a"]);
            assert!(matches!(fate(&outcome, "b"), Fate::NotTried(_)));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_swap_that_fails_anywhere_is_undone() {
    let names_in_swap = ["east", "west"];
    for operation in ["DeleteStreamProcessor", "CreateStreamProcessor"] {
        for refused in names_in_swap {
            for fault in ["deny", "error:LimitExceededException"] {
                let script = format!("{operation}/{refused}:1={fault}");
                let live = [camera("east", "east"), camera("west", "west")];
                let toml = [
                    camera_toml("east", "west", "Streams", PERSON, HOME),
                    camera_toml("west", "east", "Streams", PERSON, HOME),
                ];
                let world = World::new(&live, &toml, with_faults(&[&script])).await;
                let start = definitions(&world, &world.emulator.snapshot());
                let plan = world.plan().await;
                let outcome = world.apply(&plan).await;
                world.check(&plan, &outcome).await;
                let end = definitions(&world, &world.emulator.snapshot());
                assert_eq!(end, start, "{script}: {outcome:#?}");
                assert_eq!(outcome.removed, []);
                assert!(outcome.processors.iter().all(|processor| processor.fate != Fate::Done));
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_swap_of_three_that_fails_in_its_last_creation_is_undone() {
    let ring = ["a", "b", "c"];
    let live: Vec<Value> = ring.iter().map(|name| camera(name, name)).collect();
    let toml: Vec<String> = ring
        .iter()
        .zip(["b", "c", "a"])
        .map(|(name, stream)| camera_toml(name, stream, "Streams", PERSON, HOME))
        .collect();
    let script = "CreateStreamProcessor/c:1=error:LimitExceededException";
    let world = World::new(&live, &toml, with_faults(&[script])).await;
    let plan = world.plan().await;
    let outcome = world.apply(&plan).await;
    world.check(&plan, &outcome).await;
    for processor in world.emulator.snapshot()["processors"].as_array().unwrap() {
        let name = processor["Name"].as_str().unwrap();
        assert_eq!(processor["Input"]["KinesisVideoStream"]["Arn"], video(name));
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_put_back_is_told_with_the_command_that_restores_it() {
    let script = "CreateStreamProcessor/a=error:LimitExceededException:full";
    let world = replacing(&["a", "b"], with_faults(&[script])).await;
    let plan = world.plan().await;
    let outcome = world.apply(&plan).await;
    world.check(&plan, &outcome).await;
    let [removed] = &outcome.removed[..] else { panic!("{outcome:#?}") };
    assert_eq!(removed.name, "a");
    let project = world.folder.path().display();
    assert_eq!(removed.restore, format!("rekon restore {project} a"));
}

#[tokio::test(start_paused = true)]
async fn a_recovery_folder_restores_the_processor_as_it_was() {
    let script = "CreateStreamProcessor/a=error:LimitExceededException:full";
    let world = replacing(&["a", "b"], with_faults(&[script])).await;
    let start = definitions(&world, &world.emulator.snapshot());
    let plan = world.plan().await;
    let outcome = world.apply(&plan).await;
    let mut restoring = world.in_peace().await;
    let file = std::path::Path::new(&outcome.removed[0].recovery_file).parent().unwrap().to_owned();
    let copy = tempfile::tempdir().unwrap();
    std::fs::copy(file.join("rekon.toml"), copy.path().join("rekon.toml")).unwrap();
    restoring.folder = copy;
    let plan = restoring.plan().await;
    assert_eq!(plan.calls.len(), 1, "{plan:#?}");
    let outcome = restoring.apply(&plan).await;
    restoring.check(&plan, &outcome).await;
    assert_eq!(definitions(&restoring, &restoring.emulator.snapshot()), start);
}

#[tokio::test(start_paused = true)]
async fn a_running_processor_that_cannot_be_deleted_runs_again() {
    let script = "DeleteStreamProcessor/lobby=deny";
    let world = World::full(with_faults(&[script])).await;
    let plan = world.plan().await;
    let outcome = world.apply(&plan).await;
    world.check(&plan, &outcome).await;
    let snapshot = world.emulator.snapshot();
    let lobby =
        snapshot["processors"].as_array().unwrap().iter().find(|one| one["Name"] == "lobby");
    assert_eq!(lobby.unwrap()["Status"], "RUNNING");
    let answer = answered(fate(&outcome, "lobby"), Operation::DeleteStreamProcessor);
    assert!(answer.help.as_ref().unwrap().contains("rekognition:DeleteStreamProcessor"));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_somebody_took_meanwhile_is_not_waited_for_as_long_as_a_name() {
    let taken = "error:ResourceInUseException:Specified resource is in use.";
    let world =
        replacing(&["a"], with_faults(&[&format!("CreateStreamProcessor/a={taken}")])).await;
    let plan = world.plan().await;
    let outcome = world.apply(&plan).await;
    world.check(&plan, &outcome).await;
    let answer = answered(fate(&outcome, "a"), Operation::CreateStreamProcessor);
    assert!(answer.waited.as_ref().is_some_and(|waited| waited.seconds < 75), "{answer:?}");

    let taken = "error:ResourceInUseException:Stream processor name already in use.";
    let script = format!("CreateStreamProcessor/a:1x20={taken}");
    let world = replacing(&["a"], with_faults(&[&script])).await;
    let plan = world.plan().await;
    let outcome = world.apply(&plan).await;
    assert!(all_done(&outcome), "{outcome:#?}");
    assert!(outcome.elapsed > Duration::from_secs(60), "{:?}", outcome.elapsed);
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_put_back_is_not_started_nor_waited_for() {
    let script = "CreateStreamProcessor/lobby=error:LimitExceededException";
    let world = World::full(with_faults(&[script])).await;
    let plan = world.plan().await;
    let outcome = world.apply(&plan).await;
    world.check(&plan, &outcome).await;
    assert!(outcome.removed.iter().any(|removed| removed.name == "lobby"));
    let calls = world.emulator.journal();
    let mut starts = calls.iter().filter(|call| call.operation.name() == "StartStreamProcessor");
    assert!(starts.all(|call| call.processor.as_deref() != Some("lobby")));
    let lobby = outcome.processors.iter().find(|one| one.name == "lobby").unwrap();
    let create = Operation::CreateStreamProcessor;
    let [Note::FallbackFailed { operation, .. }, Note::NotRestored] = &lobby.notes[..] else {
        panic!("{lobby:?}")
    };
    assert_eq!(*operation, create);

    let script = "CreateStreamProcessor/a=error:LimitExceededException";
    let options =
        Options { settle: rekon::emulator::Settle::all(Duration::ZERO), ..with_faults(&[script]) };
    let toml = [face_toml("a", "guests", "")];
    let world = World::new(&[face("a", "RUNNING")], &toml, options).await;
    let plan = world.plan().await;
    let outcome = world.apply(&plan).await;
    assert_eq!(outcome.removed.len(), 1);
    assert!(outcome.elapsed < Duration::from_secs(5), "{:?}", outcome.elapsed);
}

#[tokio::test(start_paused = true)]
async fn a_swap_that_cannot_stop_one_leaves_the_other_unblamed() {
    let live = [face("a", "RUNNING"), face("b", "RUNNING")];
    let toml = [("a", "b"), ("b", "a")].map(|(one, other)| {
        let toml = face_toml(one, "staff", "").replace(&video(one), &video(other));
        toml.replace(&data(one), &data(other))
    });
    for (denied, other) in [("b", "a"), ("a", "b")] {
        let script = format!("StopStreamProcessor/{denied}=deny");
        let world = World::new(&live, &toml, with_faults(&[&script])).await;
        let plan = world.plan().await;
        let outcome = world.apply(&plan).await;
        world.check(&plan, &outcome).await;
        let operation = Operation::StopStreamProcessor;
        answered(fate(&outcome, denied), operation);
        let told = Reason::CallFailed { operation, name: denied.into() };
        let notes =
            &outcome.processors.iter().find(|processor| processor.name == other).unwrap().notes;
        match fate(&outcome, other) {
            Fate::Failed(Failure { call: None, reason }) if denied == "b" => {
                assert_eq!((reason, &notes[..]), (&told, &[Note::StartedAgain][..]));
            }
            Fate::NotTried(reason) if denied == "a" => {
                assert_eq!((reason, notes.len()), (&told, 0));
            }
            fate => panic!("{fate:?}"),
        }
    }
}
