//! What never answers as the service would: found out within half a minute when
//! it never did, within two minutes when it did before.

use std::sync::{Arc, Mutex};

use rekon::aws::{Class, Notice, Observer, Reader};
use rekon::live;
use tokio::time::{Duration, Instant};

use super::stranger::{ACCOUNT, Answer, Stranger, names, sound};

const HTML: &str = "<html>\n\u{1b}[31mSign in to the café</html>";

fn page(status: u16) -> Answer {
    Answer::Page { status, kind: "text/html", body: HTML }
}

/// Nothing that the service would say, and what is told of it.
fn strange() -> [(Answer, &'static str); 9] {
    let quoted = "text/html: \"<html> [31mSign in to the café</html>\"";
    [
        (page(200), quoted),
        (page(400), quoted),
        (page(429), quoted),
        (page(502), quoted),
        (page(503), quoted),
        (Answer::Page { status: 503, kind: "text/plain", body: "" }, "HTTP 503, text/plain"),
        (Answer::Silence, "no answer within"),
        (Answer::Trickle, "no answer within"),
        (Answer::Reset, "the connection broke: io error: connection reset"),
    ]
}

#[tokio::test(start_paused = true)]
async fn what_was_never_heard_of_is_looked_for_for_less_than_half_a_minute() {
    for (answer, words) in strange() {
        let given = answer.clone();
        let stranger = Stranger::new(move |_, _| given.clone());
        let reader = stranger.reader().await;
        let began = Instant::now();
        // As a command does it.
        let identity = reader.caller_identity().await.unwrap_err();
        let error = live::fetch(&reader, ACCOUNT, &|_| {}).await.unwrap_err();
        let took = began.elapsed();
        assert!(took < Duration::from_secs(30), "{answer:?}: {took:?}");
        for error in [identity, error] {
            assert!(error.to_string().contains(words), "{answer:?}: {error}");
            assert_ne!(error.class(), Class::Throttled);
            assert!(error.help().unwrap().contains("endpoint"), "{error}");
        }
        // The endpoint of one service may be wrong and that of another right.
        assert!(stranger.calls("ListStreamProcessors") > 1);
        assert_eq!(stranger.calls("DescribeStreamProcessor"), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_cannot_say_who_is_calling_is_read_all_the_same() {
    for answer in strange().map(|(answer, _)| answer).into_iter().chain([page(404)]) {
        let given = answer.clone();
        let stranger = Stranger::new(move |called, asked| match called {
            "GetCallerIdentity" => given.clone(),
            _ => sound(&names(10), called, asked),
        });
        let reader = stranger.reader().await;
        reader.caller_identity().await.unwrap_err();
        let live = live::fetch(&reader, ACCOUNT, &|_| {}).await.unwrap();
        assert!(live.is_complete(), "{answer:?}: {:?}", live.problems);
        assert_eq!(live.processors.len(), 10);
    }
}

/// A reader, and what it was told of attempts in vain.
async fn observed(stranger: &Stranger) -> (Reader, Arc<Mutex<Vec<String>>>) {
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let noted = told.clone();
    let observer = Observer::new(move |notice| match notice {
        Notice::Retrying { why, .. } => noted.lock().unwrap().push(why),
        Notice::Throttled { times, .. } => noted.lock().unwrap().push(times.to_string()),
    });
    (stranger.reader().await.observed_by(observer), told)
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_lost_while_it_is_read_ends_the_reading_within_two_minutes() {
    let internal = Answer::Error { status: 500, code: "InternalServerError" };
    for (answer, words) in strange().into_iter().chain([(internal, "InternalServerError")]) {
        let given = answer.clone();
        let stranger = Stranger::new(move |called, asked| match called {
            "DescribeStreamProcessor" => given.clone(),
            _ => sound(&names(2_000), called, asked),
        });
        let (reader, told) = observed(&stranger).await;
        reader.caller_identity().await.unwrap();
        let began = Instant::now();
        let error = live::fetch(&reader, ACCOUNT, &|_| {}).await.unwrap_err();
        let took = began.elapsed();
        assert!(took <= Duration::from_secs(120), "{answer:?}: {took:?}");
        assert!(error.to_string().contains(words), "{answer:?}: {error}");
        let told = told.lock().unwrap();
        assert!(!told.is_empty() && told.iter().all(|why| why.contains(words)), "{told:?}");
        // Not every one of them has to be asked about for that.
        assert!(stranger.calls("DescribeStreamProcessor") < 1_000);
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttle_with_a_type_is_waited_out_for_a_quarter_of_an_hour_by_all_together() {
    const CODE: &str = "ProvisionedThroughputExceededException";
    let stranger = Stranger::new(|called, asked| match called {
        "DescribeStreamProcessor" => Answer::Error { status: 400, code: CODE },
        _ => sound(&names(10_000), called, asked),
    });
    let (reader, told) = observed(&stranger).await;
    let began = Instant::now();
    let error = live::fetch(&reader, ACCOUNT, &|_| {}).await.unwrap_err();
    assert_eq!(error.class(), Class::Throttled);
    let minutes = began.elapsed().as_secs_f64() / 60.0;
    assert!((15.0..22.0).contains(&minutes), "{minutes}");
    assert!(told.lock().unwrap().len() > 90, "{}", told.lock().unwrap().len());
}

#[tokio::test(start_paused = true)]
async fn a_gateways_own_throttle_is_not_the_services() {
    let stranger = Stranger::new(|called, asked| match called {
        "ListStreamProcessors" => Answer::Error { status: 429, code: "TooManyRequests" },
        _ => sound(&[], called, asked),
    });
    let reader = stranger.reader().await;
    let began = Instant::now();
    let error = reader.list().await.unwrap_err();
    assert_eq!(error.class(), Class::Unavailable);
    assert!(began.elapsed() < Duration::from_secs(40), "{:?}", began.elapsed());
}
