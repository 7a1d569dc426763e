//! The one integration binary: rekon as its users and its service see it.

mod convergence;
mod examples;
mod rooms;
mod support;
mod world;
