//! What holds for every page, of whatever document; what a browser makes of it is in `tests/html`.

use allocation_counter::measure;
use serde_json::{Value as Json, json};

use super::*;
use crate::plan::{Action, Change, Operation, Plan};
use crate::report::samples::reviews::{HOSTILE, reviews};
use crate::report::samples::{
    PlanBuilder, assert_in_proportion, attribute, fleet, forced, place, sample,
};

/// What stands between two marks.
fn between<'a>(page: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = page.split_once(start).expect(start);
    rest.split_once(end).expect(end).0
}

fn data(page: &str) -> Json {
    pool::unpack(between(page, "id=\"data\">", "</script>"))
}

fn of_plan(plan: &Plan) -> String {
    review(Document::Plan(plan, None), &Frames::new())
}

/// The tags of a page that its script and style do not hold, in their order.
fn tags(page: &str) -> Vec<&str> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some((_, behind)) = rest.split_once('<') {
        let (tag, after) = behind.split_once('>').expect("a tag ends");
        tags.push(tag);
        rest = after;
        for raw in ["style", "script"] {
            if tag == raw || tag.starts_with(&format!("{raw} ")) {
                let at = rest.find(&format!("</{raw}>")).expect("raw text ends");
                rest = &rest[at..];
            }
        }
    }
    tags
}

#[test]
fn every_page_is_whole_and_needs_nothing_else() {
    // Elements that have no end.
    const OPEN: [&str; 3] = ["meta", "br", "!DOCTYPE"];
    for (name, sample) in reviews() {
        let page = review(sample.document(), &Frames::new());
        assert_eq!(page, review(sample.document(), &Frames::new()), "{name}");
        let mut open = Vec::new();
        for tag in tags(&page) {
            let element = tag.split([' ', '\n']).next().unwrap_or_default();
            match element.strip_prefix('/') {
                Some(end) => assert_eq!(open.pop(), Some(end), "{name}"),
                None if OPEN.contains(&element) => {}
                None => open.push(element),
            }
            for attribute in [" src=", " href=\"h", " style=", " on"] {
                assert!(!tag.contains(attribute), "{name}: {tag}");
            }
        }
        assert!(open.is_empty(), "{name}: {open:?}");
    }
}

#[test]
fn the_policy_lets_nothing_in_but_the_page_s_own_script_and_style() {
    let page = of_plan(&sample());
    let policy = between(&page, "Content-Security-Policy\" content=\"", "\"");
    assert!(policy.starts_with("default-src 'none'; img-src data:; "), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
    assert_eq!(page.matches("<style>").count(), 1);
    assert_eq!(page.matches("<script").count(), 2);
}

#[test]
fn what_strangers_wrote_is_no_markup() {
    const USUAL: [&str; 27] = [
        "!DOCTYPE", "a", "b", "body", "br", "code", "dd", "details", "div", "dl", "dt", "h1", "h2",
        "head", "header", "html", "li", "main", "meta", "noscript", "p", "section", "span",
        "summary", "title", "ul", "pre",
    ];
    let (_, hostile) = reviews().into_iter().find(|(name, _)| *name == "hostile").expect("one");
    let page = review(hostile.document(), &Frames::new());
    for tag in tags(&page) {
        let element = tag.split(' ').next().unwrap_or_default().trim_start_matches('/');
        assert!(USUAL.contains(&element) || ["style", "script"].contains(&element), "{tag}");
    }
    assert_eq!(page.matches("<script").count(), 2);
    assert!(!page.chars().any(|one| one != '\n' && super::super::escape::is_unsafe(one)));
    // It is all there nevertheless.
    let said = data(&page).to_string();
    for text in HOSTILE.iter().filter(|text| text.contains('<')) {
        let shown = Json::from(crate::report::escape(text)).to_string();
        assert!(said.contains(shown.trim_matches('"')), "{text}");
    }
}

#[test]
fn who_runs_no_script_reads_every_name_of_what_goes_blind() {
    let mut builder = PlanBuilder::new();
    for number in 0..2_000 {
        let name = format!("gone-{number:04}");
        let delete = [Operation::DeleteStreamProcessor];
        builder = builder.change(&name, &[Action::Delete], None, Vec::new(), &delete);
    }
    let page = of_plan(&fleet(builder, 50).build());
    let plain = between(&page, "<noscript>", "</noscript>");
    for number in 0..2_000 {
        assert!(plain.contains(&format!("gone-{number:04}")), "{number}");
    }
    assert!(plain.contains("camera-00000, camera-00001, camera-00002 and 47 more"), "{plain}");
    assert!(page.contains("2000 cameras go blind for good."));
}

#[test]
fn what_is_for_good_comes_before_what_is_for_a_while() {
    let change =
        |builder: PlanBuilder, name: &str, action, attributes, operations: &[Operation]| {
            builder.change(name, &[action], place("rekon.toml", 3), attributes, operations)
        };
    let delete = Operation::DeleteStreamProcessor;
    let create = Operation::CreateStreamProcessor;
    let role = |name: &str| json!(format!("arn:aws:iam::111122223333:role/{name}"));
    let builder = change(
        PlanBuilder::new(),
        "a-update",
        Action::Update,
        vec![attribute("settings.connected_home.min_confidence", json!(50), json!(60))],
        &[Operation::UpdateStreamProcessor],
    );
    let forced = vec![forced("role_arn", role("Old"), role("New"))];
    let builder = change(builder, "b-replace", Action::Replace, forced, &[delete, create]);
    let plan = change(builder, "c-delete", Action::Delete, Vec::new(), &[delete]).build();
    let told = data(&of_plan(&plan));
    let kinds: Vec<&Json> =
        told["entries"].as_array().expect("entries").iter().map(|one| &one["kind"]).collect();
    assert_eq!(kinds, ["delete", "replace", "update"]);
    let replaced = &told["entries"][1]["members"][0];
    assert_eq!(replaced["table"]["rows"][0]["before"], role("Old"));
    assert_eq!(replaced["table"]["rows"][0]["after"], role("New"));
    assert_eq!(replaced["calls"][1]["operation"], "CreateStreamProcessor");
    assert_eq!(replaced["calls"][1]["back"][0]["operation"], "CreateStreamProcessor");
    assert_eq!(replaced["place"], "rekon.toml:3");
}

/// A fleet in which every processor differs in a way of its own.
fn each_its_own(size: usize) -> Plan {
    let mut builder = PlanBuilder::new();
    for number in 0..size {
        let name = format!("camera-{number:05}");
        let confidence = |from: usize| json!((number * 7 + from) % 100);
        let site = |word: &str| json!(format!("{word}-{number}"));
        let rows = vec![
            attribute("settings.connected_home.min_confidence", confidence(0), confidence(1)),
            attribute("tags.site", site("old"), site("new")),
        ];
        let source = place(&format!("cameras/part-{}.toml", number / 100), number % 100);
        let calls = [Operation::UpdateStreamProcessor, Operation::TagResource];
        builder = builder.change(&name, &[Action::Update], source, rows, &calls);
    }
    builder.build()
}

#[test]
fn ten_thousand_that_differ_by_themselves_fit_into_a_page() {
    let megabytes = of_plan(&each_its_own(10_000)).len() / 1_000_000;
    assert!(megabytes < 10, "{megabytes} MB");
    let megabytes = of_plan(&fleet(PlanBuilder::new(), 10_000).build()).len() / 1_000_000;
    assert!(megabytes < 6, "{megabytes} MB");
}

#[test]
fn the_work_grows_with_the_size() {
    let work = |plan: &Plan| measure(|| drop(of_plan(plan)));
    assert_in_proportion(work(&each_its_own(100)), work(&each_its_own(1_000)));
    let alike = |size| fleet(PlanBuilder::new(), size).build();
    assert_in_proportion(work(&alike(100)), work(&alike(1_000)));
}

#[test]
fn frames_are_carried_while_there_is_room_and_missed_by_name() {
    let bytes = include_bytes!("../../../examples/doorbells/frames/front-door.jpg").to_vec();
    let frame = Frame::new(bytes).unwrap();
    let mut plan = sample();
    let regions = |path: &str| {
        attribute(
            "regions_of_interest",
            json!(null),
            json!([{"bounding_box": {"left": 0, "top": 0, "width": 0.5, "height": path.len() as f64 / 1000.0}}]),
        )
    };
    let change = plan.changes[0].clone();
    plan.changes = (1..500)
        .map(|number| {
            let path = "x".repeat(number);
            let attributes = vec![regions(&path)];
            Change {
                name: format!("n{number}"),
                frame: Some("a.jpg".into()),
                attributes,
                ..change.clone()
            }
        })
        .collect();
    let none = review(Document::Plan(&plan, None), &Frames::new());
    assert_eq!(none.matches("data:image/jpeg").count(), 0);
    assert!(none.contains("\"a.jpg\""), "what it lacks is named");
    let frames = Frames::from([("a.jpg".to_owned(), frame)]);
    let carried = review(Document::Plan(&plan, None), &frames);
    let images = carried.matches("data:image/jpeg").count();
    assert!((100..499).contains(&images), "{images}");
    assert!(carried.len() < none.len() + 4_500_000, "{}", carried.len());
}
