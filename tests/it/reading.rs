//! Reading the live state through a service that has its moods.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;

use rekon::aws::{self, Class, Rate, RateLimit, Reader};
use rekon::desired::Desired;
use rekon::emulator::{Emulator, Faults, Options, State};
use rekon::live::{self, Progress};
use rekon::model::{Live, TagKnowledge};
use rekon::plan::Narrowing;
use serde_json::{Value, json};
use tokio::time::Instant;

const ACCOUNT: &str = "111122223333";

fn fleet(count: usize) -> Value {
    let processors = (0..count).map(|index| {
        let name = format!("camera-{index:04}");
        json!({
            "StreamProcessorArn": format!("arn:aws:rekognition:us-east-1:{ACCOUNT}:streamprocessor/{name}"),
            "Status": "STOPPED",
            "Input": {"KinesisVideoStream": {"Arn": format!("arn:aws:kinesisvideo:us-east-1:{ACCOUNT}:stream/{name}/1590000000000")}},
            "Output": {"S3Destination": {"Bucket": "results"}},
            "RoleArn": format!("arn:aws:iam::{ACCOUNT}:role/Streams"),
            "Settings": {"ConnectedHome": {"Labels": ["PERSON"], "MinConfidence": 80.1}},
            "Tags": if index % 2 == 0 { json!({"team": "home"}) } else { json!({}) },
            "Name": name,
        })
    });
    json!({
        "format_version": "1.0", "taken_at": "2026-11-20T08:00:00Z", "account_id": ACCOUNT,
        "region": "us-east-1", "complete": true, "processors": processors.collect::<Vec<_>>(),
    })
}

async fn reader(count: usize, scripted: &[&str], rate_limit: RateLimit) -> (Emulator, Reader) {
    let options = Options {
        faults: Faults {
            scripted: scripted.iter().map(|fault| fault.parse().unwrap()).collect(),
            ..Faults::default()
        },
        ..Options::default()
    };
    let state = State::from_snapshot(&fleet(count), &options).unwrap();
    let emulator = Emulator::new(crate::support::remembering(options), state);
    let settings = aws::Settings {
        region: "us-east-1".into(),
        profile: None,
        endpoint_url: None,
        rate_limit,
        http_client: Some(emulator.http_client()),
        log: None,
    };
    let reader = aws::connect(settings).await.unwrap().reader();
    (emulator, reader)
}

async fn fetch(count: usize, scripted: &[&str]) -> Result<Live, aws::Error> {
    let (_emulator, reader) = reader(count, scripted, RateLimit::Unlimited).await;
    live::fetch(&reader, ACCOUNT, &|_| {}).await
}

fn calls(emulator: &Emulator, operation: &str) -> usize {
    emulator.journal().iter().filter(|call| call.operation.name() == operation).count()
}

#[tokio::test(start_paused = true)]
async fn a_fleet_is_read_at_the_pace_of_the_quota_and_with_no_call_too_many() {
    let (emulator, reader) = reader(1200, &[], RateLimit::Quota(Rate::FULL)).await;
    let began = Instant::now();
    let live = live::fetch(&reader, ACCOUNT, &|_| {}).await.unwrap();
    let seconds = began.elapsed().as_secs_f64();
    assert!((60.0..61.8).contains(&seconds), "{seconds}");
    assert_eq!(live.processors.len(), 1200);
    assert_eq!(calls(&emulator, "ListStreamProcessors"), 2);
    assert_eq!(calls(&emulator, "DescribeStreamProcessor"), 1200);
    assert_eq!(calls(&emulator, "GetResources"), 6);
    assert_eq!(team(&live, "camera-0000"), Some("home"));
    assert_eq!(live.processors["camera-0001"].definition.tags, TagKnowledge::Hinted);
}

#[tokio::test(start_paused = true)]
async fn slow_answers_do_not_slow_the_pace() {
    let slow = ["DescribeStreamProcessor=slow:800ms"];
    let (_emulator, reader) = reader(400, &slow, RateLimit::Quota(Rate::FULL)).await;
    let began = Instant::now();
    live::fetch(&reader, ACCOUNT, &|_| {}).await.unwrap();
    let seconds = began.elapsed().as_secs_f64();
    assert!((20.0..22.0).contains(&seconds), "{seconds}");
}

#[tokio::test(start_paused = true)]
async fn an_expired_page_token_starts_the_listing_again() {
    let live =
        fetch(1500, &["ListStream:1=expired-token", "GetResources:2=expired-token"]).await.unwrap();
    assert!(live.is_complete());
    assert_eq!(live.processors.len(), 1500);
    assert_eq!(live.processors["camera-0000"].definition.tags, TagKnowledge::Hinted);
}

#[tokio::test(start_paused = true)]
async fn what_one_processor_denies_leaves_the_others_read() {
    let live = fetch(20, &["Describe/camera-0007=deny"]).await.unwrap();
    assert_eq!(live.processors.len(), 19);
    let [problem] = &live.problems[..] else { panic!("{:?}", live.problems) };
    assert_eq!(problem.names, Some(BTreeSet::from(["camera-0007".to_owned()])));
    assert!(problem.reason.starts_with("DescribeStreamProcessor: AccessDeniedException: "));
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_may_read_nothing_gets_an_error_and_not_an_empty_fleet() {
    for script in ["ListStream=deny", "Describe=deny"] {
        let error = fetch(20, &[script]).await.unwrap_err();
        assert_eq!(error.class(), Class::Denied);
        assert!(error.help().unwrap().starts_with("Allow rekognition:"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn tags_that_cannot_be_hinted_are_unknown_and_can_be_confirmed() {
    for script in ["GetResources=deny", "GetResources=throttle", "GetResources=internal"] {
        let (_emulator, reader) = reader(6, &[script], RateLimit::Unlimited).await;
        let mut live = live::fetch(&reader, ACCOUNT, &|_| {}).await.unwrap();
        assert!(live.is_complete(), "{script}");
        assert_eq!(live.notes.len(), 1, "{script}");
        assert_eq!(live.processors["camera-0000"].definition.tags, TagKnowledge::Unknown);
        let names = live.processors.keys().cloned().collect();
        live::confirm_tags(&reader, &mut live, &names).await;
        assert_eq!(live.processors["camera-0000"].definition.tags, TagKnowledge::Confirmed);
        assert_eq!(team(&live, "camera-0000"), Some("home"));
    }
}

#[tokio::test(start_paused = true)]
async fn tags_that_cannot_be_confirmed_make_the_read_incomplete() {
    let (_emulator, reader) = reader(3, &["ListTags/camera-0001=deny"], RateLimit::Unlimited).await;
    let mut live = live::fetch(&reader, ACCOUNT, &|_| {}).await.unwrap();
    let names = live.processors.keys().cloned().collect();
    live::confirm_tags(&reader, &mut live, &names).await;
    assert!(!live.is_complete());
    assert_eq!(live.processors["camera-0001"].definition.tags, TagKnowledge::Unknown);
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_trouble_on_the_way_is_overcome() {
    for fault in ["throttle", "rate", "internal", "reset-before", "reset-after", "hang", "truncate"]
    {
        // The first call finds the service, for which there is less patience. Of answers
        // that never come two minutes hold no more.
        let times = if fault == "hang" { 4 } else { 6 };
        let script = format!("*:2x{times}={fault}");
        let (_emulator, reader) = reader(10, &[&script], RateLimit::Unlimited).await;
        reader.list().await.unwrap();
        let live = live::fetch(&reader, ACCOUNT, &|_| {}).await.unwrap();
        assert!(live.is_complete(), "{fault}: {:?}", live.problems);
        assert_eq!(live.processors.len(), 10, "{fault}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_reads_back_as_what_was_read() {
    let (_emulator, reader) = reader(8, &[], RateLimit::Unlimited).await;
    let now = "2026-11-22T15:03:00Z".parse().unwrap();
    let snapshot = live::take(&reader, ACCOUNT, now, &|_| {}).await.unwrap();
    assert_eq!(snapshot["complete"], json!(true));
    let parsed = live::parse(Path::new("live.json"), &snapshot.to_string()).unwrap();
    let mut live = live::fetch(&reader, ACCOUNT, &|_| {}).await.unwrap();
    let names = live.processors.keys().cloned().collect();
    live::confirm_tags(&reader, &mut live, &names).await;
    assert_eq!(parsed.taken_at, Some(now));
    live = rekon::model::Live { taken_at: parsed.taken_at, believed: None, ..live };
    assert_eq!(parsed, live);
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_that_misses_something_says_what() {
    let (_emulator, reader) = reader(4, &["ListTags/camera-0002=deny"], RateLimit::Unlimited).await;
    let now = "2026-11-22T15:03:00Z".parse().unwrap();
    let snapshot = live::take(&reader, ACCOUNT, now, &|_| {}).await.unwrap();
    assert_eq!(snapshot["complete"], json!(false));
    let parsed = live::parse(Path::new("live.json"), &snapshot.to_string()).unwrap();
    assert_eq!(parsed.problems[0].names, Some(BTreeSet::from(["camera-0002".to_owned()])));
}

#[tokio::test]
async fn an_endpoint_that_nobody_serves_is_told_in_a_line() {
    let settings = aws::Settings {
        region: "us-east-1".into(),
        profile: None,
        endpoint_url: Some("not a url".into()),
        rate_limit: RateLimit::Unlimited,
        http_client: None,
        log: None,
    };
    let error = aws::connect(settings).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "GetCallerIdentity: \"not a url\" is no endpoint: it must be an http:// or https:// URL"
    );
}

/// A live processor's tag `team`.
fn team<'a>(live: &'a Live, name: &str) -> Option<&'a str> {
    live.processors[name].definition.text(&rekon::model::Attribute::Tag("team".into()))
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_reads_descriptions_and_tags_side_by_side() {
    let (emulator, reader) = reader(300, &[], RateLimit::Quota(Rate::FULL)).await;
    let began = Instant::now();
    let told = Mutex::new(Vec::new());
    let tell = |progress: Progress| told.lock().unwrap().push((progress.done, progress.total));
    let now = jiff::Timestamp::UNIX_EPOCH;
    let snapshot = live::take(&reader, ACCOUNT, now, &tell).await.unwrap();
    // 300 at ten a second, and not 15 seconds of descriptions before.
    let seconds = began.elapsed().as_secs_f64();
    assert!((29.5..31.0).contains(&seconds), "{seconds}");
    assert_eq!(calls(&emulator, "ListTagsForResource"), 300);
    assert_eq!(snapshot["complete"], true);
    assert!(snapshot["processors"].as_array().unwrap().iter().all(|wire| wire["Tags"].is_object()));
    // One bar moves through both.
    let told = told.into_inner().unwrap();
    assert!(told.windows(2).all(|pair| pair[0].0 <= pair[1].0 && pair[0].1 <= pair[1].1));
    assert_eq!((told.len(), told.last()), (601, Some(&(600, 600))));
}

/// Declares the first of a fleet as they live, but of another team.
fn declared(count: usize) -> Desired {
    let mut toml = format!(
        "[stack]\nname = \"home\"\naccount_id = \"{ACCOUNT}\"\nregion = \"us-east-1\"\n\
         ownership = \"none\"\n\
         [defaults]\nrole_arn = \"arn:aws:iam::{ACCOUNT}:role/Streams\"\n\
         tags.team = \"garden\"\n\
         [template.camera]\n\
         settings.connected_home = {{ labels = [\"PERSON\"], min_confidence = 80.1 }}\n\
         output.s3_destination.bucket = \"results\"\n"
    );
    for index in 0..count {
        let name = format!("camera-{index:04}");
        toml.push_str(&format!(
            "[processor.{name}]\nextends = \"camera\"\ninput.kinesis_video_stream.arn = \
             \"arn:aws:kinesisvideo:us-east-1:{ACCOUNT}:stream/{name}/1590000000000\"\n"
        ));
    }
    let files = [("rekon.toml".to_owned(), toml)];
    let project = crate::world::stage::Project::new(&files);
    project.unwrap_or_else(|problem| panic!("{problem}")).checked.desired.unwrap()
}

#[tokio::test(start_paused = true)]
async fn tags_in_question_are_read_beside_descriptions_and_only_those_of_what_is_chosen() {
    let desired = declared(300);
    let all = Narrowing::default();
    let few = Narrowing::new(&desired, &["camera-000*".to_owned()], &[], &[], None).unwrap();
    for (narrowing, asked, floor) in [(all, 300, 30.0), (few, 10, 15.0)] {
        let (emulator, reader) = reader(300, &[], RateLimit::Quota(Rate::FULL)).await;
        let began = Instant::now();
        let live = live::read(&reader, &desired, &narrowing, &|_| {}).await.unwrap();
        let seconds = began.elapsed().as_secs_f64();
        assert!(
            (0.95 * floor..1.05 * floor).contains(&seconds),
            "{seconds} where {floor} would do"
        );
        assert_eq!(calls(&emulator, "ListTagsForResource"), asked);
        assert_eq!(calls(&emulator, "DescribeStreamProcessor"), 300);
        let confirmed = live.processors.values().map(|live| live.definition.tags);
        assert_eq!(confirmed.filter(|tags| *tags == TagKnowledge::Confirmed).count(), asked);
    }
}
