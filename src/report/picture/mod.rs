//! Pictures of regions of interest: what stays, goes, comes and moves in the frame.
//!
//! A [`Scene`] says what there is to see, numbered as the rows of text are. It is drawn
//! once, as paths in whole units, and written as [`svg`] or [`png`]; `braille` is for
//! terminals. No font, no clock, no instruction set has a say: the same scene gives the
//! same bytes on every machine.
//!
//! Nothing is told by colour alone. What goes is hatched and has a dashed outline, what
//! comes is filled, what stays is an outline, and what moves is both under one number.

mod braille;
mod drawing;
mod geometry;
mod glyphs;
mod ink;
mod png;
mod scene;
mod svg;

pub use png::{Unreadable, WIDTHS, png};
pub use scene::{Aspect, Canvas, Scene};
pub use svg::{Embedding, style, svg};

pub(super) use braille::{Cell, Tone, braille};

#[cfg(test)]
mod tests;
