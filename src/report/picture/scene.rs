//! What there is to see: regions before and after, each with its number, name and area.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::geometry::{WIDTH, clipped};
use crate::model::{Frame, RegionOfInterest, Regions};
use crate::report::Detail;
use crate::report::view::{self, Corners, Fate, Side, Zones};

/// The ratio of a picture's sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aspect {
    width: u32,
    height: u32,
}

impl Aspect {
    /// No side is more than so many times the other one: nothing could be seen.
    const STEEPEST: u32 = 8;

    /// The ratio of two sides, within what can be looked at.
    pub fn new(width: u32, height: u32) -> Aspect {
        let (width, height) = (width.max(1), height.max(1));
        let most = |side: u32| side.saturating_mul(Aspect::STEEPEST);
        Aspect { width: width.min(most(height)), height: height.min(most(width)) }
    }

    /// The height in units for a width in units.
    pub(super) fn height(self, width: u32) -> u32 {
        let (own, height) = (u64::from(self.width), u64::from(self.height));
        u32::try_from((u64::from(width) * height + own / 2) / own).unwrap_or(u32::MAX).max(1)
    }
}

impl Default for Aspect {
    /// What most cameras have.
    fn default() -> Aspect {
        Aspect { width: 16, height: 9 }
    }
}

impl FromStr for Aspect {
    type Err = String;

    fn from_str(text: &str) -> Result<Aspect, String> {
        let sides = text.split_once(':').map(|(width, height)| (width.parse(), height.parse()));
        match sides {
            Some((Ok(width), Ok(height)))
                if width > 0
                    && height > 0
                    && Aspect::new(width, height) == Aspect { width, height } =>
            {
                Ok(Aspect { width, height })
            }
            _ => {
                Err("must be two whole numbers such as 16:9, neither over 8 times the other".into())
            }
        }
    }
}

/// What regions are drawn on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Canvas<'a> {
    /// The ratio of its sides, where no frame has its own.
    pub aspect: Aspect,
    /// What the camera sees; without it, a grid of tenths.
    pub frame: Option<&'a Frame>,
}

/// The regions of a processor, as there is to see of them.
#[derive(Clone, Debug)]
pub struct Scene<'a> {
    pub(super) name: String,
    pub(super) marks: Vec<Mark>,
    /// What they cover together, in words.
    pub(super) covers: String,
    /// In units, of which it is [`WIDTH`] wide.
    pub(super) height: i32,
    pub(super) frame: Option<&'a Frame>,
}

/// What becomes of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Becoming {
    Stays,
    Goes,
    Comes,
    Moves,
}

/// A region, or the whole frame where there is none.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    /// As the rows of text have it; the whole frame has none.
    pub number: Option<usize>,
    pub becoming: Becoming,
    /// What of it is in the frame, in units.
    pub before: Corners,
    pub after: Corners,
    pub words: String,
    /// In words: both sides, if they differ.
    pub area: String,
}

impl Mark {
    /// What of it is in the frame on one side.
    pub(super) fn on(&self, side: Side) -> &Corners {
        match side {
            Side::Before => &self.before,
            Side::After => &self.after,
        }
    }
}

impl<'a> Scene<'a> {
    /// What an edit of a processor's regions does; none means the whole frame. Zones are
    /// by name, as a plan carries them.
    pub fn of_change(
        name: &str,
        before: Option<&Regions>,
        after: Option<&Regions>,
        zones: &BTreeMap<String, RegionOfInterest>,
        canvas: Canvas<'a>,
    ) -> Scene<'a> {
        Scene::new(name, &view::fates(before, after), zones, canvas)
    }

    /// The regions that a processor has; none means the whole frame.
    pub fn of_regions(
        name: &str,
        regions: Option<&Regions>,
        zones: &BTreeMap<String, RegionOfInterest>,
        canvas: Canvas<'a>,
    ) -> Scene<'a> {
        let regions = regions.into_iter().flat_map(Regions::iter);
        let fates: Vec<Fate<'_>> = regions.map(Fate::Kept).collect();
        Scene::new(name, &fates, zones, canvas)
    }

    fn new(
        name: &str,
        fates: &[Fate<'_>],
        zones: &BTreeMap<String, RegionOfInterest>,
        canvas: Canvas<'a>,
    ) -> Scene<'a> {
        let Canvas { aspect, frame } = canvas;
        let own = |frame: &Frame| Aspect::new(frame.header().width, frame.header().height);
        let height = frame.map_or(aspect, own).height(WIDTH.unsigned_abs());
        let height = i32::try_from(height).unwrap_or(i32::MAX);
        let zones = view::zones(zones);
        let has = |side| fates.iter().any(|fate| fate.on(side).is_some());
        let whole = whole_frame(has(Side::Before), has(Side::After), height);
        let marks = fates.iter().zip(1..).map(|(fate, number)| mark(number, *fate, &zones, height));
        Scene {
            name: name.to_owned(),
            marks: whole.into_iter().chain(marks).collect(),
            covers: view::covered(fates).unwrap_or_default(),
            height,
            frame,
        }
    }
}

/// The mark of the whole frame, where a side has no region.
fn whole_frame(before: bool, after: bool, height: i32) -> Option<Mark> {
    let becoming = match (before, after) {
        (true, true) => return None,
        (true, false) => Becoming::Comes,
        (false, true) => Becoming::Goes,
        (false, false) => Becoming::Stays,
    };
    let all = clipped(&[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]], height);
    let on = |regions: bool| if regions { Vec::new() } else { all.clone() };
    Some(Mark {
        number: None,
        becoming,
        before: on(before),
        after: on(after),
        words: "whole frame".to_owned(),
        area: "100%".to_owned(),
    })
}

fn mark(number: usize, fate: Fate<'_>, zones: &Zones<'_>, height: i32) -> Mark {
    let outline = |region: Option<&RegionOfInterest>| {
        region.map_or_else(Vec::new, |region| clipped(&view::corners(region), height))
    };
    let named = |region| view::named(region, zones, Detail::Normal);
    let (becoming, words, area) = match fate {
        Fate::Kept(region) => (Becoming::Stays, named(region), view::area(region)),
        Fate::Removed(region) => (Becoming::Goes, named(region), view::area(region)),
        Fate::Added(region) => (Becoming::Comes, named(region), view::area(region)),
        Fate::Moved(before, after) => {
            let (old, new) = (named(before), named(after));
            let words = if old == new { new } else { format!("{old} → {new}") };
            let (left, right) = (view::area(before), view::area(after));
            let area = if left == right { right } else { format!("{left} → {right}") };
            (Becoming::Moves, words, area)
        }
    };
    let (before, after) = (outline(fate.on(Side::Before)), outline(fate.on(Side::After)));
    Mark { number: Some(number), becoming, before, after, words, area }
}
