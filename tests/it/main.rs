//! The one integration binary: rekon as its users and its service see it.

mod applying;
mod chaos;
mod convergence;
mod examples;
mod read_verbs;
mod reading;
mod readme;
mod rooms;
mod support;
mod world;
