//! How much of the frame regions cover.

use crate::model::{BoundingBox, Point, RegionOfInterest};

/// More edges than the service takes; beyond it nobody waits for the answer.
const MOST_EDGES: usize = 128;

/// An outline as corners in fractions of the frame.
pub(in crate::report) type Corners = Vec<[f64; 2]>;

/// The corners of a region.
pub(in crate::report) fn corners(region: &RegionOfInterest) -> Corners {
    match region {
        RegionOfInterest::BoundingBox(BoundingBox { left, top, width, height }) => {
            let [left, top, width, height] =
                [left, top, width, height].map(|side| f64::from(side.get()));
            let (right, bottom) = (left + width, top + height);
            vec![[left, top], [right, top], [right, bottom], [left, bottom]]
        }
        RegionOfInterest::Polygon(polygon) => {
            let corner = |point: &Point| [f64::from(point.x.get()), f64::from(point.y.get())];
            polygon.points().iter().map(corner).collect()
        }
    }
}

/// An edge from left to right, and the outline that it belongs to.
struct Edge {
    from: [f64; 2],
    to: [f64; 2],
    outline: usize,
}

impl Edge {
    fn height_at(&self, x: f64) -> f64 {
        let [left, right] = [self.from[0], self.to[0]];
        let part = ((x - left) / (right - left)).clamp(0.0, 1.0);
        self.from[1] + (self.to[1] - self.from[1]) * part
    }

    /// How steeply it falls.
    fn slope(&self) -> f64 {
        (self.to[1] - self.from[1]) / (self.to[0] - self.from[0])
    }
}

/// The part of the frame that some outlines cover together, 0 to 1; none if there are
/// too many to tell. What an outline that crosses itself encloses twice is not in it.
///
/// It is exact: between two neighbouring corners or crossings the covered height is
/// linear in x, so that its middle stands for all of the strip.
pub(in crate::report) fn share(outlines: &[Corners]) -> Option<f64> {
    let edges = edges(outlines);
    if edges.len() > MOST_EDGES {
        return None;
    }
    let stops = stops(&edges);
    let strips = stops.windows(2).map(|pair| {
        let middle = f64::midpoint(pair[0], pair[1]);
        (pair[1] - pair[0]) * covered(&edges, outlines.len(), middle)
    });
    Some(strips.sum())
}

fn edges(outlines: &[Corners]) -> Vec<Edge> {
    let mut edges = Vec::new();
    for (outline, corners) in outlines.iter().enumerate() {
        for (at, &one) in corners.iter().enumerate() {
            let other = corners[(at + 1) % corners.len()];
            let (from, to) = if one[0] < other[0] { (one, other) } else { (other, one) };
            // Upright edges bound no strip.
            if from[0] < to[0] {
                edges.push(Edge { from, to, outline });
            }
        }
    }
    edges
}

/// Where the covered height may bend: the frame's sides, corners, and where edges cross
/// each other or the frame.
fn stops(edges: &[Edge]) -> Vec<f64> {
    let mut stops = vec![0.0, 1.0];
    for (at, edge) in edges.iter().enumerate() {
        stops.extend([edge.from[0], edge.to[0]]);
        for level in [0.0, 1.0] {
            stops.push(edge.from[0] + (level - edge.from[1]) / edge.slope());
        }
        for other in &edges[..at] {
            let start = edge.from[0].max(other.from[0]);
            let apart = other.height_at(start) - edge.height_at(start);
            stops.push(start + apart / (edge.slope() - other.slope()));
        }
    }
    // What is no number, of parallel edges, is in no range.
    stops.retain(|stop| (0.0..=1.0).contains(stop));
    stops.sort_unstable_by(f64::total_cmp);
    stops.dedup();
    stops
}

/// How much of the frame's height is covered at a place.
fn covered(edges: &[Edge], outlines: usize, x: f64) -> f64 {
    let mut crossed: Vec<Vec<f64>> = vec![Vec::new(); outlines];
    for edge in edges.iter().filter(|edge| edge.from[0] <= x && x < edge.to[0]) {
        crossed[edge.outline].push(edge.height_at(x).clamp(0.0, 1.0));
    }
    let mut spans: Vec<[f64; 2]> = Vec::new();
    for mut heights in crossed {
        heights.sort_unstable_by(f64::total_cmp);
        spans.extend(heights.chunks_exact(2).map(|pair| [pair[0], pair[1]]));
    }
    spans.sort_unstable_by(|one, other| one[0].total_cmp(&other[0]));
    let (mut sum, mut reached) = (0.0, 0.0);
    for [top, bottom] in spans {
        sum += (bottom - f64::max(top, reached)).max(0.0);
        reached = f64::max(reached, bottom);
    }
    sum
}

/// A part of the frame as a percentage.
pub(in crate::report) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 0.05 {
        return "under 0.1%".to_owned();
    }
    // Halves go up, as people round.
    let text = format!("{:.1}", (percent * 10.0).round() / 10.0);
    format!("{}%", text.strip_suffix(".0").unwrap_or(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed([left, top, right, bottom]: [f64; 4]) -> Corners {
        vec![[left, top], [right, top], [right, bottom], [left, bottom]]
    }

    fn told(outlines: &[Corners]) -> String {
        percent(share(outlines).unwrap())
    }

    #[test]
    fn what_overlaps_counts_once() {
        let (one, other) = (boxed([0.0, 0.0, 0.5, 0.5]), boxed([0.25, 0.25, 0.75, 0.75]));
        assert_eq!(told(std::slice::from_ref(&one)), "25%");
        assert_eq!(told(&[one.clone(), other]), "43.8%");
        assert_eq!(told(&[one.clone(), one]), "25%");
        assert_eq!(told(&[boxed([0.0, 0.0, 0.25, 0.25])]), "6.3%");
        let triangle = vec![[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]];
        let mirrored = vec![[1.0, 1.0], [1.0, 0.0], [0.0, 0.0]];
        assert_eq!(told(&[triangle, mirrored]), "75%");
    }

    #[test]
    fn only_what_is_in_the_frame_counts() {
        assert_eq!(told(&[boxed([-1.0, 0.5, 0.5, 9.0])]), "25%");
        assert_eq!(told(&[boxed([1.0, 0.0, 2.0, 1.0])]), "0%");
        let huge = f64::from(f32::MAX);
        assert_eq!(told(&[boxed([-huge, -huge, huge, huge])]), "100%");
        assert_eq!(told(&[vec![[0.5, -1.0], [2.0, 0.5], [0.5, 2.0], [-1.0, 0.5]]]), "100%");
    }

    #[test]
    fn what_encloses_nothing_covers_nothing() {
        assert_eq!(told(&[]), "0%");
        assert_eq!(told(&[vec![[0.1, 0.1], [0.9, 0.9]], vec![[0.5, 0.5]], vec![]]), "0%");
        assert_eq!(told(&[boxed([0.5, 0.5, 0.51, 0.51])]), "under 0.1%");
        // Both halves of an hourglass.
        assert_eq!(told(&[vec![[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]]), "50%");
        assert_eq!(share(&vec![boxed([0.0, 0.0, 1.0, 1.0]); 65]), None);
    }
}
