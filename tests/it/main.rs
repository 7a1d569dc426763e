//! The one integration binary: rekon as its users and its service see it.

mod applying;
mod chaos;
mod convergence;
mod examples;
mod hostile;
mod import;
mod mistakes;
mod pace;
mod peer;
mod plan_texts;
mod quirks;
mod read_verbs;
mod reading;
mod readme;
mod rooms;
mod roundtrip;
mod saved;
mod scale;
mod schema;
mod signals;
mod simulation;
mod support;
mod words;
mod world;
