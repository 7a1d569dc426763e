//! Values to text: a file for each format, over one shared view.
//!
//! Everything here is a pure function: values in, a `String` out. Whether there
//! is colour and how wide the terminal is comes in as [`Settings`]; printing is
//! `cli`'s. Text that comes from a file or from the service passes through
//! [`escape()`] at each format's edge, so that nothing a stranger wrote can move a
//! cursor, recolour a line or turn its direction around.
//!
//! `view` says what there is to say, with `words` and `values`; a format decides
//! where it stands.
//!
//! Deliberately absent: exit codes, decisions of any kind, and the terminal.

pub mod diagnostics;
pub mod diff;
pub mod github;
pub mod html;
pub mod iam_policy;
pub mod json;
pub mod markdown;
pub mod metrics;
pub mod picture;
pub mod sarif;
pub mod schema;
pub mod slack;
pub mod text;
pub mod toml;

mod digest;
mod escape;
mod layout;
mod palette;
mod review;
mod settings;
mod values;
mod view;
mod words;

#[cfg(test)]
mod samples;

use digest::digest;
pub use escape::escape;
pub use review::{Document, Format, Subject, review};
pub use settings::{Detail, MaxBytes, MaxDiagnostics, Pictures, Settings};
pub(crate) use values::{count, first_of};
pub use words::told;
