//! From the files' regions of interest to the model's.

use crate::config::{At, BoundingBox, List, Point, Region, Slot, Zone};
use crate::model::{self, Float32, Polygon, RegionOfInterest};

use super::names::Names;

/// How many points a polygon has, by the documentation of RegionOfInterest.
pub(super) const POLYGON_POINTS: std::ops::RangeInclusive<usize> = 3..=10;

/// A shape, if it is written in full and within bounds.
pub(super) fn shape(
    bounding_box: &Slot<BoundingBox>,
    polygon: &Slot<List<Point>>,
) -> Option<RegionOfInterest> {
    match (bounding_box.at(), polygon.at()) {
        (Some(bounds), None) => bounds.get().and_then(rectangle),
        (None, Some(points)) => points.get().and_then(|points| outline(points)),
        _ => None,
    }
}

/// A zone's shape.
pub(super) fn zone(zone: &Zone) -> Option<RegionOfInterest> {
    shape(&zone.bounding_box, &zone.polygon)
}

/// A region's shape, that of its zone if it names one.
pub(super) fn region(region: &Region, names: &Names<'_>) -> Option<RegionOfInterest> {
    match region.zone.at() {
        None => shape(&region.bounding_box, &region.polygon),
        Some(at) => names.zones.get(at.get()?.as_str())?.get().and_then(zone),
    }
}

fn rectangle(bounds: &BoundingBox) -> Option<RegionOfInterest> {
    let side = |slot: &Slot<f64>| Float32::from_f64(*slot.get()?).ok();
    Some(RegionOfInterest::BoundingBox(model::BoundingBox {
        left: side(&bounds.left)?,
        top: side(&bounds.top)?,
        width: side(&bounds.width)?,
        height: side(&bounds.height)?,
    }))
}

fn outline(points: &[At<Point>]) -> Option<RegionOfInterest> {
    let points = corners(points).filter(|points| POLYGON_POINTS.contains(&points.len()))?;
    Some(RegionOfInterest::Polygon(Polygon::new(&points)))
}

/// A polygon's points in the order they are written.
pub(super) fn corners(points: &[At<Point>]) -> Option<Vec<model::Point>> {
    points
        .iter()
        .map(|at| {
            let point = at.get()?;
            let x = Float32::from_f64(point.x).ok()?;
            let y = Float32::from_f64(point.y).ok()?;
            Some(model::Point { x, y })
        })
        .collect()
}
