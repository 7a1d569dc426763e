//! A service that is the right one for somebody else.

use rekon::aws::Class;
use rekon::emulator::{Emulator, Operation, Options, State};
use rekon::live;
use serde_json::json;

use super::sockets::project;
use super::stranger::{ACCOUNT, Answer, REGION, Stranger, arn, described, identity, names, sound};
use crate::support::remembering;
use crate::world::served::{Served, Verdict};

#[tokio::test(start_paused = true)]
async fn a_fleet_of_another_account_or_region_is_not_read_to_its_end() {
    for (region, account) in [("eu-west-1", ACCOUNT), (REGION, "999999999999")] {
        let stranger = Stranger::new(move |called, asked| match called {
            "DescribeStreamProcessor" => {
                let name = asked["Name"].as_str().unwrap();
                Answer::Sound(described(name, &arn(region, account, name)))
            }
            _ => sound(&names(1000), called, asked),
        });
        let reader = stranger.reader().await;
        let now = "2026-11-22T15:03:00Z".parse().unwrap();
        let fetched = live::fetch(&reader, ACCOUNT, &|_| {}).await.unwrap_err();
        let taken = live::take(&reader, ACCOUNT, now, &|_| {}).await.unwrap_err();
        for error in [fetched, taken] {
            assert_eq!(error.class(), Class::Elsewhere);
            let said = error.to_string();
            assert!(said.contains(&format!("arn:aws:rekognition:{region}:{account}:")), "{said}");
            assert!(said.contains(&format!("{REGION} of account {ACCOUNT}")), "{said}");
        }
        // Those that were under way already, twice.
        assert!(stranger.calls("DescribeStreamProcessor") <= 2 * 100);
    }
}

#[tokio::test(start_paused = true)]
async fn a_description_of_another_name_ends_the_reading() {
    let stranger = Stranger::new(|called, asked| match called {
        "DescribeStreamProcessor" => {
            Answer::Sound(described("camera-00000", &arn(REGION, ACCOUNT, "camera-00001")))
        }
        _ => sound(&names(1), called, asked),
    });
    let reader = stranger.reader().await;
    let error = live::fetch(&reader, ACCOUNT, &|_| {}).await.unwrap_err();
    assert_eq!(error.class(), Class::Elsewhere);
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_is_of_two_accounts_is_nobody() {
    let stranger = Stranger::new(|called, asked| match called {
        "GetCallerIdentity" => Answer::Sound(identity(ACCOUNT, "999999999999")),
        _ => sound(&[], called, asked),
    });
    let error = stranger.reader().await.caller_identity().await.unwrap_err();
    assert_eq!(error.class(), Class::NotTheService);
    assert!(error.to_string().contains("arn:aws:iam::999999999999:user/me"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_emulator_of_another_region_is_not_written_to() {
    let options = Options { region: "eu-west-1".into(), ..Options::default() };
    let name = "camera";
    let mut processor = described(name, &arn("eu-west-1", ACCOUNT, name));
    processor["Tags"] = json!({"rekon:stack": "peer"});
    let snapshot = json!({
        "format_version": "1.0", "taken_at": "2026-11-20T08:00:00Z", "account_id": ACCOUNT,
        "region": "eu-west-1", "complete": true, "processors": [processor],
    });
    let state = State::from_snapshot(&snapshot, &options).unwrap();
    let emulator = Emulator::new(remembering(options), state);
    let served = Served::new(emulator, |_| Verdict::Answer).await;
    let (_folder, dir) = project();
    let mut command = served.rekon(&["apply", &dir, "--auto-approve", "--allow-deletes", "1"]);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("arn:aws:rekognition:eu-west-1:"), "{said}");
    let counts = served.counts();
    let writes = |name: &str| Operation::named(name).is_some_and(Operation::writes);
    assert!(!counts.keys().any(|name| writes(name)), "{counts:?}");
    assert!(counts.contains_key("DescribeStreamProcessor"), "{counts:?}");
}
