//! From what the files say of regions and zones to the model's shapes.

use std::collections::BTreeMap;

use super::Zone;
use super::names::Names;
use crate::config::{Node, Table};
use crate::model::{BoundingBox, Float32, Point, Polygon, RegionOfInterest};

/// How many points a polygon has, by the documentation of RegionOfInterest.
pub(super) const POLYGON_POINTS: std::ops::RangeInclusive<usize> = 3..=10;

/// Each zone, unless it has no shape.
#[derive(Debug)]
pub(super) struct Zones<'a>(BTreeMap<&'a str, Option<Zone>>);

impl<'a> Zones<'a> {
    pub(super) fn new(names: &Names<'a>) -> Zones<'a> {
        let zones = names.zones.by_name.iter();
        Zones(zones.map(|(name, node)| (*name, node.table().and_then(zone))).collect())
    }

    /// Those that have a shape.
    pub(super) fn shaped(&self) -> BTreeMap<String, Zone> {
        let zones = self.0.iter();
        zones.filter_map(|(name, zone)| Some(((*name).to_owned(), zone.clone()?))).collect()
    }

    /// A region's shape, that of its zone if it names one.
    pub(super) fn region(&self, region: &Node) -> Option<RegionOfInterest> {
        let table = region.table()?;
        match table.get("zone") {
            None => shape(table),
            Some(zone) => Some(self.0.get(zone.text()?)?.as_ref()?.shape.clone()),
        }
    }
}

fn zone(table: &Table) -> Option<Zone> {
    let written = table.get("bounding_box").or_else(|| table.get("polygon"))?;
    Some(Zone { shape: shape(table)?, span: written.span })
}

/// The shape of a region or zone, if it is written in full and within bounds.
pub(crate) fn shape(table: &Table) -> Option<RegionOfInterest> {
    match (table.get("bounding_box"), table.get("polygon")) {
        (Some(bounds), None) => {
            let side = |name| number(bounds.table()?.get(name)?);
            Some(RegionOfInterest::BoundingBox(BoundingBox {
                left: side("left")?,
                top: side("top")?,
                width: side("width")?,
                height: side("height")?,
            }))
        }
        (None, Some(points)) => {
            let points = corners(points.items()?);
            let points = points.filter(|points| POLYGON_POINTS.contains(&points.len()))?;
            Some(RegionOfInterest::Polygon(Polygon::new(&points)))
        }
        _ => None,
    }
}

/// A polygon's points in the order they are written.
pub(super) fn corners(points: &[Node]) -> Option<Vec<Point>> {
    let corner = |point: &Node| match point.items()? {
        [x, y] => Some(Point { x: number(x)?, y: number(y)? }),
        _ => None,
    };
    points.iter().map(corner).collect()
}

/// A number as a float32, if it is one.
pub(super) fn number(node: &Node) -> Option<Float32> {
    Float32::from_f64(node.number()?).ok()
}
