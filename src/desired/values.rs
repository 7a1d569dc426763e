//! From what the files say to the model's values.

use std::collections::HashMap;

use super::layer::Given;
use super::names::Names;
use super::types::Layer;
use crate::config::{Node, Table};
use crate::diagnostic::Span;
use crate::model::{
    BoundingBox, Float32, Point, Polygon, RegionOfInterest, Regions, RunState, Type, Value,
};

/// How many points a polygon has, by the documentation of RegionOfInterest.
pub(super) const POLYGON_POINTS: std::ops::RangeInclusive<usize> = 3..=10;

/// Types values; one that lies under several processors is typed once.
pub(super) struct Typing<'a> {
    names: &'a Names<'a>,
    shared: HashMap<Span, Option<Value>>,
}

impl<'a> Typing<'a> {
    pub(super) fn new(names: &'a Names<'a>) -> Typing<'a> {
        Typing { names, shared: HashMap::new() }
    }

    /// A value in force as one of a type; none if it cannot be, which has been
    /// reported.
    pub(super) fn value(&mut self, given: &Given<'_>, kind: Type) -> Option<Value> {
        let node = given.node?;
        match given.layer {
            Layer::Processor => value(node, kind, self.names),
            _ => {
                let names = self.names;
                let typed = self.shared.entry(node.span);
                typed.or_insert_with(|| value(node, kind, names)).clone()
            }
        }
    }
}

fn value(node: &Node, kind: Type, names: &Names<'_>) -> Option<Value> {
    Some(match kind {
        Type::Text { .. } => Value::text(node.text()?),
        Type::Percent => Value::Number(number(node)?),
        Type::Flag => Value::Flag(node.flag()?),
        Type::Labels => {
            let labels = node.items()?.iter().map(|item| item.text().map(str::to_owned));
            Value::Labels(labels.collect::<Option<std::collections::BTreeSet<_>>>()?.into())
        }
        Type::Regions => {
            let regions = node.items()?.iter().map(|item| region(item, names));
            Value::Regions(Regions::new(regions.collect::<Option<_>>()?).into())
        }
        Type::RunState => Value::RunState(RunState::parse(node.text()?)?),
    })
}

fn number(node: &Node) -> Option<Float32> {
    Float32::from_f64(node.number()?).ok()
}

/// A region's shape, that of its zone if it names one.
pub(super) fn region(region: &Node, names: &Names<'_>) -> Option<RegionOfInterest> {
    let table = region.table()?;
    match table.get("zone") {
        None => shape(table),
        Some(zone) => names.zone_shapes.get(zone.text()?)?.clone(),
    }
}

/// The shape of a region or zone, if it is written in full and within bounds.
pub(super) fn shape(table: &Table) -> Option<RegionOfInterest> {
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
