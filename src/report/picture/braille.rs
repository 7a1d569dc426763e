//! A side of a scene in braille letters, for terminals.

use super::geometry::{WIDTH, place, spans};
use super::scene::{Becoming, Scene};
use crate::report::view::Side;

/// What a letter shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Tone {
    Nothing,
    Stays,
    Goes,
    Comes,
}

/// A letter, and what it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) struct Cell {
    pub letter: char,
    pub tone: Tone,
}

/// The dots of a letter, two beside and four below each other, by their bits.
const DOTS: [[u32; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

const BLANK: u32 = 0x2800;

/// Draws a side, so many letters wide: an outline for all, close dots in what comes, and
/// lines of dots in what goes. Numbers stand as digits. Each row is full.
pub(in crate::report) fn braille(scene: &Scene<'_>, side: Side, columns: usize) -> Vec<Vec<Cell>> {
    let columns = columns.clamp(1, 200);
    let (units, height) = (WIDTH as usize, usize::try_from(scene.height).unwrap_or(1));
    // A letter is twice as high as it is wide.
    let rows = ((columns * height + units) / (2 * units)).clamp(2, 100);
    let mut field = Field { columns, rows, bits: vec![(0, Tone::Nothing); columns * rows] };
    let size = [field.columns * 2, field.rows * 4];
    let scale = [size[0] as f64 / f64::from(WIDTH), size[1] as f64 / f64::from(scene.height)];
    let marks = || scene.marks.iter().filter(|mark| !mark.on(side).is_empty());
    for mark in marks() {
        let (corners, tone) = (mark.on(side), tone(mark.becoming, side));
        let at = |corner: &[f64; 2]| {
            let dot =
                |axis: usize| (corner[axis] * scale[axis]).clamp(0.0, size[axis] as f64 - 1.0);
            [dot(0) as i64, dot(1) as i64]
        };
        if let Some(apart) = apart(tone) {
            for y in 0..size[1] {
                let spans = spans(corners, (y as f64 + 0.5) / scale[1]);
                for x in (0..size[0]).filter(|x| (x + y) % apart == 0) {
                    let middle = (x as f64 + 0.5) / scale[0];
                    if spans.iter().any(|[from, to]| (*from..*to).contains(&middle)) {
                        field.set(x, y, tone);
                    }
                }
            }
        }
        // The edge of the whole frame is drawn around it anyway.
        if mark.number.is_some() {
            for (place, corner) in corners.iter().enumerate() {
                field.line(at(corner), at(&corners[(place + 1) % corners.len()]), tone);
            }
        }
    }
    let mut cells = field.cells();
    let mut taken = Vec::new();
    let cell = f64::from(WIDTH) / columns as f64;
    for mark in marks() {
        let tone = tone(mark.becoming, side);
        let (words, spot) = match mark.number {
            Some(number) => (format!(" {number} "), place(mark.on(side), &taken, 4.0 * cell)),
            None => (
                format!(" {} ", mark.words),
                Some([f64::from(WIDTH), f64::from(scene.height)].map(|end| end / 2.0)),
            ),
        };
        let Some(spot) = spot else { continue };
        taken.push(spot);
        let row = ((spot[1] * scale[1] / 4.0) as usize).min(rows - 1);
        let middle = (spot[0] * scale[0] / 2.0) as usize;
        let start = middle.saturating_sub(words.len() / 2).min(columns.saturating_sub(words.len()));
        for (letter, cell) in words.chars().zip(cells[row].iter_mut().skip(start)) {
            *cell = Cell { letter, tone };
        }
    }
    cells
}

fn tone(becoming: Becoming, side: Side) -> Tone {
    match (becoming, side) {
        (Becoming::Stays, _) => Tone::Stays,
        (_, Side::Before) => Tone::Goes,
        (_, Side::After) => Tone::Comes,
    }
}

/// How far apart the dots of a filled outline are; others are hollow.
fn apart(tone: Tone) -> Option<usize> {
    match tone {
        Tone::Comes => Some(2),
        Tone::Goes => Some(4),
        Tone::Stays | Tone::Nothing => None,
    }
}

/// Dots, and what was drawn last in each letter.
struct Field {
    columns: usize,
    rows: usize,
    bits: Vec<(u32, Tone)>,
}

impl Field {
    fn set(&mut self, x: usize, y: usize, tone: Tone) {
        if let Some((bits, shown)) = self.bits.get_mut(y / 4 * self.columns + x / 2) {
            *bits |= DOTS[y % 4][x % 2];
            *shown = tone;
        }
    }

    /// A line from dot to dot, by Bresenham's way.
    fn line(&mut self, [mut x, mut y]: [i64; 2], [right, below]: [i64; 2], tone: Tone) {
        let (wide, high) = ((right - x).abs(), -(below - y).abs());
        let (step, fall) = ((right - x).signum(), (below - y).signum());
        let mut error = wide + high;
        loop {
            if let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) {
                self.set(x, y, tone);
            }
            if [x, y] == [right, below] {
                return;
            }
            let twice = 2 * error;
            if twice >= high {
                error += high;
                x += step;
            }
            if twice <= wide {
                error += wide;
                y += fall;
            }
        }
    }

    fn cells(&self) -> Vec<Vec<Cell>> {
        let cell = |(bits, tone): &(u32, Tone)| Cell {
            letter: char::from_u32(BLANK + bits).filter(|_| *bits > 0).unwrap_or(' '),
            tone: *tone,
        };
        self.bits
            .chunks(self.columns)
            .take(self.rows)
            .map(|row| row.iter().map(cell).collect())
            .collect()
    }
}
