//! Regions of interest: where in the frame to look, in one spelling each.

use super::Float32;

/// A box in fractions of the frame; `left` and `top` from the upper left corner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BoundingBox {
    /// From the left edge of the frame, as a fraction of its width.
    pub left: Float32,
    /// From the upper edge of the frame, as a fraction of its height.
    pub top: Float32,
    /// As a fraction of the frame's.
    pub width: Float32,
    /// As a fraction of the frame's.
    pub height: Float32,
}

/// A corner of a polygon, in fractions of the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Point {
    /// From the left edge, as a fraction of the frame's width.
    pub x: Float32,
    /// From the upper edge, as a fraction of the frame's height.
    pub y: Float32,
}

/// An outline, whatever corner and direction it was drawn from.
///
/// Of all rotations of the points in both directions it keeps the least, so that
/// equal outlines are equal values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Polygon(Vec<Point>);

impl Polygon {
    /// Puts the points into canonical order. Their number is not judged here:
    /// the service decides what it holds, and `desired` what a file may ask for.
    pub fn new(points: &[Point]) -> Polygon {
        let reversed: Vec<Point> = points.iter().rev().copied().collect();
        let mut best = points.to_vec();
        for direction in [points, &reversed] {
            for start in 0..direction.len() {
                let rotated = direction[start..].iter().chain(&direction[..start]);
                if rotated.clone().lt(best.iter()) {
                    best = rotated.copied().collect();
                }
            }
        }
        Polygon(best)
    }

    /// The corners in canonical order.
    pub fn points(&self) -> &[Point] {
        &self.0
    }
}

/// One region of interest: the service takes a box or a polygon.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RegionOfInterest {
    /// An upright rectangle.
    BoundingBox(BoundingBox),
    /// 3 to 10 corners.
    Polygon(Polygon),
}

/// Regions of interest as a multiset: sorted, duplicates kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Regions(Vec<RegionOfInterest>);

impl Regions {
    /// Sorts the regions, since their order carries no meaning.
    pub fn new(mut regions: Vec<RegionOfInterest>) -> Regions {
        regions.sort();
        Regions(regions)
    }

    /// Whether there is none, which means the whole frame.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are, up to 10.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them, in canonical order.
    pub fn iter(&self) -> std::slice::Iter<'_, RegionOfInterest> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polygon(points: &[(u8, u8)]) -> Polygon {
        let points: Vec<Point> = points
            .iter()
            .map(|&(x, y)| Point { x: Float32::whole(x), y: Float32::whole(y) })
            .collect();
        Polygon::new(&points)
    }

    #[test]
    fn a_polygon_is_the_same_from_every_corner_and_in_both_directions() {
        let drawn = polygon(&[(0, 0), (1, 0), (1, 1), (0, 1)]);
        assert_eq!(drawn, polygon(&[(1, 1), (0, 1), (0, 0), (1, 0)]));
        assert_eq!(drawn, polygon(&[(0, 1), (1, 1), (1, 0), (0, 0)]));
        assert_ne!(drawn, polygon(&[(0, 0), (1, 1), (1, 0), (0, 1)]));
    }

    #[test]
    fn a_repeated_corner_is_kept() {
        assert_eq!(polygon(&[(0, 0), (0, 0), (1, 1)]).points().len(), 3);
    }
}
