//! The one integration binary: rekon as its users and its service see it.

mod examples;
mod rooms;
mod support;
