//! Every format over the same documents: `tests/cases/reviews/<document>/<format>`.
//! `REKON_UPDATE_CASES=1` writes them anew, for review.

use std::path::Path;

use super::*;
use crate::report::digest;
use crate::report::samples::reviews::reviews;

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
