use super::*;
use crate::diagnostic::Span;

fn excerpt(text: &str, ranges: &[(usize, usize)], columns: usize) -> Vec<Excerpt> {
    let mut sources = Sources::default();
    let id = sources.add("a.toml", text);
    let labels: Vec<Label> = ranges
        .iter()
        .map(|&(start, end)| Label { span: Span::new(id, start..end), message: "here".into() })
        .collect();
    excerpts(&labels, &sources, columns)
}

fn marked(text: &str, range: Range<usize>, columns: usize) -> String {
    let cut = excerpt(text, &[(range.start, range.end)], columns).remove(0);
    cut.text[cut.marks[0].range.clone()].to_owned()
}

#[test]
fn an_excerpt_is_the_marked_line_with_one_on_either_side() {
    let cut = excerpt("a\nb\nc = 1\nd\ne\n", &[(4, 5)], 80).remove(0);
    assert_eq!((cut.first_line, cut.text.as_str()), (2, "b\nc = 1\nd\n"));
    assert_eq!((cut.marks[0].line, cut.marks[0].column, cut.marks[0].indent), (3, 1, 0));
}

#[test]
fn near_places_share_an_excerpt_and_distant_ones_do_not() {
    let text = "one\n".repeat(20);
    assert_eq!(excerpt(&text, &[(0, 3), (12, 15)], 80).len(), 1);
    let apart = excerpt(&text, &[(40, 43), (0, 3)], 80);
    assert_eq!(apart.iter().map(|cut| cut.first_line).collect::<Vec<_>>(), [10, 1]);
}

#[test]
fn a_long_line_is_cut_around_what_is_marked() {
    let text = format!("key = \"{}MARK{}\"\n", "x".repeat(50_000), "y".repeat(50_000));
    let cut = excerpt(&text, &[(50_007, 50_011)], 40).remove(0);
    assert!(layout::width(cut.text.trim_end()) <= 40, "{}", cut.text);
    assert!(cut.text.starts_with('…') && cut.text.ends_with("…\n"), "{}", cut.text);
    assert_eq!(&cut.text[cut.marks[0].range.clone()], "MARK");
    assert_eq!((cut.marks[0].line, cut.marks[0].column), (1, 50_008));
}

#[test]
fn a_long_line_does_not_swallow_the_marks_below_it() {
    let text = format!("a = \"{}\"\nb = 1\nc = 2\n", "x".repeat(50_000));
    let end = text.len();
    let cut = excerpt(&text, &[(0, 1), (end - 6, end - 5)], 40).remove(0);
    let shown = cut.marks.iter().map(|mark| &cut.text[mark.range.clone()]);
    assert_eq!(shown.collect::<Vec<_>>(), ["a", "c"]);
    assert_eq!(cut.text.lines().count(), 3);
}

#[test]
fn a_mark_is_shown_whole_if_it_fits() {
    let text = format!("{} = \"{}\"", "k".repeat(40), "v".repeat(56));
    assert_eq!(marked(&text, 43..101, 70), format!("\"{}\"", "v".repeat(56)));
}

#[test]
fn marks_stay_on_their_characters_whatever_stands_before_them() {
    assert_eq!(marked("\tkey = 1\r\n", 1..4, 80), "key");
    assert_eq!(marked("tü = \"玄関\" # x\n", 7..13, 80), "玄関");
    assert_eq!(marked("a\u{1b}[31m = 1", 1..2, 80), "\\u{1b}");
    assert_eq!(marked("a = 1", 5..5, 80), "");
    assert_eq!(marked("a = 1\n", 6..6, 80), "");
    assert_eq!(marked("a = 1", 99..120, 80), "");
    assert_eq!(marked("a = [\n1,\n2]\n", 4..11, 80), "[");
}

#[test]
fn a_file_without_text_has_no_excerpt() {
    assert!(excerpt("", &[(0, 0)], 80).is_empty());
}
