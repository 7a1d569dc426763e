//! A scene as painted paths in whole units, which every format writes alike.

use super::geometry::{WIDTH, hatching, place};
use super::glyphs;
use super::ink::Ink;
use super::scene::{Becoming, Mark, Scene};

/// A run of points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub points: Vec<[i32; 2]>,
    pub is_closed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Path(Vec<Line>),
    Disc {
        centre: [i32; 2],
        radius: i32,
    },
    /// The camera's frame.
    Frame,
}

/// A shape and what it is painted with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub ink: Ink,
    pub shape: Shape,
}

/// All pieces, from the lowest to the highest.
#[derive(Clone, Debug)]
pub(super) struct Drawing {
    /// In units, of which it is [`WIDTH`] wide.
    pub height: i32,
    pub pieces: Vec<Piece>,
}

/// Whether a legend stands below the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Legend {
    Drawn,
    /// Whoever shows the picture has the words beside it.
    LeftOut,
}

/// The radius of the discs under numbers, in the frame and in the legend.
const RADIUS: i32 = 46;
const SMALL: i32 = 34;

/// From line to line of a hatching.
const HATCH: i32 = 52;

/// A row of the legend, and its margin at the left and right.
const ROW: i32 = 84;
const MARGIN: i32 = 24;

/// The size of letters in the legend.
const LETTER: i32 = 5;

/// How many rows a legend has: the service takes ten regions.
const MOST_ROWS: usize = 24;

/// Draws a scene.
pub(super) fn drawing(scene: &Scene<'_>, legend: Legend) -> Drawing {
    let Scene { name: _, marks, covers: _, height, frame } = scene;
    let mut pieces = Vec::new();
    let rows = match legend {
        Legend::Drawn => marks.len().min(MOST_ROWS + 1) + 1,
        Legend::LeftOut => 0,
    };
    let all = *height + i32::try_from(rows).unwrap_or(0) * ROW;
    push(&mut pieces, Ink::Ground, vec![rectangle([0, 0, WIDTH, all])]);
    match frame {
        Some(_) => pieces.push(Piece { ink: Ink::Ground, shape: Shape::Frame }),
        None => push(&mut pieces, Ink::Grid, grid(*height)),
    }
    push(&mut pieces, Ink::Grid, vec![rectangle([2, 2, WIDTH - 2, height - 2])]);
    for mark in marks {
        regions(&mut pieces, mark, frame.is_some());
    }
    let mut taken = Vec::new();
    for mark in marks {
        numbers(&mut pieces, mark, &mut taken, *height);
    }
    if legend == Legend::Drawn {
        write_legend(&mut pieces, scene);
    }
    Drawing { height: all, pieces }
}

fn push(pieces: &mut Vec<Piece>, ink: Ink, lines: Vec<Line>) {
    if !lines.is_empty() {
        pieces.push(Piece { ink, shape: Shape::Path(lines) });
    }
}

fn rectangle([left, top, right, bottom]: [i32; 4]) -> Line {
    let points = vec![[left, top], [right, top], [right, bottom], [left, bottom]];
    Line { points, is_closed: true }
}

fn grid(height: i32) -> Vec<Line> {
    let line = |from, to| Line { points: vec![from, to], is_closed: false };
    let upright = (1..10).map(|tenth| WIDTH * tenth / 10);
    let level = (1..10).map(|tenth| height * tenth / 10);
    upright
        .map(|x| line([x, 0], [x, height]))
        .chain(level.map(|y| line([0, y], [WIDTH, y])))
        .collect()
}

/// A point in whole units.
fn whole([x, y]: [f64; 2]) -> [i32; 2] {
    [x.round() as i32, y.round() as i32]
}

fn outline(corners: &[[f64; 2]]) -> Vec<Line> {
    let points: Vec<[i32; 2]> = corners.iter().copied().map(whole).collect();
    if points.is_empty() { Vec::new() } else { vec![Line { points, is_closed: true }] }
}

/// What of a mark lies in the frame, without its numbers.
fn regions(pieces: &mut Vec<Piece>, mark: &Mark, on_photograph: bool) {
    let Mark { becoming, before, after, .. } = mark;
    let mut rim = |lines: &Vec<Line>| {
        if on_photograph {
            push(pieces, Ink::Rim, lines.clone());
        }
    };
    let (old, new) = (outline(before), outline(after));
    match becoming {
        Becoming::Stays => {
            rim(&new);
            push(pieces, Ink::Stays, new);
        }
        Becoming::Goes | Becoming::Comes | Becoming::Moves => {
            rim(&old);
            rim(&new);
            let hatch = hatching(before, HATCH)
                .into_iter()
                .map(|line| Line { points: line.map(whole).to_vec(), is_closed: false });
            push(pieces, Ink::Hatch, hatch.collect());
            push(pieces, Ink::Goes, old);
            push(pieces, Ink::Comes, new);
        }
    }
}

/// The numbers of a mark, one for each side that is not the same.
fn numbers(pieces: &mut Vec<Piece>, mark: &Mark, taken: &mut Vec<[f64; 2]>, height: i32) {
    let Some(number) = mark.number else { return };
    let sides = match mark.becoming {
        Becoming::Stays => vec![&mark.after],
        _ => vec![&mark.before, &mark.after],
    };
    for (corners, is_new) in sides.into_iter().zip([false, true]) {
        let Some(spot) = place(corners, taken, f64::from(RADIUS) * 2.2) else { continue };
        taken.push(spot);
        let [x, y] = whole(spot);
        let inside = |at: i32, end: i32| at.clamp(RADIUS.min(end / 2), (end - RADIUS).max(end / 2));
        let centre = [inside(x, WIDTH), inside(y, height)];
        let becoming = match (mark.becoming, is_new) {
            (Becoming::Moves, false) => Becoming::Goes,
            (Becoming::Moves, true) => Becoming::Comes,
            (becoming, _) => becoming,
        };
        disc(pieces, centre, RADIUS, number, becoming);
    }
}

/// A number on its disc.
fn disc(pieces: &mut Vec<Piece>, centre: [i32; 2], radius: i32, number: usize, becoming: Becoming) {
    let (disc, ink) = match becoming {
        Becoming::Stays => (Ink::DiscStays, Ink::NumberStays),
        Becoming::Goes => (Ink::DiscGoes, Ink::NumberGoes),
        Becoming::Comes | Becoming::Moves => (Ink::DiscComes, Ink::NumberComes),
    };
    let text = number.to_string();
    let unit = if text.len() > 2 { radius / 12 } else { radius / 6 + 1 };
    let start = [centre[0] - glyphs::width(&text, unit) / 2, centre[1] + 3 * unit];
    pieces.push(Piece { ink: disc, shape: Shape::Disc { centre, radius } });
    write(pieces, ink, &text, start, unit);
}

fn write(pieces: &mut Vec<Piece>, ink: Ink, text: &str, at: [i32; 2], unit: i32) {
    let strokes = glyphs::write(text, at, unit).into_iter();
    push(pieces, ink, strokes.map(|points| Line { points, is_closed: false }).collect());
}

/// Writes below the frame what each mark is, what becomes of it, and how large it is.
fn write_legend(pieces: &mut Vec<Piece>, scene: &Scene<'_>) {
    let mut baseline = scene.height + ROW / 2 + 3 * LETTER;
    let mut row = |pieces: &mut Vec<Piece>, indent: i32, words: &str, area: &str| {
        let wide = glyphs::width(area, LETTER);
        let room = WIDTH - 2 * MARGIN - indent - wide - 8 * LETTER;
        let words = glyphs::shortened(words, room, LETTER);
        write(pieces, Ink::Words, &words, [MARGIN + indent, baseline], LETTER);
        write(pieces, Ink::Words, area, [WIDTH - MARGIN - wide, baseline], LETTER);
        baseline += ROW;
    };
    row(pieces, 0, &scene.name, &scene.covers);
    for (mark, at) in scene.marks.iter().zip(1..).take(MOST_ROWS) {
        let becomes = match mark.becoming {
            Becoming::Stays => "",
            Becoming::Goes => "removed  ",
            Becoming::Comes => "added  ",
            Becoming::Moves => "moved  ",
        };
        let middle = scene.height + ROW * at + ROW / 2;
        sample(pieces, mark.becoming, middle);
        if let Some(number) = mark.number {
            disc(pieces, [MARGIN + 168, middle], SMALL, number, mark.becoming);
        }
        row(pieces, 228, &format!("{becomes}{}", mark.words), &mark.area);
    }
    if let more @ 1.. = scene.marks.len().saturating_sub(MOST_ROWS) {
        row(pieces, 228, &format!("and {more} more"), "");
    }
}

/// What becomes of a region, as it looks in the frame.
fn sample(pieces: &mut Vec<Piece>, becoming: Becoming, middle: i32) {
    let at = |from: i32, to: i32| {
        let [left, top, right, bottom] =
            [MARGIN + from, middle - 28, MARGIN + to, middle + 28].map(f64::from);
        vec![[left, top], [right, top], [right, bottom], [left, bottom]]
    };
    let (before, after) = match becoming {
        Becoming::Stays => (Vec::new(), at(0, 110)),
        Becoming::Goes => (at(0, 110), Vec::new()),
        Becoming::Comes => (Vec::new(), at(0, 110)),
        Becoming::Moves => (at(0, 55), at(55, 110)),
    };
    let (words, area) = (String::new(), String::new());
    regions(pieces, &Mark { number: None, becoming, before, after, words, area }, false);
}
