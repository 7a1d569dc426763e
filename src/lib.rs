//! rekon: a declarative reconciler for Amazon Rekognition stream processors.

pub mod config;
pub mod desired;
pub mod diagnostic;
pub mod model;
pub mod plan;
pub mod report;
