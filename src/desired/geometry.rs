//! Exact questions about polygons.
//!
//! Coordinates are float32, and the product of two of them is exact in double
//! precision. Sums of such products are taken exactly too, so that "on the same
//! line" and "crosses" mean what they say, whatever the coordinates.

use crate::model::Point;

/// Which way three points turn: the exact sign of their cross product.
fn turn(a: Point, b: Point, c: Point) -> i8 {
    let [ax, ay, bx, by, cx, cy] = [a.x, a.y, b.x, b.y, c.x, c.y].map(|side| f64::from(side.get()));
    sign(&[bx * cy, -(bx * ay), -(ax * cy), -(by * cx), by * ax, ay * cx])
}

/// The sign of an exact sum.
///
/// The partial sums never overlap, so that the last one that is not zero
/// decides (Shewchuk, "Adaptive Precision Floating-Point Arithmetic", 1997).
fn sign(terms: &[f64]) -> i8 {
    let mut partials: Vec<f64> = Vec::with_capacity(terms.len());
    for &term in terms {
        let mut sum = term;
        let mut kept = 0;
        for at in 0..partials.len() {
            let (high, low) = two_sum(sum, partials[at]);
            if low != 0.0 {
                partials[kept] = low;
                kept += 1;
            }
            sum = high;
        }
        partials.truncate(kept);
        partials.push(sum);
    }
    match partials.iter().rev().find(|partial| **partial != 0.0) {
        None => 0,
        Some(partial) if *partial > 0.0 => 1,
        Some(_) => -1,
    }
}

/// A sum and its rounding error.
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let b_part = sum - a;
    (sum, (a - (sum - b_part)) + (b - b_part))
}

/// Whether all points lie on one line.
pub(super) fn is_flat(points: &[Point]) -> bool {
    let Some(first) = points.first() else { return true };
    let Some(second) = points.iter().find(|point| *point != first) else { return true };
    points.iter().all(|point| turn(*first, *second, *point) == 0)
}

/// The edges, by their first corners, that cross or touch although they are no
/// neighbours, or that run back over each other.
///
/// No corner may repeat the one before it.
pub(super) fn crossing(points: &[Point]) -> Option<(usize, usize)> {
    let count = points.len();
    let edge = |at: usize| (points[at], points[(at + 1) % count]);
    (0..count).flat_map(|first| (first + 1..count).map(move |second| (first, second))).find(
        |&(first, second)| {
            let (one, other) = (edge(first), edge(second));
            if second == first + 1 {
                runs_back(one.0, one.1, other.1)
            } else if first == 0 && second == count - 1 {
                runs_back(other.0, other.1, one.1)
            } else {
                meet(one, other)
            }
        },
    )
}

/// Whether the way from `a` to `b` to `c` turns right back at `b`.
fn runs_back(a: Point, b: Point, c: Point) -> bool {
    turn(a, b, c) == 0 && (within(a, b, c) || within(c, b, a))
}

/// Whether two edges have a point in common.
fn meet((a, b): (Point, Point), (c, d): (Point, Point)) -> bool {
    let (c_side, d_side) = (turn(a, b, c), turn(a, b, d));
    let (a_side, b_side) = (turn(c, d, a), turn(c, d, b));
    if c_side * d_side < 0 && a_side * b_side < 0 {
        return true;
    }
    c_side == 0 && within(a, b, c)
        || d_side == 0 && within(a, b, d)
        || a_side == 0 && within(c, d, a)
        || b_side == 0 && within(c, d, b)
}

/// Whether a point on the line through `a` and `b` lies between them.
fn within(a: Point, b: Point, point: Point) -> bool {
    (a.x.min(b.x)..=a.x.max(b.x)).contains(&point.x)
        && (a.y.min(b.y)..=a.y.max(b.y)).contains(&point.y)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Float32;

    fn points(points: &[(f64, f64)]) -> Vec<Point> {
        let float = |side| Float32::from_f64(side).unwrap();
        points.iter().map(|&(x, y)| Point { x: float(x), y: float(y) }).collect()
    }

    #[test]
    fn flat_outlines_are_found_exactly() {
        assert!(is_flat(&points(&[(0.1, 0.1), (0.2, 0.2), (0.3, 0.3)])));
        assert!(is_flat(&points(&[(0.5, 0.5), (0.5, 0.5), (0.5, 0.5)])));
        // One unit in the last place off the diagonal, far below what a naive
        // difference of products would notice.
        assert!(!is_flat(&points(&[(0.0, 0.0), (0.7, 0.7), (0.3, 0.300_000_04)])));
        assert!(!is_flat(&points(&[(0.0, 0.0), (1e-40, 1e-40), (1e-40, 1.1e-40)])));
        assert!(!is_flat(&points(&[(3e38, 3e38), (-3e38, 3e38), (0.0, -3e38)])));
    }

    #[test]
    fn crossing_and_touching_outlines_are_told_from_simple_ones() {
        let simple: [&[(f64, f64)]; 3] = [
            &[(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)],
            &[(0.0, 0.0), (1.0, 0.0), (0.5, 0.5), (1.0, 1.0), (0.0, 1.0)],
            &[(0.0, 0.0), (0.5, 0.0), (1.0, 0.0), (0.5, 1.0)],
        ];
        for outline in simple {
            assert_eq!(crossing(&points(outline)), None, "{outline:?}");
        }
        let crossed: [&[(f64, f64)]; 4] = [
            &[(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)],
            &[(0.0, 0.0), (1.0, 0.0), (0.5, 0.0), (0.5, 1.0)],
            &[(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 0.0), (0.0, 1.0)],
            &[(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (1.0, 0.0)],
        ];
        for outline in crossed {
            assert!(crossing(&points(outline)).is_some(), "{outline:?}");
        }
    }
}
