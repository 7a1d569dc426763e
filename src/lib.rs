//! rekon: a declarative reconciler for Amazon Rekognition stream processors.

pub mod apply;
pub mod aws;
pub mod config;
pub mod desired;
pub mod diagnostic;
pub mod diff;
pub mod live;
pub mod model;
pub mod plan;
