//! What stands before a delete, by the service's journal alone.

use std::collections::BTreeMap;
use std::time::Duration;

use rekon::emulator::{Operation, Options, Settle, Time};
use rekon::plan::Fate;

use super::world::{World, all_done, camera, camera_toml};

const HOME: &str = "team = \"home\"";

/// Checks that each delete came within a second of a description and a list of
/// tags of the same processor. Says how many deletes there were.
fn check_readings(world: &World) -> usize {
    const ALLOWED: Duration = Duration::from_secs(1);
    let mut last: BTreeMap<(Operation, String), Time> = BTreeMap::new();
    let mut deletes = 0;
    for call in world.emulator.journal() {
        let name = match (&call.processor, call.request.get("ResourceArn")) {
            (Some(name), _) => name.clone(),
            (None, Some(arn)) => arn.as_str().unwrap().rsplit('/').next().unwrap().to_owned(),
            (None, None) => continue,
        };
        if call.operation == Operation::DeleteStreamProcessor {
            deletes += 1;
            for reading in [Operation::DescribeStreamProcessor, Operation::ListTagsForResource] {
                let read = last.get(&(reading, name.clone()));
                let read = read.unwrap_or_else(|| panic!("{reading:?} of {name}: never"));
                let until = read.after(ALLOWED);
                assert!(until >= call.time, "{reading:?} of {name} is older than {ALLOWED:?}");
            }
        }
        last.insert((call.operation, name), call.time);
    }
    deletes
}

fn moved_to(role: &str, count: usize) -> (Vec<serde_json::Value>, Vec<String>) {
    let name = |n: usize| format!("camera-{n:02}");
    let live = (0..count).map(|n| camera(&name(n), &name(n))).collect();
    let toml = (0..count).map(|n| camera_toml(&name(n), &name(n), role, "\"PERSON\"", HOME));
    (live, toml.collect())
}

#[tokio::test(start_paused = true)]
async fn each_delete_follows_a_reading_of_its_last_second() {
    let (live, toml) = moved_to("Other", 40);
    let settle = Settle::all(Duration::from_millis(200));
    for rate in ["100%", "25%"] {
        let world = World::new(&live, &toml, Options { settle, ..Options::default() }).await;
        let plan = world.plan().await;
        let world = world.paced(rate.parse().unwrap()).await;
        assert!(all_done(&world.apply(&plan).await));
        assert_eq!(check_readings(&world), 40);
    }
}

#[tokio::test(start_paused = true)]
async fn what_could_no_longer_be_brought_back_is_not_deleted() {
    let (live, toml) = moved_to("Other", 3);
    let settle = Settle { name: Duration::from_secs(10), ..Settle::default() };
    for lost in ["removed", "runs", ""] {
        let world = World::new(&live, &toml, Options { settle, ..Options::default() }).await;
        let plan = world.plan().await;
        let (outcome, ()) = tokio::join!(world.apply(&plan), async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            std::fs::remove_dir_all(world.folder.path().join(".rekon").join(lost)).unwrap();
        });
        let deletes = world.writes().into_iter().filter(|write| write.starts_with("Delete"));
        assert_eq!(deletes.collect::<Vec<_>>(), ["DeleteStreamProcessor camera-00"], "{lost}");
        assert!(!all_done(&outcome));
        assert_eq!(world.names().len(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn what_somebody_changes_just_before_its_delete_is_kept() {
    let (live, toml) = moved_to("Other", 2);
    // The first replacement waits for its name, and the second one's turn is then.
    let settle = Settle { name: Duration::from_secs(10), ..Settle::default() };
    for tags in [HOME, "team = \"home\", site = \"a\""] {
        let world = World::new(&live, &toml, Options { settle, ..Options::default() }).await;
        let labels = if tags == HOME { "\"PET\"" } else { "\"PERSON\"" };
        let name = "camera-01";
        let other = world.neighbour(&[camera_toml(name, name, "Streams", labels, tags)]).await;
        let (plan, their_plan) = (world.plan().await, other.plan().await);
        let (outcome, theirs) = tokio::join!(world.apply(&plan), async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            other.apply(&their_plan).await
        });
        assert!(all_done(&theirs), "{theirs:#?}");
        let fates: Vec<_> = outcome.processors.iter().map(|one| &one.fate).collect();
        assert!(matches!(fates[..], [Fate::Done, Fate::Moved(_)]), "{outcome:#?}");
        let deletes = world.writes().into_iter().filter(|write| write.starts_with("Delete"));
        assert_eq!(deletes.collect::<Vec<_>>(), ["DeleteStreamProcessor camera-00"]);
        assert_eq!(check_readings(&world), 1);
    }
}
