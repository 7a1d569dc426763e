//! Answers and listings without end are read up to a bound and no further.

use std::sync::atomic::{AtomicU64, Ordering};

use allocation_counter::measure;
use rekon::aws::Class;
use rekon::live;
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

use super::stranger::{ACCOUNT, Answer, Stranger, names, sound};

const MEGABYTE: u64 = 1 << 20;

/// A page of a listing of which there is always another one.
fn endless(pages: &AtomicU64, items: usize) -> (String, Vec<String>) {
    let page = pages.fetch_add(1, Ordering::Relaxed);
    let names = (0..items).map(|index| format!("camera-{page}-{index}")).collect();
    (format!("token-{page}"), names)
}

#[tokio::test(start_paused = true)]
async fn a_body_of_a_gigabyte_is_read_up_to_the_bound_and_once() {
    for (operation, kilobytes) in
        [("ListStreamProcessors", 16 << 10), ("DescribeStreamProcessor", 128)]
    {
        let stranger = Stranger::new(move |called, asked| match called {
            _ if called == operation => Answer::Flood(1 << 30),
            _ => sound(&names(1), called, asked),
        });
        let told = match live::fetch(&stranger.reader().await, ACCOUNT, &|_| {}).await {
            Ok(live) => {
                assert!(!live.is_complete());
                live.problems[0].reason.clone()
            }
            Err(error) => {
                assert_eq!(error.class(), Class::TooLarge);
                error.to_string()
            }
        };
        assert_eq!(told, format!("{operation}: the answer is larger than {kilobytes} KB"));
        assert_eq!(stranger.calls(operation), 1);
        let taken = stranger.taken();
        assert!(taken <= (kilobytes + 64) << 10, "{operation}: {taken}");
    }
}

/// Reads from a stranger, and says how much memory that took at the most, and how it
/// ended.
fn memory_of(stranger: &Stranger) -> (u64, String) {
    let mut said = String::new();
    let taken = measure(|| {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().start_paused(true).build().unwrap();
        said = runtime.block_on(async {
            let read = live::fetch(&stranger.reader().await, ACCOUNT, &|_| {}).await;
            read.map_or_else(|error| error.to_string(), |live| format!("{:?}", live.problems))
        });
    });
    (taken.bytes_max, said)
}

#[test]
fn no_listing_takes_more_than_some_megabytes_of_memory() {
    let page = |entry: &str| {
        let entries = entry.repeat((15 << 20) / entry.len());
        let entries = entries.trim_end_matches(',');
        Answer::Page {
            status: 200,
            kind: "application/x-amz-json-1.1",
            body: format!("{{\"StreamProcessors\": [{entries}]}}").leak(),
        }
    };
    for (answer, words) in [
        (Answer::Flood(1 << 30), "larger than 16384 KB"),
        (page("{},"), "goes on after 20000 entries"),
        (page(r#"{"Name":"a"},"#), "goes on after 20000 entries"),
        (page(r#"{"Name":"a","Tags":[[],[],[],[],[],[],[],[],[],[],[]]},"#), "after 20000 entries"),
    ] {
        let stranger = Stranger::new(move |called, asked| match called {
            "ListStreamProcessors" => answer.clone(),
            _ => sound(&[], called, asked),
        });
        let (bytes, said) = memory_of(&stranger);
        assert!(said.contains(words), "{said}");
        assert!(bytes < 64 * MEGABYTE, "{words}: {bytes}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_never_ends_is_left() {
    let pages = AtomicU64::new(0);
    let stranger = Stranger::new(move |called, asked| match called {
        "ListStreamProcessors" => {
            let (token, _) = endless(&pages, 0);
            Answer::Sound(json!({"StreamProcessors": [], "NextToken": token}))
        }
        _ => sound(&[], called, asked),
    });
    let began = Instant::now();
    let read = live::fetch(&stranger.reader().await, ACCOUNT, &|_| {}).await;
    let said = read.unwrap_err().to_string();
    assert_eq!(said, "ListStreamProcessors: the listing goes on after 200 pages");
    assert_eq!(stranger.calls("ListStreamProcessors"), 200);
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[tokio::test(start_paused = true)]
async fn of_a_million_names_none_is_described() {
    let pages = AtomicU64::new(0);
    let stranger = Stranger::new(move |called, asked| match called {
        "ListStreamProcessors" => {
            let (token, names) = endless(&pages, 1000);
            let listed: Vec<Value> = names.iter().map(|name| json!({"Name": name})).collect();
            Answer::Sound(json!({"StreamProcessors": listed, "NextToken": token}))
        }
        _ => sound(&[], called, asked),
    });
    let read = live::fetch(&stranger.reader().await, ACCOUNT, &|_| {}).await;
    let said = read.unwrap_err().to_string();
    assert_eq!(
        said,
        "ListStreamProcessors: the listing goes on after 20000 entries, and 10000 stream \
         processors are the service's limit"
    );
    assert_eq!(stranger.calls("ListStreamProcessors"), 21);
    assert_eq!(stranger.calls("DescribeStreamProcessor"), 0);
}

#[tokio::test(start_paused = true)]
async fn names_without_end_are_bounded_in_all() {
    let pages = AtomicU64::new(0);
    let long = "x".repeat(15 << 20);
    let stranger = Stranger::new(move |called, asked| match called {
        "ListStreamProcessors" => {
            let (token, _) = endless(&pages, 0);
            Answer::Sound(json!({"StreamProcessors": [{"Name": long}], "NextToken": token}))
        }
        _ => sound(&[], called, asked),
    });
    let read = live::fetch(&stranger.reader().await, ACCOUNT, &|_| {}).await;
    let said = read.unwrap_err().to_string();
    assert_eq!(said, "ListStreamProcessors: the listing goes on after 64 MB");
    assert_eq!(stranger.calls("ListStreamProcessors"), 5);
}

/// Reads five processors while GetResources answers so, and gives what is noted.
async fn with_hints(answer: impl Fn() -> Answer + Send + Sync + 'static) -> (Stranger, String) {
    let stranger = Stranger::new(move |called, asked| match called {
        "GetResources" => answer(),
        _ => sound(&names(5), called, asked),
    });
    let reader = stranger.reader().await;
    reader.caller_identity().await.unwrap();
    let began = Instant::now();
    let live = live::fetch(&reader, ACCOUNT, &|_| {}).await.unwrap();
    assert!(live.is_complete(), "{:?}", live.problems);
    assert_eq!(live.processors.len(), 5);
    assert!(began.elapsed() <= Duration::from_secs(11), "{:?}", began.elapsed());
    (stranger, live.notes.join("\n"))
}

#[tokio::test(start_paused = true)]
async fn what_is_optional_costs_ten_seconds_at_most() {
    let page = |status| Answer::Page { status, kind: "text/html", body: "<html>" };
    for answer in [
        Answer::Silence,
        Answer::Trickle,
        Answer::Reset,
        Answer::Flood(u64::MAX),
        Answer::Error { status: 400, code: "ThrottledException" },
        Answer::Error { status: 500, code: "InternalServerError" },
        page(200),
        page(503),
    ] {
        let given = answer.clone();
        let (stranger, note) = with_hints(move || given.clone()).await;
        let expected = "tags are read one processor at a time, because the Resource Groups";
        assert!(note.starts_with(expected), "{answer:?}: {note}");
        assert!(stranger.taken() <= 17 * MEGABYTE, "{answer:?}: {}", stranger.taken());
    }
    let pages = AtomicU64::new(0);
    let (stranger, _) = with_hints(move || {
        let (token, _) = endless(&pages, 0);
        Answer::Sound(json!({"ResourceTagMappingList": [], "PaginationToken": token}))
    })
    .await;
    assert!(stranger.calls("GetResources") <= 200);
}

#[tokio::test(start_paused = true)]
async fn entries_without_a_name_make_the_read_incomplete() {
    let stranger = Stranger::new(|called, asked| match called {
        "ListStreamProcessors" => Answer::Sound(json!({
            "StreamProcessors": [{"Name": "camera"}, {"Status": "STOPPED"}, {"Name": null}]
        })),
        _ => sound(&[], called, asked),
    });
    let live = live::fetch(&stranger.reader().await, ACCOUNT, &|_| {}).await.unwrap();
    assert_eq!(live.processors.len(), 1);
    let [problem] = &live.problems[..] else { panic!("{:?}", live.problems) };
    assert_eq!(problem.names, None);
    assert_eq!(problem.reason, "ListStreamProcessors has entries without a name: 2");
}
