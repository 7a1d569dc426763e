//! Random worlds: what lives, what the files say, and what should come of it.
//!
//! Nothing here uses rekon's model, diff or plan. A world is made of small
//! numbers (role 2, label set 5, tag 1 = value 0), which become the wire's JSON on
//! one side and TOML on the other, each in one of several spellings. What the
//! files mean ([`goal`]) and how the service behaves ([`service`]) are written down
//! a second time, so that a mistake in `src` is not repeated by its judge.

pub mod camera;
pub mod dice;
pub mod files;
pub mod goal;
pub mod marks;
pub mod search;
pub mod served;
pub mod service;
pub mod stage;
pub mod strategy;

pub use camera::{Camera, Kind};
pub use dice::Dice;
pub use strategy::World;
