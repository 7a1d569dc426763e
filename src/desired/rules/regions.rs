//! Regions of interest and zones.
//!
//! Up to ten regions and the shape of their members are in the API model; that
//! a region is a box or a polygon, and a polygon of 3 to 10 points, is in the
//! documentation of RegionOfInterest. The model bounds no coordinate, so that
//! what is odd about a shape is only that: odd. One that is wholly outside the frame
//! contradicts itself: it is a region of no interest.

use std::collections::BTreeMap;

use super::facts::Facts;
use super::numbers::finite;
use crate::config::{Node, Table, closest, did_you_mean, list, quoted};
use crate::desired::geometry::{crossing, is_flat};
use crate::desired::shapes::{POLYGON_POINTS, corners};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::model::{Float32, Point, RegionOfInterest};

const MOST: usize = 10;
const EDGE: Float32 = Float32::whole(1);
const ZERO: Float32 = Float32::whole(0);

/// Checks a list of regions of interest.
pub(super) fn check(node: &Node, facts: &Facts<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let Some(regions) = node.items() else { return };
    if let Some(beyond) = regions.get(MOST) {
        diagnostics.push(
            Diagnostic::new(
                Code::TooManyRegions,
                format!("there are {} regions of interest", regions.len()),
            )
            .label(beyond.span, format!("the first beyond {MOST}"))
            .help(format!("the service takes up to {MOST}")),
        );
    }
    let mut seen: BTreeMap<RegionOfInterest, Span> = BTreeMap::new();
    for node in regions {
        region(node, facts, diagnostics);
        let Some(shape) = facts.zones.region(node) else { continue };
        match seen.get(&shape) {
            Some(first) => diagnostics.push(
                Diagnostic::new(Code::DuplicateRegion, "two regions are the same")
                    .label(node.span, "the same again")
                    .label(*first, "first here")
                    .help("remove one; where an outline begins makes no difference"),
            ),
            None => {
                seen.insert(shape, node.span);
            }
        }
    }
}

/// Checks one region.
fn region(node: &Node, facts: &Facts<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let Some(table) = node.table() else { return };
    variants(table, node.span, &["zone", "bounding_box", "polygon"], diagnostics);
    let zones = &facts.names.zones.by_name;
    if let Some(zone) = table.get("zone")
        && let Some(name) = zone.text()
        && facts.complete
        && !zones.contains_key(name)
    {
        let help = did_you_mean(closest(name, zones.keys().copied()))
            .unwrap_or_else(|| format!("declare it as `[zone.{}]`", quoted(name)));
        diagnostics.push(
            Diagnostic::new(Code::UnknownZone, format!("there is no zone `{name}`"))
                .label(zone.span, "unknown zone")
                .help(help),
        );
    }
    shapes(table, diagnostics);
}

/// Checks one zone.
pub(in super::super) fn zone(node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let Some(table) = node.table() else { return };
    variants(table, node.key, &["bounding_box", "polygon"], diagnostics);
    shapes(table, diagnostics);
}

/// Checks that there is one of some shapes.
fn variants(table: &Table, whole: Span, shapes: &[&str], diagnostics: &mut Vec<Diagnostic>) {
    let mut given: Vec<Span> =
        shapes.iter().filter_map(|shape| Some(table.get(shape)?.key)).collect();
    given.sort();
    let diagnostic = match given.as_slice() {
        [_] => return,
        // A key that is unknown may have meant one, and has been reported.
        [] if table.doubtful => return,
        [] => Diagnostic::new(Code::RegionShape, "a region needs a shape")
            .label(whole, "no shape")
            .help(format!("give it one of {}", list(shapes))),
        [first, second, ..] => {
            Diagnostic::new(Code::RegionShape, "a region has one shape, and this has several")
                .label(*second, "another shape")
                .label(*first, "a shape")
                .help(format!("keep one of {}", list(shapes)))
        }
    };
    diagnostics.push(diagnostic);
}

fn shapes(table: &Table, diagnostics: &mut Vec<Diagnostic>) {
    if let Some(node) = table.get("bounding_box")
        && let Some(bounds) = node.table()
    {
        rectangle(node.span, bounds, diagnostics);
    }
    if let Some(node) = table.get("polygon")
        && let Some(points) = node.items()
    {
        outline(node.span, points, diagnostics);
    }
}

fn rectangle(span: Span, bounds: &Table, diagnostics: &mut Vec<Diagnostic>) {
    const SIDES: [&str; 4] = ["left", "top", "width", "height"];
    let missing: Vec<&str> = SIDES.into_iter().filter(|side| bounds.get(side).is_none()).collect();
    if !missing.is_empty() && !bounds.doubtful {
        diagnostics.push(
            Diagnostic::new(Code::IncompleteBox, format!("a box needs {}", list(&missing)))
                .label(span, "not all four sides")
                .help("write it as `{ left = 0.0, top = 0.0, width = 1.0, height = 1.0 }`"),
        );
    }
    let found = SIDES.map(|name| {
        let side = bounds.get(name)?;
        finite(side, name, side.span, diagnostics)
    });
    let [Some(left), Some(top), Some(width), Some(height)] = found else { return };
    if width <= ZERO || height <= ZERO {
        diagnostics.push(
            Diagnostic::new(Code::NoArea, "this box encloses nothing")
                .label(span, "no area")
                .help("`width` and `height` are more than 0"),
        );
        return;
    }
    // The service adds float32 numbers, in which 0.7 and 0.3 make exactly 1.
    let right = left.get() + width.get();
    let bottom = top.get() + height.get();
    let edge = EDGE.get();
    if left >= EDGE || top >= EDGE || right <= 0.0 || bottom <= 0.0 {
        let fault = match () {
            () if left >= EDGE => format!("it begins at left = {left}"),
            () if top >= EDGE => format!("it begins at top = {top}"),
            () if right <= 0.0 => format!("it ends at left + width = {right}"),
            () => format!("it ends at top + height = {bottom}"),
        };
        diagnostics.push(outside_frame(span, fault));
        return;
    }
    if left < ZERO || top < ZERO || right > edge || bottom > edge {
        let fault = match () {
            () if right > edge => format!("left + width is {right}"),
            () if bottom > edge => format!("top + height is {bottom}"),
            () if left < ZERO => format!("left is {left}"),
            () => format!("top is {top}"),
        };
        diagnostics.push(leaves_frame(span, fault));
    }
}

fn outside_frame(span: Span, fault: String) -> Diagnostic {
    Diagnostic::new(Code::OutsideFrame, "this region lies wholly outside the frame")
        .label(span, fault)
        .help(
            "coordinates are shares of the frame, from 0 to 1: divide pixels by its width or height",
        )
}

fn leaves_frame(span: Span, fault: String) -> Diagnostic {
    Diagnostic::new(Code::LeavesFrame, "this region reaches outside the frame")
        .label(span, fault)
        .help("coordinates are fractions of the frame, from 0 to 1")
}

fn outline(span: Span, points: &[Node], diagnostics: &mut Vec<Diagnostic>) {
    // Points that are none have been reported, and may have been meant as one.
    let readable = !points.iter().any(Node::is_unusable);
    if readable && !POLYGON_POINTS.contains(&points.len()) {
        let (least, most) = POLYGON_POINTS.into_inner();
        diagnostics.push(
            Diagnostic::new(
                Code::PolygonSize,
                format!("a polygon has {least} to {most} points, not {}", points.len()),
            )
            .label(
                points.get(most).map_or(span, |point| point.span),
                match points.len() {
                    few if few < least => "too few points",
                    _ => "one too many",
                },
            )
            .help("an outline closes by itself: the first point is not repeated"),
        );
        return;
    }
    for point in points {
        for (name, side) in ["x", "y"].into_iter().zip(point.listed()) {
            finite(side, name, point.span, diagnostics);
        }
    }
    let Some(all) = corners(points) else { return };
    let beyond = |side: fn(&Point) -> Float32| {
        all.iter().all(|point| side(point) >= EDGE) || all.iter().all(|point| side(point) <= ZERO)
    };
    // What lies along an edge has no area, which is told as such.
    if !is_flat(&all) && (beyond(|point| point.x) || beyond(|point| point.y)) {
        let fault = "all of it is beyond one edge".to_owned();
        diagnostics.push(outside_frame(span, fault));
        return;
    }
    let frame = ZERO..=EDGE;
    if let Some(out) =
        all.iter().position(|point| !frame.contains(&point.x) || !frame.contains(&point.y))
    {
        let fault = format!("[{}, {}] is outside", all[out].x, all[out].y);
        diagnostics.push(leaves_frame(points[out].span, fault));
    }
    if is_flat(&all) {
        diagnostics.push(
            Diagnostic::new(Code::NoArea, "this polygon encloses nothing")
                .label(span, "all points lie on one line")
                .help("move a point off the line"),
        );
        return;
    }
    let count = all.len();
    let kept: Vec<usize> =
        (0..count).filter(|&at| all[at] != all[(at + count - 1) % count]).collect();
    if let Some(repeated) = (0..count).rev().find(|at| !kept.contains(at)) {
        // What is repeated across the end is its last point.
        let (again, first) = if repeated == 0 { (count - 1, 0) } else { (repeated, repeated - 1) };
        diagnostics.push(
            Diagnostic::new(Code::RepeatedCorner, "a corner repeats the one before it")
                .label(points[again].span, "the same again")
                .label(points[first].span, "the corner")
                .help("an outline closes by itself: leave the repetition out"),
        );
    }
    let distinct: Vec<_> = kept.iter().map(|&at| all[at]).collect();
    if let Some((one, other)) = crossing(&distinct) {
        diagnostics.push(
            Diagnostic::new(Code::CrossesItself, "this outline crosses or touches itself")
                .label(points[kept[other]].span, "the edge from here")
                .label(points[kept[one]].span, "meets the edge from here")
                .help("list the corners in the order in which they lie around the region"),
        );
    }
}
