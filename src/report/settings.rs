//! How text should look: the little that a renderer must know of the outside.

/// How text should look. `cli` decides; nothing here asks the terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Whether meanings are marked with ANSI colours.
    pub color: bool,
    /// The terminal's columns. `None`: no terminal, so nothing is wrapped or
    /// shortened to fit one.
    pub width: Option<usize>,
    /// How much is said.
    pub detail: Detail,
    /// How much is said of what is wrong.
    pub max_diagnostics: MaxDiagnostics,
    /// How large a comment may be.
    pub max_bytes: MaxBytes,
    /// Whether regions of interest are drawn.
    pub pictures: Pictures,
}

/// Whether regions of interest are drawn, in braille letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pictures {
    /// Where there is room.
    #[default]
    Drawn,
    /// The terminal cannot show them.
    LeftOut,
}

/// How many diagnostics are told one by one; the rest is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxDiagnostics(pub usize);

impl Default for MaxDiagnostics {
    fn default() -> MaxDiagnostics {
        MaxDiagnostics(100)
    }
}

/// How many bytes a comment has at the most, from [`LEAST`](MaxBytes::LEAST) up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxBytes(pub usize);

impl MaxBytes {
    /// With less, not even the counts would fit.
    pub const LEAST: usize = 1_000;
}

impl Default for MaxBytes {
    /// GitHub takes 65,536 characters, and leaves room for a line of one's own.
    fn default() -> MaxBytes {
        MaxBytes(65_000)
    }
}

/// How much is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// `--quiet`: results and complaints only.
    Quiet,
    /// What matters; the same change on many processors is summed up.
    #[default]
    Normal,
    /// `--verbose`: nothing is summarised.
    Verbose,
}

/// Narrower than this, text is laid out as if the terminal were this wide.
const NARROWEST: usize = 40;

/// What stands at the right margin is not moved further right than this.
const WIDEST: usize = 110;

impl Settings {
    /// The column at which right-aligned text ends.
    pub(super) fn margin(self) -> usize {
        self.width.unwrap_or(100).clamp(NARROWEST, WIDEST)
    }

    /// The columns that a line may fill, if there is a limit.
    pub(super) fn limit(self) -> Option<usize> {
        self.width.map(|width| width.max(NARROWEST))
    }

    pub(super) fn is_verbose(self) -> bool {
        self.detail == Detail::Verbose
    }

    pub(super) fn is_quiet(self) -> bool {
        self.detail == Detail::Quiet
    }
}
