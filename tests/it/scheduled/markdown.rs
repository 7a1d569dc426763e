//! What drift finds, as Markdown: `tests/cases/drift/<name>.md`. `REKON_UPDATE_CASES=1`
//! writes it anew, for review.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::json;

use super::{console, processor};
use crate::support::{copy_of, run};

/// Says what is wrong with a case that is kept.
fn kept(name: &str, shown: &str) -> Option<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/drift");
    let path = folder.join(format!("{name}.md"));
    if std::env::var_os("REKON_UPDATE_CASES").is_some() {
        fs::write(&path, shown).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    (kept != shown).then(|| format!("{name}: REKON_UPDATE_CASES=1 accepts this:\n{shown}"))
}

fn markdown(dir: &str, more: &[&str]) -> String {
    let live = format!("{dir}/live.json");
    run(&[&["drift", dir, "--live", &live, "--format", "markdown"], more].concat()).stdout
}

#[test]
fn counts_come_first_then_the_gravest_and_what_is_alike_is_told_once() {
    let mut wrong = Vec::new();
    let (_folder, dir) = copy_of("doorbells");
    wrong.extend(kept("doorbells", &markdown(&dir, &["--undeclared"])));
    console(&dir, |processors| {
        let garden = processor(processors, "garden");
        garden["Settings"]["ConnectedHome"]["MinConfidence"] = json!(42);
        let back = processor(processors, "back-door");
        (back["Status"], back["StatusMessage"]) = (json!("FAILED"), json!("no access to the role"));
        processor(processors, "front-door")["RoleArn"] = json!(null);
    });
    wrong.extend(kept("incomplete", &markdown(&dir, &[])));
    let (_folder, dir) = copy_of("lobby");
    assert_eq!(run(&["apply", &dir, "--emulator", "--auto-approve"]).code, 0);
    let state = fs::read_to_string(format!("{dir}/.rekon/emulator.json")).unwrap();
    let mut state: serde_json::Value = serde_json::from_str(&state).unwrap();
    state["taken_at"] = json!("2026-11-20T08:00:00Z");
    fs::write(format!("{dir}/live.json"), state.to_string()).unwrap();
    wrong.extend(kept("clean", &markdown(&dir, &[])));
    // A whole fleet that is missing.
    let (_folder, dir) = copy_of("minimal");
    let file = Path::new(&dir).join("rekon.toml");
    let mut text = fs::read_to_string(&file).unwrap();
    for number in 0..30 {
        writeln!(
            text,
            "[processor.camera-{number:02}]\n\
             input.kinesis_video_stream.arn = \"arn:aws:kinesisvideo:us-east-1:111122223333:stream/camera-{number:02}/1574421418636\"\n\
             role_arn = \"arn:aws:iam::111122223333:role/Cameras\"\n\
             output.s3_destination.bucket = \"results\"\n\
             settings.connected_home.labels = [\"PERSON\"]"
        )
        .unwrap();
    }
    fs::write(&file, text).unwrap();
    wrong.extend(kept("missing", &markdown(&dir, &[])));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_that_a_stranger_wrote_leaves_its_cell_or_means_anything() {
    let (_folder, dir) = copy_of("doorbells");
    let mean =
        "`|\n| x | @admin #777 <img src=x> [a](http://evil.example) www.evil.example &amp; **b**";
    console(&dir, |processors| {
        for name in ["garden", "back-door", "garage"] {
            let one = processor(processors, name);
            (one["Status"], one["StatusMessage"]) = (json!("FAILED"), json!(mean));
        }
        let front = processor(processors, "front-door");
        front["Settings"]["ConnectedHome"]["Labels"] = json!(["PERSON", "@all|`<b>"]);
        front["RoleArn"] = json!("arn:aws:iam::111122223333:role/a@b|c");
    });
    let shown = markdown(&dir, &["--undeclared"]);
    for text in ["@", "#777", "<img", "<b>", "](", "http://", "www.", "&amp;", "**b", "| x |"] {
        assert!(!shown.contains(text), "{text}: {shown}");
    }
    assert!(shown.contains("&#64;admin"), "{shown}");
    for line in shown.lines().filter(|line| line.starts_with('|')) {
        assert_eq!(line.matches('|').count(), 5, "{line}");
        assert_eq!(line.matches('`').count() % 2, 0, "{line}");
        assert_eq!(line.matches("<code>").count(), line.matches("</code>").count(), "{line}");
    }
}

#[test]
fn a_comment_can_hold_it_however_much_there_is() {
    let (_folder, dir) = copy_of("minimal");
    let mut processors = Vec::new();
    let state = fs::read_to_string(format!("{dir}/live.json")).unwrap();
    let state: serde_json::Value = serde_json::from_str(&state).unwrap();
    let like = state["processors"][0].clone();
    for number in 0..2000 {
        let mut one = like.clone();
        let name = format!("camera-{number}");
        one["StreamProcessorArn"] =
            json!(format!("arn:aws:rekognition:us-east-1:111122223333:streamprocessor/{name}"));
        one["Name"] = json!(name);
        processors.push(one);
    }
    // Each is pending with a difference of its own.
    let mut text = fs::read_to_string(format!("{dir}/rekon.toml")).unwrap();
    for number in 0..2000 {
        writeln!(
            text,
            "[processor.camera-{number}]\n\
             input.kinesis_video_stream.arn = \"arn:aws:kinesisvideo:us-east-1:111122223333:stream/camera-{number}/1574421418636\"\n\
             role_arn = \"arn:aws:iam::111122223333:role/Cameras{number}\"\n\
             output.s3_destination.bucket = \"results\"\n\
             settings.connected_home.labels = [\"PERSON\"]"
        )
        .unwrap();
    }
    fs::write(format!("{dir}/rekon.toml"), text).unwrap();
    let mut whole = state;
    whole["processors"] = json!(processors);
    fs::write(format!("{dir}/all.json"), whole.to_string()).unwrap();
    let live = format!("{dir}/all.json");
    let shown = run(&["drift", &dir, "--live", &live, "--format", "markdown"]).stdout;
    assert!(shown.len() > 40_000 && shown.len() < 65_536, "{}", shown.len());
    let end = &shown[shown.len() - 300..];
    assert!(end.contains("**Left out here, for want of room:** "), "{end}");
}
