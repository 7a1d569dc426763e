//! How paths are painted, in one place for all formats.

/// What a path is painted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    /// All that lies under everything.
    Ground,
    /// The lines of tenths, and the frame's edge.
    Grid,
    /// A rim that keeps an outline apart from a photograph.
    Rim,
    Stays,
    Goes,
    /// The lines across what goes.
    Hatch,
    Comes,
    /// Discs under numbers.
    DiscStays,
    DiscGoes,
    DiscComes,
    /// Numbers on discs.
    NumberStays,
    NumberGoes,
    NumberComes,
    /// The words below.
    Words,
}

/// The colours, which light and dark have each its own of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Color {
    Ground,
    Line,
    Stays,
    Goes,
    Comes,
}

/// How something looks: whole units, and opacities in percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// How opaque the inside is.
    pub fill: Option<(Color, u8)>,
    /// How wide and opaque the line is.
    pub stroke: Option<(Color, u8, u8)>,
    /// Whether the line is dashed.
    pub is_dashed: bool,
}

/// The lengths of a dash and of the gap behind it.
pub(super) const DASH: [u8; 2] = [28, 18];

impl Color {
    pub(super) const ALL: [(Color, &str); 5] = [
        (Color::Ground, "ground"),
        (Color::Line, "line"),
        (Color::Stays, "stays"),
        (Color::Goes, "goes"),
        (Color::Comes, "comes"),
    ];

    pub(super) fn on_light(self) -> [u8; 3] {
        match self {
            Color::Ground => [0xff, 0xff, 0xff],
            Color::Line => [0xd0, 0xd7, 0xde],
            Color::Stays => [0x24, 0x29, 0x2f],
            Color::Goes => [0xcf, 0x22, 0x2e],
            Color::Comes => [0x1a, 0x7f, 0x37],
        }
    }

    pub(super) fn on_dark(self) -> [u8; 3] {
        match self {
            Color::Ground => [0x0d, 0x11, 0x17],
            Color::Line => [0x30, 0x36, 0x3d],
            Color::Stays => [0xd0, 0xd7, 0xde],
            Color::Goes => [0xff, 0x7b, 0x72],
            Color::Comes => [0x3f, 0xb9, 0x50],
        }
    }
}

impl Ink {
    /// Each with its name in a style sheet.
    pub(super) const ALL: [(Ink, &str); 14] = [
        (Ink::Ground, "a"),
        (Ink::Grid, "b"),
        (Ink::Rim, "r"),
        (Ink::Stays, "s"),
        (Ink::Goes, "g"),
        (Ink::Hatch, "h"),
        (Ink::Comes, "c"),
        (Ink::DiscStays, "ds"),
        (Ink::DiscGoes, "dg"),
        (Ink::DiscComes, "dc"),
        (Ink::NumberStays, "ns"),
        (Ink::NumberGoes, "ng"),
        (Ink::NumberComes, "nc"),
        (Ink::Words, "w"),
    ];

    pub(super) fn look(self) -> Look {
        let look = |fill, stroke| Look { fill, stroke, is_dashed: false };
        let line = |color, width| look(None, Some((color, width, 100)));
        match self {
            Ink::Ground => look(Some((Color::Ground, 100)), None),
            Ink::Grid => line(Color::Line, 4),
            Ink::Rim => look(None, Some((Color::Ground, 22, 70))),
            Ink::Stays => look(Some((Color::Stays, 8)), Some((Color::Stays, 9, 100))),
            Ink::Goes => Look { is_dashed: true, ..line(Color::Goes, 9) },
            Ink::Hatch => line(Color::Goes, 5),
            Ink::Comes => look(Some((Color::Comes, 28)), Some((Color::Comes, 9, 100))),
            Ink::DiscStays => look(Some((Color::Ground, 100)), Some((Color::Stays, 7, 100))),
            Ink::DiscGoes => look(Some((Color::Ground, 100)), Some((Color::Goes, 7, 100))),
            Ink::DiscComes => look(Some((Color::Comes, 100)), Some((Color::Comes, 7, 100))),
            Ink::NumberStays => line(Color::Stays, 8),
            Ink::NumberGoes => line(Color::Goes, 8),
            Ink::NumberComes => line(Color::Ground, 8),
            Ink::Words => line(Color::Stays, 5),
        }
    }
}
