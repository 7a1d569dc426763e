//! The one integration binary: rekon as its users and its service see it.

mod applying;
mod examples;
mod readme;
mod reading;
mod rooms;
mod support;
