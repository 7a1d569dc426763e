//! Every format over the same documents: `tests/cases/reviews/<document>/<format>`.
//! `REKON_UPDATE_CASES=1` writes them anew, for review.

use std::path::Path;

use allocation_counter::measure;

use super::*;
use crate::plan::RefusalCode;
use crate::report::digest;
use crate::report::samples::reviews::{deleted, mistake, refusal, replaced, reviews};
use crate::report::samples::{PlanBuilder, assert_in_proportion};

/// What is larger is kept as a digest of it, since nobody reviews it.
const LARGEST: usize = 70_000;

#[test]
fn every_format_tells_every_document_as_it_did() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/reviews");
    let update = std::env::var_os("REKON_UPDATE_CASES").is_some();
    let mut wrong = Vec::new();
    for (name, sample) in reviews() {
        for format in Format::ALL {
            let told = review(sample.document(), format, Settings::default());
            let told = match format {
                Format::Html => html::without_furniture(&told),
                _ => told,
            };
            let told = match told.len() {
                0..=LARGEST => told,
                bytes => format!("{bytes} bytes, sha256:{}\n", digest([told.as_str()])),
            };
            let path = folder.join(name).join(format.as_str());
            if update {
                std::fs::create_dir_all(folder.join(name)).expect("a folder");
                std::fs::write(&path, &told).expect("a file");
            }
            if std::fs::read_to_string(&path).unwrap_or_default() != told {
                wrong.push(format!("{name} as {}:\n{told}", format.as_str()));
            }
        }
    }
    assert!(wrong.is_empty(), "REKON_UPDATE_CASES=1 accepts this:\n{}", wrong.join("\n"));
}

#[test]
fn every_document_that_is_kept_is_told() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/reviews");
    let kept = std::fs::read_dir(folder).expect("a folder");
    let mut kept: Vec<String> = kept
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .collect();
    let mut told: Vec<&str> = reviews().iter().map(|(name, _)| *name).collect();
    kept.sort();
    told.sort_unstable();
    assert_eq!(kept, told);
}

#[test]
fn ten_times_as_many_changes_take_ten_times_the_work() {
    let plan = |size: usize| {
        let mut plan = PlanBuilder::new();
        for number in 0..size {
            plan = deleted(plan, &format!("gone-{number}"));
            plan = replaced(plan, &format!("door-{number}"), &format!("{number}.toml"));
        }
        let mut plan = plan.build();
        let names = || (0..size).map(|number| format!("door-{number}"));
        let refused = |name: &String| refusal(RefusalCode::PreventDestroy, Some(name), name, None);
        plan.refusals = names().map(|name| refused(&name)).collect();
        plan.diagnostics = names().map(|name| mistake("rekon.toml", 3, &name)).collect();
        plan
    };
    let (small, ten_times) = (plan(100), plan(1_000));
    for format in [Format::Markdown, Format::Github, Format::Sarif] {
        let work = |plan| {
            measure(|| drop(review(Document::Plan(plan, None), format, Settings::default())))
        };
        assert_in_proportion(work(&small), work(&ten_times));
    }
}
