pub mod model;
pub mod diagnostic;
pub mod config;
pub mod desired;
pub mod diff;
pub mod plan;
