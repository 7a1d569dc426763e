//! `rekon render` and the frames of cameras, as the real program has them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Run, copy_of, rekon, run};

/// Runs the program in a folder.
fn within(dir: &str, args: &[&str]) -> Run {
    rekon(args).current_dir(dir).output().unwrap().into()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn what_the_files_declare_is_drawn_and_told() {
    let (_folder, dir) = copy_of("doorbells");
    let drawn = within(&dir, &["render"]);
    assert_eq!((drawn.code, drawn.stderr.as_str()), (0, ""));
    let pictures = Path::new(&dir).join("pictures");
    let told: Vec<&str> =
        drawn.stdout.lines().map(|line| line.strip_prefix("pictures/").unwrap()).collect();
    assert_eq!(told, names(&pictures));
    assert_eq!(told.len(), 6);
    let door = fs::read_to_string(pictures.join("front-door.svg")).unwrap();
    assert!(door.contains("href=\"data:image/jpeg;base64,"));
    let garage = fs::read_to_string(pictures.join("garage.svg")).unwrap();
    assert!(garage.contains("zone driveway, 30%") && !garage.contains("<image"), "{garage}");

    // Its own output is written anew, and links are replaced, not followed.
    let outside = Path::new(&dir).join("outside");
    fs::write(&outside, "as it was").unwrap();
    fs::write(pictures.join("front-door.svg"), "old").unwrap();
    fs::remove_file(pictures.join("garage.svg")).unwrap();
    symlink(&outside, pictures.join("garage.svg")).unwrap();
    assert_eq!(within(&dir, &["render", ".", "front-*", "garage"]).code, 0);
    assert_eq!(fs::read_to_string(pictures.join("front-door.svg")).unwrap(), door);
    assert_eq!(fs::read_to_string(pictures.join("garage.svg")).unwrap(), garage);
    assert_eq!(fs::read_to_string(outside).unwrap(), "as it was");
}

#[test]
fn one_picture_goes_to_stdout_in_the_size_and_ratio_that_is_asked_for() {
    let (_folder, dir) = copy_of("doorbells");
    let bytes = |args: &[&str]| {
        let output = rekon(args).current_dir(&dir).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let svg = bytes(&["render", ".", "garage", "--out", "-", "--aspect", "4:3"]);
    let svg = String::from_utf8(svg).unwrap();
    // Four by three, and a legend of three rows.
    assert!(svg.contains("viewBox=\"0 0 1600 1452\""), "{svg}");
    let png = bytes(&["render", ".", "garage", "--out", "-", "--format", "png", "--width", "320"]);
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    assert_eq!(png[16..20], 320_u32.to_be_bytes());
    assert!(!Path::new(&dir).join("pictures").exists());
}

#[test]
fn a_plan_is_drawn_as_it_changes_regions() {
    let (_folder, dir) = copy_of("doorbells");
    assert_eq!(within(&dir, &["plan", "--emulator", "--out", "plan.json"]).code, 0);
    // No file of the project is read.
    fs::write(Path::new(&dir).join("rekon.toml"), "broken").unwrap();
    let drawn = within(&dir, &["render", "--plan", "plan.json", "--out", "a/b"]);
    assert_eq!((drawn.code, drawn.stderr.as_str()), (0, ""));
    assert_eq!(drawn.stdout, "a/b/front-door.svg\na/b/side-door.svg\n");
    let door = fs::read_to_string(Path::new(&dir).join("a/b/front-door.svg")).unwrap();
    for words in ["added whole frame, 100%", "1: removed box 0.25×0.5 at (0,0), 12.5%", "2: "] {
        assert!(door.contains(words), "{words}: {door}");
    }
    let none = within(&dir, &["render", ".", "garage", "--plan", "plan.json"]);
    assert_eq!(none.code, 1);
    assert!(none.stderr.contains("\"garage\" matches no processor whose regions the plan changes"));

    // Elsewhere there is no frame, and names of files are names of processors.
    fs::remove_file(Path::new(&dir).join("frames/front-door.jpg")).unwrap();
    let grid = within(&dir, &["render", ".", "front-door", "--plan", "plan.json"]);
    assert_eq!(grid.code, 0);
    assert!(grid.stderr.contains("note: drawn on a grid: the frame"), "{}", grid.stderr);
    let text = fs::read_to_string(Path::new(&dir).join("plan.json")).unwrap();
    let mut plan: Value = serde_json::from_str(&text).unwrap();
    plan.as_object_mut().unwrap().remove("digest");
    for change in plan["changes"].as_array_mut().unwrap() {
        change["name"] = json!("../../evil");
    }
    fs::write(Path::new(&dir).join("evil.json"), plan.to_string()).unwrap();
    let evil = within(&dir, &["render", "--plan", "evil.json", "--out", "x/y"]);
    assert_eq!((evil.code, evil.stdout.as_str()), (1, ""), "{}", evil.stderr);
    assert!(!Path::new(&dir).join("x").exists());
}

#[test]
fn what_cannot_be_meant_is_an_error_and_writes_nothing() {
    let (_folder, dir) = copy_of("doorbells");
    fs::write(Path::new(&dir).join("file"), "").unwrap();
    for (args, said) in [
        (&["no-such"][..], "\"no-such\" matches no processor with label detection"),
        (&["front-["], "\"front-[\" is no valid pattern"),
        (&["--out", "-"], "6 pictures cannot all go to stdout"),
        (&["--out", "file"], "file is no folder"),
        (&["--width", "100"], "--width is for PNG"),
        (&["--width", "9999", "--format", "png"], "must be a whole number from 64 to 4096"),
        (&["--aspect", "1:99"], "must be two whole numbers such as 16:9"),
        (&["--plan", "no-such.json"], "cannot read the plan"),
    ] {
        let run = within(&dir, &[&["render", "."], args].concat());
        assert_eq!(run.code, 1, "{args:?}: {}", run.stderr);
        assert!(run.stderr.contains(said) && run.stdout.is_empty(), "{args:?}: {}", run.stderr);
    }
    assert!(!Path::new(&dir).join("pictures").exists());
    // Face search has no regions.
    let (_folder, lobby) = copy_of("lobby");
    let none = within(&lobby, &["render"]);
    assert_eq!((none.code, none.stdout.as_str()), (0, ""), "{}", none.stderr);
    assert!(none.stderr.contains("nothing to draw"), "{}", none.stderr);
}

#[test]
fn no_frame_stops_a_plan_or_holds_up_a_picture() {
    let (_folder, dir) = copy_of("doorbells");
    let frame = Path::new(&dir).join("frames/front-door.jpg");
    let whole = fs::read(&frame).unwrap();
    let huge = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x7f\xff\0\0\x7f\xff\x08\x06\0\0\0";
    let checks: [(&str, &dyn Fn()); 5] = [
        ("is neither a JPEG nor a PNG", &|| fs::write(&frame, "").unwrap()),
        ("is cut off or broken", &|| fs::write(&frame, &whole[..20]).unwrap()),
        ("has 32767×32767 pixels", &|| fs::write(&frame, huge).unwrap()),
        ("is a folder", &|| fs::create_dir(&frame).unwrap()),
        ("is no regular file", &|| {
            assert!(Command::new("mkfifo").arg(&frame).status().unwrap().success());
        }),
    ];
    for (said, put) in checks {
        let _ = fs::remove_file(&frame).or_else(|_| fs::remove_dir(&frame));
        put();
        let plan = within(&dir, &["plan", "--emulator"]);
        assert_eq!(plan.code, 0, "{}", plan.stderr);
        let warning = format!("warning[unusable-frame]: the frame `frames/front-door.jpg` {said}");
        let told = plan.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(&warning), "{told}");
        assert_eq!(within(&dir, &["validate", "--deny-warnings"]).code, 1);
        let drawn =
            within(&dir, &["render", ".", "front-door", "--format", "png", "--width", "64"]);
        assert_eq!((drawn.code, drawn.stdout.as_str()), (0, "pictures/front-door.png\n"));
        assert!(drawn.stderr.contains(said), "{}", drawn.stderr);
    }
    // Whole at first sight only.
    fs::remove_file(&frame).unwrap();
    let sides = whole.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    fs::write(&frame, &whole[..sides + 9]).unwrap();
    let drawn = within(&dir, &["render", ".", "front-door", "--format", "png"]);
    assert_eq!(drawn.code, 0);
    assert!(drawn.stderr.contains("note: front-door is drawn on a grid"), "{}", drawn.stderr);
}

#[test]
fn a_frame_is_named_by_the_plan_and_moves_nothing_else() {
    let (_folder, dir) = copy_of("doorbells");
    let plan = || -> Value {
        let run = within(&dir, &["plan", "--emulator", "--format", "json"]);
        serde_json::from_str(&run.stdout).unwrap()
    };
    let with = plan();
    let path = Path::new(&dir).join("cameras/porches.toml");
    let text = fs::read_to_string(&path).unwrap();
    let without: String =
        text.split_inclusive('\n').filter(|line| !line.starts_with("frame")).collect();
    assert_ne!(without, text);
    fs::write(&path, without).unwrap();
    let without = plan();
    let door = |plan: &Value| {
        plan["changes"]
            .as_array()
            .unwrap()
            .iter()
            .find(|it| it["name"] == "front-door")
            .unwrap()
            .clone()
    };
    assert_eq!(door(&with)["frame"], "frames/front-door.jpg");
    assert_eq!(door(&without).get("frame"), None);
    assert_eq!(with["fingerprint"], without["fingerprint"]);
    assert_eq!(with["calls"], without["calls"]);
    assert_eq!(door(&with)["result"], door(&without)["result"]);
}

#[test]
fn plans_draw_regions_only_where_they_can_be_seen() {
    let (_folder, dir) = copy_of("doorbells");
    let plan = |locale: &str, more: &[&str]| {
        let mut command = rekon(&[&["plan", dir.as_str(), "--emulator"], more].concat());
        let run: Run = command.env("LC_ALL", locale).output().unwrap().into();
        assert_eq!(run.code, 0, "{}", run.stderr);
        run.stdout
    };
    assert!(plan("C.UTF-8", &[]).contains("┌ before ─"));
    assert!(!plan("C", &[]).contains("before ─"));
    assert_eq!(plan("C.UTF-8", &["--quiet"]), "");
    let saved = format!("{dir}/plan.json");
    assert_eq!(run(&["plan", &dir, "--emulator", "--out", &saved]).code, 0);
    let shown = run(&["show", &saved]).stdout;
    assert!(shown.contains("┌ before ─") && shown.contains("    frame frames/front-door.jpg\n"));
}
