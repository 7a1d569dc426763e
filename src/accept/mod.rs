//! Taking what lives over into the files, where the service moved and not the files.
//!
//! [`accept`] gets a project, what lives and a choice, and gives the project's texts with
//! those values in them and nothing else changed. A value is written where the one in
//! force stands, if all that get it from there moved to the same, and else on the
//! processor itself. Whether the texts then mean what lives is read off a plan that is made
//! of them, never assumed.
//!
//! Deliberately absent: files. What comes out are texts.

mod convert;
mod place;
mod prove;
mod select;

pub use convert::{Refusal, accept};
pub use select::{Selection, SelectionError};
