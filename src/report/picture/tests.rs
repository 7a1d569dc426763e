use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;
use crate::model::{BoundingBox, Float32, Frame, Point, Polygon, RegionOfInterest, Regions};
use crate::report::view::Side;

fn rectangle([left, top, width, height]: [f32; 4]) -> RegionOfInterest {
    let [left, top, width, height] =
        [left, top, width, height].map(|side| Float32::new(side).unwrap());
    RegionOfInterest::BoundingBox(BoundingBox { left, top, width, height })
}

fn polygon(points: &[[f32; 2]]) -> RegionOfInterest {
    let point =
        |[x, y]: [f32; 2]| Point { x: Float32::new(x).unwrap(), y: Float32::new(y).unwrap() };
    RegionOfInterest::Polygon(Polygon::new(&points.iter().copied().map(point).collect::<Vec<_>>()))
}

fn doorstep() -> RegionOfInterest {
    polygon(&[[0.1, 0.55], [0.9, 0.55], [1.0, 1.0], [0.0, 1.0]])
}

/// Each side of an edit; `None` is no change, but what is declared.
type Edit = (Vec<RegionOfInterest>, Option<Vec<RegionOfInterest>>);

fn scene<'a>(edit: &Edit, canvas: Canvas<'a>) -> Scene<'a> {
    let zones = BTreeMap::from([("doorstep".to_owned(), doorstep())]);
    let before = Regions::new(edit.0.clone());
    match edit.1.clone().map(Regions::new) {
        Some(after) => Scene::of_change("front-door", Some(&before), Some(&after), &zones, canvas),
        None => Scene::of_regions("front-door", Some(&before), &zones, canvas),
    }
}

/// The frame that an example ships.
fn porch() -> Frame {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/doorbells/frames");
    Frame::new(fs::read(path.join("front-door.jpg")).unwrap()).unwrap()
}

fn over(frame: &Frame) -> Canvas<'_> {
    Canvas { frame: Some(frame), ..Canvas::default() }
}

/// Scenes to look at: one of each fate, all of them at once, and over a photograph.
fn cases() -> Vec<(&'static str, Edit, bool)> {
    let mask = || rectangle([0.0, 0.0, 0.25, 0.5]);
    let corner = || rectangle([0.6, 0.1, 0.2, 0.2]);
    let moved = || rectangle([0.65, 0.2, 0.2, 0.25]);
    vec![
        ("declared", (vec![mask(), doorstep()], None), false),
        ("whole-frame", (vec![], None), false),
        ("to-whole-frame", (vec![mask(), doorstep()], Some(vec![])), false),
        (
            "all-fates",
            (vec![doorstep(), corner(), mask()], Some(vec![doorstep(), moved(), mask(), mask()])),
            false,
        ),
        ("outside", (vec![rectangle([2.0, 2.0, 1.0, 1.0])], Some(vec![moved()])), false),
        ("over-a-frame", (vec![mask(), corner()], Some(vec![mask(), moved(), doorstep()])), true),
    ]
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/pictures")
}

fn in_braille(scene: &Scene<'_>) -> String {
    let side = |side| braille(scene, side, 28).into_iter();
    let text = |row: Vec<Cell>| row.iter().map(|cell| cell.letter).collect::<String>();
    let rows = side(Side::Before).zip(side(Side::After));
    rows.map(|(before, after)| format!("│{}│ │{}│\n", text(before), text(after))).collect()
}

/// The sides of a picture, and its pixels.
fn pixels(bytes: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut reader = ::png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (info.width, info.height, pixels)
}

#[test]
fn every_case_looks_as_it_did() {
    let update = std::env::var_os("REKON_UPDATE_CASES").is_some();
    let porch = porch();
    let mut wrong = Vec::new();
    for (name, edit, on_photograph) in cases() {
        let frame = Some(&porch).filter(|_| on_photograph);
        let scene = scene(&edit, Canvas { frame, ..Canvas::default() });
        let path = |end: &str| folder().join(format!("{name}.{end}"));
        let picture = png(&scene, 240).unwrap();
        let mut texts = vec![("txt", in_braille(&scene))];
        // With the photograph in it, it would be here twice.
        if !on_photograph {
            texts.push(("svg", svg(&scene, Embedding::Alone)));
        }
        if update {
            fs::create_dir_all(folder()).unwrap();
            fs::write(path("png"), &picture).unwrap();
            texts.iter().for_each(|(end, text)| fs::write(path(end), text).unwrap());
        }
        let same = |(end, text): &(&str, String)| fs::read_to_string(path(end)).unwrap() == *text;
        if !texts.iter().all(same) || pixels(&fs::read(path("png")).unwrap()) != pixels(&picture) {
            wrong.push(name);
        }
    }
    assert!(wrong.is_empty(), "REKON_UPDATE_CASES=1 writes these anew, to be looked at: {wrong:?}");
}

#[test]
fn a_page_may_hold_thousands() {
    let edit = (vec![rectangle([0.0, 0.0, 0.25, 0.5]), doorstep()], Some(vec![]));
    let small = svg(&scene(&edit, Canvas::default()), Embedding::InPage);
    assert!(small.len() < 2048, "{}", small.len());
    for absent in [" id=", "<style", "<text", "url("] {
        assert!(!small.contains(absent), "{absent}: {small}");
    }
    let style = style(Embedding::InPage);
    assert!(style.contains("var(--rekon-goes,#cf222e)"), "{style}");
    for class in small.split(" class=\"").skip(2).map(|rest| rest.split('"').next().unwrap()) {
        assert!(style.contains(&format!(".{class}{{")), "{class}");
    }
}

#[test]
fn texts_stay_texts_in_a_picture() {
    let zones = BTreeMap::from([("<b>&\u{202e}\u{0}\u{ffff}]]>".to_owned(), doorstep())]);
    let regions = Regions::new(vec![doorstep()]);
    let name = "\"><script>alert(1)</script>";
    let scene = Scene::of_regions(name, Some(&regions), &zones, Canvas::default());
    let text = svg(&scene, Embedding::Alone);
    let document = roxmltree::Document::parse(&text).unwrap();
    let told = |tag| document.descendants().find(|node| node.has_tag_name(tag)).unwrap().text();
    assert!(told("title").unwrap().contains(name));
    assert!(told("desc").unwrap().contains("<b>&\\u{202e}\\u{0}"));
    assert!(!document.descendants().any(|node| node.has_tag_name("script")));
}

#[test]
fn a_photograph_that_is_broken_behind_its_head_is_no_picture() {
    let whole = porch();
    let edit = (vec![doorstep()], None);
    assert!(png(&scene(&edit, over(&whole)), 64).is_ok());
    // Up to the sides, and no further.
    let sides = whole.bytes().windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    for head in [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x0f\xff\0\0\x0f\xff\x08\x02\0\0\0".to_vec(),
        whole.bytes()[..sides + 9].to_vec(),
    ] {
        let frame = Frame::new(head).unwrap();
        assert!(png(&scene(&edit, over(&frame)), 64).is_err());
    }
}

#[test]
fn ratios_are_such_as_can_be_looked_at() {
    assert_eq!("16:9".parse(), Ok(Aspect::default()));
    for bad in ["", "16", "16:", "0:9", "-1:2", "1.5:1", "1:100", "4294967296:1"] {
        assert!(bad.parse::<Aspect>().is_err(), "{bad}");
    }
    let most = u32::MAX;
    for (width, height) in [(0, 0), (most, 1), (1, most), (most, most)] {
        let tall = Aspect::new(width, height).height(1600);
        assert!((200..=12_800).contains(&tall), "{width}:{height}: {tall}");
    }
}

/// A coordinate: mostly within the frame, at times anything that a float32 may be.
fn coordinate() -> impl Strategy<Value = f32> {
    prop_oneof![
        8 => 0.0_f32..=1.0,
        2 => -2.0_f32..=3.0,
        1 => Just(0.5_f32),
        1 => proptest::num::f32::NORMAL | proptest::num::f32::ZERO | proptest::num::f32::SUBNORMAL,
    ]
}

fn region() -> impl Strategy<Value = RegionOfInterest> {
    prop_oneof![
        [coordinate(), coordinate(), coordinate(), coordinate()].prop_map(rectangle),
        prop::collection::vec([coordinate(), coordinate()], 0..12)
            .prop_map(|points| polygon(&points)),
    ]
}

fn edit() -> impl Strategy<Value = Edit> {
    let some = || prop::collection::vec(region(), 0..14);
    (some(), prop::option::of(some()))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_regions_are_drawn_within_bounds_and_twice_the_same(
        edit in edit(),
        (width, height) in (1_u32..5000, 1_u32..5000),
    ) {
        let canvas = Canvas { aspect: Aspect::new(width, height), frame: None };
        let scene = scene(&edit, canvas);
        for embedding in [Embedding::Alone, Embedding::InPage] {
            let text = svg(&scene, embedding);
            prop_assert_eq!(&text, &svg(&scene, embedding));
            prop_assert!(text.len() < 400_000, "{}", text.len());
            prop_assert!(roxmltree::Document::parse(&text).is_ok());
            prop_assert!(!text.contains("NaN") && !text.contains("inf"));
        }
        for (side, columns) in [(Side::Before, 1), (Side::After, 28)] {
            let rows = braille(&scene, side, columns);
            prop_assert!(!rows.is_empty() && rows.len() <= 130);
            prop_assert!(rows.iter().all(|row| row.len() == columns));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_regions_are_painted_twice_the_same(edit in edit()) {
        let scene = scene(&edit, Canvas::default());
        let once = png(&scene, 64).unwrap();
        prop_assert_eq!(&once, &png(&scene, 64).unwrap());
        prop_assert_eq!(pixels(&once).0, 64);
    }

    #[test]
    fn whatever_stands_behind_a_head_nothing_panics(
        at in 160_usize..11_000,
        noise in prop::collection::vec(any::<u8>(), 1..64),
    ) {
        let mut bytes = porch().bytes().to_vec();
        let at = at.min(bytes.len() - noise.len());
        bytes[at..at + noise.len()].copy_from_slice(&noise);
        if let Ok(frame) = Frame::new(bytes) {
            let _ = png(&scene(&(vec![doorstep()], None), over(&frame)), 64);
        }
    }
}
