use super::*;
use crate::config::quoted;

fn steps(path: &str) -> Vec<Step> {
    let step = |text: &str| match text.parse() {
        Ok(at) => Step::Item(at),
        Err(_) => Step::Key(text.to_owned()),
    };
    path.split('.').map(step).collect()
}

fn below(table: &str, path: &str, change: Change) -> Edit {
    Edit { table: vec![table.to_owned()], path: steps(path), change }
}

fn set(path: &str) -> Edit {
    below("p", path, Change::Set("9".to_owned()))
}

fn push(path: &str) -> Edit {
    below("p", path, Change::Push("9".to_owned()))
}

fn remove(path: &str) -> Edit {
    below("p", path, Change::Remove)
}

/// Holds each case with both kinds of line ends, and against a reader that is not rekon's.
#[track_caller]
fn check(text: &str, edits: &[Edit], expected: &str) {
    for end in ["\n", "\r\n"] {
        let [text, expected] = [text, expected].map(|text| text.replace('\n', end));
        let edited = edit(&text, edits.to_vec(), quoted);
        assert_eq!(edited, expected, "of {text}");
        let read: Result<toml::Table, _> = toml::from_str(&edited);
        assert!(read.is_ok(), "{edited}\n{read:?}");
    }
}

#[test]
fn a_value_is_replaced_where_it_stands_and_all_around_it_stays() {
    for (text, expected) in [
        ("[p]\na.b = 1 # why\n", "[p]\na.b = 9 # why\n"),
        ("[p.a]\n  b   =  1\n", "[p.a]\n  b   =  9\n"),
        ("[p]\na = { x = 0, b = 1 }", "[p]\na = { x = 0, b = 9 }"),
        ("p.\"a\".b = '''\n1'''\n", "p.\"a\".b = 9\n"),
        ("[p]\n  a.b = [1, # one\n 2] # two\n", "[p]\n  # one\n  a.b = 9 # two\n"),
        ("[p]\na.b = ['#', '''\n#''']\n", "[p]\na.b = 9\n"),
        ("[p]\n[p.a.b]\nx = 1 # gone\n[q]\n", "[p]\na.b = 9\n# gone\n[q]\n"),
    ] {
        check(text, &[set("a.b")], expected);
    }
}

#[test]
fn a_new_key_stands_with_its_table_in_the_way_that_it_is_written() {
    for (text, expected) in [
        ("[p]\nx = 1 # one\n\n[q]\n", "[p]\nx = 1 # one\na.b = 9\n\n[q]\n"),
        ("[p]\n# nothing yet\n[q]\n", "[p]\na.b = 9\n# nothing yet\n[q]\n"),
        ("  [p]\n  x = [\n    1,\n  ]\n", "  [p]\n  x = [\n    1,\n  ]\n  a.b = 9\n"),
        ("[p]\na.x = 1\ny = 2\n", "[p]\na.x = 1\na.b = 9\ny = 2\n"),
        ("[p]\na = { x = 1 }\n", "[p]\na = { x = 1, b = 9 }\n"),
        ("[p]\na = {}\n", "[p]\na = { b = 9 }\n"),
        ("[p]\n[p.a]\nx = 1\n[q]\n", "[p]\n[p.a]\nx = 1\nb = 9\n[q]\n"),
        ("p = { x = { y = 1 } }\n", "p = { x = { y = 1 }, a.b = 9 }\n"),
        ("p = { a.x = 1, y = 2 }\n", "p = { a.x = 1, a.b = 9, y = 2 }\n"),
        ("p.x = 1\nq = 2\n", "p.x = 1\np.a.b = 9\nq = 2\n"),
        ("[p.c]\nx = 1\n", "[p]\na.b = 9\n\n[p.c]\nx = 1\n"),
        ("[p]\n[p.a.c]\nx = 1\n", "[p]\n[p.a]\nb = 9\n\n[p.a.c]\nx = 1\n"),
    ] {
        check(text, &[set("a.b")], expected);
    }
    assert_eq!(edit("[p]", [set("a")], quoted), "[p]\na = 9");
    check("[p]\nx = 1\n", &[set("t.a b")], "[p]\nx = 1\nt.\"a b\" = 9\n");
}

#[test]
fn what_is_taken_out_leaves_its_comments_and_no_empty_table() {
    for (text, expected) in [
        ("[p]\n# why\na.b = 1\nx = 2\n", "[p]\n# why\nx = 2\n"),
        ("[p]\n  a.b = 1  # why\nx = 2\n", "[p]\n  # why\nx = 2\n"),
        ("[p]\na.b = [\n  1,\n]\n", "[p]\n"),
        ("[p]\na.b = [\n  1, # one\n  # two\n]\nx = 1\n", "[p]\n# one\n# two\nx = 1\n"),
        ("[p]\na.b = [\n  1, # one\n] # two\n", "[p]\n# one\n# two\n"),
        ("[p]\na = { b = 1 }\nx = 2", "[p]\nx = 2"),
        ("[p]\na = { b = 1, x = 2 }\n", "[p]\na = { x = 2 }\n"),
        ("[p]\na = { x = 2, b = 1 }\n", "[p]\na = { x = 2 }\n"),
        ("[p]\na = { x = 2, b = 1, y = 3 }\n", "[p]\na = { x = 2, y = 3 }\n"),
        ("p = { a.b = 1 }\n", "p = {  }\n"),
        ("p = { a.b = 1, a.x = 2 }\n", "p = { a.x = 2 }\n"),
        ("[p.a]\nb = 1\n[q]\n", "[q]\n"),
        ("[p]\ny = 1\n[p.a] # one\nb = 1\n[q]\n", "[p]\ny = 1\n# one\n[q]\n"),
        ("[p]\n[p.a.b]\nx = 1\n[p.a.b.c]\n[q]\n", "[p]\n[q]\n"),
        ("[p]\n[[p.a.b]]\nx = 1\n[[p.a.b]] # two\n[q]\n", "[p]\n# two\n[q]\n"),
        ("[p]\nx = 2\n", "[p]\nx = 2\n"),
    ] {
        check(text, &[remove("a.b")], expected);
    }
}

#[test]
fn items_of_an_array_come_change_and_go_with_its_layout() {
    for (text, edits, expected) in [
        ("[p]\nl = [1, 2, 3]\n", vec![set("l.1")], "[p]\nl = [1, 9, 3]\n"),
        ("[p]\nl = [1, 2, 3]\n", vec![remove("l.0")], "[p]\nl = [2, 3]\n"),
        ("[p]\nl = [1, 2, 3]\n", vec![remove("l.2")], "[p]\nl = [1, 2]\n"),
        ("[p]\nl = [1, 2,]\n", vec![remove("l.1")], "[p]\nl = [1,]\n"),
        ("[p]\nl = [1]\n", vec![remove("l.0"), push("l")], "[p]\nl = [9]\n"),
        ("[p]\nl = [1]\n", vec![push("l")], "[p]\nl = [1, 9]\n"),
        ("[p]\nl = [1, ]\n", vec![push("l")], "[p]\nl = [1, 9, ]\n"),
        ("[p]\nl = [\n  1,\n]\n", vec![push("l")], "[p]\nl = [\n  1,\n  9,\n]\n"),
        (
            "[p]\nl = [\n  1, # one\n  2 # last\n]\n",
            vec![push("l")],
            "[p]\nl = [\n  1, # one\n  2, # last\n  9\n]\n",
        ),
        (
            "[p]\nl = [\n  1, # one\n  2,\n  3, # three\n]\n",
            vec![remove("l.1"), remove("l.0")],
            "[p]\nl = [\n  # one\n  3, # three\n]\n",
        ),
        (
            "[p]\nl = [\n  1, # one\n  # two\n  2, # last\n]\n",
            vec![remove("l.1")],
            "[p]\nl = [\n  1, # one\n  # two\n  # last\n]\n",
        ),
        (
            "[p]\nl = [\n  1, # one\n  # two\n  2 # last\n]\n",
            vec![remove("l.1")],
            "[p]\nl = [\n  1, # one\n  # two\n  # last\n]\n",
        ),
        ("[p]\nl = [\n  1,\n  2\n]\n", vec![remove("l.1")], "[p]\nl = [\n  1,\n]\n"),
        ("[p]\nl = [\n  1\n  , 2\n]\n", vec![remove("l.0")], "[p]\nl = [\n  2\n]\n"),
    ] {
        check(text, &edits, expected);
    }
}

#[test]
fn changes_of_several_tables_do_not_touch_each_other() {
    let text = "q.x = 1\n[p]\n[r.a]\nx = 1\n[s]\ny = 1\n";
    let nine = || Change::Set("9".to_owned());
    let edits = [
        below("q", "n", nine()),
        below("p", "n", nine()),
        below("r", "n", nine()),
        below("s", "y", Change::Remove),
        below("s", "n", nine()),
        below("t", "n", nine()),
    ];
    let expected = "q.x = 1\nq.n = 9\n[p]\nn = 9\n[r]\nn = 9\n\n[r.a]\nx = 1\n[s]\nn = 9\n";
    assert_eq!(edit(text, edits, quoted), expected);
}

#[test]
fn what_is_not_there_changes_nothing() {
    for edit in [set("l.4"), push("n"), push("x"), remove("l.4"), remove("x.y")] {
        check("[p]\nx = 1\nl = [1]\n", &[edit], "[p]\nx = 1\nl = [1]\n");
    }
}
