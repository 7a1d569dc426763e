//! From TOML files to raw trees that remember where everything was written.
//!
//! [`load`] and [`load_at`] read a project's files, and nothing else does any input. What the
//! files say is kept as it is written, and held against one description of the
//! tables, so that all mistakes in the shape of all files come at once: what is
//! no TOML, keys that do not exist, values of the wrong type. What the values
//! mean, whether they are in range and whether they fit together is for
//! `desired` to say.
//!
//! Deliberately absent: defaults, and any table with required keys.

mod check;
mod edit;
#[cfg_attr(
    not(test),
    expect(
        clippy::disallowed_methods,
        clippy::disallowed_types,
        reason = "the one part of the core that reads files, with as many threads as there are CPUs"
    )
)]
mod load;
mod parse;
mod pattern;
mod read;
mod schema;
mod suggest;
mod syntax;
mod tables;
mod tokens;
mod tree;

pub(crate) use edit::{Change, Edit, Step, edit};
pub use load::{
    Loaded, LoadedFile, PROJECT_FILE, RevisionError, frame, frame_path, load, load_at, merge_base,
};
pub(crate) use pattern::matches;
pub use schema::schema;
pub(crate) use suggest::{closest, concerning, did_you_mean, first_of, list, quoted, shorten};
pub(crate) use tables::{ATTRIBUTES, Key, Property, Shape, least};
pub use tree::{Node, Raw, Table};
