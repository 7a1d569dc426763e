use allocation_counter::{AllocationInfo, measure};
use proptest::prelude::*;

use super::*;
use crate::diagnostic::{Code, Record, Span};
use crate::report::samples::{assert_in_proportion, at};
use crate::report::{Detail, MaxDiagnostics, escape};

const MAIN: &str = "\
[processor.front-door]
input.kinesis_video_stream.arn = \"arn:aws:kinesisvideo:us-east-1:111122223333:stream/a/1\"
settings.connected_home = { labels = [\"PERSON\"], min_confidence = 180 }
";

fn range_of(text: &str, part: &str) -> std::ops::Range<usize> {
    let start = text.find(part).expect("the text holds the part");
    start..start + part.len()
}

fn conflict() -> (Sources, Vec<Diagnostic>) {
    let other = "# the shed\n\n[processor.shed]\r\n\
                 \tinput.kinesis_video_stream.arn = \"arn:aws:kinesisvideo:us-east-1:111122223333:stream/a/1\"\r\n";
    let mut sources = Sources::default();
    let (main, shed) = (sources.add("rekon.toml", MAIN), sources.add("cameras/shed.toml", other));
    let arn = "\"arn:aws:kinesisvideo:us-east-1:111122223333:stream/a/1\"";
    let diagnostics = vec![
        Diagnostic::new(Code::KmsKeyUnclear, "two processors read the video stream a")
            .label(Span::new(shed, range_of(other, arn)), "read here too")
            .label(Span::new(main, range_of(MAIN, arn)), "first read here")
            .help(
                "the service allows one processor for each video stream in an account and region",
            ),
        Diagnostic::new(Code::ProcessorFailed, "min_confidence is 180")
            .label(Span::new(main, range_of(MAIN, "180")), "at most 100"),
    ];
    (sources, diagnostics)
}

#[test]
fn places_in_several_files_are_drawn_one_below_the_other() {
    let (sources, found) = conflict();
    insta::assert_snapshot!(draw(&found, &sources, at(80)), @r#"
    warning[kms-key-unclear]

      ⚠ two processors read the video stream a
       ╭─[cameras/shed.toml:4:35]
     3 │ [processor.shed]
     4 │ …stream.arn = "arn:aws:kinesisvideo:us-east-1:111122223333:stream/a/1"
       ·               ────────────────────────────┬───────────────────────────
       ·                                           ╰── read here too
       ╰────
       ╭─[rekon.toml:2:34]
     1 │ [processor.front-door]
     2 │ …stream.arn = "arn:aws:kinesisvideo:us-east-1:111122223333:stream/a/1"
       ·               ────────────────────────────┬───────────────────────────
       ·                                           ╰── first read here
     3 │ settings.connected_home = { labels = ["PERSON"], min_confidence = 180 }
       ╰────
      help: the service allows one processor for each video stream in an account and
            region

    note[processor-failed]

      ☞ min_confidence is 180
       ╭─[rekon.toml:3:67]
     2 │ input.kinesis_video_stream.arn = "arn:aws:kinesisvideo:us-east-1:1111…
     3 │ …ected_home = { labels = ["PERSON"], min_confidence = 180 }
       ·                                                       ─┬─
       ·                                                        ╰── at most 100
       ╰────

    1 warning, 1 note
    "#);
}

#[test]
fn colour_adds_styles_and_nothing_else() {
    let (sources, found) = conflict();
    let colored = draw(&found, &sources, Settings { color: true, ..at(80) });
    assert!(colored.contains('\u{1b}'));
    assert_eq!(anstream::adapter::strip_str(&colored).to_string(), draw(&found, &sources, at(80)));
}

#[test]
fn a_missing_file_is_named_without_a_drawing() {
    let mut sources = Sources::default();
    let id = sources.add("rekon.toml", "");
    let found = Diagnostic::new(Code::KmsKeyUnclear, "there is no project here")
        .label(Span::new(id, 0..0), "not found")
        .help("`rekon init` writes a starter project");
    let nowhere = Diagnostic::new(Code::KmsKeyUnclear, "nothing to point at");
    insta::assert_snapshot!(draw(&[found, nowhere], &sources, at(80)), @r#"
    warning[kms-key-unclear]

      ⚠ there is no project here
      ╰─▶ rekon.toml: not found
      help: `rekon init` writes a starter project

    warning[kms-key-unclear]

      ⚠ nothing to point at

    2 warnings
    "#);
}

#[test]
fn labels_on_one_line_and_at_the_end_of_a_file_are_drawn() {
    let text = "a = 1\nbcd = [1, 2";
    let mut sources = Sources::default();
    let id = sources.add("a.toml", text);
    let found = Diagnostic::new(Code::KmsKeyUnclear, "the array is not closed")
        .label(Span::new(id, text.len()..text.len()), "expected `]`")
        .label(Span::new(id, 12..13), "opened here");
    insta::assert_snapshot!(draw(&[found], &sources, at(80)), @r#"
    warning[kms-key-unclear]

      ⚠ the array is not closed
       ╭─[a.toml:2:12]
     1 │ a = 1
     2 │ bcd = [1, 2
       ·       ┬    ▲
       ·       │    ╰── expected `]`
       ·       ╰── opened here
       ╰────

    1 warning
    "#);
}

#[test]
fn nothing_hostile_reaches_the_terminal() {
    let text = "na\u{1b}[2Jme = \"\u{202e}evil\u{9b}1m\" \u{7f}\n";
    let mut sources = Sources::default();
    let id = sources.add("ev\u{1b}il.toml", text);
    let empty = sources.add("\u{9b}.toml", "");
    let found = Diagnostic::new(Code::KmsKeyUnclear, "bad \u{1b}]0;title\u{7}")
        .label(Span::new(id, 0..8), "here \u{1b}[0m")
        .label(Span::new(empty, 0..0), "and \u{202e}here")
        .help("do\u{8} this\nthen that\u{1b}");
    for width in [None, Some(40), Some(80)] {
        let settings = Settings { width, ..Settings::default() };
        let text = draw(std::slice::from_ref(&found), &sources, settings);
        assert!(text.split('\n').all(|line| escape(line) == line), "{text:?}");
    }
}

#[test]
fn no_line_is_wider_than_the_terminal_even_for_huge_lines() {
    let text = format!("[a]\nkey = \"{}\"\n{}\n", "x".repeat(100_000), "# ".repeat(50_000));
    let mut sources = Sources::default();
    let id = sources.add("a.toml", &text);
    let message = "a message that is long enough to need more than one line of a terminal";
    let found = [10..100_012, 60_000..60_001, 100_012..100_013].map(|range| {
        Diagnostic::new(Code::KmsKeyUnclear, message)
            .label(Span::new(id, range), message)
            .help(message)
    });
    let drawn = draw(&found, &sources, at(80));
    for line in drawn.lines() {
        assert!(crate::report::layout::width(line) <= 80, "{line}");
    }
    let logged = draw(&found, &sources, Settings::default());
    assert!(logged.len() < 10_000);
}

/// A diagnostic for each line of a file, with a message of its own or the same one.
fn for_each_of(lines: usize, message: impl Fn(usize) -> String) -> (Sources, Vec<Diagnostic>) {
    let text = "key = \"value that is wrong\"\n".repeat(lines);
    let mut sources = Sources::default();
    let id = sources.add("a.toml", &text);
    let found = (0..lines).map(|line| {
        Diagnostic::new(Code::KmsKeyUnclear, message(line))
            .label(Span::new(id, line * 28..line * 28 + 3), "here")
    });
    let found = found.collect();
    (sources, found)
}

fn at_most(max: usize) -> Settings {
    Settings { max_diagnostics: MaxDiagnostics(max), ..at(80) }
}

/// Draws many that differ, every one of them, and counts the work.
fn drawn_for_each_of(lines: usize) -> (String, AllocationInfo) {
    let (sources, found) = for_each_of(lines, |line| format!("{line} is wrong"));
    let mut drawn = String::new();
    let work = measure(|| drawn = draw(&found, &sources, at_most(lines)));
    (drawn, work)
}

#[test]
fn many_diagnostics_take_work_in_proportion() {
    let ((_, small), (drawn, large)) = (drawn_for_each_of(1_000), drawn_for_each_of(10_000));
    assert_in_proportion(small, large);
    assert!(drawn.ends_with("\n10000 warnings\n"));
    assert!(drawn.contains("[a.toml:10000:1]"));
}

#[test]
fn ten_thousand_equal_mistakes_fit_one_screen() {
    let (sources, found) = for_each_of(10_000, |_| "this is wrong".to_owned());
    insta::assert_snapshot!(draw(&found, &sources, at(80)), @r#"
    warning[kms-key-unclear]

      ⚠ this is wrong
       ╭─[a.toml:1:1]
     1 │ key = "value that is wrong"
       · ─┬─
       ·  ╰── here
     2 │ key = "value that is wrong"
       ╰────
      9999 more like it, such as:
        a.toml:2:1
        a.toml:3:1
        a.toml:4:1

    10000 warnings
    "#);
    let records: Vec<Record> = found.iter().map(|it| Record::new(it, &sources)).collect();
    insta::assert_snapshot!(super::records(&records, at(80)), @r"
    warning[kms-key-unclear]: this is wrong (a.toml:1:1)
      9999 more like it, such as:
        a.toml:2:1
        a.toml:3:1
        a.toml:4:1
    ");
    let verbose = Settings { detail: Detail::Verbose, ..at_most(50) };
    assert!(draw(&found, &sources, verbose).contains("a.toml:51:1\n\n"));
}

#[test]
fn what_differs_by_names_alone_is_alike_and_says_the_names() {
    let (sources, found) = for_each_of(5, |line| format!("`camera-{line}` lacks `role_arn`"));
    let drawn = draw(&found, &sources, at(80));
    assert_eq!(drawn.matches("╭─[").count(), 1, "{drawn}");
    assert!(drawn.contains("  4 more like it, such as:\n    a.toml:2:1: `camera-1` lacks"));
    // A few are shown where they are.
    let drawn = draw(&found[..3], &sources, at(80));
    assert_eq!(drawn.matches("╭─[").count(), 3, "{drawn}");
    // Other help is another mistake.
    let helped: Vec<Diagnostic> =
        found.into_iter().enumerate().map(|(at, it)| it.help(format!("write {at}"))).collect();
    assert_eq!(draw(&helped, &sources, at(80)).matches("╭─[").count(), 5);
}

#[test]
fn beyond_the_most_errors_come_first_and_the_rest_is_counted_by_code() {
    let (sources, mut found) = for_each_of(10, |line| format!("{line} is wrong"));
    found[8].code = Code::Syntax;
    found[9].code = Code::UnusedZone;
    let drawn = draw(&found, &sources, at_most(2));
    let places: Vec<&str> = drawn.lines().filter(|line| line.contains("╭─[")).collect();
    assert_eq!(places.len(), 2, "{drawn}");
    assert!(places[0].contains("[a.toml:1:1]") && places[1].contains("[a.toml:9:1]"), "{drawn}");
    let end = "8 more: 7 kms-key-unclear, 1 unused-zone (--max-diagnostics tells more)\n\
               1 error, 9 warnings\n";
    assert!(drawn.ends_with(end), "{drawn}");
}

proptest! {
    #[test]
    fn any_text_with_any_labels_is_drawn_harmlessly(
        text in "[ab \\t\\r\\n\"玄é\u{1b}\u{202e}]{0,80}",
        places in prop::collection::vec((0_usize..100, 0_usize..30, "[a-z ]{0,60}"), 0..5),
        width in prop::option::of(0_usize..120),
    ) {
        let mut sources = Sources::default();
        let ids = [sources.add("a.toml", &text), sources.add("b.toml", &text)];
        let mut found = Diagnostic::new(Code::KmsKeyUnclear, "something is wrong");
        for (at, (start, length, message)) in places.into_iter().enumerate() {
            found = found.label(Span::new(ids[at % 2], start..start + length), message);
        }
        let settings = Settings { width, ..Settings::default() };
        let drawn = draw(&[found], &sources, settings);
        prop_assert!(drawn.split('\n').all(|line| escape(line) == line), "{drawn:?}");
        prop_assert!(!drawn.contains("Failed to read"), "{drawn}");
    }
}
