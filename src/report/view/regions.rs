//! What becomes of each region of interest: kept, moved, added or removed.
//!
//! The service keeps a list without names or order. What is the same on both sides
//! is kept; of the rest, those that lie nearest to each other are taken for one that
//! moved, whatever its shape.

use std::collections::BTreeMap;

use super::Below;
use super::area::{Corners, corners, percent, share};
use crate::model::{BoundingBox, Float32, Point, RegionOfInterest, Regions};
use crate::report::Detail;
use crate::report::palette::Meaning;

/// Decimals of a coordinate: a thousandth of the frame is a pixel or two.
const DECIMALS: usize = 3;

/// The zones of the files by their shapes, several names to a shape if need be.
pub(in crate::report) type Zones<'a> = BTreeMap<&'a RegionOfInterest, String>;

/// Names shapes.
pub(in crate::report) fn zones(by_name: &BTreeMap<String, RegionOfInterest>) -> Zones<'_> {
    let mut zones = Zones::new();
    for (name, shape) in by_name {
        let names = zones.entry(shape).or_insert_with(|| "zone".to_owned());
        names.push_str(if names.len() > "zone".len() { " or " } else { " " });
        names.push_str(name);
    }
    zones
}

/// What becomes of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Fate<'a> {
    Removed(&'a RegionOfInterest),
    Moved(&'a RegionOfInterest, &'a RegionOfInterest),
    Added(&'a RegionOfInterest),
    Kept(&'a RegionOfInterest),
}

/// A side of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Side {
    Before,
    After,
}

impl<'a> Fate<'a> {
    /// The region as it is on a side, if it is there.
    pub(in crate::report) fn on(self, side: Side) -> Option<&'a RegionOfInterest> {
        match (self, side) {
            (Fate::Kept(region), _)
            | (Fate::Removed(region) | Fate::Moved(region, _), Side::Before)
            | (Fate::Added(region) | Fate::Moved(_, region), Side::After) => Some(region),
            (Fate::Removed(_), Side::After) | (Fate::Added(_), Side::Before) => None,
        }
    }
}

/// Every region of both sides, what is kept last. Texts and pictures number them in this
/// order, from 1.
pub(in crate::report) fn fates<'a>(
    before: Option<&'a Regions>,
    after: Option<&'a Regions>,
) -> Vec<Fate<'a>> {
    let mut came: Vec<&RegionOfInterest> = after.into_iter().flat_map(Regions::iter).collect();
    let mut went = Vec::new();
    let mut kept = Vec::new();
    for region in before.into_iter().flat_map(Regions::iter) {
        match came.iter().position(|other| *other == region) {
            Some(at) => kept.push(Fate::Kept(came.remove(at))),
            None => went.push(region),
        }
    }
    let mut pairs: Vec<(Float32, usize, usize)> = Vec::new();
    for (from, old) in went.iter().enumerate() {
        pairs.extend(came.iter().enumerate().map(|(to, new)| (distance(old, new), from, to)));
    }
    pairs.sort_unstable();
    let mut goal: BTreeMap<usize, usize> = BTreeMap::new();
    for (_, from, to) in pairs {
        if !goal.contains_key(&from) && goal.values().all(|taken| *taken != to) {
            goal.insert(from, to);
        }
    }
    let gone = (0..went.len()).filter(|from| !goal.contains_key(from));
    let new = (0..came.len()).filter(|to| goal.values().all(|taken| taken != to));
    let gone = gone.map(|from| Fate::Removed(went[from]));
    let moved = goal.iter().map(|(from, to)| Fate::Moved(went[*from], came[*to]));
    gone.chain(moved).chain(new.map(|to| Fate::Added(came[to]))).chain(kept).collect()
}

/// How far the edges of two regions lie apart, all four together.
fn distance(one: &RegionOfInterest, other: &RegionOfInterest) -> Float32 {
    let sides = edges(one).into_iter().zip(edges(other));
    let sum: f32 = sides.map(|(one, other)| (one - other).abs()).sum();
    // What is too far for a float32 is as far as can be.
    Float32::new(sum.min(f32::MAX)).unwrap_or(Float32::whole(u8::MAX))
}

/// Left, top, right and bottom.
fn edges(region: &RegionOfInterest) -> [f32; 4] {
    match region {
        RegionOfInterest::BoundingBox(BoundingBox { left, top, width, height }) => {
            let (left, top) = (left.get(), top.get());
            [left, top, left + width.get(), top + height.get()]
        }
        RegionOfInterest::Polygon(polygon) => {
            let points = polygon.points();
            let edge = |end: Option<Float32>| end.map_or(0.0, Float32::get);
            let (x, y) = (|point: &Point| point.x, |point: &Point| point.y);
            [
                edge(points.iter().map(x).min()),
                edge(points.iter().map(y).min()),
                edge(points.iter().map(x).max()),
                edge(points.iter().map(y).max()),
            ]
        }
    }
}

/// How many met each fate, where both sides hold some, and how much of the frame they
/// cover.
pub(super) fn counts(fates: &[Fate<'_>]) -> Option<String> {
    let count = |word: &str, of: fn(&Fate<'_>) -> bool| {
        let count = fates.iter().filter(|fate| of(fate)).count();
        (count > 0).then(|| format!("{count} {word}"))
    };
    let counts = [
        count("kept", |fate| matches!(fate, Fate::Kept(_))),
        count("moved", |fate| matches!(fate, Fate::Moved(..))),
        count("added", |fate| matches!(fate, Fate::Added(_))),
        count("removed", |fate| matches!(fate, Fate::Removed(_))),
    ];
    let one_sided = |fate: &Fate<'_>| matches!(fate, Fate::Added(_) | Fate::Removed(_));
    let counts = counts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let counts = Some(counts).filter(|_| !fates.iter().all(one_sided));
    let told: Vec<String> = counts.into_iter().chain(covered(fates)).collect();
    Some(told.join("; ")).filter(|told| !told.is_empty())
}

/// How much of the frame regions cover together, on both sides if they differ; without
/// any, it is the whole. Nothing, if there are too many to tell.
pub(in crate::report) fn covered(fates: &[Fate<'_>]) -> Option<String> {
    let on = |side| {
        let regions = fates.iter().filter_map(|fate| fate.on(side));
        let outlines: Vec<Corners> = regions.map(corners).collect();
        if outlines.is_empty() { Some(1.0) } else { share(&outlines) }
    };
    let [before, after] = [on(Side::Before)?, on(Side::After)?].map(percent);
    Some(match before == after {
        true => format!("{after} of the frame"),
        false => format!("{before} → {after} of the frame"),
    })
}

/// How much of the frame a region covers.
pub(in crate::report) fn area(region: &RegionOfInterest) -> String {
    share(&[corners(region)]).map(percent).unwrap_or_default()
}

/// The line for a region, by its number.
pub(super) fn line(number: usize, fate: Fate<'_>, zones: &Zones<'_>, detail: Detail) -> Below {
    let alone = |region| format!("{}, {}", named(region, zones, detail), area(region));
    let (sign, meaning, text, becomes) = match fate {
        Fate::Removed(region) => ("− ", Meaning::Before, alone(region), None),
        Fate::Added(region) => ("+ ", Meaning::After, alone(region), None),
        Fate::Kept(region) => ("  ", Meaning::Faint, alone(region), None),
        Fate::Moved(before, after) => {
            let [old, new] = moved(before, after, zones, detail);
            let [left, right] = [before, after].map(area);
            let old = if left == right { old } else { format!("{old}, {left}") };
            ("~ ", Meaning::Before, old, Some(format!("{new}, {right}")))
        }
    };
    Below { number, sign, meaning, text, becomes }
}

/// The name of the only region that stands by itself, if it has one.
pub(super) fn name(regions: &Regions, zones: &Zones<'_>) -> Option<String> {
    let mut regions = regions.iter();
    let name = zones.get(regions.next()?)?;
    regions.next().is_none().then(|| name.clone())
}

/// A line for each of the regions that stand by themselves.
pub(super) fn lines(regions: &Regions, zones: &Zones<'_>, detail: Detail) -> Vec<Below> {
    let lines = regions.iter().zip(1..).map(|(region, number)| Below {
        number,
        sign: "",
        meaning: Meaning::After,
        text: format!("{}, {}", named(region, zones, detail), area(region)),
        becomes: None,
    });
    lines.collect()
}

/// A region by the name of its zone, or else by its shape; by both where nothing is
/// to be left out.
pub(in crate::report) fn named(
    region: &RegionOfInterest,
    zones: &Zones<'_>,
    detail: Detail,
) -> String {
    match (zones.get(region), detail) {
        (Some(zone), Detail::Verbose) => format!("{zone}: {}", shape(region, None)),
        (Some(zone), _) => zone.clone(),
        (None, Detail::Verbose) => shape(region, None),
        (None, _) => shape(region, Some(DECIMALS)),
    }
}

/// Both sides of a region that moved. Where one has no name, or is not to be left
/// out, the shapes say what moved, as precisely as it takes to tell them apart.
fn moved(
    before: &RegionOfInterest,
    after: &RegionOfInterest,
    zones: &Zones<'_>,
    detail: Detail,
) -> [String; 2] {
    let verbose = detail == Detail::Verbose;
    if let (Some(before), Some(after), false) = (zones.get(before), zones.get(after), verbose) {
        return [before.clone(), after.clone()];
    }
    let shapes = |decimals| [before, after].map(|region| shape(region, decimals));
    let [old, new] = match shapes(Some(DECIMALS)) {
        [old, new] if old != new && !verbose => [old, new],
        _ => shapes(None),
    };
    [(before, old), (after, new)].map(|(region, shape)| match zones.get(region) {
        Some(zone) => format!("{zone}: {shape}"),
        None => shape,
    })
}

/// A box as size and place, a polygon as its points.
fn shape(region: &RegionOfInterest, decimals: Option<usize>) -> String {
    let show = |number: Float32| short(number, decimals);
    match region {
        RegionOfInterest::BoundingBox(BoundingBox { left, top, width, height }) => {
            let [left, top, width, height] = [left, top, width, height].map(|side| show(*side));
            format!("box {width}×{height} at ({left},{top})")
        }
        RegionOfInterest::Polygon(polygon) => {
            let points = polygon.points().iter();
            let points = points.map(|point| format!(" ({},{})", show(point.x), show(point.y)));
            format!("polygon{}", points.collect::<String>())
        }
    }
}

/// A number with so many decimals at most; `None`: as many as it has.
fn short(number: Float32, decimals: Option<usize>) -> String {
    let Some(decimals) = decimals else { return number.to_string() };
    let text = format!("{:.decimals$}", number.get());
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Polygon;

    fn number(value: f64) -> Float32 {
        Float32::from_f64(value).unwrap()
    }

    fn rectangle([left, top, width, height]: [f64; 4]) -> RegionOfInterest {
        let [left, top, width, height] = [left, top, width, height].map(number);
        RegionOfInterest::BoundingBox(BoundingBox { left, top, width, height })
    }

    fn polygon(points: &[(f64, f64)]) -> RegionOfInterest {
        let points: Vec<Point> =
            points.iter().map(|(x, y)| Point { x: number(*x), y: number(*y) }).collect();
        RegionOfInterest::Polygon(Polygon::new(&points))
    }

    fn told(before: &[RegionOfInterest], after: &[RegionOfInterest]) -> (String, Vec<String>) {
        let by_name =
            [("door", rectangle([0.0, 0.0, 0.5, 0.5])), ("gate", rectangle([0.5, 0.5, 0.5, 0.5]))];
        let by_name = by_name.map(|(name, shape)| (name.to_owned(), shape)).into();
        let (before, after) = (Regions::new(before.to_vec()), Regions::new(after.to_vec()));
        let fates = fates(Some(&before), Some(&after));
        let line = |(at, fate): (usize, &Fate<'_>)| {
            let below = line(at + 1, *fate, &zones(&by_name), Detail::Normal);
            let Below { number, sign, text, becomes, .. } = below;
            format!(
                "{number} {sign}{text}{}",
                becomes.map(|text| format!(" → {text}")).unwrap_or_default()
            )
        };
        (counts(&fates).unwrap_or_default(), fates.iter().enumerate().map(line).collect())
    }

    #[test]
    fn what_is_equal_is_kept_and_the_nearest_have_moved() {
        let (far, here) = ([0.8, 0.8, 0.1, 0.1], [0.1, 0.1, 0.2, 0.2]);
        let before = [rectangle(far), rectangle(here), rectangle([0.0, 0.0, 0.5, 0.5])];
        let after = [
            rectangle([0.12, 0.1, 0.2, 0.2]),
            rectangle([0.0, 0.0, 0.5, 0.5]),
            polygon(&[(0.8, 0.8), (0.9, 0.8), (0.9, 0.9), (0.8, 0.91)]),
            rectangle([0.5, 0.5, 0.5, 0.5]),
        ];
        let (counts, lines) = told(&before, &after);
        assert_eq!(counts, "1 kept, 2 moved, 1 added; 26% → 50% of the frame");
        assert_eq!(
            lines,
            [
                "1 ~ box 0.2×0.2 at (0.1,0.1) → box 0.2×0.2 at (0.12,0.1), 4%",
                "2 ~ box 0.1×0.1 at (0.8,0.8) → polygon (0.8,0.8) (0.8,0.91) (0.9,0.9) (0.9,0.8), 1%",
                "3 + zone gate, 25%",
                "4   zone door, 25%",
            ]
        );
    }

    #[test]
    fn of_equal_regions_each_counts() {
        let door = || rectangle([0.0, 0.0, 0.5, 0.5]);
        let (counts, lines) = told(&[door(), door()], &[door()]);
        assert_eq!(counts, "1 kept, 1 removed; 25% of the frame");
        assert_eq!(lines, ["1 − zone door, 25%", "2   zone door, 25%"]);
    }

    #[test]
    fn a_zone_that_takes_the_place_of_another_is_told_by_name() {
        let (door, gate) = (rectangle([0.0, 0.0, 0.5, 0.5]), rectangle([0.5, 0.5, 0.5, 0.5]));
        assert_eq!(
            told(std::slice::from_ref(&door), &[gate]).1,
            ["1 ~ zone door → zone gate, 25%"]
        );
        assert_eq!(
            told(&[rectangle([0.0, 0.0, 0.4, 0.5])], &[door]).1,
            ["1 ~ box 0.4×0.5 at (0,0), 20% → zone door: box 0.5×0.5 at (0,0), 25%"]
        );
    }

    #[test]
    fn numbers_are_short_unless_both_sides_would_look_alike() {
        let old = rectangle([0.333_333_34, -0.000_01, 0.5, 0.4]);
        let far = rectangle([0.25, 0.0, 0.5, 0.4]);
        let near = rectangle([0.333_333_31, -0.000_01, 0.5, 0.4]);
        assert_eq!(
            told(std::slice::from_ref(&old), &[far]).1,
            ["1 ~ box 0.5×0.4 at (0.333,0) → box 0.5×0.4 at (0.25,0), 20%"]
        );
        assert_eq!(
            told(&[old], &[near]).1,
            ["1 ~ box 0.5×0.4 at (0.33333334,-0.00001) → box 0.5×0.4 at (0.3333333,-0.00001), 20%"]
        );
    }

    #[test]
    fn no_coordinate_is_too_large_to_compare() {
        let huge = f64::from(f32::MAX);
        let (lost, found) =
            (rectangle([-huge, 0.0, 1.0, 1.0]), rectangle([huge, huge, huge, huge]));
        assert_eq!(told(&[lost], &[found]).0, "1 moved; 0% of the frame");
    }
}
