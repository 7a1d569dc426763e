//! What is wrong in a user's files, drawn for people.

mod records;

pub use records::records;
