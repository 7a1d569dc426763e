//! Outlines in units: cut off at the frame, hatched, and with a place for a number.

use crate::report::view::Corners;

/// The width of a picture in units.
pub(super) const WIDTH: i32 = 1600;

/// The part of an outline that is in the frame, in units.
pub(super) fn clipped(outline: &[[f64; 2]], height: i32) -> Corners {
    let mut corners = outline.to_vec();
    for axis in 0..2 {
        for (limit, sign) in [(0.0, 1.0), (1.0, -1.0)] {
            corners = cut(&corners, axis, limit, sign);
        }
    }
    let scale = [f64::from(WIDTH), f64::from(height)];
    corners.iter().map(|[x, y]| [x * scale[0], y * scale[1]]).collect()
}

/// What of an outline is on one side of a limit.
fn cut(corners: &[[f64; 2]], axis: usize, limit: f64, sign: f64) -> Corners {
    let inside = |corner: &[f64; 2]| (corner[axis] - limit) * sign >= 0.0;
    let mut kept = Vec::with_capacity(corners.len() + 2);
    for (at, corner) in corners.iter().enumerate() {
        let next = &corners[(at + 1) % corners.len()];
        if inside(corner) {
            kept.push(*corner);
        }
        if inside(corner) != inside(next) {
            let part = (limit - corner[axis]) / (next[axis] - corner[axis]);
            let other = 1 - axis;
            let mut crossing = [limit; 2];
            crossing[other] = corner[other] + (next[other] - corner[other]) * part.clamp(0.0, 1.0);
            kept.push(crossing);
        }
    }
    kept
}

/// The pieces of the line `x * normal[0] + y * normal[1] = level` within an outline, as
/// far as they are from where the line begins, along `[-normal[1], normal[0]]`.
fn within(outline: &[[f64; 2]], normal: [f64; 2], level: f64) -> Vec<[f64; 2]> {
    let across = |corner: &[f64; 2]| corner[0] * normal[0] + corner[1] * normal[1] - level;
    let along = |corner: &[f64; 2]| corner[1] * normal[0] - corner[0] * normal[1];
    let mut met = Vec::new();
    for (at, corner) in outline.iter().enumerate() {
        let next = &outline[(at + 1) % outline.len()];
        let (one, other) = (across(corner), across(next));
        if (one < 0.0) != (other < 0.0) {
            met.push(along(corner) + (along(next) - along(corner)) * (one / (one - other)));
        }
    }
    met.sort_unstable_by(f64::total_cmp);
    met.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect()
}

/// What of a level line is within an outline, from left to right.
pub(super) fn spans(outline: &[[f64; 2]], y: f64) -> Vec<[f64; 2]> {
    within(outline, [0.0, 1.0], y).into_iter().rev().map(|[from, to]| [-to, -from]).collect()
}

/// Lines that rise across an outline, so far apart along the frame's edges.
pub(super) fn hatching(outline: &[[f64; 2]], apart: i32) -> Vec<[[f64; 2]; 2]> {
    let levels = outline.iter().map(|[x, y]| x + y);
    let most = levels.fold(0.0, f64::max);
    let mut lines = Vec::new();
    let mut level = f64::from(apart) / 2.0;
    while level < most {
        // Along [-1, 1], a point of the line is at (level - way, level + way) / 2.
        let point = |way: f64| [f64::midpoint(level, -way), f64::midpoint(level, way)];
        let pieces = within(outline, [1.0, 1.0], level);
        lines.extend(pieces.into_iter().map(|[from, to]| [point(from), point(to)]));
        level += f64::from(apart);
    }
    lines
}

/// Where in an outline a number stands: well within it, and if that can be, so far from
/// those that stand already. The corners of what encloses nothing are good enough.
pub(super) fn place(outline: &[[f64; 2]], taken: &[[f64; 2]], apart: f64) -> Option<[f64; 2]> {
    let heights = || outline.iter().map(|corner| corner[1]);
    let (top, bottom) =
        (heights().fold(f64::INFINITY, f64::min), heights().fold(f64::NEG_INFINITY, f64::max));
    let mut candidates = Vec::new();
    for part in [0.5, 0.3, 0.7, 0.15, 0.85] {
        let y = top + (bottom - top) * part;
        let mut spans = spans(outline, y);
        spans.sort_unstable_by(|one, other| (other[1] - other[0]).total_cmp(&(one[1] - one[0])));
        for [from, to] in spans {
            candidates.extend([0.5, 0.75, 0.25].map(|part| [from + (to - from) * part, y]));
        }
    }
    candidates.extend(outline);
    let room = |spot: &[f64; 2]| {
        let distance = |other: &[f64; 2]| {
            let [x, y] = [spot[0] - other[0], spot[1] - other[1]];
            x * x + y * y
        };
        taken.iter().map(distance).fold(f64::INFINITY, f64::min).min(apart * apart)
    };
    // The first of those with the most room.
    candidates.into_iter().reduce(|best, spot| if room(&spot) > room(&best) { spot } else { best })
}
