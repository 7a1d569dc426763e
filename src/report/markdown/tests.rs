use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::*;
use crate::plan::Plan;
use crate::plan::{Action, RefusalCode};
use crate::report::samples::reviews::{
    HOSTILE, deleted, mistake, refusal, replaced, reviews, updated,
};
use crate::report::samples::{PlanBuilder, place};

const SMALL: MaxBytes = MaxBytes(MaxBytes::LEAST);

fn comment(plan: &Plan, max_bytes: MaxBytes) -> String {
    review(Document::Plan(plan, None), max_bytes)
}

/// Reads a comment as GitHub does, and holds it to what it may consist of: no link, image,
/// reference or HTML but the few tags that are its own, and text of a stranger in code only.
fn check(comment: &str) {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_GFM
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_TASKLISTS;
    let (mut columns, mut cells) = (0, 0);
    let mut depth = 0_i32;
    let mut in_html_code = false;
    for (event, at) in Parser::new_ext(comment, options).into_offset_iter() {
        let source = &comment[at];
        match event {
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::FootnoteDefinition(_)) => {
                panic!("a link: {source}")
            }
            Event::FootnoteReference(_) | Event::TaskListMarker(_) => panic!("{source}"),
            Event::Start(Tag::CodeBlock(_)) => panic!("a block of code: {source}"),
            Event::Html(html) | Event::InlineHtml(html) => {
                for tag in html.split('<').skip(1) {
                    let tag = tag.split_inclusive('>').next().expect("a piece");
                    match tag {
                        "details>" => depth += 1,
                        "/details>" => depth -= 1,
                        "code>" => in_html_code = true,
                        "/code>" => in_html_code = false,
                        "summary>" | "/summary>" => {}
                        own if own.starts_with("!-- rekon:") => {
                            assert_eq!(comment.find("-->"), comment.rfind("-->"), "{comment}");
                        }
                        other => panic!("HTML of somebody else: <{other} in {source}"),
                    }
                }
            }
            Event::Text(text) if !in_html_code => {
                for sign in ["@", "#", "://", "www.", "<", "evil"] {
                    assert!(!text.contains(sign), "{sign} in the open: {text}");
                }
            }
            Event::Start(Tag::Table(alignments)) => columns = alignments.len(),
            Event::Start(Tag::TableRow | Tag::TableHead) => {
                cells = 0;
                // A renderer drops cells that are too many, and fills up those that lack.
                let bars = source.trim().matches('|').count();
                assert_eq!(bars, columns + 1, "{source}");
            }
            Event::Start(Tag::TableCell) => cells += 1,
            Event::End(TagEnd::TableRow | TagEnd::TableHead) => {
                assert_eq!(cells, columns, "{source}")
            }
            _ => {}
        }
    }
    assert_eq!(depth, 0, "what is folded ends: {comment}");
    assert!(!in_html_code);
}

#[test]
fn whatever_strangers_wrote_a_comment_is_tables_lists_and_code() {
    for (name, sample) in reviews() {
        for bytes in [1_000, 2_000, 5_000, 20_000, 65_000] {
            let told = review(sample.document(), MaxBytes(bytes));
            assert!(told.len() <= bytes, "{name}: {} bytes of {bytes}", told.len());
            check(&told);
        }
    }
}

#[test]
fn five_thousand_updates_leave_room_for_every_deletion_and_replacement() {
    let (_, sample) = reviews().into_iter().find(|(name, _)| *name == "uniform").expect("it");
    let told = review(sample.document(), MaxBytes::default());
    assert!(told.len() < 65_000);
    for name in ["attic", "garage", "front-door"] {
        assert!(told.contains(&format!("`{name}`")), "{name}");
    }
    assert!(told.contains("5000 processors: `camera-00000`, `camera-00001`"), "{told}");
    assert!(told.contains("`settings.connected_home.min_confidence` `50 → 60`"), "{told}");
    assert!(!told.contains("Left out"), "{told}");
}

#[test]
fn whose_camera_goes_blind_is_named_before_anything_else_is_told() {
    let mut plan = PlanBuilder::new();
    for number in 0..600 {
        let name = format!("lost-{number:03}");
        plan = match number % 2 {
            0 => deleted(plan, &name),
            _ => replaced(plan, &name, &format!("cameras/{name}.toml")),
        };
    }
    let plan = updated(plan, "other", 50, 60).build();
    let told = comment(&plan, MaxBytes(20_000));
    for number in 0..600 {
        assert!(told.contains(&format!("`lost-{number:03}`")), "{number}");
    }
    let told = comment(&plan, MaxBytes(4_000));
    assert!(told.contains("300 to replace, 300 to delete"), "{told}");
    assert!(told.contains("- **300 deletions:** `lost-000`, `lost-002`"), "{told}");
    let named = told.matches("`lost-").count();
    assert!(named > 200, "{told}");
    assert!(told.contains("more\n") && told.contains("1 update,"), "{told}");
}

#[test]
fn a_comment_finds_its_predecessor_whatever_it_says() {
    let first = |document| review(document, SMALL).lines().next().map(str::to_owned);
    let plan = PlanBuilder::new().build();
    let marker = "<!-- rekon:plan stack=doorbells account=111122223333 region=us-east-1 -->";
    assert_eq!(first(Document::Plan(&plan, None)).as_deref(), Some(marker));
    let records = [mistake("rekon.toml", 3, "there is no key nmae")];
    let stack = Some(&plan.stack);
    let failed = Document::Diagnostics { of: Subject::Plan, stack, records: &records };
    assert_eq!(first(failed).as_deref(), Some(marker));
}

/// A name, a text or a path, mostly such as nobody should write.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,12}",
        proptest::sample::select(&HOSTILE[..]).prop_map(str::to_owned),
        "[|`<>@#\\[\\]()*_~&;:/ .!\\-+\\\\\n\ra-z0-9]{0,40}",
        "\\PC{0,60}",
        "[a-z]{120,300}",
    ]
}

fn plans() -> impl Strategy<Value = Plan> {
    let change = (0..4_u8, text(), 1..100_u8);
    let parts = (
        proptest::collection::vec(change, 0..120),
        proptest::collection::vec(text(), 0..10),
        proptest::collection::vec(text(), 0..10),
        text(),
        any::<bool>(),
    );
    parts.prop_map(|(changes, refusals, mistakes, stack, complete)| {
        let mut plan = PlanBuilder::new();
        for (number, (kind, name, value)) in changes.into_iter().enumerate() {
            let name = format!("{name}{number}");
            plan = match kind {
                0 => deleted(plan, &name),
                1 => replaced(plan, &name, &name),
                2 => updated(plan, &name, 50, value),
                _ => plan.change(&name, &[Action::Adopt], place(&name, 3), vec![], &[]),
            };
        }
        let mut plan = plan.build();
        plan.stack.name = stack;
        plan.complete = complete;
        plan.refusals = refusals
            .iter()
            .map(|text| refusal(RefusalCode::StreamHeld, Some(text), text, Some(text)))
            .collect();
        plan.diagnostics = mistakes.iter().map(|text| mistake(text, 1, text)).collect();
        plan
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn no_budget_overflows_or_hides_what_goes_blind(plan in plans(), bytes in 1_000_usize..70_000) {
        let told = comment(&plan, MaxBytes(bytes));
        prop_assert!(told.len() <= bytes, "{} bytes of {bytes}", told.len());
        check(&told);
        if !plan.changes.is_empty() {
            let counts = format!("{} to replace, {} to delete", plan.summary.replace, plan.summary.delete);
            prop_assert!(told.contains(&counts), "{}", told);
        }
        // Where a name is left out, nothing else was told in the room that it would have taken.
        let blind = |action| plan.changes.iter().filter(move |one| one.actions == [action]);
        let unnamed = blind(Action::Delete)
            .chain(blind(Action::Replace))
            .map(|change| code(&change.name))
            .filter(|name| name.len() < 60 && !told.contains(name))
            .count();
        prop_assert!(unnamed == 0 || !told.contains("### What else"), "{}", told);
        prop_assert!(unnamed == 0 || told.contains(" more\n") || told.contains("Left out"), "{}", told);
    }
}
