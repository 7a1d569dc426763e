//! rekon: a declarative reconciler for Amazon Rekognition stream processors.
//!
//! ```text
//! TOML ─load─▶ sources ─parse─▶ raw + document ─resolve─▶ desired ┐
//!                                                                 ├─diff─▶ changes ─plan─▶ Plan ─apply─▶ Outcome
//! AWS / emulator / snapshot ────────────fetch───────────▶ live ───┘                          └──report──▶ text, JSON, ...
//! ```
//!
//! Modules in order of dependence; each names only those above it. The first
//! seven are the pure core: values in, values out, no clock, environment, files
//! or network (but for `config::load`). The others are edges, and `emulator`
//! stands apart: it shares no code with the rest.

pub mod model;

pub mod diagnostic;

pub mod config;

pub mod desired;

pub mod diff;

pub mod plan;

pub mod report;

pub mod aws;

pub mod live;

pub mod emulator;

pub mod apply;

pub mod cli;
