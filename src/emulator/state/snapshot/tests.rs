//! Snapshots there and back: what is written reads as the same state, what is missing is filled in, and what is wrong is
//! said with the processor it is wrong in.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::emulator::options::Options;
use crate::emulator::state::{State, Status, Tags};

fn front_door() -> Value {
    json!({
        "Name": "front-door",
        "StreamProcessorArn": "arn:aws:rekognition:eu-west-1:444455556666:streamprocessor/front-door",
        "Status": "FAILED",
        "StatusMessage": "Access denied to Role",
        "CreationTimestamp": 1532449292.712,
        "LastUpdateTimestamp": "2018-07-24T16:21:33.5Z",
        "Input": {"KinesisVideoStream": {"Arn": "arn:aws:kinesisvideo:eu-west-1:444455556666:stream/front-door/1"}},
        "Output": {"S3Destination": {"Bucket": "results", "KeyPrefix": null}},
        "RoleArn": "arn:aws:iam::444455556666:role/Streams",
        "Settings": {"ConnectedHome": {"Labels": ["PERSON"], "MinConfidence": 80.1}},
        "Tags": {"aws:cloudformation:stack-name": "cameras", "site": "north"},
        "ResponseMetadata": {"HTTPStatusCode": 200}
    })
}

fn read(processors: Value) -> Result<State, BadSnapshot> {
    State::from_snapshot(&json!({ "processors": processors }), &Options::default())
}

#[test]
fn a_snapshot_comes_back_as_it_went_in() {
    let state = read(json!([front_door()])).unwrap();
    assert_eq!((state.account_id(), state.region()), ("444455556666", "eu-west-1"));
    let now = Time::since_epoch(Duration::from_secs(1_700_000_000));
    let text = state.render(now);
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["taken_at"], "2023-11-14T22:13:20.000Z");
    let mut expected = front_door();
    expected["LastUpdateTimestamp"] = json!(1532449293.5);
    expected["Output"] = json!({"S3Destination": {"Bucket": "results"}});
    expected.as_object_mut().unwrap().remove("ResponseMetadata");
    assert_eq!(value["processors"][0], expected);
    assert_eq!(State::parse(text.as_bytes(), &Options::default()).unwrap().render(now), text);
}

#[test]
fn what_is_about_to_happen_survives() {
    let mut state = read(json!([front_door()])).unwrap();
    let at = |seconds| Time::since_epoch(Duration::from_secs(seconds));
    state.change("front-door", |processor| {
        processor.next = Some(Next { at: at(50), status: Status::Stopped, message: None });
        processor.hidden_until = at(40);
        processor.stale_tags = Some(StaleTags { until: at(30), tags: Tags::new() });
    });
    state.hold_name("garage", at(20), at(10));
    state.linger(
        "garage",
        StaleTags { until: at(35), tags: Tags::from([("a".to_owned(), "b".to_owned())]) },
        at(10),
    );
    let mut resumed = State::parse(state.render(at(10)).as_bytes(), &Options::default()).unwrap();
    assert_eq!(resumed.render(at(10)), state.render(at(10)));
    assert!(resumed.name_in_use("garage", at(19)) && !resumed.name_in_use("garage", at(20)));
    assert_eq!(resumed.departed(at(34)).count(), 1);
    assert_eq!(resumed.resumed_at, at(10));
    resumed.advance(at(50));
    assert_eq!(resumed.processors()["front-door"].status, Status::Stopped);
}

#[test]
fn what_is_missing_is_filled_in() {
    let mut bare = front_door();
    for member in [
        "StreamProcessorArn",
        "Status",
        "StatusMessage",
        "CreationTimestamp",
        "LastUpdateTimestamp",
        "Tags",
    ] {
        bare.as_object_mut().unwrap().remove(member);
    }
    let state = read(json!([bare])).unwrap();
    assert_eq!(state.account_id(), "111122223333");
    let value: Value = serde_json::from_str(&state.render(Time::default())).unwrap();
    assert_eq!(
        value["processors"][0]["StreamProcessorArn"],
        "arn:aws:rekognition:us-east-1:111122223333:streamprocessor/front-door"
    );
    assert_eq!(value["processors"][0]["Status"], "STOPPED");
}

#[test]
fn problems_name_the_processor() {
    let with = |member: &str, value: Value| {
        let mut processor = front_door();
        processor[member] = value;
        read(json!([processor])).unwrap_err().to_string()
    };
    assert!(with("Status", json!("ASLEEP")).contains(
        "processor `front-door`: Status must be a status of the service, not \"ASLEEP\""
    ));
    assert!(
        with("Name", json!("front door!")).contains("processor `front door!`: 1 validation error")
    );
    assert!(with("Name", json!(null)).contains("processor number 1: "));
    assert!(with("Settings", json!({})).contains("processor `front-door`: "));
    assert!(with("CreationTimestamp", json!("noon")).contains("CreationTimestamp must be"));
    assert!(
        with("Tags", json!({"a": 1})).contains("Tags must be an object of strings, not {\"a\":1}")
    );
    assert!(
        with("StreamProcessorArn", json!("arn:aws:rekognition:eu-west-1:4:streamprocessor/x"))
            .contains("which in this")
    );
    assert!(
        read(json!([front_door(), front_door()]))
            .unwrap_err()
            .to_string()
            .contains("another of this name")
    );
    assert!(
        State::parse(b"{", &Options::default())
            .unwrap_err()
            .to_string()
            .starts_with("it is no JSON: ")
    );
    let future = json!({"format_version": "2.0", "processors": []});
    assert!(
        State::from_snapshot(&future, &Options::default())
            .unwrap_err()
            .to_string()
            .contains("reads 1.x")
    );
}

proptest! {
    /// Whatever stands in a file, reading it ends in a state or in words.
    #[test]
    fn nothing_that_is_read_brings_it_down(
        noise in proptest::collection::vec(any::<u8>(), 0..200),
        at in any::<prop::sample::Index>(),
    ) {
        let now = Time::default();
        let mut state = read(json!([front_door()])).unwrap();
        let whole = state.render(now);
        // Damaged in one place, or nothing but noise.
        let mut damaged = whole.clone().into_bytes();
        let at = at.index(damaged.len());
        damaged.splice(at..(at + noise.len()).min(whole.len()), noise.iter().copied());
        for text in [&noise, &damaged] {
            if let Err(error) = State::parse(text, &Options::default()) {
                prop_assert!(!error.to_string().is_empty());
            }
            if let Err(error) = state.replay(text, 7) {
                prop_assert!(error.to_string().starts_with("line 7 is no change"), "{error}");
            }
        }
    }
}
