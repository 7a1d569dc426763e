//! Who made the last change, as CloudTrail says.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use rekon::emulator::{Emulator, Options, Settle};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Run, copy_of, remembering, run};
use crate::world::served::{Served, Verdict};

/// A fleet that was applied, and somebody beside rekon who may change it.
struct Fleet {
    _folder: TempDir,
    dir: String,
    served: Served,
}

impl Fleet {
    async fn new(
        options: Options,
        watcher: impl Fn(&str) -> Verdict + Send + Sync + 'static,
    ) -> Fleet {
        let (folder, dir) = copy_of("doorbells");
        let identities = BTreeMap::from([("AKIDMARY".to_owned(), "mary".to_owned())]);
        let options = remembering(Options { identities, ..options });
        let state = Path::new(&dir).join("live.json");
        let served =
            Served::new(Emulator::open(options, Some(&state), None).unwrap(), watcher).await;
        let apply: Run = served.rekon(&["apply", &dir, "--auto-approve"]).output().unwrap().into();
        assert_eq!(apply.code, 0, "{}", apply.stderr);
        Fleet { _folder: folder, dir, served }
    }

    async fn mary(&self, operation: &str, body: Value) {
        let request = Request::post("/")
            .header("x-amz-target", format!("RekognitionService.{operation}"))
            .header("content-type", "application/x-amz-json-1.1")
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=AKIDMARY/20260101/us-east-1/rekognition/aws4_request",
            )
            .body(Bytes::from(body.to_string()))
            .unwrap();
        let answer = self.served.emulator.handle(request).await.unwrap();
        assert_eq!(answer.response.status(), 200, "{operation}");
    }

    async fn mary_changes_garden(&self) {
        let labels = json!({"ConnectedHomeForUpdate": {"MinConfidence": 42}});
        self.mary("UpdateStreamProcessor", json!({"Name": "garden", "SettingsForUpdate": labels}))
            .await;
    }

    fn drift(&self, more: &[&str]) -> Value {
        let args = ["drift", &self.dir, "--who", "--format", "json"];
        let run: Run = self.served.rekon(&[&args, more].concat()).output().unwrap().into();
        assert_eq!(run.code, 2, "{}", run.stderr);
        serde_json::from_str(&run.stdout).unwrap()
    }

    fn lookups(&self) -> usize {
        self.served.counts().get("LookupEvents").copied().unwrap_or(0)
    }
}

fn who<'a>(found: &'a Value, name: &str) -> &'a Value {
    let mut all = found["findings"].as_array().unwrap().iter();
    &all.find(|one| one["name"] == name).unwrap_or_else(|| panic!("{found:#}"))["who"]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_has_its_author_and_each_operation_is_asked_for_once() {
    let fleet = Fleet::new(Options::default(), |_| Verdict::Answer).await;
    fleet.mary_changes_garden().await;
    fleet.mary("DeleteStreamProcessor", json!({"Name": "side-door"})).await;
    let arn = "arn:aws:rekognition:us-east-1:111122223333:streamprocessor/back-door";
    fleet.mary("TagResource", json!({"ResourceArn": arn, "Tags": {"team": "mary"}})).await;
    // Not what changed it.
    fleet.mary("DescribeStreamProcessor", json!({"Name": "garden"})).await;
    let found = fleet.drift(&[]);
    let ago = |who: &Value| {
        let at: jiff::Timestamp = who["at"].as_str().unwrap().parse().unwrap();
        jiff::Timestamp::now().duration_since(at).as_secs()
    };
    for (name, operation) in [
        ("garden", "UpdateStreamProcessor"),
        ("side-door", "DeleteStreamProcessor"),
        ("back-door", "TagResource"),
    ] {
        let who = who(&found, name);
        assert_eq!(who["principal"], "arn:aws:iam::111122223333:user/mary", "{who}");
        assert_eq!((&who["operation"], &who["by_rekon"]), (&json!(operation), &json!(false)));
        assert_eq!((&who["source_ip"], &who["unknown"]), (&json!("127.0.0.1"), &Value::Null));
        assert!((0..120).contains(&ago(who)), "{who}");
    }
    assert_eq!(fleet.lookups(), 5, "Create, Update, Delete, Tag, Untag");
    let args = ["drift", &fleet.dir, "--who", "--only", "garden"];
    let text = Run::from(fleet.served.rekon(&args).output().unwrap()).stdout;
    let line = "    by arn:aws:iam::111122223333:user/mary, UpdateStreamProcessor, 20";
    assert!(text.contains(line) && text.contains(", from 127.0.0.1"), "{text}");
    // Whoever does not ask, or finds nothing, asks nobody.
    let asked = fleet.lookups();
    for more in [&["--only", "garage", "--who"][..], &[]] {
        let args = [&["drift", &fleet.dir], more].concat();
        let drift: Run = fleet.served.rekon(&args).output().unwrap().into();
        assert!(drift.stdout.contains("stack doorbells"), "{}", drift.stderr);
    }
    assert_eq!(fleet.lookups(), asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_rekon_itself_did_from_elsewhere_is_told_as_such() {
    let fleet = Fleet::new(Options::default(), |_| Verdict::Answer).await;
    let elsewhere = format!("{}/cameras/garage.toml", fleet.dir);
    let kept = fs::read_to_string(&elsewhere).unwrap();
    fs::write(&elsewhere, "").unwrap();
    let args = ["apply", &fleet.dir, "--auto-approve", "--allow-deletes", "1"];
    let apply: Run = fleet.served.rekon(&args).output().unwrap().into();
    assert_eq!(apply.code, 0, "{}{}", apply.stdout, apply.stderr);
    fs::write(&elsewhere, kept).unwrap();
    let found = fleet.drift(&[]);
    let who = who(&found, "garage");
    assert_eq!(
        (&who["operation"], &who["by_rekon"]),
        (&json!("DeleteStreamProcessor"), &json!(true))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trail_that_is_closed_behind_or_too_short_is_told_and_changes_nothing_else() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counting = asked.clone();
    let closed = move |operation: &str| match operation {
        "LookupEvents" => {
            counting.fetch_add(1, Ordering::Relaxed);
            Verdict::Refuse
        }
        _ => Verdict::Answer,
    };
    let fleet = Fleet::new(Options::default(), closed).await;
    fleet.mary_changes_garden().await;
    let unknown = |found: &Value, name: &str| -> String {
        let who = who(found, name);
        assert_eq!((&who["principal"], &who["at"]), (&Value::Null, &Value::Null));
        who["unknown"].as_str().unwrap().to_owned()
    };
    let told = unknown(&fleet.drift(&[]), "garden");
    assert!(
        told.contains("closed to the caller") && told.contains("cloudtrail:LookupEvents"),
        "{told}"
    );
    assert_eq!(asked.load(Ordering::Relaxed), 1, "closed for one is closed for all");

    let mut behind = Options::default();
    behind.lag.trail = Duration::from_secs(900);
    let fleet = Fleet::new(behind, |_| Verdict::Answer).await;
    fleet.mary_changes_garden().await;
    let told = unknown(&fleet.drift(&[]), "garden");
    assert!(told.contains("90 days") && told.contains("15 minutes behind"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_followed_to_the_change_that_is_sought() {
    let fleet =
        Fleet::new(Options { settle: Settle::all(Duration::ZERO), ..Options::default() }, |_| {
            Verdict::Answer
        })
        .await;
    fleet.mary_changes_garden().await;
    for number in 0..120 {
        let opt_in = json!({"OptIn": number % 2 == 1});
        let request = json!({"Name": "back-door", "DataSharingPreferenceForUpdate": opt_in});
        fleet.mary("UpdateStreamProcessor", request).await;
    }
    let found = fleet.drift(&["--only", "garden"]);
    assert_eq!(who(&found, "garden")["operation"], "UpdateStreamProcessor");
    let pages = fleet.lookups();
    assert!((3..=6).contains(&pages), "{pages}");
}

#[test]
fn a_snapshot_has_no_trail() {
    let (_folder, dir) = copy_of("doorbells");
    let live = format!("{dir}/live.json");
    let refused = run(&["drift", &dir, "--live", &live, "--who"]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("cannot be used with"), "{}", refused.stderr);
}
