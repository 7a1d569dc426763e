//! The regions of a change drawn in braille letters, before and after side by side.

use super::INDENT;
use crate::report::layout::Line;
use crate::report::palette::Meaning;
use crate::report::picture::{Cell, Scene, Tone, braille};
use crate::report::view::Side;
use crate::report::{Pictures, Settings};

/// Between the two sides.
const GAP: usize = 3;

/// How wide a side is, in letters, and what a side less wide would not show.
const WIDEST: usize = 28;
const NARROWEST: usize = 16;

/// Where there is no terminal, lines are as long as on most.
const USUAL: usize = 80;

/// How wide a side may be, if pictures can be shown at all.
pub(super) fn columns(settings: Settings) -> Option<usize> {
    let room = settings.limit().unwrap_or(USUAL).saturating_sub(INDENT + GAP + 4) / 2;
    let columns = room.min(WIDEST);
    (settings.pictures == Pictures::Drawn && columns >= NARROWEST).then_some(columns)
}

/// Draws both sides of a scene.
pub(super) fn picture(out: &mut String, scene: &Scene<'_>, settings: Settings) {
    let Some(columns) = columns(settings) else { return };
    let line = || Line::new(settings).pad_to(INDENT);
    let gap = " ".repeat(GAP);
    let edge = |left: &str, title: &str, right: &str| {
        let rest = "─".repeat(columns.saturating_sub(title.chars().count()));
        format!("{left}{title}{rest}{right}")
    };
    let [before, after] = [Side::Before, Side::After].map(|side| braille(scene, side, columns));
    let top = [edge("┌", " before ", "┐"), edge("┌", " after ", "┐")].join(&gap);
    line().push(Meaning::Faint, &top).finish(out);
    for (before, after) in before.iter().zip(&after) {
        let mut row = line();
        for (at, cells) in [before, after].into_iter().enumerate() {
            let gap = if at == 0 { "" } else { &gap };
            row = row.push(Meaning::Plain, gap).push(Meaning::Faint, "│");
            for run in cells.chunk_by(|one, next| one.tone == next.tone) {
                let letters: String = run.iter().map(|cell| cell.letter).collect();
                row = row.push(meaning(run), &letters);
            }
            row = row.push(Meaning::Faint, "│");
        }
        row.finish(out);
    }
    let bottom = edge("└", "", "┘");
    line().push(Meaning::Faint, &[bottom.as_str(), &bottom].join(&gap)).finish(out);
}

fn meaning(run: &[Cell]) -> Meaning {
    match run.first().map(|cell| cell.tone) {
        Some(Tone::Goes) => Meaning::Before,
        Some(Tone::Comes) => Meaning::After,
        Some(Tone::Stays | Tone::Nothing) | None => Meaning::Plain,
    }
}
